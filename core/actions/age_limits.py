"""For how long a feature keeps texts, numbers and what the log says: said, and set by an administrator."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.case_retention import count_cases, due_cases
from core.actions.legal_holds import held_because
from core.actions.number_retention import due_numbers
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.usual_limits import Kept
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.store import audit, eval_cases, expiry, features, legal_holds, uploads

LONGEST_DAYS = 36_500

_WORDS = {
    Kept.TEXTS: "Texts",
    Kept.NUMBERS: "Numbers",
    Kept.LOG: "What the log says",
    Kept.CASES: "Eval cases",
}


@dataclass(frozen=True)
class GoneNumbers:
    """An upload whose numbers went when its time was over."""

    file_name: str
    handed_in_at: datetime
    expired_at: datetime


@dataclass(frozen=True)
class AgeLimits:
    """``days`` from the day of the upload on (of the log: from the entry on), None while it is kept for ever.

    ``texts_expired`` says that the time of texts is over for some uploads, ``numbers_expired`` of which the
    numbers are gone, the newest first. Of so many files as ``counted`` the time of their numbers is over and
    they stay, because a verdict counts them. Of so many ``cases_expired`` the texts are gone; those of
    ``cases_bound`` are old enough and stay, because a locked set holds them. ``may_change`` is about whoever
    asks. ``held`` says why nothing expires all the same, "" where nothing keeps it.
    """

    days: dict[Kept, int | None]
    texts_expired: bool
    numbers_expired: tuple[GoneNumbers, ...]
    counted: int
    cases_expired: int
    cases_bound: int
    may_change: bool
    held: str = ""


def view_limits(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> AgeLimits:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        gone = [
            GoneNumbers(one.file_name, one.asked_at, one.numbers_expired_at)
            for one in uploads.of_feature(connection, feature.id)
            if one.numbers_expired_at is not None
        ]
        return AgeLimits(
            days={kept: getattr(feature, kept.column) for kept in Kept},
            texts_expired=expiry.has_expired(connection, feature.id),
            numbers_expired=tuple(gone),
            counted=len(due_numbers(connection, feature, now).counted),
            cases_expired=sum(
                one.texts_expired_at is not None for one in eval_cases.newest(connection, feature.id)
            ),
            cases_bound=count_cases(due_cases(connection, feature, now).bound),
            may_change=may(workspace, caller, Act.SET_RETENTION, slug),
            held=held_because(legal_holds.standing(connection, feature.id)),
        )


def set_days(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, kept: Kept, days: int | None
) -> bool:
    """Keep this for ``days``, None for ever; returns whether that is new.

    Nothing is removed at this moment: the next run does that.
    """
    require(workspace, caller, Act.SET_RETENTION, slug)
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        raise WrongUsage(
            f"{_WORDS[kept]} cannot be kept for {days:,} days.",
            mend=f"Give a number of days from 1 to {LONGEST_DAYS:,}.",
        )
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = getattr(feature, kept.column)
        if before == days:
            return False
        features.set_days(connection, feature.id, kept.column, days)
        audit.append(
            connection,
            actor=caller.name,
            action=(
                "text days set"
                if kept is Kept.TEXTS
                else "number days set"
                if kept is Kept.NUMBERS
                else "log days set"
                if kept is Kept.LOG
                else "case days set"
            ),
            subject=f"feature/{slug}",
            payload={"before": before, "after": days},
            now=now,
        )
    return True
