"""The parts of an Intercom conversation: who said what, which actions ran, and how long Fin took."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.intake.sources.foreign_cells import list_of, number_of, object_of, text_of
from core.intake.sources.html_text import text_in

_CUSTOMER, _FIN, _PERSON = "customer", "fin", "person"
_CUSTOMERS = {"user", "lead", "contact", "visitor"}
_STARTED, _FINISHED = "custom_action_started", "custom_action_finished"
_WENT_WELL = {"success", "succeeded", "ok", "completed"}


@dataclass(frozen=True)
class Said:
    """One message; ``at`` are seconds since 1970."""

    who: str
    text: str
    at: float | None


@dataclass
class Talk:
    """What a conversation holds; ``parts`` counts all its parts, ``seconds`` are those between the last
    answer of Fin and the customer's message before it."""

    parts: int = 0
    said: list[Said] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    tool_error: str | None = None
    person_after_fin: bool = False

    @property
    def answers(self) -> list[Said]:
        return [one for one in self.said if one.who == _FIN]

    @property
    def question(self) -> str | None:
        """What the customer asked first."""
        return next((one.text for one in self.said if one.who == _CUSTOMER), None)

    @property
    def seconds(self) -> float | None:
        asked: float | None = None
        took: float | None = None
        for one in self.said:
            if one.who == _CUSTOMER:
                asked = one.at
            elif one.who == _FIN and asked is not None and one.at is not None and one.at >= asked:
                took = one.at - asked
        return took


def talk_in(fields: Mapping[str, Any]) -> Talk:
    """The conversation in its order; the first message stands in ``source``, before all parts."""
    talk = Talk()
    first = object_of(fields.get("source"))
    _add(talk, first, fields.get("created_at"))
    started: list[str] = []
    finished: list[str] = []
    for part in _parts(fields):
        talk.parts += 1
        kind = text_of(part.get("part_type"))
        if kind in (_STARTED, _FINISHED):
            action = object_of(object_of(part.get("event_details")).get("action"))
            name, result = text_of(action.get("name")), text_of(action.get("result"))
            if name is not None:
                (started if kind == _STARTED else finished).append(name)
            if kind == _FINISHED and result is not None and result.casefold() not in _WENT_WELL:
                talk.tool_error = talk.tool_error or f"{name or 'Action'}: {result}"
        else:
            _add(talk, part, part.get("created_at"))
    talk.tools = started or finished
    return talk


def _parts(fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The parts by their times: the API gives them so, files put together by hand may not."""
    listed = object_of(fields.get("conversation_parts")).get("conversation_parts")
    found = [one for one in list_of(listed or fields.get("conversation_parts")) if isinstance(one, dict)]
    parts = [one for one in found if "conversation_parts" not in one]
    times = [number_of(part.get("created_at")) for part in parts]
    last = 0.0
    placed = []
    for place, (part, time) in enumerate(zip(parts, times, strict=True)):
        last = last if time is None else time
        placed.append((last, place, part))
    placed.sort(key=lambda one: one[:2])
    yield from (part for _, _, part in placed)


def _add(talk: Talk, message: Mapping[str, Any], at: Any) -> None:
    """A message with words; a note that only colleagues see is none."""
    body = message.get("body")
    words = text_in(body) if isinstance(body, str) else None
    who = _speaker(object_of(message.get("author")))
    if words is None or who is None or text_of(message.get("part_type")) == "note":
        return
    if who == _PERSON and talk.answers:
        talk.person_after_fin = True
    talk.said.append(Said(who, words, number_of(at)))


def _speaker(author: Mapping[str, Any]) -> str | None:
    kind = (text_of(author.get("type")) or "").casefold()
    if author.get("from_ai_agent") is True or author.get("is_ai_answer") is True:
        return _FIN
    if kind in _CUSTOMERS:
        return _CUSTOMER
    if kind == "admin":
        return _PERSON
    # Bots that are not Fin greet and sort; their words are nobody's answer.
    return _FIN if kind == "bot" and (text_of(author.get("name")) or "").casefold() == "fin" else None
