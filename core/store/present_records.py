"""The records as they lie in their tables, each with its key and its columns, to be held against the log."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import rfc8785
from sqlalchemy import Connection, Table, func, select

from core.evidence import fingerprints
from core.store import (
    logged_counts,
    logged_decisions,
    logged_drills,
    logged_evals,
    logged_failures,
    logged_reviews,
)
from core.store.logged_people import identity_of
from core.store.logged_records import RecordRow
from core.store.logged_uploads import READ_WITH
from core.store.raw_rows import moment_of, raw
from core.store.row_digests import row_digests
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


def present(connection: Connection) -> Iterator[RecordRow]:
    """Every record but the contents of segments."""
    slugs: dict[int, str] = {}
    for row in rows(connection, feature):
        slugs[row["id"]] = row["slug"]
        yield RecordRow("feature", row["slug"], (), "the feature itself", row)
    for row in rows(connection, document_version):
        yield _document(row, slugs)
    for row in rows(connection, commitment):
        name = f"lock {row['number']} of the checklist"
        columns = row | {"content": _document_hash(row["terms"])}
        yield RecordRow("commitment", slugs.get(row["feature_id"], ""), (row["number"],), name, columns)
    for row in rows(connection, signature):
        name = f"the signature of {row['signed_by']} on a {row['about']}"
        columns = row | {"content": _document_hash(row["statement"])}
        yield RecordRow("signature", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    for row in rows(connection, waiver):
        name = f"the waiver for “{row['label']}”"
        yield RecordRow("waiver", slugs.get(row["feature_id"], ""), (row["id"],), name, row)
    yield from _exceptions(connection, slugs)
    yield from _counts(connection, slugs)
    for row in rows(connection, alarm):
        name = f"the alarm “{row['warning']}”"
        yield RecordRow("alarm", slugs.get(row["feature_id"], ""), (row["id"],), name, row)
    for row in rows(connection, attestation):
        key = row["item_id"], row["answered_at"]
        name = f"the answer of {row['answered_by']} to “{row['item_id']}”"
        yield RecordRow("attestation", slugs.get(row["feature_id"], ""), key, name, row)
    yield from _files(connection, slugs)
    for row in rows(connection, erasure):
        name = f"the request {row['id']} to erase a person"
        columns = row | {"counts": _object(row["counts"])}
        yield RecordRow("erasure", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    yield from _people(connection, slugs)
    for row in rows(connection, transition):
        name = f"the step “{row['move']}” of {row['phase']} by {row['by']}"
        yield RecordRow("transition", slugs.get(row["feature_id"], ""), (row["at"],), name, row)
    for kind, feature_id, key, name, columns in logged_reviews.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)
    yield from _uploads(connection, slugs)
    yield from _of_failures(connection, slugs)
    for kind, feature_id, (key, name, columns) in logged_decisions.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)
    for kind, feature_id, (key, name, columns) in logged_drills.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)
    for kind, feature_id, (key, name, columns) in logged_evals.present(connection):
        yield RecordRow(kind, slugs.get(feature_id, ""), key, name, columns)


def _exceptions(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    """What sets the usual rules aside for a time: overrulings of the gate, and legal holds."""
    for row in rows(connection, override):
        title = _object(row["statement"]).get("title", row["step"])
        name = f"the overruling of “{title}” by {row['given_by']}"
        columns = row | {"content": _document_hash(row["statement"])}
        yield RecordRow("override", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)
    for row in rows(connection, legal_hold):
        name = f"the legal hold of {row['placed_by']}"
        yield RecordRow("legal_hold", slugs.get(row["feature_id"], ""), (row["id"],), name, row)


def _of_failures(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    for kind, table, name in (
        (logged_failures.WORD, failure_word, logged_failures.word_name),
        (logged_failures.FIX, fix, logged_failures.fix_name),
        (logged_failures.INCIDENT, incident, logged_failures.incident_name),
        (logged_failures.TOOL_LIST, tool_list, logged_failures.tool_list_name),
    ):
        for row in rows(connection, table):
            columns = row | {"content": _document_hash(row["tools"])} if table is tool_list else row
            yield RecordRow(kind, slugs.get(row["feature_id"], ""), (row["id"],), name(row), columns)


def _counts(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    keys = logged_counts.CountKeys()
    for row in rows(connection, outside_count):
        slug, week = slugs.get(row["feature_id"], ""), str(row["week"])
        key = keys.next(slug, row["recorded_at"], week, row["measure"])
        yield RecordRow(logged_counts.COUNT, slug, key, logged_counts.name_of(row["measure"], week), row)


def _files(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    answered = {row["id"]: row for row in rows(connection, attestation)}
    small = [column for column in attached_file.c if column is not attached_file.c.content]
    for row in rows(connection, attached_file, *small):
        answer = answered.get(row["attestation_id"], {})
        # One after the other, because each may have some megabytes.
        content = select(*raw(attached_file.c.content)).where(attached_file.c.id == row["id"])
        columns = row | {"content": content_hash(connection.scalar(content))}
        key = row["attestation_id"], row["sha256"]
        name = f"the file “{row['file_name']}” of the answer to “{answer.get('item_id', '')}”"
        yield RecordRow("file", slugs.get(answer.get("feature_id", 0), ""), key, name, columns)


def _people(connection: Connection, slugs: dict[int, str]) -> Iterator[RecordRow]:
    names: dict[int, str] = {}
    times: Counter[tuple[Any, ...]] = Counter()
    for row in rows(connection, person):
        names[row["id"]] = row["name"]
        known = isinstance(row["issuer"], str) and isinstance(row["subject"], str)
        columns = row | {"identity": identity_of(row["issuer"], row["subject"]) if known else None}
        yield RecordRow("person", "", (row["id"],), f"the person {row['name']}", columns)
    for row in rows(connection, role_grant):
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
    there = in_segments.union(*kept.values())
    digests = row_digests(connection)
    small = [column for column in upload.c if column is not upload.c.rejected_rows]
    for row in rows(connection, upload, *small):
        report = _object(row["report"])
        columns = report | row | {"counts": row["state"] == "done", "withdrawn": row["state"] == "withdrawn"}
        columns |= digests.get(row["id"], {}) | {READ_WITH: _document_hash(row["answers"])}
        taken = (report.get("accepted") or 0) + (report.get("updated") or 0)
        is_in = row["state"] in ("done", "withdrawn")
        if row["numbers_expired_at"] is not None and row["id"] not in there:
            # Its rows went, as the log tells; what they counted is still in its report.
            yield _upload(row, slugs, columns)
            continue
        if is_in and row["kind"] in kept:
            columns["accepted"] = kept[row["kind"]].get(row["id"], 0) - (report.get("updated") or 0)
        elif is_in and row["kind"] in SEGMENT_KINDS and taken and row["id"] not in in_segments:
            columns["accepted"] = 0
        yield _upload(row, slugs, columns)


def _upload(row: dict[str, Any], slugs: dict[int, str], columns: dict[str, Any]) -> RecordRow:
    name = f"the upload “{row['file_name']}”"
    return RecordRow("upload", slugs.get(row["feature_id"], ""), (row["id"],), name, columns)


def _rows_of_uploads(connection: Connection, table: Table) -> dict[str, int]:
    query = select(table.c.upload_id, func.count().label("rows")).group_by(table.c.upload_id)
    return {row.upload_id: row.rows for row in connection.execute(query)}


def rows(connection: Connection, table: Table, *columns: Any) -> Iterator[dict[str, Any]]:
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


def content_hash(content: Any) -> str:
    """The hash of a file's content; "" where it is none."""
    return fingerprints.of_bytes(bytes(content)) if isinstance(content, bytes | memoryview) else ""
