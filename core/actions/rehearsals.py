"""Rehearsals of going back: recording a drill, what each part's drills say, and whether the gate minds."""

import math
from dataclasses import dataclass
from datetime import datetime

from core.actions.live_release import Live, live_at
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.decision.conditions import Condition
from core.errors import WrongUsage
from core.evidence.bundle_parts import KILL_SWITCH, BundlePart
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.rehearsals import REHEARSED, Drill, PartStanding, label_of, standings, way_back
from core.store import audit, documents, features, live_bundles, rehearsals
from core.store.database import Connection
from core.store.features import Feature
from core.store.rehearsals import Rehearsal

LONGEST_NOTE = 1_000
LONGEST_NAME = 80
MOST_MINUTES = 10_080
"""A week: whoever needs longer has no way back."""


@dataclass(frozen=True)
class RehearsalsView:
    """``lines`` are the kill switch and the parts of the live release, each with what its drills are worth;
    empty as long as no release is live. ``history`` is every drill, the newest first. ``sentence`` is what
    the gate says, ``holds`` whether it is content; ``days`` is how long a drill counts.
    """

    live: Live | None
    lines: tuple[PartStanding, ...]
    history: tuple[Rehearsal, ...]
    stakes: Stakes
    days: int
    holds: bool
    sentence: str
    may_record: bool


def view_rehearsals(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> RehearsalsView:
    """How going back stands as of ``now``, part by part."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        live = live_at(connection, feature, now)
        drills = rehearsals.of_feature(connection, feature.id, until=now)
    stakes = Stakes(feature.stakes)
    condition = _condition(drills, live, stakes, now)
    return RehearsalsView(
        live=live,
        lines=_standings(drills, live, now),
        history=tuple(reversed(drills)),
        stakes=stakes,
        days=live.bundle.rehearsal_days if live else 0,
        holds=condition is not None and condition.met,
        sentence=condition.sentence if condition else "",
        may_record=may(workspace, caller, Act.REHEARSE, slug),
    )


def record_rehearsal(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    part: str,
    at: datetime,
    worked: bool,
    minutes: float,
    done_by: str,
    note: str = "",
) -> Rehearsal:
    """Write down a drill of ``part`` (one of the eight, or the kill switch) that took place ``at``.

    It counts for the version of the part that was live at that moment. One that failed keeps the next
    phase back until one has worked, and needs a ``note``. Nothing that is written down can be changed:
    a mistake is mended by the next drill.
    """
    require(workspace, caller, Act.REHEARSE, slug)
    done_by, note = _checked(part, at, now, worked, minutes, done_by, note)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        shipped = bundle_at(connection, feature, at)
        is_part = shipped is not None and part != KILL_SWITCH
        saved = rehearsals.add(
            connection,
            feature_id=feature.id,
            part=part,
            bundle=shipped.name if shipped else None,
            part_sha256=shipped.part(BundlePart(part)).fingerprint if shipped and is_part else None,
            rehearsed_at=at,
            worked=worked,
            minutes=float(minutes),
            done_by=done_by,
            note=note,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="rehearsal recorded",
            subject=f"feature/{slug}",
            payload={
                "rehearsal": saved.id,
                "part": part,
                "label": label_of(part),
                "bundle": saved.bundle,
                "part_sha256": saved.part_sha256,
                "rehearsed_at": at.isoformat(),
                "worked": worked,
                "minutes": saved.minutes,
                "done_by": done_by,
                "note": note,
                "person": caller.person_id,
            },
            now=now,
        )
    return saved


def rollback_condition(
    connection: Connection, feature: Feature, live: Live | None, stakes: Stakes, now: datetime
) -> Condition | None:
    """Whether the way back of the live release was rehearsed, as far as ``stakes`` ask for it.

    None where no release is live: then there is nothing that could be taken back.
    """
    if live is None:
        return None
    return _condition(rehearsals.of_feature(connection, feature.id, until=now), live, stakes, now)


def bundle_at(connection: Connection, feature: Feature, moment: datetime) -> ReleaseBundle | None:
    """The bundle that was live at ``moment``, as it went live; None before the first."""
    row = live_bundles.at(connection, feature.id, moment)
    if row is None:
        return None
    saved = documents.version(connection, feature.id, documents.BUNDLE, row.document_number)
    return read_bundle(saved.body)


def _condition(drills: list[Rehearsal], live: Live | None, stakes: Stakes, now: datetime) -> Condition | None:
    if live is None:
        return None
    met, sentence = way_back(_standings(drills, live, now), live.bundle.rehearsal_days, stakes, now)
    return Condition("rollback", met, sentence)


def _standings(drills: list[Rehearsal], live: Live | None, now: datetime) -> tuple[PartStanding, ...]:
    if live is None:
        return ()
    done = [Drill(one.part, one.rehearsed_at, one.worked, one.minutes, one.part_sha256) for one in drills]
    return standings(live.bundle, done, now)


def _checked(
    part: str, at: datetime, now: datetime, worked: bool, minutes: float, done_by: str, note: str
) -> tuple[str, str]:
    """The words as they are kept; raises WrongUsage where something about the drill cannot be."""
    if part not in REHEARSED:
        raise WrongUsage(f"“{part[:40]}” is no part of a release.", mend="Choose one from the list.")
    if at > now:
        raise WrongUsage("A drill cannot be recorded before it took place.", mend="Say when it was done.")
    if not (math.isfinite(minutes) and 0 < minutes <= MOST_MINUTES):
        raise WrongUsage("How long the drill took is missing.", mend="Give minutes, at most a week (10,080).")
    done_by = short_line(done_by, LONGEST_NAME, "name of who did it")
    if not done_by:
        raise WrongUsage("A drill needs somebody who did it.", mend="Name the person or the team.")
    note = story(note, LONGEST_NOTE, "note")
    if not worked and not note:
        raise WrongUsage(
            "A drill that failed needs a note.", mend="Say what went wrong, so that it can be mended."
        )
    return done_by, note


def short_line(text: str, longest: int, what: str) -> str:
    """``text`` on one line without what no screen shows; raises WrongUsage where it is too long."""
    return story(" ".join(text.split()), longest, what)


def story(text: str, longest: int, what: str) -> str:
    """``text`` without what no screen shows; lines stay lines. Raises WrongUsage where it is too long."""
    text = "".join(character for character in text.strip() if character.isprintable() or character == "\n")
    if len(text) > longest:
        raise WrongUsage(f"The {what} is longer than {longest:,} characters.", mend="Say it shorter.")
    return text
