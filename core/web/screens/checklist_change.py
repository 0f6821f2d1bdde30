"""One operation on a checklist, kept apart from the version it was made on, so that it can be made again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from core.criteria.checklist import Checklist, read_checklist


@dataclass(frozen=True)
class Change:
    """One operation on a checklist: add an item, put one in its place (or back), or take one out."""

    item_id: str
    item: Mapping[str, Any] | None
    is_new: bool = False

    def on(self, checklist: Checklist, ever_used: Collection[str] = ()) -> Checklist:
        """``checklist`` with the change; :class:`InvalidDocument` where that cannot be.

        An added item replaces nothing: where its id is taken, in ``checklist`` or among
        ``ever_used``, it gets a free one.
        """
        items = [item.model_dump(mode="json") for item in checklist.items]
        places = [place for place, item in enumerate(items) if item["id"] == self.item_id]
        if self.item is None:
            items = [item for item in items if item["id"] != self.item_id]
        elif self.is_new:
            taken = {item["id"] for item in items} | set(ever_used)
            free = self.item_id if self.item_id not in taken else free_id(self.item, taken)
            items.append({**self.item, "id": free})
        elif places:
            items[places[0]] = dict(self.item)
        else:
            items.append(dict(self.item))
        return read_checklist(checklist.model_dump(mode="json") | {"items": items})


def free_id(item: Mapping[str, Any], taken: Collection[str]) -> str:
    """A readable id for a new item: its metric (or "question"), numbered where that is taken."""
    stem = "question" if item["kind"] == "attested" else item["metric"]
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (stem, *numbered) if name not in taken)
