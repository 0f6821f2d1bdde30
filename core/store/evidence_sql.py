"""The SQL of every question to the relation ``evidence``, put together from the catalogue's declarations.

Only constants of the program become SQL text; whatever a user wrote goes in as a parameter, and a
column that a document names must be a canonical one.
"""

from collections.abc import Sequence
from typing import Any

from core.evidence.columns import COLUMNS, TRACE_COLUMNS, VERDICT_COLUMNS, Kind
from core.metrics.catalogue import Reading, Relation, metric
from core.metrics.measurement import ReleaseScope, Slice, Window
from core.metrics.requests import CAP_PER_WITNESS, TallyRequest
from core.store.runs_sql import homed, live

Alternatives = tuple[tuple[str, ...], ...]
"""Sets of columns, any one of which, filled as a whole, answers a question."""

# The witness behind a row: repeats by one user (session, day, case) are not new evidence.
_TRACE_WITNESS = (
    "CASE WHEN user_id IS NOT NULL THEN 'user' WHEN session_id IS NOT NULL THEN 'session' ELSE 'day' END",
    "HASH(COALESCE(same_user(user_id), session_id, CAST(CAST(moment AS DATE) AS VARCHAR)))",
)
_EVAL_WITNESS = ("'case'", "HASH(case_id)")
_IS_CAPPED = "kind IN ('user', 'session')"

TOGETHER = ", ".join(
    f"{'BOOL_OR' if name == 'hallucination' else 'BOOL_AND'}({name}) AS {name}" for name in VERDICT_COLUMNS
)
"""A trace's judgements put together: any reviewer who says "wrong" makes it wrong until it is settled."""

_STANDING = """MAX(CASE WHEN sampling IN ('complete', 'random', 'stratified') THEN 'known'
                        WHEN sampling IS NULL THEN 'but unknown' ELSE 'as worst' END) AS standing"""


MERGED = "evidence AS (FROM READ_PARQUET($merged_file))"
"""The merged traces, or the completed eval results, as the relation ``evidence``; their file has the columns
of :func:`evidence`."""

PRODUCTION = "NOT is_test_run"
"""The traces that rates are about: runs made to test the feature say nothing about its users."""


def evidence(kind: Kind, has_steps: bool = False) -> str:
    """The live rows of ``kind`` as they were filed, each with its moment, its release and its upload.

    Eval results are those of cases: a check of a whole suite is none, and no rate may count it. Scores have
    the run of their step where they name none; ``has_steps`` says whether there are steps. Traces that are
    not merged are no test runs: where there are test runs, traces are merged.
    """
    names = {column.name for column in COLUMNS[kind]}
    times = [f"segment.{name}" for name in ("started_at", "scored_at") if name in names]
    moment = ", ".join([*times[:1], "file.uploaded_at"])
    bundle = "COALESCE(segment.release_bundle, file.bundle)" if "release_bundle" in names else "file.bundle"
    columns = f"""segment.*, file.sequence, file.upload_id,
        COALESCE({moment}) AS moment, {bundle} AS bundle"""
    if kind is Kind.SCORES:
        return f"filed AS ({live(kind, columns)}), {homed('filed', has_steps)}, evidence AS (FROM homed)"
    if kind is Kind.TRACES:
        columns += ", FALSE AS is_test_run"
    of_cases = " WHERE segment.of_whole_suite IS NOT TRUE" if kind is Kind.EVALS else ""
    return f"evidence AS ({live(kind, columns)}{of_cases})"


def verdicts(relation: Relation) -> str:
    """One verdict a trace: the judgements of all people (or judges) who labelled it, put together."""
    judge = "COALESCE(is_judge, FALSE)"
    who = judge if relation is Relation.JUDGED else f"NOT {judge}"
    return f"verdict AS (SELECT key, {TOGETHER}, {_STANDING} FROM label WHERE {who} GROUP BY key)"


def relation_of(reading: Reading) -> str:
    """The rows that ``reading`` counts some of, as the relation ``relation``, for a WITH."""
    match reading.relation:
        case Relation.LABELLED | Relation.JUDGED:
            return f"""{verdicts(reading.relation)}, relation AS (
                SELECT evidence.*, verdict.* EXCLUDE (key) FROM evidence JOIN verdict USING (key)
                WHERE {PRODUCTION})"""
        case Relation.TRACES:
            return f"relation AS (SELECT *, 'known' AS standing FROM evidence WHERE {PRODUCTION})"
        case Relation.EVALS:
            return "relation AS (SELECT *, 'known' AS standing FROM evidence)"


def scope(reading: Reading, request: TallyRequest) -> str:
    """The rows in the window and slice, each with its group, its witness, and whether it passes."""
    return f"""WITH {relation_of(reading)}, scoped AS (
            SELECT {grouping(request.by)} AS "group", {row_of(reading.relation)},
                   {eligible(reading)} AS eligible, ({reading.passes}) AS passes,
                   {reading.value or "NULL"} AS value
            FROM relation WHERE {where(request.slice, request.window)})"""


def row_of(relation: Relation) -> str:
    """What the count of any metric needs of a row: its witness, its standing, its place and its release."""
    kind, witness = _EVAL_WITNESS if relation is Relation.EVALS else _TRACE_WITNESS
    return f"{kind} AS kind, {witness} AS witness, standing, key, moment, sequence, bundle"


def eligible(reading: Reading, files: str = "") -> str:
    """Whether a row counts; ``sequence`` is the place of the upload that the row comes from.

    ``files`` is the parameter with the answer of :func:`files_query`, where it was asked before.
    """
    if not reading.of_files_with:
        return f"COALESCE({reading.eligible}, FALSE)"
    of_such = f"LIST_CONTAINS({files}, sequence)" if files else f"sequence IN ({_files_with(reading)})"
    return f"COALESCE(({reading.eligible}) AND {of_such}, FALSE)"


def files_query(reading: Reading) -> str:
    """The places of the uploads that fill one of the columns which the rows of a reading need there.

    To be asked before a scan of many columns: within it, all columns would be put by for it.
    """
    return f"WITH {relation_of(reading)} {_files_with(reading)}"


def _files_with(reading: Reading) -> str:
    filled = " OR ".join(f"{name} IS NOT NULL" for name in reading.of_files_with)
    return f"SELECT DISTINCT sequence FROM relation WHERE {filled}"


def tally_query(reading: Reading, request: TallyRequest) -> str:
    """Witnesses by what they say: (group, kind, standing, n, passes) and how many say just that."""
    return f"{scope(reading, request)}, {said_by_witnesses(reading, request, releases='scoped')}"


def said_by_witnesses(reading: Reading, request: TallyRequest, releases: str) -> str:
    """The end of a :func:`tally_query`, after the relation ``scoped``; ``releases`` names the relation with
    the group, standing, eligibility and bundle of the rows, once or more.

    Of one user or session the five rows with the smallest keys count. The key is a hash of the run
    id, so that nobody chooses which five.
    """
    cap = CAP_PER_WITNESS
    passing = _sum_of_passes(metric(request.metric).graded)
    # Every upload with results of a case was a look at it; production evidence may be looked at any day.
    looks = "LIST(DISTINCT sequence)" if reading.relation is Relation.EVALS else "[]::BIGINT[]"
    return f"""by_witness AS (
            SELECT "group", kind, standing, COUNT(*) AS rows, COUNT(*) FILTER (eligible) AS eligible,
                   {passing} AS passing,
                   ARG_MIN(CAST(passes AS DOUBLE), key, {cap}) FILTER (eligible) AS few,
                   MAX(moment) FILTER (eligible) AS newest, {looks} AS looks
            FROM scoped GROUP BY "group", kind, witness, standing),
        counted AS (
            SELECT *, CASE WHEN {_IS_CAPPED} THEN LEAST(eligible, {cap}) ELSE eligible END AS n,
                   CASE WHEN {_IS_CAPPED} AND eligible > {cap} THEN LIST_SUM(few) ELSE passing END AS passes
            FROM by_witness),
        said AS (
            SELECT "group", kind, standing, n, passes, COUNT(*) AS witnesses, SUM(rows)::BIGINT AS rows,
                   SUM(eligible)::BIGINT AS eligible, EPOCH_US(MAX(newest)) AS newest,
                   LIST_DISTINCT(FLATTEN(LIST(looks))) AS looks
            FROM counted GROUP BY ALL),
        released AS (
            SELECT "group", standing, LIST(DISTINCT bundle) AS bundles
            FROM {releases} WHERE eligible AND bundle IS NOT NULL GROUP BY ALL)
        SELECT said.*, released.bundles FROM said
        LEFT JOIN released ON said."group" IS NOT DISTINCT FROM released."group"
                          AND said.standing = released.standing
        ORDER BY ALL"""


def _sum_of_passes(graded: bool) -> str:
    if not graded:
        return "COUNT(*) FILTER (eligible AND passes)"
    # Sums of fractions depend on their order in the last digits; rounded, the same rows give the same sum.
    return "COALESCE(ROUND(SUM(CAST(passes AS DOUBLE)) FILTER (eligible), 9), 0)"


def values_query(reading: Reading, request: TallyRequest) -> str:
    """(group, values at the ranks that the table ``wanted`` asks of it) of the rows that count."""
    return f"{scope(reading, request)}, {IN_ORDER} {at_ranks('ordered')}"


# A row that counts but has no value (a failed run) stands above every value.
_VALUE = "COALESCE(value, 'infinity'::DOUBLE)"
IN_ORDER = f"""counted AS (
            SELECT "group", CASE WHEN {_IS_CAPPED} THEN ARG_MIN({_VALUE}, key, {CAP_PER_WITNESS})
                                 ELSE LIST({_VALUE}) END AS few
            FROM scoped WHERE eligible GROUP BY "group", kind, witness, standing),
        ordered AS (SELECT "group", LIST_SORT(FLATTEN(LIST(few))) AS sorted FROM counted GROUP BY "group")"""
"""The relation ``ordered``, after ``scoped``: of each group, the values that count from the smallest on."""


def at_ranks(ordered: str) -> str:
    """The values at the ranks that the table ``wanted`` asks of each group in the relation ``ordered``."""
    return f"""SELECT wanted."group", LIST_TRANSFORM(wanted.ranks, lambda rank: sorted[rank])
        FROM wanted JOIN {ordered} AS ordered
            ON CAST(ordered."group" AS VARCHAR) IS NOT DISTINCT FROM wanted."group" """


def common_values_query(column: str) -> str:
    """(value, traces) of the ``$most`` commonest values of a column."""
    value = grouping(column)
    return f"""SELECT {value} AS value, COUNT(*) FROM evidence WHERE {value} <> ''
               GROUP BY value ORDER BY COUNT(*) DESC, value LIMIT $most"""


def recorded_query(questions: Sequence[Alternatives]) -> str:
    """How many rows there are, and for each question how many record an answer to it."""
    counts = [
        " OR ".join(
            "(" + " AND ".join(f"{_column(name)} IS NOT NULL" for name in columns) + ")"
            for columns in alternatives
        )
        for alternatives in questions
    ]
    return f"SELECT COUNT(*), {', '.join(f'COUNT(*) FILTER ({count})' for count in counts)} FROM evidence"


def coverage_query(columns: Sequence[str], by: str) -> str:
    """(group, rows, rows that fill each column) by "week" of the trace or by the "sequence" of the newest
    upload that told of it, the latest group first."""
    group = "sequence" if by == "sequence" else grouping(by)
    counts = ", ".join(f"COUNT({_column(name)})" for name in columns)
    return f"SELECT {group} AS part, COUNT(*), {counts} FROM evidence GROUP BY part ORDER BY part DESC"


def grouping(by: str | None) -> str:
    """What rows are grouped by: a week or day as its first day, a column as its words, or nothing."""
    if by is None:
        return "NULL"
    if by in ("week", "day"):
        return f"CAST({first_day(by)} AS VARCHAR)"
    return _words("bundle" if by == "bundle" else _column(by))


def first_day(by: str) -> str:
    """The first day of the "week" or "day" of a row, as a date."""
    # Of a time without a zone it is found ten times as fast; moments are in UTC.
    return f"CAST(DATE_TRUNC('{by}', MAKE_TIMESTAMP(EPOCH_US(moment))) AS DATE)"


def _words(column: str) -> str:
    """A column as text, with '' where nothing is recorded: no cell that was read is ever blank."""
    return f"COALESCE(CAST({column} AS VARCHAR), '')"


def _folded(text: str) -> str:
    """ "Billing " and "billing" are one value to the person who protects it."""
    return f"LOWER(TRIM({text}))"


def where(part: Slice, window: Window) -> str:
    """The rows of a slice and window, as one condition on ``evidence``."""
    conditions = ["TRUE"]
    if window.since is not None:
        conditions.append("moment >= $since")
    if window.until is not None:
        conditions.append("moment < $until")
    if window.bundle is not None:
        conditions.append(f"{_words('bundle')} = $bundle")
    if window.release is not None:
        conditions.append(_of_release(window.release))
    conditions += [f"{sliced(name)} = {asked_slice(place)}" for place, (name, _) in enumerate(part.where)]
    return " AND ".join(conditions)


def _of_release(scope: ReleaseScope) -> str:
    """The rows that name a release of the scope, and those that name none from its times."""
    named = ", ".join(f"$release_{place}" for place in range(len(scope.names)))
    from_then = [
        f"moment >= $live_since_{place}" + ("" if until is None else f" AND moment < $live_until_{place}")
        for place, (_, until) in enumerate(scope.times)
    ]
    unnamed = f"bundle IS NULL AND ({' OR '.join(from_then)})" if from_then else "FALSE"
    return f"(bundle IN ({named}) OR {unnamed})" if named else f"({unnamed})"


def sliced(column: str) -> str:
    """A column as slices compare it; with :func:`asked_slice`, the value at that place of the slice."""
    return _folded(_words(_column(column)))


def asked_slice(place: int) -> str:
    return _folded(f"$slice_{place}")


def _column(name: str) -> str:
    """``name`` as SQL, only if it is a canonical column: slices come from documents that users write."""
    known = {column.name for columns in (TRACE_COLUMNS, COLUMNS[Kind.EVALS]) for column in columns}
    if name not in known:
        raise ValueError(f"{name!r} is not a canonical column")
    if name == "release_bundle":
        # Rows that do not name their release have that of their upload.
        return "bundle"
    return f'"{name}"'


def window_parameters(part: Slice, window: Window) -> dict[str, Any]:
    """The values that :func:`where` names."""
    asked: dict[str, Any] = {"since": window.since, "until": window.until, "bundle": window.bundle}
    slices = {f"slice_{place}": value for place, (_, value) in enumerate(part.where)}
    scope = window.release or ReleaseScope()
    asked |= {f"release_{place}": name for place, name in enumerate(scope.names)}
    asked |= {f"live_since_{place}": since for place, (since, _) in enumerate(scope.times)}
    asked |= {f"live_until_{place}": until for place, (_, until) in enumerate(scope.times)}
    return {name: value for name, value in asked.items() if value is not None} | slices


def parameters(reading: Reading, request: TallyRequest) -> dict[str, Any]:
    asked = window_parameters(request.slice, request.window)
    return {**asked, "bar": request.bar} if "$bar" in reading.passes else asked
