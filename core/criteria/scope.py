"""The scope: the six decisions that a rollout rests on, made visible, with what surrounds them.

Whoever reads it sees what is decided, by whom and when, and above all what is still open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from core.criteria.checklist import explain
from core.errors import InvalidDocument

Line = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=2_000)]

_MOST_PEOPLE = 500


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class ScopeDecision(_Part):
    """One visible decision: the answer in words, who owns it, and the day it was made."""

    answer: Words = ""
    owner: Line = ""
    decided_on: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What the decision still lacks, in words; empty where it is made."""
        parts = {"the answer": self.answer, "an owner": self.owner, "a date": self.decided_on}
        return tuple(name for name, value in parts.items() if not value)


class Decisions(_Part):
    """The six visible decisions; the fields are in the order in which one takes them."""

    workflow: ScopeDecision = ScopeDecision()
    owner: ScopeDecision = ScopeDecision()
    context: ScopeDecision = ScopeDecision()
    permissions: ScopeDecision = ScopeDecision()
    regression: ScopeDecision = ScopeDecision()
    rollout: ScopeDecision = ScopeDecision()


class CohortMember(_Part):
    """One person of the early cohort."""

    user_id: Annotated[str, Field(min_length=1, max_length=200)]
    role: Line = ""
    use_case: Line = ""
    feedback_channel: Line = ""


class FirstSegment(_Part):
    """Who gets the feature first, and the four answers that make them forgiving (``None``: not asked)."""

    who: Words = ""
    tolerates_mistakes: bool | None = None
    low_stakes: bool | None = None
    gives_feedback: bool | None = None
    cannot_amplify: bool | None = None
    stays_until_criteria_hold: bool = False


class WorstCase(_Part):
    """What a catastrophic failure would cost, in words and, where one dares, in US dollars and people."""

    words: Words = ""
    usd: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    people: Annotated[int, Field(ge=0, le=10_000_000_000)] | None = None


class FragileSigns(_Part):
    """Is this still a fragile proof of concept? Six signs; yes is the bad answer, ``None`` is none yet."""

    selected_examples: bool | None = None
    one_persons_prompting: bool | None = None
    owner_unclear: bool | None = None
    systems_partly_connected: bool | None = None
    quality_by_impression: bool | None = None
    rollout_discussed_last: bool | None = None


class Scope(_Part):
    """The short form of the scope. ``success_signal`` is the one sign that the workflow succeeds."""

    success_signal: Words = ""
    decisions: Decisions = Decisions()
    cohort: Annotated[tuple[CohortMember, ...], Field(max_length=_MOST_PEOPLE)] = ()
    segment: FirstSegment = FirstSegment()
    worst_case: WorstCase = WorstCase()
    fragile: FragileSigns = FragileSigns()

    @field_validator("cohort")
    @classmethod
    def _people_are_listed_once(cls, cohort: tuple[CohortMember, ...]) -> tuple[CohortMember, ...]:
        seen: set[str] = set()
        for member in cohort:
            if member.user_id in seen:
                raise ValueError(f"“{member.user_id}” is in the early cohort twice. List each person once.")
            seen.add(member.user_id)
        return cohort

    def decision(self, key: str) -> ScopeDecision:
        """The decision ``key`` of :data:`DECISIONS`; an unknown key is a bug and raises KeyError."""
        found: Mapping[str, ScopeDecision] = dict(self.decisions)
        return found[key]

    def missing(self, key: str) -> tuple[str, ...]:
        """What the decision ``key`` still lacks, in words; the workflow also needs its success signal."""
        lacks = self.decision(key).missing
        if key == "workflow" and not self.success_signal:
            return (*lacks, "the main success signal")
        return lacks

    @property
    def decided(self) -> int:
        """How many of the six decisions are made, each with an owner and a date."""
        return sum(not self.missing(key) for key in DECISIONS)


@dataclass(frozen=True)
class Asked:
    """How a decision is asked for: its short title, the question, and what a good answer names."""

    title: str
    question: str
    hint: str


DECISIONS: dict[str, Asked] = {
    "workflow": Asked(
        "One workflow",
        "Which one workflow does the first release serve?",
        "One job of one group of people, from its start to its end. Everything else is later.",
    ),
    "owner": Asked(
        "A visible owner",
        "Who owns the workflow and its number?",
        "A person with a name, who answers for how it goes and may stop it.",
    ),
    "context": Asked(
        "Context and systems of record",
        "What may the feature read, and which system is right when two disagree?",
        "Each source with who keeps it up to date; what is deliberately left out.",
    ),
    "permissions": Asked(
        "Permissions and approval points",
        "What may the feature do by itself, and where does a person have to agree?",
        "Reading, proposing, acting: each with its limit, and whoever approves beyond it.",
    ),
    "regression": Asked(
        "Evaluation and regression signals",
        "How is it evaluated, and what counts as a regression?",
        "The eval set, the margin, the protected parts of the traffic, the cases that must never fail.",
    ),
    "rollout": Asked(
        "Rollout, fallback, ownership after launch",
        "How is it rolled out, what happens without it, and who owns it after launch?",
        "The steps, the way back with who takes it, and who looks at it every week from then on.",
    ),
}
"""The six visible decisions by key, in the order of the page."""

SEGMENT_QUESTIONS: dict[str, str] = {
    "tolerates_mistakes": "Do these people tolerate a wrong answer?",
    "low_stakes": "Is little lost when an answer is wrong?",
    "gives_feedback": "Will they tell us when it is wrong?",
    "cannot_amplify": "Can they not spread a failure further (to customers, into a system of record)?",
}
"""What makes a first segment forgiving; yes is the good answer."""

FRAGILE_QUESTIONS: dict[str, str] = {
    "selected_examples": "Has it been shown on selected examples only?",
    "one_persons_prompting": "Does success depend on one person's prompting?",
    "owner_unclear": "Is it unclear who owns it?",
    "systems_partly_connected": "Are the systems of record connected only in part?",
    "quality_by_impression": "Is quality judged by impression?",
    "rollout_discussed_last": "Was the rollout the last thing to be talked about?",
}
"""The signs of a fragile proof of concept; yes is the bad answer."""


def read_scope(body: Any) -> Scope:
    """The scope in ``body`` (from a form, a file or the store), or :class:`InvalidDocument`."""
    try:
        return Scope.model_validate(body)
    except ValidationError as error:
        raise InvalidDocument(f"The scope cannot be used: {explain(error)}") from error
