"""What a comparison of two releases says in sentences, as METHODS 7 words them."""

from collections.abc import Sequence

from core.metrics.before_after import BeforeAfter, Counted, Outcome
from core.metrics.change_words import interval_points, points, signed_points
from core.metrics.paired_cases import Flip, LeftOut, TriedCase
from core.units import Rounding, Unit, write

WORDS = {
    Outcome.BETTER: "Better",
    Outcome.NO_WORSE: "No worse",
    Outcome.WITHIN: "Worse, within the margin",
    Outcome.WORSE: "Worse",
    Outcome.NOT_ENOUGH: "Not enough evidence",
    Outcome.NOTHING: "Nothing to compare",
}
FLIP_WORDS = {
    Flip.BROKE: "broke",
    Flip.FIXED: "was fixed",
    Flip.FAILS_STILL: "failed before as well",
    Flip.PASSES_STILL: "passes as before",
}
_WHOLE_POINTS_FROM = 0.05
_MOST_NAMED = 5


def headline(one: BeforeAfter) -> str:
    """The outcome in a word; where something stops the release, it is that of the whole only."""
    stopped = one.is_worse and one.outcome is not Outcome.WORSE
    return f"{WORDS[one.outcome]} as a whole" if stopped else WORDS[one.outcome]


def verdict_sentence(one: BeforeAfter) -> str:
    """What the cases show: "Of 161 cases 6 broke and 16 were fixed: 95 % sure that …"."""
    if one.outcome is Outcome.NOTHING:
        return "No case has results of both releases, so there is nothing to compare."
    counts = one.whole.found
    low, high = one.interval.low, one.interval.high
    if one.outcome is Outcome.NOT_ENOUGH:
        if one.repeats is not None:
            head = _means(one)
        else:
            head = f"{_number(counts.broke)} broke, {_number(counts.mended).lower()} fixed of {counts.n:,}"
        return f"{head}: could be up to {_bound(-low, one.margin)} worse. Not enough evidence."
    if one.repeats is not None:
        head = _means(one)
    else:
        were = "was" if counts.mended == 1 else "were"
        cases = "1 case" if counts.n == 1 else f"{counts.n:,} cases"
        head = f"Of {cases} {counts.broke:,} broke and {counts.mended:,} {were} fixed"
    return f"{head}: {_sure(one)} {_shown(one, low, high)}"


def _means(one: BeforeAfter) -> str:
    change = 0.0 if one.value is None else one.value
    verb = "did not change" if abs(change) < 5e-4 else f"{'rose' if change > 0 else 'fell'} {points(change)}"
    return f"The mean of {one.n:,} cases, each tried several times, {verb}"


def _shown(one: BeforeAfter, low: float, high: float) -> str:
    match one.outcome:
        case Outcome.BETTER:
            return f"that it is at least {_outward(low, Rounding.DOWN)} better."
        case Outcome.NO_WORSE if low > 0:
            return "that it is not worse; too few cases changed to call it better."
        case Outcome.NO_WORSE:
            return f"that it is at most {_outward(-low, Rounding.UP)} worse."
        case Outcome.WITHIN:
            most, margin = _outward(-low, Rounding.UP), points(one.margin)
            return f"that it is worse, and that by at most {most}: within the {margin} that were agreed."
        case _ if high < 0:
            return f"that it is at least {_outward(-high, Rounding.DOWN)} worse."
        case _:
            luck = write(one.whole.found.worse_by_luck, Unit.SHARE, Rounding.UP)
            return f"that it is worse; luck alone breaks so many of those that changed in {luck} of all runs."


def interval_words(one: BeforeAfter) -> str:
    """The numbers behind the verdict: "Change +6.2 points (…), margin 5 points (agreed), n 161."."""
    if one.value is None:
        return ""
    margin = f"margin {points(one.margin)}"
    said = "written down in the scope" if one.is_agreed else "a suggestion, as the scope names none"
    span = f"{1 - 2 * one.error:.0%}".replace("%", " %")
    change = f"Change {signed_points(one.value)} ({interval_points(one.interval)}; {span} interval)"
    return f"{change}; {margin} ({said}); n {one.n:,}."


def stop_sentences(one: BeforeAfter) -> tuple[str, ...]:
    """What stops the release whatever the whole says: critical cases first, then watched parts."""
    found = []
    if broken := one.broken_critical:
        verb = "case that may never fail passed before and fails" if len(broken) == 1 else (
            "cases that may never fail passed before and fail")  # fmt: skip
        found.append(f"{len(broken):,} {verb} now: {named(broken)}.")
    found += [
        f"{part_words(part)} got worse, which may not happen whatever the whole does: {part_numbers(part)}."
        for part in one.worse_parts
    ]
    return tuple(found)


def not_run_sentence(case_ids: Sequence[str]) -> str:
    """Critical cases that passed before and were not tried again; "" where there is none."""
    if not case_ids:
        return ""
    verb = "passed before and has" if len(case_ids) == 1 else "passed before and have"
    cases = "critical case" if len(case_ids) == 1 else "critical cases"
    return f"{len(case_ids):,} {cases} {verb} no result now: {named(case_ids)}."


def part_words(part: Counted) -> str:
    """ "Task type billing"."""
    column = part.column.replace("_", " ")
    return f"{column[:1].upper()}{column[1:]} {part.value}"


def part_numbers(part: Counted) -> str:
    """ "3 broke, 1 fixed of 40"."""
    return f"{part.found.broke:,} broke, {part.found.mended:,} fixed of {part.n:,}"


def left_out_sentences(left_out: LeftOut, before: str, after: str) -> tuple[str, ...]:
    """What does not count and why, one sentence for each reason."""
    told = (
        (left_out.only_before, f"no result of {after}"),
        (left_out.only_after, f"no result of {before}"),
        (left_out.changed, "other contents now than before"),
        (left_out.run_again, "no outcome on one side because the grader failed: run them again"),
    )
    return tuple(
        f"{_cases(len(ids))} {'has' if len(ids) == 1 else 'have'} {why} ({named(ids)})."
        for ids, why in told
        if ids
    )


def remarks(one: BeforeAfter) -> tuple[str, ...]:
    """What has to be known to read the comparison rightly."""
    said = []
    if one.pairs.by_id:
        said.append(
            "The questions differ from try to try of one case, as a simulated user writes them, so cases are "
            "matched by their ids alone."
        )
    if one.pairs.uneven and one.repeats is None:
        were = "was" if one.pairs.uneven == 1 else "were"
        said.append(
            f"{_cases(one.pairs.uneven)} {were} tried more often on one release than on the other: as many "
            "tries of both count, the first ones."
        )
    fixed = sum(bool(case.before.stopped) for case in one.pairs.of(Flip.FIXED))
    broke = sum(bool(case.after.stopped) for case in one.pairs.of(Flip.BROKE))
    for count, verb, when in ((fixed, "fixed", "before"), (broke, "broke", "now")):
        if count:
            said.append(
                f"{count:,} of those that {'were ' if verb == 'fixed' else ''}{verb} stopped without an "
                f"answer {when}. Where the test tool was at fault, run both releases again."
            )
    if one.cases_needed:
        said.append(
            f"If nothing got worse, about {one.cases_needed:,} cases that both releases are tried on would "
            "probably show it."
        )
    return tuple(said)


def flaky_words(one: BeforeAfter) -> str:
    """How many cases both passed and failed on one release; "" where no case was tried twice."""
    tried = [case for case in one.pairs.cases if max(len(case.before.tries), len(case.after.tries)) > 1]
    if not tried:
        return ""
    share = write(len(one.flaky) / len(tried), Unit.SHARE)
    return f"{len(one.flaky):,} of {_cases(len(tried))} tried several times are flaky ({share})."


def tries_words(tried: TriedCase) -> str:
    """ "passed", "failed", "1 of 3 passed": what the tries of one side say."""
    tries = tried.tries
    if len(tries) == 1:
        return "passed" if tries[0] else "failed"
    return f"{sum(tries):,} of {len(tries):,} passed"


def named(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    more = f" and {len(ids) - _MOST_NAMED:,} more" if len(ids) > _MOST_NAMED else ""
    return ", ".join(ids[:_MOST_NAMED]) + more


def _sure(one: BeforeAfter) -> str:
    return f"{1 - one.error:.0%} sure".replace("%", " %")


def _cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count:,} cases"


def _number(count: int) -> str:
    return f"{count:,}" if count else "None"


def _bound(size: float, margin: float) -> str:
    """A bound that decides nothing yet: in whole points, unless that hides its side of the margin."""
    if size >= _WHOLE_POINTS_FROM and abs(size - margin) >= 0.01:
        return points(round(size, 2))
    return _outward(size, Rounding.UP)


def _outward(size: float, rounding: Rounding) -> str:
    number = write(size, Unit.SHARE, rounding).removesuffix(" %")
    return f"{number} point{'' if number == '1' else 's'}"
