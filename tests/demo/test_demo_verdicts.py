"""Each story leads to its intended verdict on any date, by a calculation independent of the core.

The formulas are those of METHODS 1 (running e-value, at most five traces of a user, Korn-Graubard
effective n) and, for the eval suite, the exact one-shot bound; written here a second time with scipy.
"""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaln

from core.demo.generator import eval_results, labels, traces
from core.demo.stories import Story, load_stories

STORIES = {story.feature.slug: story for story in load_stories()}
SEED = 2026
CAP = 5
PICKS = range(3)
PASS_CHANCE_FACTOR = 1.45  # METHODS 1: this times n* gives the running verdict an 80 % chance

DATES = [
    datetime(2026, 10, 18, 8, 5, tzinfo=UTC),
    datetime(2026, 11, 21, 13, 0, tzinfo=UTC),
    datetime(2026, 12, 25, 0, 1, tzinfo=UTC),
    datetime(2027, 1, 4, 17, 45, tzinfo=UTC),
    datetime(2027, 3, 28, 10, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 20, 0, tzinfo=UTC),
]
each_date = pytest.mark.parametrize("now", DATES, ids=lambda now: f"{now:%Y-%m-%d %H:%M}")

Outcome = tuple[str, bool]  # user, passed


def log_evidence_above(s: float, n: float, t: float) -> float:
    prior = stats.beta.logsf(t, 1 + s, 1 + n - s) + betaln(1 + s, 1 + n - s) - math.log(1 - t)
    return float(prior - s * math.log(t) - (n - s) * math.log(1 - t))


@dataclass(frozen=True)
class Evidence:
    passes: float
    n: float
    users: int

    @property
    def rate(self) -> float:
        return self.passes / self.n

    def above(self, bar: float) -> float:
        return log_evidence_above(self.passes, self.n, bar)

    def below(self, bar: float) -> float:
        return log_evidence_above(self.n - self.passes, self.n, 1 - bar)


def korn_graubard(outcomes: Iterable[Outcome], pick: int) -> Evidence:
    """Effective counts of ``outcomes``; ``pick`` seeds which five traces of a busy user count."""
    by_user: dict[str, list[float]] = defaultdict(list)
    for user, passed in outcomes:
        by_user[user].append(float(passed))
    rng = np.random.default_rng(pick)
    groups = [
        np.array(values) if len(values) <= CAP else rng.choice(values, CAP, replace=False)
        for values in by_user.values()
    ]
    n, users = sum(map(len, groups)), len(groups)
    p = sum(group.sum() for group in groups) / n
    if p in (0, 1):
        return Evidence(p * users, users, users)
    variance = users / (users - 1) * sum((group - p).sum() ** 2 for group in groups) / n**2
    t_ratio = stats.t.ppf(0.95, n - 1) / stats.t.ppf(0.95, users - 1)
    effective = min(n, p * (1 - p) / variance * t_ratio**2)
    return Evidence(p * effective, effective, users)


@cache
def evidence_rows(slug: str, now: datetime) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    story = STORIES[slug]
    return traces(story, now, SEED), {row["run_id"]: row for row in labels(story, now, SEED)}


def labelled(slug: str, now: datetime, verdict: str, task_type: str | None = None) -> list[Outcome]:
    rows, labels_by_run = evidence_rows(slug, now)
    return [
        (row["user_id"], labels_by_run[row["run_id"]][verdict])
        for row in rows
        if row["run_id"] in labels_by_run and task_type in (None, row["task_type"])
    ]


def accepted(slug: str, now: datetime) -> list[Outcome]:
    rows, _ = evidence_rows(slug, now)
    return [(row["user_id"], row["user_feedback"] == "accepted") for row in rows if row["user_feedback"]]


def in_time(slug: str, now: datetime) -> list[Outcome]:
    rows, _ = evidence_rows(slug, now)
    return [(row["user_id"], row["latency_ms"] < 8000) for row in rows]


def passes_robustly(outcomes: list[Outcome], bar: float, limit: float = 20) -> bool:
    """Whichever traces of busy users count, and with ten times the evidence that is asked for."""
    return all(
        evidence.users >= 40 and evidence.above(bar) > math.log(10 * limit)
        for evidence in (korn_graubard(outcomes, pick) for pick in PICKS)
    )


def first_hundred_are_clean(slug: str, now: datetime) -> bool:
    rows, labels_by_run = evidence_rows(slug, now)
    return all(labels_by_run[row["run_id"]]["hallucination"] is False for row in rows[:100])


def suite_passes(story: Story, now: datetime) -> bool:
    """One-shot over cases: the mean of a case's attempts, errors counting as not passed."""
    by_case: dict[str, list[float]] = defaultdict(list)
    for row in eval_results(story, now, SEED):
        by_case[row["case_id"]].append(float(bool(row["passed"])))
    passes, n = sum(sum(values) / len(values) for values in by_case.values()), len(by_case)
    return bool(stats.beta.ppf(0.01, passes, n - passes + 1) > 0.80)


@each_date
@pytest.mark.parametrize("slug", STORIES)
def test_rows_that_are_go_in_every_story(slug: str, now: datetime) -> None:
    assert passes_robustly(labelled(slug, now, "tool_right"), 0.90)
    assert passes_robustly(accepted(slug, now), 0.75)
    assert passes_robustly(in_time(slug, now), 0.95)
    assert first_hundred_are_clean(slug, now)
    assert suite_passes(STORIES[slug], now)


@each_date
def test_meeting_summaries_is_go(now: datetime) -> None:
    answers = korn_graubard(labelled("meeting-summaries", now, "answer_right"), 0)
    assert passes_robustly(labelled("meeting-summaries", now, "answer_right"), 0.80)
    assert passes_robustly(labelled("meeting-summaries", now, "answer_right", "decisions"), 0.80)
    assert answers.rate > 0.92
    assert answers.users >= 150


@each_date
def test_refund_agent_is_no_go_by_its_protected_slice_only(now: datetime) -> None:
    answers = labelled("refund-agent", now, "answer_right")
    billing = korn_graubard(labelled("refund-agent", now, "answer_right", "billing"), 0)
    assert passes_robustly(answers, 0.80)
    assert 0.87 < korn_graubard(answers, 0).rate < 0.91
    assert 0.48 < billing.rate < 0.60
    assert billing.users >= 40
    assert billing.below(0.80) > math.log(10 * 20)


@each_date
def test_shipment_assistant_needs_a_finite_number_of_further_labels(now: datetime) -> None:
    outcomes = labelled("shipment-assistant", now, "answer_right")
    for pick in PICKS:
        answers = korn_graubard(outcomes, pick)
        assert 0.835 < answers.rate < 0.87
        assert answers.above(0.80) < math.log(10) - 1, "well short of a pass at medium stakes"
        assert answers.below(0.80) < 0
        more = next(
            n for n in range(1, 20_000) if log_evidence_above(answers.rate * n, n, 0.80) >= math.log(10)
        )
        assert 50 < PASS_CHANCE_FACTOR * more - answers.n < 3_000


@each_date
@pytest.mark.parametrize("slug", STORIES)
def test_hallucinations_are_rare_after_the_first_traces(slug: str, now: datetime) -> None:
    invented = [passed for _, passed in labelled(slug, now, "hallucination")]
    assert sum(invented) / len(invented) < 0.025
