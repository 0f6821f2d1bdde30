"""Early warnings on imported evidence, on both databases: what trips stops the rollout with the import."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions import early_warnings, publishing
from core.actions.alarms import AlarmsView, acknowledge_alarm, view_alarms
from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.flags import view_permission
from core.actions.gates import gate
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import save_plan
from core.actions.rollout import resume, roll_back, view_rollout
from core.actions.workspace import Workspace
from core.errors import Conflict, NotAllowed, WrongUsage
from core.metrics.measurement import Measurement
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, State, Transition
from core.store import alarms, audit, features, transitions, uploads
from core.store.alarms import Alarm
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.9}
PAUSE: dict[str, Any] = {
    "metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"
}  # fmt: skip
ROLL_BACK = PAUSE | {"tier": "roll_back"}
ADVISORY = PAUSE | {"tier": "advisory"}
NAME = "Answer correctness below 85 %, by reviewers' labels"
LOST = [False] * 10
"""Ten wrong answers in a row: 7, 14 ... 70 points, the limit being 67."""


def answers(
    right: Iterable[bool | None],
    since: datetime,
    name: str = "a",
    sampling: str | None = "complete",
    **cells: Any,
) -> tuple[str, str]:
    """Traces, one a minute from ``since`` on and of a user each, with their labels; None: not labelled."""
    traces, labels = [], []
    for place, one in enumerate(right):
        run = f"{name}-{place:04d}"
        at = since + timedelta(minutes=place)
        traces.append(
            {"run_id": run, "user_id": f"user-{run}", "started_at": at.isoformat(), "response": "Yes."}
            | cells
        )
        if one is not None:
            said = {"run_id": run, "answer_right": one, "reviewer": "Vera"}
            labels.append(said | ({"sampling": sampling} if sampling else {}))
    return tuple("".join(json.dumps(row) + "\n" for row in rows) for rows in (traces, labels))  # type: ignore[return-value]


class Story:
    """A phase that began a week before ``now``, evidence that comes in, and what became of it."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime, hand_in: HandIn) -> None:
        self.workspace, self.slug, self.now, self.hand_in = workspace, slug, now, hand_in
        self.began = now - 7 * DAY

    def plan(self, *warnings: dict[str, Any], bars: Sequence[dict[str, Any]] = ()) -> None:
        phase = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], "warnings": list(warnings),
                 "bars": list(bars)}  # fmt: skip
        wanted = read_plan({"phases": [phase]})
        save_plan(self.workspace, LOCAL_CALLER, self.began - DAY, self.slug, wanted, based_on=None)
        self.move(Move.START, self.began)

    def move(self, move: Move, at: datetime) -> None:
        with self.workspace.database.writing() as connection:
            feature = features.by_slug(connection, self.slug)
            audit.append(
                connection, actor="Ada", action=f"rollout {'started' if move is Move.START else 'paused'}",
                subject=f"feature/{self.slug}", now=at,
                payload={"phase": "beta", "reason": "Go.", "plan": 1, "verdict": "go"},
            )  # fmt: skip
            transitions.add(
                connection, feature_id=feature.id, moved=Transition(move, "beta", at, "Ada", "Go."),
                plan_number=1, verdict="go", now=at,
            )  # fmt: skip

    def hand(
        self,
        right: Iterable[bool | None],
        day: float = 1,
        name: str = "a",
        at: datetime | None = None,
        **about: Any,
    ) -> None:
        traces, labels = answers(right, self.began + day * DAY, name, **about)
        self.hand_in(traces, f"traces-{name}.jsonl", at=at or self.now)
        if labels:
            self.hand_in(labels, f"labels-{name}.jsonl", at=at or self.now)

    @property
    def state(self) -> State:
        return view_rollout(self.workspace, LOCAL_CALLER, self.now, self.slug).standing.state

    @property
    def view(self) -> AlarmsView:
        return view_alarms(self.workspace, LOCAL_CALLER, self.now + DAY, self.slug)

    @property
    def alarms(self) -> list[Alarm]:
        """Oldest first."""
        with self.workspace.database.reading() as connection:
            feature = features.by_slug(connection, self.slug)
            return list(reversed(alarms.of_feature(connection, feature.id)))

    def acknowledge(self, alarm: Alarm, at: datetime | None = None) -> None:
        acknowledge_alarm(
            self.workspace, LOCAL_CALLER, at or self.now, self.slug, alarm.id, reason="A prompt was mended"
        )


@pytest.fixture
def story(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit) -> Story:
    commit([ANSWERS], at=now - 8 * DAY, lock=False)
    return Story(workspace, feature, now, hand_in)


def test_ten_wrong_answers_pause_before_the_import_returns(story: Story) -> None:
    story.plan(PAUSE)
    story.hand([True] * 95 + LOST)
    (alarm,) = story.alarms
    assert story.state is State.PAUSED
    assert (alarm.warning, alarm.tier, alarm.did, alarm.phase) == (NAME, "pause", "paused", "beta")
    assert (alarm.cases, alarm.reached_at) == (105, story.began + DAY + timedelta(minutes=104))
    assert alarm.noticed_at == story.now
    assert alarm.sentence == (
        f"{NAME}: Every wrong answer adds 7 points, every right one takes 1 off; at 67 we stop. "
        "It reached 67 on 24 February 2026 after 105 cases. 10 % bad cases were agreed to; the alarm is for "
        "15 %. By luck alone this happens about once in 5,000 cases."
    )
    last = view_rollout(story.workspace, LOCAL_CALLER, story.now, story.slug).history[-1].moved
    assert (last.move, last.by, last.reason) == (Move.PAUSE, "Readygate", alarm.sentence)
    permission = view_permission(story.workspace, LOCAL_CALLER, story.now, story.slug)
    assert not permission.is_on


def test_nine_wrong_answers_are_within_luck(story: Story) -> None:
    story.plan(PAUSE)
    story.hand([True] * 96 + LOST[:9])
    assert (story.state, story.alarms) == (State.RUNNING, [])


def test_the_file_with_the_labels_is_the_one_that_is_named(story: Story) -> None:
    story.plan(PAUSE)
    story.hand(LOST)
    (alarm,) = story.alarms
    with story.workspace.database.reading() as connection:
        assert alarm.upload_id is not None
        assert uploads.by_id(connection, alarm.upload_id).file_name == "labels-a.jsonl"


@pytest.mark.parametrize(
    ("warning", "state", "did"),
    [(PAUSE, State.PAUSED, "paused"), (ROLL_BACK, State.ROLLED_BACK, "rolled_back"),
     (ADVISORY, State.RUNNING, "nothing")],
)  # fmt: skip
def test_each_tier_does_what_it_says(story: Story, warning: dict[str, Any], state: State, did: str) -> None:
    story.plan(warning)
    story.hand(LOST)
    (alarm,) = story.alarms
    assert (story.state, alarm.did) == (state, did)
    assert ("we stop" in alarm.sentence) == (did != "nothing")


def test_of_two_tiers_that_trip_at_once_the_roll_back_is_what_happens(story: Story) -> None:
    story.plan(PAUSE, ROLL_BACK, ADVISORY)
    story.hand([False] * 14)  # two that act share the false alarms between them, so that the limit is higher
    assert [(one.tier, one.did) for one in story.alarms] == [
        ("roll_back", "rolled_back"), ("pause", "nothing"), ("advisory", "nothing"),
    ]  # fmt: skip
    assert story.state is State.ROLLED_BACK


@pytest.mark.parametrize(
    ("warning", "state", "moves"), [(PAUSE, State.PAUSED, 2), (ROLL_BACK, State.ROLLED_BACK, 3)]
)
def test_what_is_paused_already(story: Story, warning: dict[str, Any], state: State, moves: int) -> None:
    """It is not paused a second time; it is still taken back, and the alarm is told either way."""
    story.plan(warning)
    story.move(Move.PAUSE, story.began + 2 * DAY)
    story.hand(LOST)
    assert (story.state, len(story.alarms)) == (state, 1)
    assert len(view_rollout(story.workspace, LOCAL_CALLER, story.now, story.slug).history) == moves


def test_before_the_start_and_after_a_roll_back_nobody_is_watched(story: Story) -> None:
    story.hand(LOST)
    assert story.alarms == []
    story.plan(PAUSE)
    roll_back(story.workspace, LOCAL_CALLER, story.now, story.slug, reason="By hand")
    story.hand(LOST, day=2, name="b")
    assert story.alarms == []


def test_only_the_evidence_since_the_phase_began_counts(story: Story) -> None:
    story.plan(PAUSE)
    story.hand(LOST, day=-1)
    assert story.alarms == []


def test_the_same_bytes_again_trip_nothing(story: Story) -> None:
    story.plan(ADVISORY)
    story.hand(LOST)
    story.hand(LOST)
    assert len(story.alarms) == 1
    story.acknowledge(story.alarms[0])
    story.hand(LOST)
    assert len(story.alarms) == 1


def test_acknowledged_then_quiet_then_it_trips_again(story: Story) -> None:
    story.plan(ADVISORY)
    story.hand(LOST, at=story.began + 2 * DAY)
    (first,) = story.alarms
    story.hand(LOST, day=2, name="b", at=story.began + 3 * DAY)
    assert len(story.alarms) == 1, "an open alarm stands for all that comes before it is acknowledged"
    story.acknowledge(first, story.began + 3 * DAY + HOUR)
    # Late labels of before are not held against what was mended since.
    story.hand(LOST, day=2.5, name="c", at=story.began + 4 * DAY)
    story.hand([True] * 50 + LOST[:9], day=4, name="d", at=story.began + 5 * DAY)
    assert len(story.alarms) == 1
    story.hand(LOST, day=5, name="e", at=story.now)
    _, second = story.alarms
    assert (second.acknowledged_at, second.cases) == (None, 60)
    assert second.reached_at == story.began + 5 * DAY
    assert [one.is_open for one in story.view.lines] == [True, False]


@pytest.mark.parametrize("sampling", ["worst", None])
def test_a_review_that_is_no_sample_feeds_no_points(story: Story, sampling: str | None) -> None:
    story.plan(PAUSE)
    story.hand([False] * 40, sampling=sampling)
    assert story.alarms == []


def test_what_is_not_judged_neither_trips_nor_helps(story: Story) -> None:
    story.plan(PAUSE)
    story.hand([one for wrong in LOST for one in (None, None, None, wrong)])
    assert [one.cases for one in story.alarms] == [10]


def test_many_cases_of_one_user_and_day_are_one(story: Story) -> None:
    story.plan(PAUSE)
    story.hand([False] * 40, user_id="the-same")
    assert story.alarms == []


def test_late_labels_are_replayed_in_the_order_of_the_traces(story: Story) -> None:
    """The wrong ones came first and the right ones between: in the order of import it would have tripped."""
    story.plan(PAUSE)
    mixed = [False, *[True] * 7] * 12
    traces, labels = answers(mixed, story.began + DAY)
    story.hand_in(traces, "traces.jsonl")
    rows = labels.splitlines(keepends=True)
    story.hand_in("".join(row for row in rows if '"answer_right": true' in row), "right.jsonl")
    story.hand_in("".join(row for row in rows if '"answer_right": false' in row), "wrong.jsonl")
    assert story.alarms == []


LATENCY = {"metric": "latency_p95", "source": "trace", "bar": 8000, "tier": "pause"}


@pytest.mark.parametrize("slow", [{"latency_ms": 9000}, {"latency_ms": 8000}, {"error": "timeout"}])
def test_an_amount_is_followed_by_how_many_cases_lie_over_its_bar(story: Story, slow: dict[str, Any]) -> None:
    story.plan(LATENCY)
    story.hand([None] * 50, latency_ms=900)
    assert story.alarms == []
    story.hand([None] * 8, day=2, name="b", **slow)
    (alarm,) = story.alarms
    assert "Every case of 8 s or more adds 13 points, every other takes 1 off" in alarm.sentence
    assert "Up to 5 % of the cases may lie over the bar; the alarm is for 10 %." in alarm.sentence
    assert (alarm.cases or 0) > 50 and story.state is State.PAUSED


def test_no_latency_at_all_says_nothing(story: Story) -> None:
    story.plan(LATENCY)
    story.hand([None] * 60)
    assert story.alarms == []


TRIPWIRE = {"metric": "hallucination_rate", "source": "label", "bar": 0, "tier": "roll_back"}


@pytest.mark.parametrize("sampling", ["complete", "worst", None])
def test_one_case_is_enough_for_a_tripwire_however_it_was_found(story: Story, sampling: str | None) -> None:
    story.plan(TRIPWIRE)
    traces, labels = answers([True] * 30, story.began + DAY, sampling=sampling)
    rows = [json.loads(row) | {"hallucination": False} for row in labels.splitlines()]
    story.hand_in(traces, "traces.jsonl")
    story.hand_in("".join(json.dumps(row) + "\n" for row in rows[:29]), "fine.jsonl")
    assert story.alarms == []
    story.hand_in(json.dumps(rows[29] | {"hallucination": True}) + "\n", "one.jsonl")
    (alarm,) = story.alarms
    assert story.state is State.ROLLED_BACK
    assert alarm.sentence == (
        "Hallucination rate above 0 %, by reviewers' labels: One is enough: at the first case we stop. "
        "There is 1 case on 24 February 2026."
    )


def test_without_a_bar_two_thirds_of_what_alarms_are_taken_for_normal(story: Story) -> None:
    story.plan({"metric": "error_rate", "bar": 0.1, "tier": "pause"})
    story.hand([None] * 30, error=None)
    story.hand([None] * 12, day=2, name="b", error="boom")
    (alarm,) = story.alarms
    assert "No bar agrees what is normal, so two thirds of the bad cases" in alarm.sentence
    assert story.state is State.PAUSED


def test_what_cannot_be_followed_says_why(story: Story) -> None:
    story.plan(
        PAUSE,
        {"metric": "eval_pass_rate", "bar": 0.7, "tier": "roll_back"},
        {"metric": "retrieval_recall", "bar": 0.7, "tier": "pause"},
        {"metric": "cost_per_task", "bar": 0.5, "tier": "pause"},
    )
    followed = story.view.followed
    assert [one.is_blind for one in followed] == [False, True, True, True]
    assert [one.how.split(":")[0].split(".")[0] for one in followed[1:]] == [
        "Test results are no traffic", "Its cases pass in parts, which points cannot count",
        "An average has no bar for a single case",
    ]  # fmt: skip


def test_an_open_alarm_keeps_it_from_going_on_and_from_running_on(story: Story) -> None:
    story.plan(PAUSE)
    story.hand(LOST)
    decision = gate(story.workspace, LOCAL_CALLER, story.now, story.slug)
    assert "alarms" in [one.name for one in decision.lacking]
    assert decision.reasons[0] == f"Early warning. {story.alarms[0].sentence}"
    with pytest.raises(WrongUsage, match=r"1 alarm is open.*Acknowledge each"):
        resume(story.workspace, LOCAL_CALLER, story.now, story.slug, reason="It is fine")
    assert story.state is State.PAUSED
    story.acknowledge(story.alarms[0])
    assert story.state is State.PAUSED, "acknowledging lets nothing run on by itself"
    resume(story.workspace, LOCAL_CALLER, story.now, story.slug, reason="It is fine")
    after = gate(story.workspace, LOCAL_CALLER, story.now, story.slug)
    assert "alarms" not in [one.name for one in after.lacking]
    assert not any(one.startswith("Early warning") for one in after.reasons)
    before = gate(story.workspace, LOCAL_CALLER, story.now - HOUR, story.slug)
    assert before.alarms == ()


def test_an_advisory_alarm_keeps_nothing_back(story: Story) -> None:
    story.plan(ADVISORY)
    story.hand(LOST)
    decision = gate(story.workspace, LOCAL_CALLER, story.now, story.slug)
    assert "alarms" not in [one.name for one in decision.lacking]
    assert [one.name for one in decision.alarms] == [NAME]


def test_who_acknowledges_says_why_and_only_once(story: Story) -> None:
    story.plan(PAUSE)
    story.hand(LOST)
    (alarm,) = story.alarms

    def acknowledge(
        who: Caller = LOCAL_CALLER, reason: str = "A prompt was mended", which: int = alarm.id
    ) -> None:
        acknowledge_alarm(story.workspace, who, story.now, story.slug, which, reason=reason)

    with pytest.raises(WrongUsage, match="needs a reason"):
        acknowledge(reason="ok")
    with pytest.raises(NotAllowed):
        acknowledge(Caller("Rita", frozenset({Role.REVIEWER})))
    with pytest.raises(WrongUsage, match="no such alarm"):
        acknowledge(which=99)
    acknowledge()
    with pytest.raises(Conflict, match="already"):
        acknowledge()
    (done,) = story.alarms
    assert (done.acknowledged_by, done.acknowledged_reason) == ("local user", "A prompt was mended")


def test_the_log_tells_of_it_and_the_records_hold(story: Story) -> None:
    story.plan(PAUSE)
    story.hand(LOST)
    story.acknowledge(story.alarms[0])
    with story.workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{story.slug}", 100)
    words = [(one.actor, told(one).sentence) for one in reversed(events)][-4:]
    assert words == [
        ("local user", "imported labels from “a file”"),
        ("Readygate", "noticed that an early warning tripped, and paused the rollout"),
        ("Readygate", "paused the rollout in the phase beta"),
        ("local user", f"acknowledged the alarm “{NAME}”"),
    ]
    assert verify_log(story.workspace, LOCAL_CALLER, story.now).ok


@pytest.mark.parametrize(
    "edit",
    ["UPDATE alarm SET did = 'nothing'", "UPDATE alarm SET acknowledged_by = 'Ada'", "DELETE FROM alarm"],
)
def test_an_alarm_that_is_changed_past_readygate_is_named(story: Story, edit: str) -> None:
    story.plan(PAUSE)
    story.hand(LOST)
    with story.workspace.database.writing() as connection:
        connection.exec_driver_sql(edit)
    (finding,) = verify_log(story.workspace, LOCAL_CALLER, story.now).findings
    assert finding.record.kind == "alarm"


def accuracy(story: Story) -> tuple[float, int]:
    ((_, found),) = [
        pair
        for pair in metrics_of(
            story.workspace, LOCAL_CALLER, story.now, story.slug, only="answer_correctness"
        )
        if isinstance(pair[1], Measurement)
    ]
    assert isinstance(found, Measurement)
    return found.value, found.n


def _gone_before_its_commit(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty wrong answers whose import ends after all warnings were followed; then the same ones, right."""
    story.plan(PAUSE)
    story.hand([True] * 3)
    assert accuracy(story) == (1.0, 3)
    traces, labels = answers([False] * 20, story.began + 2 * DAY, "x")
    story.hand_in(traces, "x.jsonl")
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(publishing, "act_on", fail)
        with pytest.raises(KeyboardInterrupt):
            story.hand_in(labels, "labels-x.jsonl")
    assert story.alarms == []
    # It gets the version of the evidence that never was, and is asked the same questions.
    story.hand_in(labels.replace("false", "true"), "labels-x.jsonl")


def test_an_import_that_is_rolled_back_leaves_no_answer_behind(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    _gone_before_its_commit(story, monkeypatch)
    assert (story.alarms, story.state) == ([], State.RUNNING)
    assert accuracy(story) == (1.0, 23)


def test_a_warehouse_of_its_own_is_what_keeps_them_away(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the shared one, answers about labels that never were stop the rollout."""

    @contextmanager
    def shared(self: Warehouse) -> Iterator[Warehouse]:
        yield self

    monkeypatch.setattr(Warehouse, "apart", shared)
    _gone_before_its_commit(story, monkeypatch)
    assert (len(story.alarms), story.state) == (1, State.PAUSED)


@pytest.mark.parametrize("at", ["points_course", "rollout_facts", "held_checklist"])
def test_where_the_watching_breaks_the_import_stands_and_says_so(
    story: Story, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret words of a user")

    story.plan(PAUSE)
    monkeypatch.setattr(early_warnings, at, fail)
    story.hand(LOST)
    assert accuracy(story) == (0.0, 10)
    (alarm,) = story.alarms  # one for both files
    assert (alarm.tier, alarm.did, alarm.cases, alarm.reached_at) == ("advisory", "nothing", None, None)
    assert "could not be worked out" in alarm.sentence and "ZeroDivisionError" in alarm.sentence
    assert "secret" not in alarm.sentence
    assert story.state is State.RUNNING
    monkeypatch.undo()
    assert verify_log(story.workspace, LOCAL_CALLER, story.now).ok


def test_a_question_that_the_database_refuses_does_not_end_the_import(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL would refuse everything after it, were it not for the savepoint."""

    def refused(_warehouse: object, connection: Any, *_: object) -> None:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")

    story.plan(PAUSE)
    monkeypatch.setattr(early_warnings, "points_course", refused)
    story.hand(LOST)
    assert accuracy(story) == (0.0, 10)
    assert [one.tier for one in story.alarms] == ["advisory"]


def test_one_broken_warning_does_not_blind_the_others(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    story.plan(TRIPWIRE, PAUSE)
    monkeypatch.setattr(early_warnings, "first_bad", fail)
    story.hand(LOST)
    assert [(one.tier, one.did) for one in story.alarms] == [("advisory", "nothing"), ("pause", "paused")]


@pytest.mark.parametrize(("hours", "told_of"), [(47.9, False), (48, True), (100, True)])
def test_a_phase_without_new_traces_is_told(story: Story, hours: float, told_of: bool) -> None:
    story.plan(PAUSE)
    story.hand([True] * 2, day=1)
    last = story.began + DAY + timedelta(minutes=1)
    view = view_alarms(story.workspace, LOCAL_CALLER, last + hours * HOUR, story.slug)
    assert bool(view.silence) == told_of
    story.move(Move.PAUSE, story.now)
    assert story.view.silence == "", "of a pause nothing new is expected"


def test_a_phase_that_never_brought_a_trace_is_told(story: Story) -> None:
    story.plan(PAUSE)
    view = view_alarms(story.workspace, LOCAL_CALLER, story.began + 50 * HOUR, story.slug)
    assert "no trace is younger than 50 hours" in view.silence
