"""What an eval case could be, as a trace and its labels suggest it: personal data in it is masked."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.traces import trace_as
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.eval_case import EvalCase, Part
from core.evidence.free_text import erased_on, expired_on
from core.store import eval_cases, features
from core.store.database import Connection
from core.store.eval_cases import KeptCase
from core.store.features import Feature
from core.store.traces import TraceRecord

_VERDICTS = {
    "tool_right": "the wrong tool was picked",
    "context_right": "the wrong context was fetched",
    "answer_right": "the answer was wrong",
    "grounded": "the answer was not supported by its sources",
}


@dataclass(frozen=True)
class CaseDraft:
    """A case as a trace suggests it, without an id; ``masked`` counts the personal data that was replaced.

    ``made`` are the cases that were made from the trace before.
    """

    case: EvalCase
    masked: int
    made: tuple[KeptCase, ...]


def draft_of_run(workspace: Workspace, caller: Caller, slug: str, run_id: str) -> CaseDraft:
    """What a trace and its labels say of the case that it could become, personal data masked.

    Raises WrongUsage where there is no such trace, or where its question is no longer there.
    """
    require(workspace, caller, Act.EDIT_CASES, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature)
        return suggested(workspace, connection, feature, texts, run_id)


def suggested(
    workspace: Workspace, connection: Connection, feature: Feature, texts: TextsFor, run_id: str
) -> CaseDraft:
    view = trace_as(workspace, connection, feature, texts, run_id)
    if view is None:
        raise WrongUsage(
            "This feature has no trace with that id.", mend="Its upload may have been withdrawn."
        )
    record = view.record
    query = record.values["query"]
    if not query or expired_on(query) or erased_on(query):
        gone = "expired" if expired_on(query) else "was erased" if erased_on(query) else "is not recorded"
        raise WrongUsage(
            f"The question of this trace {gone}, so no test can be made of it.",
            mend="Write the case by hand.",
        )
    case = with_expectation(_suggested(record))
    made = eval_cases.of_run(connection, feature.id, record.run_id)
    return CaseDraft(case, texts.masked, tuple(made))


def _suggested(record: TraceRecord) -> EvalCase:
    """Labels of people stand before those of judges, the newest first; then the failure log."""
    cells = record.values
    newest_first = list(reversed(record.labels))
    labels = sorted(newest_first, key=lambda one: bool(one["is_judge"]))
    corrected = [label["corrected_answer"] for label in labels] + [cells["corrected_answer"]]
    types = [label["failure_type"] for label in labels] + [one.failure_type for one in record.failures]
    notes = [label["note"] for label in labels] + [one.note for one in record.failures]
    failure_type, note = _first(types), _first(notes)
    judged = [words for name, words in _VERDICTS.items() if any(label[name] is False for label in labels)]
    judged += ["the answer invented something"] * any(label["hallucination"] for label in labels)
    wrong = failure_type or "; ".join(judged)
    return EvalCase(
        case_id="",
        query=cells["query"],
        part=Part.REGRESSION,
        ground_truth=_first(corrected),
        tools_expected=(cells["tool_expected"],) if cells["tool_expected"] else (),
        failure_observed=": ".join(part for part in (wrong, note) if part) or None,
        failure_type=failure_type,
        source_run_id=record.run_id,
        task_type=cells["task_type"],
        user_segment=cells["user_segment"],
    )


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text and not expired_on(text) and not erased_on(text)), None)


def with_expectation(case: EvalCase) -> EvalCase:
    """A case that says nothing of a good answer says at least what must not happen again."""
    if case.ground_truth or case.tools_expected or case.expected_behavior or not case.failure_observed:
        return case
    return replace(case, expected_behavior=f"It does not happen again: {case.failure_observed}")
