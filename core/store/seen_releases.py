"""The releases that rows of evidence name, each with how many rows and from when to when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from core.evidence.columns import Kind
from core.metrics.catalogue import Relation
from core.metrics.measurement import ReleaseScope
from core.store.evidence_sql import PRODUCTION
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.tallying import moment


@dataclass(frozen=True)
class SeenRows:
    """``release`` is "" where the rows name none, and their upload neither."""

    release: str
    rows: int
    first: datetime | None
    last: datetime | None


class _Asks(Protocol):
    def rows(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any] = ...,
        *,
        only_counts: bool = ...,
    ) -> Rows: ...


def seen_rows(warehouse: _Asks, connection: Connection, feature: Feature, kind: Kind) -> tuple[SeenRows, ...]:
    """The releases that the live traces (or the eval results) name, those with the newest rows first."""
    relation = Relation.EVALS if kind is Kind.EVALS else Relation.TRACES
    # The kind stands in the question because answers are remembered by its words.
    query = f"""SELECT COALESCE(bundle, ''), COUNT(*), EPOCH_US(MIN(moment)), EPOCH_US(MAX(moment))
                FROM evidence WHERE '{relation.rows}' <> ''
                GROUP BY bundle ORDER BY MAX(moment) DESC, bundle"""
    rows = warehouse.rows(connection, feature, relation, query, only_counts=True)
    return tuple(SeenRows(name, count, moment(first), moment(last)) for name, count, first, last in rows)


def by_model(
    warehouse: _Asks, connection: Connection, feature: Feature, most: int
) -> list[tuple[str, str, str, int, datetime, datetime]]:
    """(release, model, prompt version, traces, the first, the last), the newest first, ``most`` of them."""
    query = """SELECT COALESCE(bundle, ''), COALESCE(model, ''), COALESCE(prompt_version, ''), COUNT(*),
                      EPOCH_US(MIN(moment)), EPOCH_US(MAX(moment))
               FROM evidence GROUP BY 1, 2, 3 ORDER BY MAX(moment) DESC, 1, 2, 3 LIMIT $most"""
    found = []
    rows = warehouse.rows(connection, feature, Relation.TRACES, query, {"most": most})
    for name, model, prompt_version, traces, first, last in rows:
        began, ended = moment(first), moment(last)
        if began is not None and ended is not None:
            found.append((name, model, prompt_version, traces, began, ended))
    return found


def named_between(
    warehouse: _Asks, connection: Connection, feature: Feature, since: datetime, until: datetime
) -> list[tuple[str, int]]:
    """(release, traces) of the users' traces of these times that name one, the commonest first."""
    query = f"""SELECT bundle, COUNT(*) FROM evidence
                WHERE {PRODUCTION} AND bundle IS NOT NULL AND moment >= $since AND moment <= $until
                GROUP BY bundle ORDER BY COUNT(*) DESC, bundle"""
    values = {"since": since, "until": until}
    rows = warehouse.rows(connection, feature, Relation.TRACES, query, values)
    return [(name, traces) for name, traces in rows]


def counts_all(scope: ReleaseScope, rows: Iterable[SeenRows]) -> bool:
    """Whether every one of these rows is of a release that counts."""
    return all(_counts(scope, one) for one in rows)


def _counts(scope: ReleaseScope, rows: SeenRows) -> bool:
    if rows.release:
        return rows.release in scope.names
    first, last = rows.first, rows.last
    if first is None or last is None:
        return False
    return any(since <= first and (until is None or last < until) for since, until in scope.times)
