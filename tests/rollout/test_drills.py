"""Drills of going back: what each part's drills are worth, and what the gate says of them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.stakes import Stakes
from core.evidence.bundle_parts import KILL_SWITCH, BundlePart
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.rehearsals import (
    REHEARSED,
    Drill,
    DrillState,
    PartStanding,
    days_ago,
    minutes_words,
    standings,
    way_back,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
LIVE = read_bundle(
    {
        "name": "B",
        "parts": {
            "model": {"version": "gpt-y", "way_back": {"how": "set the alias", "who": "Omar", "minutes": 10}},
            "prompt": {"version": "v4"},
            "retriever": {"version": "index 7", "way_back": {"alone": False}},
        },
    }
)


def drill(part: str, days: float, worked: bool = True, minutes: float = 4, was: str | None = None) -> Drill:
    """A drill ``days`` ago of the live version of the part, or of the version ``was``."""
    version = LIVE.part(BundlePart(part)) if part != KILL_SWITCH else None
    if version is not None and was is not None:
        version = version.model_copy(update={"version": was})
    return Drill(part, NOW - timedelta(days=days), worked, minutes, version.fingerprint if version else None)


def lines(*drills: Drill, live: ReleaseBundle = LIVE) -> dict[str, PartStanding]:
    return {line.part: line for line in standings(live, drills, NOW)}


def said(stakes: Stakes, *drills: Drill) -> tuple[bool, str]:
    return way_back(standings(LIVE, drills, NOW), LIVE.rehearsal_days, stakes, NOW)


@pytest.mark.parametrize(
    ("drills", "state"),
    [
        ([], DrillState.NEVER),
        ([drill("model", 6)], DrillState.FRESH),
        ([drill("model", 30)], DrillState.FRESH),
        ([drill("model", 30.01)], DrillState.OLD),
        ([drill("model", 40)], DrillState.OLD),
        ([drill("model", 6, was="gpt-x")], DrillState.CHANGED),
        ([drill("model", 40, was="gpt-x")], DrillState.CHANGED),
        ([drill("model", 6, worked=False)], DrillState.FAILED),
        ([drill("model", 40, worked=False)], DrillState.FAILED),
        ([drill("model", 6, worked=False, was="gpt-x")], DrillState.FAILED),
        ([drill("model", 6, worked=False), drill("model", 5)], DrillState.FRESH),
        ([drill("model", 5), drill("model", 6, worked=False)], DrillState.FRESH),
        ([drill("model", 6), drill("model", 5, worked=False)], DrillState.FAILED),
        ([Drill("model", NOW - timedelta(days=1), True, 4, None)], DrillState.CHANGED),
    ],
)
def test_the_newest_drill_decides_what_a_part_is_worth(drills: list[Drill], state: DrillState) -> None:
    line = lines(*drills)["model"]
    assert line.state is state and line.is_fresh == (state is DrillState.FRESH)
    assert line.earlier == max(0, len(drills) - 1)


def test_the_kill_switch_is_of_no_version_and_stands_first() -> None:
    found = standings(LIVE, [drill(KILL_SWITCH, 29)], NOW)
    assert [line.part for line in found] == [KILL_SWITCH, "model", "prompt", "retriever"]
    assert found[0].state is DrillState.FRESH and found[0].goes_back_alone
    assert found[0].fresh_until == NOW + timedelta(days=1)


def test_a_part_that_the_release_does_not_name_is_listed_only_where_it_was_rehearsed() -> None:
    line = lines(Drill("tools", NOW, True, 3, LIVE.part(BundlePart.TOOLS).fingerprint))["tools"]
    assert (line.is_known, line.goes_back_alone, line.state) == (False, False, DrillState.CHANGED)
    assert "tools" not in lines()


def test_a_change_of_another_part_leaves_a_drill_fresh() -> None:
    changed = LIVE.model_copy(
        update={"parts": {**LIVE.parts, BundlePart.PROMPT: LIVE.part(BundlePart.MODEL)}}
    )
    after = lines(drill("model", 3), drill("prompt", 3), drill(KILL_SWITCH, 3), live=changed)
    states = {part: line.state for part, line in after.items()}
    fresh = DrillState.FRESH
    assert states["model"] is states[KILL_SWITCH] is fresh and states["prompt"] is DrillState.CHANGED


def test_more_minutes_than_planned_are_told_and_keep_nothing_back() -> None:
    assert not lines(drill("model", 1, minutes=10))["model"].took_longer
    assert lines(drill("model", 1, minutes=11))["model"].took_longer
    assert not lines(drill("prompt", 1, minutes=500))["prompt"].took_longer
    met, sentence = said(Stakes.LOW, drill("model", 1, minutes=11))
    assert met
    assert sentence == (
        "The way back was rehearsed: Model, 1 day ago, in 11 min, longer than the 10 min planned."
    )


@pytest.mark.parametrize(
    ("stakes", "drills", "met", "sentence"),
    [
        (
            Stakes.LOW,
            [],
            False,
            "No way back was ever rehearsed. Switch the feature off once, and record how it went.",
        ),
        (
            Stakes.MEDIUM,
            [drill("model", 40)],
            False,
            "No drill of a way back counts any more: Model (40 days ago; the limit is 30 days).",
        ),
        (
            Stakes.LOW,
            [drill("prompt", 12, was="v3")],
            False,
            "No drill of a way back counts any more: System prompt and templates (changed since its drill "
            "12 days ago).",
        ),
        (
            Stakes.LOW,
            [Drill("tools", NOW - timedelta(days=2), True, 3)],
            False,
            "No drill of a way back counts any more: Tool manifest (not written down in the live release; "
            "drill 2 days ago).",
        ),
        (
            Stakes.MEDIUM,
            [drill(KILL_SWITCH, 6, minutes=4.5), drill("model", 50)],
            True,
            "The way back was rehearsed: Kill switch, 6 days ago, in 4.5 min.",
        ),
        (
            Stakes.LOW,
            [drill(KILL_SWITCH, 6), drill("prompt", 2, worked=False)],
            False,
            "The last drill failed: System prompt and templates, 2 days ago. Mend the way back, and rehearse "
            "it again.",
        ),
        (
            Stakes.HIGH,
            [drill(KILL_SWITCH, 6)],
            False,
            "2 of 3 ways back are not rehearsed: Model (never); System prompt and templates (never).",
        ),
        (
            Stakes.HIGH,
            [drill(KILL_SWITCH, 6), drill("model", 40), drill("prompt", 2)],
            False,
            "1 of 3 ways back is not rehearsed: Model (40 days ago; the limit is 30 days).",
        ),
        (
            Stakes.HIGH,
            [drill(KILL_SWITCH, 6), drill("model", 12), drill("prompt", 2), drill("retriever", 3)],
            True,
            "All 3 ways back were rehearsed: Model, 12 days ago, in 4 min; Kill switch, 6 days ago, in 4 "
            "min; Retriever settings and index, 3 days ago, in 4 min; and 1 more.",
        ),
    ],
)
def test_what_the_gate_says(stakes: Stakes, drills: list[Drill], met: bool, sentence: str) -> None:
    assert said(stakes, *drills) == (met, sentence)


@given(
    st.lists(
        st.builds(
            drill,
            st.sampled_from([KILL_SWITCH, "model", "prompt", "retriever", "tools"]),
            st.floats(0, 60),
            st.booleans(),
            st.floats(0.5, 100),
            st.sampled_from([None, "older"]),
        ),
        max_size=8,
    )
)
def test_higher_stakes_never_ask_for_less(drills: list[Drill]) -> None:
    high, medium, low = (said(stakes, *drills)[0] for stakes in (Stakes.HIGH, Stakes.MEDIUM, Stakes.LOW))
    assert medium == low and (not high or medium)
    found = standings(LIVE, drills, NOW)
    if any(line.state is DrillState.FAILED for line in found):
        assert not low
    assert [line.part for line in found] == [
        part for part in REHEARSED if part in {one.part for one in found}
    ]


def test_ages_and_minutes_in_words() -> None:
    ages = [timedelta(0), timedelta(hours=12), timedelta(days=1), timedelta(days=40)]
    assert [days_ago(NOW - age, NOW) for age in ages] == ["today", "yesterday", "1 day ago", "40 days ago"]
    assert [minutes_words(one) for one in (4, 1.5, 11.2, 1440)] == ["4 min", "1.5 min", "11 min", "1,440 min"]
