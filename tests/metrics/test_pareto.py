"""The Pareto of failures: what counts as one failure, the shares, and perception against prompt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.pareto import (
    FEWEST_CAUSES,
    Failure,
    by_cause,
    by_type,
    one_each,
    perception_first,
)
from core.statistics import exact

ERROR = 0.05


def with_causes(**counts: int) -> list[Failure]:
    """So many failures of each cause, every one in a run of its own; "_" stands for a space."""
    causes = [cause.replace("_", " ") for cause, count in counts.items() for _ in range(count)]
    return [Failure(f"run {place}", "wrong tool", cause or None) for place, cause in enumerate(causes)]


def test_a_run_and_type_count_once_however_they_are_spelt() -> None:
    noted = [
        Failure("r1", "Wrong tool"),
        Failure("r1", " wrong  TOOL ", "prompt"),
        Failure("r2", "wrong tool"),
        Failure("r1", "slow"),
    ]
    assert one_each(noted) == [
        Failure("r1", "Wrong tool", "prompt"),
        Failure("r2", "Wrong tool"),
        Failure("r1", "slow"),
    ]


def test_the_first_to_name_a_failure_decides_its_cause_and_fix() -> None:
    noted = [Failure("r1", "slow", "data", "index added"), Failure("r1", "slow", "prompt", "shorter")]
    assert one_each(noted) == [Failure("r1", "slow", "data", "index added")]


def test_the_bars_by_type_are_ordered_and_add_up() -> None:
    noted = [
        *(Failure(f"r{n}", "wrong tool") for n in range(6)),
        *(Failure(f"r{n}", "Slow") for n in range(3)),
        Failure("r9", "hallucination"),
    ]
    bars = by_type(noted, ERROR)
    assert [(bar.word, bar.count, bar.of, bar.traces) for bar in bars] == [
        ("wrong tool", 6, 10, 6),
        ("Slow", 3, 10, 3),
        ("hallucination", 1, 10, 1),
    ]
    assert [bar.share for bar in bars] == [0.6, 0.3, 0.1]
    assert [bar.cumulative for bar in bars] == [0.6, 0.9, 1.0]
    # 6 of 10 at 5 % each way: 30.35 % to 85.00 % (Clopper and Pearson 1934).
    assert (bars[0].low, bars[0].high) == (pytest.approx(0.3035, abs=1e-4), pytest.approx(0.8500, abs=1e-4))


def test_words_of_equal_count_stand_in_the_order_of_the_alphabet() -> None:
    assert [bar.word for bar in by_type([Failure("r", "b"), Failure("r", "A")], ERROR)] == ["A", "b"]


def test_root_causes_are_shares_of_the_failures_that_have_one() -> None:
    noted = [*with_causes(prompt=1, data=3), Failure("x", "slow"), Failure("y", "slow", "  ")]
    assert [(bar.word, bar.count, bar.of) for bar in by_cause(noted, ERROR)] == [
        ("data", 3, 4),
        ("prompt", 1, 4),
    ]


def test_nothing_noted_makes_no_bars() -> None:
    assert by_type([], ERROR) == ()
    assert by_cause([Failure("r", "slow")], ERROR) == ()


@pytest.mark.parametrize(("counts", "leads"), [
    ({"missing_context": 9, "prompt": 1}, "perception"),
    ({"missing_context": 8, "prompt": 2}, None),
    (
        {"wrong_context": 3, "irrelevant_retrieval": 3, "Tool_name_or_description": 3, "prompt": 1},
        "perception",
    ),
    ({"prompt": 9, "missing_context": 1}, "prompt"),
    ({"prompt": 5, "missing_context": 5}, None),
    ({"prompt": 3, "missing_context": 7}, None),
    ({"model": 10}, None),
])  # fmt: skip
def test_perception_or_prompt_leads_only_beyond_chance(counts: dict[str, int], leads: str | None) -> None:
    split = perception_first(with_causes(**counts), ERROR)
    assert split is not None
    assert split.leads == leads
    assert split.prompt == counts.get("prompt", 0)
    assert (split.perception_low, split.perception_high) == (
        exact.bounds(split.perception, 10, ERROR).low,
        exact.bounds(split.perception, 10, ERROR).high,
    )


def test_nothing_is_said_about_fewer_than_ten_causes() -> None:
    few = with_causes(prompt=FEWEST_CAUSES - 1)
    assert perception_first([*few, Failure("x", "slow"), Failure("y", "slow", " ")], ERROR) is None
    assert perception_first([*few, Failure("x", "slow", "other")], ERROR) is not None


words = st.sampled_from(["wrong tool", "Wrong Tool", "slow", "own  type", "own type"])
failures = st.lists(
    st.builds(Failure, st.sampled_from("abcd"), words, st.none() | st.sampled_from(["prompt", "data", ""]))
)


@given(failures)
def test_every_failure_is_in_exactly_one_bar(noted: list[Failure]) -> None:
    each = one_each(noted)
    assert one_each(each) == each
    bars = by_type(each, ERROR)
    assert sum(bar.count for bar in bars) == len(each)
    # One run has a type once, so the traces of a type are as many as its failures.
    assert all(bar.traces == bar.count and bar.low <= bar.share <= bar.high for bar in bars)
    assert [bar.count for bar in bars] == sorted((bar.count for bar in bars), reverse=True)
    assert not bars or bars[-1].cumulative == 1.0
