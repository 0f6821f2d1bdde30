"""The metrics of how good the answers are: by people, AI judges, users and test sets."""

from core.metrics.declaration import Better, Metric, Reading, Relation, Shape
from core.metrics.measurement import Source
from core.units import Unit

# A run that failed counts against the feature; a judge that failed says nothing about it.
EVAL_HAS_RESULT = "passed IS NOT NULL OR error_kind = 'run' OR (error_kind IS NULL AND error IS NOT NULL)"
EVAL_PASSES = "COALESCE(passed, FALSE) AND COALESCE(error_kind, '') <> 'run'"

_EVAL_PASSED = Reading(
    Source.EVAL,
    Relation.EVALS,
    ("passed",),
    eligible=EVAL_HAS_RESULT,
    passes=EVAL_PASSES,
    denominator=(
        "All cases with a stated result; a case whose run failed counts as not passed; a case whose "
        "judge failed, or whose run reached a limit without a result, is left out and shown. Repeats of a "
        "case are averaged: cases count, not repeats."
    ),
)


def _labelled(verdict: str, denominator: str) -> tuple[Reading, ...]:
    return tuple(
        Reading(source, relation, (verdict,), f"{verdict} IS NOT NULL", verdict, denominator=denominator)
        for source, relation in ((Source.LABEL, Relation.LABELLED), (Source.JUDGE, Relation.JUDGED))
    )


_TOOLS = ("tool_selected", "tools_called")

TOOL_SELECTION = Metric(
    id="tool_selection_accuracy",
    label="Tool selection accuracy",
    sentence="How often the feature picks the tool that the task calls for.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    readings=(
        *_labelled("tool_right", "Reviewed traces whose tool was judged right or wrong."),
        Reading(
            Source.TRACE,
            Relation.TRACES,
            ("tool_selected", "tool_expected"),
            "tool_expected IS NOT NULL",
            "COALESCE(tool_selected = tool_expected, LIST_CONTAINS(tools_called, tool_expected), FALSE)",
            denominator=(
                "Traces that name the expected tool, of files that record tools; no tool picked counts as "
                "wrong. Files without any tool in them are left out."
            ),
            instead=(("tool_selected", "tools_called"),),
            of_files_with=_TOOLS,
        ),
        Reading(
            Source.EVAL,
            Relation.EVALS,
            ("tools_expected", "tools_called"),
            "LEN(tools_expected) > 0",
            "COALESCE(LIST_HAS_ALL(COALESCE(tools_called, [tool_selected]), tools_expected), FALSE)",
            denominator=(
                "Eval cases that expect a tool, of files that record tools; right when every expected tool "
                "was called, and no tool counts as wrong. Files without any tool in them are left out."
            ),
            instead=(("tools_called", "tool_selected"),),
            of_files_with=_TOOLS,
        ),
    ),
)

RETRIEVAL_RECALL = Metric(
    id="retrieval_recall",
    label="Retrieval recall",
    sentence="How much of what an answer needs is fetched, on average.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="fetched",
    graded=True,
    readings=(
        Reading(
            Source.TRACE,
            Relation.TRACES,
            ("relevant_ids", "retrieved_ids"),
            "LEN(relevant_ids) > 0 AND retrieved_ids IS NOT NULL",
            # LIST_INTERSECT would say the same, in twice the time.
            "LEN(LIST_FILTER(LIST_DISTINCT(relevant_ids), LAMBDA ONE: LIST_CONTAINS(retrieved_ids, ONE)))"
            " / LEN(LIST_DISTINCT(relevant_ids))",
            denominator=(
                "Traces that name the documents needed and those fetched; each counts with the share of "
                "the needed documents that was fetched. Nothing fetched counts as 0."
            ),
        ),
    ),
)

ANSWER_CORRECTNESS = Metric(
    id="answer_correctness",
    label="Answer correctness",
    sentence="How often the answer is right.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    readings=(
        *_labelled("answer_right", "Reviewed traces whose answer was judged right or wrong."),
        _EVAL_PASSED,
    ),
)

GROUNDING_ACCURACY = Metric(
    id="grounding_accuracy",
    label="Grounding accuracy",
    sentence="How often the answer is supported by its sources.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="supported",
    readings=_labelled("grounded", "Reviewed traces whose answer was checked against its sources."),
)

USER_ACCEPTANCE = Metric(
    id="user_acceptance",
    label="User acceptance",
    sentence="How often users take the answer as it is, out of those who reacted.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="accepted",
    readings=(
        Reading(
            Source.FEEDBACK,
            Relation.TRACES,
            ("user_feedback",),
            "user_feedback IS NOT NULL",
            "user_feedback = 'accepted'",
            denominator="Traces with a reaction: accepted, edited or rejected; silence is not a reaction.",
        ),
    ),
)

HALLUCINATION_RATE = Metric(
    id="hallucination_rate",
    label="Hallucination rate",
    sentence="How often the answer invents something.",
    unit=Unit.SHARE,
    better=Better.LOWER,
    shape=Shape.RATE,
    noun="invented something",
    readings=_labelled("hallucination", "Reviewed traces that were checked for inventions."),
)

GROUNDEDNESS_FAILURE = Metric(
    id="groundedness_failure_rate",
    label="Groundedness failure rate",
    sentence="How often the answer is not supported by its sources.",
    unit=Unit.SHARE,
    better=Better.LOWER,
    shape=Shape.RATE,
    noun="not supported",
    readings=tuple(
        Reading(
            source,
            relation,
            ("grounded",),
            "grounded IS NOT NULL",
            "NOT grounded",
            denominator="Reviewed traces whose answer was checked against its sources.",
        )
        for source, relation in ((Source.LABEL, Relation.LABELLED), (Source.JUDGE, Relation.JUDGED))
    ),
)


def _named_by(who: str, condition: str) -> str:
    """Whether a label of the row's run, given by ``who``, meets a condition."""
    return f"key IN (SELECT label.key FROM label WHERE {who} AND {condition})"  # noqa: S608 (constants)


def _stopped_early(source: Source, relation: Relation, who: str) -> Reading:
    """The kind of a failure stands in the labels, one of which may name what another leaves out."""
    is_named = _named_by(who, "failure_type IS NOT NULL")
    # Traces that were picked worst first say nothing about a rate, nor whether there is one.
    kinds = f"{who} AND failure_type IS NOT NULL AND COALESCE(sampling, '') <> 'worst'"
    some_named = f"EXISTS (SELECT 1 FROM label WHERE {kinds})"  # noqa: S608 (constants)
    stopped = _named_by(who, "LOWER(TRIM(failure_type)) = 'premature stop'")
    return Reading(
        source,
        relation,
        ("answer_right", "failure_type"),
        f"{some_named} AND (answer_right IS NOT NULL OR {is_named})",
        f"{stopped} OR (NOT COALESCE(answer_right, TRUE) AND NOT {is_named})",
        denominator=(
            "Reviewed traces whose answer was judged or whose kind of failure is named, once labels name "
            "kinds at all. A wrong answer of which nobody says the kind counts as stopped too soon, so that "
            "leaving kinds out never flatters."
        ),
    )


PREMATURE_STOP = Metric(
    id="premature_stop_rate",
    label="Premature stop rate",
    sentence="How often the feature stops before the task is done (failure type “premature stop”).",
    unit=Unit.SHARE,
    better=Better.LOWER,
    shape=Shape.RATE,
    noun="stopped too soon",
    readings=(
        _stopped_early(Source.LABEL, Relation.LABELLED, "NOT COALESCE(is_judge, FALSE)"),
        _stopped_early(Source.JUDGE, Relation.JUDGED, "COALESCE(is_judge, FALSE)"),
    ),
)

HALLUCINATIONS_IN_FIRST = Metric(
    id="hallucinations_in_first",
    label="Hallucinations in the first traces",
    sentence="Whether any of the first traces after the lock invents something.",
    unit=Unit.COUNT,
    better=Better.LOWER,
    shape=Shape.NONE_IN_FIRST,
    noun="hallucinations",
    readings=(
        Reading(
            Source.LABEL,
            Relation.LABELLED,
            ("hallucination",),
            "hallucination IS NOT NULL",
            "NOT hallucination",
            denominator="The first traces by time, all of which must be reviewed.",
        ),
    ),
)

EVAL_PASS_RATE = Metric(
    id="eval_pass_rate",
    label="Eval pass rate",
    sentence="How often a case of the eval set passes, averaged over its repeats.",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    shape=Shape.RATE,
    noun="passed",
    readings=(_EVAL_PASSED,),
)
