"""The rollout as people move it: forward through the gate only, to a stop at any time by almost anybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.reasons import one_line
from core.actions.rollout_facts import RolloutFacts, rollout_facts
from core.actions.rollout_refusals import (
    MOVE_WORDS,
    ask_gate,
    phase_ahead,
    refuse_impossible,
    refuse_unacknowledged,
)
from core.actions.workspace import Workspace
from core.decision.override import OverrideLine
from core.errors import WrongUsage
from core.rollout.standing import Standing
from core.rollout.transitions import Move, State, Transition, rollout_of
from core.store import audit, documents, features, overrides, transitions, verdict_changes
from core.store.database import Connection
from core.store.features import Feature
from core.store.transitions import RecordedTransition


@dataclass(frozen=True)
class Moved:
    """What a move left behind: the state it led to, and the transition as it is recorded."""

    state: State
    transition: Transition


@dataclass(frozen=True)
class RolloutView:
    """What the Phase plan page shows of the rollout; ``history`` has the oldest first.

    ``may_record`` says whether phases that began earlier can still be entered. ``plan_number`` is the
    version of the plan that holds; ``plan_waits``: a newer one waits for an amendment of the lock.
    """

    standing: Standing
    plan_number: int | None
    history: tuple[RecordedTransition, ...]
    plan_waits: bool = False

    @property
    def may_record(self) -> bool:
        return all(one.is_afterwards for one in self.history)


def view_rollout(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> RolloutView:
    """The rollout with everything that has happened to it until ``now``."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        facts = rollout_facts(connection, features.by_slug(connection, slug), now)
    return RolloutView(facts.standing, facts.plan_number, facts.history, facts.plan_waits)


def start_phase(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    seen: int | None = None,
    agreed: str = "",
    reason: str = "",
) -> Moved:
    """Start the plan's first phase, for the first time or anew after a roll back, where the gate lets it.

    ``seen`` is how many moves there were on the page that asks (``None``: whatever there are). Without
    sign-in nobody can sign here: ``agreed`` then says who agreed, and where that is written down.
    """
    return _forward(workspace, caller, now, slug, Move.START, seen, agreed, reason)


def advance(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    seen: int | None = None,
    agreed: str = "",
    reason: str = "",
) -> Moved:
    """Go on to the next phase of the plan, where the gate lets it; the rest as in :func:`start_phase`."""
    return _forward(workspace, caller, now, slug, Move.ADVANCE, seen, agreed, reason)


def complete(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    seen: int | None = None,
    agreed: str = "",
    reason: str = "",
) -> Moved:
    """Close the rollout from its last phase, where the gate lets it; the rest as in :func:`start_phase`."""
    return _forward(workspace, caller, now, slug, Move.COMPLETE, seen, agreed, reason)


def pause(workspace: Workspace, caller: Caller, now: datetime, slug: str, *, reason: str = "") -> Moved:
    """Stop the rollout for now. Nothing but its being stopped already keeps anybody from it."""
    require(workspace, caller, Act.STOP_ROLLOUT, slug)
    reason = one_line(reason) or f"Paused by {caller.name}, without a reason"
    return _at_once(workspace, caller, now, slug, Move.PAUSE, reason)


def roll_back(workspace: Workspace, caller: Caller, now: datetime, slug: str, *, reason: str) -> Moved:
    """Take the feature back from its users; ``reason`` is one line."""
    require(workspace, caller, Act.STOP_ROLLOUT, slug)
    reason = _needed(reason, "A roll back needs a reason.", "Say in one line what went wrong.")
    return _at_once(workspace, caller, now, slug, Move.ROLL_BACK, reason)


def resume(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, reason: str, seen: int | None = None
) -> Moved:
    """Let a paused rollout run on in its phase: a decision that needs its reason."""
    require(workspace, caller, Act.RESUME_ROLLOUT, slug)
    reason = _needed(reason, "Resuming needs a reason.", "Say what was found and why it is safe to go on.")
    return _at_once(workspace, caller, now, slug, Move.RESUME, reason, seen)


def _forward(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    move: Move,
    seen: int | None,
    agreed: str,
    reason: str,
) -> Moved:
    """A step through the gate, judged and taken in one transaction."""
    require(workspace, caller, Act.START_PHASE, slug)
    agreed, reason = one_line(agreed), one_line(reason)
    with workspace.database.reading() as connection:
        # Measured beforehand: inside the transaction, which others wait for, the answers are remembered.
        decide_on(workspace, connection, features.by_slug(connection, slug), now)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = _not_before(connection, feature, now)
        decision = decide_on(workspace, connection, feature, now, asks=caller.person_id)
        facts = rollout_facts(connection, feature, now)
        refuse_impossible(facts, move, seen)
        phase = phase_ahead(facts.standing, move)
        overruled = ask_gate(decision, caller, move, agreed)
        if overruled is not None:
            overrides.mark_used(connection, overruled.given.id, now)
        outside = f"Agreed outside Readygate: {agreed}" if agreed else ""
        # In the record of the step itself, so that wherever the step is told, this is told.
        against = f"Overruled by {overruled.given.by}: {overruled.given.reason}" if overruled else ""
        words = " · ".join(filter(None, [reason, outside, against]))
        return _record(
            connection,
            feature,
            facts,
            Transition(move, phase, now, caller.name, words),
            decision.verdict.value,
            agreed,
            [line.by for line in decision.sign_offs.step.approvals] if decision.sign_offs.step else [],
            overruled,
        )


def _at_once(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    move: Move,
    reason: str,
    seen: int | None = None,
) -> Moved:
    """A move without the gate. It judges no document and no evidence: neither may stand in a stop's way."""
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        if move is Move.RESUME:
            refuse_unacknowledged(connection, feature)
        return move_at_once(connection, feature, now, move, caller.name, reason, seen)


def move_at_once(
    connection: Connection,
    feature: Feature,
    now: datetime,
    move: Move,
    by: str,
    reason: str,
    seen: int | None = None,
) -> Moved:
    """A move without the gate in the caller's transaction, who has asked who may and has locked the feature.

    Raises Conflict where the state does not allow it.
    """
    now = _not_before(connection, feature, now)
    history = transitions.history(connection, feature.id)
    plan = documents.newest(connection, feature.id, documents.PLAN)
    rollout = rollout_of([one.moved for one in history])
    last = history[-1].moved if history else None
    standing = Standing(rollout=rollout, moves=len(history), last=last)
    facts = RolloutFacts(standing, plan.number if plan else None, history)
    refuse_impossible(facts, move, seen)
    noted = verdict_changes.newest(connection, feature.id)
    moved = Transition(move, rollout.phase or "", now, by, reason)
    verdict = noted.verdict if noted else None
    return _record(connection, feature, facts, moved, verdict)


def _record(
    connection: Connection,
    feature: Feature,
    facts: RolloutFacts,
    moved: Transition,
    verdict: str | None,
    agreed: str = "",
    signed_by: Sequence[str] = (),
    overruled: OverrideLine | None = None,
) -> Moved:
    transitions.add(
        connection,
        feature_id=feature.id,
        moved=moved,
        plan_number=facts.plan_number,
        verdict=verdict,
        now=moved.at,
    )
    audit.append(
        connection,
        actor=moved.by,
        action=f"rollout {MOVE_WORDS[moved.move]}",
        subject=f"feature/{feature.slug}",
        payload={
            "phase": moved.phase,
            "reason": moved.reason,
            "plan": facts.plan_number,
            "verdict": verdict,
            "agreed_outside": agreed,
            "signed_by": list(signed_by),
            **({"override": overruled.given.id, "overruled_by": overruled.given.by} if overruled else {}),
        },
        now=moved.at,
    )
    return Moved(rollout_of([*(one.moved for one in facts.history), moved]).state, moved)


def _not_before(connection: Connection, feature: Feature, now: datetime) -> datetime:
    """``now``, or the moment of what was done last where the clock of another computer ran ahead, or where
    this had to wait for it."""
    history = transitions.history(connection, feature.id)
    now = not_before(connection, feature.slug, now)
    return max(now, history[-1].moved.at) if history else now


def _needed(reason: str, sentence: str, mend: str) -> str:
    reason = one_line(reason)
    if not reason:
        raise WrongUsage(sentence, mend=mend)
    return reason
