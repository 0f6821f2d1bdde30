"""The evidence, counted: metric declarations become queries over the live evidence, joined with the labels.

Only sums come back. Answers are remembered by (feature, evidence version), a counter that every
publishing bumps, so that an answer can never outlive its evidence; counts are on the disk as well.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence.columns import Kind
from core.intake.job import KnownScore
from core.metrics.catalogue import Relation, metric
from core.metrics.measurement import Slice, Tally, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import failures, filled_columns, labels, run_scores, traces
from core.store.counting import Counting, Ranks
from core.store.evidence_sql import Alternatives, recorded_query
from core.store.failures import LoggedFailure
from core.store.features import Feature
from core.store.first_traces import FirstCounts
from core.store.kept_counts import KeptCounts
from core.store.kept_rows import Rows
from core.store.labels import NamedFailure
from core.store.live_evidence import LiveEvidence, UserKey
from core.store.remembered_answers import RememberedAnswers
from core.store.seen_releases import counts_all, seen_rows
from core.store.segment_cache import SegmentCache
from core.store.traces import FoundTraces, TraceRecord, TraceSearch, Unmatched

_REMEMBERED_ANSWERS = 4_096
_REMEMBERED_SEARCHES = 64
"""Fewer than answers, because each holds the texts of a page of traces."""

_Asked = TypeVar("_Asked", TallyRequest, FirstRequest)


class Warehouse:
    """Counts evidence. One instance a process; safe to use from several threads."""

    def __init__(
        self, cache: SegmentCache, user_key: UserKey = lambda _feature_id: "", *, keeps_counts: bool = True
    ) -> None:
        """``user_key`` gives the secret of a feature that the codes of its expired user ids are made with;
        where it ``keeps_counts`` these stay in the folder of the cache for the next process."""
        self._made_of = cache, user_key
        self._live = LiveEvidence(cache, user_key)
        kept = KeptCounts(cache.folder, user_key) if keeps_counts else None
        self._counting = Counting(self._live, self._labels_that_count, kept)
        self._answers = RememberedAnswers(_REMEMBERED_ANSWERS)
        self._searches = RememberedAnswers(_REMEMBERED_SEARCHES)

    def close(self) -> None:
        self._live.close()

    @contextmanager
    def apart(self) -> Iterator["Warehouse"]:
        """A warehouse over the same files that shares no answer with this one, and keeps none on the disk.

        For evidence that is not committed yet: its version is given again to other evidence where it never
        is, and what was remembered of it would then be told of that.
        """
        other = Warehouse(*self._made_of, keeps_counts=False)
        try:
            yield other
        finally:
            other.close()

    def together(
        self, connection: Connection, feature: Feature, requests: Sequence[TallyRequest]
    ) -> AbstractContextManager[None]:
        """Inside, questions like ``requests`` are answered from one scan of the rows of each relation.

        They are asked as always, by :meth:`tallies`, :meth:`values_at` and :meth:`spent`, with any bar and
        in any window within those of the requests. What is remembered costs no scan. Of several visitors
        who come at once the others wait for the answers of the first.
        """
        settled = [self.settled(connection, feature, request) for request in requests]
        return self._counting.together(connection, feature, settled, self._answers)

    def tallies(
        self, connection: Connection, feature: Feature, request: TallyRequest
    ) -> Mapping[str | None, Tally]:
        """The tally of each group of ``request.by`` (key ``None`` where it is not grouped).

        Groups without any row in the window are absent.
        """
        asked = self.settled(connection, feature, request)
        return self._answers.get(feature, asked, lambda: self._counting.tallies(connection, feature, asked))

    def values_at(
        self, connection: Connection, feature: Feature, request: TallyRequest, ranks: Ranks
    ) -> Mapping[str | None, tuple[float | None, ...]]:
        """The counted values of the request's metric at the ``ranks`` of each group (1 is the smallest)."""
        asked = self.settled(connection, feature, request)
        question = (asked, tuple(sorted(ranks.items(), key=repr)))
        return self._answers.get(
            feature, question, lambda: self._counting.values_at(connection, feature, asked, ranks)
        )

    def spent(self, connection: Connection, feature: Feature, request: TallyRequest) -> Rows:
        """The rows of :func:`core.store.spend_sql.spend_query` for a settled ``request``; not remembered."""
        return self._counting.spent(connection, feature, request)

    def first(self, connection: Connection, feature: Feature, request: FirstRequest) -> FirstCounts:
        """Review state of the first ``request.count`` traces by (time, run id)."""
        asked = self.settled(connection, feature, request)
        return self._answers.get(feature, asked, lambda: self._counting.first(connection, feature, asked))

    def filled_in(self, connection: Connection, feature: Feature, kind: Kind, column: str) -> tuple[int, int]:
        """How many live rows of ``kind`` there are, and how many of them fill the ``column``."""
        return self._answers.get(
            feature,
            ("filled in", kind, column),
            lambda: self._counting.filled_in(connection, feature, kind, column),
        )

    def filled(self, connection: Connection, feature: Feature, kind: Kind) -> Mapping[str, int]:
        """How many live rows of ``kind`` fill each canonical column; ``"*"`` is the rows in all."""
        return self._answers.get(feature, ("filled", kind), lambda: self._filled(connection, feature, kind))

    def values_of(
        self, connection: Connection, feature: Feature, column: str, most: int = 50
    ) -> tuple[tuple[str, int], ...]:
        """The values of a column that can slice, each with its traces: the commonest first, ``most`` of them.

        Traces that leave it blank are left out. ``bundle`` is the release as the verdicts count it.
        """
        question = ("values of", column, most)
        return self._answers.get(
            feature,
            question,
            lambda: filled_columns.common_values(self._live, connection, feature, column, most),
        )

    def recorded(
        self, connection: Connection, feature: Feature, questions: tuple[Alternatives, ...]
    ) -> tuple[int, ...]:
        """How many traces there are, then for each question how many record an answer to it."""
        nothing: Rows = [(0,) * (len(questions) + 1)]
        query = recorded_query(questions)
        return self._answers.get(
            feature,
            ("recorded", questions),
            lambda: self._live.ask(connection, feature, Kind.TRACES, query, otherwise=nothing)[0],
        )

    def coverage(
        self, connection: Connection, feature: Feature, columns: tuple[str, ...], by: str
    ) -> tuple[tuple[str, int, tuple[int, ...]], ...]:
        """(group, traces, how many of them fill each column), the latest group first; ``by`` is "week" (its
        Monday) or "sequence" (the place of the newest upload that told of the trace)."""
        return self._answers.get(
            feature,
            ("coverage", columns, by),
            lambda: filled_columns.coverage(self._live, connection, feature, columns, by),
        )

    def rows(
        self,
        connection: Connection,
        feature: Feature,
        relation: Relation,
        query: str,
        values: Mapping[str, Any] = MappingProxyType({}),
        *,
        only_counts: bool = False,
    ) -> Rows:
        """The rows of a ``query`` over the relation ``evidence`` (and ``label``, where ``relation`` is of
        labels), remembered; without any evidence there are none. For questions with a file of their own.

        ``only_counts`` says that no row tells of one person or one run: they may stay on the disk.
        """
        asked = ("rows", query, tuple(sorted(values.items(), key=lambda pair: pair[0])))
        return self._answers.get(
            feature,
            asked,
            lambda: self._counting.rows(connection, feature, relation, query, values, keep=only_counts),
        )

    def numbers(
        self, connection: Connection, feature: Feature, question: object, work: Callable[[], Rows]
    ) -> Rows:
        """What ``work`` makes of counts, remembered and kept on the disk like them: numbers that follow from
        the words of the ``question`` and the program alone, such as an interval that takes long to draw."""
        return self._answers.get(
            feature,
            ("numbers", question),
            lambda: self._counting.numbers(connection, feature, question, work),
        )

    def find_traces(
        self,
        connection: Connection,
        feature: Feature,
        *,
        text: str = "",
        user: str = "",
        run_id: str = "",
        failed_only: bool = False,
        slice: Slice = Slice(),
        window: Window = Window(),
        limit: int = 50,
        offset: int = 0,
        runs: tuple[str, ...] | None = None,
        whole: bool = False,
    ) -> FoundTraces:
        """The traces that a search finds, newest first (what is looked for where: :class:`TraceSearch`)."""
        asked = TraceSearch(text, user, run_id, failed_only, slice, window, limit, offset, runs, whole)
        if whole:
            # Thousands of whole texts are for a file, not for keeping in memory.
            return traces.find_traces(self._live, connection, feature, asked)
        return self._searches.get(
            feature, asked, lambda: traces.find_traces(self._live, connection, feature, asked)
        )

    def logged_failures(self, connection: Connection, feature: Feature) -> tuple[LoggedFailure, ...]:
        """The failure log as it stands."""
        return self._answers.get(
            feature, "failure log", lambda: tuple(failures.logged(connection, feature.id))
        )

    def named_failures(self, connection: Connection, feature: Feature) -> tuple[NamedFailure, ...]:
        """The failure types that people's labels name."""
        return self._answers.get(
            feature, "named failures", lambda: tuple(labels.naming_failures(connection, feature.id))
        )

    def known_scores(self, connection: Connection, feature: Feature) -> tuple[KnownScore, ...]:
        """The scores that runs of the feature have as numbers."""
        return self._answers.get(
            feature, "known scores", lambda: run_scores.known_scores(self._live, connection, feature)
        )

    def known_runs(self, connection: Connection, feature: Feature, run_ids: Sequence[str]) -> frozenset[str]:
        """Which of these ids are runs of the traces."""
        asked = tuple(run_ids)
        return self._answers.get(
            feature,
            ("known runs", asked),
            lambda: traces.known_runs(self._live, connection, feature, asked),
        )

    def unmatched(self, connection: Connection, feature: Feature) -> Unmatched:
        """How many labels and scores there are, and how many of them name runs that are not there."""
        return self._answers.get(
            feature,
            "unmatched",
            lambda: traces.unmatched(self._live, connection, feature, self._labels(connection, feature)),
        )

    def trace(self, connection: Connection, feature: Feature, run_id: str) -> TraceRecord | None:
        """Everything the evidence says about one run; ``None`` where there is no such trace."""
        return traces.trace(self._live, connection, feature, run_id)

    def forget_expired(self, connection: Connection) -> None:
        """Remove what is kept on disk and in memory of texts that have expired."""
        for feature in self._live.forget_expired(connection):
            self._counting.forget_other_states(connection, feature)
        self._searches = RememberedAnswers(_REMEMBERED_SEARCHES)
        self._answers = RememberedAnswers(_REMEMBERED_ANSWERS)

    def adopt(self, segments: Iterable[Path]) -> None:
        """Have the files of ``segments``, which were just stored, at hand for questions about them."""
        self._live.adopt(segments)

    def warm(self, connection: Connection, feature: Feature) -> None:
        """Have ready what the first question would otherwise wait for."""
        for kind in (Kind.TRACES, Kind.EVALS):
            self._live.prepare(connection, feature, kind)

    def settled(self, connection: Connection, feature: Feature, request: _Asked) -> _Asked:
        """The request without an end that lies behind all evidence, or releases that leave nothing out.

        Pages ask for everything until now; "now" changes with every run, the answer does not.
        """
        kind = metric(request.metric).reading(request.source).relation.rows
        scope = request.window.release
        if scope is not None and counts_all(scope, seen_rows(self, connection, feature, kind)):
            request = replace(request, window=replace(request.window, release=None))
        until = request.window.until
        newest = self._answers.get(
            feature, ("newest", kind), lambda: self._live.newest(connection, feature, kind)
        )
        if until is None or (newest is not None and newest >= until):
            return request
        return replace(request, window=replace(request.window, until=None))

    def _filled(self, connection: Connection, feature: Feature, kind: Kind) -> Mapping[str, int]:
        if kind is Kind.LABELS:
            return filled_columns.filled_of_labels(self._labels(connection, feature))
        return filled_columns.filled(self._live, connection, feature, kind)

    def _labels_that_count(self, connection: Connection, feature: Feature) -> pa.Table:
        return self._answers.get(
            feature, "labels that count", lambda: labels.that_count(self._labels(connection, feature))
        )

    def _labels(self, connection: Connection, feature: Feature) -> pa.Table:
        return self._answers.get(feature, "labels", lambda: labels.arrow_table(connection, feature.id))
