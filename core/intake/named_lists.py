"""Lists of objects where a list of texts is meant: calls of tools have a name, documents an id."""

from collections.abc import Sequence
from typing import Any

from core.intake.cell_terms import Reading
from core.intake.json_values import Faulty, compact, decode
from core.intake.report import shown
from core.intake.sources.fetched_documents import documents_in
from core.intake.sources.tool_calls import tool_name

_DOCUMENTS = ("retrieved_ids", "relevant_ids", "cited_ids")
NAMED_LISTS = ("tools_called", "tools_considered", "tools_expected", *_DOCUMENTS)
"""Columns of texts for which tools write objects with a name or an id."""


_CALLS = "calls of tools: {count}. The name of each tool is kept."


def names_in(
    header: str, name: str, cells: Sequence[str | None], reading: Reading
) -> list[str | None] | None:
    """The ``cells`` of the column ``name`` with names in place of objects; None where no cell is a list of
    objects. A list with an object that has no name stays as it is, and is told as what it is."""
    named = [None if cell is None else _names(cell, name in _DOCUMENTS) for cell in cells]
    count = sum(names is not None for names in named)
    if not count:
        return None
    what = "documents: {count}. The id of each is kept." if name in _DOCUMENTS else _CALLS
    sentence = f"Cells in “{shown(header)}” that list {what}"
    reading.notices.add("names_only", sentence, count)
    return [cell if names is None else names for cell, names in zip(cells, named, strict=True)]


def _names(cell: str, are_documents: bool) -> str | None:
    """The names in a list of objects, as the cell that would list them; None for anything else."""
    if not cell.lstrip().startswith("[") or "{" not in cell:
        return None
    try:
        found = decode(cell)
    except Faulty:
        return None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    names: list[Any] = documents_in(found) if are_documents else [tool_name(one) for one in found]
    return compact(names) if len(names) == len(found) > 0 and None not in names else None
