"""Records held against the audit log: a row that was changed, removed or slipped in beside it is named.

Whatever people commit to was written together with an event that says the same, so the rows that
there are must be those that the log tells of. Contents are held against their hashes.
"""

import json
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import rfc8785
from sqlalchemy import Connection, Table, func, select

from core.evidence import fingerprints
from core.store import logged_counts, logged_evals, logged_failures, logged_reviews
from core.store.logged_people import identity_of
from core.store.logged_records import LoggedRecords, RecordRow
from core.store.logged_uploads import COUNTS
from core.store.raw_rows import moment_of, raw
from core.store.row_digests import JUDGED, WORDS, row_digests
from core.store.table_parts import SEGMENT_KINDS
from core.store.tables import (
    alarm,
    attached_file,
    attestation,
    commitment,
    document_version,
    erasure,
    failure,
    failure_word,
    feature,
    fix,
    incident,
    label,
    legal_hold,
    outside_count,
    override,
    person,
    role_grant,
    segment,
    signature,
    tool_list,
    transition,
    upload,
    waiver,
)

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
    known = {row["name"]: row["id"] for row in _rows(connection, person)}
    for row in _present(connection):
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
    if row is None or _content_hash(row.content) == row.sha256:
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
    "upload": ("counts", "withdrawn", "kind", *COUNTS, JUDGED, WORDS),
    "role": ("revoked_",),
    "incident": ("closed_", "ended_in", "link"),
}
"""What a later event writes into a row, by how its columns begin."""


def _difference(row: RecordRow, told: RecordRow, log: LoggedRecords) -> BrokenRecord | None:
    fields = tuple(name for name, value in told.columns.items() if row.columns.get(name) != value)
    if row.kind == logged_evals.CASE:
        days = log.erased_on(row.feature)
        fields = tuple(one for one in fields if not logged_evals.went_with_a_person(row.columns, one, days))
    if row.kind == "upload" and log.erased_on(row.feature):
        # A name that was erased went out of the words of failures as well.
        fields = tuple(one for one in fields if one != WORDS)
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


def _present(connection: Connection) -> Iterator[RecordRow]:
    slugs: dict[int, str] = {}
    for row in _rows(connection, feature):
        slugs[row["id"]] = row["slug"]
        yield RecordRow("feature", row["slug"], (), "the feature itself", row)
    for row in _rows(connection, document_version):
        yield _document(row, slugs)
    for row in _rows(connection, commitment):
        name = f"lock {row['number']} of the checklist"
        columns = row | {"content": _document_hash(row["terms"])}
        yield RecordRow("commitment", slugs.get(row["feature_id"], ""), (row["number"],), name, columns)
    for row in _rows(connection, signature):
        name = f"the signature of {row['signed_by']} on a {row['about']}"
        columns = row | {"content": _document_hash(row["statement"])}
        yield RecordRow("signature", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    for row in _rows(connection, waiver):
        name = f"the waiver for “{row['label']}”"
        yield RecordRow("waiver", slugs.get(row["feature_id"], ""), (row["id"],), name, row)
    yield from _exceptions(connection, slugs)
    yield from _counts(connection, slugs)
    for row in _rows(connection, alarm):
        name = f"the alarm “{row['warning']}”"
        yield RecordRow("alarm", slugs.get(row["feature_id"], ""), (row["id"],), name, row)
    for row in _rows(connection, attestation):
        key = row["item_id"], row["answered_at"]
        name = f"the answer of {row['answered_by']} to “{row['item_id']}”"
        yield RecordRow("attestation", slugs.get(row["feature_id"], ""), key, name, row)
    yield from _files(connection, slugs)
    for row in _rows(connection, erasure):
        name = f"the request {row['id']} to erase a person"
        columns = row | {"counts": _object(row["counts"])}
        yield RecordRow("erasure", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    yield from _people(connection, slugs)
    for row in _rows(connection, transition):
        name = f"the step “{row['move']}” of {row['phase']} by {row['by']}"
        yield RecordRow("transition", slugs.get(row["feature_id"], ""), (row["at"],), name, row)
    for kind, feature_id, key, name, columns in logged_reviews.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)
    yield from _uploads(connection, slugs)
    yield from _of_failures(connection, slugs)
    for kind, feature_id, (key, name, columns) in logged_evals.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)


def _exceptions(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    """What sets the usual rules aside for a time: overrulings of the gate, and legal holds."""
    for row in _rows(connection, override):
        title = _object(row["statement"]).get("title", row["step"])
        name = f"the overruling of “{title}” by {row['given_by']}"
        columns = row | {"content": _document_hash(row["statement"])}
        yield RecordRow("override", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    for row in _rows(connection, legal_hold):
        name = f"the legal hold of {row['placed_by']}"
        yield RecordRow("legal_hold", slugs.get(row["feature_id"], ""), (row["id"],), name, row)


def _of_failures(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    for kind, table, name in (
        (logged_failures.WORD, failure_word, logged_failures.word_name),
        (logged_failures.FIX, fix, logged_failures.fix_name),
        (logged_failures.INCIDENT, incident, logged_failures.incident_name),
        (logged_failures.TOOL_LIST, tool_list, logged_failures.tool_list_name),
    ):
        for row in _rows(connection, table):
            columns = row | {"content": _document_hash(row["tools"])} if table is tool_list else row
            yield RecordRow(kind, slugs.get(row["feature_id"], ""), (row["id"],), name(row), columns)


def _counts(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    keys = logged_counts.CountKeys()
    for row in _rows(connection, outside_count):
        slug, week = slugs.get(row["feature_id"], ""), str(row["week"])
        key = keys.next(slug, row["recorded_at"], week, row["measure"])
        yield RecordRow(logged_counts.COUNT, slug, key, logged_counts.name_of(row["measure"], week), row)


def _files(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    answered = {row["id"]: row for row in _rows(connection, attestation)}
    small = [column for column in attached_file.c if column is not attached_file.c.content]
    for row in _rows(connection, attached_file, *small):
        answer = answered.get(row["attestation_id"], {})
        # One after the other, because each may have some megabytes.
        content = select(*raw(attached_file.c.content)).where(attached_file.c.id == row["id"])
        columns = row | {"content": _content_hash(connection.scalar(content))}
        key = row["attestation_id"], row["sha256"]
        name = f"the file “{row['file_name']}” of the answer to “{answer.get('item_id', '')}”"
        yield RecordRow("file", slugs.get(answer.get("feature_id", 0), ""), key, name, columns)


def _people(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    names: dict[int, str] = {}
    times: Counter[tuple[Any, ...]] = Counter()
    for row in _rows(connection, person):
        names[row["id"]] = row["name"]
        known = isinstance(row["issuer"], str) and isinstance(row["subject"], str)
        columns = row | {"identity": identity_of(row["issuer"], row["subject"]) if known else None}
        yield RecordRow("person", "", (row["id"],), f"the person {row['name']}", columns)
    for row in _rows(connection, role_grant):
        name = f"the role {row['role']} of {names.get(row['person_id'], 'nobody')}"
        place = "" if row["feature_id"] is None else slugs.get(row["feature_id"], "?")
        held = place, row["person_id"], row["role"]
        times[held] += 1
        yield RecordRow("role", place, (row["person_id"], row["role"], times[held]), name, row)


def _document(row: dict[str, Any], slugs: dict[int, str]) -> RecordRow:
    columns = row | {"content": _document_hash(row["body"])}
    key = row["kind"], row["number"]
    name = f"version {row['number']} of the {row['kind']}"
    return RecordRow("document", slugs.get(row["feature_id"], ""), key, name, columns)


def _uploads(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    """Uploads with what is left of their rows: a count that shrank or grew was not the import's."""
    kept = {
        "labels": _rows_of_uploads(connection, label),
        "failures": _rows_of_uploads(connection, failure),
    }
    in_segments = set(connection.scalars(select(segment.c.upload_id).distinct()))
    digests = row_digests(connection)
    small = [column for column in upload.c if column is not upload.c.rejected_rows]
    for row in _rows(connection, upload, *small):
        report = _object(row["report"])
        columns = report | row | {"counts": row["state"] == "done", "withdrawn": row["state"] == "withdrawn"}
        columns |= digests.get(row["id"], {})
        taken = (report.get("accepted") or 0) + (report.get("updated") or 0)
        is_in = row["state"] in ("done", "withdrawn")
        if is_in and row["kind"] in kept:
            columns["accepted"] = kept[row["kind"]].get(row["id"], 0) - (report.get("updated") or 0)
        elif is_in and row["kind"] in SEGMENT_KINDS and taken and row["id"] not in in_segments:
            columns["accepted"] = 0
        name = f"the upload “{row['file_name']}”"
        yield RecordRow("upload", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)


def _rows_of_uploads(connection: Connection, table: Table) -> dict[str, int]:
    query = select(table.c.upload_id, func.count().label("rows")).group_by(table.c.upload_id)
    return {row.upload_id: row.rows for row in connection.execute(query)}


def _rows(connection: Connection, table: Table, *columns: Any) -> Iterator[dict[str, Any]]:
    """The rows as they lie there, in the order of their numbers; times as instants where they are some."""
    order = table.c.asked_at if table is upload else table.c.id
    query = select(*raw(*(columns or (table,)))).order_by(order)
    moments = [column.name for column in table.c if column.name == "at" or column.name.endswith("_at")]
    for row in connection.execute(query):
        found = row._asdict()
        yield found | {name: moment_of(found[name]) for name in moments if name in found}


def _object(text: Any) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _document_hash(text: Any) -> str:
    try:
        return fingerprints.of_document(json.loads(text))
    except (ValueError, TypeError, rfc8785.CanonicalizationError):
        return ""


def _content_hash(content: Any) -> str:
    return fingerprints.of_bytes(bytes(content)) if isinstance(content, bytes | memoryview) else ""
