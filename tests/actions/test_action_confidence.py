"""Confidence from an export of traces and a sheet of labels to what the section says, on both databases."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.confidence import (
    ConfidenceView,
    all_confident_and_wrong,
    view_confidence,
)
from core.actions.gauges import Part
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.plans import save_plan
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.metrics.confidence_words import promise_words
from core.metrics.requests import CAP_PER_WITNESS
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, Transition
from core.store import features, transitions

HandIn = Callable[..., Any]
View = Callable[..., ConfidenceView]
Run = dict[str, Any]

ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label"}


def runs(number: int, confidence: float | str, right: int, first: int = 0, **cells: Any) -> list[Run]:
    """So many runs of one confidence, each by a user of its own, of which the first ``right`` are right."""
    return [
        {
            "run_id": f"run-{first + place:04d}",
            "user_id": f"user-{first + place}",
            "confidence": confidence,
            "release_bundle": "v1",
            "query": f"Question {first + place}?",
            "days_ago": 1 + place % 20,
            "right": place < right,
            **cells,
        }
        for place in range(number)
    ]


def traces_csv(rows: Sequence[Run], now: datetime) -> str:
    names = ("run_id", "user_id", "confidence", "release_bundle", "query", "abstained", "user_segment")
    lines = [",".join((*names, "started_at"))]
    for row in rows:
        at = (now - timedelta(days=row["days_ago"])).strftime("%Y-%m-%dT%H:%M:%SZ")
        lines.append(",".join([*(str(row.get(name, "")) for name in names), at]))
    return "\n".join(lines) + "\n"


def labels_csv(rows: Sequence[Run]) -> str:
    lines = ["run_id,answer_right,hallucination,failure_type,reviewer,sampling,is_judge"]
    for row in rows:
        right = "" if row["right"] is None else "yes" if row["right"] else "no"
        sampling, kind = row.get("sampling", "random"), "" if row["right"] else "wrong refund"
        lines.append(f"{row['run_id']},{right},no,{kind},Vera,{sampling},{row.get('is_judge', 'no')}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def evidence(hand_in: HandIn, now: datetime) -> Callable[..., None]:
    """Hands in the runs as traces, and the labels of those that have one."""

    def give(rows: Sequence[Run], labelled: Sequence[Run] | None = None) -> None:
        hand_in(traces_csv(rows, now), "traces.csv")
        judged = rows if labelled is None else labelled
        if judged:
            hand_in(labels_csv(judged), "labels.csv")

    return give


@pytest.fixture
def look(workspace: Workspace, feature: str, now: datetime) -> View:
    def ask(part: Part | None = None, **asked: Any) -> ConfidenceView:
        view = view_confidence(workspace, LOCAL_CALLER, now, feature, part or Part(), **asked)
        assert view is not None
        return view

    return ask


def graded() -> list[Run]:
    """600 labelled runs of which the confident ones are right; 50 more state nothing."""
    return [
        *runs(200, 0.95, 196),
        *runs(120, 0.82, 114, first=200),
        *runs(230, 0.5, 115, first=320),
        *runs(50, "", 25, first=550),
    ]


def test_traces_and_labels_become_a_threshold(
    commit: Callable[..., int], evidence: Callable[..., None], look: View
) -> None:
    commit([{**ANSWERS, "bar": 0.9}], stakes="high")
    evidence(graded())
    view = look()
    assert promise_words(view.promise) == (
        "Answer alone above 0.82: that is 53.3 % of traffic, and we are 95 % sure that at least 90 % of "
        "those are right. The rest goes to a person."
    )
    assert view.promise.cut is not None
    assert (view.promise.cut.right, view.promise.cut.n) == (310, 320)
    assert view.target_from_checklist
    assert (view.counted.rows, view.counted.rows_stated, view.counted.judged) == (600, 550, 550)
    assert [(one.stated, one.right, one.n) for one in view.calibration.bins] == [
        (pytest.approx(0.5), 115, 230),
        (pytest.approx(0.82), 114, 120),
        (pytest.approx(0.95), 196, 200),
    ]
    assert [cut.confidence for cut in view.cuts] == [0.95, 0.82, 0.5]


def test_the_stakes_and_a_target_of_ones_own_decide_how_sure_it_is(
    evidence: Callable[..., None], look: View
) -> None:
    evidence(graded())
    asked = look(target=0.97)
    assert (asked.promise.target, asked.error) == (0.97, 0.1)
    assert not asked.target_from_checklist
    assert asked.promise.cut is None
    assert look().promise.target == 0.9


def test_a_threshold_that_is_looked_at_lists_its_wrong_answers(
    workspace: Workspace,
    feature: str,
    now: datetime,
    evidence: Callable[..., None],
    look: View,
) -> None:
    worst = runs(1, 0.99, 0, first=900, sampling="worst")
    declined = runs(1, 0.99, 0, first=901, abstained="yes")
    judged_only = runs(1, 0.99, 0, first=902, is_judge="yes")
    evidence([*graded(), *worst, *declined, *judged_only])
    view = look(threshold=0.9)
    assert (view.at.alone, view.at.right, view.at.n) == (203, 196, 200)
    assert view.wrong[0].run_id == "run-0900"
    assert view.wrong_in_all == 5
    assert {one.run_id for one in view.wrong} == {"run-0900", *(f"run-{n:04d}" for n in range(196, 200))}
    assert view.wrong[1].query == f"Question {int(view.wrong[1].run_id[4:])}?"
    assert view.wrong[1].failure_types == ("wrong refund",)
    assert view.counted.worst_first == 1
    everything = all_confident_and_wrong(
        workspace, LOCAL_CALLER, now, feature, Part(), release="v1", threshold=0.8
    )
    assert len(everything) == 11
    assert [one.confidence for one in everything] == sorted(
        (one.confidence for one in everything), reverse=True
    )


def test_only_the_newest_release_counts_unless_another_is_asked_for(
    evidence: Callable[..., None], look: View
) -> None:
    old = [{**run, "days_ago": run["days_ago"] + 20} for run in graded()]
    new = runs(30, 0.9, 30, first=700, release_bundle="v2")
    evidence([*old, *new], labelled=old)
    view = look()
    assert view.release.release == "v2"
    assert (view.counted.rows, view.counted.judged) == (30, 0)
    assert promise_words(view.promise).startswith("No threshold can be set yet: no answer with a confidence")
    assert [(span.release, span.judged) for span in view.others] == [("v1", 550)]
    assert view.traffic.rows == 630
    before = look(Part(bundle="v1"))
    assert before.release.release == "v1"
    assert before.counted.judged == 550


def test_a_segment_is_looked_at_alone(evidence: Callable[..., None], look: View) -> None:
    mine = runs(60, 0.9, 54, first=700, user_segment="beta")
    evidence([*graded(), *mine])
    view = look(Part(segment="beta"))
    assert (view.counted.rows, view.counted.judged, view.at.right) == (60, 60, 54)


def test_labels_of_one_user_count_five_times_at_most(evidence: Callable[..., None], look: View) -> None:
    mine = runs(40, 0.9, 40, user_id="the tester")
    evidence([*mine, *runs(10, 0.9, 5, first=100)])
    view = look()
    assert view.counted.rows == 50
    assert (view.counted.judged, view.counted.capped) == (10 + CAP_PER_WITNESS, 40 - CAP_PER_WITNESS)


@pytest.mark.parametrize(
    ("sampling", "judged", "is_set"), [("worst", 0, False), ("", 550, False), ("stratified", 550, True)]
)
def test_how_the_labelled_answers_were_picked(
    evidence: Callable[..., None], look: View, sampling: str, judged: int, is_set: bool
) -> None:
    evidence([{**run, "sampling": sampling} for run in graded()])
    view = look()
    assert view.counted.judged == judged
    assert (view.promise.cut is not None) is is_set
    assert view.counted.stratified == (600 if sampling == "stratified" else 0)
    assert view.counted.worst_first == (600 if sampling == "worst" else 0)


def test_labels_from_above_an_old_threshold_are_said_to_be_that(
    evidence: Callable[..., None], look: View
) -> None:
    rows = graded()
    evidence(rows, labelled=rows[:320])
    found = look().only_above
    assert found is not None
    assert (found.lowest, found.share) == (0.82, pytest.approx(230 / 550))
    assert look().promise.cut is not None


def test_confidence_that_does_not_notice(evidence: Callable[..., None], look: View) -> None:
    before = [{**run, "days_ago": 15} for run in [*runs(200, 0.9, 190), *runs(100, 0.4, 70, first=200)]]
    after = [{**run, "days_ago": 3} for run in [*runs(200, 0.9, 120, 400), *runs(100, 0.4, 30, 600)]]
    evidence([*before, *after])
    periods = look(threshold=0.8).periods
    assert periods is not None
    assert (periods.before.rows, periods.after.rows) == (300, 300)
    assert periods.shift.silent and periods.shift.broken
    # The last week beside the week before it, which has no traffic.
    assert look(Part(weeks=1), threshold=0.8).periods is None
    two = look(Part(weeks=2), threshold=0.8).periods
    assert two is not None
    assert (two.before.rows, two.after.rows) == (300, 300)


def test_the_thresholds_of_the_plan_stand_beside_it(
    workspace: Workspace, feature: str, now: datetime, evidence: Callable[..., None], look: View
) -> None:
    phases = [
        {"id": name.lower(), "name": name, "exposure_share": [0.1, 0.2], "confidence_threshold": threshold}
        for name, threshold in (("Beta", 0.95), ("Early", 0.95), ("Everyone", 0.8), ("After", None))
    ]
    save_plan(workspace, LOCAL_CALLER, now, feature, read_plan({"phases": phases}), based_on=None)
    evidence(graded())
    view = look()
    assert [(one.confidence, one.phases, one.is_current) for one in view.plan] == [
        (0.95, ("Beta", "Early"), False),
        (0.8, ("Everyone",), False),
    ]
    assert view.at.threshold == 0.95
    assert look(threshold=0.7).at.threshold == 0.7
    with workspace.database.writing() as connection:
        started = Transition(Move.START, "everyone", now, "Ada", "All agreed.")
        at = features.by_slug(connection, feature)
        transitions.add(connection, feature_id=at.id, moved=started, plan_number=1, verdict=None, now=now)
    view = look()
    assert [one.is_current for one in view.plan] == [False, True]
    assert view.at.threshold == 0.8


def test_confidences_are_steps_and_nothing_falls_off_one(evidence: Callable[..., None], look: View) -> None:
    """0.29, 0.57 and 0.58 times 1,000 are not whole numbers as computers hold them."""
    evidence(
        [
            *runs(1, 0.29, 1),
            *runs(1, 0.57, 1, 1),
            *runs(1, 0.58, 1, 2),
            *runs(1, 1.0, 1, 3),
            *runs(1, 0.82049, 1, 4),
        ]
    )
    assert [level.confidence for level in look().counted.stated] == [0.29, 0.57, 0.58, 0.82, 1.0]
    assert look(threshold=0.57).at.alone == 4


def test_without_a_confidence_there_is_nothing_to_show(
    workspace: Workspace, feature: str, now: datetime, evidence: Callable[..., None]
) -> None:
    assert view_confidence(workspace, LOCAL_CALLER, now, feature, Part()) is None
    evidence(runs(20, "", 20))
    assert view_confidence(workspace, LOCAL_CALLER, now, feature, Part()) is None


def test_one_trace_alone(evidence: Callable[..., None], look: View) -> None:
    evidence(runs(1, 0.9, 1), labelled=[])
    view = look()
    assert (view.counted.rows, view.counted.judged, view.cuts, view.periods) == (1, 0, (), None)
    assert view.only_above is None


def test_only_who_may_see_is_shown_it(workspace: Workspace, feature: str, now: datetime) -> None:
    nobody = replace(LOCAL_CALLER, roles=frozenset())
    assert isinstance(nobody, Caller)
    for ask in (
        lambda: view_confidence(workspace, nobody, now, feature, Part()),
        lambda: all_confident_and_wrong(workspace, nobody, now, feature, Part(), release="", threshold=0.8),
    ):
        with pytest.raises(NotAllowed):
            ask()
