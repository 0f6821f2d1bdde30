"""Which kind of evidence a file holds: exactly one, or the user is asked."""

from collections.abc import Mapping

from core.errors import Question, UnreadableFile
from core.evidence.columns import COLUMNS, TABLE_KINDS, VERDICT_COLUMNS, Kind, fold
from core.intake.answers import Answers
from core.intake.mapping import ColumnMapping, canonical_column
from core.intake.report import shown

IDENTITY = {
    Kind.TRACES: "run_id",
    Kind.EVALS: "case_id",
    Kind.LABELS: "run_id",
    Kind.FAILURES: "run_id",
    Kind.SPANS: "span_id",
    Kind.SCORES: "score_id",
}
LABEL_CONTENT = (*VERDICT_COLUMNS, "failure_type")
"""A label says something when one of these is filled."""

_EVAL_OUTCOMES = ("passed", "score", "error_kind", "metrics", "human_label", "tools_expected")
_ERROR_KEYS = {"error", "errors", "message", "detail", "code", "status", "statuscode"}
_SHOWN_HEADERS = 12

_ROW_IS = {
    Kind.TRACES: "one run of the AI feature",
    Kind.EVALS: "one result of a test case",
    Kind.LABELS: "one judgement of a run",
    Kind.FAILURES: "one failure of a run",
    Kind.SPANS: "one step of a run",
    Kind.SCORES: "one score of a run",
}
_NEEDS = {
    Kind.TRACES: "and for example query, response or started_at",
    Kind.EVALS: "and passed or score",
    Kind.LABELS: f"and one of {', '.join(LABEL_CONTENT)}",
    Kind.FAILURES: "and failure_type",
}

Found = Mapping[Kind, ColumnMapping]


def recognise(samples: Mapping[str, str], answers: Answers) -> tuple[ColumnMapping, str]:
    """The mapping of the file's columns and the sentence that says why it is of that kind.

    ``samples`` has every header with one of its cells. The mapping may carry questions, then the
    sentence is empty. Raises UnreadableFile when the columns fit no kind.
    """
    kinds = [kind for kind in TABLE_KINDS if answers.kind in (None, kind) and _has_named(kind, answers)]
    found = {kind: _mapped(kind, samples, answers) for kind in kinds}
    fitting = [kind for kind in kinds if _fits(kind, found, stated=answers.kind is not None)]
    fitting = [kind for kind in fitting if _named_for_itself(found[kind])] or fitting
    if not fitting:
        unsure = [mapping for mapping in found.values() if mapping.questions]
        if unsure:
            return unsure[0], ""
        raise _unknown_columns(samples, kinds or list(TABLE_KINDS))
    mapping = found[fitting[0]]
    if len(fitting) > 1:
        mapping.questions = [_which_kind(found, fitting)]
    if mapping.questions:
        return mapping, ""
    return mapping, _because(mapping, stated=answers.kind is not None)


def _has_named(kind: Kind, answers: Answers) -> bool:
    """Whether ``kind`` has all the canonical columns that the user's answers name."""
    names = {column.name for column in COLUMNS[kind]}
    return all(name in names for name in answers.columns.values() if name)


def _mapped(kind: Kind, headers: Mapping[str, str], answers: Answers) -> ColumnMapping:
    mapping = ColumnMapping(kind, answers.columns)
    mapping.add(headers)
    return mapping


def _fits(kind: Kind, found: Found, *, stated: bool) -> bool:
    names = found[kind].names()
    if IDENTITY[kind] not in names:
        return False
    if kind is Kind.LABELS:
        # A failure type alone makes a failure log; what was judged makes a label.
        said = LABEL_CONTENT if stated else VERDICT_COLUMNS
        return not names.isdisjoint(said)
    if kind is Kind.FAILURES:
        labels = found.get(Kind.LABELS)
        is_label = labels is not None and _fits(Kind.LABELS, found, stated=False)
        return "failure_type" in names and (stated or not is_label)
    if stated:
        return True
    if kind is Kind.EVALS:
        return not names.isdisjoint(_EVAL_OUTCOMES)
    # What a label may carry as well (a date, a corrected answer) does not make its file one of traces.
    also = {
        header
        for other in (Kind.LABELS, Kind.FAILURES)
        if other in found and _fits(other, found, stated=False)
        for header in found[other].columns
    }
    return len(names) > 1 and not set(found[kind].columns) <= also


def _named_for_itself(mapping: ColumnMapping) -> bool:
    """Whether the identity has a name of its own: “id” alone could be the id of anything."""
    return fold(mapping.header_of(IDENTITY[mapping.kind]) or "") != "id"


def _because(mapping: ColumnMapping, *, stated: bool) -> str:
    identity = IDENTITY[mapping.kind]
    if stated:
        return f"You said that each row is {_ROW_IS[mapping.kind]}."
    others = [column.name for column in mapping.columns.values() if column.name != identity]
    listed = ", ".join(others[:3])
    return f"Each row is {_ROW_IS[mapping.kind]}: the file has {identity} and {listed}."


def _which_kind(found: Found, fitting: list[Kind]) -> Question:
    options = {}
    for kind in fitting:
        names = [column.name for column in found[kind].columns.values()]
        options[kind.value] = f"Each row is {_ROW_IS[kind]} ({', '.join(names[:6])})."
    words = " or ".join(_ROW_IS[kind] for kind in fitting)
    sentence = f"Each row could be {words}. Which is it?"
    if Kind.TRACES in fitting and Kind.LABELS in fitting:
        sentence += " The same file can be imported twice: once as traces and once as labels."
    return Question("kind", sentence, options, samples=tuple(found[fitting[0]].uses)[:_SHOWN_HEADERS])


def _unknown_columns(samples: Mapping[str, str], kinds: list[Kind]) -> UnreadableFile:
    if samples and {fold(header) for header in samples} <= _ERROR_KEYS:
        message = "; ".join(sample for sample in samples.values() if sample)
        return UnreadableFile(
            f"The file is an error message of the tool it came from: {shown(message)}",
            mend="Check your access there and export again.",
            code="wrong_type",
        )
    headers = ", ".join(shown(header) for header in list(samples)[:_SHOWN_HEADERS])
    more = f" and {len(samples) - _SHOWN_HEADERS} more" if len(samples) > _SHOWN_HEADERS else ""
    needed = "; ".join(_needed(kind) for kind in kinds)
    return UnreadableFile(
        f"The columns fit nothing that can be imported: {headers}{more}.",
        mend=f"Rename the columns or name them in a mapping file. {needed}.",
        code="unknown_columns",
    )


def _needed(kind: Kind) -> str:
    identity = canonical_column(kind, IDENTITY[kind])
    also = ", ".join(identity.spellings)
    return f"{kind.value.capitalize()} need {identity.name} (also: {also}) {_NEEDS[kind]}"
