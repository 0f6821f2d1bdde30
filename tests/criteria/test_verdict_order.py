"""The five verdicts, worst first, and the worst of several: the full truth table in pairs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.verdict import Verdict, severity, worst

NO_GO, NO_DATA, STALE, NOT_ENOUGH, GO = Verdict

PAIRS = [
    # with:    NO_GO  NO_DATA  STALE    NOT_ENOUGH  GO
    (NO_GO, [NO_GO, NO_GO, NO_GO, NO_GO, NO_GO]),
    (NO_DATA, [NO_GO, NO_DATA, NO_DATA, NO_DATA, NO_DATA]),
    (STALE, [NO_GO, NO_DATA, STALE, STALE, STALE]),
    (NOT_ENOUGH, [NO_GO, NO_DATA, STALE, NOT_ENOUGH, NOT_ENOUGH]),
    (GO, [NO_GO, NO_DATA, STALE, NOT_ENOUGH, GO]),
]


@pytest.mark.parametrize(("one", "expected"), PAIRS)
def test_the_worst_of_two(one: Verdict, expected: list[Verdict]) -> None:
    assert [worst([one, other]) for other in Verdict] == expected
    assert [worst([other, one]) for other in Verdict] == expected


def test_the_words_are_the_machine_words_of_the_design() -> None:
    assert [verdict.value for verdict in Verdict] == [
        "no_go",
        "no_data",
        "stale",
        "not_enough_evidence",
        "go",
    ]


def test_nothing_at_all_is_no_data() -> None:
    assert worst([]) is NO_DATA
    assert worst(iter(())) is NO_DATA


@given(st.lists(st.sampled_from(Verdict), min_size=1))
def test_go_takes_every_one_of_them(verdicts: list[Verdict]) -> None:
    found = worst(verdicts)
    assert found in verdicts
    assert (found is GO) == all(verdict is GO for verdict in verdicts)
    assert severity(found) == min(map(severity, verdicts))
