"""Where failures pile up: the refunds of METHODS 8, what is too few, one user's story, and many columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.catalogue import metric
from core.metrics.concentration import (
    DECLARED_COLUMNS,
    ColumnFailures,
    PartFailures,
    Piles,
    can_pile,
    failure_words,
    pile_sentence,
    piles,
)
from core.statistics.concentration import Weight

ANSWERS = metric("answer_correctness")
REFUNDS = (PartFailures("refund", 100, 23, 20), PartFailures("rest", 900, 27, 25))


def column(name: str, *parts: PartFailures) -> ColumnFailures:
    return ColumnFailures(name, parts, sum(one.n for one in parts), sum(one.failures for one in parts))


def found(*columns: ColumnFailures, chosen: str = "task_type") -> Piles:
    return piles(chosen, DECLARED_COLUMNS, {one.column: one for one in columns}, 0.05)


def test_refunds_hold_nearly_half_of_the_failures() -> None:
    one = found(column("task_type", *REFUNDS))
    assert [pile.value for pile in one.concentrated] == ["refund"]
    assert pile_sentence(one.piles[0], ANSWERS) == (
        "refund, 10 % of what was counted, holds 46 % of the failures: 23 % wrong there (23 of 100), 3 % "
        "elsewhere (+13.7 to +27.7 points). Not luck (q < 0.001, 20 users met them)."
    )
    assert one.is_declared
    assert "can be luck" in pile_sentence(one.piles[1], ANSWERS)


@pytest.mark.parametrize(
    ("part", "rest", "weight", "words"),
    [
        ((19, 10, 10), (981, 30, 30), Weight.TOO_FEW, "Too few to say: fewer than 20 cases."),
        ((100, 23, 2), (900, 27, 25), Weight.NOT_SHOWN, "Only 2 users met them"),
        ((100, 23, 1), (900, 27, 25), Weight.NOT_SHOWN, "Only 1 user met them"),
        ((100, 23, None), (900, 27, None), Weight.CONCENTRATED, "Not luck (q < 0.001)."),
        ((1000, 300, 200), (1000, 200, 200), Weight.NOT_SHOWN, "but less than twice the rest."),
        ((100, 3, 3), (900, 27, 25), Weight.NOT_SHOWN, "This can be luck"),
    ],
)
def test_what_does_not_stand_out_says_why(
    part: tuple[int, int, int | None], rest: tuple[int, int, int | None], weight: Weight, words: str
) -> None:
    one = found(column("task_type", PartFailures("this", *part), PartFailures("rest", *rest)))
    (pile,) = [pile for pile in one.piles if pile.value == "this"]
    assert pile.found.weight is weight
    assert words in pile_sentence(pile, ANSWERS)


def test_small_parts_are_worth_a_look_and_no_finding() -> None:
    small = PartFailures("small", 12, 6, 6)
    one = found(column("task_type", small, PartFailures("rest", 988, 20, 20)))
    assert one.concentrated == ()
    assert one.look_here[0].value == "small"


def test_looking_at_many_columns_raises_the_bar() -> None:
    """A part that stands out in its own column alone may be the luck of one of many."""
    weak = column("channel", PartFailures("web", 100, 12, 12), PartFailures("chat", 900, 54, 54))
    alone = found(weak, chosen="channel")
    assert [pile.value for pile in alone.concentrated] == ["web"]
    quiet = [
        column(name, *(PartFailures(str(place), 50, 3, 3) for place in range(20)))
        for name in ("task_type", "user_segment", "user_role", "tool_selected")
    ]
    among = found(weak, *quiet, chosen="channel")
    (web,) = [pile for pile in among.piles if pile.value == "web"]
    assert among.concentrated == ()
    assert web.found.adjusted is not None and web.found.adjusted > 0.1
    assert among.columns == ("channel", "task_type", "tool_selected", "user_role", "user_segment")


def test_a_column_chosen_after_the_fact_stands_alone_and_is_a_hypothesis() -> None:
    one = found(column("model", *REFUNDS), column("task_type", *REFUNDS), chosen="model")
    assert not one.is_declared
    assert one.columns == ("model",)


def test_without_failures_nothing_piles_up() -> None:
    one = found(column("task_type", PartFailures("a", 50, 0, 0), PartFailures("b", 50, 0, 0)))
    assert (one.concentrated, one.look_here) == ((), ())
    assert pile_sentence(one.piles[0], ANSWERS) == "a: no failure in 50."


def test_unrecorded_values_are_a_part_with_a_name() -> None:
    one = found(column("task_type", PartFailures("", 100, 23, 20), PartFailures("rest", 900, 27, 25)))
    assert pile_sentence(one.piles[0], ANSWERS).startswith("(not recorded), 10 %")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("answer_correctness", "wrong"),
        ("user_acceptance", "not accepted"),
        ("retrieval_recall", "not fully fetched"),
        ("escalation_rate", "handed over"),
    ],
)
def test_a_failure_has_its_own_word(asked: str, words: str) -> None:
    assert failure_words(metric(asked)) == words


def test_only_rates_of_failures_can_pile_up() -> None:
    assert can_pile(ANSWERS)
    assert not can_pile(metric("latency_p95"))
    assert not can_pile(metric("reaction_rate"))


PARTS = st.lists(st.tuples(st.integers(1, 80), st.integers(0, 80), st.integers(0, 9)), min_size=2, max_size=8)


@given(PARTS, PARTS, st.randoms(use_true_random=False))
def test_the_order_of_parts_and_columns_changes_nothing(
    first: list[tuple[int, int, int]], second: list[tuple[int, int, int]], luck: object
) -> None:
    def parts(drawn: list[tuple[int, int, int]]) -> list[PartFailures]:
        return [
            PartFailures(str(place), n, min(n, bad), users) for place, (n, bad, users) in enumerate(drawn)
        ]

    one, two = parts(first), parts(second)
    straight = found(column("task_type", *one), column("channel", *two))
    luck.shuffle(one)  # type: ignore[attr-defined]
    luck.shuffle(two)  # type: ignore[attr-defined]
    assert found(column("channel", *two), column("task_type", *one)) == straight
