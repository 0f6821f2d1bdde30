"""Where a bar is from, once somebody has changed what an item demands."""

from collections.abc import Mapping
from typing import Any

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.wording import bar_words
from core.metrics.catalogue import metric
from core.metrics.measurement import SOURCE_WORDS

_BAR = ("direction", "bar", "count")
_DEMAND = ("metric", "source", "slice", *_BAR)
_LONGEST = 500


def with_own_source(
    old: MeasuredItem | AttestedItem | None, body: Mapping[str, Any], by: str
) -> dict[str, Any]:
    """``body`` (an edit of ``old``, as JSON) with the source of its bar set right.

    A template vouches for what it demands, not for what ``by`` made of it. Words that the edit
    itself changed stay as they are.
    """
    told = dict(body)
    if not isinstance(old, MeasuredItem) or body.get("kind") != old.kind:
        return told
    was = old.model_dump(mode="json")
    changed = {name for name in _DEMAND if body.get(name) != was[name]}
    if changed and body.get("threshold_source", "") == old.threshold_source:
        told["threshold_source"] = f"Set by {by}, changed from {_demand(old, changed)}"[:_LONGEST]
    if changed & {"metric", "source"} and body.get("good_evidence", "") == old.good_evidence:
        # What counts as good evidence was written for another kind of evidence.
        told["good_evidence"] = ""
    return told


def _demand(old: MeasuredItem, changed: set[str]) -> str:
    """The old bar, with what else is no longer so: "above 80 %, measured from reviewers' labels"."""
    parts = [bar_words(old)]
    if "metric" in changed:
        parts = [f"{metric(old.metric).label} {parts[0]}"]
    if "source" in changed:
        parts.append(f"measured from {SOURCE_WORDS[old.source]}")
    if "slice" in changed:
        where = " and ".join(f"{name} = {value}" for name, value in sorted(old.slice.items()))
        parts.append(f"only where {where}" if where else "on all traffic")
    return ", ".join(parts)
