"""Red-team findings: recording an attack that worked, trying it again, and whether the gate minds."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.live_release import Live, live_at
from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.rehearsals import bundle_at, short_line, story
from core.actions.texts import TextsFor, texts_for
from core.actions.workspace import Workspace
from core.decision.conditions import Condition
from core.errors import WrongUsage
from core.evidence.fingerprints import of_document
from core.rollout.bundle import ReleaseBundle
from core.rollout.red_team import (
    Attack,
    AttackKind,
    FindingStanding,
    FindingState,
    Severity,
    attacked_sha256,
    attacks_stand,
    state_of,
)
from core.store import audit, features, red_team
from core.store.database import Connection
from core.store.features import Feature
from core.store.red_team import Check, Finding

LONGEST_TITLE = 120
LONGEST_HOW = 4_000
LONGEST_LINK = 500
LONGEST_NOTE = 1_000


@dataclass(frozen=True)
class FindingLine:
    """A finding with every later try of it, the newest first; ``how`` and the notes as the caller may read
    them."""

    standing: FindingStanding
    finding: Finding
    checks: tuple[Check, ...]

    @property
    def state(self) -> FindingState:
        return self.standing.state

    @property
    def last_tried(self) -> datetime:
        return self.checks[0].checked_at if self.checks else self.finding.found_at

    @property
    def last_bundle(self) -> str | None:
        """The release it was tried on last; None: none was live."""
        return self.checks[0].bundle if self.checks else self.finding.bundle


@dataclass(frozen=True)
class RedTeamView:
    """``findings`` with those that block first. ``sentence`` says how the attacks stand, as the gate does
    once a release is live, and ``holds`` whether it is content."""

    live: Live | None
    findings: tuple[FindingLine, ...]
    holds: bool
    sentence: str
    may_record: bool


def view_red_team(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> RedTeamView:
    """Every finding as of ``now``, with what its tries are worth on the live release."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        live = live_at(connection, feature, now)
        lines = _lines(connection, feature, live, now)
    texts = texts_for(workspace, caller, feature)
    holds, sentence = attacks_stand([one.standing for one in lines], is_live=live is not None)
    return RedTeamView(
        live=live,
        findings=tuple(_readable(one, texts) for one in lines),
        holds=holds,
        sentence=sentence,
        may_record=may(workspace, caller, Act.RED_TEAM, slug),
    )


def record_finding(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    title: str,
    kind: str,
    severity: str,
    how: str,
    found_at: datetime,
    link: str = "",
) -> Finding:
    """Write down an attack that worked: it is open until somebody has tried it again and it did not."""
    require(workspace, caller, Act.RED_TEAM, slug)
    title, link = short_line(title, LONGEST_TITLE, "title"), short_line(link, LONGEST_LINK, "link")
    how = story(how, LONGEST_HOW, "description")
    if not title or not how:
        raise WrongUsage(
            "A finding needs a title and how to repeat it.", mend="Write both down: it will be tried again."
        )
    if kind not in set(AttackKind) or severity not in set(Severity):
        raise WrongUsage("A finding needs a kind and a severity.", mend="Choose both from the lists.")
    if found_at > now:
        raise WrongUsage("A finding cannot be still to come.", mend="Say when it was found.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        bundle, sha256 = _attacked(connection, feature, found_at)
        saved = red_team.add_finding(
            connection,
            feature_id=feature.id,
            title=title,
            kind=kind,
            severity=severity,
            how=how,
            link=link,
            bundle=bundle,
            parts_sha256=sha256,
            found_at=found_at,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        payload = {
            "finding": saved.id,
            "number": saved.number,
            "title": title,
            "kind": kind,
            "severity": severity,
            # Some who read the log may not read what attackers say; so it holds the fingerprint alone.
            "how_sha256": of_document(how),
            "link": link,
            "found_at": found_at.isoformat(),
        }
        _note(connection, caller, slug, now, "red-team finding recorded", payload, bundle, sha256)
    return saved


def record_check(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    number: int,
    *,
    works: bool,
    checked_at: datetime,
    note: str = "",
) -> Check:
    """Write down that the attack of finding ``number`` was tried again, and whether it still ``works``.

    It speaks for the release that was live at ``checked_at``. A finding that is closed takes a ``note``:
    what was done, or how often it was tried.
    """
    require(workspace, caller, Act.RED_TEAM, slug)
    note = story(note, LONGEST_NOTE, "note")
    if not works and not note:
        raise WrongUsage(
            "That an attack does not work any more needs a note.",
            mend="Say what stops it now, or how often it was tried.",
        )
    if checked_at > now:
        raise WrongUsage("A try cannot be still to come.", mend="Say when it was tried.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        found = {one.number: one for one in red_team.findings_of(connection, feature.id, until=now)}
        if number not in found:
            raise WrongUsage("There is no such finding.", mend="Choose one from the list.")
        finding = found[number]
        if checked_at < finding.found_at:
            raise WrongUsage(
                f"R-{number} was found later than that.",
                mend="Say when it was tried again, after it was found.",
            )
        bundle, sha256 = _attacked(connection, feature, checked_at)
        saved = red_team.add_check(
            connection,
            feature_id=feature.id,
            finding_id=finding.id,
            bundle=bundle,
            parts_sha256=sha256,
            state="open" if works else "closed",
            note=note,
            checked_at=checked_at,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        payload = {
            "check": saved.id,
            "finding": finding.id,
            "number": number,
            "title": finding.title,
            "state": saved.state,
            "note_sha256": of_document(note),
            "checked_at": checked_at.isoformat(),
        }
        _note(connection, caller, slug, now, "red-team finding tried again", payload, bundle, sha256)
    return saved


def red_team_condition(
    connection: Connection, feature: Feature, live: Live | None, now: datetime
) -> Condition | None:
    """Whether every attack that matters was tried on the live release, and works no more.

    None where no release is live: then there is nothing that could be attacked.
    """
    if live is None:
        return None
    met, sentence = attacks_stand([one.standing for one in _lines(connection, feature, live, now)])
    return Condition("red_team", met, sentence)


def _lines(connection: Connection, feature: Feature, live: Live | None, now: datetime) -> list[FindingLine]:
    checks: dict[int, list[Check]] = defaultdict(list)
    for check in red_team.checks_of(connection, feature.id, until=now):
        checks[check.finding_id].append(check)
    shipped = attacked_sha256(live.bundle) if live else None
    lines = []
    for one in red_team.findings_of(connection, feature.id, until=now):
        tries = checks[one.id]
        standing = FindingStanding(
            one.number, AttackKind(one.kind), Severity(one.severity), state_of(_attacks(one, tries), shipped)
        )
        lines.append(FindingLine(standing, one, tuple(reversed(tries))))
    return sorted(lines, key=lambda line: line.standing.rank)


def _attacks(finding: Finding, checks: Sequence[Check]) -> list[Attack]:
    """The finding itself is the first try, and it worked."""
    later = [Attack(one.checked_at, one.state == "open", one.parts_sha256) for one in checks]
    return [Attack(finding.found_at, True, finding.parts_sha256), *later]


def _readable(line: FindingLine, texts: TextsFor) -> FindingLine:
    finding = replace(line.finding, how=texts.text(line.finding.how) or "")
    checks = tuple(replace(one, note=texts.text(one.note) or "") for one in line.checks)
    return replace(line, finding=finding, checks=checks)


def _attacked(connection: Connection, feature: Feature, moment: datetime) -> tuple[str | None, str | None]:
    """The name of what was live at ``moment``, and the fingerprint of its attacked parts."""
    shipped: ReleaseBundle | None = bundle_at(connection, feature, moment)
    return (shipped.name, attacked_sha256(shipped)) if shipped else (None, None)


def _note(
    connection: Connection,
    caller: Caller,
    slug: str,
    now: datetime,
    action: str,
    said: dict[str, object],
    bundle: str | None,
    sha256: str | None,
) -> None:
    payload = said | {"bundle": bundle, "parts_sha256": sha256, "person": caller.person_id}
    audit.append(
        connection, actor=caller.name, action=action, subject=f"feature/{slug}", payload=payload, now=now
    )
