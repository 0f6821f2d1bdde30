"""A row of the checklist as a line of the report: in short on the first page, in full behind it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.wording import days_words, value_words
from core.metrics.measurement import SOURCE_WORDS, FirstTraces, Measurement, WeekPoint
from core.report.blocks import Cell, RowLine, line, quiet, strong
from core.report.spark import spark
from core.report.whisker import whisker
from core.report.wording import TIER_WORDS, VERDICT_SIGNS, VERDICT_WORDS, moment_words


def in_short(row: Row, now: datetime, weeks: Sequence[WeekPoint] = ()) -> RowLine:
    """The row on two or three lines: what it is, where it stands, how it got there, what that rests on."""
    about = " · ".join(part for part in (_protected(row), _source(row), age_words(row, now)) if part)
    return RowLine(
        verdict="" if row.set_aside else row.verdict.value,
        chip=_chip(row),
        told=(line(strong(row.label)), line(quiet(about))),
        picture=whisker(row),
        numbers=_numbers(row),
        weeks=spark(row, weeks),
    )


def in_full(row: Row, now: datetime) -> RowLine:
    """The row with the sentence that explains its verdict, and with its waiver."""
    about = (TIER_WORDS[row.item.tier], _protected(row), _source(row), age_words(row, now))
    told = [line(strong(row.label)), line(row.why)]
    if row.waiver is not None:
        held = row.waiver
        told.append(line(f"Waived until {moment_words(held.until)} by {held.approved_by}: {held.reason}"))
    told.append(line(quiet(" · ".join(part for part in about if part))))
    return RowLine(
        verdict="" if row.set_aside else row.verdict.value,
        chip=_chip(row),
        told=tuple(told),
        picture=whisker(row),
        numbers=_numbers(row) if isinstance(row.item, MeasuredItem) else (),
    )


def age_words(row: Row, now: datetime) -> str:
    """How old the newest of what the row rests on is; "" where it rests on nothing."""
    newest = row.answer.at if row.answer is not None else row.finding.newest if row.finding else None
    if newest is None:
        return ""
    days = max(now - newest, timedelta()).days
    what = "answered" if row.answer is not None else "newest"
    return f"{what} today" if days == 0 else f"{what} {days_words(days)} ago"


def said(row: Row) -> str:
    """ "✕ NO-GO"; what does not apply has no verdict."""
    if row.set_aside:
        return "NOT APPLICABLE"
    return f"{VERDICT_SIGNS[row.verdict]} {VERDICT_WORDS[row.verdict]}"


def _chip(row: Row) -> Cell:
    return (line(strong(said(row))), *((line(quiet("waived")),) if row.waiver is not None else ()))


def _numbers(row: Row) -> tuple[str, ...]:
    match row.finding:
        case Measurement() as found:
            lines = [value_words(found), f"n {found.n:,}"]
        case FirstTraces() as first:
            lines = [f"{first.bad:,} bad of {first.reviewed:,} reviewed"]
        case _:
            lines = ["not measured"]
    return (*lines, f"bar: {row.bar}")


def _protected(row: Row) -> str:
    return "protected" if isinstance(row.item, MeasuredItem) and row.item.protected else ""


def _source(row: Row) -> str:
    return SOURCE_WORDS[row.finding.source] if row.finding is not None else ""
