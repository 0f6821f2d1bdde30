"""The canonical columns of every kind of evidence: one record drives reading, storing and docs.

Files come in with other spellings of these names (``spellings``); whatever is not listed here
is reported as "not used" and never stored.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.evidence.reactions import REACTION_WORDS


class Kind(StrEnum):
    """What one row of a file is."""

    TRACES = "traces"
    EVALS = "evals"
    LABELS = "labels"
    FAILURES = "failures"
    SPANS = "spans"  # one step inside a run; the steps of a run are folded into its trace
    SCORES = "scores"  # one score somebody or something gave a run
    CASES = "cases"  # one test case of an eval set, without any result


class CellType(StrEnum):
    TEXT = "text"
    TIME = "time"  # an instant, stored in UTC with microseconds
    NUMBER = "number"  # a finite 64-bit float
    INTEGER = "integer"  # a 64-bit integer
    BOOLEAN = "boolean"
    TEXT_LIST = "text list"
    JSON = "json"  # kept as canonical JSON text


@dataclass(frozen=True)
class Column:
    """One canonical column.

    ``low`` and ``high`` are inclusive limits in the column's own unit; ``choices`` maps every
    accepted word (lower case) to the stored one; ``spellings`` are other header names, already
    folded by :func:`fold`.
    """

    name: str
    type: CellType
    meaning: str
    spellings: tuple[str, ...] = ()
    required: bool = False
    low: float | None = None
    high: float | None = None
    choices: tuple[tuple[str, str], ...] = ()
    is_identifier: bool = False

    @property
    def can_slice(self) -> bool:
        """Whether its values name parts of the evidence: words do, numbers, times and lists do not."""
        return self.type in (CellType.TEXT, CellType.BOOLEAN)


def fold(header: str) -> str:
    """``header`` without case, spaces and punctuation: "Run ID", "run_id" and "RUN-ID" agree."""
    return "".join(character for character in header.casefold() if character.isalnum())


def _text(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.TEXT, meaning, spellings)


def _amount(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.NUMBER, meaning, spellings, low=0)


def _count(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.INTEGER, meaning, spellings, low=0)


def _flag(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.BOOLEAN, meaning, spellings)


def _texts(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.TEXT_LIST, meaning, spellings)


def _id(name: str, meaning: str, *spellings: str) -> Column:
    return Column(name, CellType.TEXT, meaning, spellings, required=True, is_identifier=True)


_SAMPLING = tuple(
    (word, stored)
    for stored, words in {
        "complete": ("complete", "all", "every"),
        "random": ("random", "random sample"),
        "stratified": ("stratified", "stratified random"),
        "worst": ("worst", "20 worst", "worst first", "flagged"),
    }.items()
    for word in words
)

_ERROR_KINDS = (("run", "run"), ("judge", "judge"), ("limit", "limit"))

TRACE_COLUMNS = (
    _id("run_id", "The id of this run of the AI feature.", "traceid", "id", "runid", "requestid"),
    _text("session_id", "The conversation that the run belongs to.", "session", "conversationid", "threadid"),
    Column(
        "started_at",
        CellType.TIME,
        "When the run began.",
        ("timestamp", "time", "startedat", "starttime", "start", "createdat", "date", "datetime"),
    ),
    _text("user_id", "Who asked.", "user", "userid", "customerid", "enduser"),
    _text("user_role", "The role of the person who asked.", "role"),
    _text("user_segment", "The group of users the person belongs to.", "segment", "cohort", "usergroup"),
    _text("channel", "Where the request came in: web, phone, chat.", "sourcechannel"),
    _text("route", "The path through the feature that handled it.", "endpoint", "workflow"),
    _text("task_type", "What kind of task it was.", "task", "tasktype", "category", "intent", "topic"),
    _text(
        "query", "What the user asked.", "input", "question", "prompt", "request", "usermessage", "userinput"
    ),
    _text("response", "What the feature answered.", "output", "answer", "completion", "reply", "modeloutput"),
    _texts("tools_considered", "The tools that could have been picked.", "availabletools", "candidatetools"),
    _text("tool_selected", "The tool that was picked.", "tool", "toolname", "selectedtool", "toolused"),
    _text("tool_reason", "Why that tool was picked.", "toolrationale"),
    _texts("tools_called", "Every tool called, in order.", "toolcalls", "toolsused", "calledtools"),
    _text("tool_expected", "The tool that would have been right.", "expectedtool", "righttool"),
    _text("tool_error", "What a tool reported as its error.", "toolfailure"),
    _flag("schema_valid", "Whether the output had the agreed form.", "validschema", "outputvalid"),
    _text("context_summary", "What the model was given to work with.", "context", "retrievedcontext"),
    _texts(
        "retrieved_ids", "Ids of the documents that were fetched.", "retrieved", "contextids", "documentids"
    ),
    _texts("relevant_ids", "Ids of the documents that were needed.", "relevant", "goldids"),
    _texts("cited_ids", "Ids of the documents that the answer cites.", "citations", "cited"),
    _texts("guardrail_decisions", "What each guardrail decided.", "guardrails"),
    _text("model", "The model and its snapshot.", "modelname", "modelid", "llm"),
    _text("prompt_version", "The version of the prompt.", "promptid", "templateversion"),
    _text("release_bundle", "The release the run came from.", "release", "bundle", "version"),
    Column(
        "confidence",
        CellType.NUMBER,
        "The feature's own confidence, 0 to 1.",
        ("confidencescore", "certainty"),
        low=0,
        high=1,
    ),
    _flag("abstained", "Whether the feature declined to answer.", "abstention", "refused"),
    _flag("fallback", "Whether the non-AI path took over.", "fellback", "usedfallback"),
    _flag("escalated", "Whether it was handed to a person.", "escalation", "handedoff", "handoff"),
    Column(
        "user_feedback",
        CellType.TEXT,
        "What the user did with the answer: accepted, edited or rejected.",
        ("feedback", "userfeedback", "useraction", "reaction"),
        choices=REACTION_WORDS,
    ),
    _text("corrected_answer", "The answer as the user corrected it.", "correction", "editedanswer"),
    Column("scores", CellType.JSON, "Scores by name, as JSON.", ("evaluationscores",)),
    _amount(
        "latency_ms",
        "How long the answer took, in milliseconds.",
        "latencyms",
        "durationms",
        "latencymilliseconds",
    ),
    _count("input_tokens", "Tokens sent to the model.", "prompttokens", "tokensin"),
    _count("output_tokens", "Tokens the model wrote.", "completiontokens", "tokensout"),
    _amount("cost_usd", "What the run cost, in US dollars.", "cost", "totalcost", "costusd"),
    _text("error", "Why the run failed, if it did.", "errormessage", "exception"),
)

EVAL_RESULT_COLUMNS = (
    _text("eval_run_id", "The execution of the suite.", "evalrun", "experimentid", "experiment"),
    _id("case_id", "The test case.", "case", "testid", "testcase", "exampleid", "id"),
    Column(
        "attempt", CellType.INTEGER, "The repeat of the case, from 0.", ("trial", "repeat", "epoch"), low=0
    ),
    _text("release_bundle", "The release that was tested.", "release", "bundle", "version"),
    _text("suite_version", "The version of the suite.", "suite", "datasetversion"),
    Column(
        "started_at",
        CellType.TIME,
        "When the case was run.",
        ("timestamp", "time", "startedat", "starttime", "createdat", "date"),
    ),
    _text("query", "What was asked.", "input", "question", "prompt"),
    _flag(
        "passed",
        "Whether the case passed, as the tool stated it.",
        "pass",
        "success",
        "result",
        "correct",
        "passfail",
    ),
    Column(
        "score", CellType.NUMBER, "A score that a pass rule turns into passed.", ("reward", "grade", "rating")
    ),
    Column(
        "error_kind",
        CellType.TEXT,
        "What failed instead of the answer: run, judge or limit.",
        ("errortype",),
        choices=_ERROR_KINDS,
    ),
    _texts(
        "tools_expected", "The tools that had to be called.", "expectedtools", "toolexpected", "expectedtool"
    ),
    _texts(
        "tools_called", "Every tool called, in order.", "toolcalls", "calledtools", "toolsused", "actualtools"
    ),
    _text("tool_selected", "The tool that was picked.", "tool", "selectedtool"),
    _text("response", "What the feature answered.", "output", "answer", "actualoutput"),
    Column("metrics", CellType.JSON, "Scores by name, as JSON.", ("scores", "namedscores")),
    _texts("lower_is_better", "The scores by name of which a lower one is better."),
    _text("task_type", "What kind of task the case is.", "task", "tasktype", "category"),
    _text("user_segment", "The group of users the case stands for.", "segment"),
    _text("user_id", "The user the case plays.", "user", "userid"),
    _flag("escalated", "Whether it was handed to a person.", "escalation"),
    _amount("latency_ms", "How long the answer took, in milliseconds.", "latencyms", "durationms"),
    _amount("cost_usd", "What the case cost, in US dollars.", "cost", "costusd"),
    _count("tokens", "Tokens used in all.", "totaltokens"),
    _text("error", "Why the run failed, if it did.", "errormessage", "exception"),
    _text("judge", "Who or what graded the case.", "grader", "scorer"),
    _flag("human_label", "A person's own verdict on the case.", "humanverdict"),
    _text("source_trace", "The run in the traces that this result came from."),
    _flag("of_whole_suite", "Whether this is a check of the suite as a whole, and so no case."),
)

LABEL_COLUMNS = (
    _id("run_id", "The id of the trace that was judged.", "traceid", "id", "runid", "requestid"),
    _flag("tool_right", "Was the right tool picked?", "toolcorrect", "correcttool"),
    _flag("context_right", "Was the right context fetched?", "contextcorrect"),
    _flag("answer_right", "Was the answer right?", "correct", "answercorrect", "right", "iscorrect"),
    _flag("grounded", "Is the answer supported by its sources?", "groundedness", "supported"),
    _flag("hallucination", "Does the answer invent anything?", "hallucinated", "ishallucination"),
    _text("failure_type", "What kind of failure it was.", "failure", "failuremode", "errortype"),
    _text("root_cause", "Why it happened.", "cause", "rootcause"),
    _text("severity", "How bad it was.", "impact"),
    _text("corrected_answer", "What the answer should have been.", "correction", "rightanswer"),
    _text("note", "The reviewer's remarks.", "notes", "comment", "comments", "remarks"),
    _text("reviewer", "Who judged.", "labeller", "labeler", "annotator", "reviewedby", "labelledby"),
    Column(
        "sampling",
        CellType.TEXT,
        "How the traces were picked for review: complete, random, stratified or worst.",
        ("sample", "samplingmethod", "queue"),
        choices=_SAMPLING,
    ),
    Column(
        "labelled_at",
        CellType.TIME,
        "When the judgement was made.",
        ("labeledat", "reviewedat", "timestamp", "date"),
    ),
    _flag("is_judge", "Whether an AI judge, not a person, gave the verdict.", "judge", "isllmjudge"),
)

FAILURE_COLUMNS = (
    _id("run_id", "The id of the trace that failed.", "traceid", "id", "runid", "requestid"),
    _text("failure_type", "What kind of failure it was.", "failure", "failuremode", "type", "failuretype"),
    _text("root_cause", "Why it happened.", "cause", "rootcause", "reason"),
    _text("fix", "What was done about it.", "solution", "remedy", "action"),
    _text("owner", "Who takes care of it.", "assignee", "responsible"),
    _text("note", "Remarks.", "notes", "comment", "comments", "remarks"),
    Column(
        "found_at",
        CellType.TIME,
        "When the failure was found.",
        ("foundat", "date", "timestamp", "reportedat", "createdat"),
    ),
)

SPAN_COLUMNS = (
    _id("run_id", "The id of the run that the step belongs to.", "traceid"),
    _id("span_id", "The id of the step.", "spanid", "observationid"),
    _text("parent_id", "The step that called this one; blank for the first.", "parentid"),
    _text("span_kind", "What the step does: llm, tool, retriever, agent, chain or another word."),
    _text("name", "What the step is called."),
    Column("started_at", CellType.TIME, "When the step began.", ("starttime",)),
    Column("ended_at", CellType.TIME, "When the step ended.", ("endtime",)),
    _text("input", "What the step was given."),
    _text("output", "What the step gave back."),
    _text("model", "The model and its snapshot."),
    _text("prompt_version", "The version of the prompt."),
    _text("release_bundle", "The release the run came from."),
    _text("user_id", "Who asked."),
    _text("session_id", "The conversation that the run belongs to."),
    _text("user_segment", "The group of users the person belongs to."),
    _texts("tools_considered", "The tools that the step could have picked."),
    _texts("tools_called", "The tools that the step asked for, in order."),
    _texts("retrieved_ids", "Ids of the documents that the step fetched."),
    _count("input_tokens", "Tokens sent to the model by this step alone."),
    _count("output_tokens", "Tokens the model wrote in this step alone."),
    _amount("cost_usd", "What this step alone cost, in US dollars."),
    _text("error", "Why the step failed, if it did."),
)

SCORE_COLUMNS = (
    _id("run_id", "The id of the run that was scored.", "traceid"),
    _id("score_id", "The id of the score.", "scoreid"),
    _text("name", "What was scored.", "scorename"),
    Column("value", CellType.NUMBER, "The score as a number."),
    _text("label", "The score as a word.", "stringvalue"),
    _text("source", "Who gave it: the user (API), an AI judge (EVAL) or a reviewer (ANNOTATION)."),
    _text("span_id", "The step that was scored, where it was not the whole run."),
    _text("author", "The person who gave it."),
    _text("comment", "Remarks."),
    Column("scored_at", CellType.TIME, "When it was given.", ("timestamp",)),
    Column(
        "user_feedback",
        CellType.TEXT,
        "What this score says about the user's reaction: accepted, edited or rejected.",
        choices=REACTION_WORDS,
    ),
)

CASE_COLUMNS = (
    _id("case_id", "The test case.", "id"),
    _text("suite", "The eval set that the case belongs to."),
    _text("suite_version", "The version of the set."),
    _text("query", "What is asked."),
    _text("ground_truth", "The answer that would be right."),
    _texts("tools_expected", "The tools that have to be called."),
    _text("expected_behavior", "What a good answer does, in words."),
    _text("failure_observed", "The failure that the case was made from."),
    _text("source_run_id", "The run that the case was made from."),
    _text("part", "The part of the set: gold, adversarial, regression or another word."),
    _texts("tags", "Words that the case is filed under."),
    _text("task_type", "What kind of task the case is."),
    _text("user_segment", "The group of users the case stands for."),
)

COLUMNS: dict[Kind, tuple[Column, ...]] = {
    Kind.TRACES: TRACE_COLUMNS,
    Kind.EVALS: EVAL_RESULT_COLUMNS,
    Kind.LABELS: LABEL_COLUMNS,
    Kind.FAILURES: FAILURE_COLUMNS,
    Kind.SPANS: SPAN_COLUMNS,
    Kind.SCORES: SCORE_COLUMNS,
    Kind.CASES: CASE_COLUMNS,
}

TABLE_KINDS = (Kind.TRACES, Kind.EVALS, Kind.LABELS, Kind.FAILURES)
"""What the rows of any table can be; steps, scores and cases come from the tools that are recognised."""

RUN_KINDS = (Kind.TRACES, Kind.SPANS, Kind.SCORES)
"""Evidence about runs: rows of these kinds with the same run id tell of one trace."""

VERDICT_COLUMNS = ("tool_right", "context_right", "answer_right", "grounded", "hallucination")
"""The yes/no questions that a label answers; a label that answers none of them says nothing."""
