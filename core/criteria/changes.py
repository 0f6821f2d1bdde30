"""What an edit of a checklist changes, in the words of the people who read it."""

from collections.abc import Sequence
from typing import Any

from core.criteria.checklist import NOTHING, AttestedItem, Checklist, MeasuredItem
from core.criteria.floors import FLOOR
from core.criteria.frameworks import TAGS
from core.criteria.stakes import FloorPart
from core.criteria.wording import bar_words, item_sentence, label_of
from core.evidence.bundle_parts import PART_LABELS, BundlePart
from core.metrics.measurement import SOURCE_WORDS

_WORDS = {
    "kind": "kind",
    "sentence": "wording",
    "tier": "if it fails",
    "theme": "theme",
    "owner": "owner",
    "threshold_source": "source of the bar",
    "when_it_fails": "what failing means",
    "good_evidence": "good evidence",
    "valid_days": "days that evidence counts",
    "metric": "metric",
    "source": "measured from",
    "minimum_n": "least cases",
    "window_days": "days looked back",
    "slice": "only where",
    "protected": "protected",
    "owner_role": "who usually answers for it",
    "frameworks": "frameworks",
    "floor": "part of the least to keep",
    "mechanisms": "mechanisms that must be on",
    "look_at": "where to look first",
    "depends_on": "depends on",
}
_BAR_FIELDS = ("direction", "bar", "count")
"""Said together, as one bar with its direction and unit."""


def changed_items(before: Checklist, after: Checklist) -> Sequence[str]:
    """One sentence a change: an item added or removed, or a field of one, old → new."""
    sentences = []
    if before.stakes is not after.stakes:
        sentences.append(f"Stakes: {before.stakes} → {after.stakes}")
    for item in after.items:
        old = before.item(item.id)
        if old is None:
            sentences.append(f"Added: {_sentence(item)}")
        else:
            sentences += [f"{label_of(old)}, {change}" for change in _changes(old, item)]
    kept = {item.id for item in after.items}
    sentences += [f"Removed: {_sentence(item)}" for item in before.items if item.id not in kept]
    return sentences


def _changes(old: MeasuredItem | AttestedItem, new: MeasuredItem | AttestedItem) -> list[str]:
    changes = []
    if _bar(old) != _bar(new):
        changes.append(f"bar: {_bar_words(old)} → {_bar_words(new)}")
    was, now = old.model_dump(mode="json"), new.model_dump(mode="json")
    for name in dict.fromkeys([*was, *now]):
        if name not in _BAR_FIELDS and was.get(name) != now.get(name):
            old_words, new_words = (_said(name, body.get(name)) for body in (was, now))
            changes.append(f"{_WORDS.get(name, name)}: {old_words} → {new_words}")
    return changes


def _bar(item: MeasuredItem | AttestedItem) -> tuple[object, ...]:
    return tuple(getattr(item, name, None) for name in _BAR_FIELDS)


def _bar_words(item: MeasuredItem | AttestedItem) -> str:
    return bar_words(item) if isinstance(item, MeasuredItem) else "a yes"


def _said(field: str, value: Any) -> str:
    match value:
        case str() if field == "source" and value in SOURCE_WORDS:
            return SOURCE_WORDS[value]
        case None | "" | []:
            return "none"
        case list() if field == "frameworks":
            return ", ".join(TAGS[tag] for tag in value)
        case list() if field == "depends_on":
            return ", ".join(PART_LABELS[BundlePart(part)] if part != NOTHING else part for part in value)
        case str() if field == "floor":
            return FLOOR[FloorPart(value)].title.lower()
        case dict():
            return " and ".join(f"{name} = {part}" for name, part in sorted(value.items())) or "everything"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value).replace("_", " ")


def _sentence(item: MeasuredItem | AttestedItem) -> str:
    return item_sentence(item) if isinstance(item, MeasuredItem) else item.sentence
