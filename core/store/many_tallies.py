"""Many questions to the same rows, answered from one scan: a narrow table with what they need of each row.

A page asks some forty questions of the same traces. Each by itself would read the files, find the live
rows and their witnesses anew. Here that is done once for each relation, slice and window; the table has
a number or a flag where the files have texts and lists, and every question is then asked of the table
with the very SQL that asks the evidence.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from core.metrics.catalogue import Reading, Relation, Shape, metric
from core.metrics.measurement import Slice, Window
from core.metrics.requests import TallyRequest
from core.store.evidence_sql import (
    IN_ORDER,
    asked_slice,
    at_ranks,
    eligible,
    first_day,
    grouping,
    relation_of,
    row_of,
    said_by_witnesses,
    sliced,
    where,
    window_parameters,
)
from core.store.kept_rows import Kept, Rows
from core.store.spend_sql import SPENT_BY_WITNESSES

# Rows are grouped by these words, which numbers do in half the time; in the order of the alphabet, because
# witnesses are listed by them.
_KINDS = "'case', 'day', 'session', 'user'"
_STANDINGS = "'as worst', 'but unknown', 'known'"

_WORTH_A_SCAN = 2
"""One question alone is asked of the evidence itself."""


@dataclass(frozen=True)
class Scan:
    """One reading of the evidence for several questions: the rows of a relation that any of them is of.

    ``slice`` and ``window`` are what all questions have in common; ``columns`` are those that some of them
    narrow the slice by.
    """

    relation: Relation
    slice: Slice
    window: Window
    readings: tuple[Reading, ...]
    groups: tuple[str | None, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, requests: Sequence[TallyRequest]) -> "Scan":
        """The scan of questions to one relation."""
        readings = tuple(dict.fromkeys(metric(one.metric).reading(one.source) for one in requests))
        common = set.intersection(*(set(one.slice.where) for one in requests))
        narrowed = {name for one in requests for name, _ in set(one.slice.where) - common}
        since, until = ([getattr(one.window, end) for one in requests] for end in ("since", "until"))
        bundles = {one.window.bundle for one in requests}
        releases = {one.window.release for one in requests}
        return cls(
            readings[0].relation,
            Slice(tuple(sorted(common))),
            Window(
                None if None in since else min(since),
                None if None in until else max(until),
                bundles.pop() if len(bundles) == 1 else None,
                releases.pop() if len(releases) == 1 else None,
            ),
            readings,
            tuple(dict.fromkeys(one.by for one in requests)),
            tuple(sorted(narrowed)),
        )

    @property
    def files(self) -> dict[str, Reading]:
        """What has to be asked first: by the name of a parameter, the reading whose files it lists."""
        asked = {one.of_files_with: one for one in self.readings if one.of_files_with}
        return {f"files_{place}": reading for place, reading in enumerate(asked.values())}

    def eligible(self, reading: Reading) -> str:
        names = [name for name, one in self.files.items() if one.of_files_with == reading.of_files_with]
        return eligible(reading, f"${names[0]}" if names else "")

    def covers(self, request: TallyRequest) -> bool:
        """Whether the question is of these rows or of some of them; its bar may be any."""
        reading = metric(request.metric).reading(request.source)
        rest = set(request.slice.where) - set(self.slice.where)
        return (
            reading in self.readings
            and request.by in self.groups
            and set(self.slice.where) <= set(request.slice.where)
            and {name for name, _ in rest} <= set(self.columns)
            and self._reaches(request.window)
        )

    def _reaches(self, window: Window) -> bool:
        own = self.window
        return (
            (own.since is None or (window.since is not None and window.since >= own.since))
            and (own.until is None or (window.until is not None and window.until <= own.until))
            and own.bundle in (None, window.bundle)
            and own.release in (None, window.release)
        )


def scans_of(requests: Iterable[TallyRequest]) -> tuple[Scan, ...]:
    """The scans that answer these questions together; a question that stands alone is in none."""
    alike: dict[Relation, list[TallyRequest]] = {}
    for request in requests:
        asked = metric(request.metric)
        if asked.shape in (Shape.RATE, Shape.QUANTILE, Shape.MEAN):
            alike.setdefault(asked.reading(request.source).relation, []).append(request)
    return tuple(Scan.of(asked) for asked in alike.values() if len(asked) >= _WORTH_A_SCAN)


_Asked = tuple[str, tuple[tuple[str, Any], ...]]
"""A query, and the values that it names."""


class _Columns:
    """The columns of the table: each condition and amount once, however many readings share it."""

    def __init__(self, scan: Scan) -> None:
        self._names: dict[str, str] = {}
        self._expressions: dict[str, str] = {}
        for by in scan.groups:
            self._add("group", grouping(by), first_day(by) if by in ("week", "day") else "")
        for column in scan.columns:
            self._add("slice", sliced(column))
        for reading in scan.readings:
            self._add("eligible", scan.eligible(reading))
            if reading.value:
                self._add("value", reading.value)
            if not _depends_on_bar(reading):
                self._add("passes", _passes(reading))

    def _add(self, word: str, asked: str, kept: str = "") -> None:
        """``kept`` is what stands in the table for an expression that is ``asked``, where that is shorter."""
        self._names.setdefault(asked, f"{word}_{len(self._names)}")
        self._expressions[asked] = kept or asked

    def __getitem__(self, asked: str) -> str:
        return self._names[asked]

    @property
    def selected(self) -> str:
        return ", ".join(f"{self._expressions[asked]} AS {name}" for asked, name in self._names.items())


def table_query(scan: Scan) -> str:
    """The rows of the table; parameters are those of the scan's slice and window, and its files."""
    return f"""WITH {relation_of(scan.readings[0])}
        SELECT * REPLACE (CAST(kind AS ENUM ({_KINDS})) AS kind,
                          CAST(standing AS ENUM ({_STANDINGS})) AS standing)
        FROM (SELECT {row_of(scan.relation)}, {_Columns(scan).selected}
              FROM relation WHERE {where(scan.slice, scan.window)})"""


class ScannedRows:
    """The table of one scan, as long as it is kept; for one thread."""

    def __init__(self, scan: Scan, kept: Kept) -> None:
        self._scan = scan
        self._columns = _Columns(scan)
        self._kept = kept
        # Metrics of the same amount, such as two quantiles of it, ask the very same.
        self._answers: dict[_Asked, Rows] = {}
        self._tables: dict[_Asked, str] = {}

    def tallied(self, request: TallyRequest) -> Rows:
        """What :func:`core.store.evidence_sql.tally_query` would bring."""
        reading = metric(request.metric).reading(request.source)
        passes = (
            reading.passes.replace(reading.value, self._columns[reading.value])
            if _depends_on_bar(reading)
            else self._columns[_passes(reading)]
        )
        group, counts = self._columns[grouping(request.by)], self._columns[self._scan.eligible(reading)]
        query = f"""WITH {self._scoped(reading, request, passes)}, releases AS (
                SELECT {group} AS "group", standing, bundle, {counts} AS eligible
                FROM {self._releases(request)}),
            {said_by_witnesses(reading, request, releases="releases")}"""
        values = self._values(request)
        if _depends_on_bar(reading):
            values["bar"] = request.bar
        asked = query, tuple(values.items())
        if asked not in self._answers:
            self._answers[asked] = _named(self._kept.rows(query, values))
        return self._answers[asked]

    def spent(self, request: TallyRequest) -> Rows:
        """What :func:`core.store.spend_sql.spend_query` would bring."""
        reading = metric(request.metric).reading(request.source)
        scoped = self._scoped(reading, request, self._columns[_passes(reading)])
        return _named(self._kept.rows(f"WITH {scoped}, {SPENT_BY_WITNESSES}", self._values(request)))

    def at_ranks(self, request: TallyRequest, wanted: pa.Table) -> Rows:
        """What :func:`core.store.evidence_sql.values_query` would bring."""
        reading = metric(request.metric).reading(request.source)
        # Which values count depends on no bar.
        ordered = f"WITH {self._scoped(reading, request, passes='NULL')}, {IN_ORDER} FROM ordered"
        return self._kept.rows(at_ranks(self._table(ordered, request)), tables={"wanted": wanted})

    def close(self) -> None:
        self._kept.close()

    def _scoped(self, reading: Reading, request: TallyRequest, passes: str) -> str:
        value = self._columns[reading.value] if reading.value else "NULL"
        return f"""scoped AS (
            SELECT {self._columns[grouping(request.by)]} AS "group", kind, witness, standing, key, moment,
                   sequence, bundle, {self._columns[self._scan.eligible(reading)]} AS eligible,
                   ({passes}) AS passes, {value} AS value
            FROM {self._kept.name} WHERE {self._where(request)})"""

    def _releases(self, request: TallyRequest) -> str:
        """The releases that the rows of each group name, told of once each, for every reading."""
        group = self._columns[grouping(request.by)]
        counts = dict.fromkeys(self._columns[self._scan.eligible(one)] for one in self._scan.readings)
        return self._table(
            f"""SELECT {group}, standing, bundle, {", ".join(f"BOOL_OR({name}) AS {name}" for name in counts)}
                FROM {self._kept.name} WHERE bundle IS NOT NULL AND {self._where(request)}
                GROUP BY {group}, standing, bundle""",
            request,
        )

    def _where(self, request: TallyRequest) -> str:
        narrowed = [
            f"{self._columns[sliced(name)]} = {asked_slice(place)}" for place, name in self._narrowed(request)
        ]
        return " AND ".join([where(Slice(), request.window), *narrowed])

    def _narrowed(self, request: TallyRequest) -> list[tuple[int, str]]:
        """What a question asks of the slice that the scan did not: the place of each pair, its column."""
        known = set(self._scan.slice.where)
        return [(place, pair[0]) for place, pair in enumerate(request.slice.where) if pair not in known]

    def _values(self, request: TallyRequest) -> dict[str, Any]:
        asked = window_parameters(request.slice, request.window)
        known = {f"slice_{place}" for place in range(len(request.slice.where))}
        known -= {f"slice_{place}" for place, _ in self._narrowed(request)}
        return {name: value for name, value in asked.items() if name not in known}

    def _table(self, query: str, request: TallyRequest) -> str:
        """The name of the table with the rows of ``query``, made once."""
        values = self._values(request)
        asked = query, tuple(values.items())
        if asked not in self._tables:
            self._tables[asked] = self._kept.table(f"part_{len(self._tables)}", query, values)
        return self._tables[asked]


def _named(said: Rows) -> Rows:
    """The rows with their groups in words: weeks and days are kept as dates."""
    return [(group and str(group), *rest) for group, *rest in said]


def _depends_on_bar(reading: Reading) -> bool:
    return "$bar" in reading.passes


def _passes(reading: Reading) -> str:
    return f"({reading.passes})"


def ranks_table(ranks: Mapping[str | None, tuple[int | None, ...]]) -> pa.Table:
    """(group, ranks): the table ``wanted`` of a question for values."""
    columns: dict[str, Any] = {
        "group": pa.array(list(ranks), pa.string()),
        "ranks": pa.array([list(places) for places in ranks.values()], pa.list_(pa.int64())),
    }
    return pa.table(columns)
