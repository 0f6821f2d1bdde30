"""The examples that pages and documentation quote, at high stakes (5 % each way)."""

import pytest

from core.statistics.comparison import Answer, compare
from core.statistics.exact import bounds
from core.statistics.sample_size import more_cases


@pytest.mark.parametrize(
    ("passes", "n", "target", "low", "high", "answer", "more", "towards"),
    [
        (85, 100, 0.80, 0.778, 0.906, Answer.UNDECIDED, 237, Answer.ABOVE),
        (93, 100, 0.90, 0.872, 0.967, Answer.UNDECIDED, 415, Answer.ABOVE),
        # The chance of 80 % is first touched at 431 and holds at the next number, too, at 436.
        (122, 150, 0.85, 0.753, 0.864, Answer.UNDECIDED, 436, Answer.BELOW),
        (460, 500, 0.80, 0.897, 0.940, Answer.ABOVE, 0, Answer.ABOVE),
        (12, 25, 0.80, 0.305, 0.659, Answer.BELOW, 0, Answer.BELOW),
        (158, 200, 0.80, 0.737, 0.837, Answer.UNDECIDED, None, None),
    ],
)
def test_so_many_of_so_many(
    passes: int,
    n: int,
    target: float,
    low: float,
    high: float,
    answer: Answer,
    more: int | None,
    towards: Answer | None,
) -> None:
    found = compare(passes, n, target, 0.05, running=False)
    assert found.answer is answer
    # Shown bounds are rounded outward, so that no page shows "90.0 %" beside "not enough evidence".
    assert low <= found.interval.low < low + 0.001
    assert high - 0.001 < found.interval.high <= high
    if towards is not None:
        further = more_cases(passes, n, target, 0.05, running=False)
        assert (further.count, further.towards) == (more, towards)


def test_three_of_four_say_next_to_nothing() -> None:
    assert compare(3, 4, 0.8, 0.05, running=False).answer is Answer.UNDECIDED
    assert bounds(3, 4, 0.05).high > 0.98


def test_the_average_cannot_buy_off_a_part() -> None:
    """460 of 500 overall pass 80 %; billing's 12 of 25 fail it, and 3 of 4 would show nothing."""
    answers = [compare(k, n, 0.8, 0.05, running=False).answer for k, n in ((460, 500), (12, 25), (3, 4))]
    assert answers == [Answer.ABOVE, Answer.BELOW, Answer.UNDECIDED]
