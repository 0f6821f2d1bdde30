"""Records held against the audit log: a row that was changed, removed or slipped in beside it is named.

Whatever people commit to was written together with an event that says the same, so the rows that
there are must be those that the log tells of. Contents are held against their hashes.
"""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from core.evidence.eval_case import TEXTS
from core.store import logged_counts, logged_decisions, logged_drills, logged_evals
from core.store.logged_records import LoggedRecords, RecordRow
from core.store.logged_uploads import COUNTS, READ_WITH
from core.store.present_records import content_hash, present, rows
from core.store.raw_rows import raw
from core.store.row_digests import JUDGED, WORDS
from core.store.tables import feature, person, segment, upload

CHANGED, MISSING, UNLOGGED = "changed", "missing", "unlogged"


@dataclass(frozen=True)
class BrokenRecord:
    """A row that is not as the log says.

    ``kind`` is feature, document, commitment, signature, waiver, override, legal_hold, attestation, file,
    erasure, transition, upload, segment, person, role, count, failure_word, fix, incident or tool_list, among
    others; ``fault`` is changed, missing or unlogged (there is a row, and no event tells of it); ``fields``
    differ. ``seq`` is the event that says otherwise. ``feature`` is "" for what is of none.
    """

    kind: str
    feature: str
    name: str
    fault: str
    fields: tuple[str, ...] = ()
    seq: int | None = None


@dataclass(frozen=True)
class RecordChecks:
    """How many rows were held against the log, and those that are not as it says."""

    checked: int
    broken: tuple[BrokenRecord, ...]


def check_records(connection: Connection) -> RecordChecks:
    """Every record but the contents of segments, which :func:`broken_segment` reads one by one."""
    log = LoggedRecords(connection)
    waiting: dict[tuple[Any, ...], deque[RecordRow]] = defaultdict(deque)
    for said in log.rows:
        waiting[said.kind, said.feature, said.key].append(said)
    checked, broken = 0, []
    known = {row["name"]: row["id"] for row in rows(connection, person)}
    for row in present(connection):
        checked += 1
        told = waiting.get((row.kind, row.feature, row.key))
        fault = _difference(row, _with_hands(told.popleft(), known), log) if told else _untold(row, log)
        if fault is not None:
            broken.append(fault)
    gone = [said for left in waiting.values() for said in left]
    broken += [BrokenRecord(said.kind, said.feature, said.name, MISSING, (), said.seq) for said in gone]
    return RecordChecks(checked + len(gone), tuple(broken))


def segment_ids(connection: Connection) -> list[int]:
    return list(connection.scalars(select(segment.c.id).order_by(segment.c.id)))


def broken_segment(connection: Connection, segment_id: int) -> BrokenRecord | None:
    """The segment where its content is not what its hash was taken of, else None."""
    query = (
        select(*raw(segment.c.sha256, segment.c.content, upload.c.file_name, feature.c.slug))
        .join_from(segment, upload, segment.c.upload_id == upload.c.id)
        .join(feature, segment.c.feature_id == feature.c.id)
        .where(segment.c.id == segment_id)
    )
    row = connection.execute(query).one_or_none()
    if row is None or content_hash(row.content) == row.sha256:
        return None
    return BrokenRecord("segment", row.slug, f"a part of “{row.file_name}”", CHANGED, ("content",))


_HANDS = {
    "document": "author",
    "commitment": "locked_by",
    "attestation": "answered_by",
    "upload": "asked_by",
    "review": "opened_by",
    logged_evals.CASE: "author",
    logged_evals.SUITE: "locked_by",
    logged_evals.BASELINE: "recorded_by",
}
"""Who is named in a record, whose number beside the name decides what they may sign."""


def _with_hands(told: RecordRow, known: Mapping[str, int]) -> RecordRow:
    """What the log says, with the number of whoever it names: each name is one person's."""
    name = _HANDS.get(told.kind)
    if name is None or name not in told.columns:
        return told
    return replace(told, columns={**told.columns, f"{name}_id": known.get(told.columns[name])})


_BECAME = {
    "commitment": ("in_force_at",),
    "signature": ("withdrawn_at", "withdrawn_reason"),
    "waiver": ("choice", "decided_", "revoked_"),
    "alarm": ("acknowledged_",),
    "override": ("used_at", "ended_"),
    logged_counts.COUNT: ("replaced_at",),
    "legal_hold": ("lifted_",),
    logged_evals.BASELINE: ("replaced_at",),
    logged_evals.CASE: ("texts_expired_at", "asked_sha256", *(f"{name}_sha256" for name in TEXTS)),
    **logged_decisions.BECAME,
    "upload": ("counts", "withdrawn", "numbers_expired", "kind", *COUNTS, JUDGED, WORDS, READ_WITH),
    "role": ("revoked_",),
    "incident": ("closed_", "ended_in", "link"),
}
"""What a later event writes into a row, by how its columns begin."""


_WITH_TEXTS = (logged_evals.CASE, logged_drills.FINDING, logged_drills.CHECK)
"""Of whose texts the log has hashes: an erasure takes the texts, and leaves the log as it is."""


def _difference(row: RecordRow, told: RecordRow, log: LoggedRecords) -> BrokenRecord | None:
    fields = tuple(name for name, value in told.columns.items() if row.columns.get(name) != value)
    if row.kind in _WITH_TEXTS:
        days = log.erased_on(row.feature)
        fields = tuple(one for one in fields if not logged_evals.went_with_a_person(row.columns, one, days))
    if row.kind == "upload" and log.erased_on(row.feature):
        # A name that was erased went out of the words of failures, and of the choices, as well.
        fields = tuple(one for one in fields if one not in (WORDS, READ_WITH))
    if not fields or _was_emptied(row, fields, log):
        return None
    return BrokenRecord(row.kind, row.feature, row.name, CHANGED, fields, told.seq)


def _was_emptied(row: RecordRow, fields: tuple[str, ...], log: LoggedRecords) -> bool:
    """Whether the row became so at the very moment of an event that says nothing any more."""
    moments = {value for name, value in row.columns.items() if name.endswith("_at") and value is not None}
    is_later = all(name.startswith(_BECAME.get(row.kind, ())) for name in fields)
    return is_later and not moments.isdisjoint(log.emptied_at.get(row.feature, ()))


def _untold(row: RecordRow, log: LoggedRecords) -> BrokenRecord | None:
    """A row that no event tells of; where events of its kind were emptied, one of them may have."""
    if not log.unknown[row.feature, row.kind]:
        return BrokenRecord(row.kind, row.feature, row.name, UNLOGGED)
    log.unknown[row.feature, row.kind] -= 1
    if row.columns.get("content") != row.columns.get("sha256") and row.kind == "document":
        return BrokenRecord(row.kind, row.feature, row.name, CHANGED, ("content",))
    return None
