"""Two groups on the same kinds of tasks: the kidney stones, what is left out, users in both, and words."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.catalogue import metric
from core.metrics.like_for_like import (
    Because,
    Comparison,
    LotCount,
    Outcome,
    compare_groups,
    comparison_sentence,
    outcome_word,
    verdict_sentence,
)

ANSWERS = metric("answer_correctness")
ERRORS = metric("error_rate")

Cells = dict[str, tuple[int, int, int, int]]
STONES: Cells = {"small": (81, 87, 234, 270), "large": (192, 263, 55, 80)}
"""Charig 1986: (successes, n) of open surgery, then of the keyhole operation, by the size of the stone."""


def lots(cells: Cells) -> tuple[LotCount, ...]:
    """The cells handed out over 40 lots a group, every case a user of its own."""
    found = []
    lot = count()
    for kind, (new_passes, new_n, old_passes, old_n) in cells.items():
        for is_new, passes, n in ((True, new_passes, new_n), (False, old_passes, old_n)):
            for _ in range(passes):
                found.append(LotCount(next(lot), is_new, kind, 1, 1))
            for _ in range(n - passes):
                found.append(LotCount(next(lot), is_new, kind, 1, 0))
    return tuple(found)


def compared(cells: Cells, margin: float = 0.05, error: float = 0.05, asked: object = ANSWERS) -> Comparison:
    counts = lots(cells)
    return compare_groups(asked, counts, len(counts), 0, True, margin, error)  # type: ignore[arg-type]


def test_the_kidney_stones_turn_round() -> None:
    one = compared(STONES)
    assert one.found.raw.value == pytest.approx(-0.0457, abs=1e-4)
    assert one.found.same_kinds.value == pytest.approx(0.0538, abs=1e-4)
    assert one.found.rate == pytest.approx(0.0537, abs=1e-4)
    assert one.found.mix == pytest.approx(-0.0994, abs=1e-4)
    assert (one.found.left_out, one.by_user, one.outcome) == (0.0, False, Outcome.HELD)
    assert comparison_sentence(one, "open", "keyhole") == (
        "Answer correctness: open against keyhole. It fell 4.6 points overall; but on like-for-like tasks it "
        "ROSE 5.4 points. The new group simply brings harder work (−9.9 points by the mix)."
    )
    assert verdict_sentence(one) == "Held: on the same kinds of tasks it is not worse by 5 points or more."


@pytest.mark.parametrize(
    ("cells", "outcome", "word"),
    [
        ({"a": (50, 100, 90, 100)}, Outcome.WORSE, "Dropped"),
        ({"a": (90, 100, 50, 100)}, Outcome.BETTER, "Rose"),
        ({"a": (900, 1000, 900, 1000)}, Outcome.HELD, "Held"),
        ({"a": (18, 20, 18, 20)}, Outcome.NOT_ENOUGH, "Not enough evidence"),
    ],
)
def test_the_interval_decides(cells: Cells, outcome: Outcome, word: str) -> None:
    one = compared(cells)
    assert (one.outcome, outcome_word(one)) == (outcome, word)


def test_without_a_verdict_nothing_did_not_change() -> None:
    said = comparison_sentence(compared({"a": (18, 20, 18, 20)}), "new", "old")
    assert "did not change" not in said
    assert said.startswith(
        "Answer correctness: new against old. Whether it changed overall cannot be told yet ("
    )
    assert said.count("points, n 20 against 20)") == 2
    held = comparison_sentence(compared({"a": (900, 1000, 900, 1000)}), "new", "old")
    assert "It did not change overall; on like-for-like tasks it did not change." in held


def test_a_rate_that_should_be_low_gets_worse_upwards() -> None:
    one = compared({"a": (40, 100, 10, 100)}, asked=ERRORS)
    assert (one.outcome, outcome_word(one)) == (Outcome.WORSE, "Got worse")
    better = compared({"a": (10, 100, 40, 100)}, asked=ERRORS)
    assert (better.outcome, outcome_word(better)) == (Outcome.BETTER, "Got better")


def test_the_margin_is_the_readers() -> None:
    cells = {"a": (450, 500, 455, 500)}
    assert compared(cells, 0.05).outcome is Outcome.HELD
    assert compared(cells, 0.01).outcome is Outcome.NOT_ENOUGH


@pytest.mark.parametrize(
    ("cells", "because"),
    [
        # A quarter of the new group is in a kind that the old one lacks.
        ({"a": (300, 300, 100, 300), "b": (50, 100, 0, 0)}, Because.LEFT_OUT),
        # A quarter is of a kind that nobody named, though both have it.
        ({"a": (300, 300, 100, 300), "": (50, 100, 50, 100)}, Because.LEFT_OUT),
        ({"a": (5, 5, 0, 0), "b": (0, 0, 5, 5)}, Because.LEFT_OUT),
        ({"a": (9, 9, 0, 300)}, Because.FEW_CASES),
        ({}, Because.LEFT_OUT),
    ],
)
def test_no_verdict_where_like_cannot_be_compared_with_like(cells: Cells, because: Because) -> None:
    one = compared(cells)
    assert (one.outcome, one.because) == (Outcome.NOT_ENOUGH, because)
    assert "No verdict" in verdict_sentence(one)
    assert comparison_sentence(one, "new", "old")


def test_a_fifth_left_out_is_still_compared() -> None:
    one = compared({"a": (80, 80, 10, 100), "b": (20, 20, 0, 0)})
    assert (one.found.left_out, one.outcome) == (pytest.approx(0.2), Outcome.BETTER)


def test_nobody_knows_how_the_labels_were_picked() -> None:
    counts = lots({"a": (50, 100, 90, 100)})
    one = compare_groups(ANSWERS, counts, len(counts), 0, False, 0.05, 0.05)
    assert (one.outcome, one.because) == (Outcome.NOT_ENOUGH, Because.SAMPLING)


def user_counts(users: int, each: int, passes_new: int, passes_old: int) -> tuple[LotCount, ...]:
    """Users who are all in both groups, ``each`` rows there; even ones pass so often, odd ones one less."""
    return tuple(
        LotCount(user, is_new, "a", each, max(passes - user % 2, 0))
        for user in range(users)
        for is_new, passes in ((True, passes_new), (False, passes_old))
    )


def test_users_in_both_groups_are_drawn_whole() -> None:
    apart = compare_groups(ANSWERS, user_counts(40, 5, 3, 5), 40, 40, True, 0.05, 0.05)
    assert (apart.by_user, apart.in_both, apart.outcome) == (True, 40, Outcome.WORSE)
    few = compare_groups(ANSWERS, user_counts(19, 5, 3, 5), 19, 19, True, 0.05, 0.05)
    assert (few.outcome, few.because) == (Outcome.NOT_ENOUGH, Because.FEW_USERS)
    assert "20 users or more" in verdict_sentence(few)


def test_users_who_all_passed_show_no_certainty() -> None:
    """Where nothing varies, drawing users again varies nothing: the wider interval stands."""
    counts = tuple(LotCount(user, is_new, "a", 1, 1) for user in range(25) for is_new in (True, False))
    one = compare_groups(ANSWERS, counts, 25, 25, True, 0.05, 0.05)
    assert one.interval.low < -0.05
    assert one.outcome is Outcome.NOT_ENOUGH


CELL = st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(1, 6), st.integers(0, 6)).map(
    lambda one: (one[0], one[1], one[2], min(one[2], one[3]))
)


@given(st.lists(CELL, min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_the_order_of_the_counts_changes_nothing(
    cells: list[tuple[str, bool, int, int]], luck: object
) -> None:
    counts = [
        LotCount(place, is_new, kind, n, passes) for place, (kind, is_new, n, passes) in enumerate(cells)
    ]
    users, turned = len(counts), list(counts)
    luck.shuffle(turned)  # type: ignore[attr-defined]
    first = compare_groups(ANSWERS, tuple(counts), users, 1, True, 0.05, 0.05)
    assert compare_groups(ANSWERS, tuple(turned), users, 1, True, 0.05, 0.05) == first


@given(st.lists(CELL, min_size=1, max_size=30))
def test_rate_and_mix_make_up_the_change_of_what_both_have(cells: list[tuple[str, bool, int, int]]) -> None:
    counts = tuple(LotCount(place, *cell[1:2], cell[0], *cell[2:]) for place, cell in enumerate(cells))
    one = compare_groups(ANSWERS, counts, sum(cell[2] for cell in cells), 0, True, 0.05, 0.05)
    if one.found.rate is None or one.found.mix is None:
        return
    both = [line for line in one.kinds if line.is_compared]
    new = sum(line.new_passes for line in both) / sum(line.new_n for line in both)
    old = sum(line.old_passes for line in both) / sum(line.old_n for line in both)
    assert one.found.rate + one.found.mix == pytest.approx(new - old)
