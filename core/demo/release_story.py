"""What a story tells of its releases, and of the work that its team did on them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

DaysAgo = Annotated[int, Field(ge=1, lt=50)]
"""Days before the demo is made, while the live release of a story was live already."""

Parts = dict[str, dict[str, Any]]


class StoryPart(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EarlierRelease(StoryPart):
    """The release before: ``parts`` are those that were others then; it was live for ``live_for_days``.

    On the cases of the story's suite ``broke`` ones passed with it and fail now, ``fixed`` ones failed.
    """

    name: str
    live_for_days: int = Field(ge=1)
    changed_because: str
    parts: Parts
    broke: int = Field(ge=0)
    fixed: int = Field(ge=0)


class Bundle(StoryPart):
    """The one release that is live for all eight weeks, and the one before it where the story has one.

    ``parts`` says more of its parts, in the shape of a file for ``apply``, which decides what it may hold.
    """

    name: str
    model: str
    prompt_version: str
    note: str = ""
    parts: Parts = {}
    earlier: EarlierRelease | None = None

    def sections(self) -> list[dict[str, Any]]:
        """The releases as the [bundle] sections of files for ``apply``, the earlier one first."""
        versions = {"model": self.model, "prompt": self.prompt_version}
        named = {part: {"version": version} for part, version in versions.items()}
        parts = {part: named.get(part, {}) | self.parts.get(part, {}) for part in {**named, **self.parts}}
        live = {"name": self.name, "note": self.note, "parts": parts}
        if self.earlier is None:
            return [live]
        return [{"name": self.earlier.name, "parts": parts | self.earlier.parts}, live]

    @property
    def tool_list(self) -> str:
        """The tools as the model is given them, in JSON; "" where the story does not say."""
        return str(self.parts.get("tools", {}).get("text", ""))


class Drill(StoryPart):
    """A rehearsal of going back that worked."""

    part: str
    days_ago: DaysAgo
    minutes: float
    done_by: str
    note: str = ""


class AttackFound(StoryPart):
    """A red-team finding; tried again without success ``stopped_days_ago``, or open still."""

    title: str
    kind: str
    severity: Literal["critical", "serious", "minor"]
    how: str
    found_days_ago: DaysAgo
    stopped_days_ago: DaysAgo | None = None
    note: str = ""


class Mended(StoryPart):
    """What the team does about a kind of failure; ``done_days_ago`` is None while it works on it."""

    failure_type: str
    fix: str
    owner: str
    done_days_ago: DaysAgo | None = None


class IncidentStory(StoryPart):
    what: str
    days_ago: DaysAgo
    owner: str


class QuestionAsked(StoryPart):
    """What somebody wants to know before they sign; it waits for an answer."""

    words: str
