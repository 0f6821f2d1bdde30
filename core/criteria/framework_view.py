"""A checklist seen by the parts of a framework: which items speak to which part, and what has none."""

from dataclasses import dataclass

from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem
from core.criteria.frameworks import Framework, tags_of_metric

_Item = MeasuredItem | AttestedItem


@dataclass(frozen=True)
class PartSpokenTo:
    """One part of a framework and the items that speak to it; none: nothing in the checklist does."""

    tag: str
    words: str
    items: tuple[_Item, ...]


def by_framework(checklist: Checklist, framework: Framework) -> tuple[PartSpokenTo, ...]:
    """Every part of ``framework`` in its order. Tags only: no item is judged anew, none is added."""
    return tuple(
        PartSpokenTo(tag, words, tuple(item for item in checklist.items if tag in _tags(item)))
        for tag, words in framework.parts.items()
    )


def _tags(item: _Item) -> tuple[str, ...]:
    """The item's own tags, and those that follow from what it measures."""
    return (*item.frameworks, *(tags_of_metric(item.metric) if isinstance(item, MeasuredItem) else ()))
