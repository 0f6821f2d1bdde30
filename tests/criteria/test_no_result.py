"""Test cases without a result: told beside the rate, and never what a pass rests on."""

from collections.abc import Callable
from typing import Any

import pytest

from core.criteria.judge import Row
from core.criteria.verdict import Verdict

Judge = Callable[..., Row]
AGAIN = "It cannot pass on unknown results: run the {} without a result again."


@pytest.mark.parametrize(
    ("passes", "n", "without", "verdict", "more", "said"),
    [
        (60, 60, 0, Verdict.GO, None, ""),
        (60, 60, 14, Verdict.GO, None, "(14 more cases have no result; had they failed, it would be 81 %.)"),
        # 60 of 75 is 80 %, and exactly the bar is not above it.
        (60, 60, 15, Verdict.NOT_ENOUGH_EVIDENCE, 15, AGAIN.format("15 cases")),
        (60, 60, 40, Verdict.NOT_ENOUGH_EVIDENCE, 40, "had they failed, it would be 60 %.) The bar"),
        (17, 17, 5, Verdict.NOT_ENOUGH_EVIDENCE, 5, AGAIN.format("5 cases")),
        (100, 100, 1, Verdict.GO, None, "(1 more case has no result; had it failed, it would be 99 %.)"),
        (20, 60, 40, Verdict.NO_GO, None, "(40 more cases have no result"),
    ],
)
@pytest.mark.parametrize("metric", ["answer_correctness", "eval_pass_rate"])
def test_a_pass_never_rests_on_them(
    metric: str,
    passes: int,
    n: int,
    without: int,
    verdict: Verdict,
    more: int | None,
    said: str,
    judged: Judge,
) -> None:
    about: dict[str, Any] = {"metric": metric, "tally": {"unscored": without, "unanswered": without}}
    row = judged(passes, n, 0.8, **about)
    assert (row.verdict, row.more_cases) == (verdict, more), row.why
    assert said in row.why
    assert ("no result" in row.why) is (without > 0)


def test_labels_and_cases_that_a_metric_is_not_about_are_no_unknown_results(judged: Judge) -> None:
    tally = {"unscored": 40, "unanswered": 40}
    for about in ({"source": "label"}, {"metric": "tool_selection_accuracy"}):
        row = judged(100, 100, 0.8, tally=tally, **about)
        assert row.verdict is Verdict.GO
        assert "no result" not in row.why
