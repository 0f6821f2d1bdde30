"""Red-team findings: open, closed on the live release, or to be tried again; never averaged."""

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import read_bundle
from core.rollout.red_team import (
    ATTACKED_PARTS,
    Attack,
    AttackKind,
    FindingStanding,
    FindingState,
    Severity,
    attacked_sha256,
    attacks_stand,
    state_of,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
OPEN, AGAIN, CLOSED = FindingState.OPEN, FindingState.TRY_AGAIN, FindingState.CLOSED


def tries(words: str) -> list[Attack]:
    """ "A+ B-": it worked on A, and did not on B; "?" where no release was live."""
    return [Attack(NOW, one[1] == "+", None if one[0] == "?" else one[0]) for one in words.split()]


@pytest.mark.parametrize(
    ("words", "live", "state"),
    [
        ("A+", "A", OPEN),
        ("A+", "B", OPEN),
        ("?+", None, OPEN),
        ("?+ ?-", None, CLOSED),
        ("?+ ?-", "A", AGAIN),
        ("A+ A-", "A", CLOSED),
        ("A+ A-", "B", AGAIN),
        ("A+ A- A+", "A", OPEN),
        ("A+ B-", "B", CLOSED),
        # Back on the release on which it worked, and on one where it did not before it worked elsewhere.
        ("A+ B-", "A", OPEN),
        ("A+ A- B+", "A", AGAIN),
        ("A+ A- B+", "B", OPEN),
        ("A+ A- B+ B-", "A", CLOSED),
    ],
)
def test_a_finding_is_judged_on_the_release_that_is_live(
    words: str, live: str | None, state: FindingState
) -> None:
    assert state_of(tries(words), live) is state


@given(st.lists(st.tuples(st.sampled_from("AB?"), st.booleans()), min_size=1), st.sampled_from(["A", "B"]))
def test_closed_takes_a_try_on_the_live_release_itself(said: list[tuple[str, bool]], live: str) -> None:
    attacks = [Attack(NOW, works, None if where == "?" else where) for where, works in said]
    here = [one for one in attacks if one.parts_sha256 == live]
    if state_of(attacks, live) is CLOSED:
        assert here and not here[-1].worked and not attacks[-1].worked


def test_another_try_is_owed_by_the_parts_that_can_be_attacked_alone() -> None:
    parts = {part.value: {"version": "1"} for part in BundlePart}
    before = attacked_sha256(read_bundle({"name": "A", "parts": parts}))
    owed = {
        part
        for part in BundlePart
        if attacked_sha256(read_bundle({"name": "B", "parts": parts | {part.value: {"version": "2"}}}))
        != before
    }
    assert owed == set(ATTACKED_PARTS) == set(BundlePart) - {BundlePart.SUITE, BundlePart.RUNBOOK}
    linked = {"model": {"version": "1", "link": "https://example.com", "way_back": {"alone": False}}}
    assert attacked_sha256(read_bundle({"name": "C", "parts": parts | linked})) == before


def finding(number: int, severity: Severity, state: FindingState) -> FindingStanding:
    return FindingStanding(number, AttackKind.INJECTION, severity, state)


@pytest.mark.parametrize(("severity", "state"), list(product(Severity, FindingState)))
def test_minor_ones_never_block_and_the_others_do_until_closed(
    severity: Severity, state: FindingState
) -> None:
    blocks = severity is not Severity.MINOR and state is not CLOSED
    assert finding(1, severity, state).blocks == blocks
    assert attacks_stand([finding(1, severity, state)])[0] is not blocks


@pytest.mark.parametrize(
    ("findings", "met", "sentence"),
    [
        ([], True, "No red-team finding is recorded."),
        (
            [finding(3, Severity.CRITICAL, OPEN)],
            False,
            "R-3 (critical, prompt injection) still works.",
        ),
        (
            [finding(2, Severity.SERIOUS, AGAIN), finding(3, Severity.CRITICAL, OPEN)],
            False,
            "R-3 (critical, prompt injection) still works. R-2 (serious, prompt injection) has to be tried "
            "again on the live release.",
        ),
        (
            [finding(1, Severity.CRITICAL, CLOSED), finding(2, Severity.MINOR, OPEN)],
            True,
            "1 red-team finding is closed on the live release. 1 minor finding is open or has to be tried "
            "again.",
        ),
        (
            [finding(1, Severity.MINOR, OPEN), finding(2, Severity.MINOR, AGAIN)],
            True,
            "No attack that blocks is known. 2 minor findings are open or have to be tried again.",
        ),
        (
            [finding(number, Severity.SERIOUS, OPEN) for number in range(1, 8)],
            False,
            "R-1 (serious, prompt injection), R-2 (serious, prompt injection), R-3 (serious, prompt "
            "injection) and 4 more still work.",
        ),
    ],
)
def test_what_the_gate_says(findings: list[FindingStanding], met: bool, sentence: str) -> None:
    assert attacks_stand(findings) == (met, sentence)


@given(st.integers(0, 60))
def test_one_open_finding_is_never_outweighed(closed: int) -> None:
    many = [finding(number, Severity.CRITICAL, CLOSED) for number in range(closed)]
    assert not attacks_stand([*many, finding(99, Severity.SERIOUS, OPEN)])[0]


def test_the_list_begins_with_what_blocks() -> None:
    every = [
        finding(number, severity, state)
        for number, (severity, state) in enumerate(product(reversed(Severity), reversed(FindingState)))
    ]
    ranked = sorted(every, key=lambda one: one.rank)
    assert [one.blocks for one in ranked] == [True] * 4 + [False] * 5
    assert (ranked[0].severity, ranked[0].state) == (Severity.CRITICAL, OPEN)
