"""A plan without findings and a checklist, as bodies that a test changes where it wants."""

from collections.abc import Callable
from typing import Any

import pytest

from core.criteria.checklist import Checklist, read_checklist
from core.rollout.plan import PhasePlan, read_plan

CORRECT = {
    "kind": "measured",
    "id": "answers",
    "metric": "answer_correctness",
    "source": "label",
    "bar": 0.9,
}
WARNING = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"}

SAFE_PHASE = {
    "segment": "Volunteers",
    "why_forgiving": "Little is at stake.",
    "confidence_threshold": 0.95,
    "fallback": "non_ai",
    "review_share": 1.0,
    "feedback_button": True,
    "warnings": [WARNING],
    "minimum_days": 14,
}


@pytest.fixture(scope="session")
def plan_of() -> Callable[..., PhasePlan]:
    """``plan_of({…}, {…}, users=…)``: two safe phases (1–5 %, 5–25 %) with these changes, and plan fields.

    A phase given as ``None`` is left out.
    """

    def make(first: dict[str, Any] | None = {}, second: dict[str, Any] | None = {}, **plan: Any) -> PhasePlan:  # noqa: B006
        starts = {"first": (first, [0.01, 0.05]), "second": (second, [0.05, 0.25])}
        phases = []
        for phase_id, (changes, share) in starts.items():
            if changes is not None:
                exposure = {} if "exposure_users" in changes else {"exposure_share": share}
                phases.append(
                    SAFE_PHASE | {"id": phase_id, "name": phase_id.capitalize()} | exposure | changes
                )
        known = {"owner": "Ada", "requests_per_day": 100_000, "users": 100_000}
        return read_plan(known | plan | {"phases": phases})

    return make


@pytest.fixture(scope="session")
def checklist_of() -> Callable[..., Checklist]:
    """``checklist_of(stakes, **changes)``: one measured row, answer correctness above 90 % from labels."""

    def make(stakes: str = "medium", **changes: Any) -> Checklist:
        return read_checklist({"stakes": stakes, "items": [CORRECT | changes]})

    return make
