"""Which scans are open just now, for whom; each is made when the first question to it comes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from core.metrics.requests import TallyRequest
from core.store.features import Feature
from core.store.kept_rows import Kept
from core.store.many_tallies import Scan, ScannedRows
from core.store.remembered_answers import RememberedAnswers


class _Tables:
    """The tables of several scans, each made when the first question to it comes; for one thread."""

    def __init__(self, scans: Sequence[Scan], keep: Callable[[Scan], Kept | None]) -> None:
        self._scans = scans
        self._keep = keep
        self._made: dict[Scan, ScannedRows | None] = {}

    def rows_for(self, request: TallyRequest) -> ScannedRows | None:
        for scan in self._scans:
            if scan.covers(request):
                if scan not in self._made:
                    kept = self._keep(scan)
                    self._made[scan] = None if kept is None else ScannedRows(scan, kept)
                return self._made[scan]
        return None

    def close(self) -> None:
        for rows in self._made.values():
            if rows is not None:
                rows.close()


class OpenScans:
    """The scans that answer questions just now. Safe to use from several threads."""

    def __init__(self) -> None:
        # By the transaction that asks: it sees one state of the evidence, and one thread has it.
        self._open: dict[tuple[Connection, int], _Tables] = {}
        self._asking: dict[int, threading.RLock] = {}

    @contextmanager
    def together(
        self,
        connection: Connection,
        feature: Feature,
        scans: Sequence[Scan],
        answers: RememberedAnswers,
        keep: Callable[[Scan], Kept | None],
    ) -> Iterator[None]:
        """Inside, :meth:`rows_for` has the tables of these scans, but for those whose questions were asked
        already; ``keep`` makes one. Who comes meanwhile with the same waits, and finds them ``answers``."""

        def new() -> list[Scan]:
            return [scan for scan in scans if not answers.has(feature, scan)]

        if not new():
            yield
            return
        place = connection, feature.id
        with self._asking.setdefault(feature.id, threading.RLock()):
            asked, outer = new(), self._open.get(place)
            tables = self._open[place] = _Tables(asked, keep)
            try:
                yield
            finally:
                del self._open[place]
                if outer is not None:
                    self._open[place] = outer
                tables.close()
            for scan in asked:
                answers.get(feature, scan, lambda: True)

    def rows_for(self, connection: Connection, feature: Feature, request: TallyRequest) -> ScannedRows | None:
        """The table that answers ``request``; None where there is no such scan, or no evidence."""
        tables = self._open.get((connection, feature.id))
        return None if tables is None else tables.rows_for(request)
