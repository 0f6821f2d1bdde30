"""The mix of tasks, drawn: two bars a kind, missing kinds told in words, foreign text made harmless."""

import pytest

from core.metrics.eval_results import KindShare
from core.web.charts.task_mix import percent, task_mix_alt, task_mix_chart

KINDS = (KindShare("refund", 3, 60, 0.75, 0.6), KindShare("<b>track</b>", 0, 40, 0.0, 0.4))


def test_every_kind_has_the_bar_of_the_users_and_that_of_the_set() -> None:
    shapes = task_mix_chart(KINDS)["layout"]["shapes"]
    assert [shape["x1"] for shape in shapes] == [1, 0.6, 1, 0.75, 1, 0.4, 1, 0.002]


def test_a_missing_kind_is_told_in_words_and_not_by_colour_alone() -> None:
    words = [note["text"] for note in task_mix_chart(KINDS)["layout"]["annotations"]]
    assert words[1] == "users 60 %, set 75 %"
    assert words[3] == "users 40 %, set 0 % · no case"
    assert task_mix_alt(KINDS).endswith("<b>track</b>: 40 % of the users' tasks, 0 % of the set, no case.")


def test_words_of_users_are_no_markup() -> None:
    assert "<b>track" not in str(task_mix_chart(KINDS))


@pytest.mark.parametrize(("share", "words"), [(0, "0 %"), (0.001, "<1 %"), (0.01, "1 %"), (1, "100 %")])
def test_a_few_of_very_many_are_not_none(share: float, words: str) -> None:
    assert percent(share) == words


def test_many_kinds_do_not_make_an_endless_picture() -> None:
    many = [KindShare(f"kind {n}", 1, 1, 0.01, 0.01) for n in range(100)]
    assert len(task_mix_chart(many)["layout"]["annotations"]) == 30
