"""Intercom's conversations: one object, objects in sequence, a list, or a list inside the API's answer."""

from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.peek import Peek, peek

CONVERSATIONS = "intercom.conversations"

_HOLDERS = ("", "[].", "conversations[].", "data[].")
_SIGNS = ("ai_agent_participated", "conversation_parts")


def _fits(beginning: Peek) -> bool:
    return _holder(beginning) is not None


def _holder(beginning: Peek) -> str | None:
    """What stands before the fields of a conversation; None where there is none."""
    signed = (holder for holder in _HOLDERS if beginning.has(*(f"{holder}{sign}" for sign in _SIGNS)))
    return next(signed, None)


def _records(opened: Opened) -> Records:
    place = (_holder(peek(opened.path, opened.file_name, opened.sniffed)) or "").removesuffix("[].")
    stream = opened.json()
    if place:
        found = stream.items_at(place)
    else:
        found = stream.items() if opened.sniffed.format is Format.JSON_LIST else stream.sequence()
    for number, raw in enumerate(found, start=1):
        yield as_record(number, raw)


LAYOUT = Layout(CONVERSATIONS, _fits, _records)
