"""Drills of going back and red-team findings: recorded, judged on the live release, verified, erased."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text

from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.bundles import put_live, save_bundle
from core.actions.erasure import ask_erasure, erase
from core.actions.live_release import live_at
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.red_team import record_check, record_finding, red_team_condition, view_red_team
from core.actions.rehearsals import record_rehearsal, rollback_condition, view_rehearsals
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.decision.conditions import Condition
from core.errors import WrongUsage
from core.evidence.bundle_parts import KILL_SWITCH
from core.evidence.free_text import KEPT_BACK
from core.rollout.bundle import read_bundle
from core.rollout.red_team import FindingState
from core.rollout.rehearsals import DrillState
from core.store import audit, documents, features
from core.store.record_checks import check_records
from core.store.release_tables import red_team_check, red_team_finding, rehearsal
from core.store.segment_cache import SegmentCache
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

ANNA = "anna-zebra@example.com"
DAY = timedelta(days=1)


class Release:
    """The hands of a product manager whose feature has a live release: model gpt-x and prompt v3."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now

    def ship(self, name: str, at: datetime, **versions: str) -> None:
        parts = {"model": "gpt-x", "prompt": "v3"} | versions
        body = {"name": name, "parts": {part: {"version": version} for part, version in parts.items()}}
        with self.workspace.database.reading() as connection:
            feature = features.by_slug(connection, self.slug)
            newest = documents.newest(connection, feature.id, documents.BUNDLE)
        number = newest.number if newest else None
        save_bundle(self.workspace, LOCAL_CALLER, at, self.slug, read_bundle(body), based_on=number)
        put_live(self.workspace, LOCAL_CALLER, at, self.slug, name)

    def drill(self, part: str = "model", **more: Any) -> None:
        at = more.pop("at", self.now)
        said = {"worked": True, "minutes": 4.5, "done_by": "Omar"} | more
        record_rehearsal(
            self.workspace, LOCAL_CALLER, more.pop("recorded", self.now), self.slug, part=part, at=at, **said
        )

    def find(self, at: datetime, **more: Any) -> None:
        said = {"title": "Refunds all", "kind": "injection", "severity": "critical", "how": "Say please."}
        record_finding(self.workspace, LOCAL_CALLER, self.now, self.slug, found_at=at, **{**said, **more})

    def check(self, number: int, at: datetime, works: bool, note: str = "Tried 20 times") -> None:
        record_check(
            self.workspace, LOCAL_CALLER, self.now, self.slug, number, works=works, checked_at=at, note=note
        )

    def condition(self, name: str, stakes: Stakes = Stakes.MEDIUM, now: datetime | None = None) -> Condition:
        now = now or self.now
        with self.workspace.database.reading() as connection:
            feature = features.by_slug(connection, self.slug)
            live = live_at(connection, feature, now)
            if name == "rollback":
                found = rollback_condition(connection, feature, live, stakes, now)
            else:
                found = red_team_condition(connection, feature, live, now)
        assert found is not None and found.name == name
        return found

    def state(self, part: str) -> DrillState:
        view = view_rehearsals(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return next(line.state for line in view.lines if line.part == part)

    def findings(self) -> list[tuple[str, FindingState]]:
        view = view_red_team(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return [(line.standing.name, line.state) for line in view.findings]


@pytest.fixture
def workspace(database: Any, home: Any) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


@pytest.fixture
def release(workspace: Workspace, feature: str, now: datetime) -> Release:
    return Release(workspace, feature, now)


def test_before_a_release_is_live_nothing_is_asked_and_the_kill_switch_can_be_rehearsed(
    release: Release,
) -> None:
    release.drill(KILL_SWITCH)
    view = view_rehearsals(release.workspace, LOCAL_CALLER, release.now, release.slug)
    assert (view.live, view.lines, view.sentence, len(view.history)) == (None, (), "", 1)
    with release.workspace.database.reading() as connection:
        feature = features.by_slug(connection, release.slug)
        assert rollback_condition(connection, feature, None, Stakes.HIGH, release.now) is None
        assert red_team_condition(connection, feature, None, release.now) is None
    release.ship("A", release.now)
    assert release.condition("rollback").met and not release.condition("rollback", Stakes.HIGH).met


def test_a_drill_goes_stale_by_age_and_by_a_change_of_its_part_and_one_that_failed_blocks(
    release: Release,
) -> None:
    now = release.now
    release.ship("A", now)
    release.drill("model")
    release.drill("prompt")
    assert release.condition("rollback").sentence == (
        "The way back was rehearsed: Model, today, in 4.5 min; System prompt and templates, today, in 4.5 "
        "min."
    )
    release.now = now + 40 * DAY
    assert (release.state("model"), release.state(KILL_SWITCH)) == (DrillState.OLD, DrillState.NEVER)
    assert not release.condition("rollback").met
    assert release.condition("rollback", now=now).met
    release.drill("model")
    release.ship("B", release.now + DAY, prompt="v4")
    release.now += 2 * DAY
    assert (release.state("model"), release.state("prompt")) == (DrillState.FRESH, DrillState.CHANGED)
    release.drill("prompt", worked=False, note="The template cache kept v4")
    assert (release.state("prompt"), release.condition("rollback").met) == (DrillState.FAILED, False)
    assert "System prompt and templates, today" in release.condition("rollback", Stakes.LOW).sentence
    release.drill("prompt")
    release.drill(KILL_SWITCH)
    assert release.condition("rollback", Stakes.HIGH).met


def test_a_drill_counts_for_what_was_live_when_it_took_place(release: Release) -> None:
    now = release.now
    release.ship("A", now - 3 * DAY)
    release.ship("B", now - DAY, model="gpt-y")
    release.drill("model", at=now - 2 * DAY)
    assert release.state("model") is DrillState.CHANGED
    release.drill("model", at=now - DAY / 2)
    assert release.state("model") is DrillState.FRESH
    history = view_rehearsals(release.workspace, LOCAL_CALLER, now, release.slug).history
    assert [one.bundle for one in history] == ["B", "A"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"part": "wheels"}, "no part of a release"),
        ({"at": DAY}, "before it took place"),
        ({"minutes": 0}, "How long the drill took"),
        ({"minutes": float("nan")}, "How long the drill took"),
        ({"minutes": 10_081}, "How long the drill took"),
        ({"done_by": " "}, "somebody who did it"),
        ({"worked": False}, "that failed needs a note"),
        ({"note": "x" * 1_001}, "longer than 1,000 characters"),
    ],
)
def test_a_drill_that_cannot_have_been_is_refused(
    release: Release, wrong: dict[str, Any], sentence: str
) -> None:
    if "at" in wrong:
        wrong = {"at": release.now + wrong["at"]}
    with pytest.raises(WrongUsage, match=sentence):
        release.drill(**wrong)
    assert view_rehearsals(release.workspace, LOCAL_CALLER, release.now, release.slug).history == ()


def test_a_finding_is_tried_again_on_each_release_that_changes_what_was_attacked(release: Release) -> None:
    now = release.now
    release.ship("A", now - 9 * DAY)
    assert release.condition("red_team").sentence == "No red-team finding is recorded."
    release.find(now - 8 * DAY)
    release.find(now - 8 * DAY, severity="minor", kind="spend")
    assert release.findings() == [("R-1", FindingState.OPEN), ("R-2", FindingState.OPEN)]
    assert not release.condition("red_team").met
    release.check(1, now - 7 * DAY, works=False)
    assert release.findings() == [("R-2", FindingState.OPEN), ("R-1", FindingState.CLOSED)]
    assert release.condition("red_team").met
    release.ship("B", now - 6 * DAY, suite="suite 2", runbook="2")
    assert release.condition("red_team").met
    release.ship("C", now - 5 * DAY, tools="tools 2")
    assert release.findings()[0] == ("R-1", FindingState.TRY_AGAIN)
    assert release.condition("red_team").sentence.startswith(
        "R-1 (critical, prompt injection) has to be tried"
    )
    release.check(1, now - 4 * DAY, works=True, note="")
    assert release.findings()[0] == ("R-1", FindingState.OPEN)
    release.check(1, now - 3 * DAY, works=False)
    assert release.condition("red_team").met
    view = view_red_team(release.workspace, LOCAL_CALLER, now, release.slug)
    closed = view.findings[1]
    assert (closed.last_bundle, [one.bundle for one in closed.checks]) == ("C", ["C", "C", "A"])
    assert view.holds and view.may_record


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "a title and how to repeat it"),
        ({"how": ""}, "a title and how to repeat it"),
        ({"kind": "magic"}, "a kind and a severity"),
        ({"severity": ""}, "a kind and a severity"),
        ({"how": "x" * 4_001}, "longer than 4,000 characters"),
        ({"at": DAY}, "cannot be still to come"),
    ],
)
def test_a_finding_that_says_too_little_is_refused(
    release: Release, wrong: dict[str, Any], sentence: str
) -> None:
    said = {"at": release.now} | wrong
    if "at" in wrong:
        said["at"] = release.now + wrong["at"]
    with pytest.raises(WrongUsage, match=sentence):
        release.find(**said)
    assert release.findings() == []


def test_a_try_is_of_a_finding_after_it_was_found_and_closing_takes_a_note(release: Release) -> None:
    now = release.now
    release.find(now - DAY)
    with pytest.raises(WrongUsage, match="no such finding"):
        release.check(2, now, works=True)
    with pytest.raises(WrongUsage, match="was found later than that"):
        release.check(1, now - 2 * DAY, works=True)
    with pytest.raises(WrongUsage, match="still to come"):
        release.check(1, now + DAY, works=True)
    with pytest.raises(WrongUsage, match="needs a note"):
        release.check(1, now, works=False, note=" ")
    assert release.findings() == [("R-1", FindingState.OPEN)]
    release.check(1, now, works=False)
    view = view_red_team(release.workspace, LOCAL_CALLER, now, release.slug)
    assert (view.holds, view.sentence) == (True, "1 red-team finding is closed.")


def test_what_attackers_say_is_kept_from_those_who_see_numbers_only_and_from_the_log(
    release: Release,
) -> None:
    release.find(release.now, how="Say it as anna@example.com:\nrefund me")
    release.check(1, release.now, works=True, note="Worked for zoe@example.com too")
    (line,) = view_red_team(release.workspace, LOCAL_CALLER, release.now, release.slug).findings
    assert "anna@" not in line.finding.how and line.finding.how.endswith("\nrefund me")
    assert "zoe@" not in line.checks[0].note and line.checks[0].note.startswith("Worked for")
    viewer = Caller("Vi", frozenset({Role.VIEWER}))
    view = view_red_team(release.workspace, viewer, release.now, release.slug)
    (line,) = view.findings
    assert (line.finding.title, line.finding.how, line.checks[0].note) == (
        "Refunds all",
        KEPT_BACK,
        KEPT_BACK,
    )
    assert not view.may_record
    with release.workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{release.slug}", 3)
    said = [event for event in events if event.action.startswith("red-team")]
    assert len(said) == 2 and "anna" not in str(said) and "zoe" not in str(said)
    assert [told(event).sentence for event in said] == [
        "tried the red-team finding R-1 again: it still works",
        "recorded the critical red-team finding R-1",
    ]


TAMPERED = [
    (rehearsal, "worked", "1 = 1", {"worked"}),
    (rehearsal, "minutes", "2", {"minutes"}),
    (rehearsal, "part_sha256", "'0'", {"part_sha256"}),
    (red_team_finding, "severity", "'minor'", {"severity"}),
    (red_team_finding, "how", "'Nothing'", {"how_sha256"}),
    (red_team_check, "state", "'closed'", {"state"}),
    (red_team_check, "parts_sha256", "'0'", {"parts_sha256"}),
    (red_team_check, "note", "'Other'", {"note_sha256"}),
]


def test_what_was_changed_removed_or_slipped_in_is_found(
    release: Release, past_readygate: Callable[..., AbstractContextManager[Any]]
) -> None:
    release.ship("A", release.now - DAY)
    release.drill("model", worked=False, note="Stuck")
    release.find(release.now)
    release.check(1, release.now, works=True)
    workspace = release.workspace
    assert verify_log(workspace, LOCAL_CALLER, release.now).findings == ()
    with past_readygate(workspace.database) as connection:
        for table, column, value, fields in TAMPERED:
            before = connection.execute(select(table)).one()._asdict()
            connection.execute(text(f"UPDATE {table.name} SET {column} = {value}"))
            (found,) = check_records(connection).broken
            assert (found.kind, found.fault, set(found.fields)) == (table.name, "changed", fields)
            connection.execute(table.update().values(before))
        # The finding itself cannot go as long as there is a try of it.
        for table in (red_team_check, rehearsal):
            before = connection.execute(select(table)).one()._asdict()
            connection.execute(table.delete())
            (found,) = check_records(connection).broken
            assert (found.kind, found.fault) == (table.name, "missing")
            connection.execute(table.insert().values(before))
            connection.execute(table.insert().values(before | {"id": 99}))
            (found,) = check_records(connection).broken
            assert (found.kind, found.fault) == (table.name, "unlogged")
            connection.execute(table.delete().where(table.c.id == 99))
        assert check_records(connection).broken == ()


def test_a_person_who_is_erased_is_named_in_no_drill_and_no_finding(
    release: Release, hand_in: Callable[..., Upload]
) -> None:
    hand_in(f"run_id,user_id,query\nr1,{ANNA},Where?\n", "traces.csv")
    release.ship("A", release.now)
    release.drill("model", note=f"{ANNA} waited")
    release.find(release.now, how=f"Write as {ANNA}", title="Leaks orders")
    release.find(release.now, title=f"Leaks {ANNA}", link=f"https://example.com/{ANNA}")
    release.check(1, release.now, works=False, note=f"{ANNA} is no word any more")
    workspace, slug = release.workspace, release.slug
    asked = ask_erasure(workspace, LOCAL_CALLER, release.now, slug, wanted=ANNA, reason="Request number 17")
    erase(workspace, LOCAL_CALLER, release.now, slug, asked.id)
    with workspace.database.reading() as connection:
        for table in (rehearsal, red_team_finding, red_team_check):
            rows = connection.execute(select(table)).all()
            assert ANNA not in str(rows) and "erased" in str(rows)
    assert verify_log(workspace, LOCAL_CALLER, release.now).findings == ()
    assert release.findings()[-1] == ("R-1", FindingState.CLOSED)
