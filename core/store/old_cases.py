"""Texts of eval cases made from traces, removed once they were kept long enough: the case itself stays.

Its id, its version, its words and its place in every locked set stay as they were, and so does what tells
whether two versions asked for the same: results are counted by these, and never by a text.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, select, update

from core.evidence.columns import Kind
from core.evidence.eval_case import TEXTS
from core.evidence.free_text import ERASED_START, erased_on, expired_text
from core.store import eval_cases, eval_suites, segments
from core.store.erased_rows import segments_of
from core.store.expiry import is_text, packed
from core.store.tables import eval_case

Numbered = tuple[str, int]
"""(case id, version)."""


@dataclass(frozen=True)
class KeptTexts:
    """A version of a case whose texts are there. ``since`` is when somebody saved ``as_test``, the version of
    which the texts are: whoever retires a case saves them again and says that they are no test any more."""

    id: int
    which: Numbered
    as_test: Numbered
    since: datetime


def kept_texts(connection: Connection, feature_id: int) -> list[KeptTexts]:
    """Every version, with texts, of the cases of the feature that were made from traces; case by case, the
    oldest first. What was erased is no text."""
    columns = (eval_case.c[name] for name in TEXTS)
    query = (
        select(
            eval_case.c.id,
            eval_case.c.case_id,
            eval_case.c.number,
            eval_case.c.is_retired,
            eval_case.c.saved_at,
            eval_case.c.texts_expired_at,
            *columns,
        )
        .where(eval_case.c.feature_id == feature_id, eval_case.c.source_run_id.is_not(None))
        .order_by(eval_case.c.case_id, eval_case.c.number)
    )
    last: dict[str, tuple[Numbered, datetime]] = {}
    found = []
    for row in connection.execute(query):
        which = row.case_id, row.number
        if not row.is_retired or row.case_id not in last:
            last[row.case_id] = which, row.saved_at
        texts = (getattr(row, name) for name in TEXTS)
        if row.texts_expired_at is None and any(text and not erased_on(text) for text in texts):
            found.append(KeptTexts(row.id, which, *last[row.case_id]))
    return found


def expire(
    connection: Connection, feature_id: int, due: Sequence[KeptTexts], now: datetime
) -> list[tuple[str, int, str]]:
    """Blank the texts of these versions; returns (case id, version, what it asked for as a fingerprint)."""
    day, done = now.date().isoformat(), []
    kept_at = {
        (kept.case.case_id, kept.case.number): kept
        for kept in eval_cases.numbered(connection, feature_id, [one.which for one in due])
    }
    for one in due:
        kept = kept_at[one.which]
        said = {name: getattr(kept.case, name) for name in TEXTS}
        blank = {name: expired_text(day) for name, text in said.items() if text and not erased_on(text)}
        marked = {"texts_expired_at": now, "asked_sha256": kept.asked}
        connection.execute(update(eval_case).where(eval_case.c.id == one.id).values(blank | marked))
        done.append((*one.which, kept.asked))
    return done


def expire_copies(
    connection: Connection, feature_id: int, gone: Collection[Numbered], day: str
) -> list[tuple[str, str]]:
    """Blank the same versions in the files that earlier locks of the sets were published as; returns the
    hashes (before, after) of the segments that were written anew."""
    stored = [one for one in segments_of(connection, feature_id) if one.kind == Kind.CASES]
    done = []
    for lock in eval_suites.history(connection, feature_id):
        case_ids = sorted(case_id for case_id, number in lock.cases if (case_id, number) in gone)
        for one in stored if case_ids else ():
            if one.upload_id != lock.upload_id:
                continue
            after = without_texts(segments.content(connection, one.sha256), case_ids, day)
            sha256 = None if after is None else segments.replace(connection, one.id, one.sha256, after)
            if sha256 is not None:
                done.append((one.sha256, sha256))
    return done


def without_texts(content: bytes, case_ids: Sequence[str], day: str) -> bytes | None:
    """The segment of test cases without the texts of these; None where they have none (left)."""
    table = pq.read_table(pa.BufferReader(content))
    theirs = pc.is_in(table["case_id"], pa.array(case_ids, table["case_id"].type))
    changed = False
    for place, field in enumerate(table.schema):
        if field.name not in TEXTS:
            continue
        column = table.column(place)
        erased = pc.fill_null(pc.starts_with(column, ERASED_START), False)
        goes = pc.and_(theirs, pc.and_not(is_text(column, field.name), erased))
        if pc.any(goes).as_py():
            changed = True
            after = pc.if_else(goes, pa.scalar(expired_text(day), field.type), column)
            table = table.set_column(place, field, after.cast(field.type))
    return packed(table) if changed else None
