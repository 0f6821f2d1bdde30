"""Which kind of evidence a file holds and what its columns are: one reading, or the user is asked."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from core.errors import Question, UnreadableFile
from core.evidence.column import fold
from core.evidence.columns import TABLE_KINDS, VERDICT_COLUMNS, Kind
from core.evidence.outside_measures import COLUMNS as OUTSIDE_COLUMNS
from core.intake.answers import Answers
from core.intake.column_looks import Look
from core.intake.guessing import Ground, Guess, as_columns, guess_columns, likeliest_kinds
from core.intake.mapping import ColumnMapping
from core.intake.needs import IDENTITY, KIND_OPTIONS, LABEL_CONTENT, ROW_IS, what_is_missing, without_id
from core.intake.nested import spoken_parts
from core.intake.other_units import choices, column_name
from core.intake.report import Use, shown

__all__ = ["IDENTITY", "LABEL_CONTENT", "recognise"]

MAPPING = "columns"
"""The key of the question that asks what every column is."""

_EVAL_OUTCOMES = ("passed", "score", "error_kind", "metrics", "human_label", "tools_expected")
_ERROR_KEYS = {"error", "errors", "message", "detail", "code", "status", "statuscode"}
_SHOWN_HEADERS = 12
_NO_YES_OR_NO = ("tool_expected", "tool_selected")

_OF_A_PART = {
    "spanid", "contextspanid", "parentid", "parentspanid", "parentrunid", "parentobservationid",
    "annotationname", "annotatorkind", "dottedorder", "runtype", "spankind", "feedbacksource", "eventid",
}  # fmt: skip
"""Headers (folded) of files whose rows are steps or remarks of runs: counted as runs they would be lies."""

Found = Mapping[Kind, ColumnMapping]
Cells = Mapping[str, Sequence[str | None]]


def recognise(
    cells: Cells, answers: Answers, parts: Cells = MappingProxyType({})
) -> tuple[ColumnMapping, str]:
    """The mapping of the file's columns and the sentence that says why it is of that kind.

    ``cells`` has every header with some of its cells, ``parts`` the parts of the objects in them, which
    are used only where the user says so. The mapping may carry questions, then the
    sentence is empty: which kind, which of two columns, or, as one question, what every column is.
    Raises UnreadableFile where there are no columns to ask about.
    """
    if answers.kind not in (None, *TABLE_KINDS):
        raise UnreadableFile(
            f"A table of one's own cannot be imported as {answers.kind.value}.",
            mend=f"Its rows can be: {', '.join(TABLE_KINDS)}.",
            code="wrong_type",
        )
    _refuse_outside_counts(cells)
    kinds = [kind for kind in TABLE_KINDS if answers.kind in (None, kind) and _has_named(kind, answers)]
    found = {kind: _mapped(kind, cells, answers) for kind in kinds}
    fitting = [kind for kind in kinds if _fits(kind, found, stated=answers.kind is not None)]
    if not fitting and answers.kind and answers.known_by and without_id(answers.kind, _names(found)):
        fitting = [answers.kind]
    fitting = [kind for kind in fitting if _named_for_itself(found[kind])] or fitting
    if not fitting:
        unsure = [mapping for mapping in found.values() if mapping.questions]
        if unsure and not answers.check_columns:
            return unsure[0], ""
        _refuse_hopeless(cells)
    hints = _has_hints(found, fitting, cells, answers) or _has_messages(found, fitting, parts, answers)
    if not fitting or answers.check_columns or hints:
        return _asked({**cells, **parts}, answers, fitting), ""
    mapping = found[fitting[0]]
    if len(fitting) > 1:
        mapping.questions = [_which_kind(found, fitting)]
    if mapping.questions:
        return mapping, ""
    return mapping, _because(mapping, stated=answers.kind is not None)


def _names(found: Found) -> set[str]:
    return set().union(*(mapping.names() for mapping in found.values()))


def _has_named(kind: Kind, answers: Answers) -> bool:
    """Whether ``kind`` has all the canonical columns that the user's answers name."""
    names = choices(kind)
    return all(name in names for name in answers.columns.values() if name)


def _mapped(kind: Kind, headers: Cells, answers: Answers) -> ColumnMapping:
    mapping = ColumnMapping(kind, answers.columns)
    mapping.add(headers)
    for header, column in [*mapping.columns.items()]:
        # “Right tool?” over yes and no is a judgement, and no tool.
        is_known = column.name in _NO_YES_OR_NO and mapping.uses[header] is Use.SPELLING
        if is_known and Look(headers[header]).is_yes_no:
            mapping.leave_unknown(header)
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
        # Many things have a “type”; beside a cause or a fix it is that of a failure.
        has_type = fold(found[kind].header_of("failure_type") or "type") != "type"
        says_failure = has_type or not names.isdisjoint(("root_cause", "fix"))
        return "failure_type" in names and (stated or (says_failure and not is_label))
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
    is_whole = _OF_A_PART.isdisjoint(map(fold, found[kind].uses))
    return is_whole and len(names) > 1 and not set(found[kind].columns) <= also


def _named_for_itself(mapping: ColumnMapping) -> bool:
    """Whether the identity has a name of its own: “id” alone could be the id of anything."""
    return fold(mapping.header_of(IDENTITY[mapping.kind]) or "") != "id"


def _has_hints(found: Found, fitting: Sequence[Kind], cells: Cells, answers: Answers) -> bool:
    """Whether a column that would not be used has a name like that of a column that is still free.

    Whoever named columns has looked at them, so nobody is asked twice.
    """
    if answers.columns or len(fitting) != 1:
        return False
    mapping = found[fitting[0]]
    names = mapping.names()
    unused = {header for header, use in mapping.uses.items() if use is Use.UNKNOWN}
    return any(
        guess.header in unused and guess.ground is Ground.NAME and column_name(guess.name) not in names
        for guess in guess_columns(mapping.kind, cells)
    )


def _has_messages(found: Found, fitting: Sequence[Kind], parts: Cells, answers: Answers) -> bool:
    """Whether the runs have no question and no answer, but messages in which both stand."""
    if answers.columns or fitting != [Kind.TRACES]:
        return False
    mapping = found[Kind.TRACES]
    texts = {part for header in mapping.uses for part in spoken_parts(header)}
    return mapping.names().isdisjoint(("query", "response")) and not texts.isdisjoint(parts)


def _asked(cells: Cells, answers: Answers, fitting: Sequence[Kind]) -> ColumnMapping:
    """The mapping as it is guessed, with the question what every column is."""
    kind = answers.kind or likeliest_kinds(cells, fitting or TABLE_KINDS)[0]
    guesses = [_as_answered(guess, kind, answers) for guess in guess_columns(kind, cells)]
    mapping = ColumnMapping(kind, {guess.header: guess.name for guess in guesses})
    mapping.add(cells)
    known = sum(bool(guess.name) for guess in guesses)
    sentence = (
        f"This looks like {kind.value}, where each row is {ROW_IS[kind]}; "
        f"{known} of {len(guesses)} columns could be guessed. Is each column what it seems to be?"
    )
    missing = what_is_missing(kind, mapping.names())
    parts = [header for header in cells if fold(header) in _OF_A_PART]
    if kind is Kind.TRACES and parts:
        missing = (
            f"But the column “{shown(parts[0])}” says that each row is only a part of a run: a step or a "
            "remark. If so, do not import it as traces; ask your tool for an export with one row a run."
        )
    if missing:
        sentence = f"{sentence} {missing}"
    if known_by := without_id(kind, mapping.names()):
        sentence = f"{sentence} {known_by}"
    options = {kind.value: KIND_OPTIONS[kind.value]} | KIND_OPTIONS
    mapping.questions = [Question(MAPPING, sentence, options, columns=as_columns(guesses, cells))]
    return mapping


def _as_answered(guess: Guess, kind: Kind, answers: Answers) -> Guess:
    """``guess``, or what the user said before about its column."""
    if guess.header not in answers.columns or not _has_named(kind, answers):
        taken = column_name(guess.name) in map(column_name, answers.columns.values())
        return Guess(guess.header, "", "Another column is it already.", Ground.NONE) if taken else guess
    return Guess(guess.header, answers.columns[guess.header], "This is your answer.", Ground.KNOWN)


def _because(mapping: ColumnMapping, *, stated: bool) -> str:
    identity = IDENTITY[mapping.kind]
    if stated:
        return f"You said that each row is {ROW_IS[mapping.kind]}."
    others = [column.name for column in mapping.columns.values() if column.name != identity]
    listed = ", ".join(others[:3])
    return f"Each row is {ROW_IS[mapping.kind]}: the file has {identity} and {listed}."


def _which_kind(found: Found, fitting: list[Kind]) -> Question:
    options = {}
    for kind in fitting:
        names = [column.name for column in found[kind].columns.values()]
        options[kind.value] = f"Each row is {ROW_IS[kind]} ({', '.join(names[:6])})."
    words = " or ".join(ROW_IS[kind] for kind in fitting)
    sentence = f"Each row could be {words}. Which is it?"
    if Kind.TRACES in fitting and Kind.LABELS in fitting:
        sentence += " The same file can be imported twice: once as traces and once as labels."
    return Question("kind", sentence, options, samples=tuple(found[fitting[0]].uses)[:_SHOWN_HEADERS])


def _refuse_outside_counts(cells: Cells) -> None:
    """Raises UnreadableFile for the sheet of weekly counts, whose home is another page."""
    if {fold(name) for name in OUTSIDE_COLUMNS} <= {fold(header) for header in cells}:
        raise UnreadableFile(
            "This is the sheet of weekly counts, which holds no runs.",
            mend="Upload it on the Health page, under “Outside counts”.",
            code="outside_counts",
        )


def _refuse_hopeless(cells: Cells) -> None:
    """Raises UnreadableFile where nobody could say which column is what."""
    if cells and {fold(header) for header in cells} <= _ERROR_KEYS:
        samples = (next(filter(None, column), "") for column in cells.values())
        message = "; ".join(sample for sample in samples if sample)
        raise UnreadableFile(
            f"The file is an error message of the tool it came from: {shown(message)}",
            mend="Check your access there and export again.",
            code="wrong_type",
        )
    if len(cells) < 2:
        headers = ", ".join(shown(header) for header in cells) or "none"
        raise UnreadableFile(
            f"The file has no columns that could be evidence: {headers}.",
            mend="A table needs a column with an id for each row, and columns that say something about it.",
            code="unknown_columns",
        )
