"""Where a number comes from, in sentences: the same words under it on every page."""

from collections.abc import Sequence
from datetime import datetime

from core.actions.behind_rows import FileBehind
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.wording import silent_words, unpicked_words, value_words
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Cluster, FirstTraces, Measurement
from core.units import Unit, write
from core.web.safe import lit
from core.web.wording import SOURCE_WORDS, tier_words, write_count, write_date, write_moment

METHODS = "docs/methods.md"
_FILES = 8
_BREAK = "  \n"
"""A new line of Markdown, without the room of a new paragraph."""


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
    if tally.unpicked:
        lines.append(unpicked_words(found).strip())
    if reacted := silent_words(found):
        lines.append(reacted)
    if not tally.sampling_known:
        lines.append("Nobody said how these traces were picked for review.")
    return lines


def behind_number(row: Row, item: MeasuredItem, *, since: datetime | None, beside: str = "") -> str:
    """Everything behind a measured row, as Markdown: what, of what, how sure, from when, of which release.

    ``since`` is from when evidence counts, None for all of it; ``beside`` is how the work goes without AI.
    """
    asked, found = metric(item.metric), row.finding
    lines = [
        f"**{lit(asked.sentence)}**",
        lit(f"Counted: {asked.reading(item.source).denominator}"),
        lit(f"Source: {SOURCE_WORDS[item.source]}{_window_words(item, since)}"),
    ]
    match found:
        case Measurement():
            lines += [lit(sentence) for sentence in counted_lines(found)]
            if found.tally.bundles:
                lines.append(lit(f"Release: {', '.join(found.tally.bundles[:_FILES])}."))
        case FirstTraces():
            reviewed = f"{found.reviewed:,} reviewed of the first {found.wanted:,}"
            lines.append(f"{reviewed}; {found.there:,} are there.")
        case _:
            lines.append(lit(row.why))
    lines.append(
        lit(f"Bar: {row.bar}. {tier_words(item.tier).word}: {_lowered(tier_words(item.tier).meaning)}")
    )
    lines += [lit(beside)] if beside else []
    lines.append(f"How it is worked out: {METHODS}, “{method_of(row, item)}”.")
    return _BREAK.join([*lines, *_people_said(row)])


def behind_answer(row: Row) -> str:
    """Everything behind an item that people answer, as Markdown."""
    tier = tier_words(row.item.tier)
    lines = [lit(row.why)]
    if row.answer is not None:
        lines.append(lit(f"Answered {write_moment(row.answer.at)} by {row.answer.by}."))
        if row.answer.link:
            lines.append(lit(row.answer.link))
        if row.answer.files:
            lines.append(f"{write_count(len(row.answer.files), 'file')} attached, on the Checklist page.")
    lines.append(f"{tier.word}: {_lowered(tier.meaning)}")
    return _BREAK.join([*lines, *_people_said(row)])


def files_lines(found: Sequence[FileBehind]) -> str:
    """The files that a number counts, each with its rows, as Markdown."""
    if not found:
        return "It counts no row of any file yet."
    lines = []
    for one in found[:_FILES]:
        rows = one.kind if one.rows is None else f"{write_count(one.rows, 'row')} counted"
        release = f", release {one.bundle}" if one.bundle else ""
        lines.append(f"- {lit(f'{one.file_name}: {rows}, uploaded {write_date(one.uploaded_at)}{release}')}")
    if len(found) > _FILES:
        lines.append(f"- and {len(found) - _FILES} more, on the Evidence page")
    return f"From {write_count(len(found), 'file')}:\n\n" + "\n".join(lines)


def coverage_words(labelled: int, traces: int) -> str:
    """ "Labelled: 60 of 500 traces of that time (12 %). Nobody has looked at the others."."""
    if not traces:
        return ""
    share = write(labelled / traces, Unit.SHARE)
    others = "" if labelled >= traces else " Nobody has looked at the others."
    return f"Labelled: {labelled:,} of {write_count(traces, 'trace')} of that time ({share}).{others}"


def method_of(row: Row, item: MeasuredItem) -> str:
    """The heading in the methods that says how the number and its interval are worked out."""
    shape, found = metric(item.metric).shape, row.finding
    by_shape = {
        Shape.NONE_IN_FIRST: "None in the first 100",
        Shape.QUANTILE: "p95 below a bar",
        Shape.MEAN: "Costs",
    }
    if shape in by_shape:
        return by_shape[shape]
    if not isinstance(found, Measurement):
        return "One look"
    if found.audit is not None and found.audit.is_corrected:
        return "A judge corrected by people"
    if found.weighting is not None:
        return "Reviews of unequal parts"
    if found.tally.cluster is Cluster.CASE:
        return "A share of each case"
    return "Any time" if found.running else "One look"


def _window_words(item: MeasuredItem, since: datetime | None) -> str:
    """ ", since 27 Sep 2026, of the last 56 days at most." """
    from_when = f", since {write_date(since)}" if since is not None else ""
    days = f", of the last {write_count(item.window_days, 'day')}" if item.window_days is not None else ""
    return f"{from_when}{days}."


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _people_said(row: Row) -> list[str]:
    """What the people who wrote the checklist said about the row."""
    said = (
        ("Source of the bar", row.item.threshold_source),
        ("When it fails", row.item.when_it_fails),
        ("Good evidence", row.item.good_evidence),
    )
    return [lit(f"{title}: {words}") for title, words in said if words]
