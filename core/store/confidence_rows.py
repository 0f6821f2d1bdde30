"""Questions about confidence: traffic by what it states, beside the labels, and confident wrong answers."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from core.metrics.catalogue import Relation, metric
from core.metrics.confidence import STEPS, Counted, Level, merged
from core.metrics.measurement import Slice, Source, Window
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.evidence_sql import PRODUCTION, parameters, scope, verdicts, where, window_parameters
from core.store.features import Feature
from core.store.tallying import moment
from core.store.warehouse import Warehouse

TEXT_SHOWN = 400
"""So many characters of a question come with a run: twice what is shown, so that personal data that the cut
of the screen goes through is still found."""

_METRIC = "answer_correctness"

# An answer that was not given is right or wrong for nobody: it is traffic, and no more.
_RIGHT = replace(
    metric(_METRIC).reading(Source.LABEL),
    eligible="answer_right IS NOT NULL AND abstained IS NOT TRUE",
    value="confidence",
)


def _step(confidence: str) -> str:
    """The confidence as a whole number of steps, rounded down; what is no share states nothing."""
    # The inner rounding keeps 0.57 * 1000 = 569.9999999999999 from losing a step.
    return f"""CASE WHEN {confidence} BETWEEN 0 AND 1
        THEN CAST(FLOOR(ROUND({confidence} * {STEPS}, 6)) AS INTEGER) END"""


@dataclass(frozen=True)
class ReleaseSpan:
    """Production traces of one ``release`` ("" where none is recorded), from the first to the last.

    ``stated`` of the ``rows`` state a confidence; ``judged`` of these have a label that can count.
    """

    release: str
    rows: int
    stated: int
    judged: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class WrongAnswer:
    """A run whose answer a person called wrong; ``query`` is the beginning of the question."""

    run_id: str
    moment: datetime
    confidence: float
    release: str | None
    query: str | None
    failure_types: tuple[str, ...]
    is_ungrounded: bool
    is_hallucinated: bool
    is_wrong_tool: bool


def releases(
    warehouse: Warehouse, connection: Connection, feature: Feature, part: Slice, window: Window
) -> tuple[ReleaseSpan, ...]:
    """The releases in the production traffic of ``part``, the one that began last first."""
    window = _settled(warehouse, connection, feature, part, window)
    query = f"""WITH {verdicts(Relation.LABELLED)}
        SELECT COALESCE(CAST(bundle AS VARCHAR), '') AS release, COUNT(*), COUNT(confidence),
               COUNT(*) FILTER (standing <> 'as worst' AND confidence IS NOT NULL AND {_RIGHT.eligible}),
               EPOCH_US(MIN(moment)), EPOCH_US(MAX(moment))
        FROM evidence LEFT JOIN verdict USING (key) WHERE {PRODUCTION} AND {where(part, window)}
        GROUP BY release ORDER BY MIN(moment) DESC, MAX(moment) DESC, release DESC"""
    rows = warehouse.rows(connection, feature, Relation.LABELLED, query, window_parameters(part, window))
    return tuple(
        ReleaseSpan(release, n, stated, judged, _at(first), _at(last))
        for release, n, stated, judged, first, last in rows
    )


def counted(
    warehouse: Warehouse, connection: Connection, feature: Feature, part: Slice, window: Window
) -> Counted:
    """The production traffic of ``part`` by confidence, with the labels that count.

    Labels of worst-first reviews are only counted as left out; those of unknown sampling stand in only where
    there are no others, as in every rate.
    """
    window = _settled(warehouse, connection, feature, part, window)
    traffic = f"""SELECT {_step("confidence")} AS step, COUNT(*) FROM evidence
        WHERE {PRODUCTION} AND {where(part, window)} GROUP BY step ORDER BY step"""
    rows = warehouse.rows(connection, feature, Relation.TRACES, traffic, window_parameters(part, window))
    levels = [Level(_confidence(step), n) for step, n in rows]
    request = TallyRequest(_METRIC, Source.LABEL, part, window)
    asked: dict[str, Any] = parameters(_RIGHT, request)
    said = warehouse.rows(connection, feature, Relation.LABELLED, _judged_query(request), asked)
    standing = "known" if any(row[0] == "known" for row in said) else "but unknown"
    judged = [row[1:] for row in said if row[0] == standing]
    # Labelled traces are part of the traffic, so they bring no rows of their own.
    levels += [Level(_confidence(step), 0, n, right, stated) for step, n, right, stated, *_ in judged]
    return Counted(
        merged(levels),
        capped=sum(row[-2] for row in judged),
        worst_first=sum(row[2] + row[-2] for row in said if row[0] == "as worst"),
        stratified=sum(row[-1] for row in judged),
        sampling_known=standing == "known" or not judged,
    )


def confident_and_wrong(
    warehouse: Warehouse,
    connection: Connection,
    feature: Feature,
    part: Slice,
    window: Window,
    threshold: float,
    most: int,
) -> tuple[tuple[WrongAnswer, ...], int]:
    """(the ``most`` confident wrong answers at ``threshold`` or above, how many there are).

    A list is no rate: every person's label counts here, however the trace was picked.
    """
    window = _settled(warehouse, connection, feature, part, window)
    query = f"""WITH {verdicts(Relation.LABELLED)}, typed AS (
            SELECT key, LIST_SORT(LIST(DISTINCT failure_type)) AS types FROM label
            WHERE failure_type IS NOT NULL AND NOT COALESCE(is_judge, FALSE) GROUP BY key)
        SELECT run_id, EPOCH_US(moment), confidence, bundle, LEFT(query, {TEXT_SHOWN}),
               COALESCE(types, []), grounded IS FALSE, hallucination IS TRUE, tool_right IS FALSE,
               COUNT(*) OVER ()
        FROM evidence JOIN verdict USING (key) LEFT JOIN typed USING (key)
        WHERE {PRODUCTION} AND {where(part, window)} AND {_RIGHT.eligible} AND NOT answer_right
              AND {_step("confidence")} >= $step
        ORDER BY confidence DESC, moment DESC, run_id LIMIT $most"""
    asked = {**window_parameters(part, window), "step": round(threshold * STEPS), "most": most}
    rows = warehouse.rows(connection, feature, Relation.LABELLED, query, asked)
    wrong = [
        WrongAnswer(run_id, _at(at), confidence, release, question, tuple(types), *flags)
        for run_id, at, confidence, release, question, types, *flags, _ in rows
    ]
    return tuple(wrong), rows[0][-1] if rows else 0


def _judged_query(request: TallyRequest) -> str:
    """(standing, step, labels that count, right ones, the sum they state, capped ones, stratified ones).

    Of one user or session the five rows with the smallest keys count, as in every rate.
    """
    return f"""{scope(_RIGHT, request)}, placed AS (
            SELECT *, kind NOT IN ('user', 'session')
                      OR ROW_NUMBER() OVER (PARTITION BY kind, witness, standing ORDER BY key)
                         <= {CAP_PER_WITNESS} AS counts
            FROM scoped WHERE eligible)
        SELECT standing, {_step("value")} AS step, COUNT(*) FILTER (counts),
               COUNT(*) FILTER (counts AND passes),
               COALESCE(ROUND(SUM(value) FILTER (counts), 6), 0),
               COUNT(*) FILTER (NOT counts),
               COUNT(*) FILTER (counts AND key IN (SELECT key FROM label WHERE sampling = 'stratified'))
        FROM placed GROUP BY standing, step ORDER BY ALL"""


def _settled(
    warehouse: Warehouse, connection: Connection, feature: Feature, part: Slice, window: Window
) -> Window:
    return warehouse.settled(connection, feature, TallyRequest(_METRIC, Source.LABEL, part, window)).window


def _confidence(step: int | None) -> float | None:
    return None if step is None else step / STEPS


def _at(microseconds: int) -> datetime:
    found = moment(microseconds)
    if found is None:
        raise ValueError("every trace has a moment")
    return found
