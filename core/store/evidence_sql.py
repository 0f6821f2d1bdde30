"""The SQL of every question to the evidence, put together from the catalogue's declarations.

Only constants of the program become SQL text; whatever a user wrote goes in as a parameter, and a
column that a document names must be a canonical one.
"""

from typing import Any

from core.evidence.columns import COLUMNS, TRACE_COLUMNS, VERDICT_COLUMNS, Kind
from core.metrics.catalogue import Reading, Relation
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest

# The witness behind a row: repeats by one user (session, day, case) are not new evidence.
_TRACE_WITNESS = (
    "CASE WHEN user_id IS NOT NULL THEN 'user' WHEN session_id IS NOT NULL THEN 'session' ELSE 'day' END",
    "HASH(COALESCE(user_id, session_id, CAST(CAST(moment AS DATE) AS VARCHAR)))",
)
_EVAL_WITNESS = ("'case'", "HASH(case_id)")
_IS_CAPPED = "kind IN ('user', 'session')"

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
        ANTI JOIN superseded ON superseded.key = segment.key AND superseded.sequence > file.sequence)"""


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
    """The rows in the window and slice, each with its group, its witness, and whether it passes."""
    kind, witness = _EVAL_WITNESS if reading.relation is Relation.EVALS else _TRACE_WITNESS
    return f"""WITH {evidence()}, {_relation(reading)}, scoped AS (
            SELECT {_group(request.by)} AS "group", {kind} AS kind, {witness} AS witness, standing,
                   key, moment, sequence, bundle, COALESCE(({reading.eligible}), FALSE) AS eligible,
                   ({reading.passes}) AS passes, {reading.value or "NULL"} AS value
            FROM relation WHERE {where(request)})"""


def tally_query(reading: Reading, request: TallyRequest) -> str:
    """Witnesses by what they say: (group, kind, standing, n, passes) and how many say just that.

    Of one user or session the five rows with the smallest keys count. The key is a hash of the run
    id, so that nobody chooses which five.
    """
    cap = CAP_PER_WITNESS
    # Every upload with results of a case was a look at it; production evidence may be looked at any day.
    looks = "LIST(DISTINCT sequence)" if reading.relation is Relation.EVALS else "[]::BIGINT[]"
    return f"""{scope(reading, request)}, by_witness AS (
            SELECT "group", kind, standing, COUNT(*) AS rows, COUNT(*) FILTER (eligible) AS eligible,
                   COUNT(*) FILTER (eligible AND passes) AS passing,
                   ARG_MIN(CAST(passes AS INTEGER), key, {cap}) FILTER (eligible) AS few,
                   MAX(moment) FILTER (eligible) AS newest, {looks} AS looks,
                   LIST(DISTINCT bundle) FILTER (eligible) AS bundles
            FROM scoped GROUP BY "group", kind, witness, standing),
        counted AS (
            SELECT *, CASE WHEN {_IS_CAPPED} THEN LEAST(eligible, {cap}) ELSE eligible END AS n,
                   CASE WHEN {_IS_CAPPED} AND eligible > {cap} THEN LIST_SUM(few) ELSE passing END AS passes
            FROM by_witness)
        SELECT "group", kind, standing, n, passes, COUNT(*), SUM(rows)::BIGINT, SUM(eligible)::BIGINT,
               EPOCH_US(MAX(newest)), LIST_DISTINCT(FLATTEN(LIST(looks))),
               LIST_DISTINCT(FLATTEN(LIST(bundles)))
        FROM counted GROUP BY ALL ORDER BY ALL"""


def values_query(reading: Reading, request: TallyRequest) -> str:
    """(group, values at the ranks that the table ``wanted`` asks of it) of the rows that count.

    A row that counts but has no value (a failed run) stands above every value.
    """
    value = "COALESCE(value, 'infinity'::DOUBLE)"
    return f"""{scope(reading, request)}, counted AS (
            SELECT "group", CASE WHEN {_IS_CAPPED} THEN ARG_MIN({value}, key, {CAP_PER_WITNESS})
                                 ELSE LIST({value}) END AS few
            FROM scoped WHERE eligible GROUP BY "group", kind, witness, standing),
        ordered AS (SELECT "group", LIST_SORT(FLATTEN(LIST(few))) AS sorted FROM counted GROUP BY "group")
        SELECT wanted."group", LIST_TRANSFORM(wanted.ranks, lambda rank: sorted[rank])
        FROM wanted JOIN ordered ON ordered."group" IS NOT DISTINCT FROM wanted."group" """


def _group(by: str | None) -> str:
    if by is None:
        return "NULL"
    if by in ("week", "day"):
        return f"STRFTIME(DATE_TRUNC('{by}', moment), '%Y-%m-%d')"
    return _words("bundle" if by == "bundle" else _column(by))


def _words(column: str) -> str:
    """A column as text, with '' where nothing is recorded: no cell that was read is ever blank."""
    return f"COALESCE(CAST({column} AS VARCHAR), '')"


def _folded(text: str) -> str:
    """ "Billing " and "billing" are one value to the person who protects it."""
    return f"LOWER(TRIM({text}))"


def where(request: TallyRequest) -> str:
    conditions = ["TRUE"]
    if request.window.since is not None:
        conditions.append("moment >= $since")
    if request.window.until is not None:
        conditions.append("moment < $until")
    if request.window.bundle is not None:
        conditions.append(f"{_words('bundle')} = $bundle")
    conditions += [
        f"{_folded(_words(_column(name)))} = {_folded(f'$slice_{place}')}"
        for place, (name, _) in enumerate(request.slice.where)
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
    asked = window_parameters(request)
    return {**asked, "bar": request.bar} if "$bar" in reading.passes else asked
