"""A person erased from ordinary rows: remarks, reports of uploads, reasons, and the log's payloads.

What was signed or hashed (documents, locks, signatures) cannot be changed; it is counted, so that whoever
erases knows where a name is left.
"""

import csv
import gzip
import io
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, Text, literal, or_, select, type_coerce, update

from core.evidence.fingerprints import key_of
from core.evidence.free_text import ERASED_START, EXPIRED_START, erased_text
from core.store import audit, eval_cases, incidents, reviews
from core.store.decision_tables import decision_question, follow_up, signed_condition
from core.store.expiry import without_cells, without_samples
from core.store.gone import Gone
from core.store.release_tables import live_bundle, red_team_check, red_team_finding, rehearsal
from core.store.tables import (
    alarm,
    attached_file,
    attestation,
    audit_event,
    audit_payload,
    baseline,
    commitment,
    document_version,
    eval_case,
    eval_suite,
    failure,
    failure_word,
    feature,
    fix,
    incident,
    label,
    legal_hold,
    outside_count,
    override,
    segment,
    signature,
    tool_list,
    transition,
    upload,
    waiver,
)

LONGEST_ID = 200
"""Characters of a user id."""

_KEYS_AT_ONCE = 500
_INSTEAD = "[erased]"
_REMARKS: dict[Table, tuple[str, ...]] = {label: ("note", "corrected_answer"), failure: ("note",)}
"""What people wrote about a run: it goes with the person whose run it is."""

_WHOLE: dict[Table, tuple[str, ...]] = {**_REMARKS, eval_case: eval_cases.MENTIONING}
"""Texts that go whole where they name the person."""

_NAMED_IN: dict[Table, tuple[str, ...]] = {
    label: ("note", "corrected_answer", "failure_type", "root_cause", "severity"),
    failure: ("note", "fix", "failure_type", "root_cause"),
    attestation: ("why", "link"),
    outside_count: ("note",),
    transition: ("reason",),
    waiver: ("reason", "decided_reason", "revoked_reason"),
    signature: ("reason", "withdrawn_reason"),
    alarm: ("acknowledged_reason",),
    failure_word: ("word", "definition", "example", "became", "reason"),
    fix: ("failure_type", "fix", "bundle"),
    incident: ("what", "link"),
    eval_case: (*eval_cases.MENTIONING, "failure_type", "task_type", "user_segment", "reason"),
    eval_suite: ("reason",),
    baseline: ("path", "source"),
    override: ("reason", "ended_reason"),
    legal_hold: ("reason", "lifted_reason"),
    live_bundle: ("reason",),
    rehearsal: ("note",),
    signed_condition: ("words", "met_note", "released_reason"),
    decision_question: ("words", "answer"),
    follow_up: ("note",),
    red_team_finding: ("title", "how", "link"),
    red_team_check: ("note",),
}
"""Where the person may be named: the name goes, the words around it stay, remarks go whole."""

_LEFT_IN: dict[Table, tuple[str, ...]] = {
    document_version: ("body", "reason"),
    commitment: ("reason", "terms"),
    feature: ("name", "owner"),
    label: ("run_id", "reviewer"),
    failure: ("run_id", "owner"),
    eval_case: ("case_id", "tags", "tools_expected"),
    eval_suite: ("name",),
    fix: ("owner",),
    incident: ("owner", "run_id"),
    tool_list: ("file_name", "tools"),
    live_bundle: ("name",),
    rehearsal: ("done_by",),
    signed_condition: ("owner",),
}
"""Where a name stays, because a hash or a lock rests on the words, or because the work is that person's."""


@dataclass(frozen=True)
class StoredSegment:
    """A segment of the feature, of whatever kind and upload, without its content."""

    id: int
    sha256: str
    upload_id: str
    kind: str


def segments_of(connection: Connection, feature_id: int) -> list[StoredSegment]:
    """Every segment of the feature, of withdrawn uploads too."""
    query = select(segment.c.id, segment.c.sha256, segment.c.upload_id, segment.c.kind)
    mine = query.where(segment.c.feature_id == feature_id).order_by(segment.c.id)
    return [StoredSegment(**row._asdict()) for row in connection.execute(mine)]


def erase_remarks(connection: Connection, feature_id: int, gone: Gone) -> tuple[dict[str, int], set[str]]:
    """Blank what was written about the person's runs: (how many rows, by table; the uploads they are of)."""
    counts, uploads = {}, set[str]()
    for table, names in _REMARKS.items():
        rows = list(_about_runs(connection, feature_id, table, gone.runs))
        uploads |= {row.upload_id for row in rows}
        counts[f"{table.name}s"] = len(rows)
        for name in names:
            ids = [row.id for row in rows if _is_text(getattr(row, name))]
            for part in _parts(ids):
                blank = update(table).where(table.c.id.in_(part)).values({name: erased_text(gone.day)})
                connection.execute(blank)
    reviews.erase_reasons(
        connection, feature_id, gone.runs, lambda text: gone.mention.without(text, _INSTEAD)
    )
    counts["incidents"] = incidents.erase_of_runs(connection, feature_id, gone.runs, gone.day)
    counts["eval_cases"] = eval_cases.erase_of_runs(connection, feature_id, gone.runs, gone.day)
    return counts, uploads


def count_remarks(connection: Connection, feature_id: int, runs: Collection[str]) -> dict[str, int]:
    """How many labels, failures and incidents are about these runs."""
    counts = {
        f"{table.name}s": sum(1 for _ in _about_runs(connection, feature_id, table, runs))
        for table in _REMARKS
    }
    counts["eval_cases"] = eval_cases.count_of_runs(connection, feature_id, runs)
    return counts | {"incidents": incidents.count_of_runs(connection, feature_id, runs)}


def erase_mentions(connection: Connection, feature_id: int, gone: Gone) -> int:
    """Take the person's id out of what others wrote; returns from how many cells."""
    changed = 0
    for table, names in _NAMED_IN.items():
        for row in _naming(connection, feature_id, table, names, gone):
            said = row._mapping
            named = {name for name in names if gone.mention.is_in(said[name])}
            changed += len(named)
            whole = named & set(_WHOLE.get(table, ()))
            after = {
                name: erased_text(gone.day) if name in whole else gone.mention.without(said[name], _INSTEAD)
                for name in named
            }
            if after:
                connection.execute(update(table).where(table.c.id == row.id).values(after))
    return changed


def count_mentions(connection: Connection, feature_id: int, gone: Gone) -> int:
    return sum(
        gone.mention.is_in(cell)
        for table, names in _NAMED_IN.items()
        for row in _naming(connection, feature_id, table, names, gone)
        for name, cell in row._mapping.items()
        if name in names
    )


def count_left(connection: Connection, feature_id: int, gone: Gone) -> int:
    """In how many rows the person is named where it cannot be changed."""
    left = sum(
        1
        for table, names in _LEFT_IN.items()
        for row in _naming(connection, feature_id, table, names, gone)
        if any(gone.mention.is_in(row._mapping[name]) for name in names)
    )
    files = (
        select(attached_file.c.file_name)
        .join(attestation, attestation.c.id == attached_file.c.attestation_id)
        .where(attestation.c.feature_id == feature_id)
    )
    left += sum(gone.mention.is_in(run) for run in reviews.queued_runs(connection, feature_id))
    return left + sum(gone.mention.is_in(name) for name in connection.scalars(files))


def erase_uploads(connection: Connection, feature_id: int, touched: Collection[str], gone: Gone) -> int:
    """Clean the reports of uploads: of those with rows of the person (``touched``) every sample goes, and
    everywhere their id; returns of how many uploads something went."""
    query = select(
        upload.c.id,
        upload.c.file_name,
        upload.c.answers,
        upload.c.report,
        upload.c.fault,
        upload.c.withdrawn_reason,
        upload.c.rejected_rows,
    ).where(upload.c.feature_id == feature_id)
    changed = 0
    for row in connection.execute(query).all():
        before = row._asdict()
        report, fault = before["report"], before["fault"]
        if row.id in touched or _names(report, gone) or _names(fault, gone):
            report, fault = without_cells(report), without_samples(fault)
        after = {
            "file_name": gone.mention.without(row.file_name, _INSTEAD),
            "answers": _cleaned(row.answers, gone),
            "report": _cleaned(report, gone),
            "fault": _cleaned(fault, gone),
            "withdrawn_reason": _cleaned(row.withdrawn_reason, gone),
            "rejected_rows": _rejected(row.rejected_rows, gone),
        }
        new = {name: value for name, value in after.items() if value != before[name]}
        if new:
            connection.execute(update(upload).where(upload.c.id == row.id).values(new))
            changed += 1
    return changed


def without_person(rejected: bytes, gone: Gone) -> bytes:
    """A CSV of rejected rows in which rows that name the person are blank but for their number."""
    written = io.StringIO(newline="")
    writer = csv.writer(written)
    for place, row in enumerate(_read(rejected)):
        if place and any(map(gone.mention.is_in, row)):
            row = [*row[:1], *[_INSTEAD, *[""] * (len(row) - 2)][: len(row) - 1]]
        writer.writerow(row)
    return written.getvalue().encode("utf-8-sig")


def cells_of(rejected: bytes) -> set[str]:
    """The different cells of a CSV of rejected rows that are short enough for an id."""
    rows = _read(rejected)[1:]
    return {cell for row in rows for cell in row if 0 < len(cell) <= LONGEST_ID}


def _read(rejected: bytes) -> list[list[str]]:
    before = csv.field_size_limit(2**31 - 1)
    try:
        return list(csv.reader(io.StringIO(rejected.decode("utf-8-sig"), newline="")))
    finally:
        csv.field_size_limit(before)


def erase_payloads(connection: Connection, slug: str, feature_id: int, gone: Gone) -> int:
    """Empty the log's payloads about this feature that name the person or tell of something that happened
    in one of their runs: the chain stays as it is."""
    of_uploads = select(literal("upload/").concat(upload.c.id)).where(upload.c.feature_id == feature_id)
    about = or_(audit_event.c.subject == f"feature/{slug}", audit_event.c.subject.in_(of_uploads))
    query = (
        select(audit_event.c.seq, audit_payload.c.payload)
        .join_from(audit_event, audit_payload)
        .where(about, audit_payload.c.payload.is_not(None))
    )
    emptied = [
        row.seq
        for row in audit.in_order(connection, query)
        if _names(said := json.loads(row.payload), gone) or _is_of_their_run(said, gone)
    ]
    for seq in emptied:
        audit.erase(connection, seq)
    return len(emptied)


def _about_runs(
    connection: Connection, feature_id: int, table: Table, runs: Collection[str]
) -> Iterator[Row[Any]]:
    columns = [table.c.id, table.c.upload_id, *(table.c[name] for name in _REMARKS[table])]
    for part in _parts(sorted(map(key_of, runs))):
        query = select(*columns).where(table.c.feature_id == feature_id, table.c.key.in_(part))
        yield from connection.execute(query).all()


def _naming(
    connection: Connection, feature_id: int, table: Table, names: Collection[str], gone: Gone
) -> list[Row[Any]]:
    """Rows that may name the person; the database knows no word boundaries."""
    columns: list[Column[Any]] = [table.c[name] for name in names]
    # Documents are kept as JSON in ASCII, so a needle stands in them as JSON writes it.
    words = {one for needle in gone.mention.needles for one in (needle, json.dumps(needle)[1:-1])}
    hits = [
        type_coerce(column, Text).icontains(word, autoescape=True)
        for column in columns
        for word in sorted(words)
    ]
    if not hits:
        return []
    mine = table.c.id if table is feature else table.c.feature_id
    query = select(table.c.id, *(type_coerce(column, Text).label(column.name) for column in columns))
    return list(connection.execute(query.where(mine == feature_id, or_(*hits))).all())


def _is_text(cell: str | None) -> bool:
    return bool(cell) and not str(cell).startswith((EXPIRED_START, ERASED_START))


def _names(thing: Any, gone: Gone) -> bool:
    return bool(_cleaned(thing, gone) != thing)


def _is_of_their_run(said: Any, gone: Gone) -> bool:
    return isinstance(said, dict) and said.get("run_id") in gone.runs


def _cleaned(thing: Any, gone: Gone) -> Any:
    """The same JSON with the person's id taken out of every text."""
    if isinstance(thing, str):
        return gone.mention.without(thing, _INSTEAD)
    if isinstance(thing, Mapping):
        return {_cleaned(name, gone): _cleaned(value, gone) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_cleaned(one, gone) for one in thing]
    return thing


def _rejected(rejected: bytes | None, gone: Gone) -> bytes | None:
    if rejected is None:
        return None
    content = gzip.decompress(rejected)
    after = without_person(content, gone)
    return rejected if after == content else gzip.compress(after)


def _parts(values: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(values), _KEYS_AT_ONCE):
        yield values[start : start + _KEYS_AT_ONCE]
