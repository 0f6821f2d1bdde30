"""Who asked, and in which conversation, as teams write it beside a run where the tool has no field for it."""

from collections.abc import Mapping
from typing import Any

from core.intake.sources.foreign_cells import first_word

_USER = ("user_id", "userId", "user")
_CONVERSATION = ("session_id", "thread_id", "conversation_id")


def user_in(metadata: Mapping[str, Any]) -> str | None:
    """The id of the user."""
    return first_word(metadata, _USER)


def conversation_in(metadata: Mapping[str, Any]) -> str | None:
    """The id of the conversation."""
    return first_word(metadata, _CONVERSATION)
