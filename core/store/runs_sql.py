"""Runs put together: the rules by which traces, steps and scores of one run become one row, as SQL.

Each statement makes one small table of the connection it runs on; the last is the merged traces.
Nothing here depends on the order in which the files came, but that of two versions of the same row
the newest upload's counts.

- A *step* is at the top where it has no parent, lost where its parent is not in the evidence. The
  *root* of a run is its first step at the top, else its first lost one, else its first of all.
- Tokens and cost are those of the model calls under which no other model call runs; where no step is
  a model call, of the steps without steps under them. Embeddings are left out. So what a caller
  repeats of its callees is not counted twice.
- A model call with tokens but without a cost, or with a cost of 0, has an unknown cost, and then the
  cost of its run is unknown: a sum of some of its parts would flatter.
- A run takes from the start of its root to its end. Where several steps are at the top none of them
  holds the whole run, and it takes from the first start to the last end. Where a step at the top never
  ended (events have no end), nobody knows how long the run took.
- The error of a run is the first one of its root or of another step at the top. What failed deeper down
  was handled there; the first error of a tool is the run's tool error.
- A score that names its step alone belongs to the run of that step. While no step of the evidence has
  that id, or steps of several runs have it, the score waits.
- Of several scores of one name the newest counts, and one of the whole run before one of a step. A newer
  value that says nothing about the user's reaction takes the reaction back.
- A run without any time stands at the first upload that knew of it: a score that is handed in later does
  not carry it over a lock.
- What a trace row says itself stands before what its steps say, and that before its scores.
"""

from core.evidence.columns import TRACE_COLUMNS, Kind

_FACTS = (
    "user_role",
    "channel",
    "route",
    "task_type",
    "tool_expected",
    "confidence",
    "abstained",
    "fallback",
    "escalated",
)
"""What a team writes beside its steps about the whole run; the first step that states it counts."""

_FROM_STEPS = (
    "session_id",
    "started_at",
    "user_id",
    "user_segment",
    *_FACTS,
    "query",
    "response",
    "tools_considered",
    "tool_selected",
    "tools_called",
    "tool_error",
    "retrieved_ids",
    "model",
    "prompt_version",
    "release_bundle",
    "latency_ms",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "error",
)


def live(kind: Kind, columns: str, is_there: bool = True) -> str:
    """The rows of ``kind`` that count: of every segment, without those that a later upload updated.

    ``columns`` may name those of ``segment`` (a row) and of ``file`` (its upload). Where there is no
    segment at all, ``is_there`` is false and the rows are those of the empty table ``no_{kind}``.
    """
    rows = f"READ_PARQUET(${kind}_files, filename = TRUE, union_by_name = TRUE)" if is_there else f"no_{kind}"
    return f"""SELECT {columns} FROM {rows} AS segment
        JOIN {kind}_file AS file ON file.path = segment.filename
        ANTI JOIN {kind}_superseded AS superseded
            ON superseded.key = segment.key AND superseded.sequence > file.sequence"""


def statements(has_traces: bool, has_spans: bool, has_scores: bool) -> tuple[str, ...]:
    """What to run, in this order, before :func:`merged` can be asked; which kinds have rows is given."""
    return (
        _told(has_traces),
        _steps(has_spans),
        _CALLERS,
        _PLACES,
        _RUNS,
        # What the runs were made of makes room for the texts.
        *(f"DROP TABLE {table}" for table in ("caller", "placed", "step", "told")),
        _words(has_spans),
        scored(has_scores, has_spans),
    )


def _told(is_there: bool) -> str:
    """Which traces say themselves what was asked and answered: long texts are fetched for the others only."""
    columns = "segment.key, query IS NOT NULL AS has_query, response IS NOT NULL AS has_response"
    return f"CREATE TEMP TABLE told AS {live(Kind.TRACES, columns, is_there)}"


def _steps(is_there: bool) -> str:
    """The live steps without their long texts; ids are hashed, which within one run is as good."""
    columns = f"""segment.run_key, segment.key, run_id, file.sequence, file.uploaded_at,
        file.bundle AS upload_bundle, HASH(span_id) AS id,
        CASE WHEN parent_id <> '' AND parent_id <> span_id THEN HASH(parent_id) END AS parent,
        COALESCE(LOWER(span_kind), '') AS kind, name, started_at, ended_at,
        COALESCE(input, '') <> '' AS has_input, COALESCE(output, '') <> '' AS has_output,
        model, prompt_version, release_bundle, user_id, session_id, user_segment, {", ".join(_FACTS)},
        tools_considered, tools_called, retrieved_ids, input_tokens, output_tokens,
        COALESCE(input_tokens, 0) + COALESCE(output_tokens, 0) AS tokens, cost_usd, error"""
    return f"CREATE TEMP TABLE step AS {live(Kind.SPANS, columns, is_there)}"


# UNION visits each caller once, so that steps which call each other in a circle end as well.
_CALLERS = """CREATE TEMP TABLE caller AS
    WITH RECURSIVE above(run_key, id) AS (
        SELECT run_key, parent FROM step WHERE kind = 'llm' AND parent IS NOT NULL
        UNION
        SELECT step.run_key, step.parent FROM above JOIN step USING (run_key, id)
        WHERE step.parent IS NOT NULL)
    SELECT run_key, id FROM above"""

_PLACES = """CREATE TEMP TABLE placed AS
    WITH marked AS (
        SELECT step.run_key, step.key, step.kind, tokens,
               CASE WHEN parent IS NULL THEN 0 WHEN parent_there.id IS NULL THEN 1 ELSE 2 END AS depth,
               kind = 'llm' AND caller.id IS NULL AS is_last_call,
               child.id IS NULL AS is_leaf,
               ROW_NUMBER() OVER (PARTITION BY step.run_key ORDER BY started_at NULLS LAST, step.key) AS nth
        FROM step
        LEFT JOIN (SELECT DISTINCT run_key, id FROM step) AS parent_there
            ON parent_there.run_key = step.run_key AND parent_there.id = step.parent
        LEFT JOIN (SELECT DISTINCT run_key, parent AS id FROM step WHERE parent IS NOT NULL) AS child
            ON child.run_key = step.run_key AND child.id = step.id
        LEFT JOIN caller ON caller.run_key = step.run_key AND caller.id = step.id)
    SELECT key, nth, depth,
           ROW_NUMBER() OVER (PARTITION BY run_key ORDER BY depth, nth) = 1 AS is_root,
           CASE WHEN BOOL_OR(kind = 'llm') OVER (PARTITION BY run_key) THEN is_last_call
                ELSE is_leaf AND tokens > 0 AND kind <> 'embedding' END AS is_counted
    FROM marked"""

# Of an aggregate over rows in order, the one with the smallest place is taken: nth is unique in its run.
_RUNS = f"""CREATE TEMP TABLE run AS
    WITH grouped AS (
        SELECT run_key AS key, MIN(run_id) AS run_id, MAX(sequence) AS sequence,
               MIN(uploaded_at) AS uploaded_at, ARG_MAX(upload_bundle, sequence) AS upload_bundle,
               MAX(key) FILTER (is_root AND has_input) AS root_asked,
               ARG_MIN(key, nth) FILTER (kind = 'llm' AND has_input) AS first_asked,
               MAX(key) FILTER (is_root AND has_output) AS root_answered,
               ARG_MAX(key, nth) FILTER (kind = 'llm' AND has_output) AS last_answered,
               COALESCE(MAX(started_at) FILTER (is_root), MIN(started_at)) AS started_at,
               CASE WHEN COUNT(*) FILTER (depth = 0) = 1
                      OR COUNT(*) FILTER (depth = 0) = 0 AND COUNT(*) FILTER (depth = 1) = 1
                    THEN MAX(EPOCH_US(ended_at) - EPOCH_US(started_at)) FILTER (is_root) END AS root_took,
               CASE WHEN NOT BOOL_OR((depth = 0 OR is_root) AND ended_at IS NULL AND kind <> 'event')
                    THEN EPOCH_US(MAX(ended_at)) - EPOCH_US(MIN(started_at)) END AS all_took,
               ARG_MIN(error, nth) FILTER (depth = 0 OR is_root) AS error,
               ARG_MIN(error, nth) FILTER (kind = 'tool') AS tool_error,
               LIST(name ORDER BY nth) FILTER (kind = 'tool' AND name IS NOT NULL) AS tools_run,
               FLATTEN(LIST(tools_called ORDER BY nth)
                       FILTER (kind = 'llm' AND is_counted AND tools_called IS NOT NULL)) AS tools_asked,
               LIST_SORT(LIST_DISTINCT(FLATTEN(LIST(tools_considered)))) AS tools_considered,
               FLATTEN(LIST(retrieved_ids ORDER BY nth)) AS retrieved_ids,
               ARG_MIN(model, nth) FILTER (kind = 'llm' OR is_counted) AS model,
               ARG_MIN(prompt_version, nth) FILTER (kind = 'llm' OR is_counted) AS prompt_version,
               ARG_MIN(release_bundle, nth) AS release_bundle, ARG_MIN(user_id, nth) AS user_id,
               ARG_MIN(session_id, nth) AS session_id, ARG_MIN(user_segment, nth) AS user_segment,
               {", ".join(f"ARG_MIN({fact}, nth) AS {fact}" for fact in _FACTS)},
               SUM(input_tokens) FILTER (is_counted)::BIGINT AS input_tokens,
               SUM(output_tokens) FILTER (is_counted)::BIGINT AS output_tokens,
               COALESCE(BOOL_OR(tokens > 0 AND COALESCE(cost_usd, 0) = 0) FILTER (is_counted), FALSE)
                   AS is_cost_unknown,
               -- Summed in order, because a sum of decimals depends on it in the last place.
               LIST_SUM(LIST(cost_usd ORDER BY nth) FILTER (is_counted AND cost_usd IS NOT NULL)) AS cost_usd
        FROM step JOIN placed USING (key) GROUP BY run_key)
    SELECT grouped.* EXCLUDE (root_asked, first_asked, root_answered, last_answered, root_took, all_took,
                              tools_run, tools_asked, tools_considered, retrieved_ids, cost_usd),
           CASE WHEN COALESCE(has_query, FALSE) THEN NULL ELSE COALESCE(root_asked, first_asked) END AS asked,
           CASE WHEN COALESCE(has_response, FALSE) THEN NULL
                ELSE COALESCE(root_answered, last_answered) END AS answered,
           CASE WHEN COALESCE(root_took, all_took) >= 0
                THEN COALESCE(root_took, all_took) / 1000.0 END::DOUBLE AS latency_ms,
           -- An empty list was stated: the steps asked for no tool.
           COALESCE(tools_run, tools_asked) AS tools_called,
           COALESCE(tools_run, tools_asked)[1] AS tool_selected,
           NULLIF(tools_considered, []) AS tools_considered,
           NULLIF(retrieved_ids, []) AS retrieved_ids,
           CASE WHEN NOT is_cost_unknown THEN cost_usd END AS cost_usd
    FROM grouped LEFT JOIN told USING (key)"""


def _words(is_there: bool) -> str:
    """What was asked and answered, for the runs whose trace does not say so."""
    rows = live(Kind.SPANS, "segment.run_key, segment.key, input, output", is_there)
    return f"""CREATE TEMP TABLE words AS
        SELECT run.key, ANY_VALUE(input) FILTER (said.key = asked) AS query,
               ANY_VALUE(output) FILTER (said.key = answered) AS response
        FROM ({rows}) AS said JOIN run ON run.key = said.run_key
        WHERE said.key = asked OR said.key = answered GROUP BY run.key"""


def homed(scores: str, has_spans: bool) -> str:
    """Two relations for a WITH: ``home``, and ``homed``, which is the relation ``scores`` with the run of
    each score in ``run_key``, also where the score names its step alone; null while it waits for its step."""
    steps = live(Kind.SPANS, "segment.run_key, segment.span_id", has_spans)
    return f"""home AS (
            SELECT span_id, MIN(run_key) AS home FROM ({steps})
            WHERE span_id IN (SELECT span_id FROM {scores} WHERE run_key IS NULL)
            GROUP BY span_id HAVING COUNT(DISTINCT run_key) = 1),
        homed AS (
            SELECT {scores}.* REPLACE (COALESCE({scores}.run_key, home.home) AS run_key)
            FROM {scores} LEFT JOIN home ON home.span_id = {scores}.span_id)"""


def scored(is_there: bool, has_spans: bool) -> str:
    """The table ``scored``: the scores of each run, name to number, or to word where it is none."""
    columns = """segment.run_key, segment.key, name, value, label, span_id, scored_at, user_feedback,
        file.sequence, file.uploaded_at, file.bundle"""
    return f"""CREATE TEMP TABLE scored AS
        WITH filed AS ({live(Kind.SCORES, columns, is_there)}),
        {homed("filed", has_spans)},
        given AS (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY run_key ORDER BY span_id IS NULL,
                                         scored_at NULLS FIRST, sequence, key) AS nth,
                   CASE WHEN value = TRUNC(value) AND ABS(value) < 1e15 THEN TO_JSON(value::BIGINT)
                        WHEN value IS NOT NULL THEN TO_JSON(value)
                        WHEN label IS NOT NULL THEN TO_JSON(label) END AS said
            FROM homed WHERE run_key IS NOT NULL),
        by_name AS (
            SELECT run_key, name, ARG_MAX(said, nth) AS said, MAX(nth) AS nth,
                   ARG_MAX_NULL(user_feedback, nth) AS user_feedback FROM given
            WHERE COALESCE(said::VARCHAR, user_feedback) IS NOT NULL AND name IS NOT NULL
            GROUP BY run_key, name),
        named AS (
            SELECT run_key, TO_JSON(MAP_FROM_ENTRIES(LIST(STRUCT_PACK(name := name, said := said)
                                                          ORDER BY name)
                                                     FILTER (said IS NOT NULL))) AS scores,
                   ARG_MAX(user_feedback, nth) AS user_feedback
            FROM by_name GROUP BY run_key),
        came AS (
            SELECT run_key, MAX(sequence) AS sequence, MIN(uploaded_at) AS uploaded_at,
                   ARG_MAX(bundle, sequence) AS upload_bundle
            FROM given GROUP BY run_key)
        SELECT run_key AS key, came.* EXCLUDE (run_key), scores, user_feedback
        FROM came LEFT JOIN named USING (run_key)"""


def merged(has_traces: bool, has_tests: bool = False) -> str:
    """The merged traces: every trace column, then key, sequence, is_test_run, moment and bundle.

    ``has_tests``: the table ``test_run`` has the keys of runs that were made to test the feature.
    """
    is_test = "COALESCE(trace.key, run.key) IN (SELECT key FROM test_run)" if has_tests else "FALSE"
    columns = ", ".join(f"{_merged(column.name)} AS {column.name}" for column in TRACE_COLUMNS)
    rows = live(
        Kind.TRACES, "segment.*, file.sequence, file.uploaded_at, file.bundle AS upload_bundle", has_traces
    )
    return f"""WITH trace AS ({rows}),
        together AS (
            SELECT COALESCE(trace.key, run.key) AS key, {columns},
                   GREATEST(trace.sequence, run.sequence, scored.sequence) AS sequence,
                   {is_test} AS is_test_run,
                   LEAST(trace.uploaded_at, run.uploaded_at, scored.uploaded_at) AS uploaded_at,
                   COALESCE(trace.upload_bundle, run.upload_bundle, scored.upload_bundle) AS upload_bundle
            FROM trace FULL JOIN run ON run.key = trace.key
            LEFT JOIN words ON words.key = run.key
            LEFT JOIN scored ON scored.key = COALESCE(trace.key, run.key))
        SELECT * EXCLUDE (uploaded_at, upload_bundle), COALESCE(started_at, uploaded_at) AS moment,
               COALESCE(release_bundle, upload_bundle) AS bundle
        FROM together"""


def _merged(column: str) -> str:
    match column:
        case "run_id":
            return "COALESCE(trace.run_id, run.run_id)"
        case "query" | "response":
            return f"COALESCE(trace.{column}, words.{column})"
        case "user_feedback":
            return "COALESCE(trace.user_feedback, scored.user_feedback)"
        case "scores":
            # Name by name: the trace's own scores stand before those of the scores file.
            return (
                "CASE WHEN trace.scores IS NULL THEN scored.scores WHEN scored.scores IS NULL THEN "
                "trace.scores ELSE JSON_MERGE_PATCH(scored.scores, trace.scores) END::VARCHAR"
            )
        case _ if column in _FROM_STEPS:
            return f"COALESCE(trace.{column}, run.{column})"
        case _:
            return f"trace.{column}"
