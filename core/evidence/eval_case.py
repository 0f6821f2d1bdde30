"""An eval case: a test that a person wrote or made from a failure, as every stage knows it."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """The part of an eval set that a case belongs to."""

    GOLD = "gold"
    ADVERSARIAL = "adversarial"
    REGRESSION = "regression"


@dataclass(frozen=True)
class EvalCase:
    """One version of a case; ``number`` counts its versions from 1.

    ``source_run_id`` is the trace that it was made from, ``failure_observed`` what went wrong there.
    A critical case that breaks stops a release whatever the rest shows.
    """

    case_id: str
    query: str
    number: int = 1
    part: Part = Part.GOLD
    ground_truth: str | None = None
    tools_expected: tuple[str, ...] = ()
    expected_behavior: str | None = None
    failure_observed: str | None = None
    failure_type: str | None = None
    source_run_id: str | None = None
    task_type: str | None = None
    user_segment: str | None = None
    tags: tuple[str, ...] = ()
    is_critical: bool = False
