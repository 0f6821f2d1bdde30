"""The small parts of a scope: stakes profile, what counts as a regression, owners, investment."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.evidence.columns import COLUMNS, Kind

Line = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=2_000)]
Said = Annotated[str, Field(min_length=1, max_length=200)]

_FINEST_MARGIN = 0.1
"""Margins are compared and shown in tenths of a percentage point."""


class ScopePart(BaseModel):
    """What every part of a scope shares: no unknown fields, never changed, texts without outer blanks."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Reach(StrEnum):
    """Who meets the feature."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Autonomy(StrEnum):
    """What the feature does with its answer."""

    ADVISORY = "advisory"
    ACTS = "acts"


class StakesProfile(ScopePart):
    """What makes a mistake expensive (``None``: not answered)."""

    reach: Reach | None = None
    autonomy: Autonomy | None = None
    regulated: bool | None = None


class WatchedSlice(ScopePart):
    """A part of the traffic that may not get worse, whatever the whole does: ``column`` is ``value``."""

    column: Said
    value: Said

    @field_validator("column")
    @classmethod
    def _can_be_sliced(cls, column: str) -> str:
        if column not in WATCHABLE:
            raise ValueError(f"traces cannot be divided by this; take one of {', '.join(WATCHABLE)}")
        return column


class RegressionRule(ScopePart):
    """What counts as a regression, written down before anybody compares.

    ``margin_points`` is by how many percentage points a rate may be lower than before.
    ``critical_cases`` are the cases that must never fail, by id or in words.
    """

    margin_points: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None
    slices: Annotated[tuple[WatchedSlice, ...], Field(max_length=50)] = ()
    critical_cases: Annotated[tuple[Said, ...], Field(max_length=200)] = ()

    @field_validator("margin_points")
    @classmethod
    def _margin_is_shown_as_it_is(cls, margin: float | None) -> float | None:
        if margin is not None and abs(margin / _FINEST_MARGIN - round(margin / _FINEST_MARGIN)) > 1e-6:
            raise ValueError("the margin is finer than the pages show: use steps of 0.1 points")
        return margin

    @field_validator("slices")
    @classmethod
    def _slices_are_listed_once(cls, slices: tuple[WatchedSlice, ...]) -> tuple[WatchedSlice, ...]:
        for place, one in enumerate(slices):
            if one in slices[:place]:
                raise ValueError(f"“{one.column} = {one.value}” is listed twice. List each slice once.")
        return slices


class Owners(ScopePart):
    """Who answers for what, by name; blank where nobody does yet."""

    behaviour: Line = ""
    expansion: Line = ""
    containment: Line = ""
    alerts: Line = ""
    prompts: Line = ""
    incidents: Line = ""


class Investment(ScopePart):
    """Why this was worth building, as it was decided before this gate (a score, a note, a link)."""

    words: Words = ""
    link: Annotated[str, Field(max_length=500)] = ""

    @field_validator("link")
    @classmethod
    def _is_web_address(cls, link: str) -> str:
        if link and not link.startswith(("https://", "http://")):
            raise ValueError("this must be a web address that starts with https://, or be empty")
        return link


WATCHABLE = tuple(column.name for column in COLUMNS[Kind.TRACES] if column.can_slice)
"""The columns of a trace by which traffic can be divided."""

PROFILE_QUESTIONS: dict[str, str] = {
    "reach": "Who meets it?",
    "autonomy": "What does it do with its answer?",
    "regulated": "Is the field regulated (money, health, law, hiring)?",
}
REACH_WORDS = {Reach.INTERNAL: "Colleagues", Reach.EXTERNAL: "Customers or the public"}
AUTONOMY_WORDS = {Autonomy.ADVISORY: "It advises a person", Autonomy.ACTS: "It acts by itself"}

SLICE_WORDS: dict[str, str] = {"column": "Column of the traces", "value": "Value"}

OWNER_WORDS: dict[str, str] = {
    "behaviour": "Behaviour after release",
    "expansion": "Going on to more users",
    "containment": "Pausing and rolling back",
    "alerts": "Answering alerts",
    "prompts": "Prompt and policy changes",
    "incidents": "Incidents",
}
"""What needs an owner, in the order of the page."""
