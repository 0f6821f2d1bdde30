"""Helicone: one row is one request to a model. The API and the export command write ``request_properties``
and ``response_status``, the newer page ``heliconeMetadata``, the older page ``requestText``."""

from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import number_of, number_text, object_of, text_of
from core.intake.sources.helicone_requests import Request, request_of, span_row
from core.intake.sources.source import Context, Head

_RECORD, _PAGE, _OLDER_PAGE = "record", "page", "older page"
_SIGNS = {
    _PAGE: ("heliconeMetadata", "id"),
    _RECORD: ("request_properties", "response_status", "request_created_at"),
    _OLDER_PAGE: ("requestText", "responseText", "createdAt", "promptTokens"),
}
_WORDS = {
    _RECORD: "export of the API or the command: it has the columns request_properties and response_status",
    _PAGE: "export of the requests page: it has the column heliconeMetadata",
    _OLDER_PAGE: "export of the older requests page: it has the columns requestText and responseText",
}
_PAGE_ROWS = 500
_YES_NO_ENDING = "-hcone-bool"
RATING = "feedback_rating"
"""The name of the user's own thumbs up or down, which needs no question."""

_BECAME = {
    _RECORD: {
        "request_id": "span_id",
        "response_id": "span_id",
        "request_properties": "run_id, session_id",
        "properties": "run_id, session_id",
        "request_created_at": "started_at",
        "response_created_at": "ended_at",
        "delay_ms": "ended_at",
        "request_user_id": "user_id",
        "request_body": "input, tools_considered",
        "response_body": "output, tools_called",
        "model": "model",
        "request_model": "model",
        "response_model": "model",
        "prompt_tokens": "input_tokens",
        "completion_tokens": "output_tokens",
        "cost": "cost_usd",
        "costUSD": "cost_usd",
        "cost_usd": "cost_usd",
        "prompt_id": "prompt_version",
        "prompt_version": "prompt_version",
        "response_status": "error",
        "request_path": "name",
        "feedback_rating": "user_feedback",
        "scores": "scores",
    },
    _PAGE: {
        "id": "span_id",
        "heliconeMetadata": (
            "run_id, session_id, started_at, ended_at, user_id, input_tokens, output_tokens, cost_usd, error"
        ),
        "raw": "input, output, tools_considered, tools_called",
        "schema": "input, output, tools_considered, tools_called",
        "preview": "input, output",
        "model": "model",
    },
    _OLDER_PAGE: {
        "id": "span_id",
        "createdAt": "started_at",
        "latency": "ended_at",
        "user": "user_id",
        "requestBody": "input, tools_considered",
        "responseBody": "output, tools_called",
        "requestText": "input",
        "responseText": "output",
        "model": "model",
        "promptTokens": "input_tokens",
        "completionTokens": "output_tokens",
        "cost": "cost_usd",
        "promptId": "prompt_version",
        "status": "error",
        "path": "name",
        "feedback": "user_feedback",
        "scores": "scores",
    },
}


def recognised(head: Head, context: Context) -> "HeliconeExport | None":
    """The export that a file with these columns is; None where it is none of Helicone's."""
    shape = next((shape for shape, signs in _SIGNS.items() if head.has(*signs)), None)
    return None if shape is None else HeliconeExport(shape, context)


class HeliconeExport(ToolExport):
    """One row is one request; those of a session are the steps of one run."""

    name = "helicone"

    def __init__(self, shape: str, context: Context) -> None:
        super().__init__(Kind.SPANS, f"This is a Helicone {_WORDS[shape]}.", _BECAME[shape], context)
        self._shape = shape
        self._rows_read = self._wordless = self._cut = self._in_sessions = 0

    def _row(self, number: int, fields: Fields) -> Row:
        request = request_of(fields)
        self._rows_read += 1
        self._in_sessions += request.session_id is not None
        row = span_row(request)
        self._wordless += row["input"] is None and row["output"] is None
        self._cut += request.is_cut
        place = "heliconeMetadata" if self._shape == _PAGE else "request_properties"
        facts = self._context.facts.found("properties", request.properties)
        fresh = {name: cell for name, cell in facts.items() if row.get(name) is None}
        self._found(place, fresh)
        for score in self._scores(request, row):
            self._add(Kind.SCORES, number, score)
        return row | fresh

    def _scores(self, request: Request, row: Row) -> list[Row]:
        """The user's rating, and each score by name."""
        found = []
        if request.rating is not None:
            rating = _score(row, RATING, number_text(float(request.rating)), "API", request.rated_at)
            found.append(rating | {"user_feedback": "accepted" if request.rating else "rejected"})
        for name, stated in request.scores.items():
            is_yes_no, plain = name.endswith(_YES_NO_ENDING), name.removesuffix(_YES_NO_ENDING)
            value = _number(stated)
            if not plain or value is None:
                continue
            value = float(bool(value)) if is_yes_no else value
            self._feedback.note(plain, number_text(value))
            score = _score(row, plain, number_text(value), None, None)
            found.append(score | {"user_feedback": self._feedback.reaction(plain, number_text(value))})
        return found

    def tell(self) -> None:
        if self._in_sessions:
            self._notices.add(
                "sessions",
                "Requests with a Helicone-Session-Id were put together: one session is one run. Its latency"
                " goes from the first request to the last answer.",
            )
        if self._in_sessions < self._rows_read:
            sentence = (
                "Requests without a Helicone-Session-Id, each of which counts as a run of its own: {count}."
            )
            self._notices.add("no_session", sentence, self._rows_read - self._in_sessions)
        if self._wordless:
            sentence = (
                "Requests without their question and answer: {count}. Export them with the bodies"
                " (--include-body), else nobody can read or judge them."
            )
            self._notices.add("no_content", sentence, self._wordless)
        if self._cut:
            sentence = "Texts that the page cut after 1,000 characters: {count}. Export with the full bodies."
            self._notices.add("cut_texts", sentence, self._cut)
        if self._shape != _RECORD and self._rows_read == _PAGE_ROWS:
            self._notices.add(
                "row_limit",
                "The file has exactly 500 requests, the most that Helicone's page exports: there are"
                " probably more. Use the export command or the API for all of them.",
            )
        if self._shape == _OLDER_PAGE:
            self._notices.add(
                "first_row_columns",
                "The older page of Helicone writes the properties of the first request only: segments and"
                " sessions of later requests may be missing. Use the export command or the API.",
            )


def _score(row: Row, name: str, value: str | None, source: str | None, at: str | None) -> Row:
    return {
        "run_id": row["run_id"],
        "score_id": f"{row['span_id']}:{name}"[:200],
        "name": name,
        "value": value,
        "source": source,
        "span_id": row["span_id"],
        "scored_at": at,
    }


def _number(stated: Any) -> float | None:
    """A score as a number; some versions write an object with a value."""
    within: Mapping[str, Any] = object_of(stated) if not isinstance(stated, bool | int | float) else {}
    found = within.get("value") if within else stated
    return float(found) if isinstance(found, bool) else number_of(text_of(found))
