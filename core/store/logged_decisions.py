"""What the log says of conditions of a GO, questions before one and look-backs, and the rows there are."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select

from core.store.decision_tables import decision_question, follow_up, signed_condition
from core.store.logged_columns import LoggedEvent
from core.store.raw_rows import moment_of, raw

CONDITION, QUESTION, LOOK_BACK = "go_condition", "question", "look_back"
MADE_BY = {
    "condition set": CONDITION,
    "question asked": QUESTION,
    "step looked back at": LOOK_BACK,
}
"""The kind of the one row that each action puts in."""

BECAME: dict[str, tuple[str, ...]] = {
    CONDITION: ("met_", "released_"),
    QUESTION: ("answer",),
}
"""What a later event writes into a row, by how its columns begin."""

Columns = dict[str, Any]

_MET = ("met_by", "met_by_id", "met_at", "met_note")
_RELEASED = ("released_by", "released_by_id", "released_at", "released_reason")
_ANSWERED = ("answer", "answered_by", "answered_by_id", "answered_at")


def told(event: LoggedEvent) -> Iterator[tuple[str, int, str, Columns]]:
    """(kind, id, name, columns) of the row the event tells of; the name is "" where it adds to a row."""
    said = event.payload
    match event.action:
        case "condition set":
            yield CONDITION, said["condition"], _condition_name(said), _condition(event)
        case "condition met":
            yield CONDITION, said["condition"], "", _ended(event, _MET, said["note"])
        case "condition released":
            yield CONDITION, said["condition"], "", _ended(event, _RELEASED, said["reason"])
        case "question asked":
            columns = {"step": said["step"], "wording": said["words"], **dict.fromkeys(_ANSWERED)}
            name = f"the question {said['question']}"
            yield QUESTION, said["question"], name, columns | _by("asked", event)
        case "question answered":
            columns = {"answer": said["answer"], **_by("answered", event)}
            yield QUESTION, said["question"], "", columns
        case "step looked back at":
            columns = {name: said[name] for name in ("days", "hindsight", "note")}
            columns |= {"transition_id": said["step"], **_by("recorded", event)}
            yield LOOK_BACK, said["look_back"], f"the look-back {said['look_back']}", columns


def present(connection: Connection) -> Iterator[tuple[str, int, tuple[tuple[Any, ...], str, Columns]]]:
    """(kind, feature id, (key, name, columns)) of every row, as it lies there."""
    for row in _rows(connection, signed_condition):
        columns = row | {"due": str(row["due"]), "wording": row["words"]}
        yield CONDITION, row["feature_id"], ((row["id"],), _condition_name(row), columns)
    for row in _rows(connection, decision_question):
        columns = row | {"wording": row["words"]}
        yield QUESTION, row["feature_id"], ((row["id"],), f"the question {row['id']}", columns)
    for row in _rows(connection, follow_up):
        yield LOOK_BACK, row["feature_id"], ((row["id"],), f"the look-back {row['id']}", row)


def _condition(event: LoggedEvent) -> Columns:
    said = event.payload
    return {
        "signature_id": said["signature"],
        "wording": said["words"],
        "owner": said["owner"],
        "due": said["due"],
        **dict.fromkeys((*_MET, *_RELEASED)),
    }


def _condition_name(said: Mapping[str, Any]) -> str:
    return f"the condition “{said['words']}” of a GO"


def _ended(event: LoggedEvent, names: tuple[str, ...], words: str) -> Columns:
    return dict(zip(names, (event.actor, event.payload["person"], event.at, words), strict=True))


def _by(done: str, event: LoggedEvent) -> Columns:
    return {f"{done}_by": event.actor, f"{done}_by_id": event.payload["person"], f"{done}_at": event.at}


def _rows(connection: Connection, table: Table) -> Iterator[Columns]:
    for row in connection.execute(select(*raw(table)).order_by(table.c.id)):
        found = row._asdict()
        yield found | {name: moment_of(value) for name, value in found.items() if name.endswith("_at")}
