"""The SQL of what tasks cost, witness by witness, in amounts that add up exactly."""

from core.metrics.catalogue import Reading
from core.metrics.requests import TallyRequest
from core.store.evidence_sql import scope

# Exact decimals add up to the same sum in any order, which floating point does not. No task costs a
# million billion dollars: such a number, or none, is not known.
_MOST_DOLLARS = "1e15"
_EXACT = "DECIMAL(38, 12)"


def exact_usd(amount: str) -> str:
    """An amount in SQL that adds up exactly; NULL where nobody knows it."""
    return f"CASE WHEN {amount} >= 0 AND {amount} < {_MOST_DOLLARS} THEN CAST({amount} AS {_EXACT}) END"


def spend_query(reading: Reading, request: TallyRequest) -> str:
    """(group, kind, standing, what each witness has: rows that count, those that pass, cost; all its rows,
    the newest moment, the releases); witnesses whose rows do not count stand in the sum of rows only."""
    return f"{scope(reading, request)}, {SPENT_BY_WITNESSES}"


SPENT_BY_WITNESSES = f"""priced AS (
            SELECT *, {exact_usd("value")} AS cost FROM scoped),
        known AS (SELECT *, eligible AND cost IS NOT NULL AS counts FROM priced),
        by_witness AS (
            SELECT "group", kind, standing, witness, COUNT(*) AS rows, COUNT(*) FILTER (counts) AS n,
                   COUNT(*) FILTER (counts AND passes) AS passing, SUM(cost) FILTER (counts) AS spent,
                   MAX(moment) FILTER (counts) AS newest
            FROM known GROUP BY ALL),
        released AS (
            SELECT "group", standing, LIST(DISTINCT bundle) AS bundles
            FROM known WHERE counts AND bundle IS NOT NULL GROUP BY ALL),
        said AS (
            SELECT "group", kind, standing, LIST(n ORDER BY witness) FILTER (n > 0) AS n,
                   LIST(passing ORDER BY witness) FILTER (n > 0) AS passing,
                   LIST(CAST(spent AS DOUBLE) ORDER BY witness) FILTER (n > 0) AS spent,
                   SUM(rows)::BIGINT AS rows, EPOCH_US(MAX(newest)) AS newest
            FROM by_witness GROUP BY ALL)
        SELECT said.*, released.bundles FROM said
        LEFT JOIN released ON said."group" IS NOT DISTINCT FROM released."group"
                          AND said.standing = released.standing
        ORDER BY said."group", kind, standing"""
"""The end of a :func:`spend_query`, after the relation ``scoped``."""
