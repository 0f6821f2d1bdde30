"""Texts that have been kept long enough: blanked in segments and rows, while everything counted stays.

How long is counted from the moment at which a file was handed in: all its rows expire together, whatever
their own times. A text that expires leaves a mark in its place, because that there was one counts in
metrics. Keys and row keys stay as they were, so a file that is uploaded again is still a duplicate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Table, and_, select, update

from core.evidence.free_text import EXPIRED_START, EXPIRING, FREE_TEXT, expired_text
from core.metrics.behaviour import NO_FAULT
from core.store.tables import failure, label, segment, upload
from core.store.user_codes import code_of, is_code

_MAY_SAY_NO_FAULT = ("error", "tool_error")


@dataclass(frozen=True)
class Limit:
    """Texts handed in before ``cutoff`` expire on ``day`` (ISO date); ``user_key`` makes the codes of user
    ids."""

    cutoff: datetime
    day: str
    user_key: str


@dataclass(frozen=True)
class OldSegment:
    """A segment of an old upload that may hold texts."""

    id: int
    sha256: str
    upload_id: str


def old_segments(connection: Connection, feature_id: int, cutoff: datetime) -> list[OldSegment]:
    """Every segment of the feature, of withdrawn uploads too, that was handed in before ``cutoff``; not of
    uploads whose texts are known to be gone."""
    query = (
        select(segment.c.id, segment.c.sha256, segment.c.upload_id)
        .join_from(segment, upload)
        .where(
            segment.c.feature_id == feature_id,
            segment.c.kind.in_([kind.value for kind in EXPIRING]),
            upload.c.asked_at < cutoff,
            upload.c.texts_expired_at.is_(None),
        )
        .order_by(segment.c.id)
    )
    return [OldSegment(**row._asdict()) for row in connection.execute(query)]


def expired(content: bytes, limit: Limit) -> tuple[bytes, int] | None:
    """The segment without its texts and user ids, and in how many rows there were some; None where it has
    none (left)."""
    table = pq.read_table(pa.BufferReader(content))
    touched = pa.array([False] * table.num_rows)
    for place, field in enumerate(table.schema):
        if field.name in FREE_TEXT:
            goes = is_text(table.column(place), field.name)
            column = pc.if_else(goes, pa.scalar(expired_text(limit.day), field.type), table.column(place))
        elif field.name == "user_id":
            column, goes = _coded(table.column(place), limit.user_key)
        else:
            continue
        if pc.any(goes).as_py():
            touched = pc.or_(touched, goes)
            table = table.set_column(place, field, column.cast(field.type))
    rows = pc.sum(touched).as_py() or 0
    return (packed(table), int(rows)) if rows else None


def packed(table: pa.Table) -> bytes:
    """The table as the content of a segment."""
    buffer = BytesIO()
    pq.write_table(
        table.combine_chunks(),
        buffer,
        compression="zstd",
        row_group_size=max(1, table.num_rows),
        write_page_checksum=True,
    )
    return buffer.getvalue()


def is_text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Whether there is a text that may expire: blank ones stay, and so does “ok” as an error, because both
    say that there was nothing, and count so."""
    said = pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(column, "")))
    nothing = ("", *NO_FAULT) if name in _MAY_SAY_NO_FAULT else ("",)
    says = pc.invert(pc.is_in(said, pa.array(nothing, column.type)))
    return pc.and_not(says, pc.fill_null(pc.starts_with(column, EXPIRED_START), False))


def _coded(column: pa.ChunkedArray, key: str) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    codes: dict[str, str] = {}
    cells = column.to_pylist()
    goes = [cell is not None and not is_code(cell) for cell in cells]
    for place, cell in enumerate(cells):
        if goes[place]:
            cells[place] = codes.setdefault(cell, code_of(cell, key))
    return pa.chunked_array([pa.array(cells, column.type)]), pa.chunked_array([pa.array(goes, pa.bool_())])


def expire_rows(connection: Connection, feature_id: int, limit: Limit) -> dict[str, int]:
    """Blank what people wrote about runs: remarks and corrected answers; returns how many, by table."""
    return {
        "labels": _expire(connection, label, ("note", "corrected_answer"), feature_id, limit),
        "failures": _expire(connection, failure, ("note",), feature_id, limit),
    }


def _expire(
    connection: Connection, table: Table, names: tuple[str, ...], feature_id: int, limit: Limit
) -> int:
    old = select(upload.c.id).where(upload.c.feature_id == feature_id, upload.c.asked_at < limit.cutoff)
    is_old = and_(table.c.feature_id == feature_id, table.c.upload_id.in_(old))
    changed = 0
    for name in names:
        is_there = and_(table.c[name].is_not(None), ~table.c[name].startswith(EXPIRED_START, autoescape=True))
        blanked = update(table).where(is_old, is_there).values({name: expired_text(limit.day)})
        changed += connection.execute(blanked).rowcount
    return changed


def expire_uploads(connection: Connection, feature_id: int, limit: Limit) -> int:
    """Drop the rejected rows and the samples in reports and questions of old uploads; returns of how many."""
    query = select(upload.c.id, upload.c.report, upload.c.fault, upload.c.rejected_rows.is_not(None)).where(
        upload.c.feature_id == feature_id, upload.c.asked_at < limit.cutoff
    )
    changed = 0
    for upload_id, report, fault, has_rejected in connection.execute(query).all():
        after = {"report": without_cells(report), "fault": without_samples(fault)}
        if not has_rejected and after == {"report": report, "fault": fault}:
            continue
        connection.execute(update(upload).where(upload.c.id == upload_id).values(rejected_rows=None, **after))
        changed += 1
    return changed


def without_cells(report: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The report of an upload without the cells of its file."""
    if report is None:
        return None
    columns = [{**use, "samples": []} for use in report.get("columns", ())]
    problems = [{**problem, "value": ""} for problem in report.get("problems", ())]
    return {**report, "columns": columns, "problems": problems}


def without_samples(fault: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What stopped an upload, its questions without the cells of its file."""
    if fault is None:
        return None
    questions = [
        {
            **asked,
            "samples": [],
            "values": {},
            "columns": [{**guess, "samples": []} for guess in asked.get("columns", ())],
        }
        for asked in fault.get("questions", ())
    ]
    return {**fault, "questions": questions}


def note_expired(connection: Connection, upload_ids: set[str], now: datetime) -> None:
    """From now on the segments of the uploads are known to hold no texts and no user ids."""
    connection.execute(update(upload).where(upload.c.id.in_(upload_ids)).values(texts_expired_at=now))


def has_expired(connection: Connection, feature_id: int) -> bool:
    """Whether the time of an upload of the feature is over: user ids may have become codes."""
    query = select(upload.c.id).where(
        upload.c.feature_id == feature_id, upload.c.texts_expired_at.is_not(None)
    )
    return connection.execute(query.limit(1)).first() is not None
