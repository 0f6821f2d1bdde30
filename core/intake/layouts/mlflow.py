"""MLflow's documents: traces as JSON objects, and the tables that pandas writes column by column or split."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.json_values import lenient
from core.intake.layouts.columns import by_columns
from core.intake.layouts.layout import Layout, Opened, Records, refused
from core.intake.peek import Peek, peek

TRACES, FRAME = "mlflow.traces", "mlflow.frame"

_OF_INFO = ("info.trace_id", "info.request_id")
_BESIDE = ("info.request_time", "info.timestamp_ms", "info.state", "info.status")
_OF_ARTIFACT = "spans[].attributes.mlflow.traceRequestId"

_ID_CELL = re.compile(r"(?:trace_id|request_id)\.[0-9]+")
_OTHER_CELL = re.compile(r"(?:trace\.[0-9]+|[^.]+/(?:value|error_message)\.[0-9]+)")
_GRADED_CELL = re.compile(r".+/v[0-9]+/(?:score|justification)\.[0-9]+")
_GRADED = re.compile(r".+/(?:score|justification|value|error_message)")
_TABLE_NAME = "eval_results_table"
_COLUMNS = '"columns"'

_DAMAGED = ("The JSON breaks off or is damaged.", "Export this row again.", "bad_json")
_NO_TRACE = ("This is no trace: it has neither “info” nor “spans”.", "Leave it out.", "row_not_a_record")
_NO_ROW = ("The row is not a list of values.", "Export the table again.", "not_an_object")


def _fits_traces(beginning: Peek) -> bool:
    return _place_of_traces(beginning.paths) is not None


def _place_of_traces(paths: frozenset[str]) -> str | None:
    """What stands before the fields of a trace: "" at the top, “[]” in a list, “traces[]” in a list there."""
    for path in paths:
        ending = next((one for one in (*_OF_INFO, _OF_ARTIFACT) if path.endswith(one)), None)
        if ending is None:
            continue
        before = path[: -len(ending)]
        sure = ending == _OF_ARTIFACT or any(before + one in paths for one in _BESIDE)
        if sure and (not before or before.endswith("[].")) and before.count("[]") <= 1:
            return before.removesuffix(".")
    return None


def _traces(opened: Opened) -> Records:
    """Each trace with the fields “info” and “data”."""
    place = _place_of_traces(peek(opened.path, opened.file_name, opened.sniffed).paths) or ""
    for number, raw in _raw_traces(opened, place):
        if not raw.strip():
            continue
        try:
            found = lenient(raw)
        except (ValueError, RecursionError):
            yield refused(number, raw, *_DAMAGED)
            continue
        if isinstance(found, dict) and ("info" in found or "data" in found or "spans" in found):
            # An artifact holds the data of a trace alone.
            yield number, {"info": found.get("info"), "data": found.get("data") or _only_data(found)}
        else:
            yield refused(number, raw, *_NO_TRACE)


def _raw_traces(opened: Opened, place: str) -> Iterator[tuple[int, str]]:
    if opened.sniffed.format is Format.JSON_LINES and not place:
        return enumerate(opened.source().lines(), start=1)
    stream = opened.json()
    if place == "[]":
        return enumerate(stream.items(), start=1)
    if place:
        return enumerate(stream.items_at(place.removesuffix("[]")), start=1)
    return enumerate(stream.sequence(), start=1)


def _only_data(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in ("spans", "request", "response") if name in found}


def _fits_frame(beginning: Peek) -> bool:
    if beginning.format not in (Format.JSON_WRAPPED, Format.JSON_SEQUENCE, Format.JSON_LINES):
        return False
    paths = beginning.paths
    if {"columns", "data"} <= paths:
        return _is_of_mlflow(_columns(beginning.text), beginning.file_name)
    if any(map(_GRADED_CELL.fullmatch, paths)):
        return True
    return any(map(_ID_CELL.fullmatch, paths)) and any(map(_OTHER_CELL.fullmatch, paths))


def _is_of_mlflow(columns: list[str], file_name: str) -> bool:
    is_search = "trace" in columns and ("trace_id" in columns or "request_id" in columns)
    is_named = _TABLE_NAME in file_name and bool(columns)
    return is_search or is_named or any(map(_GRADED.fullmatch, columns))


def _columns(text: str) -> list[str]:
    """The names in the list “columns” of a table that was written split; empty where it breaks off."""
    at = text.find(_COLUMNS)
    start = text.find("[", at)
    if at < 0 or start < 0:
        return []
    try:
        found, _ = json.JSONDecoder().raw_decode(text, start)
    except (ValueError, RecursionError):
        return []
    return [str(one) for one in found]


def _frame(opened: Opened) -> Records:
    """The rows of a table that pandas wrote: {"columns", "data"}, or column -> row -> value."""
    try:
        table = opened.whole()
    except ValueError:  # Python refuses to read integers of thousands of digits.
        table = None
    if not isinstance(table, dict):
        raise UnreadableFile(
            "The JSON is not one table.", mend="Export it with to_json().", code="wrong_type"
        )
    columns, rows = table.get("columns"), table.get("data")
    if isinstance(columns, list) and isinstance(rows, list):
        names = [str(one) for one in columns]
        for number, row in enumerate(rows, start=1):
            if isinstance(row, list):
                yield number, dict(zip(names, row, strict=False))
            else:
                yield refused(number, json.dumps(row, ensure_ascii=False), *_NO_ROW)
        return
    yield from by_columns({name: column for name, column in table.items() if isinstance(column, dict)})


LAYOUTS = (Layout(TRACES, _fits_traces, _traces), Layout(FRAME, _fits_frame, _frame))
