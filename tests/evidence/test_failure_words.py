"""The words of failures: which look alike, what they count as, and the groups of root causes."""

import pytest

from core.evidence.failure_words import (
    INSTRUCTIONS,
    OWN,
    PERCEPTION,
    PERCEPTION_CAUSES,
    STARTER_TYPES,
    STARTERS,
    WordKind,
    group_of,
    look_alikes,
    starter_words,
    words_of_group,
)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Wrong tool", "wrong-tool", True),
        ("Wrong tool", "WrongTool", True),
        ("Wrong tool", "tool: wrong", True),
        ("hallucination", "halucination", True),
        ("wrong tool", "wrong tools", True),
        ("Wrong  tool", "wrong tool", False),
        ("missing context", "wrong context", False),
        ("slow 10 s", "slow 30 s", False),
        ("late", "lame", False),
        ("!!", "??", False),
    ],
)
def test_words_that_are_probably_one(one: str, other: str, alike: bool) -> None:
    assert bool(look_alikes([one, other])) == alike


def test_pairs_that_were_parted_are_not_offered_again_and_starters_do_not_look_alike() -> None:
    settled = {frozenset(("wrong tool", "wrong-tool"))}
    assert look_alikes(["Wrong tool", "wrong-tool"], settled) == []
    assert all(look_alikes([one.word for one in STARTERS[kind]]) == [] for kind in WordKind)


def test_a_renamed_cause_stays_in_its_group_and_a_merged_one_joins_the_other() -> None:
    became = {("cause", "wrong context"): "stale page", ("cause", "missing context"): "prompt"}
    assert group_of(became, "Stale  page") == PERCEPTION
    assert group_of(became, "prompt") == INSTRUCTIONS
    assert group_of({}, "stale page") == OWN
    assert words_of_group({}, PERCEPTION) == set(PERCEPTION_CAUSES)


def test_a_renamed_starter_stands_as_its_new_word() -> None:
    became = {("type", "wrong tool"): "bad tool"}
    assert starter_words(became, WordKind.TYPE) == ["bad tool", *STARTER_TYPES[1:]]


def test_every_starter_word_says_what_it_means() -> None:
    assert all(one.definition and one.example for kind in WordKind for one in STARTERS[kind])
