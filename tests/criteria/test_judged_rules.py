"""What keeps good numbers from passing: age, sampling, AI judges, few users, few cases, no data."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.judge import AnswerGiven, PersonsAnswer, Row, judge_attested, judge_measured
from core.criteria.verdict import Verdict
from core.metrics.measurement import Cluster, FirstTraces, NotMeasured, Slice, Source, Why

Judge = Callable[..., Row]

GO, NO_GO, STALE, NO_DATA = Verdict.GO, Verdict.NO_GO, Verdict.STALE, Verdict.NO_DATA
NOT_ENOUGH = Verdict.NOT_ENOUGH_EVIDENCE

CANNOT_PASS: list[tuple[dict[str, Any], int | None, str]] = [
    (
        {"source": "judge"},
        30,
        "The judge is not audited (0 of its traces are labelled by hand at random): "
        "label 30 more of the judged traces at random by hand.",
    ),
    (
        {"source": "label", "tally": {"sampling_known": False}},
        None,
        "Nobody said how these traces were picked for review, so they cannot pass. "
        "Say it in a “sampling” column: complete, random, stratified or worst.",
    ),
    ({"minimum_n": 101}, 1, "The checklist asks for at least 101 cases: 1 more."),
    (
        {"source": "label", "minimum_n": 2000},
        1900,
        "The checklist asks for at least 2,000 cases: 1,900 more.",
    ),
]


@pytest.mark.parametrize(("about", "more", "sentence"), CANNOT_PASS)
def test_evidence_that_is_good_enough_and_still_cannot_pass(
    judged: Judge, about: dict[str, Any], more: int | None, sentence: str
) -> None:
    row = judged(100, 100, 0.9, **about)
    assert (row.verdict, row.more_cases) == (NOT_ENOUGH, more)
    assert row.why.endswith(f" {sentence}")
    assert row.more_cases_to is (None if more is None else GO)


@pytest.mark.parametrize("about", [about for about, _, _ in CANNOT_PASS])
def test_what_cannot_pass_can_still_fail(judged: Judge, about: dict[str, Any]) -> None:
    assert judged(30, 100, 0.9, **about).verdict is NO_GO


def test_the_minimum_itself_is_enough(judged: Judge) -> None:
    assert judged(100, 100, 0.9, minimum_n=100).verdict is GO


@pytest.mark.parametrize(
    ("cluster", "witnesses", "sentence"),
    [
        (Cluster.USER, 19, "There are only 19 users; at least 20 are needed."),
        (Cluster.SESSION, 5, "There are only 5 sessions; at least 20 are needed."),
        (Cluster.DAY, 19, "There are only 19 days; at least 20 are needed."),
        (Cluster.USER, 20, ""),
        (Cluster.CASE, 10, ""),  # cases of an eval set are not people
    ],
)
def test_fewer_than_twenty_users_cannot_pass(
    judged: Judge, cluster: Cluster, witnesses: int, sentence: str
) -> None:
    tally = {
        "cluster": cluster,
        "passes_by_cluster": (5.0,) * witnesses,
        "n_by_cluster": (5,) * witnesses,
    }
    row = judged(0, 1, 0.5, source="label", error=0.2, tally=tally)
    assert row.verdict is (NOT_ENOUGH if sentence else GO)
    assert row.why.endswith(sentence or "The bar is above 50 %.")


@pytest.mark.parametrize(
    ("passes", "age", "verdict"),
    [
        (100, timedelta(days=30), GO),
        (100, timedelta(days=30, microseconds=1), STALE),
        (0, timedelta(days=30), NO_GO),
        (0, timedelta(days=31), STALE),  # stale even if it failed
    ],
)
def test_evidence_past_its_days_is_stale_whatever_it_said(
    judged: Judge, now: datetime, passes: int, age: timedelta, verdict: Verdict
) -> None:
    row = judged(passes, 100, 0.9, valid_days=30, tally={"newest": now - age})
    assert row.verdict is verdict
    if verdict is STALE:
        assert row.why == f"The newest evidence is {age.days} days old; it counts for 30 days."


def test_evidence_without_an_age_limit_never_gets_old(judged: Judge, now: datetime) -> None:
    assert judged(100, 100, 0.9, tally={"newest": now - timedelta(days=9_999)}).verdict is GO


@pytest.mark.parametrize("why", Why)
def test_what_is_not_measured_is_no_data_in_its_own_words(now: datetime, why: Why) -> None:
    item = MeasuredItem(id="x", metric="answer_correctness", source=Source.LABEL, bar=0.9, valid_days=1)
    finding = NotMeasured("answer_correctness", Source.LABEL, Slice(), why, "Review some traces.")
    row = judge_measured(item, finding, now)
    assert (row.verdict, row.why, row.more_cases) == (NO_DATA, "Review some traces.", None)


FIRST = [
    # there, reviewed, bad, sampling known: verdict, how many more; the sentence
    (
        (100, 100, 0, True),
        (GO, None),
        "All of the first 100 traces are reviewed and none is bad. The true rate could still be up to 3 %.",
    ),
    ((100, 100, 0, False), (GO, None), "All of the first 100 traces are reviewed and none is bad."),
    (
        (100, 60, 0, True),
        (NOT_ENOUGH, 40),
        "60 of the first 100 traces are reviewed, none bad. Up to 3 of the 100 could still be bad. "
        "40 more to review.",
    ),
    ((100, 20, 0, True), (NOT_ENOUGH, 80), "Up to 12 of the 100 could still be bad."),
    ((100, 40, 0, True), (NOT_ENOUGH, 60), "Up to 5 of the 100 could still be bad."),
    ((100, 80, 0, True), (NOT_ENOUGH, 20), "Up to 1 of the 100 could still be bad."),
    (
        (100, 95, 0, True),
        (NOT_ENOUGH, 5),
        "95 of the first 100 traces are reviewed, none bad. 5 more to review.",
    ),
    # A bound on the rest needs a random sample: without one, none is told.
    (
        (100, 60, 0, False),
        (NOT_ENOUGH, 40),
        "60 of the first 100 traces are reviewed, none bad. 40 more to review.",
    ),
    (
        (40, 40, 0, True),
        (NOT_ENOUGH, 60),
        "40 of the first 100 traces are reviewed, none bad. 60 more to review, 60 of them still to come.",
    ),
    (
        (100, 0, 0, False),
        (NOT_ENOUGH, 100),
        "0 of the first 100 traces are reviewed, none bad. 100 more to review.",
    ),
    (
        (100, 100, 1, True),
        (NO_GO, None),
        "1 of the first 100 traces invents something (100 reviewed). The bar is none.",
    ),
    (
        (100, 7, 2, False),
        (NO_GO, None),
        "2 of the first 100 traces invent something (7 reviewed). The bar is none.",
    ),
]


@pytest.mark.parametrize(("seen", "expected", "sentence"), FIRST)
def test_none_in_the_first_hundred(
    now: datetime, seen: tuple[int, int, int, bool], expected: tuple[Verdict, int | None], sentence: str
) -> None:
    there, reviewed, bad, sampling_known = seen
    item = MeasuredItem(id="x", metric="hallucinations_in_first", source=Source.LABEL, count=100)
    finding = FirstTraces(
        item.metric, item.source, Slice(), 100, there, reviewed, bad, sampling_known, error=0.05
    )
    row = judge_measured(item, finding, now)
    assert (row.verdict, row.more_cases) == expected
    assert sentence in row.why
    assert (row.label, row.bar) == ("Hallucinations in the first 100 traces", "none in the first 100")


def test_the_first_traces_get_old_too(now: datetime) -> None:
    item = MeasuredItem(
        id="x", metric="hallucinations_in_first", source=Source.LABEL, count=100, valid_days=30
    )
    finding = FirstTraces(
        item.metric, item.source, Slice(), 100, 100, 100, 1, True, 0.05, newest=now - timedelta(days=31)
    )
    assert judge_measured(item, finding, now).verdict is STALE


ANSWERS = [
    (None, None, NO_DATA, "Nobody has answered this yet. Answer it on the Checklist page."),
    (AnswerGiven.YES, 0, GO, "Yes, says Ada: we tried it"),
    (AnswerGiven.NO, 0, NO_GO, "No, says Ada: we tried it"),
    (AnswerGiven.NOT_APPLICABLE, 0, GO, "Not applicable, says Ada: we tried it"),
    (AnswerGiven.YES, 90, GO, "Yes, says Ada: we tried it"),
    (AnswerGiven.YES, 91, STALE, "Answered 91 days ago by Ada; it counts for 90 days."),
    (AnswerGiven.NO, 91, STALE, "Answered 91 days ago by Ada; it counts for 90 days."),
    (AnswerGiven.NOT_APPLICABLE, 91, STALE, "Answered 91 days ago by Ada; it counts for 90 days."),
]


@pytest.mark.parametrize(("given", "age", "verdict", "why"), ANSWERS)
def test_a_persons_answer(
    now: datetime, given: AnswerGiven | None, age: int | None, verdict: Verdict, why: str
) -> None:
    item = AttestedItem(id="runbook", sentence="Is there a runbook?", valid_days=90)
    answer = given and PersonsAnswer(given, "we tried it", "", "Ada", now - timedelta(days=age or 0))
    row = judge_attested(item, answer, now)
    assert (row.verdict, row.why, row.label) == (verdict, why, "Is there a runbook?")
    assert row.set_aside == (given is AnswerGiven.NOT_APPLICABLE and verdict is GO)


def test_a_pass_is_of_one_release(judged: Judge) -> None:
    mixed = judged(200, 200, 0.9, tally={"bundles": ("v1", "v2")})
    assert mixed.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert "mixes releases (v1 and v2)" in mixed.why
    assert judged(200, 200, 0.9, tally={"bundles": ("v2",)}).verdict is Verdict.GO
    # A failure is a failure, whichever release it is of.
    assert judged(100, 200, 0.9, tally={"bundles": ("v1", "v2")}).verdict is Verdict.NO_GO
