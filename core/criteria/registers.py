"""The two registers of a scope: what the feature reads, and what it may do."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from core.criteria.scope_parts import Line, Said, ScopePart, Words

_MOST_LINES = 200


class ContextSource(ScopePart):
    """One source that the feature reads.

    ``fresh_days`` is how old its content may be; ``updated_on`` is when it was last brought up to date.
    ``head_rules`` are the rules about it that stand nowhere and live in people's heads.
    """

    source: Said
    system_of_record: Line = ""
    fresh_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    updated_on: date | None = None
    owner: Line = ""
    access_path: Line = ""
    head_rules: Words = ""

    def days_too_old(self, today: date) -> int:
        """By how many days it is older than it may be; 0 where it is not, or where nobody can say."""
        if self.fresh_days is None or self.updated_on is None:
            return 0
        return max((today - self.updated_on - timedelta(days=self.fresh_days)).days, 0)


class Level(StrEnum):
    """How far the feature may go by itself."""

    READ = "read"
    SUGGEST = "suggest"
    TRIGGER = "trigger"
    CHANGE = "change"


class PermittedAction(ScopePart):
    """One thing that the feature may do; ``reversible`` is ``None`` where nobody has said.

    ``approval`` says who agrees before it happens, and where.
    """

    what: Said
    level: Level = Level.READ
    reversible: bool | None = None
    approval: Line = ""

    @property
    def is_final(self) -> bool:
        """Whether it does something that cannot be undone, or of which nobody has said that it can."""
        return self.level in (Level.TRIGGER, Level.CHANGE) and not self.reversible


class Permitted(ScopePart):
    """The permission register, and whether the roles are the same in test and in production."""

    actions: Annotated[tuple[PermittedAction, ...], Field(max_length=_MOST_LINES)] = ()
    same_roles_everywhere: bool | None = None

    @field_validator("actions")
    @classmethod
    def _actions_are_listed_once(cls, actions: tuple[PermittedAction, ...]) -> tuple[PermittedAction, ...]:
        _check_once([action.what for action in actions])
        return actions


def check_sources(sources: tuple[ContextSource, ...]) -> None:
    """Raise ValueError where a source is listed twice."""
    _check_once([source.source for source in sources])


def _check_once(names: list[str]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ValueError(f"“{name}” is listed twice. List each once.")


Sources = Annotated[tuple[ContextSource, ...], Field(max_length=_MOST_LINES)]

SOURCE_WORDS: dict[str, str] = {
    "source": "Source",
    "system_of_record": "System of record",
    "fresh_days": "May be so many days old",
    "updated_on": "Last brought up to date",
    "owner": "Owner",
    "access_path": "How it is reached",
    "head_rules": "Rules only people know",
}

ACTION_WORDS: dict[str, str] = {
    "what": "What it may do",
    "level": "How far",
    "reversible": "Can be undone",
    "approval": "Who agrees before, and where",
}

LEVEL_WORDS = {
    Level.READ: "Read",
    Level.SUGGEST: "Suggest",
    Level.TRIGGER: "Trigger",
    Level.CHANGE: "Change",
}
