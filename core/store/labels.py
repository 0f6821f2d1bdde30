"""Labels: judgements of traces, by people and by judges, as ordinary rows that are joined to the traces.

A label is known by its run, its reviewer, whether a judge gave it, and whether the trace was picked as one
of the worst; the newest upload that counts wins, and what an older one said comes back when that upload is
withdrawn.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, false, func, select

from core.evidence.column import CellType
from core.evidence.columns import LABEL_COLUMNS, VERDICT_COLUMNS
from core.evidence.failure_words import Became, WordKind, counted_as
from core.evidence.fingerprints import key_of
from core.evidence.review_queue import FEEDS_RATES
from core.store import failure_words
from core.store.run_rows import RunRows
from core.store.tables import label

_NAMES = tuple(column.name for column in LABEL_COLUMNS)
_ARROW_TYPE = {
    CellType.TEXT: pa.string(),
    CellType.TIME: pa.timestamp("us", "UTC"),
    CellType.BOOLEAN: pa.bool_(),
}
_SCHEMA = pa.schema(
    [
        ("key", pa.int64()),
        ("label_key", pa.int64()),
        ("upload_id", pa.string()),
        ("sequence", pa.int64()),
        ("uploaded_at", pa.timestamp("us", "UTC")),
        ("row", pa.int64()),
        *((column.name, _ARROW_TYPE[column.type]) for column in LABEL_COLUMNS),
    ]
)


@dataclass(frozen=True)
class NamedFailure:
    """A failure type that a person's label names; ``uploaded_at`` stands in for a label without a time."""

    key: int
    run_id: str
    failure_type: str
    root_cause: str | None
    sampling: str | None
    labelled_at: datetime | None
    uploaded_at: datetime


_ROWS = RunRows(label, "label_key", LABEL_COLUMNS)
"""Known by the key of run, reviewer and judge."""
publish, known_keys, _newest = _ROWS.publish, _ROWS.known_keys, _ROWS.newest


def arrow_table(connection: Connection, feature_id: int) -> pa.Table:
    """The labels that count, one row for each run, reviewer and judge; ``key`` joins them to the traces.

    Words of failures that were renamed or merged since are told as what they count as now.
    """
    newest = _newest(feature_id)
    query = select(*(newest.c[name] for name in _SCHEMA.names)).order_by(newest.c.label_key)
    rows = connection.execute(query).all()
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [()] * len(_SCHEMA)
    became = failure_words.became(connection, feature_id)
    for kind, name in ((WordKind.TYPE, "failure_type"), (WordKind.CAUSE, "root_cause")) if became else ():
        place = _SCHEMA.get_field_index(name)
        columns[place] = [_counted(became, kind, word) for word in columns[place]]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.table(arrays, schema=_SCHEMA)


def that_count(said: pa.Table) -> pa.Table:
    """The labels that may speak for their trace: of each trace, people and judges apart, those of the best
    standing. Labels of reviews that feed rates come before those of unknown sampling, and these before those
    of traces that were picked worst first; within one standing a settled decision stands alone.

    So a review of the worst moves no rate, whoever labelled its traces before or after. A decision that
    settles nothing, because nobody disagreed, is one label among the others: a file may call any so.
    """
    sampling = said.column("sampling")
    feeds = pc.is_in(sampling, pa.array(sorted(FEEDS_RATES)))
    standing = pc.if_else(feeds, 0, pc.if_else(pc.is_null(sampling), 2, 4))
    place = pc.add(standing, pc.if_else(_settling(said, standing), 0, 1))
    judge = pc.fill_null(said.column("is_judge"), False)
    ranked = pa.table({"key": said.column("key"), "judge": judge, "place": place})
    best = ranked.group_by(["key", "judge"]).aggregate([("place", "min")])
    numbered = ranked.append_column("number", pa.array(range(len(ranked)), pa.int64()))
    found = numbered.join(best, ["key", "judge"])
    kept = found.filter(pc.equal(found.column("place"), found.column("place_min")))
    numbers = kept.column("number").combine_chunks()
    return said.take(numbers.take(pc.sort_indices(numbers)))


def _settling(said: pa.Table, standing: pa.ChunkedArray) -> pa.Array:
    """Whether a label settles what others of its trace and standing, people and judges apart, disagree about;
    where there are no others it is all that is told of a disagreement."""
    settled = pc.fill_null(said.column("settled"), False).combine_chunks()
    if not pc.any(settled).as_py():
        return settled
    judge = pc.fill_null(said.column("is_judge"), False)
    whose = pa.table({"key": said.column("key"), "judge": judge, "standing": standing})
    words = {name: said.column(name).cast(pa.int8()) for name in VERDICT_COLUMNS}
    opinions = pa.table({**dict(zip(whose.column_names, whose.columns, strict=True)), **words})
    asked = [(name, end) for name in VERDICT_COLUMNS for end in ("min", "max")]
    others = opinions.filter(pc.invert(settled)).group_by(whose.column_names).aggregate(asked)
    differ = (
        pc.not_equal(others.column(f"{one}_min"), others.column(f"{one}_max")) for one in VERDICT_COLUMNS
    )
    is_disputed = pc.fill_null(functools.reduce(pc.or_kleene, differ), False)
    numbered = whose.append_column("number", pa.array(range(len(said)), pa.int64()))
    agreeing = others.filter(pc.invert(is_disputed)).select(whose.column_names)
    in_vain = numbered.join(agreeing, whose.column_names, join_type="left semi").column("number")
    return pc.and_(
        settled, pc.invert(pc.is_in(numbered.column("number").combine_chunks(), in_vain.combine_chunks()))
    )


def naming_failures(connection: Connection, feature_id: int) -> list[NamedFailure]:
    """The failure types that people's labels name, in the order in which they were handed in; those that
    were renamed or merged since as what they count as now."""
    newest = _newest(feature_id)
    by_people = func.coalesce(newest.c.is_judge, false()) == false()
    query = (
        select(*(newest.c[name] for name in NamedFailure.__dataclass_fields__))
        .where(newest.c.failure_type.is_not(None), by_people)
        .order_by(newest.c.sequence, newest.c.id)
    )
    rows = [NamedFailure(**row._asdict()) for row in connection.execute(query)]
    became = failure_words.became(connection, feature_id)
    if not became:
        return rows
    return [
        replace(
            one,
            failure_type=counted_as(became, WordKind.TYPE, one.failure_type),
            root_cause=_counted(became, WordKind.CAUSE, one.root_cause),
        )
        for one in rows
    ]


def _counted(became: Became, kind: WordKind, word: str | None) -> str | None:
    return word and counted_as(became, kind, word)


def of_run(connection: Connection, feature_id: int, run_id: str) -> list[dict[str, Any]]:
    """What people and judges say about one run: a record of the label columns each, with its upload.

    Words of failures stand as they were given.
    """
    newest = _newest(feature_id, label.c.key == key_of(run_id))
    names = (*_NAMES, "upload_id", "row", "uploaded_at")
    query = select(*(newest.c[name] for name in names)).order_by(newest.c.sequence, newest.c.id)
    return [row._asdict() for row in connection.execute(query)]
