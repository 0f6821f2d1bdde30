"""Confidence: is it calibrated, which threshold keeps a promise, is it a guardrail at all?"""

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.calibration import grouped_reliability, reliability
from core.statistics.exact import bounds
from core.statistics.threshold import (
    Guardrail,
    Lump,
    Scored,
    all_cuts,
    choose_threshold,
    confident_and_wrong,
    shift,
)

CASES = st.lists(
    st.builds(
        Scored, st.one_of(st.none(), st.sampled_from([0.1, 0.5, 0.9, 0.95])), st.none() | st.booleans()
    ),
    max_size=80,
)


def calibrated(n: int, seed: int) -> list[Scored]:
    luck = np.random.default_rng(seed)
    stated = luck.beta(4, 1, n)
    return [Scored(float(c), bool(r)) for c, r in zip(stated, luck.random(n) < stated, strict=True)]


def lump(confidence: float | None, right: int, wrong: int) -> list[Scored]:
    return [Scored(confidence, True)] * right + [Scored(confidence, False)] * wrong


def of(cases: Sequence[Scored]) -> tuple[list[float], list[bool]]:
    return [case.confidence or 0 for case in cases], [bool(case.right) for case in cases]


def test_a_calibrated_feature_shows_an_error_all_the_same() -> None:
    found = reliability(*of(calibrated(300, 1)), 0.05)
    assert len(found.bins) == 5
    assert sum(one.n for one in found.bins) == 300
    assert not any(one.over or one.under for one in found.bins)
    assert found.error is not None and found.perfect_error is not None and found.perfect_high is not None
    assert 0.01 < found.perfect_error < found.perfect_high < 0.1
    assert found.error < found.perfect_high
    assert len(reliability(*of(calibrated(500, 1)), 0.05).bins) == 10


def test_an_over_confident_bin_is_named() -> None:
    found = reliability(*of([*lump(0.95, 60, 40), *lump(0.6, 60, 40), *lump(0.2, 60, 40)]), 0.05)
    assert [(one.stated, one.right, one.n) for one in found.bins] == [
        (pytest.approx(0.2), 60, 100),
        (pytest.approx(0.6), 60, 100),
        (pytest.approx(0.95), 60, 100),
    ]
    assert [one.over for one in found.bins] == [False, False, True]
    assert [one.under for one in found.bins] == [True, False, False]
    assert found.bins[0].interval == bounds(60, 100, 0.05)
    assert found.error == pytest.approx((0.4 + 0 + 0.35) / 3)


def test_nothing_and_one_lump() -> None:
    assert reliability([], [], 0.05).bins == ()
    assert reliability([], [], 0.05).error is None
    assert len(reliability([0.9] * 50, [True] * 50, 0.05).bins) == 1


@pytest.mark.parametrize(
    ("confidences", "right"), [([1.2], [True]), ([math.nan], [True]), ([-0.1], [True]), ([0.5], [])]
)
def test_what_is_no_confidence_is_refused(confidences: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="confidence"):
        reliability(confidences, right, 0.05)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.integers(0, 9))
def test_the_order_of_the_cases_changes_no_bin(cases: list[tuple[float, bool]], seed: int) -> None:
    shuffled = random.Random(seed).sample(cases, len(cases))
    one, other = (reliability([c for c, _ in side], [r for _, r in side], 0.05) for side in (cases, shuffled))
    assert [(b.right, b.n, b.over, b.under) for b in one.bins] == [
        (b.right, b.n, b.over, b.under) for b in other.bins
    ]
    assert sum(b.n for b in one.bins) == len(cases)


def test_a_threshold_that_keeps_its_promise() -> None:
    cases = [*lump(0.95, 200, 4), *lump(0.8, 90, 10), *lump(0.5, 100, 96)]
    found = choose_threshold(cases, 0.9, 0.05)
    assert found.cut is not None and found.cut.confidence == 0.8
    assert (found.cut.right, found.cut.n) == (290, 304)
    assert found.cut.share == pytest.approx(304 / 500)
    assert found.cut.precision.low > 0.9
    assert found.guardrail is Guardrail.USABLE
    assert [cut.confidence for cut in found.tested] == [0.95, 0.8, 0.5]


@pytest.mark.parametrize(
    ("cases", "guardrail"),
    [
        ([], Guardrail.UNDECIDED),
        (lump(0.9, 58, 0), Guardrail.UNDECIDED),  # under 59 labels no threshold can be set
        ([*lump(0.9, 30, 0), *lump(0.8, 28, 0)], Guardrail.UNDECIDED),
        (lump(0.9, 500, 20), Guardrail.NOT_USABLE),  # all the same: it holds nothing back
        ([*lump(0.95, 850, 150), *lump(0.6, 850, 150)], Guardrail.NOT_USABLE),  # says nothing
        ([*lump(0.95, 60, 40), *lump(0.6, 20, 80)], Guardrail.NOT_USABLE),  # surely wrong
        ([*lump(0.95, 90, 10), *lump(0.6, 60, 40)], Guardrail.UNDECIDED),
        ([*lump(None, 200, 0), *lump(0.9, 20, 0)], Guardrail.UNDECIDED),
    ],
)
def test_whether_confidence_is_a_guardrail(cases: list[Scored], guardrail: Guardrail) -> None:
    found = choose_threshold(cases, 0.9, 0.05)
    assert found.guardrail is guardrail
    assert found.fewest == 59
    if guardrail is Guardrail.UNDECIDED:
        assert found.cut is None


def test_a_missing_confidence_is_traffic_below_every_threshold() -> None:
    with_blanks = [*lump(0.95, 99, 1), *lump(None, 50, 50)]
    (cut,) = all_cuts(with_blanks, 0.05)
    assert (cut.share, cut.right, cut.n) == (0.5, 99, 100)


def test_an_abstention_is_traffic_but_no_precision() -> None:
    (cut,) = all_cuts([*lump(0.95, 8, 2), *[Scored(0.95, None)] * 10], 0.05)
    assert (cut.share, cut.right, cut.n) == (1, 8, 10)


def test_the_promise_is_seldom_broken() -> None:
    """A flat 89.9 % never earns a threshold for 90 %, but for the 5 % of the error and less."""
    luck = np.random.default_rng(9)
    chosen = 0
    for _ in range(150):
        right = luck.random(400) < 0.899
        cases = [Scored(float(c), bool(r)) for c, r in zip(luck.random(400), right, strict=True)]
        chosen += choose_threshold(cases, 0.9, 0.05).cut is not None
    assert chosen / 150 <= 0.08


@given(CASES, st.integers(0, 9))
def test_order_changes_nothing_and_a_wrong_case_never_widens(cases: list[Scored], seed: int) -> None:
    found = choose_threshold(cases, 0.5, 0.2)
    assert choose_threshold(random.Random(seed).sample(cases, len(cases)), 0.5, 0.2) == found
    at = next((place for place, case in enumerate(cases) if case.right), None)
    if at is not None:
        worse = [*cases[:at], Scored(cases[at].confidence, False), *cases[at + 1 :]]
        after = choose_threshold(worse, 0.5, 0.2).cut
        assert after is None or (found.cut is not None and after.share <= found.cut.share)


def test_confident_and_wrong() -> None:
    cases = [*lump(0.7, 0, 1), *lump(0.99, 1, 1), *lump(0.9, 0, 1), *lump(None, 0, 1), Scored(0.95, None)]
    assert confident_and_wrong(cases, 0.8) == (2, 3)
    assert confident_and_wrong(cases, 0.7) == (2, 3, 0)


def test_confidence_that_does_not_notice_a_shift() -> None:
    before = [*lump(0.9, 180, 20), *lump(0.5, 60, 40)]
    silent = shift(before, [*lump(0.9, 120, 80), *lump(0.5, 40, 60)], 0.8, 0.05)
    assert (silent.silent, silent.broken) == (True, True)
    noticed = shift(before, [*lump(0.9, 45, 5), *lump(0.5, 100, 150)], 0.8, 0.05)
    assert (noticed.silent, noticed.broken) == (False, False)
    assert noticed.coverage.value == pytest.approx(50 / 300 - 200 / 300)
    nothing = shift(before, [], 0.8, 0.05)
    assert (nothing.precision.value, nothing.silent, nothing.broken) == (None, False, False)


@pytest.mark.parametrize("confidence", [math.nan, 1.5])
def test_a_confidence_that_is_none_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        choose_threshold([Scored(confidence, True)], 0.9, 0.05)


@given(CASES)
def test_counted_cases_say_what_the_cases_say_one_by_one(cases: list[Scored]) -> None:
    lumps = [
        Lump(
            confidence,
            rows=sum(case.confidence == confidence for case in cases),
            judged=sum(case.confidence == confidence and case.right is not None for case in cases),
            right=sum(case.confidence == confidence and case.right is True for case in cases),
        )
        for confidence in {case.confidence for case in cases}
    ]
    assert all_cuts(lumps, 0.1) == all_cuts(cases, 0.1)
    assert choose_threshold(lumps, 0.5, 0.2) == choose_threshold(cases, 0.5, 0.2)
    assert shift(lumps, cases, 0.9, 0.05) == shift(cases, lumps, 0.9, 0.05)


def test_counted_confidences_have_the_reliability_of_their_cases() -> None:
    cases = [*lump(0.95, 60, 40), *lump(0.6, 60, 40), *lump(0.2, 60, 40)]
    counted = grouped_reliability([0.6, 0.2, 0.95, 0.6], [30, 60, 60, 30], [50, 100, 100, 50], 0.05)
    assert counted == reliability(*of(cases), 0.05)
    assert grouped_reliability([0.5], [0], [0], 0.05).bins == ()


@pytest.mark.parametrize(("rows", "judged", "right"), [(1, 2, 0), (2, 1, 2), (2, 1, -1)])
def test_counts_that_cannot_be_are_refused(rows: int, judged: int, right: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Lump(0.9, rows, judged, right)
