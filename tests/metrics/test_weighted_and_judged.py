"""Rates that are weighted by kind of task, and AI judges' rates that people's labels correct."""

from datetime import UTC, datetime

import pytest

from core.metrics.by_kind import AlikeUsers, Part, ReviewByKind, weighted
from core.metrics.judged import NO_PAIRS, JudgedPairs, LabelledUsers, corrected, is_audited, is_weak
from core.metrics.measure import measure_rate
from core.metrics.measurement import Cluster, Measurement, Source, Tally
from core.metrics.requests import TallyRequest
from core.statistics.stratified import Stratum, stratified_rate

NEWEST = datetime(2026, 3, 1, tzinfo=UTC)


def plain(passes: int, n: int, source: Source = Source.LABEL) -> Measurement:
    tally = Tally((1.0,) * passes + (0.0,) * (n - passes), (1,) * n, Cluster.USER, rows=n, newest=NEWEST)
    found = measure_rate(TallyRequest("answer_correctness", source), tally, 0.05)
    assert isinstance(found, Measurement)
    return found


def users(kind: str, passes: int, n: int) -> list[AlikeUsers]:
    """Every trace by a user of its own."""
    return [AlikeUsers((Part(kind, 1, 1.0),), passes), AlikeUsers((Part(kind, 1, 0.0),), n - passes)]


def test_each_kind_weighs_what_it_is_of_the_traffic() -> None:
    review = ReviewByKind({"a": 900, "b": 100}, [*users("a", 48, 50), *users("b", 25, 50)])
    found = weighted(plain(73, 100), review)
    by_hand = stratified_rate([Stratum(900, 50, 48), Stratum(100, 50, 25)], 0.05)
    assert by_hand.value is not None
    assert found.value == pytest.approx(0.9 * 0.96 + 0.1 * 0.5) == pytest.approx(by_hand.value)
    assert found.effective_n == pytest.approx(by_hand.effective_n, rel=0.05)
    assert found.low is not None and found.high is not None
    assert found.low < found.value < found.high
    assert (found.n, found.tally) == (100, plain(73, 100).tally)


def test_a_review_in_proportion_is_the_plain_rate() -> None:
    review = ReviewByKind({"a": 600, "b": 400}, [*users("a", 55, 60), *users("b", 30, 40)])
    found, counted = weighted(plain(85, 100), review), plain(85, 100)
    assert (found.value, found.low, found.high) == (
        pytest.approx(counted.value),
        pytest.approx(counted.low),
        pytest.approx(counted.high),
    )


def test_a_clean_review_of_thin_weights_shows_less_than_its_number() -> None:
    """All of 100 right, but 50 of them stand for 1 % of the traffic."""
    review = ReviewByKind({"a": 990, "b": 10}, [*users("a", 50, 50), *users("b", 50, 50)])
    found = weighted(plain(100, 100), review)
    assert found.value == 1.0
    assert found.effective_n == pytest.approx(52, abs=10)
    assert found.low is not None and plain(50, 50).low is not None
    assert found.low < 0.95


def test_what_nobody_reviewed_and_what_has_no_kind_is_told() -> None:
    sizes = {"a": 100, "b": 50, "": 10}
    found = weighted(plain(20, 20), ReviewByKind(sizes, users("a", 20, 20)))
    assert found.weighting is not None
    assert [one.name for one in found.weighting.left_out] == ["", "b"]
    assert not found.weighting.kinds_unknown
    unknown = weighted(plain(20, 20), ReviewByKind(sizes, users("", 20, 20)))
    assert unknown.weighting is not None and unknown.weighting.kinds_unknown
    assert weighted(plain(20, 20), ReviewByKind(sizes, [])) == plain(20, 20)


def pairs(both_pass: int, pass_fail: int, fail_pass: int, both_fail: int) -> tuple[LabelledUsers, ...]:
    """Every pair by a user of its own."""
    return (
        LabelledUsers(1, 0, 0, 0, both_pass),
        LabelledUsers(0, 1, 0, 0, pass_fail),
        LabelledUsers(0, 0, 1, 0, fail_pass),
        LabelledUsers(0, 0, 0, 1, both_fail),
    )


def test_a_judge_is_corrected_by_people() -> None:
    """It passes 87.5 % of 2,000 traces; of 100 that people labelled it misses both ways."""
    judged = JudgedPairs(pairs(83, 7, 2, 8), 1_665, 1_900)
    found = corrected(plain(1_750, 2_000, Source.JUDGE), judged)
    assert found.audit is not None and found.audit.is_corrected
    assert (found.audit.raw, found.audit.labels, found.audit.judged) == (pytest.approx(0.875), 100, 2_000)
    assert found.value == pytest.approx(0.91, abs=0.02)
    assert found.low is not None and found.high is not None
    assert found.low < 0.9 < found.high
    assert 100 < found.effective_n < 300


@pytest.mark.parametrize(
    ("seen", "audited", "weak"),
    [
        ((25, 0, 0, 4), False, False),  # 29 labels
        ((26, 0, 0, 4), True, False),
        ((60, 0, 0, 0), False, True),  # nobody has seen it catch a failure
        ((80, 20, 0, 10), True, False),  # 80 % kept is enough
        ((79, 21, 0, 10), True, True),
        ((90, 0, 3, 7), True, True),  # 70 % caught
    ],
)
def test_which_judges_may_decide(seen: tuple[int, int, int, int], audited: bool, weak: bool) -> None:
    found = corrected(plain(900, 1_000, Source.JUDGE), JudgedPairs(pairs(*seen), 800, 890))
    assert found.audit is not None
    assert (is_audited(found.audit), is_weak(found.audit)) == (audited, weak)
    assert found.audit.is_corrected is audited
    if not audited:
        assert found.value == 0.9


def test_pairs_of_the_same_users_are_worth_less() -> None:
    apart = corrected(plain(900, 1_000, Source.JUDGE), JudgedPairs(pairs(90, 0, 0, 10), 810, 900))
    few = (LabelledUsers(5, 0, 0, 0, 18), LabelledUsers(0, 0, 0, 5, 2))
    together = corrected(plain(900, 1_000, Source.JUDGE), JudgedPairs(few, 810, 900))
    assert together.value == apart.value
    assert together.effective_n < apart.effective_n / 2


def test_a_judge_without_any_label_keeps_its_own_rate_and_its_audit_says_so() -> None:
    found = corrected(plain(90, 100, Source.JUDGE), NO_PAIRS)
    assert (found.value, found.low) == (0.9, plain(90, 100, Source.JUDGE).low)
    assert found.audit is not None
    assert (found.audit.labels, found.audit.kept, found.audit.caught) == (0, None, None)
