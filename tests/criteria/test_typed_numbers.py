"""Numbers as people type them: read exactly or refused, never guessed, clipped or rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.typed_numbers import read_bar, read_whole, typed_bar
from core.errors import InvalidDocument
from core.metrics.catalogue import metric

STEPS = {"answer_correctness": 0.001, "latency_p95": 10.0, "cost_p95": 0.0001, "tokens_p95": 1.0}


@pytest.mark.parametrize(
    ("asked", "typed", "bar"),
    [
        ("answer_correctness", "85", 0.85),
        ("answer_correctness", " 85 % ", 0.85),
        ("answer_correctness", "85,5", 0.855),
        ("answer_correctness", "0.5 %", 0.005),
        ("answer_correctness", "0,5%", 0.005),
        ("answer_correctness", "250", 2.5),
        ("answer_correctness", "85.55555", 0.8555555),
        ("latency_p95", "8", 8000.0),
        ("latency_p95", "0,5 s", 500.0),
        ("latency_p95", "800 ms", 800.0),
        ("cost_p95", "$0.05", 0.05),
        ("cost_p95", "5 USD", 5.0),
        ("tokens_p95", "2000", 2000.0),
    ],
)
def test_a_bar_is_read_exactly(asked: str, typed: str, bar: float) -> None:
    assert read_bar(typed, metric(asked)) == pytest.approx(bar, rel=1e-12)


@pytest.mark.parametrize(
    ("asked", "typed", "said"),
    [
        ("answer_correctness", "0,85", "could be 85 % or 0.85 %: write 85 for 85 %, or 0.85 % with its sign"),
        ("answer_correctness", "0.9", "could be 90 % or 0.9 %"),
        ("answer_correctness", "1", "could be 100 % or 1 %"),
        ("answer_correctness", "", "The bar is blank"),
        ("answer_correctness", "most", "is no number"),
        ("answer_correctness", "-5", "is no number"),
        ("answer_correctness", "1e2", "is no number"),
        ("answer_correctness", "８５", "is no number"),
        ("latency_p95", "1,000", "could be 1000 or a fraction"),
        ("tokens_p95", "2.000", "could be 2000 or a fraction"),
        ("tokens_p95", "12 000", "could be 12000 or a fraction"),
    ],
)
def test_what_could_be_two_numbers_or_is_none_is_refused(asked: str, typed: str, said: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        read_bar(typed, metric(asked))
    assert said in refused.value.sentence


@given(asked=st.sampled_from(sorted(STEPS)), steps=st.integers(1, 2_000_000))
def test_a_shown_bar_is_read_back_as_it_was(asked: str, steps: int) -> None:
    bar = round(steps * STEPS[asked], 9)
    assert read_bar(typed_bar(bar, metric(asked)), metric(asked)) == pytest.approx(bar, abs=1e-9)


@pytest.mark.parametrize(("typed", "number"), [("", None), ("  ", None), ("30", 30), ("0", 0), ("007", 7)])
def test_a_whole_number(typed: str, number: int | None) -> None:
    assert read_whole(typed, "Days", most=100) == number


@pytest.mark.parametrize("typed", ["1,5", "1.5", "1,000", "101", "-1", "ten", "3 days"])
def test_no_whole_number_is_clipped_or_rounded(typed: str) -> None:
    with pytest.raises(InvalidDocument, match=r"^Days: "):
        read_whole(typed, "Days", most=100)
