"""The canonical columns of every kind of evidence: one record drives reading, storing and docs.

Files come in with other spellings of these names (``spellings``); whatever is not listed here
is reported as "not used" and never stored.
"""

from enum import StrEnum

from core.evidence.column import CellType, Column, amount, count, flag, identifier, text, texts
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
    identifier("run_id", "The id of this run of the AI feature.", "traceid", "id", "runid", "requestid"),
    text("session_id", "The conversation that the run belongs to.", "session", "conversationid", "threadid"),
    Column(
        "started_at",
        CellType.TIME,
        "When the run began.",
        ("timestamp", "time", "startedat", "starttime", "start", "createdat", "date", "datetime"),
    ),
    text("user_id", "Who asked.", "user", "userid", "customerid", "enduser"),
    text("user_role", "The role of the person who asked.", "role"),
    text("user_segment", "The group of users the person belongs to.", "segment", "cohort", "usergroup"),
    text("channel", "Where the request came in: web, phone, chat.", "sourcechannel"),
    text("route", "The path through the feature that handled it.", "endpoint", "workflow"),
    text("task_type", "What kind of task it was.", "task", "tasktype", "category", "intent", "topic"),
    text(
        "query", "What the user asked.", "input", "question", "prompt", "request", "usermessage", "userinput"
    ),
    text("response", "What the feature answered.", "output", "answer", "completion", "reply", "modeloutput"),
    texts("tools_considered", "The tools that could have been picked.", "availabletools", "candidatetools"),
    text("tool_selected", "The tool that was picked.", "tool", "toolname", "selectedtool", "toolused"),
    text("tool_reason", "Why that tool was picked.", "toolrationale"),
    texts("tools_called", "Every tool called, in order.", "toolcalls", "toolsused", "calledtools"),
    text("tool_expected", "The tool that would have been right.", "expectedtool", "righttool"),
    text("tool_error", "What a tool reported as its error.", "toolfailure"),
    flag("schema_valid", "Whether the output had the agreed form.", "validschema", "outputvalid"),
    text("context_summary", "What the model was given to work with.", "context", "retrievedcontext"),
    texts(
        "retrieved_ids", "Ids of the documents that were fetched.", "retrieved", "contextids", "documentids"
    ),
    texts("relevant_ids", "Ids of the documents that were needed.", "relevant", "goldids"),
    texts("cited_ids", "Ids of the documents that the answer cites.", "citations", "cited"),
    texts("guardrail_decisions", "What each guardrail decided.", "guardrails"),
    text("model", "The model and its snapshot.", "modelname", "modelid", "llm"),
    text("prompt_version", "The version of the prompt.", "promptid", "templateversion"),
    text("release_bundle", "The release the run came from.", "release", "bundle", "version"),
    Column(
        "confidence",
        CellType.NUMBER,
        "The feature's own confidence, 0 to 1.",
        ("confidencescore", "certainty"),
        low=0,
        high=1,
    ),
    flag("abstained", "Whether the feature declined to answer.", "abstention", "refused"),
    flag("fallback", "Whether the non-AI path took over.", "fellback", "usedfallback"),
    flag("escalated", "Whether it was handed to a person.", "escalation", "handedoff", "handoff"),
    Column(
        "user_feedback",
        CellType.TEXT,
        "What the user did with the answer: accepted, edited or rejected.",
        ("feedback", "userfeedback", "useraction", "reaction"),
        choices=REACTION_WORDS,
    ),
    text("corrected_answer", "The answer as the user corrected it.", "correction", "editedanswer"),
    Column("scores", CellType.JSON, "Scores by name, as JSON.", ("evaluationscores",)),
    amount(
        "latency_ms",
        "How long the answer took, in milliseconds.",
        "latencyms",
        "durationms",
        "latencymilliseconds",
    ),
    count("input_tokens", "Tokens sent to the model.", "prompttokens", "tokensin"),
    count("output_tokens", "Tokens the model wrote.", "completiontokens", "tokensout"),
    amount("cost_usd", "What the run cost, in US dollars.", "cost", "totalcost", "costusd"),
    text("error", "Why the run failed, if it did.", "errormessage", "exception"),
)

EVAL_RESULT_COLUMNS = (
    text("eval_run_id", "The execution of the suite.", "evalrun", "experimentid", "experiment"),
    identifier("case_id", "The test case.", "case", "testid", "testcase", "exampleid", "id"),
    Column(
        "attempt", CellType.INTEGER, "The repeat of the case, from 0.", ("trial", "repeat", "epoch"), low=0
    ),
    text("release_bundle", "The release that was tested.", "release", "bundle", "version"),
    text("suite_version", "The version of the suite.", "suite", "datasetversion"),
    Column(
        "started_at",
        CellType.TIME,
        "When the case was run.",
        ("timestamp", "time", "startedat", "starttime", "createdat", "date"),
    ),
    text("query", "What was asked.", "input", "question", "prompt"),
    flag(
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
    texts(
        "tools_expected", "The tools that had to be called.", "expectedtools", "toolexpected", "expectedtool"
    ),
    texts(
        "tools_called", "Every tool called, in order.", "toolcalls", "calledtools", "toolsused", "actualtools"
    ),
    text("tool_selected", "The tool that was picked.", "tool", "selectedtool"),
    text("response", "What the feature answered.", "output", "answer", "actualoutput"),
    Column("metrics", CellType.JSON, "Scores by name, as JSON.", ("scores", "namedscores")),
    texts("lower_is_better", "The scores by name of which a lower one is better."),
    text("task_type", "What kind of task the case is.", "task", "tasktype", "category"),
    text("user_segment", "The group of users the case stands for.", "segment"),
    text("user_id", "The user the case plays.", "user", "userid"),
    flag("escalated", "Whether it was handed to a person.", "escalation"),
    amount("latency_ms", "How long the answer took, in milliseconds.", "latencyms", "durationms"),
    amount("cost_usd", "What the case cost, in US dollars.", "cost", "costusd"),
    count("tokens", "Tokens used in all.", "totaltokens"),
    text("error", "Why the run failed, if it did.", "errormessage", "exception"),
    text("judge", "Who or what graded the case.", "grader", "scorer"),
    flag("human_label", "A person's own verdict on the case.", "humanverdict"),
    text("source_trace", "The run in the traces that this result came from."),
    flag("of_whole_suite", "Whether this is a check of the suite as a whole, and so no case."),
)

LABEL_COLUMNS = (
    identifier("run_id", "The id of the trace that was judged.", "traceid", "id", "runid", "requestid"),
    flag("tool_right", "Was the right tool picked?", "toolcorrect", "correcttool", "righttool"),
    flag("context_right", "Was the right context fetched?", "contextcorrect"),
    flag("answer_right", "Was the answer right?", "correct", "answercorrect", "right", "iscorrect"),
    flag("grounded", "Is the answer supported by its sources?", "groundedness", "supported"),
    flag("hallucination", "Does the answer invent anything?", "hallucinated", "ishallucination"),
    text("failure_type", "What kind of failure it was.", "failure", "failuremode", "errortype"),
    text("root_cause", "Why it happened.", "cause", "rootcause"),
    text("severity", "How bad it was.", "impact"),
    text("corrected_answer", "What the answer should have been.", "correction", "rightanswer"),
    text("note", "The reviewer's remarks.", "notes", "comment", "comments", "remarks"),
    text("reviewer", "Who judged.", "labeller", "labeler", "annotator", "reviewedby", "labelledby"),
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
    flag("is_judge", "Whether an AI judge, not a person, gave the verdict.", "judge", "isllmjudge"),
    flag(
        "settled",
        "Whether this is the decision after reviewers disagreed: it wins over their labels, where they do "
        "disagree.",
        "adjudicated",
        "issettled",
    ),
)

FAILURE_COLUMNS = (
    identifier("run_id", "The id of the trace that failed.", "traceid", "id", "runid", "requestid"),
    text("failure_type", "What kind of failure it was.", "failure", "failuremode", "type", "failuretype"),
    text("root_cause", "Why it happened.", "cause", "rootcause", "reason"),
    text("fix", "What was done about it.", "solution", "remedy", "action"),
    text("owner", "Who takes care of it.", "assignee", "responsible"),
    text("note", "Remarks.", "notes", "comment", "comments", "remarks"),
    Column(
        "found_at",
        CellType.TIME,
        "When the failure was found.",
        ("foundat", "date", "timestamp", "reportedat", "createdat"),
    ),
)

SPAN_COLUMNS = (
    identifier("run_id", "The id of the run that the step belongs to.", "traceid"),
    identifier("span_id", "The id of the step.", "spanid", "observationid"),
    text("parent_id", "The step that called this one; blank for the first.", "parentid"),
    text("span_kind", "What the step does: llm, tool, retriever, agent, chain or another word."),
    text("name", "What the step is called."),
    Column("started_at", CellType.TIME, "When the step began.", ("starttime",)),
    Column("ended_at", CellType.TIME, "When the step ended.", ("endtime",)),
    text("input", "What the step was given."),
    text("output", "What the step gave back."),
    text("model", "The model and its snapshot."),
    text("prompt_version", "The version of the prompt."),
    text("release_bundle", "The release the run came from."),
    text("user_id", "Who asked."),
    text("session_id", "The conversation that the run belongs to."),
    text("user_segment", "The group of users the person belongs to."),
    text("user_role", "The role of the person who asked."),
    text("channel", "Where the request came in: web, phone, chat."),
    text("route", "The path through the feature that handled it."),
    text("task_type", "What kind of task it was."),
    text("tool_expected", "The tool that would have been right."),
    Column("confidence", CellType.NUMBER, "The feature's own confidence, 0 to 1.", low=0, high=1),
    flag("abstained", "Whether the feature declined to answer."),
    flag("fallback", "Whether the non-AI path took over."),
    flag("escalated", "Whether it was handed to a person."),
    texts("tools_considered", "The tools that the step could have picked."),
    texts("tools_called", "The tools that the step asked for, in order."),
    texts("retrieved_ids", "Ids of the documents that the step fetched."),
    count("input_tokens", "Tokens sent to the model by this step alone."),
    count("output_tokens", "Tokens the model wrote in this step alone."),
    amount("cost_usd", "What this step alone cost, in US dollars."),
    text("error", "Why the step failed, if it did."),
)

SCORE_COLUMNS = (
    identifier("run_id", "The id of the run that was scored.", "traceid"),
    identifier("score_id", "The id of the score.", "scoreid"),
    text("name", "What was scored.", "scorename"),
    Column("value", CellType.NUMBER, "The score as a number."),
    text("label", "The score as a word.", "stringvalue"),
    text("source", "Who gave it: the user (API), an AI judge (EVAL) or a reviewer (ANNOTATION)."),
    text("span_id", "The step that was scored, where it was not the whole run."),
    text("author", "The person who gave it."),
    text("comment", "Remarks."),
    Column("scored_at", CellType.TIME, "When it was given.", ("timestamp",)),
    Column(
        "user_feedback",
        CellType.TEXT,
        "What this score says about the user's reaction: accepted, edited or rejected.",
        choices=REACTION_WORDS,
    ),
)

CASE_COLUMNS = (
    identifier("case_id", "The test case.", "id"),
    text("suite", "The eval set that the case belongs to."),
    text("suite_version", "The version of the set."),
    text("query", "What is asked."),
    text("ground_truth", "The answer that would be right."),
    texts("tools_expected", "The tools that have to be called."),
    text("expected_behavior", "What a good answer does, in words."),
    text("failure_observed", "The failure that the case was made from."),
    text("source_run_id", "The run that the case was made from."),
    text("part", "The part of the set: gold, adversarial, regression or another word."),
    texts("tags", "Words that the case is filed under."),
    text("task_type", "What kind of task the case is."),
    text("user_segment", "The group of users the case stands for."),
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
