"""Eval cases: made from a failure, written by hand, taken from a handed-in set, edited, retired."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from core.actions.case_drafts import suggested, with_expectation
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.errors import Conflict, WrongUsage
from core.evidence.eval_case import TEXTS, EvalCase, Part, changed_fields, checked_case, field_name
from core.evidence.near_duplicates import Alike, alike
from core.intake.redaction import find
from core.store import audit, eval_cases, features, handed_in_cases
from core.store.database import Connection
from core.store.eval_cases import KeptCase
from core.store.features import Feature

_KINDS = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "card": "a card number",
    "iban": "an IBAN",
    "ssn": "a social security number",
    "ip": "an IP address",
    "key": "a key or password",
}


def promote(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    run_id: str,
    *,
    query: str | None = None,
    ground_truth: str | None = None,
    tools_expected: Sequence[str] | None = None,
    expected_behavior: str | None = None,
    failure_observed: str | None = None,
    failure_type: str | None = None,
    part: Part = Part.REGRESSION,
    tags: Sequence[str] = (),
    is_critical: bool = False,
    no_personal_data: bool = False,
    alike_ok: bool = False,
) -> EvalCase:
    """Make an eval case of a trace: what is None is as the trace and its labels say, "" is left out.

    ``no_personal_data`` is the word of the caller that the texts hold none; ``alike_ok`` saves it although
    another case asks nearly the same. Raises WrongUsage without them, InvalidDocument where it is no case.
    """
    require(workspace, caller, Act.EDIT_CASES, slug)
    if not no_personal_data:
        raise WrongUsage(
            "Nobody has said that the texts hold no personal data.",
            mend="Read them, take out names and addresses, and confirm it.",
        )
    given = {
        "query": query,
        "ground_truth": ground_truth,
        "tools_expected": None if tools_expected is None else tuple(tools_expected),
        "expected_behavior": expected_behavior,
        "failure_observed": failure_observed,
        "failure_type": failure_type,
    }
    said = {name: value for name, value in given.items() if value is not None}
    with workspace.database.reading() as connection:
        seen = features.by_slug(connection, slug)
        draft = suggested(workspace, connection, seen, texts_for(workspace, caller, seen), run_id).case
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        if feature.evidence_version != seen.evidence_version:
            # The trace may be of somebody who was erased at this very moment.
            raise WrongUsage("The evidence changed meanwhile.", mend="Look at the trace again, then save.")
        case = replace(draft, **said, part=part, tags=tuple(tags), is_critical=is_critical)  # type: ignore[arg-type]
        case = checked_case(replace(case, case_id=_new_id(connection, feature)))
        if not alike_ok:
            _refuse_alike(case, _questions(connection, feature))
        return _save(connection, feature, caller, now, case, None, reason="", action="case promoted")


def save_case(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    case: EvalCase,
    *,
    based_on: int | None = None,
    reason: str = "",
    no_personal_data: bool = False,
    alike_ok: bool = False,
) -> EvalCase:
    """Save a new case (without an id) or the next version of one; the same content makes no version.

    ``based_on`` is the version that the caller saw: a newer one is a :class:`core.errors.Conflict`. Which
    trace a case was made from stays. Raises WrongUsage where a text looks like personal data and the caller
    did not say that it is none, or where another case asks nearly the same and ``alike_ok`` is not said.
    """
    require(workspace, caller, Act.EDIT_CASES, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = _based_on(connection, feature, case.case_id, based_on) if case.case_id else None
        if before is None:
            case = replace(case, case_id=_new_id(connection, feature), source_run_id=None)
        else:
            case = replace(case, source_run_id=before.case.source_run_id)
        case = checked_case(case)
        is_same = before is not None and not changed_fields(before.case, case) and not before.is_retired
        if before is not None and is_same:
            return before.case
        if not no_personal_data:
            _refuse_personal(case, before.case if before else None)
        if not alike_ok and (before is None or before.case.query != case.query):
            _refuse_alike(case, _questions(connection, feature))
        return _save(connection, feature, caller, now, case, before, reason=reason.strip())


def retire_case(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    case_id: str,
    *,
    based_on: int,
    reason: str,
    back: bool = False,
) -> EvalCase:
    """Take a case out of the sets with a reason, or (``back``) into them again; its versions stay."""
    require(workspace, caller, Act.EDIT_CASES, slug)
    if not reason.strip():
        raise WrongUsage("Retiring a case takes a reason.", mend="Say why it is no test any more.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = _based_on(connection, feature, case_id, based_on)
        if before.is_retired is not back:
            raise WrongUsage(
                f"{case_id} is {'not ' if back else ''}retired already.", mend="Look at the case again."
            )
        return _save(
            connection,
            feature,
            caller,
            now,
            before.case,
            before,
            reason=reason.strip(),
            action="case brought back" if back else "case retired",
        )


def take_cases(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    case_ids: Sequence[str],
    *,
    suite: str | None = None,
) -> tuple[EvalCase, ...]:
    """Take handed-in cases into the own set, with their ids, so that their results stay theirs.

    Personal data that has a form is masked. ``suite`` names their set, where several have such ids. Raises
    WrongUsage where one of them is not there or is in the own set already.
    """
    require(workspace, caller, Act.EDIT_CASES, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        texts = texts_for(workspace, caller, feature)
        offered = {
            one.case.case_id: one.case
            for one in handed_in_cases.of_feature(connection, feature.id)
            if suite is None or one.suite == suite
        }
        taken = []
        for case_id in dict.fromkeys(case_ids):
            if case_id not in offered:
                raise WrongUsage(f"No handed-in set has the case {case_id}.", mend="Look at the list again.")
            if eval_cases.one_newest(connection, feature.id, case_id) is not None:
                raise WrongUsage(f"{case_id} is in the own set already.", mend="Edit it there.")
            case = checked_case(with_expectation(_masked(offered[case_id], texts)))
            taken.append(
                _save(connection, feature, caller, now, case, None, reason="", action="case taken over")
            )
    return tuple(taken)


def alike_cases(
    workspace: Workspace, caller: Caller, slug: str, query: str, *, but: str = ""
) -> tuple[Alike, ...]:
    """The cases, own and handed in, that ask nearly the same; ``but`` is the case itself."""
    require(workspace, caller, Act.EDIT_CASES, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        texts = texts_for(workspace, caller, feature)
        own = _questions(connection, feature)
        handed_in = [
            (one.case.case_id, one.case.query) for one in handed_in_cases.of_feature(connection, feature.id)
        ]
    known = {**dict(handed_in), **dict(own)}
    found = alike(query, ((case_id, asked) for case_id, asked in known.items() if case_id != but))
    return tuple(replace(one, query=texts.text(one.query) or "") for one in found)


def looks_personal(case: EvalCase) -> tuple[str, ...]:
    """What the texts of a case seem to hold, in words: "an e-mail address"."""
    kinds = {passage.kind for name in TEXTS for passage in find(getattr(case, name) or "")}
    return tuple(words for kind, words in _KINDS.items() if kind in kinds)


def _masked(case: EvalCase, texts: TextsFor) -> EvalCase:
    masked = {name: texts.text(getattr(case, name)) for name in TEXTS}
    return replace(case, **masked)  # type: ignore[arg-type]


def _new_id(connection: Connection, feature: Feature) -> str:
    taken = (one.case.case_id for one in handed_in_cases.of_feature(connection, feature.id))
    return eval_cases.next_id(connection, feature.id, taken)


def _based_on(connection: Connection, feature: Feature, case_id: str, based_on: int | None) -> KeptCase:
    before = eval_cases.one_newest(connection, feature.id, case_id)
    if before is None:
        raise WrongUsage(f"There is no case {case_id}.", mend="Look at the list again.")
    if based_on != before.case.number:
        at = before.saved_at.astimezone(UTC)
        raise Conflict(
            f"{before.author} saved version {before.case.number} of {case_id} on {at.day} {at:%B %Y} at "
            f"{at:%H:%M} UTC, after you opened it.",
            newest=before.case.number,
            mend="Nothing was overwritten: look at theirs, then save yours on top of it.",
        )
    if not before.has_texts:
        raise WrongUsage(
            f"The texts of {case_id} are gone: they expired or were erased.",
            mend="Write a new case.",
        )
    return before


def _questions(connection: Connection, feature: Feature) -> list[tuple[str, str]]:
    return [(case.case_id, case.query) for case in eval_cases.current(connection, feature.id)]


def _refuse_alike(case: EvalCase, known: Sequence[tuple[str, str]]) -> None:
    found = alike(case.query, (one for one in known if one[0] != case.case_id))
    if found:
        named = ", ".join(one.case_id for one in found)
        raise WrongUsage(
            f"{named} {'asks' if len(found) == 1 else 'ask'} nearly the same.",
            mend="Edit that case, or say that this one is a test of its own.",
        )


def _refuse_personal(case: EvalCase, before: EvalCase | None) -> None:
    new = set(looks_personal(case)) - set(looks_personal(before) if before else ())
    if new:
        words = " and ".join(kind for kind in _KINDS.values() if kind in new)
        raise WrongUsage(
            f"The texts seem to hold {words}.", mend="Take it out, or confirm that it belongs to nobody."
        )


def _save(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    case: EvalCase,
    before: KeptCase | None,
    *,
    reason: str,
    action: str = "case saved",
) -> EvalCase:
    """Keep the next version, and tell the log of it; the log holds hashes of the texts, never the texts."""
    retired = action == "case retired"
    case = replace(case, number=before.case.number + 1 if before else 1)
    eval_cases.add_version(
        connection,
        feature.id,
        case,
        author=caller.name,
        author_id=caller.person_id,
        reason=reason,
        now=now,
        is_retired=retired,
    )
    said = {name: getattr(case, name) for name in EvalCase.__dataclass_fields__}
    payload = {
        "case": case.case_id,
        "number": case.number,
        "part": case.part.value,
        "is_critical": case.is_critical,
        "is_retired": retired,
        "source_run_id": case.source_run_id,
        "failure_type": case.failure_type,
        "task_type": case.task_type,
        "user_segment": case.user_segment,
        "reason": reason,
        "changes": [field_name(name) for name in changed_fields(before.case if before else None, case)],
        **eval_cases.content_hashes(said),
    }
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{feature.slug}",
        payload=payload,
        now=now,
    )
    return case
