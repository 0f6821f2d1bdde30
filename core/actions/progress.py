"""Progress: where a feature stands, what is still missing, and the one next step, for every page's band."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.imports import waits_for_answers
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.signer_list import signer_list
from core.actions.workspace import Workspace
from core.criteria.scope import Scope, read_scope
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.journey import JourneyFacts, journey
from core.decision.sign_off import SignOffs, bars_signing
from core.decision.steps import Step, StepState, next_step
from core.decision.waiting import waits_for
from core.evidence.columns import Kind
from core.rollout.standing import standing_words
from core.store import decision_questions, documents, features, uploads, verdict_changes
from core.store.database import Connection
from core.store.features import Feature

_ACT_OF_STEP = {
    "scope": Act.EDIT_SCOPE,
    "checklist": Act.EDIT_CHECKLIST,
    "plan": Act.EDIT_PLAN,
    "lock": Act.LOCK_CHECKLIST,
    "release": Act.PUT_LIVE,
    "rehearsal": Act.REHEARSE,
    "questions": Act.IMPORT,
    "evidence": Act.IMPORT,
    "answers": Act.ATTEST,
    "stale": Act.IMPORT,
    "cases": Act.IMPORT,
    "regressions": Act.PUT_LIVE,
    "red_team": Act.RED_TEAM,
    "asked": Act.ANSWER,
    "sign": Act.SIGN,
    "rollout": Act.START_PHASE,
}
"""What a person must be allowed to do in order to take the step; the others are open to everybody."""


@dataclass(frozen=True)
class Progress:
    """The verdict as it is now, the steps to it, and the next of them (``None``: all are done).

    ``since`` is when the verdict became this one; ``None`` where time alone has changed it since.
    ``phase`` says where the rollout stands, ``waits_for`` what its next step waits for.
    """

    decision: Decision
    steps: tuple[Step, ...]
    next: Step | None
    since: datetime | None
    phase: str
    waits_for: tuple[str, ...]


def view_progress(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> Progress:
    """Where the feature stands; costs one gate, whose tallies are remembered."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        facts = _facts(workspace, connection, feature, decision, caller)
        since = since_when(connection, feature, decision)
        is_stopped = decision.standing.is_stopped
        mine = None if is_stopped else _to_sign(workspace, connection, feature, decision, caller)
    steps = journey(facts)
    return Progress(
        decision,
        steps,
        mine or next_step(steps, is_stopped=is_stopped),
        since,
        standing_words(decision.standing),
        waits_for(decision),
    )


def _to_sign(
    workspace: Workspace, connection: Connection, feature: Feature, decision: Decision, caller: Caller
) -> Step | None:
    """What waits for the signature of this very person, if anything does: for them it comes first.

    A step waits for nobody's signature while anything else keeps it from being taken.
    """
    who, offs = caller.person_id, decision.sign_offs
    if who is None or not caller.verified or not may(workspace, caller, Act.SIGN, feature.slug):
        return None
    signers = signer_list(connection, feature)
    is_last = all(one.name == "signatures" for one in decision.lacking)
    for one in (offs.amendment, offs.commitment, offs.step if is_last else None):
        if one is None or one.is_met or bars_signing(one, who, signers):
            continue
        if not any(line.counts and line.person_id == who for line in one.lines):
            title = one.title[:1].lower() + one.title[1:]
            return Step(
                "sign", f"Sign-off: {one.title}", StepState.OPEN, "go_no_go", f"read and sign: {title}"
            )
    return None


def since_when(connection: Connection, feature: Feature, decision: Decision) -> datetime | None:
    """When the verdict of ``decision`` began, as far as it is on record.

    A feature for which nobody has done anything yet has had no data since it was created.
    """
    untouched = decision.verdict is Verdict.NO_DATA and decision.bar.is_draft
    if untouched and verdict_changes.newest(connection, feature.id) is None:
        return feature.created_at
    return verdict_changes.since(
        connection, feature.id, verdict=decision.verdict.value, is_draft=decision.bar.is_draft
    )


def _facts(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    decision: Decision,
    caller: Caller,
) -> JourneyFacts:
    handed_in = uploads.of_feature(connection, feature.id)
    draft = documents.newest(connection, feature.id, documents.CHECKLIST)
    saved = documents.newest(connection, feature.id, documents.SCOPE)
    scope = read_scope(saved.body) if saved else Scope()
    # An amendment that waits for its signatures is locked as well: nothing is left to do for its author.
    newest = decision.commitments[0] if decision.commitments else None
    locked, bound = (newest.checklist_number, newest.plan_number) if newest else (None, None)
    plan = documents.newest(connection, feature.id, documents.PLAN)
    done = [one for one in handed_in if one.state == "done"]
    has_cases = any(one.kind == Kind.CASES for one in done)
    kinds = {Kind(one.kind) for one in done if one.kind and (one.kind != Kind.EVALS or one.has_case_results)}
    return JourneyFacts(
        decided=scope.decided,
        rows=decision.rows,
        verdict=decision.verdict,
        is_locked=locked is not None,
        has_unlocked_changes=locked is not None and draft is not None and draft.number != locked,
        kinds=frozenset(kinds - {Kind.CASES}),
        test_cases=workspace.warehouse.filled(connection, feature, Kind.CASES)["*"] if has_cases else 0,
        standing=decision.standing,
        plan_blocking=len({finding.rule.id for finding in decision.plan_findings if finding.blocks}),
        questions=sum(waits_for_answers(workspace, one) for one in handed_in),
        not_mine=frozenset(
            key for key, act in _ACT_OF_STEP.items() if not may(workspace, caller, act, feature.slug)
        ),
        reader=caller.name,
        has_unlocked_plan=bound is not None and plan is not None and plan.number > bound,
        conditions=() if decision.release is None else decision.release.conditions,
        signed=_signed(decision.sign_offs),
        asked=decision_questions.count_open(connection, feature.id, decision.as_of),
    )


def _signed(offs: SignOffs) -> tuple[int, int] | None:
    """How many signatures there are on the commitment and on the step, of how many."""
    to_sign = [one for one in (offs.commitment, offs.step) if one is not None]
    if not offs.people_sign_in or not to_sign:
        return None
    # More than enough on the one cannot make up for too few on the other; a refusal is no signature.
    given = sum(0 if one.refused else min(one.given, one.needed) for one in to_sign)
    return given, sum(one.needed for one in to_sign)
