"""The permission gate: who gets a feature at this moment, for the systems that switch it on and off."""

from datetime import UTC, datetime, timedelta

from core.actions.held_overrides import overruled_words
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.rollout_facts import rollout_facts
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.fingerprints import of_document
from core.export.flags import Permission, permission
from core.store import commitments, features, people

VALID_HOURS = 1
MOST_HOURS = 8_760

_QUARTER = timedelta(minutes=15)


def view_permission(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, hours: int = VALID_HOURS
) -> Permission:
    """Who gets the feature until ``hours`` after the quarter of an hour in which ``now`` is.

    Two answers within a quarter are alike where nothing has changed. All follows from the lock, the plan
    and the moves alone: no evidence has to be read, so that a stop is told at once whatever else goes on.
    """
    require(workspace, caller, Act.SEE, slug)
    if not 1 <= hours <= MOST_HOURS:
        raise WrongUsage(
            f"{hours:,} hours cannot be.", mend=f"Choose 1 to {MOST_HOURS:,} hours, so that an old file ends."
        )
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        facts = rollout_facts(connection, feature, now)
        standing = facts.standing
        # Where people sign in, one person's word about the past switches nothing on.
        is_signed_for = facts.went_through_gate or not people.anybody_signs_in(connection)
        locks = commitments.in_force(connection, feature.id, now)
        overruled = overruled_words(connection, feature, standing, now)
    plan = standing.ran_under if standing.ran_under.phases else standing.plan
    return permission(
        slug,
        standing,
        is_committed=bool(locks),
        is_signed_for=is_signed_for,
        valid_until=_quarter_of(now) + timedelta(hours=hours),
        overruled=overruled,
        hashes={
            "checklist": locks[0].checklist_sha256 if locks else None,
            "commitment": locks[0].sha256 if locks else None,
            "plan": of_document(plan.model_dump(mode="json")) if plan.phases else None,
        },
    )


def _quarter_of(now: datetime) -> datetime:
    now = now.astimezone(UTC)
    return now - (now - datetime.min.replace(tzinfo=UTC)) % _QUARTER
