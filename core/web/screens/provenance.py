"""Where a number comes from, in sentences: the same words under it on every page."""

from core.criteria.wording import silent_words, value_words
from core.metrics.measurement import Measurement
from core.units import Unit, write


def worth_words(effective_n: float) -> str:
    """What a sample is worth in independent cases: "1,234", or that it is not even one."""
    return "less than one case" if effective_n < 1 else f"{effective_n:,.0f}"


def counted_lines(found: Measurement) -> list[str]:
    """The value with its interval and its n, then what was left out of it, a sentence each."""
    sure = write(1 - found.error, Unit.SHARE)
    look = (
        "safe to look at any time"
        if found.running
        else "for one look at a fixed set; looking again widens it"
    )
    tally = found.tally
    lines = [
        f"Value {value_words(found)}: {sure} sure on each side, {look}.",
        f"n {found.n:,}, worth {worth_words(found.effective_n)}"
        + (" independent cases." if found.effective_n >= 1 else "."),
    ]
    if tally.capped:
        lines.append(f"{tally.capped:,} traces set aside: at most 5 of one {tally.cluster} count.")
    if tally.unscored:
        lines.append(f"{tally.unscored:,} rows say nothing about it and are not in the number.")
    if tally.worst_first:
        lines.append(f"{tally.worst_first:,} rows picked worst first are not in the number.")
    if reacted := silent_words(found):
        lines.append(reacted)
    if not tally.sampling_known:
        lines.append("Nobody said how these traces were picked for review.")
    return lines
