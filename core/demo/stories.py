"""A story: one demo feature as a file, from its checklist to the phrases its users write."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from core.demo.release_story import (
    AttackFound,
    Bundle,
    Drill,
    IncidentStory,
    Mended,
    QuestionAsked,
    StoryPart,
)
from core.units import Share

WEEKS = 8
"""How long every story runs; the lists that have one entry a week have this many."""

FOLDER = Path(__file__).parent / "stories"

Rate = Annotated[Share, Field(ge=0, le=1)]
Weight = Annotated[float, Field(gt=0)]
Phrases = Annotated[list[str], Field(min_length=1)]


class FeatureCard(StoryPart):
    slug: str
    name: str
    owner: str
    stakes: Literal["low", "medium", "high"]


class Traffic(StoryPart):
    """Who asks, when and how much; weights need not add up to one.

    ``traces`` is the total over all weeks; ``weeks`` and ``weekdays`` (from Monday) and ``hours``
    (0 to 23, UTC) say how it is spread. ``loyalty`` is the log-sd of how often a user comes back.
    """

    traces: int = Field(gt=0)
    weeks: list[Weight] = Field(min_length=WEEKS, max_length=WEEKS)
    weekdays: list[Weight] = Field(min_length=7, max_length=7)
    hours: list[float] = Field(min_length=24, max_length=24)
    users: int = Field(gt=0)
    user_prefix: str
    run_prefix: str
    loyalty: float = Field(ge=0)
    segments: dict[str, Weight]
    roles: dict[str, Weight]
    channels: dict[str, Weight]


class Latency(StoryPart):
    """Lognormal around ``median_ms`` with log-sd ``spread``; a ``slow_share`` takes much longer."""

    median_ms: float = Field(gt=0)
    spread: float = Field(gt=0)
    slow_share: Rate


class Cost(StoryPart):
    """Median tokens a run, and US dollars per million of them."""

    input_tokens: float
    output_tokens: float
    input_usd: float
    output_usd: float


class FeedbackHabits(StoryPart):
    """How many users react at all, and how many of those accept a right or a wrong answer."""

    answered: Rate
    accepted_when_right: Rate
    accepted_when_wrong: Rate
    edited_of_rest: Rate


class Review(StoryPart):
    """The share of each week's traces that people label: 1 is a complete review."""

    shares: list[Rate] = Field(min_length=WEEKS, max_length=WEEKS)
    reviewers: Phrases
    clean_first: int = Field(ge=0)
    """No hallucination among this many first traces."""


class RootCause(StoryPart):
    """Why a failure happened: in the ``word`` of the log, in ``detail``, and what was done about it."""

    word: str
    detail: str
    fix: str


class FailureType(StoryPart):
    """``effect`` is what the user sees of it; ``share`` counts among plain wrong answers only."""

    name: str
    effect: Literal["wrong_tool", "invented", "wrong_answer", "abstained", "error"]
    share: Rate = 0
    root_causes: list[RootCause] = Field(min_length=1)

    def cause(self, word: str) -> RootCause:
        """The root cause that the log calls ``word``; an unknown one is a bug and raises."""
        return next(cause for cause in self.root_causes if cause.word == word)


class FailureLog(StoryPart):
    """How many of the failures that reviewers found were written up, and who takes care of them.

    ``fixed`` and ``explained`` are the shares of these with a fix and with a root cause.
    """

    rows: int = Field(ge=10, le=40)
    owners: Phrases
    explained: Rate
    fixed: Rate


class Suite(StoryPart):
    """An eval set run once: ``solid`` cases pass always, ``flaky`` ones sometimes, the rest fail."""

    name: str
    version: str
    cases: int = Field(gt=0)
    attempts: int = Field(gt=0)
    solid: Rate
    flaky: Rate
    run_on_day: int = Field(ge=1)


class Number(StoryPart):
    """A slot that holds a number, such as an order number or a price."""

    prefix: str = ""
    low: int
    high: int
    decimals: int = 0


class Exchange(StoryPart):
    """One question in several wordings, with answers that are right for it and ones that are not."""

    queries: Phrases
    answers: Phrases
    wrong_answers: Phrases


class Task(StoryPart):
    """One kind of request with its true rates, its documents and its phrases."""

    name: str
    share: Weight
    tool: str
    answer_right: Rate
    tool_right: Rate
    hallucination: Rate
    sources: Phrases
    exchanges: list[Exchange] = Field(min_length=1)
    invented_answers: Phrases


class PhaseBegan(StoryPart):
    """A phase that users met, and how many days after the first trace it began."""

    phase: str
    after_days: int = Field(ge=0, le=7 * WEEKS)


class Story(StoryPart):
    """Everything the generator needs to know of one demo feature."""

    feature: FeatureCard
    scope: dict[str, Any]
    """In the shape of a file for ``apply``, which also decides what it may hold; so are the three below.

    A decision has ``days_before`` in place of its date: it was made so many days before the first trace.
    """
    checklist: dict[str, Any]
    plan: dict[str, Any]
    attestations: list[dict[str, Any]]
    ran: tuple[PhaseBegan, ...] = ()
    """The phases that have begun, the first first; none where the rollout has not started."""
    alarm_answer: str = ""
    """What the team found behind the early warnings that its evidence trips; they let it run on."""
    tour_stop: Literal["no_go", "more_cases"] | None = None
    """What the first look round shows here."""
    tracing: Literal["own_log", "langfuse"] = "own_log"
    """Where the traces come from: one sheet of the team's own, or the exports of a tracing tool."""
    bundle: Bundle
    drills: tuple[Drill, ...] = ()
    attacks: tuple[AttackFound, ...] = ()
    mended: tuple[Mended, ...] = ()
    """Kinds of failure that are worked on; each of them has an eval case, in a set that is locked."""
    incidents: tuple[IncidentStory, ...] = ()
    questions: tuple[QuestionAsked, ...] = ()
    traffic: Traffic
    latency: Latency
    cost: Cost
    feedback: FeedbackHabits
    review: Review
    suite: Suite
    answer_shift: list[float] = Field(min_length=WEEKS, max_length=WEEKS)
    """What each week adds to or takes from every task's answer rate."""
    lookup_tool: str
    guardrails: Phrases
    openings: Phrases
    closings: Phrases
    no_answer: Phrases
    words: dict[str, Phrases]
    numbers: dict[str, Number]
    failures: list[FailureType]
    failure_log: FailureLog
    tasks: list[Task] = Field(min_length=2)

    @model_validator(mode="after")
    def _phrases_use_known_slots(self) -> Self:
        known = set(self.words) | set(self.numbers)
        for phrase in self._phrases():
            unknown = {slot for _, slot, _, _ in Formatter().parse(phrase) if slot} - known
            if unknown:
                raise ValueError(f"“{phrase}” has slots that the story does not fill: {sorted(unknown)}.")
        return self

    @model_validator(mode="after")
    def _every_effect_has_a_failure_type(self) -> Self:
        missing = {"wrong_tool", "invented"} - {failure.effect for failure in self.failures}
        if missing or not any(failure.share for failure in self.failures):
            raise ValueError(f"Failure types lack an effect or any share: {sorted(missing)}.")
        return self

    @property
    def tools(self) -> list[str]:
        """Every tool a task may end in, in the order of the tasks."""
        return list(dict.fromkeys(task.tool for task in self.tasks))

    def documents(self, begins_on: date) -> dict[str, Any]:
        """Feature, scope, checklist, plan and attestations in the shape of a file for ``apply``.

        ``begins_on`` is the day of the first trace.
        """
        parts = self.model_dump(include={"feature", "scope", "checklist", "plan", "attestations"})
        for decision in parts["scope"]["decisions"].values():
            if "days_before" in decision:
                decided_on = begins_on - timedelta(days=decision.pop("days_before"))
                decision["decided_on"] = decided_on.isoformat()
        return parts

    def _phrases(self) -> Iterator[str]:
        for task in self.tasks:
            yield from task.invented_answers
            for exchange in task.exchanges:
                yield from (*exchange.queries, *exchange.answers, *exchange.wrong_answers)
        yield from (*self.openings, *self.closings, *self.no_answer)


def tour_slugs() -> dict[str, str]:
    """The features of the first look round by what it shows there; reads no more of the stories than that."""
    bodies = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
    return {body["tour_stop"]: body["feature"]["slug"] for body in bodies if "tour_stop" in body}


def load_stories(folder: Path = FOLDER) -> list[Story]:
    """Every story in ``folder``, in the order of the file names."""
    return [
        Story.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(folder.glob("*.toml"))
    ]
