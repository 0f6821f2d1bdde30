"""Eval sets as files for the tools that run them, and for spreadsheets: masked, and in the log."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, reason_to_reveal, texts_for
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.eval_case import EvalCase
from core.export.case_formats import FORMATS, CaseFormat
from core.store import audit, eval_cases, eval_suites, features
from core.store.eval_cases import KeptCase


@dataclass(frozen=True)
class CaseFile:
    """An eval set as one file; ``masked`` counts the passages of personal data replaced in it.

    ``left_out`` cases are not in it, because their texts have expired or were erased.
    """

    content: bytes
    file_name: str
    mime: str
    cases: int
    masked: int
    left_out: int = 0


def export_cases(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    format_name: str,
    suite: str | None = None,
) -> CaseFile:
    """The cases as they stand, or those of the newest locked version of ``suite``, for one tool.

    Personal data in their texts is masked. Raises WrongUsage for an unknown format, and where there is
    no case.
    """
    require(workspace, caller, Act.READ_TEXTS, slug)
    return _export(workspace, caller, now, slug, _format(format_name), suite, reason=None)


def reveal_cases(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    format_name: str,
    suite: str | None = None,
    reason: str,
) -> CaseFile:
    """The same with the texts as they were kept; the log keeps the reason."""
    require(workspace, caller, Act.REVEAL, slug)
    return _export(workspace, caller, now, slug, _format(format_name), suite, reason=reason_to_reveal(reason))


def cases_of(
    workspace: Workspace, caller: Caller, slug: str, suite: str | None = None
) -> tuple[EvalCase, ...]:
    """The cases of the newest lock of ``suite``, or (None) those that a lock would take now, by their ids.

    Their texts are as they were saved: whoever saved them confirmed that they hold no personal data. Raises
    WrongUsage where no set of that name was locked here.
    """
    require(workspace, caller, Act.READ_TEXTS, slug)
    return _found(workspace, slug, suite)[0]


def _found(workspace: Workspace, slug: str, suite: str | None) -> tuple[tuple[EvalCase, ...], int]:
    """Those cases, and of how many more the texts have expired or were erased."""
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        if suite is None:
            every = eval_cases.newest(connection, feature.id)
            return _with_texts([one for one in every if not one.is_retired])
        lock = eval_suites.newest(connection, feature.id, suite)
        if lock is None:
            every_lock = eval_suites.newest_of_each(eval_suites.history(connection, feature.id))
            known = ", ".join(one.name for one in every_lock)
            mend = f"Locked sets: {known}." if known else "Lock the set on the Evals page first."
            raise WrongUsage(f"No eval set “{suite}” was locked here.", mend=mend)
        return _with_texts(eval_cases.numbered(connection, feature.id, lock.cases))


def _with_texts(there: Sequence[KeptCase]) -> tuple[tuple[EvalCase, ...], int]:
    found = tuple(one.case for one in there if one.has_texts)
    return found, len(there) - len(found)


def _export(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    wanted: CaseFormat,
    suite: str | None,
    *,
    reason: str | None,
) -> CaseFile:
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
    texts = texts_for(workspace, caller, feature, as_it_was=reason is not None)
    found, left_out = _found(workspace, slug, suite)
    cases = [_as_seen(case, texts) for case in found]
    if not cases:
        which = f"The suite “{suite}”" if suite else "The eval set"
        why = "has no case with its texts left" if left_out else "has no cases yet"
        raise WrongUsage(f"{which} {why}.", mend="Make one on the Evals page.")
    content = wanted.write(cases)
    told: dict[str, object] = {"cases": len(cases), "format": wanted.name, "suite": suite}
    told |= {"left_out": left_out} if left_out else {}
    # What cannot be logged is not handed out.
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="cases exported" if reason is None else "texts revealed",
            subject=f"feature/{slug}",
            payload=told if reason is None else {**told, "reason": reason},
            now=now,
        )
    return CaseFile(content, wanted.file_name(slug), wanted.mime, len(cases), texts.masked, left_out)


def _format(name: str) -> CaseFormat:
    if name not in FORMATS:
        raise WrongUsage(f"There is no format “{name}”.", mend=f"Choose one of: {', '.join(FORMATS)}.")
    return FORMATS[name]


def _as_seen(case: EvalCase, texts: TextsFor) -> EvalCase:
    """The case with its free text as the caller may see it; ids and the words it is filed under stay."""
    return replace(
        case,
        query=texts.text(case.query) or "",
        ground_truth=texts.text(case.ground_truth),
        expected_behavior=texts.text(case.expected_behavior),
        failure_observed=texts.text(case.failure_observed),
    )
