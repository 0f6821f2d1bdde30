"""What the gate knows of the rollout: where it stands, what its plan lacks, what its phase must show."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from core.actions.judging import authors_at, judged
from core.actions.measuring import window_until
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.judge import Row
from core.criteria.stakes import ACCEPTED_ERROR
from core.decision.decide import Bar
from core.rollout.lint import Finding, lint
from core.rollout.plan import PhasePlan, read_plan
from core.rollout.releases import NO_RELEASES, Releases
from core.rollout.standing import Standing, standing_of
from core.rollout.transitions import Move
from core.store import commitments, documents, transitions
from core.store.database import Connection
from core.store.documents import DocumentVersion
from core.store.features import Feature
from core.store.transitions import RecordedTransition


@dataclass(frozen=True)
class RolloutFacts:
    """``plan_number`` is the version of the plan that holds (``None``: there is none yet).

    Where a lock binds a plan, that version holds; ``plan_waits`` says that there is a newer one, which
    waits for an amendment.
    """

    standing: Standing
    plan_number: int | None
    history: tuple[RecordedTransition, ...]
    plan_waits: bool = False

    @property
    def went_through_gate(self) -> bool:
        """Whether the current phase began here, by the gate, and was not only written down afterwards."""
        forward = [one for one in self.history if one.moved.move in (Move.START, Move.ADVANCE)]
        return bool(forward) and not forward[-1].is_afterwards


def rollout_facts(connection: Connection, feature: Feature, now: datetime) -> RolloutFacts:
    """The rollout as it stands at ``now``, from the plans and transitions until then."""
    history = transitions.history(connection, feature.id, until=now)
    newest = _plan_at(connection, feature, now)
    plan = _bound_plan(connection, feature, now) or newest
    entered = next((one for one in reversed(history) if one.moved.move in (Move.START, Move.ADVANCE)), None)
    ran_under = PhasePlan()
    if entered is not None and entered.plan_number is not None:
        version = documents.version(connection, feature.id, documents.PLAN, entered.plan_number)
        ran_under = read_plan(version.body)
    standing = standing_of(
        [one.moved for one in history], read_plan(plan.body) if plan else PhasePlan(), ran_under, now
    )
    waits = plan is not None and newest is not None and newest.number > plan.number
    return RolloutFacts(standing, plan.number if plan else None, history, waits)


def phase_rows(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    standing: Standing,
    bar: Bar,
    now: datetime,
    releases: Releases = NO_RELEASES,
) -> list[Row]:
    """The current phase's own bars, judged by the evidence since the phase began."""
    entered = standing.rollout.entered
    if standing.phase is None or entered is None or not standing.state_has_minimum:
        return []
    since = max(entered, bar.strength_since) if bar.strength_since else entered
    error = ACCEPTED_ERROR[bar.stakes]
    authors = authors_at(connection, feature, now)
    windows = [window_until(now, since, item.window_days) for item in standing.phase.bars]
    return [
        judged(workspace, connection, feature, item, window, error, now, authors, releases)
        for item, window in zip(standing.phase.bars, windows, strict=True)
    ]


def plan_findings(
    connection: Connection, feature: Feature, standing: Standing, bar: Bar
) -> tuple[Finding, ...]:
    """What the linter says about the plan that holds, held against the checklist that decides."""
    number = bar.checklist_number
    if number is None:
        checklist: Mapping[str, Any] = Checklist(stakes=bar.stakes).model_dump(mode="json")
    else:
        checklist = documents.version(connection, feature.id, documents.CHECKLIST, number).body
    return _linted(json.dumps(standing.plan.model_dump(mode="json")), json.dumps(dict(checklist)))


@lru_cache(maxsize=512)
def _linted(plan: str, checklist: str) -> tuple[Finding, ...]:
    """Linting takes longer than all else of a gate, and the same documents have the same findings."""
    return lint(read_plan(json.loads(plan)), read_checklist(json.loads(checklist)))


def _bound_plan(connection: Connection, feature: Feature, now: datetime) -> DocumentVersion | None:
    """The plan that the commitment in force binds; ``None`` where it binds none."""
    locks = commitments.in_force(connection, feature.id, now)
    number = locks[0].terms.get("plan_number") if locks and locks[0].terms else None
    return None if number is None else documents.version(connection, feature.id, documents.PLAN, number)


def _plan_at(connection: Connection, feature: Feature, now: datetime) -> DocumentVersion | None:
    newest = documents.newest(connection, feature.id, documents.PLAN)
    if newest is None or newest.saved_at <= now:
        return newest
    history = documents.history(connection, feature.id, documents.PLAN)
    return next((version for version in history if version.saved_at <= now), None)
