"""The days that an upload is from, and whether they count for the verdict."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from core.evidence.columns import Kind
from core.web.wording import write_date, write_moment

_DATED = (Kind.TRACES.value, Kind.SPANS.value, Kind.EVALS.value)
"""Kinds whose own time decides; a label counts by the trace that it is about."""


def days_words(report: Mapping[str, Any]) -> str:
    """The days that the rows are from: "From 27 Sep 2026 to 21 Nov 2026."."""
    first, last = (write_date(moment) for moment in _span(report))
    return f"All from {first}." if first == last else f"From {first} to {last}."


def too_old_words(report: Mapping[str, Any], counted_since: Collection[datetime]) -> tuple[str, bool]:
    """What does not count because it is older than the lock ("" where all does), and whether that is all.

    ``counted_since``: from when on evidence counts for each measured row; empty while nothing is locked.
    """
    if report["kind"] not in _DATED or not counted_since or not report.get("earliest"):
        return "", False
    first, last = _span(report)
    since = min(counted_since)
    locked = f"the checklist was locked on {write_moment(since)}, and only what is dated since counts"
    if last < since:
        return f"None of these rows counts for the verdict: {locked}.", True
    if first < since:
        return f"The older ones of these rows do not count for the verdict: {locked}.", False
    return "", False


def _span(report: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(report["earliest"]), datetime.fromisoformat(report["latest"])
