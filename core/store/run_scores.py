"""The scores that the runs of a feature have, whether in files of scores or inside their traces."""

from typing import Any

from sqlalchemy import Connection

from core.evidence.columns import Kind
from core.intake.job import KnownScore
from core.store.features import Feature
from core.store.live_evidence import LiveEvidence
from core.store.results_sql import numbers

_MOST = 50


def known_scores(live: LiveEvidence, connection: Connection, feature: Feature) -> tuple[KnownScore, ...]:
    """Each score that is a number, those of the most runs first; at most 50."""
    filed = "SELECT name, value AS number FROM evidence WHERE name IS NOT NULL AND value IS NOT NULL"
    inside = numbers("(SELECT scores FROM evidence WHERE scores IS NOT NULL)")
    found: dict[str, KnownScore] = {}
    for kind, given in ((Kind.SCORES, filed), (Kind.TRACES, f"SELECT name, number FROM ({inside})")):
        query = f"""SELECT name, COUNT(*), MIN(number), QUANTILE_DISC(number, 0.5), MAX(number),
                   COALESCE(MIN(ABS(number)) FILTER (number <> 0), 0), BOOL_AND(number IN (0, 1))
            FROM ({given}) GROUP BY name"""
        for row in live.ask(connection, feature, kind, query, as_filed=True):
            _add(found, *row)
    ordered = sorted(found.values(), key=lambda one: (-one.runs, one.name))
    return tuple(ordered[:_MOST])


def _add(
    found: dict[str, KnownScore],
    name: str,
    runs: int,
    low: float,
    middle: float,
    high: float,
    smallest: float,
    binary: Any,
) -> None:
    """One way in which a score was handed in, beside another."""
    samples = tuple(dict.fromkeys((low, middle, high) if not binary else (low, high)))
    largest = max(abs(low), abs(high))
    before = found.get(name)
    if before is not None:
        runs += before.runs
        samples = tuple(dict.fromkeys((*before.samples, *samples)))
        smallest = min(filter(None, (before.smallest, smallest)), default=0.0)
        largest, binary = max(before.largest, largest), binary and before.binary
    found[name] = KnownScore(name, runs, samples, smallest, largest, bool(binary))
