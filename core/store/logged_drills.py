"""What the log says of live releases, rehearsals, red-team findings and their tries, and the rows of them.

The log holds hashes of what attackers say and of the notes on it, so that an erasure can take the texts.
"""

from collections.abc import Iterator
from typing import Any

import rfc8785
from sqlalchemy import Connection, Table, select

from core.evidence.fingerprints import of_document
from core.store.logged_columns import LoggedEvent
from core.store.raw_rows import moment_of, raw
from core.store.release_tables import live_bundle, red_team_check, red_team_finding, rehearsal

LIVE, REHEARSAL, FINDING, CHECK = "live_bundle", "rehearsal", "red_team_finding", "red_team_check"
MADE_BY = {
    "bundle put live": LIVE,
    "rehearsal recorded": REHEARSAL,
    "red-team finding recorded": FINDING,
    "red-team finding tried again": CHECK,
}
"""The kind of the one row that each action puts in."""

Columns = dict[str, Any]

_DRILL = ("part", "bundle", "part_sha256", "worked", "minutes", "done_by", "note")
_FINDING = ("number", "title", "kind", "severity", "how_sha256", "link", "bundle", "parts_sha256")
_CHECK = ("bundle", "parts_sha256", "state", "note_sha256")


def told(event: LoggedEvent) -> Iterator[tuple[str, int, str, Columns]]:
    """(kind, id, name, columns) of the row that the event tells of."""
    said = event.payload
    match MADE_BY.get(event.action):
        case "live_bundle":
            yield LIVE, said["live"], f"that the release “{said['name']}” went live", _live(event)
        case "rehearsal":
            columns = _said(event, _DRILL) | {"rehearsed_at": moment_of(said["rehearsed_at"])}
            yield REHEARSAL, said["rehearsal"], f"the drill of {said['label']}", columns
        case "red_team_finding":
            columns = _said(event, _FINDING) | {"found_at": moment_of(said["found_at"])}
            yield FINDING, said["finding"], f"the finding R-{said['number']}", columns
        case "red_team_check":
            columns = _said(event, _CHECK) | {"finding_id": said["finding"]}
            columns |= {"checked_at": moment_of(said["checked_at"])}
            yield CHECK, said["check"], f"a later try of the finding R-{said['number']}", columns


def present(connection: Connection) -> Iterator[tuple[str, int, tuple[tuple[Any, ...], str, Columns]]]:
    """(kind, feature id, (key, name, columns)) of every row, as it lies there."""
    for row in _rows(connection, live_bundle):
        name = f"that the release “{row['name']}” went live"
        yield LIVE, row["feature_id"], ((row["id"],), name, row)
    for row in _rows(connection, rehearsal):
        # SQLite keeps yes and no as numbers.
        columns = row | {"worked": bool(row["worked"])}
        yield REHEARSAL, row["feature_id"], ((row["id"],), f"the drill of the part {row['part']}", columns)
    numbers = {}
    for row in _rows(connection, red_team_finding):
        numbers[row["id"]] = row["number"]
        columns = row | {"how_sha256": _hash(row["how"])}
        yield FINDING, row["feature_id"], ((row["id"],), f"the finding R-{row['number']}", columns)
    for row in _rows(connection, red_team_check):
        name = f"a later try of the finding R-{numbers.get(row['finding_id'], '?')}"
        columns = row | {"note_sha256": _hash(row["note"])}
        yield CHECK, row["feature_id"], ((row["id"],), name, columns)


def _live(event: LoggedEvent) -> Columns:
    said = event.payload
    return {
        "name": said["name"],
        "document_number": said["number"],
        "sha256": said["sha256"],
        "live_at": moment_of(said["live_at"]),
        "put_live_by": event.actor,
        "put_live_by_id": said["person"],
        "recorded_at": event.at,
        "reason": said["reason"],
    }


def _said(event: LoggedEvent, names: tuple[str, ...]) -> Columns:
    columns = {name: event.payload[name] for name in names}
    return columns | {
        "recorded_by": event.actor,
        "recorded_by_id": event.payload["person"],
        "recorded_at": event.at,
    }


def _rows(connection: Connection, table: Table) -> Iterator[Columns]:
    for row in connection.execute(select(*raw(table)).order_by(table.c.id)):
        found = row._asdict()
        yield found | {name: moment_of(value) for name, value in found.items() if name.endswith("_at")}


def _hash(text: Any) -> str:
    try:
        return of_document(text)
    except (ValueError, rfc8785.CanonicalizationError):
        return ""
