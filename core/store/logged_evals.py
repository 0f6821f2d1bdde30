"""What the log says of eval cases, locked sets and baselines, and the rows that there are of them.

The log holds hashes of the texts of a case, so that an erasure can take the texts themselves.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import rfc8785
from sqlalchemy import Connection, Table, select

from core.evidence.eval_case import TEXTS
from core.evidence.fingerprints import of_document
from core.evidence.free_text import erased_on, expired_text
from core.store.logged_columns import LoggedEvent
from core.store.raw_rows import moment_of, raw
from core.store.tables import baseline, eval_case, eval_suite
from core.store.types import JsonText

CASE, SUITE, BASELINE = "eval_case", "eval_suite", "baseline"
CASE_ACTIONS = ("case saved", "case promoted", "case taken over", "case retired", "case brought back")
MADE_BY = {**dict.fromkeys(CASE_ACTIONS, CASE), "eval set locked": SUITE, "baseline recorded": BASELINE}

_LISTS = ("tools_expected", "tags")
_HASHED = tuple(f"{name}_sha256" for name in (*TEXTS, *_LISTS))
_SAID = (
    "part", "is_critical", "is_retired", "source_run_id", "failure_type", "task_type", "user_segment",
    "reason",
)  # fmt: skip
_INSTEAD = "[erased]"

Row = tuple[tuple[Any, ...], str, dict[str, Any]]
"""(key, name in words, columns) of a row."""


def case(event: LoggedEvent) -> Row:
    said = event.payload
    columns = {name: said[name] for name in (*_SAID, *_HASHED)}
    columns |= {"author": event.actor, "saved_at": event.at, "texts_expired_at": None, "asked_sha256": None}
    return (said["case"], said["number"]), f"version {said['number']} of the case {said['case']}", columns


def expired(event: LoggedEvent, known: Mapping[str, Any], asked: str) -> dict[str, Any]:
    """What becomes of a version of which so much is ``known`` when its texts go; ``asked`` is what tells it
    from others from then on."""
    nothing, mark = _hash(None), _hash(expired_text(event.at.date().isoformat() if event.at else ""))
    hashes = {name: mark for name in (f"{one}_sha256" for one in TEXTS) if known[name] != nothing}
    return {**hashes, "texts_expired_at": event.at, "asked_sha256": asked}


def suite(event: LoggedEvent) -> Row:
    said = event.payload
    columns = {
        "digest": said["digest"],
        "upload_id": said["upload"],
        "rerun_days": said["rerun_days"],
        "reason": said["reason"],
        "cases_sha256": said["cases_sha256"],
        "parts_sha256": of_document(said["parts"]),
        "locked_by": event.actor,
        "locked_at": event.at,
    }
    return (said["suite"], said["number"]), f"version {said['number']} of the set “{said['suite']}”", columns


def recorded(event: LoggedEvent) -> Row:
    said = event.payload
    names = ("metric", "passes", "cases", "value", "path", "source")
    columns = {name: said[name] for name in names}
    columns |= {"recorded_by": event.actor, "recorded_at": event.at, "replaced_at": None}
    return (said["baseline"],), f"the baseline of {said['metric']}", columns


def present(connection: Connection) -> Iterator[tuple[str, int, Row]]:
    """(kind, feature id, row) of every row, as it lies there."""
    for row in _rows(connection, eval_case):
        hashes = {f"{name}_sha256": _hash(row[name]) for name in (*TEXTS, *_LISTS)}
        key = row["case_id"], row["number"]
        yield CASE, row["feature_id"], (key, f"version {key[1]} of the case {key[0]}", row | hashes)
    for row in _rows(connection, eval_suite):
        hashes = {f"{name}_sha256": _hash(row[name]) for name in ("cases", "parts")}
        key = row["name"], row["number"]
        yield SUITE, row["feature_id"], (key, f"version {key[1]} of the set “{key[0]}”", row | hashes)
    for row in _rows(connection, baseline):
        yield BASELINE, row["feature_id"], ((row["id"],), f"the baseline of {row['metric']}", row)


def went_with_a_person(columns: Mapping[str, Any], name: str, days: frozenset[date]) -> bool:
    """Whether a case's column differs because somebody was erased on one of these ``days``."""
    value = columns.get(name.removesuffix("_sha256"))
    if isinstance(value, list):
        return bool(days) and any(_INSTEAD in str(one) for one in value)
    if not days or not isinstance(value, str):
        return False
    return erased_on(value) in {day.isoformat() for day in days} or _INSTEAD in value


def _rows(connection: Connection, table: Table) -> Iterator[dict[str, Any]]:
    """The rows as they lie there, in the order of their numbers; lists are read where they are some."""
    lists = [
        name
        for name in (*_LISTS, "cases", "parts")
        if name in table.c and isinstance(table.c[name].type, JsonText)
    ]
    for row in connection.execute(select(*raw(table)).order_by(table.c.id)):
        found = row._asdict()
        found |= {name: moment_of(value) for name, value in found.items() if name.endswith("_at")}
        yield found | {name: _list(found[name]) for name in lists}


def _list(text: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _hash(value: Any) -> str:
    try:
        return of_document(value)
    except (ValueError, rfc8785.CanonicalizationError):
        return ""
