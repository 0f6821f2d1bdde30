"""What an amendment makes easier, since when each row counts, and who has to sign it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.commitment import Locked, Signers, Terms, counted_since, strength_since
from core.criteria.loosening import easier_regressions, fewer_signers, loosenings
from core.criteria.scope_parts import RegressionRule, WatchedSlice
from core.criteria.stakes import Stakes

RATE = {
    "kind": "measured", "id": "rate", "metric": "answer_correctness", "source": "label", "bar": 0.8,
    "minimum_n": 50, "window_days": 28, "valid_days": 30,
}  # fmt: skip
SLOW = {"kind": "measured", "id": "slow", "metric": "slow_rate", "source": "trace", "bar": 0.1}
CLEAN = {
    "kind": "measured",
    "id": "clean",
    "metric": "hallucinations_in_first",
    "source": "label",
    "count": 100,
}
ASKED = {"kind": "attested", "id": "asked", "sentence": "Somebody is on call.", "mechanisms": 3}
T0 = datetime(2026, 3, 2, tzinfo=UTC)


def checklist(*items: dict[str, Any], stakes: str = "high") -> Checklist:
    return read_checklist({"stakes": stakes, "items": list(items)})


CHANGES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # the item, what of it changes, what gets easier about it ("": nothing)
    (RATE, {"bar": 0.75}, "the bar goes from above 80 % to above 75 %"),
    (RATE, {"bar": 0.85}, ""),
    (SLOW, {"bar": 0.2}, "the bar goes from below 10 % to below 20 %"),
    (SLOW, {"bar": 0.05}, ""),
    (CLEAN, {"count": 99}, "the bar goes from none in the first 100 to none in the first 99"),
    (CLEAN, {"count": 101}, ""),
    (RATE, {"minimum_n": 49}, "fewer cases are enough, 50 → 49"),
    (RATE, {"minimum_n": 51}, ""),
    (RATE, {"window_days": 27}, "other days count, the last 28 days → the last 27 days"),
    (RATE, {"window_days": 29}, "other days count"),
    (RATE, {"window_days": None}, "→ all since the lock"),
    (RATE, {"valid_days": 31}, "evidence counts for longer, 30 days → 31 days"),
    (RATE, {"valid_days": None}, "→ for ever"),
    (RATE, {"valid_days": 29}, ""),
    (RATE, {"tier": "advisory"}, "becomes advisory"),
    (RATE | {"tier": "roll_back"}, {"tier": "pause"}, "pauses when it fails, no longer rolls back"),
    (RATE, {"tier": "roll_back"}, ""),
    (RATE, {"slice": {"task_type": "easy"}}, "other cases count, everything → task_type = easy"),
    (RATE | {"slice": {"task_type": "x"}}, {"slice": {}}, "other cases count, task_type = x → everything"),
    (RATE | {"protected": True}, {"protected": False}, "no longer protected"),
    (RATE, {"protected": True}, ""),
    (RATE, {"source": "judge"}, "measured in another way"),
    (RATE, {"owner": "Ada", "theme": "Quality", "when_it_fails": "Wait."}, ""),
    (ASKED, {"sentence": "Somebody may be on call."}, "asked in other words"),
    (ASKED, {"mechanisms": 2}, "fewer mechanisms must be on, 3 → 2"),
    (ASKED, {"mechanisms": 4}, ""),
    (ASKED | {"floor": "rollback"}, {"floor": None}, "no longer part of the least"),
    (ASKED, {"floor": "rollback"}, ""),
]


@pytest.mark.parametrize(("item", "changed", "easier"), CHANGES)
def test_what_gets_easier(item: dict[str, Any], changed: dict[str, Any], easier: str) -> None:
    found = loosenings(checklist(item), checklist(item | changed))
    if easier:
        assert len(found) == 1
        assert easier in found[0]
    else:
        assert found == ()
    assert loosenings(checklist(item), checklist(item)) == ()


def test_an_advisory_item_that_a_phase_has_to_show_gets_easier_too() -> None:
    advice = RATE | {"tier": "advisory"}
    before, after = checklist(advice), checklist(advice | {"bar": 0.1})
    assert loosenings(before, after) == ()
    (found,) = loosenings(before, after, {advice["id"]})
    assert "the bar goes from above 80 % to above 10 %" in found
    assert loosenings(before, before, {advice["id"]}) == ()


def test_removing_an_item_and_another_kind_of_it_are_easier() -> None:
    assert "is removed" in loosenings(checklist(RATE, ASKED), checklist(ASKED))[0]
    renamed = RATE | {"id": "rate_2", "bar": 0.1}
    assert "is removed" in loosenings(checklist(RATE), checklist(renamed))[0]
    answered = ASKED | {"id": "rate"}
    assert "no longer measured" in loosenings(checklist(RATE), checklist(answered))[-1]
    assert loosenings(checklist(RATE | {"tier": "advisory"}), checklist()) == ()


def test_lower_stakes_are_easier_and_higher_ones_are_not() -> None:
    assert "from high to low" in loosenings(checklist(RATE), checklist(RATE, stakes="low"))[0]
    assert loosenings(checklist(RATE, stakes="low"), checklist(RATE)) == ()


@pytest.mark.parametrize(
    ("before", "after", "easier"),
    [
        ((2, ()), (1, ()), ["Fewer people sign: 2 → 1."]),
        ((1, ()), (2, ()), []),
        ((1, ("a@x.com",)), (1, ()), ["Anybody with the role signer may sign"]),
        ((1, ("a@x.com", "b@x.com")), (1, ("a@x.com",)), ["No longer named as a signer: b@x.com."]),
        ((1, ("a@x.com",)), (1, ("a@x.com", "c@x.com")), ["Others may sign as well: c@x.com."]),
        ((1, ()), (1, ("a@x.com",)), []),
    ],
)
def test_fewer_or_other_signers_are_easier(before: Any, after: Any, easier: list[str]) -> None:
    was, now = (Signers(needed=needed, named=named) for needed, named in (before, after))
    found = fewer_signers(was, now)
    assert len(found) == len(easier)
    assert all(one.startswith(words.rstrip(".")) for one, words in zip(found, easier, strict=True))


def since(*checklists: Checklist) -> dict[str, int]:
    """By row the day (of the lock) from which its evidence counts."""
    found = counted_since([Locked(one, T0 + timedelta(days=day)) for day, one in enumerate(checklists)])
    return {name: (at - T0).days for name, at in found.items()}


def test_a_row_that_stays_as_it_is_keeps_its_evidence() -> None:
    first = checklist(RATE, SLOW, ASKED)
    assert since(first) == {"rate": 0, "slow": 0}, "answers count by their own age"
    other_owner = checklist(RATE | {"owner": "Ada", "theme": "x"}, SLOW)
    assert since(first, other_owner) == {"rate": 0, "slow": 0}


def test_a_changed_an_added_and_a_returned_row_start_anew() -> None:
    first, lower = checklist(RATE, SLOW), checklist(RATE | {"bar": 0.7}, SLOW)
    assert since(first, lower) == {"rate": 1, "slow": 0}
    assert since(first, lower, first) == {"rate": 2, "slow": 0}, "back again is another change"
    assert since(first, checklist(SLOW), first) == {"rate": 2, "slow": 0}
    assert since(checklist(SLOW), first) == {"rate": 1, "slow": 0}


def test_other_stakes_start_every_row_anew() -> None:
    first, low = checklist(RATE, SLOW), checklist(RATE, SLOW, stakes="low")
    assert since(first, low) == {"rate": 1, "slow": 1}
    assert since(first, low, low) == {"rate": 1, "slow": 1}
    locks = [Locked(one, T0 + timedelta(days=day)) for day, one in enumerate((first, low, low))]
    assert strength_since(locks) == T0 + timedelta(days=1)
    assert strength_since([]) is None


def terms(needed: int, *, named: tuple[str, ...] = (), easier: bool = False, seen: bool = False) -> Terms:
    return Terms(
        feature="helper", number=2, checklist_number=2, checklist_sha256="a" * 64, stakes=Stakes.HIGH,
        signers=Signers(needed=needed, named=named), evidence_seen=seen,
        loosens=("It is easier.",) if easier else (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("after", "before", "approval"),
    [
        (terms(1), None, (1, ())),
        (terms(1, easier=True, seen=True), terms(1), (2, ())),
        (terms(1, easier=True, seen=True), terms(3), (3, ())),
        (terms(1, easier=True), terms(3), (3, ())),
        (terms(1), terms(3), (1, ())),
        (terms(1, easier=True), terms(1, named=("lea@x.com",)), (1, ("lea@x.com",))),
        (terms(1, easier=True, seen=True), terms(1, named=("lea@x.com",)), (2, ())),
    ],
)
def test_what_is_loosened_is_not_signed_by_fewer_than_before(
    after: Terms, before: Terms | None, approval: tuple[int, tuple[str, ...]]
) -> None:
    found = after.approval(before)
    assert (found.needed, found.named) == approval


NEW_PEOPLE = WatchedSlice(column="user_segment", value="new")
AGREED = RegressionRule(margin_points=3, slices=(NEW_PEOPLE,), critical_cases=("refund twice",))


@pytest.mark.parametrize(
    ("change", "easier"),
    [
        ({}, ()),
        ({"margin_points": 2.5}, ()),
        ({"margin_points": 4}, ("A new release may be 4 points worse, not 3.",)),
        ({"margin_points": None}, ("No margin says any more what a regression is (it was 3 points).",)),
        ({"slices": ()}, ("user_segment = new may get worse with a new release.",)),
        ({"critical_cases": ()}, ("“refund twice” may fail: it is no longer a critical case.",)),
        ({"critical_cases": ("lost card", "refund twice")}, ()),
    ],
)
def test_what_may_get_worse_that_might_not_before(change: dict[str, Any], easier: tuple[str, ...]) -> None:
    assert easier_regressions(AGREED, AGREED.model_copy(update=change)) == easier
    assert easier_regressions(RegressionRule(), AGREED) == ()


def test_what_was_bound_before_there_was_a_rule_keeps_its_hash() -> None:
    assert "regression_rule" not in terms(1).body
    bound = terms(1).model_copy(update={"regression_rule": AGREED})
    assert Terms.model_validate(bound.body) == bound
    assert bound.sha256 != terms(1).sha256


def test_the_hash_is_of_everything_that_is_bound() -> None:
    one = terms(1)
    changed = [
        {"reason": "Another"}, {"plan_number": 2}, {"suites": {"gold": "x"}}, {"evidence_seen": True},
        {"signers": Signers(needed=2)}, {"stakes": Stakes.LOW}, {"checklist_sha256": "b" * 64},
    ]  # fmt: skip
    hashes = {one.model_copy(update=change).sha256 for change in changed}
    assert len(hashes) == len(changed)
    assert one.sha256 not in hashes
    assert Terms.model_validate(one.body).sha256 == one.sha256
