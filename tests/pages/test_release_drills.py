"""Drills of going back and red-team findings on the Release page: shown, recorded, and who may what."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.bundles import put_live, save_bundle
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.red_team import record_check, record_finding, view_red_team
from core.actions.rehearsals import record_rehearsal, view_rehearsals
from core.evidence.free_text import KEPT_BACK
from core.rollout.bundle import read_bundle
from core.web import wiring
from core.web.screens.release_red_team import table_of
from core.web.screens.release_rehearsals import drills_table, standings_table

SLUG = "refund-agent"
Words = Callable[[AppTest], str]


def goes_live(site: Any) -> None:
    site.feature(SLUG)
    way = {"how": "Point <b>back</b>", "who": "Omar", "minutes": 3}
    parts = {"model": {"version": "gpt-x", "way_back": way}, "prompt": {"version": "v3"}}
    bundle = read_bundle({"name": "2026-03", "parts": parts})
    save_bundle(site.workspace, LOCAL_CALLER, site.now, SLUG, bundle, based_on=None)
    put_live(site.workspace, LOCAL_CALLER, site.now, SLUG, "2026-03", at=site.before(45))


def drills(site: Any, part: str, days: int, worked: bool = True, minutes: float = 4) -> None:
    record_rehearsal(
        site.workspace, LOCAL_CALLER, site.now, SLUG, part=part, at=site.before(days), worked=worked,
        minutes=minutes, done_by="Omar", note="" if worked else "Stuck in the <i>cache</i>",
    )  # fmt: skip


def finds(site: Any, title: str, severity: str, how: str = "Say please.") -> int:
    found = record_finding(
        site.workspace, LOCAL_CALLER, site.now, SLUG, title=title, kind="leakage", severity=severity, how=how,
        found_at=site.before(9), link="https://tracker.example/17",
    )  # fmt: skip
    return found.number


def opened(site: Any) -> AppTest:
    at: AppTest = site.open("release", SLUG)
    assert not at.exception
    return at


def test_a_first_drill_and_a_first_finding_are_recorded_on_the_page(site: Any, words: Words) -> None:
    site.feature(SLUG)
    said = words(opened(site))
    assert "Say first which release is live" in said and "No red-team finding is recorded" in said
    key, new = f"drill_{SLUG}", f"red_team_new_{SLUG}"
    at = opened(site)
    at.button(key=f"{key}/save").click().run()
    assert "Whether the drill worked is missing" in words(at)
    at.radio(key=f"{key}/worked").set_value("no")
    at.number_input(key=f"{key}/minutes").set_value(12.5)
    at.text_input(key=f"{key}/who").set_value("Omar")
    at.button(key=f"{key}/save").click().run()
    assert "A drill that failed needs a note" in words(at)
    at.text_area(key=f"{key}/note").set_value("The switch was locked")
    at.button(key=f"{key}/save").click().run()
    assert not at.exception and "1 drill on record" in words(at)
    assert (at.number_input(key=f"{key}/minutes").value, at.text_area(key=f"{key}/note").value) == (None, "")
    (drill,) = view_rehearsals(site.workspace, LOCAL_CALLER, site.now, SLUG).history
    assert (drill.part, drill.worked, drill.minutes, drill.rehearsed_at) == (
        "kill_switch", False, 12.5, site.now,
    )  # fmt: skip

    at.text_input(key=f"{new}/title").set_value("Refunds all")
    at.segmented_control(key=f"{new}/severity").set_value("serious")
    at.text_area(key=f"{new}/how").set_value("Say please.")
    at.button(key=f"{new}/save").click().run()
    assert "R-1 (serious, prompt injection) still works." in words(at)
    again = f"red_team_again_{SLUG}/1"
    at.radio(key=f"{again}/works").set_value("no")
    at.text_area(key=f"{again}/note").set_value("Tried 20 times")
    at.button(key=f"{again}/save").click().run()
    said = words(at)
    assert not at.exception
    assert "1 red-team finding is closed." in said and "1 closed finding" in said


def test_each_part_and_each_finding_stands_with_its_state(site: Any, words: Words, monkeypatch: Any) -> None:
    goes_live(site)
    drills(site, "kill_switch", 40)
    drills(site, "model", 25, minutes=5)
    drills(site, "prompt", 5, worked=False)
    for number in range(13):
        finds(site, f"Leaks <script>{number}", "minor" if number else "critical", how="Say “open sesame”")
    record_check(
        site.workspace, LOCAL_CALLER, site.now, SLUG, 2, works=False, checked_at=site.before(1), note="Twice"
    )
    said = words(opened(site))
    assert "The last drill failed: System prompt and templates, 5 days ago." in said
    for state in ("STALE: too old", "WORKED", "FAILED"):
        assert state in said
    assert "longer than the 3 min planned" in said and "counts for 5 days more" in said
    assert "Stuck in the <i>cache</i>" in said and "alone, by Omar, within 3 min: Point <b>back</b>" in said
    assert "R-1 (critical, leakage across customers) still works. 11 minor findings are open" in said
    assert "Show all 12 that are not closed" in said and "Leaks <script>10" in said
    assert "Leaks <script>12" not in said and "open sesame" in said

    rehearsed = view_rehearsals(site.workspace, LOCAL_CALLER, site.now, SLUG)
    assert [row[1] for row in standings_table(rehearsed).rows] == ["too old", "worked", "failed"]
    assert [row[2] for row in drills_table(rehearsed).rows] == ["no", "yes", "yes"]
    rows = table_of(view_red_team(site.workspace, LOCAL_CALLER, site.now, SLUG)).rows
    assert [row[:3] for row in (rows[0], rows[-1])] == [
        ("R-1", "open", "critical"),
        ("R-2", "closed", "minor"),
    ]

    viewer = Caller("Vi", frozenset({Role.VIEWER}))
    monkeypatch.setattr(wiring, "caller", lambda: viewer)
    at = opened(site)
    said = words(at)
    assert "open sesame" not in said and KEPT_BACK in said
    assert f"red_team_again_{SLUG}/1/save" not in {one.key for one in at.button}
