"""Legal holds: while one holds, nothing of the feature expires and nobody is erased from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, require, visible_to
from core.actions.reasons import full_reason, one_line
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, features, legal_holds
from core.store.database import Connection
from core.store.legal_holds import LegalHold


@dataclass(frozen=True)
class HoldsView:
    """Every hold there ever was, the newest first; ``may_hold`` is about whoever asks."""

    lines: tuple[LegalHold, ...]
    may_hold: bool

    @property
    def standing(self) -> tuple[LegalHold, ...]:
        return tuple(one for one in self.lines if one.holds)


def view_holds(workspace: Workspace, caller: Caller, slug: str) -> HoldsView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        lines = legal_holds.of_feature(connection, features.by_slug(connection, slug).id)
    return HoldsView(tuple(lines), may(workspace, caller, Act.HOLD, slug))


@dataclass(frozen=True)
class HeldFeature:
    """A feature that is held now, and by what, the newest first."""

    slug: str
    name: str
    holds: tuple[LegalHold, ...]


def held_features(workspace: Workspace, caller: Caller) -> tuple[HeldFeature, ...]:
    """The features that ``caller`` may see and that a legal hold keeps now, by name."""
    require(workspace, caller, Act.SEE)
    seen = visible_to(workspace, caller)
    with workspace.database.reading() as connection:
        found = [
            HeldFeature(one.slug, one.name, tuple(legal_holds.standing(connection, one.id)))
            for one in features.everything(connection)
            if seen is None or one.id in seen
        ]
    return tuple(sorted((one for one in found if one.holds), key=lambda one: one.name.casefold()))


def place_hold(workspace: Workspace, caller: Caller, now: datetime, slug: str, *, reason: str) -> LegalHold:
    """From now on nothing expires and nobody is erased, until the hold is lifted."""
    require(workspace, caller, Act.HOLD, slug)
    reason = full_reason(one_line(reason), "A legal hold needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        placed = legal_holds.place(
            connection, feature_id=feature.id, reason=reason, by=caller.name, by_id=caller.person_id, now=now
        )
        _note(connection, caller, "legal hold placed", slug, now, placed.id, reason)
    return placed


def lift_hold(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, hold_id: int, *, reason: str
) -> None:
    """End a hold; what was due to expire meanwhile goes with the next run."""
    require(workspace, caller, Act.HOLD, slug)
    reason = full_reason(one_line(reason), "Lifting a legal hold needs a reason.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        if not legal_holds.by_id(connection, feature.id, hold_id).holds:
            raise WrongUsage("This legal hold is lifted already.", mend="There is nothing more to do.")
        legal_holds.lift(connection, hold_id, by=caller.name, by_id=caller.person_id, reason=reason, now=now)
        _note(connection, caller, "legal hold lifted", slug, now, hold_id, reason)


def held_because(holds: Sequence[LegalHold]) -> str:
    """Why nothing may be removed, "" where nothing holds it."""
    if not holds:
        return ""
    names = " and ".join(dict.fromkeys(one.placed_by for one in holds))
    return f"A legal hold, placed by {names}, keeps everything of this feature"


def _note(
    connection: Connection,
    caller: Caller,
    action: str,
    slug: str,
    now: datetime,
    hold_id: int,
    reason: str,
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{slug}",
        payload={"hold": hold_id, "person": caller.person_id, "reason": reason},
        now=now,
    )
