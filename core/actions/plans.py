"""The phase plan as people handle it: take a template, edit it, see where it will hurt."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.forecasts import seen_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.stakes import Stakes
from core.errors import WrongUsage
from core.rollout.changes import changed_plan
from core.rollout.gallery import plan_template
from core.rollout.lint import Finding, lint
from core.rollout.plan import Fallback, PhasePlan, read_plan
from core.rollout.seen import NOTHING_SEEN
from core.store import audit, documents, features
from core.store.database import Connection
from core.store.documents import DocumentVersion


@dataclass(frozen=True)
class PlanView:
    """What the Phase plan page shows.

    ``number`` is the newest saved version (``None``: nothing saved yet); an edit must name it.
    ``checklist`` is the newest one, whose stakes and rows the ``findings`` are about. ``owner`` is
    the feature's, to start from. ``history`` has the newest first.
    """

    number: int | None
    plan: PhasePlan
    checklist: Checklist
    findings: tuple[Finding, ...]
    history: tuple[DocumentVersion, ...]
    owner: str


def view_plan(workspace: Workspace, caller: Caller, slug: str, *, now: datetime | None = None) -> PlanView:
    """The newest plan with its findings; with ``now`` advice counts on what was measured until then."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        history = documents.history(connection, feature.id, documents.PLAN)
        plan = read_plan(history[0].body) if history else PhasePlan()
        checklist = _checklist(connection, feature)
        seen = seen_of(workspace, connection, feature, plan, now) if now and plan.phases else NOTHING_SEEN
    return PlanView(
        number=history[0].number if history else None,
        plan=plan,
        checklist=checklist,
        findings=lint(plan, checklist, seen),
        history=tuple(history),
        owner=feature.owner,
    )


def lint_plan(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> tuple[Finding, ...]:
    """The findings about the newest plan, those that block first; no plan is a finding too.

    What blocks follows from the documents alone; advice also from what was measured until ``now``.
    """
    return view_plan(workspace, caller, slug, now=now).findings


def take_plan_template(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    template_id: str,
    *,
    based_on: int | None,
    owner: str = "",
    fallback: Fallback | None = None,
    requests_per_day: int | None = None,
    users: int | None = None,
) -> DocumentVersion:
    """Fill the plan from a template; the feature's owner decides where nobody else is named."""
    require(workspace, caller, Act.EDIT_PLAN, slug)
    chosen = plan_template(template_id)
    with workspace.database.reading() as connection:
        owner = owner.strip() or features.by_slug(connection, slug).owner
    plan = chosen.filled(owner=owner, fallback=fallback, requests_per_day=requests_per_day, users=users)
    return save_plan(
        workspace, caller, now, slug, plan, based_on=based_on, reason=f"Template “{chosen.name}”"
    )


def save_plan(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    plan: PhasePlan,
    *,
    based_on: int | None,
    reason: str = "",
) -> DocumentVersion:
    """Save a new version of the plan. The same content again makes no new version.

    ``based_on`` is the version the user saw: a newer one by somebody else is a
    :class:`core.errors.Conflict`, and nothing is overwritten.
    """
    require(workspace, caller, Act.EDIT_PLAN, slug)
    if len(reason) > 500:
        raise WrongUsage("The reason is longer than 500 characters.", mend="Say it shorter.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = documents.newest(connection, feature.id, documents.PLAN)
        saved = documents.save(
            connection,
            feature_id=feature.id,
            kind=documents.PLAN,
            body=plan.model_dump(mode="json"),
            based_on=based_on,
            author=caller.name,
            reason=reason.strip(),
            now=now,
            author_id=caller.person_id,
        )
        if before is None or saved.number != before.number:
            was = read_plan(before.body) if before else PhasePlan()
            audit.append(
                connection,
                actor=caller.name,
                action="plan saved",
                subject=f"feature/{slug}",
                payload={
                    "number": saved.number,
                    "sha256": saved.sha256,
                    "reason": reason.strip(),
                    "changes": list(changed_plan(was, plan)),
                },
                now=now,
            )
    return saved


def _checklist(connection: Connection, feature: features.Feature) -> Checklist:
    """The newest checklist; without one an empty checklist of the feature's stakes."""
    newest = documents.newest(connection, feature.id, documents.CHECKLIST)
    return read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))
