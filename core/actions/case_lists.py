"""Eval cases for people: listed with where they come from and how they did last, and one opened."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import datetime

from core.actions.case_naming import EvalSets, eval_sets
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.evidence.eval_case import TEXTS, EvalCase, Part
from core.evidence.free_text import KEPT_BACK, erased_on, expired_on
from core.evidence.near_duplicates import same_words
from core.store import case_results, eval_cases, features
from core.store.case_results import CaseResult
from core.store.eval_cases import KeptCase
from core.store.handed_in_cases import HandedInCase

MOST_RUNS = 50
RESULTS = ("failing", "mixed", "passing", "no result")
ORIGINS = ("promoted", "own", "handed in", "retired")


@dataclass(frozen=True)
class CaseFilter:
    """What is looked for; "" leaves it open. ``text`` stands in the id, the question or a tag."""

    text: str = ""
    part: str = ""
    result: str = ""
    origin: str = ""
    task: str = ""
    suite: str = ""

    @property
    def is_open(self) -> bool:
        return not any(astuple(self))


@dataclass(frozen=True)
class CaseLine:
    """A case with its last result; ``suite`` is the handed-in set it is of, None for an own one.

    ``alike`` are other cases with the very same words. Its texts are gone since ``expired_at``.
    """

    case: EvalCase
    last: CaseResult | None
    suite: str | None
    is_handed_in: bool
    is_retired: bool
    is_erased: bool
    saved_at: datetime | None
    author: str
    expired_at: datetime | None = None
    alike: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """One of :data:`ORIGINS`."""
        if self.is_retired:
            return "retired"
        if self.is_handed_in:
            return "handed in"
        return "promoted" if self.case.source_run_id else "own"

    @property
    def result(self) -> str:
        """One of :data:`RESULTS`: how the newest run of the case came out."""
        if self.last is None or not self.last.attempts:
            return "no result"
        if self.last.passes == self.last.attempts:
            return "passing"
        return "mixed" if self.last.passes else "failing"


@dataclass(frozen=True)
class CasesView:
    """``lines`` fit what was asked for, of ``total`` cases; ``tasks`` and ``suites`` can be filtered by."""

    lines: tuple[CaseLine, ...]
    total: int
    tasks: tuple[str, ...]
    suites: tuple[str, ...]
    may_edit: bool
    may_read: bool


@dataclass(frozen=True)
class CaseView:
    """One case opened: every version (newest first; none of a handed-in one), and what its runs said."""

    line: CaseLine
    versions: tuple[KeptCase, ...]
    results: tuple[CaseResult, ...]
    may_edit: bool


def view_cases(workspace: Workspace, caller: Caller, slug: str, asked: CaseFilter) -> CasesView:
    """The cases that fit, own ones first, by their ids; texts only for whoever may read them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        sets = eval_sets(connection, feature)
        last = case_results.last_results(workspace.warehouse, connection, feature, sets.naming)
        texts = texts_for(workspace, caller, feature)
    lines = _lines(sets, last, texts)
    # Who may not read texts must not learn either which words stand in them.
    fitting = tuple(line for line in lines if _fits(line, asked, reads=texts.may_read))
    tasks = sorted({line.case.task_type for line in lines if line.case.task_type})
    suites = sorted({line.suite for line in lines if line.suite})
    may_edit = may(workspace, caller, Act.EDIT_CASES, slug)
    return CasesView(fitting, len(lines), tuple(tasks), tuple(suites), may_edit, texts.may_read)


def open_case(workspace: Workspace, caller: Caller, slug: str, case_id: str) -> CaseView | None:
    """Everything that is known of a case; None where there is none of this id."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        sets = eval_sets(connection, feature)
        texts = texts_for(workspace, caller, feature)
        last = case_results.last_results(workspace.warehouse, connection, feature, sets.naming)
        line = next((one for one in _lines(sets, last, texts) if one.case.case_id == case_id), None)
        if line is None:
            return None
        kept = eval_cases.versions(connection, feature.id, case_id)
        results = case_results.of_case(
            workspace.warehouse, connection, feature, sets.naming, case_id, MOST_RUNS
        )
    shown = tuple(replace(one, case=_own_texts(one.case, texts)) for one in kept)
    return CaseView(line, shown, tuple(results), may(workspace, caller, Act.EDIT_CASES, slug))


def _lines(sets: EvalSets, last: dict[str, CaseResult], texts: TextsFor) -> list[CaseLine]:
    own = [_own(one, last, texts) for one in sets.own]
    files = [_handed_in(one, last, texts) for one in sets.handed_in]
    lines = own + sorted(files, key=lambda one: (one.suite or "", eval_cases.id_order(one.case.case_id)))
    asked = [(one.case.case_id, one.case.query) for one in sets.own if one.counts]
    asked += [(one.case.case_id, one.case.query) for one in sets.handed_in]
    groups = {case_id: group for group in same_words(asked) for case_id in group}
    return [
        replace(line, alike=tuple(one for one in group if one != line.case.case_id))
        if (group := groups.get(line.case.case_id)) and not line.is_retired
        else line
        for line in lines
    ]


def _own(one: KeptCase, last: dict[str, CaseResult], texts: TextsFor) -> CaseLine:
    return CaseLine(
        case=_own_texts(one.case, texts),
        last=last.get(one.case.case_id),
        suite=None,
        is_handed_in=False,
        is_retired=one.is_retired,
        is_erased=one.is_erased,
        saved_at=one.saved_at,
        author=one.author,
        expired_at=one.texts_expired_at,
    )


def _handed_in(one: HandedInCase, last: dict[str, CaseResult], texts: TextsFor) -> CaseLine:
    masked = {name: texts.text(getattr(one.case, name)) for name in TEXTS}
    return CaseLine(
        case=replace(one.case, **masked),  # type: ignore[arg-type]
        last=last.get(one.case.case_id),
        suite=one.suite or "",
        is_handed_in=True,
        is_retired=False,
        is_erased=False,
        saved_at=None,
        author="",
    )


def _own_texts(case: EvalCase, texts: TextsFor) -> EvalCase:
    """As saved, since whoever saved it confirmed that it holds no personal data; else kept back."""
    if texts.may_read:
        return case
    hidden = {name: _hidden(getattr(case, name)) for name in TEXTS}
    return replace(case, **hidden)  # type: ignore[arg-type]


def _hidden(text: str | None) -> str | None:
    """What stands instead of a text that is not for the reader; that it is gone is for everybody."""
    return (text if expired_on(text) or erased_on(text) else KEPT_BACK) if text else None


def _fits(line: CaseLine, asked: CaseFilter, *, reads: bool) -> bool:
    if asked.origin != "retired" and line.is_retired:
        return False
    if asked.part and line.case.part is not Part(asked.part):
        return False
    wanted = {
        asked.result: line.result,
        asked.origin: line.origin,
        asked.task: line.case.task_type,
        asked.suite: line.suite,
    }
    if any(word and word != found for word, found in wanted.items()):
        return False
    return not asked.text or asked.text.casefold() in " ".join(_words(line, reads)).casefold()


def _words(line: CaseLine, reads: bool) -> Sequence[str]:
    named = [line.case.case_id, *line.case.tags, line.case.failure_type or ""]
    return [*named, line.case.query] if reads else named
