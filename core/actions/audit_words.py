"""The entries of the audit log in people's words: what was done in a sentence, and what it changed."""

from dataclasses import dataclass
from typing import Any

from core.actions.audit_details import value_words
from core.actions.audit_sentences import ACTIONS
from core.store.audit import AuditEvent

_NOTHING_LEFT = "What it was about was erased; who did it and when stays."


@dataclass(frozen=True)
class Told:
    """``sentence`` follows the person's name; ``details`` say what changed, and why, a line each."""

    sentence: str
    details: tuple[str, ...] = ()


def told(event: AuditEvent, file_name: str = "") -> Told:
    """The entry in words; ``file_name`` is that of the upload it is about, where it is about one.

    An action of another version of the program is told by its own word, with what it was about.
    """
    words = ACTIONS.get(event.action)
    if event.erased:
        title = words.title if words else event.action
        return Told(f"{title[:1].lower()}{title[1:]}", (_NOTHING_LEFT,))
    said = event.payload if isinstance(event.payload, dict) else {}
    said = {"file": file_name or "a file", **said}
    if words is not None:
        try:
            return Told(words.sentence(said), tuple(line for line in words.details(said) if line))
        except (KeyError, TypeError, AttributeError, ValueError):
            # An older entry that says less, or one that was tampered with: told as it is.
            pass
    return Told(event.action, tuple(_plainly(event.payload)))


def title_of(action: str) -> str:
    """The action as a list of actions names it."""
    words = ACTIONS.get(action)
    return words.title if words else action[:1].upper() + action[1:]


def _plainly(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return [] if payload is None else [str(payload)]
    return [f"{name.replace('_', ' ')}: {value_words(value)}" for name, value in payload.items()]
