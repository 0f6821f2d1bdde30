"""One request in each of Helicone's forms -> one step: what was asked, what came back, and how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.epochs import instant_of, later
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import (
    json_list,
    list_of,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.tool_calls import calls_in, tools_in

_OWN = "helicone-"
_SESSION, _PATH = "helicone-session-id", "helicone-session-path"
_OLDER_FIELDS = """
    model id countryCode cost createdAt path completionTokens promptTokens totalTokens latency user
    requestBody responseBody status promptId feedback provider temperature timeToFirstToken scores requestText
    responseText customProperties heliconeMetadata cacheEnabled cacheReferenceId"""
_PREVIEW = 1_000
_PENDING = -2
_KINDS = {"tool": "tool", "vector_db": "retriever"}
"""What a request that the team logged by hand is, by the ``_type`` in its body."""


@dataclass(frozen=True)
class Request:
    """One request, whatever form it came in; ``begun``, ``answered`` and ``rated_at`` are times as text,
    ``took`` milliseconds, ``status`` the code of HTTP; ``is_cut``: its texts are the beginnings only."""

    id: str | None
    properties: Mapping[str, Any]
    session_id: str | None
    path: str | None
    begun: str | None
    answered: str | None
    took: float | None
    user: str | None
    model: str | None
    tokens: tuple[float | None, float | None]
    cost: float | None
    prompt: str | None
    status: float | None
    request: Any
    response: Any
    texts: tuple[str | None, str | None]
    is_cut: bool
    rating: bool | None
    rated_at: str | None
    scores: Mapping[str, Any]


def request_of(fields: Fields) -> Request:
    """The request in one row of any of Helicone's exports."""
    if "heliconeMetadata" in fields:
        return _of_page(fields)
    return _of_older_page(fields) if "requestText" in fields else _of_record(fields)


def span_row(request: Request) -> Row:
    """The request as a step of its run: of its session, where it has one."""
    asked, answered = value_of(request.request), value_of(request.response)
    kind = str(object_of(asked).get("_type") or "")
    calls = calls_in(answered)
    return {
        "run_id": request.session_id or request.id,
        "span_id": request.id,
        "span_kind": _KINDS.get(kind, "llm"),
        "name": text_of(object_of(asked).get("toolName")) or request.path,
        "started_at": request.begun,
        "ended_at": _ended(request),
        "input": question_in(asked) or request.texts[0],
        "output": _answer(answered, bool(calls)) or request.texts[1],
        "model": request.model,
        "prompt_version": request.prompt,
        "user_id": request.user,
        "session_id": request.session_id,
        "input_tokens": number_text(request.tokens[0]),
        "output_tokens": number_text(request.tokens[1]),
        # 0 is what Helicone writes for a model without a price.
        "cost_usd": number_text(request.cost or None),
        "error": _error(request.status, answered),
        "tools_considered": json_list(tools_in(object_of(asked).get("tools"))),
        "tools_called": json_list(calls),
    }


def _of_record(fields: Fields) -> Request:
    properties = object_of(fields.get("request_properties")) or object_of(fields.get("properties"))
    return Request(
        id=text_of(fields.get("request_id")) or text_of(fields.get("response_id")),
        **_from_properties(properties, fields.get("request_path")),
        begun=text_of(fields.get("request_created_at")),
        answered=text_of(fields.get("response_created_at")),
        took=_first_number(fields, "delay_ms", "latency"),
        user=text_of(fields.get("request_user_id")) or text_of(fields.get("helicone_user")),
        model=_first_text(fields, "response_model", "model", "request_model"),
        tokens=_tokens(fields.get("prompt_tokens"), fields.get("completion_tokens")),
        cost=_first_number(fields, "costUSD", "cost", "cost_usd"),
        prompt=_prompt(fields.get("prompt_id"), fields.get("prompt_version")),
        status=number_of(fields.get("response_status")),
        request=fields.get("request_body"),
        response=fields.get("response_body"),
        texts=(None, None),
        is_cut=False,
        rating=_yes_no(fields.get("feedback_rating")),
        rated_at=text_of(fields.get("feedback_created_at")),
        scores=object_of(fields.get("scores")),
    )


def _of_page(fields: Fields) -> Request:
    about, raw = object_of(fields.get("heliconeMetadata")), object_of(fields.get("raw"))
    schema, preview = object_of(fields.get("schema")), object_of(fields.get("preview"))
    feedback = object_of(about.get("feedback"))
    asked, answered = raw.get("request") or schema.get("request"), raw.get("response")
    texts = text_of(preview.get("request")), text_of(preview.get("response"))
    return Request(
        id=text_of(about.get("requestId")) or text_of(fields.get("id")),
        **_from_properties(object_of(about.get("customProperties")), about.get("path")),
        begun=text_of(about.get("createdAt")),
        answered=None,
        took=number_of(about.get("latency")),
        user=text_of(about.get("user")),
        model=text_of(fields.get("model")),
        tokens=_tokens(about.get("promptTokens"), about.get("completionTokens")),
        cost=number_of(about.get("cost")),
        prompt=_prompt(about.get("promptId"), about.get("promptVersion")),
        status=_status(about.get("status")),
        request=asked,
        response=answered or schema.get("response"),
        texts=texts,
        is_cut=not asked and any(len(text or "") >= _PREVIEW for text in texts),
        rating=_yes_no(feedback.get("rating")),
        rated_at=text_of(feedback.get("createdAt")),
        scores=object_of(about.get("scores")),
    )


def _of_older_page(fields: Fields) -> Request:
    # The properties of the first request are columns of their own.
    known = _OLDER_FIELDS.split()
    own = {name: cell for name, cell in fields.items() if name not in known and cell is not None}
    feedback = object_of(fields.get("feedback"))
    return Request(
        id=text_of(fields.get("id")),
        **_from_properties({**object_of(fields.get("customProperties")), **own}, fields.get("path")),
        begun=text_of(fields.get("createdAt")),
        answered=None,
        took=number_of(fields.get("latency")),
        user=text_of(fields.get("user")),
        model=text_of(fields.get("model")),
        tokens=_tokens(fields.get("promptTokens"), fields.get("completionTokens")),
        cost=number_of(fields.get("cost")),
        prompt=_prompt(fields.get("promptId"), None),
        status=_status(fields.get("status")),
        request=fields.get("requestBody"),
        response=fields.get("responseBody"),
        texts=(text_of(fields.get("requestText")), text_of(fields.get("responseText"))),
        is_cut=False,
        rating=_yes_no(feedback.get("rating") if feedback else fields.get("feedback")),
        rated_at=text_of(feedback.get("createdAt")),
        scores=object_of(fields.get("scores")),
    )


def _from_properties(properties: Mapping[str, Any], path: Any) -> dict[str, Any]:
    """What Helicone keeps in the properties, and the team's own ones; their names come from headers of
    HTTP, so case and hyphens mean nothing."""
    by_name = {str(key).casefold(): value for key, value in properties.items()}
    own = {name.replace("-", "_"): cell for name, cell in by_name.items() if not name.startswith(_OWN)}
    return {
        "session_id": _word(by_name.get(_SESSION)),
        "path": _word(by_name.get(_PATH)) or _word(path),
        "properties": own,
    }


def _ended(request: Request) -> str | None:
    """When the answer was there: as long after the request as Helicone measured, else as it was stored."""
    if request.took is not None and request.took >= 0:
        return later(request.begun, request.took)
    begun, stored = instant_of(request.begun), instant_of(request.answered)
    return stored.isoformat() if begun is not None and stored is not None and stored >= begun else None


def _answer(answered: Any, has_calls: bool) -> str | None:
    """The words of the answer; an answer that only calls tools has none."""
    found = object_of(answered)
    if found.get("error") and not found.get("choices"):
        return None
    words = answer_in(answered)
    return None if has_calls and words == text_of(answered) else words


def _error(status: float | None, answered: Any) -> str | None:
    stated = object_of(answered).get("error")
    message = text_of(stated.get("message")) if isinstance(stated, dict) else text_of(stated)
    if status == _PENDING or status == 0:
        return "The request has no answer yet"
    if status is None or 200 <= status < 300:
        return message
    return f"Status {number_text(status)}: {message}" if message else f"Status {number_text(status)}"


def _status(cell: Any) -> float | None:
    stated = object_of(cell)
    if text_of(stated.get("statusType")) == "cached":
        return 200.0
    return number_of(stated.get("code")) if stated else number_of(cell)


def _tokens(into: Any, out: Any) -> tuple[float | None, float | None]:
    """Tokens in and out; both unknown where nothing was counted, as in a request that was refused."""
    counted = number_of(into), number_of(out)
    return counted if any(counted) else (None, None)


def _prompt(prompt: Any, version: Any) -> str | None:
    name, number = text_of(prompt), text_of(version)
    return (
        " ".join(part for part in (name, f"v{number.removeprefix('v')}" if number else None) if part) or None
    )


def _yes_no(cell: Any) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get((text_of(cell) or "").casefold())


def _first_text(fields: Fields, *names: str) -> str | None:
    return next((text for name in names if (text := text_of(fields.get(name))) is not None), None)


def _first_number(fields: Fields, *names: str) -> float | None:
    return next((number for name in names if (number := number_of(fields.get(name))) is not None), None)


def _word(cell: Any) -> str | None:
    """One word or number; the items of a list are no id."""
    return None if list_of(cell) != [] and isinstance(value_of(cell), dict | list) else text_of(cell)
