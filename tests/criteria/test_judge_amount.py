"""A mean against its bar: the bound on the bad side decides, and under 300 tasks nothing does."""

from dataclasses import replace
from datetime import datetime

import pytest

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import judge_measured
from core.criteria.planning import needed_for
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.metrics.measurement import Cluster, Measurement, Slice, Source, Tally
from core.units import Unit

ITEM = MeasuredItem(id="cost", metric="cost_per_task", source=Source.TRACE, bar=0.05)


def mean(
    value: float, low: float | None, high: float | None, *, tasks: int = 400, users: int = 40, right: int = 0
) -> Measurement:
    share = tasks // users
    tally = Tally((float((right or tasks) / users),) * users, (share,) * users, Cluster.USER, rows=tasks)
    return Measurement(
        metric="cost_per_task",
        source=Source.TRACE,
        slice=Slice(),
        unit=Unit.USD,
        value=value,
        low=low,
        high=high,
        tally=tally,
        effective_n=float(tasks),
        effective_passes=tally.passes,
        running=False,
        error=0.05,
    )


@pytest.mark.parametrize(
    ("finding", "verdict", "more", "to"),
    [
        (mean(0.041, 0.038, 0.046), Verdict.GO, None, None),
        (mean(0.060, 0.052, 0.066), Verdict.NO_GO, None, None),
        # A bound that lies on the bar does not lie below it: one more step is asked for.
        (mean(0.041, 0.038, 0.05), Verdict.NOT_ENOUGH_EVIDENCE, 1, Verdict.GO),
        # The arm upward is 0.018 and must be 0.009: four times as many tasks.
        (mean(0.041, 0.030, 0.059), Verdict.NOT_ENOUGH_EVIDENCE, 1200, Verdict.GO),
        # The arm downward is 0.02 and must be 0.01.
        (mean(0.060, 0.040, 0.090), Verdict.NOT_ENOUGH_EVIDENCE, 1200, Verdict.NO_GO),
        # Right at the bar no number of tasks is foretold.
        (mean(0.05, 0.04, 0.06), Verdict.NOT_ENOUGH_EVIDENCE, None, None),
        # Under 300 tasks the interval covers too seldom, however clear it looks.
        (mean(0.01, 0.009, 0.011, tasks=240), Verdict.NOT_ENOUGH_EVIDENCE, 60, Verdict.GO),
        (mean(0.90, 0.8, 1.1, tasks=240), Verdict.NOT_ENOUGH_EVIDENCE, 60, Verdict.NO_GO),
        # Only the successful ones count towards the 300: half of 400 are, so 200 more tasks bring 100.
        (mean(0.01, 0.009, 0.011, right=200), Verdict.NOT_ENOUGH_EVIDENCE, 200, Verdict.GO),
        # One user says nothing about the next.
        (mean(0.01, None, None, tasks=400, users=1), Verdict.NOT_ENOUGH_EVIDENCE, None, None),
        # Ten users are too few witnesses for a pass, as for every metric.
        (mean(0.01, 0.009, 0.011, users=10), Verdict.NOT_ENOUGH_EVIDENCE, 10, Verdict.GO),
    ],
)
def test_the_verdict_and_what_is_still_missing(
    finding: Measurement, verdict: Verdict, more: int | None, to: Verdict | None, now: datetime
) -> None:
    row = judge_measured(ITEM, finding, now)
    assert (row.verdict, row.more_cases, row.more_cases_to) == (verdict, more, to)


def test_the_sentence_has_the_tasks_the_mean_the_interval_and_the_bar(now: datetime) -> None:
    row = judge_measured(ITEM, mean(0.041, 0.038, 0.046), now)
    assert row.why == "Over 400 tasks, on average: $0.041 ($0.038–$0.046). The bar is below $0.05."


def test_the_sentence_of_successes_names_both_counts(now: datetime) -> None:
    item = ITEM.model_copy(update={"metric": "cost_per_successful_task", "source": Source.LABEL})
    finding = replace(mean(0.02, 0.01, 0.03, right=320), metric="cost_per_successful_task")
    assert judge_measured(item, finding, now).why.startswith(
        "For each of 320 successful tasks (of 400), on average: $0.02"
    )


def test_evidence_of_two_releases_cannot_pass(now: datetime) -> None:
    found = mean(0.041, 0.038, 0.046)
    mixed = replace(found, tally=replace(found.tally, bundles=("1.0", "1.1")))
    assert judge_measured(ITEM, mixed, now).verdict is Verdict.NOT_ENOUGH_EVIDENCE


def test_a_dearer_mean_never_moves_the_verdict_towards_go(now: datetime) -> None:
    order = [Verdict.GO, Verdict.NOT_ENOUGH_EVIDENCE, Verdict.NO_GO]
    places = [
        order.index(judge_measured(ITEM, mean(cost, cost - 0.01, cost + 0.01), now).verdict)
        for cost in (0.02, 0.035, 0.045, 0.055, 0.065, 0.2)
    ]
    assert places == sorted(places) and set(places) == {0, 1, 2}


def test_how_many_tasks_a_bar_on_a_mean_needs_is_not_foretold() -> None:
    assert needed_for(ITEM, Stakes.HIGH) is None


def test_a_cost_by_labels_drawn_by_kind_of_task_cannot_pass(now: datetime) -> None:
    item = ITEM.model_copy(update={"metric": "cost_per_successful_task", "source": Source.LABEL})
    found = replace(mean(0.041, 0.038, 0.046), metric=item.metric, source=item.source)
    assert judge_measured(item, found, now).verdict is Verdict.GO
    row = judge_measured(item, replace(found, needs_weights=True), now)
    assert (row.verdict, row.more_cases) == (Verdict.NOT_ENOUGH_EVIDENCE, None)
    assert "is not weighted by kind" in row.why


def test_a_cost_by_an_ai_judge_cannot_pass_and_no_label_is_asked_for_in_vain(now: datetime) -> None:
    item = ITEM.model_copy(update={"metric": "cost_per_successful_task", "source": Source.JUDGE})
    found = replace(mean(0.041, 0.038, 0.046), metric=item.metric, source=item.source)
    row = judge_measured(item, found, now)
    assert (row.verdict, row.more_cases) == (Verdict.NOT_ENOUGH_EVIDENCE, None)
    assert "nothing corrects it for what the judge gets wrong" in row.why
