"""The scope: the six decisions that a rollout rests on, made visible, with what surrounds them.

Whoever reads it sees what is decided, by whom and when, and above all what is still open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
)

from core.criteria.calendar import Calendar
from core.criteria.checklist import explain
from core.criteria.registers import Permitted, Sources, check_sources
from core.criteria.scope_parts import (
    Investment,
    Line,
    Owners,
    RegressionRule,
    ScopePart,
    StakesProfile,
    Words,
)
from core.errors import InvalidDocument

_MOST_PEOPLE = 500


class ScopeDecision(ScopePart):
    """One visible decision: the answer in words, who owns it, and the day it was made."""

    answer: Words = ""
    owner: Line = ""
    decided_on: date | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """What the decision still lacks, in words; empty where it is made."""
        parts = {"the answer": self.answer, "an owner": self.owner, "a date": self.decided_on}
        return tuple(name for name, value in parts.items() if not value)


class Decisions(ScopePart):
    """The six visible decisions; the fields are in the order in which one takes them."""

    workflow: ScopeDecision = ScopeDecision()
    owner: ScopeDecision = ScopeDecision()
    context: ScopeDecision = ScopeDecision()
    permissions: ScopeDecision = ScopeDecision()
    regression: ScopeDecision = ScopeDecision()
    rollout: ScopeDecision = ScopeDecision()


class CohortMember(ScopePart):
    """One person of the early cohort."""

    user_id: Annotated[str, Field(min_length=1, max_length=200)]
    role: Line = ""
    use_case: Line = ""
    feedback_channel: Line = ""


class FirstSegment(ScopePart):
    """Who gets the feature first, and the four answers that make them forgiving (``None``: not asked)."""

    who: Words = ""
    tolerates_mistakes: bool | None = None
    low_stakes: bool | None = None
    gives_feedback: bool | None = None
    cannot_amplify: bool | None = None
    stays_until_criteria_hold: bool = False


class WorstCase(ScopePart):
    """What a catastrophic failure would cost, in words and, where one dares, in US dollars and people."""

    words: Words = ""
    usd: Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)] | None = None
    people: Annotated[int, Field(ge=0, le=10_000_000_000)] | None = None


class FragileSigns(ScopePart):
    """Is this still a fragile proof of concept? Six signs; yes is the bad answer, ``None`` is none yet."""

    selected_examples: bool | None = None
    one_persons_prompting: bool | None = None
    owner_unclear: bool | None = None
    systems_partly_connected: bool | None = None
    quality_by_impression: bool | None = None
    rollout_discussed_last: bool | None = None


_LATER = (
    "scenario",
    "stakes_profile",
    "investment",
    "regression_rule",
    "sources",
    "permitted",
    "owners",
    "calendar",
)
"""Parts that came after the first documents."""


class Scope(ScopePart):
    """Everything that is decided before the rollout; every field may still be open.

    ``scenario`` is the id of the scenario it was started from, ``success_signal`` the one sign that
    the workflow succeeds.
    """

    scenario: Line = ""
    success_signal: Words = ""
    decisions: Decisions = Decisions()
    cohort: Annotated[tuple[CohortMember, ...], Field(max_length=_MOST_PEOPLE)] = ()
    segment: FirstSegment = FirstSegment()
    worst_case: WorstCase = WorstCase()
    fragile: FragileSigns = FragileSigns()
    stakes_profile: StakesProfile = StakesProfile()
    investment: Investment = Investment()
    regression_rule: RegressionRule = RegressionRule()
    sources: Sources = ()
    permitted: Permitted = Permitted()
    owners: Owners = Owners()
    calendar: Calendar = Calendar()

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A later part is written only where it says something: older documents keep their fingerprint."""
        body: dict[str, Any] = handler(self)
        open_parts = {name for name in _LATER if getattr(self, name) == type(self).model_fields[name].default}
        return {name: value for name, value in body.items() if name not in open_parts}

    @field_validator("sources")
    @classmethod
    def _sources_are_listed_once(cls, sources: Sources) -> Sources:
        check_sources(sources)
        return sources

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
    """How a decision is asked for: its short title, the question, what a good answer names, and one."""

    title: str
    question: str
    hint: str
    example: str


DECISIONS: dict[str, Asked] = {
    "workflow": Asked(
        "One workflow",
        "Which one workflow does the first release serve?",
        "One job of one group of people, from its start to its end. Everything else is later.",
        "Refund questions by chat, from the question to the answer that a colleague sends. Nothing else.",
    ),
    "owner": Asked(
        "A visible owner",
        "Who owns the workflow and its number?",
        "A person with a name, who answers for how it goes and may stop it.",
        "Ada owns the share of refund questions settled within a day, and may stop it at any time.",
    ),
    "context": Asked(
        "Context and systems of record",
        "What may the feature read, and which system is right when two disagree?",
        "Each source with who keeps it up to date; what is deliberately left out.",
        "Orders and the refund policy; the order system is right when two disagree. No e-mails.",
    ),
    "permissions": Asked(
        "Permissions and approval points",
        "What may the feature do by itself, and where does a person have to agree?",
        "Reading, proposing, acting: each with its limit, and whoever approves beyond it.",
        "It reads orders and proposes answers by itself; a refund above $50 waits for the desk's lead.",
    ),
    "regression": Asked(
        "Evaluation and regression signals",
        "How is it evaluated, and what counts as a regression?",
        "The eval set, the margin, the protected parts of the traffic, the cases that must never fail.",
        "60 held-out questions on each release; 3 points lower is a regression; new customers never lower.",
    ),
    "rollout": Asked(
        "Rollout, fallback, ownership after launch",
        "How is it rolled out, what happens without it, and who owns it after launch?",
        "The steps, the way back with who takes it, and who looks at it every week from then on.",
        "3 colleagues, 10, the desk, everyone; Ben turns it off in a minute; Ada reads the worst weekly.",
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
