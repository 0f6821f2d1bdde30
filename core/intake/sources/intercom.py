"""Intercom conversations, recognised by ``ai_agent_participated`` and ``conversation_parts``: one that Fin
took part in is one run."""

from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.epochs import SECONDS, time_text
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import json_list, list_of, number_text, object_of, text_of
from core.intake.sources.intercom_parts import Talk, talk_in
from core.intake.sources.intercom_scores import rating_of, reaction_of, scores_in
from core.intake.sources.source import Context, Head

_HANDED_OVER = {"escalated", "procedure_handoff", "routed_to_team"}
_MOST_PARTS = 500

_BECAME = {
    "id": "run_id, session_id",
    "created_at": "started_at",
    "contacts": "user_id",
    "channel": "channel",
    "source": "query",
    "conversation_parts": "query, response, tools_called, tool_selected, tool_error, latency_ms, escalated",
    "ai_agent": "user_feedback, retrieved_ids, cited_ids, context_summary, escalated, abstained",
    "conversation_rating": "scores",
    "monitor_evaluations": "scores",
    "scorecards": "scores",
}


def recognised(head: Head, context: Context) -> "Conversations | None":
    """The export of a file with these fields; None where it is none of Intercom's."""
    return Conversations(context) if head.has("ai_agent_participated", "conversation_parts") else None


class Conversations(ToolExport):
    """One row is one conversation; those without Fin are left out."""

    name = "intercom"

    def __init__(self, context: Context) -> None:
        because = "These are Intercom conversations: they have ai_agent_participated and conversation_parts."
        super().__init__(Kind.TRACES, because, _BECAME, context)
        self._without_fin = self._cut = self._partless = self._assumed = 0

    def _row(self, number: int, fields: Fields) -> Row | None:
        agent = object_of(fields.get("ai_agent"))
        talk = talk_in(fields)
        if not (text_of(fields.get("ai_agent_participated")) == "true" or agent or talk.answers):
            self._without_fin += 1
            return None
        self._note_limits(fields, talk)
        row = self._run(fields, agent, talk)
        for score in scores_in(fields, row["run_id"]):
            self._add(Kind.SCORES, number, score)
        return row

    def _run(self, fields: Fields, agent: dict[str, Any], talk: Talk) -> Row:
        state = text_of(agent.get("resolution_state"))
        self._assumed += state == "assumed_resolution" and rating_of(agent) is None
        sources = _sources(agent)
        ids = [text for one in sources if (text := text_of(one.get("url")) or text_of(one.get("title")))]
        titles = [text for one in sources if (text := text_of(one.get("title")))]
        called = talk.tools
        row: Row = {
            "run_id": text_of(fields.get("id")),
            "session_id": text_of(fields.get("id")),
            "started_at": time_text(fields.get("created_at"), SECONDS),
            "user_id": _user(fields),
            "channel": _channel(fields),
            "query": talk.question,
            "response": talk.answers[-1].text if talk.answers else None,
            "latency_ms": None if talk.seconds is None else number_text(talk.seconds * 1000.0),
            "tools_called": json_list(called),
            "tool_selected": called[0] if called else None,
            "tool_error": talk.tool_error,
            "retrieved_ids": json_list(dict.fromkeys(ids)),
            "cited_ids": json_list(dict.fromkeys(ids)),
            "context_summary": "; ".join(dict.fromkeys(titles)) or None,
            "escalated": _escalated(state, agent, talk),
            "abstained": _abstained(agent, talk),
            "user_feedback": reaction_of(state, rating_of(agent), self._feedback),
        }
        attributes = self._context.facts.found("custom_attributes", fields.get("custom_attributes"))
        tags = self._context.facts.found("tags", _tags(fields))
        for place, facts in (("custom_attributes", attributes), ("tags", tags)):
            fresh = {name: cell for name, cell in facts.items() if row.get(name) is None}
            self._found(place, fresh)
            row |= fresh
        return row

    def _note_limits(self, fields: Fields, talk: Talk) -> None:
        stated = object_of(fields.get("conversation_parts"))
        total = text_of(stated.get("total_count")) or "0"
        more = total.isdecimal() and len(total) < 10 and int(total) > talk.parts
        self._cut += talk.parts >= _MOST_PARTS or (more and talk.parts > 0)
        self._partless += talk.parts == 0

    def tell(self) -> None:
        for code, sentence, count in (
            ("without_fin", "Conversations that Fin took no part in, left out: {count}.", self._without_fin),
            (
                "cut_conversations",
                "Conversations whose oldest parts Intercom left out (it gives 500 at most), so that the"
                " question may not be the first one: {count}.",
                self._cut,
            ),
            (
                "without_parts",
                "Conversations without their messages: {count}. The API gives them for single conversations"
                " only: fetch each one by its id.",
                self._partless,
            ),
            (
                "assumed_resolution",
                "Conversations that Intercom assumes were solved because the customer fell silent: {count}."
                " That is no acceptance, so the user's reaction is unknown.",
                self._assumed,
            ),
        ):
            if count:
                self._notices.add(code, sentence, count)
        self._notices.add(
            "whole_seconds",
            "Intercom states times in whole seconds, so latencies are whole seconds too. There is no"
            " model, no tokens and no cost; the sources are those that Fin used, not all that it found.",
        )


def _sources(agent: dict[str, Any]) -> list[dict[str, Any]]:
    listed = object_of(agent.get("content_sources")).get("content_sources") or agent.get("content_sources")
    found = [one for one in list_of(listed) if isinstance(one, dict) and not one.get("content_sources")]
    if found or text_of(agent.get("source_title")) is None:
        return found
    return [{"title": agent.get("source_title")}]


def _user(fields: Fields) -> str | None:
    contacts = object_of(fields.get("contacts")).get("contacts") or fields.get("contacts")
    first = next((one for one in list_of(contacts) if isinstance(one, dict)), {})
    return text_of(first.get("external_id")) or text_of(first.get("id"))


def _channel(fields: Fields) -> str | None:
    stated = object_of(fields.get("channel"))
    if stated:
        return text_of(stated.get("initial")) or text_of(stated.get("current"))
    return text_of(fields.get("channel")) or text_of(object_of(fields.get("source")).get("type"))


def _tags(fields: Fields) -> list[str]:
    listed = object_of(fields.get("tags")).get("tags") or fields.get("tags")
    return [name for one in list_of(listed) if (name := text_of(object_of(one).get("name"))) is not None]


def _escalated(state: str | None, agent: dict[str, Any], talk: Talk) -> str | None:
    if state in _HANDED_OVER or talk.person_after_fin:
        return "true"
    return "false" if agent or talk.parts else None


def _abstained(agent: dict[str, Any], talk: Talk) -> str | None:
    """Whether Fin gave no answer at all; unknown where the file does not say which it gave."""
    if "last_answer_type" not in agent:
        return None
    return "true" if text_of(agent["last_answer_type"]) is None and not talk.answers else "false"
