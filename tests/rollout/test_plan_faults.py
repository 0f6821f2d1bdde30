"""Each wrong value in a plan gives one clear sentence: where, what, and what it should be."""

import math
from typing import Any

import pytest

from core.errors import InvalidDocument
from core.rollout.plan import MOST_PHASES, read_plan

RIGHT: dict[str, Any] = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05]}
WARNING: dict[str, Any] = {"metric": "answer_correctness", "source": "label", "bar": 0.85}
SHARES = (
    "phase 1 › exposure_share: The share of users goes from a low above 0 % to a high of at most "
    "100 %; a file says [0.01, 0.05] for 1 to 5 %."
)
PEOPLE = (
    "phase 1 › exposure_users: The number of people goes from a low to a high that is not below it, "
    "1 or more."
)
ONCE = "phase 1: Say the exposure once: exposure_users or exposure_share."
FAULTS = [
    ({"exposure_share": [1, 5]}, SHARES),  # per cent in place of shares
    ({"exposure_share": [0, 0.05]}, SHARES),
    ({"exposure_share": [0.05, 0.01]}, SHARES),
    (
        {"exposure_share": [0.01, 0.0333]},
        "phase 1 › exposure_share: The share of users is finer than the pages show: use steps of 0.1 %.",
    ),
    ({"exposure_share": None, "exposure_users": [100, 50]}, PEOPLE),
    ({"exposure_share": None, "exposure_users": [0, 50]}, PEOPLE),
    ({"exposure_share": None}, ONCE),
    ({"exposure_users": [3, 3]}, ONCE),
    (
        {"confidence_threshold": 95},
        "phase 1 › confidence_threshold: The threshold is between 0 % and 100 %; a file says 0.95 for "
        "95 % (given: '95').",
    ),
    (
        {"confidence_threshold": math.nan},
        "phase 1 › confidence_threshold: this must be a number (given: 'nan').",
    ),
    (
        {"review_share": -0.1},
        "phase 1 › review_share: The reviewed share is from 0 % to 100 %; a file says 0.05 for 5 % "
        "(given: '-0.1').",
    ),
    (
        {"fallback": "phone"},
        "phase 1 › fallback: this must be 'non_ai', 'ask_user' or 'flag' (given: 'phone').",
    ),
    ({"name": " "}, "phase 1 › name: this must not be blank (given: ' ')."),
    (
        {"id": "Beta!"},
        "phase 1 › id: use small letters, digits, “-” and “_” only, at most 64 of them (given: 'Beta!').",
    ),
    ({"colour": "red"}, "phase 1 › colour: there is no such field (given: 'red')."),
    (
        {"review_share": True},
        "phase 1 › review_share: this must be a number, not yes or no (given: 'True').",
    ),
    (
        {"exposure_share": [0.01, True]},
        "phase 1 › exposure_share: this must be a number, not yes or no.",
    ),
    (
        {"minimum_days": False},
        "phase 1 › minimum_days: this must be a number, not yes or no (given: 'False').",
    ),
    (
        {"warnings": [{"metric": "latency_p95", "bar": 8}]},
        "phase 1 › warning 1: The bar of a warning is finer than the pages show: use steps of 10 ms; a "
        "file says 8000 for 8 seconds.",
    ),
    ({"criteria": ["a", "a"]}, "phase 1: A success criterion is named twice."),
    (
        {"warnings": [WARNING | {"bar": 85}]},
        "phase 1 › warning 1: The bar of a warning must be above 0 % and below 100 %; a file "
        "says 0.85 for 85 %.",
    ),
    (
        {"warnings": [WARNING | {"direction": "above"}]},
        "phase 1 › warning 1: A warning about Answer correctness trips below its bar: set the "
        "direction to that.",
    ),
    (
        {"warnings": [WARNING | {"tier": "blocks"}]},
        "phase 1 › warning 1: An early warning rolls back, pauses, or is advisory; “blocks” is for items.",
    ),
    (
        {"warnings": [{"metric": "hallucinations_in_first", "bar": 5}]},
        "phase 1 › warning 1: Hallucinations in the first traces cannot be watched all the "
        "time: choose a rate or a time.",
    ),
    (
        {"warnings": [WARNING | {"source": "trace"}]},
        "phase 1 › warning 1: Answer correctness takes the sources label, judge, eval, not “trace”.",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), FAULTS)
def test_a_wrong_value_is_named_with_its_place(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDocument) as fault:
        read_plan({"phases": [RIGHT | change]})
    assert fault.value.sentence == f"The phase plan cannot be used: {sentence}"


def test_the_right_plan_is_read_and_says_nothing_of_its_own() -> None:
    (phase,) = read_plan({"phases": [RIGHT | {"warnings": [WARNING]}]}).phases
    assert (phase.exposure_share, phase.minimum_days, phase.fallback) == ((0.01, 0.05), 7, None)
    assert (phase.warnings[0].direction, phase.warnings[0].tier) == ("below", "pause")


def test_a_metric_that_is_better_low_trips_above() -> None:
    warning = {"metric": "latency_p95", "source": "trace", "bar": 10_000}
    (phase,) = read_plan({"phases": [RIGHT | {"warnings": [warning]}]}).phases
    assert phase.warnings[0].direction == "above"


def test_two_phases_of_one_id_and_too_many_phases_are_refused() -> None:
    with pytest.raises(InvalidDocument, match="Two phases have the id “beta”"):
        read_plan({"phases": [RIGHT, RIGHT]})
    many = [RIGHT | {"id": f"p{number}"} for number in range(MOST_PHASES + 1)]
    with pytest.raises(InvalidDocument, match="at most 12 phases; this one has 13"):
        read_plan({"phases": many})
    assert len(read_plan({"phases": many[1:]}).phases) == MOST_PHASES
