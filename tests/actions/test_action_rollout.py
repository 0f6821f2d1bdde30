"""The rollout from start to end: forward through the gate only, to a stop by almost anybody at any time."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan, view_plan
from core.actions.rollout import (
    Moved,
    RolloutView,
    advance,
    complete,
    pause,
    resume,
    roll_back,
    start_phase,
    view_rollout,
)
from core.actions.rollout_past import PastStart, record_past
from core.actions.workspace import Workspace
from core.errors import Conflict, UserError, WrongUsage
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, State, Transition
from core.store import audit, documents, features, transitions
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Ship = Callable[..., None]
Results = Callable[..., str]
Everything = Callable[[], Mapping[str, list[str]]]

DAY = timedelta(days=1)
VERIFIED = Caller("Pia", frozenset({Role.PM}), verified=True)
AGREED = "Lea (legal), minutes of 2 March"
SAFE = {
    "segment": "Volunteers",
    "why_forgiving": "Little is at stake.",
    "confidence_threshold": 0.9,
    "fallback": "non_ai",
    "review_share": 0.1,
    "feedback_button": True,
    "warnings": [{"metric": "eval_pass_rate", "bar": 0.7, "tier": "roll_back"}],
    "minimum_days": 7,
    "criteria": ["suite"],
    "owner": "Ada",
}
PHASES: list[dict[str, Any]] = [
    SAFE | {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.03]},
    SAFE | {"id": "early", "name": "Early access", "exposure_share": [0.05, 0.1]},
]


class Rollout:
    """A feature with a plan of two phases, seen and moved at days after ``now``."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now

    def plan(self, phases: list[dict[str, Any]], *, day: float = -5) -> None:
        wanted = read_plan({"owner": "Ada", "phases": phases})
        number = view_plan(self.workspace, LOCAL_CALLER, self.slug).number
        save_plan(self.workspace, LOCAL_CALLER, self.at(day), self.slug, wanted, based_on=number)

    def at(self, day: float) -> datetime:
        return self.now + day * DAY

    def do(self, act: Callable[..., Any], *, day: float = 0, who: Caller = LOCAL_CALLER, **said: Any) -> Any:
        return act(self.workspace, who, self.at(day), self.slug, **said)

    def forward(self, act: Callable[..., Moved], *, day: float = 0, **said: Any) -> Moved:
        moved: Moved = self.do(act, day=day, agreed=AGREED, **said)
        return moved

    def view(self, day: float = 0) -> RolloutView:
        return view_rollout(self.workspace, LOCAL_CALLER, self.at(day), self.slug)

    def insert(self, *moves: str) -> None:
        """Moves as they stand in the record, each "move phase day", whatever led to them."""
        with self.workspace.database.writing() as connection:
            feature = features.by_slug(connection, self.slug)
            plan = documents.newest(connection, feature.id, documents.PLAN)
            for words in moves:
                move, phase, day = words.split()
                at = self.at(float(day))
                transitions.add(
                    connection,
                    feature_id=feature.id,
                    moved=Transition(Move(move), phase, at, "Ada", "why"),
                    plan_number=plan.number if plan else None,
                    verdict=None,
                    now=at,
                )

    def events(self) -> list[tuple[str, str]]:
        with self.workspace.database.reading() as connection:
            assert audit.verify(connection).ok
            return [
                (one.action, one.actor)
                for one in reversed(audit.timeline(connection, None, 100))
                if one.action.startswith("rollout")
            ]


@pytest.fixture
def rollout(workspace: Workspace, feature: str, now: datetime) -> Rollout:
    """Nothing but a feature: no plan, no checklist, no evidence."""
    return Rollout(workspace, feature, now)


@pytest.fixture
def ready(
    rollout: Rollout, ship: Ship, commit: Commit, hand_in: HandIn, results: Results, now: datetime
) -> Rollout:
    """GO on a locked checklist, a plan without a finding that blocks, and a live release with a way back."""
    ship(rollout.workspace, rollout.slug, now - 6.5 * DAY)
    commit(at=now - 6 * DAY)
    hand_in(results(40), at=now - 4 * DAY)
    rollout.plan(PHASES)
    return rollout


def lacks(ready: Rollout, day: float = 0) -> list[str]:
    decision = gate(ready.workspace, LOCAL_CALLER, ready.at(day), ready.slug)
    return [one.name for one in decision.lacking]


def test_a_rollout_from_start_to_end(ready: Rollout) -> None:
    assert lacks(ready) == ["signatures"]
    ready.forward(start_phase, reason="The volunteers are told")
    assert (lacks(ready, 6.9), lacks(ready, 7)) == (["duration", "signatures"], ["signatures"])
    ready.do(pause, day=3, reason="A look at billing")
    assert "state" in lacks(ready, 4)
    ready.do(resume, day=5, reason="A typing error")
    assert lacks(ready, 8.9) == ["duration", "signatures"], "the two days of the pause do not count"
    ready.forward(advance, day=9)
    ready.forward(complete, day=16)
    view = ready.view(day=16)
    assert [one.moved.move for one in view.history] == [
        Move.START,
        Move.PAUSE,
        Move.RESUME,
        Move.ADVANCE,
        Move.COMPLETE,
    ]
    assert [one.moved.phase for one in view.history] == ["beta", "beta", "beta", "early", "early"]
    assert [(one.plan_number, one.verdict) for one in view.history] == [(1, "go")] * 5
    assert not any(one.is_afterwards for one in view.history)
    assert view.history[0].moved.reason == f"The volunteers are told · Agreed outside Readygate: {AGREED}"
    assert view.standing.state is State.COMPLETE
    assert ready.events() == [
        (f"rollout {done}", "local user")
        for done in ("started", "paused", "resumed", "advanced", "completed")
    ]


def test_the_gate_tells_the_state_as_of_any_day(ready: Rollout) -> None:
    ready.forward(start_phase)
    ready.forward(advance, day=8)
    ready.do(roll_back, day=9, reason="Wrong refunds")

    def told(day: float) -> tuple[str, str | None, float | None]:
        decision = gate(ready.workspace, LOCAL_CALLER, ready.at(day), ready.slug)
        return decision.state, decision.phase, decision.exposure

    assert told(-0.1) == ("not_started", None, None)
    assert told(0) == ("running", "beta", 0.03)
    assert told(8.5) == ("running", "early", 0.1)
    assert told(10) == ("rolled_back", "early", 0.0)


def test_without_a_plan_nothing_starts(ready: Rollout) -> None:
    ready.plan([], day=-1)
    with pytest.raises(WrongUsage, match="There is no phase plan"):
        ready.forward(start_phase)


def test_the_refusal_names_each_condition_that_lacks(
    rollout: Rollout, commit: Commit, everything: Everything
) -> None:
    commit(lock=False)
    rollout.plan([PHASES[0] | {"fallback": None, "minimum_days": 7}])
    before = everything()
    with pytest.raises(WrongUsage) as refused:
        rollout.forward(start_phase)
    assert refused.value.code == "gate_closed"
    for words in ("Not every deciding row is GO", "is a draft", "1 thing in the phase plan will hurt"):
        assert words in refused.value.sentence
    assert "Not signed" not in refused.value.sentence, "it was agreed outside"
    assert everything() == before


def test_without_sign_in_somebody_must_have_agreed_outside(ready: Rollout) -> None:
    with pytest.raises(WrongUsage, match=r"Not signed.*Say who agreed and where"):
        ready.do(start_phase)
    assert ready.forward(start_phase).state is State.RUNNING


def test_with_sign_in_words_are_no_signature(ready: Rollout) -> None:
    with pytest.raises(WrongUsage, match="Not signed"):
        ready.do(start_phase, who=VERIFIED, agreed=AGREED)


def test_a_phase_has_to_show_its_own_bars_since_it_began(
    ready: Rollout, hand_in: HandIn, results: Results, now: datetime
) -> None:
    bar = {"kind": "measured", "id": "own", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
    ready.plan([PHASES[0] | {"bars": [bar]}, PHASES[1]], day=-1)
    ready.forward(start_phase)
    assert lacks(ready, 8) == ["criteria", "signatures"], "the evidence before the start is not of the phase"
    with pytest.raises(WrongUsage, match=r"Beta has still to show: Eval pass rate \(no data\)"):
        ready.forward(advance, day=8)
    hand_in(results(40, first=500), at=now + 2 * DAY)
    assert ready.forward(advance, day=8).transition.phase == "early"


def test_a_criterion_that_the_checklist_does_not_have_is_never_shown(ready: Rollout) -> None:
    ready.plan([PHASES[0] | {"criteria": ["gone"]}, PHASES[1]], day=-1)
    ready.insert("start beta 0")
    decision = gate(ready.workspace, LOCAL_CALLER, ready.at(8), ready.slug)
    sentences = {one.name: one.sentence for one in decision.lacking}
    assert sentences["criteria"] == "Beta has still to show: “gone”, which the checklist does not have."


def test_the_last_phase_is_completed_and_no_other(ready: Rollout) -> None:
    ready.forward(start_phase)
    with pytest.raises(WrongUsage, match="Beta is not in the last phase"):
        ready.forward(complete, day=8)
    ready.forward(advance, day=8)
    with pytest.raises(WrongUsage, match="no phase after Early access"):
        ready.forward(advance, day=20)


def test_a_phase_that_left_the_plan_goes_nowhere_but_can_be_stopped(ready: Rollout) -> None:
    ready.forward(start_phase)
    ready.plan(PHASES[1:], day=1)
    assert "plan" in lacks(ready, 8)
    with pytest.raises(WrongUsage):
        ready.forward(advance, day=8)
    assert ready.do(pause, day=8).state is State.PAUSED


MOVES: dict[Move, Callable[[Rollout], object]] = {
    Move.START: lambda one: one.forward(start_phase, day=30),
    Move.ADVANCE: lambda one: one.forward(advance, day=30),
    Move.PAUSE: lambda one: one.do(pause, day=30),
    Move.RESUME: lambda one: one.do(resume, day=30, reason="Found"),
    Move.ROLL_BACK: lambda one: one.do(roll_back, day=30, reason="Wrong"),
    Move.COMPLETE: lambda one: one.forward(complete, day=30),
}
CAME_HERE = {
    State.NOT_STARTED: (),
    State.RUNNING: ("start beta 0",),
    State.PAUSED: ("start beta 0", "pause beta 1"),
    State.ROLLED_BACK: ("start beta 0", "roll_back beta 1"),
    State.COMPLETE: ("start early 0", "complete early 8"),
}
DONE = {
    (State.NOT_STARTED, Move.START),
    (State.RUNNING, Move.ADVANCE),
    (State.RUNNING, Move.PAUSE),
    (State.RUNNING, Move.ROLL_BACK),
    (State.PAUSED, Move.RESUME),
    (State.PAUSED, Move.ROLL_BACK),
    (State.ROLLED_BACK, Move.START),
    (State.COMPLETE, Move.PAUSE),
    (State.COMPLETE, Move.ROLL_BACK),
}
"""What can be done where, from the first phase on; completing takes the last phase."""


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", Move)
def test_every_move_from_every_state(
    state: State, move: Move, ready: Rollout, everything: Everything
) -> None:
    ready.insert(*CAME_HERE[state])
    before = everything()
    if (state, move) in DONE:
        MOVES[move](ready)
        assert len(ready.view(day=30).history) == len(CAME_HERE[state]) + 1
        return
    with pytest.raises(UserError) as refused:
        MOVES[move](ready)
    assert refused.value.sentence.endswith(".")
    assert everything() == before
    if (state, move) != (State.RUNNING, Move.COMPLETE):
        assert isinstance(refused.value, Conflict)


@pytest.mark.parametrize("state", [State.RUNNING, State.COMPLETE, State.PAUSED])
def test_nothing_stands_in_the_way_of_a_stop(state: State, rollout: Rollout) -> None:
    """No plan, no checklist, no evidence; a document that nobody can read any more."""
    rollout.insert(*CAME_HERE[state])
    if state is not State.PAUSED:
        assert rollout.do(pause, day=30).transition.reason == "Paused by local user, without a reason"
    assert rollout.do(roll_back, day=31, reason="Wrong").state is State.ROLLED_BACK
    newest = rollout.view(day=31).history[-1]
    assert (newest.plan_number, newest.verdict) == (None, None)


def test_resuming_and_rolling_back_need_a_reason(rollout: Rollout) -> None:
    rollout.insert("start beta 0", "pause beta 1")
    for reason in ("", "  \n "):
        with pytest.raises(WrongUsage, match="Resuming needs a reason"):
            rollout.do(resume, day=2, reason=reason)
        with pytest.raises(WrongUsage, match="A roll back needs a reason"):
            rollout.do(roll_back, day=2, reason=reason)
    with pytest.raises(WrongUsage, match="longer than 500"):
        rollout.do(roll_back, day=2, reason="x" * 501)


def test_a_double_click_gives_one_transition(rollout: Rollout) -> None:
    rollout.insert("start beta 0")

    def press(_: int) -> str:
        try:
            rollout.do(pause, day=1)
        except Conflict as conflict:
            return conflict.sentence
        return "paused"

    with ThreadPoolExecutor(4) as people:
        told = sorted(people.map(press, range(4)))
    assert told[-1] == "paused"
    assert set(told[:-1]) == {"The rollout is paused since 3 March 2026 at 14:05 UTC: local user paused it."}
    assert len(rollout.view(day=2).history) == 2
    assert rollout.events() == [("rollout paused", "local user")]


def test_two_tabs_never_advance_twice(ready: Rollout) -> None:
    ready.forward(start_phase)
    ready.plan([*PHASES, PHASES[1] | {"id": "full", "name": "Full", "exposure_share": [0.2, 0.2]}], day=1)
    seen = ready.view(day=8).standing.moves
    with ThreadPoolExecutor(2) as tabs:
        press = partial(ready.forward, advance, day=8, seen=seen)
        told = [one.exception() for one in [tabs.submit(press) for _ in range(2)]]
    assert [type(one) for one in sorted(told, key=repr)] == [Conflict, type(None)]
    assert ready.view(day=8).standing.rollout.phase == "early"


def test_a_page_that_is_out_of_date_decides_nothing(ready: Rollout) -> None:
    ready.insert("start beta 0", "pause beta 1")
    seen = ready.view(day=1).standing.moves
    ready.do(resume, day=2, reason="Found")
    ready.do(pause, day=3)
    with pytest.raises(Conflict, match="after you opened the page"):
        ready.do(resume, day=4, reason="Found", seen=seen)


def test_a_clock_that_runs_behind_moves_no_later_move(rollout: Rollout) -> None:
    rollout.insert("start beta 0")
    assert rollout.do(pause, day=-2).transition.at == rollout.now
    view = rollout.view()
    assert (view.standing.state, view.history[-1].is_afterwards) == (State.PAUSED, False)


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_phases_that_began_before_are_written_down(ready: Rollout) -> None:
    starts = [PastStart("beta", day("2026-02-10"))]
    moved = ready.do(record_past, starts=starts)
    assert [(one.move, one.phase, one.at.isoformat()) for one in moved] == [
        (Move.START, "beta", "2026-02-10T00:00:00+00:00")
    ]
    view = ready.view()
    assert (view.may_record, view.history[0].is_afterwards, view.history[0].verdict) == (True, True, None)
    assert view.standing.ran.days == 20
    ready.do(record_past, starts=[PastStart("early", day("2026-03-02"))])
    assert [one.moved.move for one in ready.view().history] == [Move.START, Move.ADVANCE]
    assert ready.events() == [("rollout recorded afterwards", "local user")] * 2


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        ([], "No phase was given"),
        ([("beta", "2026-03-03")], "3 March 2026 is in the future"),
        ([("early", "2026-02-01"), ("beta", "2026-02-10")], "Beta does not come after"),
        ([("beta", "2026-02-10"), ("early", "2026-02-09")], "Early access cannot have begun on 9 February"),
        ([("beta", "2026-02-10"), ("early", "2026-02-10")], "Early access cannot have begun on 10 February"),
        ([("beta", "2026-02-10"), ("beta", "2026-02-12")], "Beta does not come after"),
        ([("gone", "2026-02-10")], "no phase “gone”"),
    ],
)
def test_a_past_that_cannot_be_is_refused(
    starts: list[tuple[str, str]], words: str, ready: Rollout, everything: Everything
) -> None:
    before = everything()
    with pytest.raises(WrongUsage, match=words):
        ready.do(record_past, starts=[PastStart(phase, day(on)) for phase, on in starts])
    assert everything() == before


def test_the_past_is_closed_once_the_rollout_is_moved_here(ready: Rollout) -> None:
    ready.do(record_past, starts=[PastStart("beta", day("2026-02-10"))])
    ready.do(pause)
    assert not ready.view().may_record
    with pytest.raises(Conflict, match="already followed here"):
        ready.do(record_past, day=1, starts=[PastStart("early", day("2026-03-02"))])


def test_what_was_recorded_goes_on_through_the_gate(ready: Rollout) -> None:
    ready.do(record_past, starts=[PastStart("beta", day("2026-02-10"))])
    assert ready.forward(advance).transition.phase == "early"
