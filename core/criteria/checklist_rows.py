"""A checklist as rows of words, one an item, and back: what the workbook holds and what people fill in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.criteria.checklist import (
    AttestedItem,
    Checklist,
    Item,
    MeasuredItem,
    Tier,
    fault_words,
    read_checklist,
)
from core.criteria.typed_numbers import read_bar, read_whole, typed_bar
from core.errors import InvalidDocument
from core.metrics.catalogue import CATALOGUE, Shape, metric
from core.metrics.measurement import SOURCE_WORDS

COLUMNS: dict[str, str] = {
    "Id": "Leave it as it is. Blank in a new row.",
    "Theme": "The heading under which the item stands. May stay blank.",
    "Kind": "measured (evidence decides) or question (a person answers).",
    "Item": "The question. Of a measured item: words of your own, or blank.",
    "Metric": "Of a measured item: what is measured.",
    "Measured from": "Of a measured item: which evidence counts.",
    "Bar": "Such as 90 %, 8 s, $0.05. Of “in the first traces”: how many.",
    "Least cases": "A whole number, or blank.",
    "Days looked back": "A whole number, or blank: all since the lock.",
    "Only where": "Such as task_type = billing. Blank: all traffic.",
    "Protected": "yes or no: a good average cannot make up for it.",
    "If it fails": "What a failure does.",
    "Owner": "A name.",
    "Role of the owner": "Such as Legal or Security.",
    "Valid days": "For how many days evidence or an answer counts. Blank: for ever.",
    "What failing means": "And what to do then.",
    "Good evidence": "An example.",
    "Where from": "Where the bar or the demand is from.",
    "Frameworks": "Tags such as nist:measure, eu:15. May stay blank.",
}
"""The columns of the sheet, each with what belongs into it."""

_WORDS = {
    "Theme": "theme",
    "Item": "sentence",
    "Owner": "owner",
    "Role of the owner": "owner_role",
    "What failing means": "when_it_fails",
    "Good evidence": "good_evidence",
    "Where from": "threshold_source",
}
_COLUMN_OF = {field: column for column, field in _WORDS.items()} | {
    "id": "Id",
    "kind": "Kind",
    "metric": "Metric",
    "source": "Measured from",
    "bar": "Bar",
    "count": "Bar",
    "minimum_n": "Least cases",
    "window_days": "Days looked back",
    "slice": "Only where",
    "protected": "Protected",
    "tier": "If it fails",
    "valid_days": "Valid days",
    "frameworks": "Frameworks",
}
KINDS = {"measured": "measured", "question": "attested"}
METRICS = {asked.label: asked.id for asked in CATALOGUE.values()}
SOURCES = {words: source for source, words in SOURCE_WORDS.items()}
TIERS = {tier.value.replace("_", " "): tier.value for tier in Tier}
YES_NO = {"yes": True, "no": False}

Cells = Mapping[str, str]


@dataclass(frozen=True)
class CellFault:
    """What is wrong in one cell, and how to mend it."""

    row: int
    column: str
    value: str
    reason: str
    mend: str


@dataclass(frozen=True)
class RowsRead:
    """The checklist that the rows stand for (``None`` where a row has a fault), and the faults."""

    checklist: Checklist | None
    faults: tuple[CellFault, ...]


class _BadCell(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def row_of(item: MeasuredItem | AttestedItem) -> dict[str, str]:
    """The item as words, by column."""
    cells = {column: str(getattr(item, field)) for column, field in _WORDS.items()}
    cells |= {
        "Id": item.id,
        "Kind": "measured" if isinstance(item, MeasuredItem) else "question",
        "If it fails": item.tier.value.replace("_", " "),
        "Valid days": str(item.valid_days or ""),
        "Frameworks": ", ".join(item.frameworks),
    }
    if isinstance(item, MeasuredItem):
        asked = metric(item.metric)
        cells |= {
            "Metric": asked.label,
            "Measured from": SOURCE_WORDS[item.source],
            "Bar": str(item.count) if item.bar is None else typed_bar(item.bar, asked),
            "Least cases": str(item.minimum_n or ""),
            "Days looked back": str(item.window_days or ""),
            "Only where": "; ".join(f"{name} = {value}" for name, value in item.slice.items()),
            "Protected": "yes" if item.protected else "no",
        }
    return {column: cells.get(column, "") for column in COLUMNS}


def read_rows(rows: Sequence[tuple[int, Cells]], before: Checklist, taken: frozenset[str]) -> RowsRead:
    """The checklist that numbered ``rows`` stand for, as an edit of ``before``.

    A cell that says what the download said keeps its value exactly, and so does what the sheet has no
    column for. A new row gets an id that is in none of ``taken``.
    """
    items: list[dict[str, Any]] = []
    faults: list[CellFault] = []
    ids = set(taken) | {cells.get("Id", "").strip() for _, cells in rows}
    for number, cells in rows:
        if not any(value.strip() for value in cells.values()):
            continue
        try:
            body = _body(cells, before)
            body["id"] = body["id"] or _free_id(body, ids)
            ids.add(body["id"])
            item = TypeAdapter[MeasuredItem | AttestedItem](Item).validate_python(body)
            if any(item.id == other["id"] for other in items):
                raise _BadCell("Id", f"There is another row with the id “{item.id}”: each item has its own.")
            items.append(body)
        except _BadCell as bad:
            value = cells.get(bad.column, "")
            faults.append(CellFault(number, bad.column, value[:80], bad.reason, COLUMNS[bad.column]))
        except ValidationError as error:
            faults += [_fault(number, cells, one) for one in error.errors(include_url=False)[:3]]
    if faults:
        return RowsRead(None, tuple(faults))
    return RowsRead(read_checklist(before.model_dump(mode="json") | {"items": items}), ())


def _body(cells: Cells, before: Checklist) -> dict[str, Any]:
    kind = _chosen(cells, "Kind", KINDS)
    item_id = cells.get("Id", "").strip()
    old = before.item(item_id)
    same = old is not None and old.kind == kind
    was = row_of(old) if old is not None and same else {}
    body: dict[str, Any] = old.model_dump(mode="json") if old is not None and same else {"kind": kind}
    body["id"] = item_id

    def put(column: str, fields: Mapping[str, Any]) -> None:
        if column not in was or _spaced(cells.get(column, "")) != _spaced(was[column]):
            body.update(fields)

    for column, field in _WORDS.items():
        put(column, {field: cells.get(column, "")})
    put("If it fails", {"tier": _chosen(cells, "If it fails", TIERS, otherwise="blocks")})
    put("Valid days", {"valid_days": _whole(cells, "Valid days", least=1, most=3_650)})
    tags = [tag.strip().lower() for tag in cells.get("Frameworks", "").split(",") if tag.strip()]
    put("Frameworks", {"frameworks": tags})
    if kind == "measured":
        asked_id = _chosen(cells, "Metric", METRICS)
        first = metric(asked_id).shape is Shape.NONE_IN_FIRST
        if asked_id != body.get("metric"):
            body.pop("direction", None)
            was.pop("Bar", None)
        put("Metric", {"metric": asked_id})
        put("Measured from", {"source": _chosen(cells, "Measured from", SOURCES)})
        if "Bar" not in was or _spaced(cells.get("Bar", "")) != _spaced(was["Bar"]):
            body |= _bar(cells, asked_id, first)
        put("Least cases", {"minimum_n": _whole(cells, "Least cases", most=1_000_000) or 0})
        put("Days looked back", {"window_days": _whole(cells, "Days looked back", least=1, most=3_650)})
        put("Only where", {"slice": _slice(cells)})
        put("Protected", {"protected": _chosen(cells, "Protected", YES_NO, otherwise=False)})
    return body


def _bar(cells: Cells, asked_id: str, first: bool) -> dict[str, Any]:
    try:
        if first:
            return {"bar": None, "count": _whole(cells, "Bar", least=1, most=100_000)}
        return {"bar": read_bar(cells.get("Bar", ""), metric(asked_id)), "count": None}
    except InvalidDocument as fault:
        raise _BadCell("Bar", fault.sentence) from fault


def _chosen(cells: Cells, column: str, choices: Mapping[str, Any], otherwise: Any = None) -> Any:
    said = _plain(cells.get(column, ""))
    if not said and otherwise is not None:
        return otherwise
    found = next((value for words, value in choices.items() if _plain(words) == said), None)
    if found is None:
        raise _BadCell(column, f"It must be one of: {', '.join(choices)}.")
    return found


def _whole(cells: Cells, column: str, *, most: int, least: int = 0) -> int | None:
    try:
        return read_whole(cells.get(column, ""), column, most=most, least=least)
    except InvalidDocument as fault:
        raise _BadCell(column, fault.sentence.removeprefix(f"{column}: ")) from fault


def _slice(cells: Cells) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in cells.get("Only where", "").split(";"):
        if not part.strip():
            continue
        name, sign, value = part.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise _BadCell("Only where", f"“{part.strip()[:60]}” is not of the form column = value.")
        found[name.strip()] = value.strip()
    return found


def _fault(number: int, cells: Cells, error: Mapping[str, Any]) -> CellFault:
    """A fault of the whole item is told at the column that its sentence is about."""
    words = fault_words(error)
    named = [_COLUMN_OF[str(part)] for part in error["loc"] if str(part) in _COLUMN_OF]
    about = (("slice", "Only where"), ("source", "Measured from"), ("window", "Days looked back"))
    column = named[-1] if named else next((place for word, place in about if word in words.lower()), "Bar")
    value, reason = cells.get(column, "")[:80], f"{words[:1].upper()}{words[1:]}."
    return CellFault(number, column, value, reason, COLUMNS[column])


def _free_id(body: Mapping[str, Any], taken: set[str]) -> str:
    stem = "question" if body["kind"] == "attested" else str(body["metric"])
    numbered = (f"{stem}_{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (stem, *numbered) if name not in taken)


def _plain(text: str) -> str:
    return _spaced(text).casefold()


def _spaced(text: str) -> str:
    """A spreadsheet writes line ends of its own; they change nothing."""
    return " ".join(text.split())
