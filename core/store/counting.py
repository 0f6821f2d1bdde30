"""The questions that count: each is one query over the live segments, or over a scan that is open for many.

What was counted before, by this process or an earlier one, is taken from the disk.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.columns import Kind
from core.metrics.catalogue import Relation, metric
from core.metrics.measurement import Tally
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import filled_columns
from core.store.evidence_sql import files_query, parameters, tally_query, values_query, window_parameters
from core.store.features import Feature
from core.store.first_traces import FirstCounts, first_counts, first_query
from core.store.kept_counts import KeptCounts, may_be_kept
from core.store.kept_rows import Kept, Rows
from core.store.live_evidence import LiveEvidence
from core.store.many_tallies import Scan, ranks_table, scans_of, table_query
from core.store.open_scans import OpenScans
from core.store.remembered_answers import RememberedAnswers
from core.store.spend_sql import spend_query
from core.store.tallying import Witnesses, tally_of

Ranks = Mapping[str | None, tuple[int | None, ...]]
LabelsOf = Callable[[Connection, Feature], pa.Table]
"""The labels of a feature that count."""


class Counting:
    """Counts anew whatever is not on the disk. Safe to use from several threads."""

    def __init__(self, live: LiveEvidence, labels_of: LabelsOf, kept: KeptCounts | None) -> None:
        """``kept`` are the counts on the disk; None: nothing is taken from there, and nothing put there."""
        self._live = live
        self._labels_of = labels_of
        self._kept = kept
        self._scans = OpenScans()

    def together(
        self,
        connection: Connection,
        feature: Feature,
        requests: Sequence[TallyRequest],
        answers: RememberedAnswers,
    ) -> AbstractContextManager[None]:
        """Inside, the settled ``requests`` are answered from one scan of each relation (see Warehouse)."""
        scans = scans_of(requests)
        return self._scans.together(
            connection, feature, scans, answers, lambda scan: self._keep(connection, feature, scan)
        )

    def tallies(
        self, connection: Connection, feature: Feature, request: TallyRequest
    ) -> dict[str | None, Tally]:
        reading = metric(request.metric).reading(request.source)
        query, values = tally_query(reading, request), parameters(reading, request)

        def count() -> Rows:
            scanned = self._scans.rows_for(connection, feature, request)
            if scanned is not None:
                return scanned.tallied(request)
            return self._run(connection, feature, reading.relation, query, values)

        keep = may_be_kept(request.by)
        rows = self._known(connection, feature, reading.relation, query, values, count, keep=keep)
        by_group: dict[str | None, list[Witnesses]] = defaultdict(list)
        for group, *said in rows:
            by_group[group].append(Witnesses(*said))
        return {group: tally_of(witnesses) for group, witnesses in by_group.items()}

    def values_at(
        self, connection: Connection, feature: Feature, request: TallyRequest, ranks: Ranks
    ) -> dict[str | None, tuple[float | None, ...]]:
        reading = metric(request.metric).reading(request.source)
        query, values = values_query(reading, request), parameters(reading, request)

        def count() -> Rows:
            wanted = ranks_table(ranks)
            scanned = self._scans.rows_for(connection, feature, request)
            if scanned is not None:
                return scanned.at_ranks(request, wanted)
            return self._run(connection, feature, reading.relation, query, values, {"wanted": wanted})

        keep, more = may_be_kept(request.by), sorted(ranks.items(), key=repr)
        rows = self._known(connection, feature, reading.relation, query, values, count, keep=keep, more=more)
        return {group: tuple(found) for group, found in rows}

    def spent(self, connection: Connection, feature: Feature, request: TallyRequest) -> Rows:
        reading = metric(request.metric).reading(request.source)
        query, values = spend_query(reading, request), parameters(reading, request)

        def count() -> Rows:
            scanned = self._scans.rows_for(connection, feature, request)
            if scanned is not None:
                return scanned.spent(request)
            return self._run(connection, feature, reading.relation, query, values, otherwise=[])

        keep = may_be_kept(request.by)
        return self._known(connection, feature, reading.relation, query, values, count, keep=keep)

    def first(self, connection: Connection, feature: Feature, request: FirstRequest) -> FirstCounts:
        relation = metric(request.metric).reading(request.source).relation
        query, values = first_query(request)
        return first_counts(self.rows(connection, feature, relation, query, values, keep=True))

    def filled_in(self, connection: Connection, feature: Feature, kind: Kind, column: str) -> tuple[int, int]:
        def count() -> Rows:
            return [filled_columns.filled_in(self._live, connection, feature, kind, column)]

        # Rows of any kind are asked as they are, without labels.
        question = f"filled in {kind} {column}"
        rows = self._known(connection, feature, Relation.TRACES, question, {}, count, keep=True)
        there, filled = rows[0]
        return there, filled

    def rows(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        *,
        keep: bool,
    ) -> Rows:
        """The rows of ``query``, none without evidence; ``keep`` says that they may be kept on the disk."""

        def count() -> Rows:
            return self._run(connection, feature, relation, query, values, otherwise=[])

        return self._known(connection, feature, relation, query, values, count, keep=keep)

    def numbers(
        self, connection: Connection, feature: Feature, question: object, work: Callable[[], Rows]
    ) -> Rows:
        """What ``work`` makes of counts that the ``question`` tells."""
        return work() if self._kept is None else self._kept.rows(connection, feature, question, None, work)

    def forget_other_states(self, connection: Connection, feature: Feature) -> None:
        """Remove from the disk what was counted before the evidence became what it is."""
        if self._kept is not None:
            self._kept.forget_other_states(connection, feature)

    def _known(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any],
        count: Callable[[], Rows],
        *,
        keep: bool,
        more: object = None,
    ) -> Rows:
        """What the disk knows of this question, else what ``count`` brings; ``more`` is what its SQL and its
        values do not say of it."""
        if self._kept is None or not keep:
            return count()
        labels = self._labels_of(connection, feature) if _is_of_labels(relation) else None
        question = relation.value, query, tuple(sorted(values.items(), key=lambda pair: pair[0])), more
        return self._kept.rows(connection, feature, question, labels, count)

    def _keep(self, connection: Connection, feature: Feature, scan: Scan) -> Kept | None:
        tables = self._tables_of(connection, feature, scan.relation)
        values = window_parameters(scan.slice, scan.window)
        for name, reading in scan.files.items():
            found = self.rows(connection, feature, scan.relation, files_query(reading), keep=True)
            values[name] = [sequence for (sequence,) in found]
        query = table_query(scan)
        return self._live.keep(connection, feature, scan.relation.rows, query, values, tables=tables)

    def _run(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any],
        tables: Mapping[str, pa.Table] = MappingProxyType({}),
        otherwise: Rows | None = None,
    ) -> Rows:
        """The rows of ``query`` over the feature's live evidence, or ``otherwise`` where there is none."""
        tables = {**tables, **self._tables_of(connection, feature, relation)}
        return self._live.ask(
            connection, feature, relation.rows, query, values, otherwise=otherwise, tables=tables
        )

    def _tables_of(self, connection: Connection, feature: Feature, relation: Relation) -> dict[str, pa.Table]:
        return {"label": self._labels_of(connection, feature)} if _is_of_labels(relation) else {}


def _is_of_labels(relation: Relation) -> bool:
    return relation in (Relation.LABELLED, Relation.JUDGED)
