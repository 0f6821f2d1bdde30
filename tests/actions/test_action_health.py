"""Health on a small feature, on both databases: sources apart, filters on every number, slices, trends."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from core.actions.gauges import Gauge, Health, Part
from core.actions.health import evidence_version, values_of, view_health
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.slices import view_slices
from core.actions.trends import view_trend
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.verdict import Verdict
from core.errors import NotAllowed, UnknownFeature
from core.metrics.measurement import Cluster, Measurement, NotMeasured, Source
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Results = Callable[..., str]

NOBODY = Caller("Nobody", frozenset())
ANSWERS = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label", "bar": 0.6}
BILLING = ANSWERS | {"id": "billing", "bar": 0.9, "slice": {"task_type": "billing"}}
LATENCY = {"kind": "measured", "id": "p95", "metric": "latency_p95", "source": "trace", "bar": 8000}


def traces(now: datetime, rows: int = 80, **cells: Any) -> str:
    """One trace a user, four a day back from yesterday; every fourth is about billing and of beta users."""
    lines = []
    for place in range(rows):
        row = {
            "run_id": f"run-{place:03d}",
            "started_at": (now - timedelta(days=1 + place // 4)).isoformat(),
            "user_id": f"user-{place:03d}",
            "user_segment": "beta" if place % 4 == 0 else "all",
            "task_type": "billing" if place % 4 == 0 else "refund",
            "release_bundle": "old" if place // 4 >= 10 else "new",
            "response": "Yes.",
            "latency_ms": 1000 + 10 * place,
            "relevant_ids": ["a", "b"],
            "retrieved_ids": ["a", "b"] if place % 2 else ["b", "c"],
        }
        lines.append(json.dumps(row | cells) + "\n")
    return "".join(lines)


def labels(rows: int = 80) -> str:
    """Every trace reviewed: billing is answered wrongly, the rest rightly."""
    lines = [
        {
            "run_id": f"run-{place:03d}",
            "answer_right": place % 4 != 0,
            "tool_right": True,
            "reviewer": "Vera",
            "sampling": "complete",
        }
        for place in range(rows)
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


@pytest.fixture
def filled(hand_in: HandIn, results: Results, now: datetime) -> None:
    hand_in(traces(now), "traces.jsonl")
    hand_in(labels(), "labels.jsonl")
    hand_in(results(18, 2, task_type="billing"))


@pytest.fixture
def look(workspace: Workspace, feature: str, now: datetime) -> Callable[..., Health]:
    return lambda **part: view_health(workspace, LOCAL_CALLER, now, feature, Part(**part))


def gauge(view: Health, metric: str, source: str) -> Gauge:
    return next(one for one in view.gauges if (one.metric.id, one.source) == (metric, source))


def counted(view: Health, metric: str, source: str) -> tuple[float, int]:
    found = gauge(view, metric, source).finding
    assert isinstance(found, Measurement), found.sentence
    return found.value, found.n


def test_nothing_is_measured_before_the_first_upload(look: Callable[..., Health]) -> None:
    view = look()
    assert view.is_empty
    assert [one.metric.id for one in view.quality] == [
        "tool_selection_accuracy",
        "retrieval_recall",
        "answer_correctness",
        "grounding_accuracy",
        "user_acceptance",
    ]
    assert all(isinstance(one.finding, NotMeasured) and one.finding.sentence for one in view.gauges)
    assert (view.diagnoses, view.is_committed) == ((), False)


def test_each_source_has_its_own_number(filled: None, look: Callable[..., Health]) -> None:
    view = look()
    assert counted(view, "answer_correctness", "label") == (0.75, 80)
    assert counted(view, "answer_correctness", "eval") == (0.9, 20)
    answers = next(one for one in view.quality if one.metric.id == "answer_correctness")
    assert answers.main is not None
    assert (answers.main.source, [one.source for one in answers.others]) == ("label", ["eval", "judge"])
    assert isinstance(gauge(view, "answer_correctness", "judge").finding, NotMeasured)


def test_recall_is_the_mean_share_of_the_needed_documents(filled: None, look: Callable[..., Health]) -> None:
    view = look()
    assert counted(view, "retrieval_recall", "trace") == (0.75, 80)
    found = gauge(view, "retrieval_recall", "trace").measured
    assert found is not None
    assert (found.tally.passes, found.tally.cluster) == (60.0, Cluster.USER)
    assert found.low is not None and found.high is not None
    assert found.low < 0.75 < found.high


def test_recall_of_many_traces_by_one_user_counts_five(
    hand_in: HandIn, now: datetime, look: Callable[..., Health]
) -> None:
    hand_in(traces(now, 12, user_id="one", retrieved_ids=["a"]), "traces.jsonl")
    assert counted(look(), "retrieval_recall", "trace") == (0.5, 5)


def test_what_is_not_recorded_is_not_zero(filled: None, look: Callable[..., Health]) -> None:
    view = look()
    for metric, source in (
        ("tool_failure_rate", "trace"),
        ("escalation_rate", "trace"),
        ("cost_p95", "trace"),
        ("reaction_rate", "feedback"),
        ("user_acceptance", "feedback"),
        ("grounding_accuracy", "label"),
    ):
        found = gauge(view, metric, source).finding
        assert isinstance(found, NotMeasured), metric
    finding = gauge(view, "error_rate", "trace").finding
    assert isinstance(finding, NotMeasured)
    assert finding.sentence.startswith("No file has a column that says whether a run failed. Upload traces")


@pytest.mark.parametrize(("metric", "column"), [("error_rate", "error"), ("tool_failure_rate", "tool_error")])
def test_a_column_that_is_blank_everywhere_says_that_nothing_failed(
    workspace: Workspace,
    hand_in: HandIn,
    now: datetime,
    look: Callable[..., Health],
    metric: str,
    column: str,
) -> None:
    hand_in(traces(now, 10, tool_selected="refund"), "traces.jsonl")
    assert isinstance(gauge(look(), metric, "trace").finding, NotMeasured)
    uploaded = hand_in(f"run_id,response,tool_selected,{column}\nother,Yes.,refund,\n", "more.csv")
    assert counted(look(), metric, "trace") == (0.0, 11)
    withdraw_upload(workspace, LOCAL_CALLER, now, uploaded.id, "The wrong feature.")
    assert isinstance(gauge(look(), metric, "trace").finding, NotMeasured)


def test_a_blank_column_of_reactions_does_not_say_that_users_were_asked(
    hand_in: HandIn, look: Callable[..., Health]
) -> None:
    hand_in("run_id,response,user_feedback\nr1,Yes.,\n", "traces.csv")
    finding = gauge(look(), "reaction_rate", "feedback").finding
    assert isinstance(finding, NotMeasured)
    assert finding.sentence == (
        "None of the 1 traces says what the user did with the answer. "
        "Upload traces that say what the user did with the answer."
    )


def test_a_blank_error_column_of_eval_results_says_nothing_of_traces(
    hand_in: HandIn, now: datetime, look: Callable[..., Health]
) -> None:
    hand_in(traces(now, 10), "traces.jsonl")
    hand_in("case_id,passed,error\nc1,yes,\n", "results.csv")
    assert isinstance(gauge(look(), "error_rate", "trace").finding, NotMeasured)


def test_a_blank_means_no_once_something_else_was_recorded(
    hand_in: HandIn, now: datetime, look: Callable[..., Health]
) -> None:
    called = traces(now, 10, tool_selected="refund").splitlines(keepends=True)
    failed = json.loads(called[0]) | {"tool_error": "404", "user_feedback": "rejected"}
    hand_in("".join([json.dumps(failed) + "\n", *called[1:]]), "traces.jsonl")
    view = look()
    assert counted(view, "tool_failure_rate", "trace") == (0.1, 10)
    assert counted(view, "reaction_rate", "feedback") == (0.1, 10)
    assert counted(view, "rejected_rate", "feedback") == (1.0, 1)


@pytest.mark.parametrize(
    ("part", "traced", "labelled", "evals"),
    [
        ({}, 80, 80, 20),
        ({"segment": "beta"}, 20, 20, 0),
        ({"segment": " BETA "}, 20, 20, 0),  # as the gate folds its slices
        ({"task": "billing"}, 20, 20, 20),
        ({"segment": "all", "task": "billing"}, 0, 0, 0),
        ({"bundle": "new"}, 40, 40, 0),
        ({"source": Source.LABEL}, None, 80, None),
        # The tests happen on a Monday: this week has no trace yet, the one before has seven days.
        ({"weeks": 1}, 0, 0, 20),
        ({"weeks": 2}, 28, 28, 20),
    ],
)
def test_a_filter_restricts_every_number(
    filled: None,
    look: Callable[..., Health],
    part: dict[str, Any],
    traced: int | None,
    labelled: int,
    evals: int | None,
) -> None:
    view = look(**part)

    def n(metric: str, source: str) -> int | None:
        found = [one for one in view.gauges if (one.metric.id, one.source) == (metric, source)]
        if not found:
            return None
        return found[0].measured.n if found[0].measured else 0

    assert n("slow_rate", "trace") == traced
    assert n("latency_p95", "trace") == traced
    assert n("answer_correctness", "label") == labelled
    assert n("eval_pass_rate", "eval") == evals


def test_a_gauge_stands_against_its_own_bar(
    filled: None, look: Callable[..., Health], commit: Commit
) -> None:
    commit([ANSWERS, BILLING, LATENCY])
    whole, billing = look(), look(task="Billing")
    row = gauge(whole, "answer_correctness", "label").row
    assert row is not None and (row.verdict, row.bar) == (Verdict.NOT_ENOUGH_EVIDENCE, "above 60 %")
    row = gauge(billing, "answer_correctness", "label").row
    assert row is not None and (row.verdict, row.bar) == (Verdict.NO_GO, "above 90 %")
    assert gauge(whole, "answer_correctness", "eval").row is None
    assert gauge(whole, "latency_p95", "trace").bar == 8000
    assert gauge(whole, "latency_p50", "trace").row is None
    assert whole.is_committed


def test_a_part_is_held_to_the_bar_that_says_most_about_it(
    filled: None,
    look: Callable[..., Health],
    commit: Commit,
    workspace: Workspace,
    feature: str,
    now: datetime,
) -> None:
    """Billing answers of beta users are billing answers: the average's bar does not let them off."""
    beta = ANSWERS | {"id": "beta", "bar": 0.7, "slice": {"user_segment": "beta"}}
    commit([ANSWERS, BILLING, beta])
    for part, bar in (
        ({}, 0.6),
        ({"segment": "all"}, 0.6),
        ({"segment": "beta"}, 0.7),
        ({"task": "billing", "segment": "all"}, 0.9),
        ({"task": "billing", "segment": "beta"}, 0.9),  # two bars of one column each: the stricter
        ({"task": "billing", "weeks": 2}, 0.9),
    ):
        assert gauge(look(**part), "answer_correctness", "label").bar == bar, part
    answers = [gauge(look(), "answer_correctness", "label")]
    part = Part(task="billing")
    table = view_slices(workspace, LOCAL_CALLER, now, feature, part, "user_segment", answers)
    assert [(row.value, row.cells[0].bar) for row in table.rows] == [("beta", 0.9)]


def test_a_quantile_without_a_bar_has_an_interval(filled: None, look: Callable[..., Health]) -> None:
    found = gauge(look(), "latency_p50", "trace").measured
    assert found is not None
    assert (found.value, found.n, found.effective_n, found.bar) == (1390.0, 80, 80, None)
    assert found.low is not None and found.high is not None
    assert found.low < found.value < found.high


def test_a_trend_has_its_gaps_and_its_releases(
    filled: None, workspace: Workspace, feature: str, now: datetime
) -> None:
    asked = (workspace, LOCAL_CALLER, now, feature, Part(), "answer_correctness")
    weeks = view_trend(*asked, Source.LABEL, "week")
    found = [point.finding for point in weeks]
    assert [one.n for one in found if isinstance(one, Measurement)] == [24, 28, 28]
    assert [one.tally.bundles for one in found if isinstance(one, Measurement)] == [
        ("old",),
        ("new", "old"),
        ("new",),
    ]
    days = view_trend(*asked, Source.LABEL, "day")
    assert len(days) == 20
    assert {(after.week - before.week).days for before, after in pairwise(days)} == {1}
    assert view_trend(*asked, Source.JUDGE, "week") == ()


def test_slices_come_worst_first_with_their_own_bars(
    filled: None,
    look: Callable[..., Health],
    commit: Commit,
    workspace: Workspace,
    feature: str,
    now: datetime,
) -> None:
    commit([ANSWERS, BILLING])
    gauges = [one.main for one in look().quality if one.main and one.main.measured]
    table = view_slices(workspace, LOCAL_CALLER, now, feature, Part(), "task_type", gauges)
    assert [asked.id for asked, _ in table.heads] == [
        "tool_selection_accuracy",
        "retrieval_recall",
        "answer_correctness",
    ]
    assert [row.value for row in table.rows] == ["billing", "refund"]
    cells = {row.value: row.cells[2] for row in table.rows}
    assert (cells["billing"].bar, cells["billing"].stands) == (0.9, "below")
    assert (cells["refund"].bar, cells["refund"].stands) == (0.6, "above")
    assert table.rows[0].cells[0].stands == "no bar"


def test_a_slice_of_few_independent_cases_says_nothing(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime, look: Callable[..., Health]
) -> None:
    hand_in(traces(now, 36), "traces.jsonl")  # nine are about billing
    hand_in(labels(36), "labels.jsonl")
    gauges = [one.main for one in look().quality if one.main and one.main.measured]
    table = view_slices(workspace, LOCAL_CALLER, now, feature, Part(), "task_type", gauges)
    assert [(row.value, row.cells[0].stands) for row in table.rows] == [
        ("refund", "no bar"),
        ("billing", "too few"),
    ]


def test_rows_that_do_not_say_the_column_are_a_slice_of_their_own(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    results: Results,
    now: datetime,
    look: Callable[..., Health],
) -> None:
    hand_in(traces(now, channel=None), "traces.jsonl")
    hand_in(labels(), "labels.jsonl")
    hand_in(results(10))
    view = look()
    gauges = [gauge(view, "answer_correctness", "label"), gauge(view, "eval_pass_rate", "eval")]
    table = view_slices(workspace, LOCAL_CALLER, now, feature, Part(), "channel", gauges)
    (row,) = table.rows
    assert row.value == ""
    # Eval results have no channel at all.
    assert [cell.finding is None for cell in row.cells] == [False, True]


def test_the_choices_are_the_values_of_all_evidence(
    filled: None, workspace: Workspace, feature: str, hand_in: HandIn, results: Results
) -> None:
    hand_in(results(2, first=50, task_type="Only in evals", release_bundle="next"))
    assert values_of(workspace, LOCAL_CALLER, feature) == {
        "segment": ["all", "beta"],
        "task": ["billing", "Only in evals", "refund"],
        "bundle": ["new", "next", "old"],
        "role": [],
        "channel": [],
    }


def test_the_version_changes_with_the_evidence(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime, look: Callable[..., Health]
) -> None:
    before = evidence_version(workspace, LOCAL_CALLER, feature)
    assert look().evidence_version == before
    hand_in(traces(now, 2), "traces.jsonl")
    assert evidence_version(workspace, LOCAL_CALLER, feature) > before


def test_whoever_may_not_see_is_refused(workspace: Workspace, feature: str, now: datetime) -> None:
    for refused in (
        lambda: view_health(workspace, NOBODY, now, feature, Part()),
        lambda: view_trend(workspace, NOBODY, now, feature, Part(), "error_rate", Source.TRACE, "week"),
        lambda: view_slices(workspace, NOBODY, now, feature, Part(), "channel", []),
        lambda: values_of(workspace, NOBODY, feature),
        lambda: evidence_version(workspace, NOBODY, feature),
    ):
        with pytest.raises(NotAllowed):
            refused()
    with pytest.raises(UnknownFeature):
        view_health(workspace, LOCAL_CALLER, now, "nowhere", Part())
