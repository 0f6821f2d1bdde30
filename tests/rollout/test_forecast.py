"""The forecast: how long each criterion takes at counted or planned traffic, the review, the blast radius."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.criteria.checklist import Checklist, MeasuredItem
from core.criteria.judge import Row, judge_measured
from core.criteria.scope import WorstCase
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.verdict import Verdict
from core.metrics.measure import measure_rate
from core.metrics.measurement import Cluster, Slice, Tally
from core.metrics.requests import TallyRequest
from core.rollout.blast import HighStakes, amount_words, blast_of, blast_words, main_row
from core.rollout.forecast import (
    CriterionForecast,
    Now,
    Outcome,
    PhaseForecast,
    dates_of,
    forecast,
    review_effort,
    span_words,
)
from core.rollout.plan import PhasePlan
from core.rollout.traffic import Range, Traffic, number_words, range_words, tasks_a_day, with_measured

PlanOf = Callable[..., PhasePlan]
ChecklistOf = Callable[..., Checklist]

TODAY = date(2026, 3, 2)
MOMENT = datetime(2026, 3, 2, tzinfo=UTC)
FIVE_PER_CENT = {"exposure_share": [0.05, 0.05], "review_share": 0.2}


def row_of(checklist: Checklist, passes: int, n: int) -> Row:
    """The first row of the checklist judged by ``passes`` of ``n`` users' answers."""
    (item,) = checklist.items
    assert isinstance(item, MeasuredItem)
    tally = Tally((1.0,) * passes + (0.0,) * (n - passes), (1,) * n, Cluster.USER, rows=n, newest=MOMENT)
    request = TallyRequest(item.metric, item.source, bar=item.bar)
    return judge_measured(item, measure_rate(request, tally, ACCEPTED_ERROR[checklist.stakes]), MOMENT)


def now_of(*rows: Row, phase: str | None = "first", days_left: int = 14) -> Now:
    return Now(phase, {row.item.id: row for row in rows}, days_left, TODAY)


def one(found: PhaseForecast) -> CriterionForecast:
    (criterion,) = found.criteria
    return criterion


# Cases and days


@pytest.mark.parametrize(
    ("traffic", "share", "review", "days"),
    [
        # METHODS section 14 by the numbers of this program: 475 cases at 20, 5, 1 and 20 a day.
        (2_000, 0.05, 0.20, 24),
        (2_000, 0.05, 0.05, 95),
        (400, 0.05, 0.05, 475),
        (400, 0.25, 0.20, 24),
    ],
)
def test_from_nothing_it_is_cases_over_cases_a_day(
    traffic: int, share: float, review: float, days: int, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    phase = {"exposure_share": [share, share], "review_share": review}
    plan = plan_of(phase, None, requests_per_day=traffic)
    (found,) = forecast(plan, checklist_of("high"), now_of(), None)
    criterion = one(found)
    assert (criterion.outcome, criterion.cases, criterion.fewest) == (Outcome.DAYS, 475, 43)
    assert criterion.days == (days, days)


def test_a_range_of_users_is_a_range_of_days(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    plan = plan_of({"review_share": 0.05}, None, requests_per_day=20_000)
    (found,) = forecast(plan, checklist_of("high"), now_of(), None)
    criterion = one(found)
    assert (criterion.days, criterion.soonest) == ((10, 48), 1)
    assert found.days == (14, 48), "the minimum duration is waited for as well"
    assert criterion.why == (
        "About 475 reviewed answers, at least 43 if every one passes, at 10–50 a day (as planned)."
    )


def test_the_current_phase_goes_by_its_row_and_by_what_was_counted(
    plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    """93 of 100 against 90 %: so many more cases as the gate says, at the 8 a day that really came."""
    checklist = checklist_of("high")
    row = row_of(checklist, 93, 100)
    assert row.more_cases is not None
    traffic = Traffic(100, 20, "first", 0.05, 0.2, {"answers": 8.0})
    (found,) = forecast(plan_of(FIVE_PER_CENT, None), checklist, now_of(row, days_left=3), traffic)
    criterion = one(found)
    days = -(-row.more_cases // 8)
    assert (criterion.cases, criterion.days) == (row.more_cases, (days, days))
    assert criterion.why.endswith("more reviewed answers, at 8 a day (as counted lately).")
    assert found.days == (days, days)


@pytest.mark.parametrize(
    ("passes", "n", "outcome", "to"),
    [
        (200, 200, Outcome.HOLDS, Verdict.GO),
        (100, 200, Outcome.FAILS, Verdict.NO_GO),
        (87, 100, Outcome.DAYS, Verdict.NO_GO),
        (90, 100, Outcome.NEVER, None),
    ],
)
def test_what_a_row_says_today_is_told(
    passes: int,
    n: int,
    outcome: Outcome,
    to: Verdict | None,
    plan_of: PlanOf,
    checklist_of: ChecklistOf,
) -> None:
    checklist = checklist_of("high")
    plan = plan_of(FIVE_PER_CENT, None)
    (found,) = forecast(plan, checklist, now_of(row_of(checklist, passes, n)), None)
    assert (one(found).outcome, one(found).to) == (outcome, to)
    assert (found.days is None) == (outcome in (Outcome.FAILS, Outcome.NEVER))
    if outcome is Outcome.NEVER:
        assert one(found).why.startswith("Never at this rate: today's rate is too close to the bar.")


@pytest.mark.parametrize(
    ("phase", "traffic", "words"),
    [
        (
            {"review_share": 0.0},
            None,
            "Never at this rate: it is measured on reviewed answers, and the phase reviews none.",
        ),
        (
            FIVE_PER_CENT,
            Traffic(100, 20, "first", 0.05, 0.2, {"answers": 0.0}),
            "Never at this rate: in the last 20 days there were no reviewed answers that count.",
        ),
        (
            {"exposure_users": [20, 40]},
            None,
            "Never in this phase: at least 43 users are needed, and it reaches at most 40.",
        ),
        (
            {"exposure_share": [0.001, 0.001], "review_share": 0.001},
            None,
            "Never at this rate: it would take more than ten years.",
        ),
    ],
)
def test_never_is_said_plainly(
    phase: dict[str, Any],
    traffic: Traffic | None,
    words: str,
    plan_of: PlanOf,
    checklist_of: ChecklistOf,
) -> None:
    (found,) = forecast(plan_of(phase, None), checklist_of("high"), now_of(), traffic)
    assert (one(found).outcome, one(found).why) == (Outcome.NEVER, words)
    assert found.days is None


def test_without_traffic_nothing_is_guessed(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    plan = plan_of({}, None, requests_per_day=None)
    (found,) = forecast(plan, checklist_of(), now_of(), None)
    assert (one(found).outcome, found.tasks, found.review) == (Outcome.UNKNOWN, None, None)


def test_a_later_phase_does_not_wait_for_rows_that_must_hold_before_it(
    plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    own = {"id": "own", "metric": "user_acceptance", "source": "feedback", "bar": 0.75}
    plan = plan_of({}, {"criteria": ["answers"], "bars": [own], "review_share": 0.0})
    _, later = forecast(plan, checklist_of("high"), now_of(), None)
    again, fresh = later.criteria
    assert (again.again, again.outcome, fresh.again) == (True, Outcome.NEVER, False)
    assert later.slowest is fresh
    assert later.days == (14, 14)


def test_phases_that_are_over_have_no_forecast(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    found = forecast(plan_of(), checklist_of(), now_of(phase="second"), None)
    assert [(one.phase.id, one.is_current) for one in found] == [("second", True)]


# Traffic


def test_counted_traffic_is_scaled_by_the_exposure(plan_of: PlanOf) -> None:
    """150 a day at 5 % make 3,000 once everyone has it, and 150 to 750 at 5 to 25 %."""
    plan = plan_of()
    traffic = Traffic(150, 28, "first", 0.05)
    assert tasks_a_day(plan, plan.phases[0], traffic) == Range(150, 150, True)
    scaled = tasks_a_day(plan, plan.phases[1], traffic)
    assert scaled is not None
    assert (round(scaled.low, 6), round(scaled.high, 6), scaled.is_measured) == (150, 750, True)
    assert with_measured(plan, traffic).requests_per_day == 3_000
    assert tasks_a_day(plan, plan.phases[1], replace(traffic, exposure=None)) == Range(5_000, 25_000)


def test_who_reacts_today_reacts_in_the_next_phase(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """30 of 150 users a day said what they think: of 750 it will be 150."""
    checklist = checklist_of(id="own", metric="user_acceptance", source="feedback", bar=0.75)
    traffic = Traffic(150, 28, "first", 0.05, 1.0, {"own": 30.0})
    _, later = forecast(plan_of(), checklist, now_of(), traffic)
    per_day = one(later).per_day
    assert per_day is not None
    assert (round(per_day.low, 6), round(per_day.high, 6)) == (30, 150)


# Review


@pytest.mark.parametrize(
    ("labels", "minutes", "people"),
    [((50, 100), 2.0, (4, 7)), ((15, 15), 2.0, (1, 1)), ((0, 0), 2.0, (0, 0)), ((15, 16), 4.0, (2, 3))],
)
def test_review_takes_minutes_and_people(
    labels: tuple[float, float], minutes: float, people: tuple[int, int]
) -> None:
    effort = review_effort(Range(*labels), minutes)
    assert (effort.minutes.low, effort.minutes.high) == (labels[0] * minutes, labels[1] * minutes)
    assert effort.people == people


# Blast radius


def test_the_blast_radius_is_traffic_times_the_measured_share_of_wrong_answers(
    plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    plan, row = plan_of(requests_per_day=10_000), row_of(checklist_of("high"), 180, 200)
    blast = blast_of(plan, plan.phases[0], row, None, WorstCase())
    assert blast.wrong is not None and blast.tasks is not None
    assert blast.bad_a_day == Range(blast.tasks.low * blast.wrong[0], blast.tasks.high * blast.wrong[1])
    assert blast.bad_a_week == blast.bad_a_day.times(7, 7)
    assert blast_words(blast).startswith("100–500 tasks a day (as planned), ")
    assert "of them wrong (Answer correctness)" in blast_words(blast)
    assert blast.usd_a_week is None


def test_money_is_that_of_the_protected_part(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """A tenth of the tasks of which a third to a half are wrong, whatever is true of all the others."""
    plan, row = plan_of(), row_of(checklist_of("high"), 180, 200)
    worst = WorstCase(usd=1_000, people=3)
    stakes = HighStakes("country = DE", 0.1, (1 / 3, 1 / 2))
    part = blast_of(plan, plan.phases[0], row, None, worst, stakes)
    assert part.usd_a_week is not None and part.tasks is not None
    assert part.usd_a_week.low == pytest.approx(part.tasks.low * 7 * 0.1 / 3 * 1_000)
    assert part.usd_a_week.high == pytest.approx(part.tasks.high * 7 * 0.1 / 2 * 1_000)
    words = blast_words(part)
    assert (
        "10 % of the tasks are in the protected part “country = DE”; 33.3–50 % of those are wrong." in words
    )
    assert "if each wrong one in it were the worst case ($1,000, 3 people)" in words


def test_the_part_in_which_most_can_be_wrong_is_not_always_the_largest() -> None:
    large, small = (
        HighStakes("country = DE", 0.3, (0.01, 0.05)),
        HighStakes("task = billing", 0.1, (0.4, 0.6)),
    )
    unmeasured = HighStakes("task = legal", 0.1)
    assert max((large, small, unmeasured), key=lambda one: one.most_wrong) is unmeasured
    assert small.most_wrong > large.most_wrong


@pytest.mark.parametrize(("share", "bound"), [(0.9, "all wrong ones"), (0.001, "all its tasks")])
def test_a_protected_part_that_nobody_measured_may_hold_every_wrong_answer(
    share: float, bound: str, plan_of: PlanOf, checklist_of: ChecklistOf
) -> None:
    plan, row = plan_of(), row_of(checklist_of("high"), 180, 200)
    worst = WorstCase(usd=1_000)
    whole = blast_of(plan, plan.phases[0], row, None, worst)
    part = blast_of(plan, plan.phases[0], row, None, worst, HighStakes("country = DE", share))
    assert whole.usd_a_week is not None and part.usd_a_week is not None and part.tasks is not None
    most = {"all wrong ones": whole.usd_a_week.high, "all its tasks": part.tasks.high * share * 7 * 1_000}
    assert part.usd_a_week.low == 0
    assert part.usd_a_week.high == pytest.approx(most[bound])
    assert "how many of those are wrong is not measured. At the very worst, if all that can" in blast_words(
        part
    )


def test_what_is_not_measured_is_said_so(plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    plan = plan_of()
    (item,) = checklist_of().items
    row = Row(item, "", "", Verdict.NO_DATA, "")
    words = blast_words(blast_of(plan, plan.phases[0], main_row((row,)), None, WorstCase(usd=5)))
    assert words.endswith("How many of them go wrong is unknown: Answer correctness is not measured.")
    words = blast_words(blast_of(plan, plan.phases[0], main_row(()), None, WorstCase()))
    assert words.endswith("is unknown: the checklist has no rate that tells.")
    unknown = plan_of(requests_per_day=None)
    assert blast_words(blast_of(unknown, unknown.phases[0], None, None, WorstCase())).startswith(
        "Unknown. Say how many"
    )


def test_a_measured_rate_goes_before_a_better_one_without_numbers(checklist_of: ChecklistOf) -> None:
    (better,) = checklist_of().items
    measured = row_of(checklist_of(id="tools", metric="tool_selection_accuracy"), 90, 100)
    empty = Row(better, "", "", Verdict.NO_DATA, "")
    assert main_row((empty, measured)) is measured
    assert main_row((empty,)) is empty
    sliced = row_of(checklist_of(slice={"task_type": "billing"}), 90, 100)
    assert main_row((sliced,)) is None, "a part says nothing about the whole"
    assert main_row((measured, sliced), Slice.of({"task_type": "billing"})) is sliced


# Words


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0"), (0.25, "0.25"), (0.97, "1"), (2.0, "2"), (3.46, "3.5"), (9.97, "10"), (1203.6, "1,204")],
)
def test_numbers_are_as_exact_as_they_are_worth(number: float, words: str) -> None:
    assert number_words(number) == words


def test_ranges_and_days_in_words() -> None:
    assert (range_words(Range(5, 25)), range_words(Range(25, 25))) == ("5–25", "25")
    assert (span_words((14, 95)), span_words((1, 1)), span_words((9, 3_650))) == (
        "14–95 days",
        "1 day",
        "9 days or far more",
    )
    assert dates_of((14, 95), TODAY) == (date(2026, 3, 16), date(2026, 6, 5))
    assert dates_of((14, 3_650), TODAY)[1] is None


@pytest.mark.parametrize("stakes", Stakes)
def test_more_rows_take_more_cases_each(stakes: Stakes, plan_of: PlanOf, checklist_of: ChecklistOf) -> None:
    """METHODS 4: of k rows that must pass together each is planned for a chance of 1 - 0.2/k."""
    alone = checklist_of(stakes)
    (item,) = alone.items
    both = alone.model_copy(update={"items": (item, item.model_copy(update={"id": "again"}))})
    (one_row,), (two_rows,) = (forecast(plan_of({}, None), rows, now_of(), None) for rows in (alone, both))
    assert (two_rows.criteria[0].cases or 0) > (one_row.criteria[0].cases or 0)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.5, 6.9, "0.5–6.9"),
        (0.04, 6.9, "0–6.9"),
        (3.5, 48.3, "3.5–48"),
        (0.2, 0.9, "fewer than 1"),
        (34.2, 72.8, "34–73"),
        (12.0, 12.0, "12"),
    ],
)
def test_few_wrong_answers_a_day_are_not_none(low: float, high: float, words: str) -> None:
    """Half a wrong answer a day is 3.5 a week, and both stand in one sentence."""
    assert amount_words(Range(low, high)) == words
