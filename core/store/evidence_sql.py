"""The SQL of every question to the evidence, put together from the catalogue's declarations.

Only constants of the program become SQL text; whatever a user wrote goes in as a parameter, and a
column that a document names must be a canonical one.
"""

from typing import Any

from core.evidence.columns import COLUMNS, TRACE_COLUMNS, VERDICT_COLUMNS, Kind
from core.metrics.catalogue import Reading, Relation
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest

# The witness behind a row: repeats by one user (session, day, case) are not new evidence.
_TRACE_WITNESS = """CASE WHEN user_id IS NOT NULL THEN 'user:' || user_id
         WHEN session_id IS NOT NULL THEN 'session:' || session_id
         ELSE 'day:' || CAST(CAST(moment AS DATE) AS VARCHAR) END"""
_EVAL_WITNESS = "'case:' || case_id"

# A label stands for its trace: any reviewer who says "wrong" makes it wrong until it is settled.
_VERDICT = ", ".join(
    f"{'BOOL_OR' if name == 'hallucination' else 'BOOL_AND'}({name}) AS {name}" for name in VERDICT_COLUMNS
)
_STANDING = """MAX(CASE WHEN sampling IN ('complete', 'random', 'stratified') THEN 'known'
                        WHEN sampling IS NULL THEN 'but unknown' ELSE 'as worst' END) AS standing"""


def evidence() -> str:
    """The live rows: every segment with its upload, without the rows that a later upload updated."""
    return """evidence AS (
        SELECT segment.*, file.sequence, COALESCE(segment.started_at, file.uploaded_at) AS moment,
               COALESCE(segment.release_bundle, file.bundle) AS bundle
        FROM READ_PARQUET($files, filename = TRUE, union_by_name = TRUE) AS segment
        JOIN file ON file.path = segment.filename
        WHERE NOT EXISTS (SELECT 1 FROM superseded
                          WHERE superseded.key = segment.key AND superseded.sequence > file.sequence))"""


def verdicts(relation: Relation) -> str:
    """One verdict a trace: the judgements of all people (or judges) who labelled it, put together."""
    judge = "COALESCE(is_judge, FALSE)"
    who = judge if relation is Relation.JUDGED else f"NOT {judge}"
    return f"verdict AS (SELECT key, {_VERDICT}, {_STANDING} FROM label WHERE {who} GROUP BY key)"


def _relation(reading: Reading) -> str:
    match reading.relation:
        case Relation.LABELLED | Relation.JUDGED:
            return f"""{verdicts(reading.relation)}, relation AS (
                SELECT evidence.*, verdict.* EXCLUDE (key) FROM evidence JOIN verdict USING (key))"""
        case Relation.TRACES | Relation.EVALS:
            return "relation AS (SELECT *, 'known' AS standing FROM evidence)"


def scope(reading: Reading, request: TallyRequest) -> str:
    """The rows in the window and slice, each with its witness and its place in that witness' queue.

    The queue is ordered by the key, a hash of the run id, so that nobody chooses which five count.
    """
    witness = _EVAL_WITNESS if reading.relation is Relation.EVALS else _TRACE_WITNESS
    return f"""WITH {evidence()}, {_relation(reading)}, scoped AS (
            SELECT {_group(request.by)} AS "group", {witness} AS witness, standing, key, moment, sequence,
                   COALESCE(({reading.eligible}), FALSE) AS eligible, ({reading.passes}) AS passes,
                   {reading.value or "NULL"} AS value
            FROM relation WHERE {where(request)}),
        ranked AS (
            SELECT *, CASE WHEN NOT eligible OR witness LIKE 'day:%' OR witness LIKE 'case:%' THEN 1
                ELSE ROW_NUMBER() OVER (PARTITION BY "group", witness, standing, eligible ORDER BY key)
                END AS nth
            FROM scoped)"""


def _group(by: str | None) -> str:
    if by is None:
        return "NULL"
    if by in ("week", "day"):
        return f"STRFTIME(DATE_TRUNC('{by}', moment), '%Y-%m-%d')"
    return _words("bundle" if by == "bundle" else _column(by))


def _words(column: str) -> str:
    """A column as text, with '' where nothing is recorded: no cell that was read is ever blank."""
    return f"COALESCE(CAST({column} AS VARCHAR), '')"


def where(request: TallyRequest) -> str:
    conditions = ["TRUE"]
    if request.window.since is not None:
        conditions.append("moment >= $since")
    if request.window.until is not None:
        conditions.append("moment < $until")
    if request.window.bundle is not None:
        conditions.append(f"{_words('bundle')} = $bundle")
    conditions += [
        f"{_words(_column(name))} = $slice_{place}" for place, (name, _) in enumerate(request.slice.where)
    ]
    return " AND ".join(conditions)


def _column(name: str) -> str:
    """``name`` as SQL, only if it is a canonical column: slices come from documents that users write."""
    known = {column.name for columns in (TRACE_COLUMNS, COLUMNS[Kind.EVALS]) for column in columns}
    if name not in known:
        raise ValueError(f"{name!r} is not a canonical column")
    if name == "release_bundle":
        # Rows that do not name their release have that of their upload.
        return "bundle"
    return f'"{name}"'


def window_parameters(request: TallyRequest) -> dict[str, Any]:
    window = request.window
    asked = {"since": window.since, "until": window.until, "bundle": window.bundle}
    slices = {f"slice_{place}": value for place, (_, value) in enumerate(request.slice.where)}
    return {name: value for name, value in asked.items() if value is not None} | slices


def parameters(reading: Reading, request: TallyRequest) -> dict[str, Any]:
    parameters = {**window_parameters(request), "cap": CAP_PER_WITNESS}
    if "$bar" in reading.passes:
        parameters["bar"] = request.bar
    return parameters
