"""What judging a finding yields, before it becomes a row."""

from dataclasses import dataclass

from core.criteria.verdict import Verdict


@dataclass(frozen=True)
class Judgement:
    """The verdict and its sentence; ``more_cases`` more cases would settle it ``more_cases_to``."""

    verdict: Verdict
    why: str
    more_cases: int | None = None
    more_cases_to: Verdict | None = None
