"""The cells of other tools' exports, quoted and encoded in their own ways, as text and as values."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from core.intake.json_values import whole_characters
from core.intake.sources import python_text

_MISSING = {"", '""', "null", "None", "NaN", "nan", "[object Object]"}
"""How exports write "no value"; ``""`` are two quote characters inside the cell."""

_NESTED = ("{", "[")
_DECODER = json.JSONDecoder(parse_constant=lambda _: None)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def text_of(cell: Any) -> str | None:
    """``cell`` as text without the quotes of its export; None where it says that there is no value.

    A text is JSON-quoted once or twice in some exports ("\\"2026-05-04\\""); objects become JSON text.
    """
    if isinstance(cell, str):
        if cell.startswith('"') and len(cell) > 1:
            inner = _parsed(cell)
            if isinstance(inner, str):
                cell = inner
        return None if cell in _MISSING or cell.isspace() else cell
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return repr(cell)
    try:
        return json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:  # Nested more deeply than anything that a person wrote.
        return None


def value_of(cell: Any) -> Any:
    """``cell`` as the value it stands for: JSON, also encoded twice or quoted twice, or Python's own
    writing of a list or dict; any other text as it is."""
    if not isinstance(cell, str):
        return cell
    if cell in _MISSING:
        return None
    found = _parsed(cell)
    if isinstance(found, str) and found.startswith(_NESTED):
        again = _parsed(found)
        found = found if again is None else again
    if found is None and cell.startswith(_NESTED):
        found = _repaired(cell)
    return cell if found is None else found


def object_of(cell: Any) -> dict[str, Any]:
    """The object that ``cell`` holds; empty where it holds anything else."""
    found = value_of(cell)
    return found if isinstance(found, dict) else {}


def list_of(cell: Any) -> list[Any]:
    """The list that ``cell`` holds, or a list of the one value; empty where there is none."""
    found = value_of(cell)
    if isinstance(found, list):
        return found
    return [] if found is None or found == {} else [found]


def objects_in(cell: Any) -> list[dict[str, Any]]:
    """The objects in the list that ``cell`` holds, or the only one."""
    return [one for one in list_of(cell) if isinstance(one, dict)]


def texts_in(cell: Any) -> list[str]:
    """The items of the list that ``cell`` holds as texts, without those that say nothing."""
    return [text for one in list_of(cell) if (text := text_of(one)) is not None]


def word_of(stated: Any) -> str | None:
    """``stated`` as text where it can name something: objects, lists and truths do not."""
    return None if isinstance(stated, dict | list | bool) else text_of(stated)


def first_word(stated: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first name that stands under one of ``keys``."""
    return next((word for key in keys if (word := word_of(stated.get(key))) is not None), None)


def number_of(cell: Any) -> float | None:
    """``cell`` as a finite number; None where it is none."""
    if isinstance(cell, bool) or cell is None:
        return None
    try:
        number = float(text_of(cell) or "") if isinstance(cell, str) else float(cell)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < float("inf") else None


def number_text(number: float | None) -> str | None:
    """The shortest digits of ``number``; whole numbers without “.0”."""
    if number is None:
        return None
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def json_list(items: Iterable[str]) -> str | None:
    """The different ``items`` as a JSON list of texts, None where there are none."""
    kept = list(items)
    return json.dumps(kept, ensure_ascii=False) if kept else None


@lru_cache(maxsize=4_096)
def camel(key: str) -> str:
    """The camel-case spelling: ``user_id`` and ``userId`` are one field."""
    first, *others = key.split("_")
    if not first or not others:
        return key
    return first + "".join(part[:1].upper() + part[1:] for part in others)


def fields_of(found: Mapping[str, Any]) -> dict[str, Any]:
    """``found`` under camel-case names; where both spellings stand, the one with a value counts."""
    fields: dict[str, Any] = {}
    for key, cell in found.items():
        name = camel(key)
        if fields.get(name) is None:
            fields[name] = cell
    return fields


def _parsed(text: str) -> Any:
    """The JSON value of ``text`` where it begins like a list, an object or a text; else None."""
    if not text.startswith(("{", "[", '"')):
        return None
    try:
        found = _DECODER.decode(text)
        return whole_characters(found) if _SURROGATE.search(text) else found
    except (ValueError, RecursionError):
        return None


def _repaired(text: str) -> Any:
    """A list or an object that was quoted twice, or that Python wrote; None where it is neither."""
    if '""' in text:
        found = _parsed(text.replace('""', '"'))
        if found is not None:
            return found
    try:
        return python_text.read(text)
    except (ValueError, RecursionError):
        return None
