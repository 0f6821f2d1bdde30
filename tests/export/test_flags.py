"""Who gets a feature now, as flagd itself evaluates it, phase by phase and after every kind of stop."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.export.flags import BUCKETS, Permission, Reached, as_flagd, as_plain, permission
from core.rollout.plan import PhasePlan, read_plan
from core.rollout.standing import Standing, standing_of
from core.rollout.transitions import Move, Transition

NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
FAR = datetime(2999, 1, 1, tzinfo=UTC)
PAST = datetime(2001, 1, 1, tzinfo=UTC)
HASHES = {"checklist": "c" * 64, "plan": "p" * 64, "commitment": None}

PHASES = [
    {"id": "beta", "name": "Beta", "segment": "Volunteers", "exposure_share": [0.01, 0.05],
     "confidence_threshold": 0.95, "fallback": "non_ai", "review_share": 1.0, "rate_limit": 20},
    {"id": "early", "name": "Early access", "exposure_share": [0.05, 0.25]},
    {"id": "all", "name": "Everyone", "exposure_share": [1.0, 1.0]},
]  # fmt: skip


def plan_of(*phases: dict[str, Any], users: int | None = None) -> PhasePlan:
    return read_plan({"phases": list(phases or PHASES), "users": users})


def standing(*moves: tuple[Move, str], plan: PhasePlan | None = None) -> Standing:
    plan = plan or plan_of()
    done = [
        Transition(move, phase, NOW - timedelta(days=30 - place), "Ada", "why")
        for place, (move, phase) in enumerate(moves)
    ]
    return standing_of(done, plan, plan, NOW)


def gate(at: Standing, *, committed: bool = True, valid_until: datetime = FAR) -> Permission:
    return permission("helper", at, is_committed=committed, valid_until=valid_until, hashes=HASHES)


class Flagd:
    """flagd's own evaluator in this process, fed with the definition as a file would hold it."""

    def __init__(self, definition: dict[str, Any]) -> None:
        core = pytest.importorskip(
            "openfeature.contrib.tools.flagd.core",
            reason="openfeature-flagd-core is not installed, so no flag was evaluated by flagd.",
        )
        self._core = core.FlagdCore()
        self._core.set_flags(json.dumps(definition))

    def is_on(self, user: str | None, *, default: bool = False, **context: Any) -> bool:
        from openfeature.evaluation_context import EvaluationContext

        about = EvaluationContext(targeting_key=user, attributes=context)
        found = self._core.resolve_boolean_value("helper", default, about)
        return bool(found.value)

    def users_in(self, users: int = 10_000) -> set[int]:
        return {user for user in range(users) if self.is_on(f"user-{user}")}


def flagd(at: Standing, **changes: Any) -> Flagd:
    return Flagd(as_flagd(gate(at, **changes)))


BETA = (Move.START, "beta")
EARLY = (BETA, (Move.ADVANCE, "early"))


@pytest.mark.parametrize(("moves", "share"), [((BETA,), 0.05), (EARLY, 0.25)])
def test_flagd_lets_in_the_share_of_the_phase(moves: tuple[Any, ...], share: float) -> None:
    assert abs(len(flagd(standing(*moves)).users_in()) / 10_000 - share) < 0.01


def test_whoever_is_in_at_five_percent_stays_in_at_twenty_five() -> None:
    first, later = flagd(standing(BETA)).users_in(), flagd(standing(*EARLY)).users_in()
    assert first < later


def test_everyone_is_in_at_a_hundred_percent_and_when_the_rollout_is_complete() -> None:
    whole = [*EARLY, (Move.ADVANCE, "all")]
    for moves in (whole, [*whole, (Move.COMPLETE, "all")]):
        assert len(flagd(standing(*moves)).users_in(500)) == 500


STOPS = {
    "not started": ((), True),
    "paused": ((BETA, (Move.PAUSE, "beta")), True),
    "rolled back": ((*EARLY, (Move.ROLL_BACK, "early")), True),
    "paused after everyone had it": (
        ((Move.START, "all"), (Move.COMPLETE, "all"), (Move.PAUSE, "all")),
        True,
    ),
    "nothing is locked": ((BETA,), False),
    "a phase that no plan knows": (((Move.START, "gone"),), True),
}


@pytest.mark.parametrize(("moves", "committed"), STOPS.values(), ids=STOPS)
def test_nobody_is_in(moves: tuple[tuple[Move, str], ...], committed: bool) -> None:
    at = standing(*moves)
    found = gate(at, committed=committed)
    assert (found.is_on, found.share) == (False, 0.0)
    assert found.why.startswith("Nobody gets it: ")
    evaluator = Flagd(as_flagd(found))
    assert evaluator.users_in(500) == set()
    # Not even where the asking code says "on" for want of an answer.
    assert not evaluator.is_on("user-1", default=True)


def test_nobody_is_in_any_more_when_the_definition_is_old() -> None:
    old = flagd(standing((Move.START, "all")), valid_until=PAST)
    assert old.users_in(500) == set()
    assert not old.is_on("user-1", default=True)


@pytest.mark.parametrize("user", [None, ""])
def test_a_user_without_a_key_is_in_no_share(user: str | None) -> None:
    twin = plan_of({"id": "beta", "name": "Beta", "exposure_share": [0.9, 0.999]})
    assert not flagd(standing(BETA, plan=twin)).is_on(user, default=True)


def test_people_are_a_share_where_the_plan_says_of_how_many() -> None:
    counted = plan_of({"id": "beta", "name": "Beta", "exposure_users": [50, 100]}, users=1_000)
    found = gate(standing(BETA, plan=counted))
    assert (found.reached, found.share) == (Reached.SHARE, 0.1)


def test_people_of_nobody_knows_how_many_are_named_by_whoever_asks() -> None:
    counted = plan_of({"id": "beta", "name": "Beta", "exposure_users": [50, 100]})
    found = gate(standing(BETA, plan=counted))
    assert (found.reached, found.share) == (Reached.MEMBERS, None)
    evaluator = Flagd(as_flagd(found))
    assert evaluator.is_on("user-1", readygate_phases=["beta", "other"])
    for context in ({}, {"readygate_phases": []}, {"readygate_phases": ["other"]}):
        assert not evaluator.is_on("user-1", default=True, **context)


@pytest.mark.parametrize(("share", "inside"), [(0.001, 100), (0.29, 29_000), (0.05, 5_000), (0.999, 99_900)])
def test_the_share_is_drawn_to_the_finest_step_of_a_plan(share: float, inside: int) -> None:
    at = standing(BETA, plan=plan_of({"id": "beta", "name": "Beta", "exposure_share": [share, share]}))
    rule = as_flagd(gate(at))["flags"]["helper"]["targeting"]["if"][1]
    assert rule == {"fractional": [["on", inside], ["off", BUCKETS - inside]]}


def test_the_share_is_never_more_than_the_plan_lets_in() -> None:
    few = plan_of({"id": "beta", "name": "Beta", "exposure_users": [1, 1]}, users=300_000)
    assert gate(standing(BETA, plan=few)).reached is Reached.NOBODY
    third = plan_of({"id": "beta", "name": "Beta", "exposure_users": [1, 1]}, users=3)
    rule = as_flagd(gate(standing(BETA, plan=third)))["flags"]["helper"]["targeting"]["if"][1]
    assert rule["fractional"][0] == ["on", 33_333]


def test_the_plain_facts_and_the_metadata_say_the_same() -> None:
    found = gate(standing(BETA))
    assert as_plain(found) == {
        "feature": "helper",
        "on": True,
        "state": "running",
        "why": "Up to 5 % of all users get it, in the phase Beta.",
        "phase": {"id": "beta", "name": "Beta"},
        "who": {"reached": "share", "share": 0.05, "people": None, "segment": "Volunteers"},
        "guardrails": {
            "confidence_threshold": 0.95,
            "fallback": "non_ai",
            "review_share": 1.0,
            "rate_limit": 20,
            "feedback_button": False,
        },
        "overruled": None,
        "valid_until": FAR.isoformat(),
        "hashes": HASHES,
    }
    metadata = as_flagd(found)["flags"]["helper"]["metadata"]
    assert metadata["rate_limit"] == 20
    assert metadata["phase"] == "beta"
    assert metadata["checklist_sha256"] == "c" * 64
    # flagd refuses metadata that are unknown or have parts.
    assert "commitment_sha256" not in metadata
    assert all(isinstance(value, str | int | float | bool) for value in metadata.values())
