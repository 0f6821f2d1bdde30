"""What a row of each kind is, what identifies it, and which columns a file of it must have."""

from collections.abc import Collection

from core.evidence.columns import TABLE_KINDS, VERDICT_COLUMNS, Kind

IDENTITY = {
    Kind.TRACES: "run_id",
    Kind.EVALS: "case_id",
    Kind.LABELS: "run_id",
    Kind.FAILURES: "run_id",
    Kind.SPANS: "span_id",
    Kind.SCORES: "score_id",
    Kind.CASES: "case_id",
}

KNOWN_BY = {Kind.TRACES: ("query", "response"), Kind.EVALS: ("query",)}
"""Rows of these kinds can do without an id where one of the columns is there, if the user says so."""

LABEL_CONTENT = (*VERDICT_COLUMNS, "failure_type")
"""A label says something when one of these is filled."""

ROW_IS = {
    Kind.TRACES: "one run of the AI feature",
    Kind.EVALS: "one result of a test case",
    Kind.LABELS: "one judgement of a run",
    Kind.FAILURES: "one failure of a run",
    Kind.SPANS: "one step of a run",
    Kind.SCORES: "one score of a run",
    Kind.CASES: "one test case, without a result",
}

KIND_OPTIONS = {kind.value: f"Each row is {ROW_IS[kind]}." for kind in TABLE_KINDS}
"""The kinds that the rows of any table can be, as the answers of a question."""


def without_id(kind: Kind, names: Collection[str]) -> str:
    """The sentence that says how rows of ``kind`` with the columns ``names`` are known without an id; empty
    where they have one, or cannot do without."""
    if IDENTITY[kind] in names or not set(names) & set(KNOWN_BY.get(kind, ())):
        return ""
    known = "what stands in it, and equal rows count once" if kind is Kind.TRACES else "its question"
    row = "row" if kind is Kind.TRACES else "case"
    return f"No column is {IDENTITY[kind]}: each {row} will be known by {known}."


def what_is_missing(kind: Kind, names: Collection[str]) -> str:
    """The sentence that says which column a file of ``kind`` with the columns ``names`` still needs;
    empty where it has enough."""
    identity = IDENTITY[kind]
    if identity not in names and not without_id(kind, names):
        return f"No column is {identity}, which says which row is which: {ROW_IS[kind]}."
    if kind is Kind.LABELS and not set(names) & set(LABEL_CONTENT):
        return f"A label says something about a run: one column must be one of {', '.join(LABEL_CONTENT)}."
    if kind is Kind.FAILURES and "failure_type" not in names:
        return "No column is failure_type, which says what kind of failure it was."
    return ""
