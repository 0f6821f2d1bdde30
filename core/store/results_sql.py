"""Eval results completed: the rules by which a result takes what its run and its scores say, as SQL.

- Only what a result does not say itself is taken: of the run its answer, tools, time, cost, tokens and
  error; of its scores, those that are numbers (yes and no are 1 and 0).
- Where the file left what passed to the scores of the runs, the rule of its upload decides, as
  :meth:`core.intake.pass_rule.PassRule.decides` says: a missing score that decides is never a pass.
- A result that came without an outcome and whose run failed is a failed run, whatever its scores say.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from core.evidence import fingerprints
from core.evidence.columns import Kind
from core.intake.pass_rule import PassRule
from core.metrics.behaviour import NO_FAULT
from core.store.evidence_sql import evidence
from core.store.runs_sql import live

EXPERIMENTING = ("langfuse", "langsmith", "braintrust")
"""The tools whose eval results always come from runs that an experiment made. Others also grade runs of
production, which must go on counting as such."""

_NO_FAULT = ", ".join(f"'{word}'" for word in NO_FAULT)
_EXPERIMENTING = ", ".join(f"'{tool}'" for tool in EXPERIMENTING)

NAMED_RUNS = f"""SELECT source_trace, BOOL_OR(COALESCE(source IN ({_EXPERIMENTING}), FALSE))
    FROM ({live(Kind.EVALS, "segment.source_trace, file.source")})
    WHERE source_trace IS NOT NULL GROUP BY source_trace ORDER BY source_trace"""
"""(run id, whether it was made to test the feature) of each run that eval results came from."""


def named_table(found: Sequence[tuple[str, bool]] = ()) -> pa.Table:
    """What :data:`NAMED_RUNS` finds as a table of run_id, key and is_test."""
    ids = pa.array([run_id for run_id, _ in found], pa.string())
    keys = fingerprints.keys_of(ids) if found else np.empty(0, np.int64)
    return pa.table(
        {
            "run_id": ids,
            "key": pa.array(keys, pa.int64()),
            "is_test": pa.array([is_test for _, is_test in found], pa.bool_()),
        }
    )


def rule_table(rules: Mapping[str, PassRule]) -> pa.Table:
    """One row for each bar of the rule of each upload."""
    bars = [(upload_id, rule.need, bar) for upload_id, rule in rules.items() for bar in rule.bars]
    return pa.table(
        {
            "upload_id": pa.array([upload_id for upload_id, _, _ in bars], pa.string()),
            "need": pa.array([need for _, need, _ in bars], pa.string()),
            "name": pa.array([bar.column for _, _, bar in bars], pa.string()),
            "at_least": pa.array([bar.at_least for _, _, bar in bars], pa.float64()),
            "at_most": pa.array([bar.at_most for _, _, bar in bars], pa.float64()),
        }
    )


def numbers(relation: str) -> str:
    """(…the columns of ``relation``, name, number): the scores that are numbers, yes and no as 1 and 0."""
    return f"""SELECT said.*, one.key AS name,
            CASE one.type WHEN 'BOOLEAN' THEN (one.value::VARCHAR = 'true')::INTEGER::DOUBLE
                 ELSE TRY_CAST(one.value::VARCHAR AS DOUBLE) END AS number
        FROM {relation} AS said, JSON_EACH(said.scores) AS one
        WHERE JSON_TYPE(said.scores) = 'OBJECT' AND one.type IN ('BOOLEAN', 'DOUBLE', 'BIGINT', 'UBIGINT')"""


# What passed already, or failed to, is not judged again.
_IS_OPEN = "result.passed IS NULL AND result.error IS NULL AND result.error_kind IS NULL"
_FAILED = f"({_IS_OPEN} AND ran.error IS NOT NULL)"

DECIDED = """SELECT result.key, CASE WHEN COUNT(*) > COUNT(number) THEN NULL
            WHEN ANY_VALUE(need) = 'any' THEN BOOL_OR(COALESCE(number >= at_least, number <= at_most))
            ELSE BOOL_AND(COALESCE(number >= at_least, number <= at_most)) END AS passed
        FROM evidence AS result JOIN rule USING (upload_id)
        LEFT JOIN graded ON graded.source_trace = result.source_trace AND graded.name = rule.name
        GROUP BY result.key"""
"""What the rule of its upload (``rule``) says of each result, by the scores of its run (``graded``)."""

_TAKEN = ("query", "response", "tools_called", "tool_selected", "latency_ms", "cost_usd")
"""What a result takes from its run as it stands there."""


def completed(has_scores: bool) -> str:
    """The completed results, with the columns of the filed ones.

    Needs ``named_run`` (:func:`named_table`), ``rule`` (:func:`rule_table`), the merged traces in
    ``$runs_file`` and the table ``scored``.
    """
    taken = ", ".join(f"COALESCE(result.{name}, ran.{name}) AS {name}" for name in _TAKEN)
    return f"""WITH {evidence(Kind.EVALS)},
        ran AS (
            SELECT named_run.run_id AS source_trace, named_run.key AS run_key, run.bundle,
                   COALESCE(run.scores, scored.scores::VARCHAR) AS scores, {", ".join(_TAKEN)},
                   run.input_tokens + run.output_tokens AS tokens,
                   CASE WHEN LOWER(TRIM(run.error)) NOT IN ({_NO_FAULT}) THEN run.error END AS error
            FROM named_run LEFT JOIN READ_PARQUET($runs_file) AS run ON run.key = named_run.key
            LEFT JOIN scored ON scored.key = named_run.key),
        graded AS ({numbers("(SELECT source_trace, scores FROM ran WHERE scores IS NOT NULL)")}),
        measured AS (
            SELECT source_trace, TO_JSON(MAP_FROM_ENTRIES(LIST(STRUCT_PACK(name := name, number :=
                CASE WHEN number = TRUNC(number) AND ABS(number) < 1e15 THEN TO_JSON(number::BIGINT)
                     ELSE TO_JSON(number) END) ORDER BY name))) AS metrics
            FROM graded GROUP BY source_trace),
        labelled AS ({_human_labels(has_scores)}),
        decided AS ({DECIDED})
        SELECT result.* REPLACE (
            {taken},
            COALESCE(result.tokens, ran.tokens) AS tokens,
            CASE WHEN {_FAILED} THEN ran.error ELSE result.error END AS error,
            CASE WHEN {_FAILED} THEN 'run' ELSE result.error_kind END AS error_kind,
            CASE WHEN {_IS_OPEN} AND NOT {_FAILED} THEN decided.passed ELSE result.passed END AS passed,
            CASE WHEN {_FAILED} OR COALESCE(result.error, result.error_kind) IS NOT NULL
                      OR measured.metrics IS NULL THEN result.metrics
                 WHEN result.metrics IS NULL THEN measured.metrics::VARCHAR
                 ELSE JSON_MERGE_PATCH(measured.metrics, result.metrics)::VARCHAR END AS metrics,
            COALESCE(result.human_label, labelled.human_label) AS human_label,
            COALESCE(result.bundle, ran.bundle) AS bundle)
        FROM evidence AS result
        LEFT JOIN ran ON ran.source_trace = result.source_trace
        LEFT JOIN measured ON measured.source_trace = result.source_trace
        LEFT JOIN labelled ON labelled.run_key = ran.run_key
        LEFT JOIN decided ON decided.key = result.key"""


def _human_labels(is_there: bool) -> str:
    """What people said of each run with yes or no; where they disagree, they said nothing."""
    rows = live(Kind.SCORES, "run_key, value, label, segment.source, span_id", is_there)
    return f"""SELECT run_key, CASE WHEN MIN(value) = MAX(value) THEN MAX(value) = 1 END AS human_label
        FROM ({rows}) WHERE source = 'ANNOTATION' AND span_id IS NULL AND value IN (0, 1)
            AND LOWER(label) IN ('true', 'false') GROUP BY run_key"""
