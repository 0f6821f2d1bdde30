"""Why a step failed, in the words for people: what programs print around the message is cut away."""

import re

from core.intake.sources.foreign_cells import text_of

WITHOUT_MESSAGE = "Status ERROR without a message"

_TRACEBACK = re.compile(r"Traceback \(most recent call last\)|^[ \t]*Traceback\b", re.MULTILINE)
_LONGEST = 500


def message_in(error: str) -> str:
    """The message of an error, without the way of the program to it (Python's traceback); the last line,
    which names the error, where there is nothing but a traceback. At most 500 characters."""
    message = _TRACEBACK.split(error, maxsplit=1)[0].strip()
    if not message:
        lines = [line.strip() for line in error.splitlines() if line.strip()]
        message = lines[-1] if lines else error
    return message[:_LONGEST]


def message_of(stated: object) -> str | None:
    """The message in a cell; None where it holds no error."""
    error = text_of(stated)
    return None if error is None else message_in(error)
