"""The OpenAPI document of the HTTP interface, written by hand; tests hold it against the routes."""

from collections.abc import Mapping
from typing import Any

_JSON = "application/json"
_ANY_OBJECT = {"type": "object"}

_ERROR_WORDS = {
    400: "The request itself is off; `mend` says what to send instead.",
    401: "No token, or one that does not hold.",
    403: "The token is not for this.",
    404: "There is no such feature, or the token is not for it.",
    409: "The rollout is not in a state in which this can be.",
    413: "The body is too large.",
    422: "The file cannot be imported as it is; `questions` lists what a mapping would have to answer.",
    503: "The database cannot be reached for the moment.",
}

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "mend"],
            "properties": {
                "code": {"type": "string", "description": "A stable machine word."},
                "message": {"type": "string"},
                "mend": {"type": "string", "description": "What to do about it; may be empty."},
                "id": {"type": "string"},
            },
        },
        "questions": {"type": "array", "items": _ANY_OBJECT},
    },
}

_VERDICTS = ["go", "no_go", "not_enough_evidence", "stale", "no_data"]
_STATES = ["not_started", "running", "paused", "rolled_back", "complete"]

_GATE = {
    "type": "object",
    "required": ["feature", "verdict", "state", "phase", "exposure", "reasons", "rows", "may_advance",
                 "conditions", "draft", "as_of", "hashes"],
    "properties": {
        "feature": {"type": "string"},
        "verdict": {"enum": _VERDICTS},
        "state": {"enum": _STATES},
        "phase": {"type": ["string", "null"]},
        "exposure": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "reasons": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": _ANY_OBJECT},
        "may_advance": {"type": "boolean"},
        "conditions": {"type": "array", "items": _ANY_OBJECT},
        "draft": {"type": "boolean"},
        "as_of": {"type": "string", "format": "date-time"},
        "hashes": _ANY_OBJECT,
    },
}  # fmt: skip

_MOVED = {
    "type": "object",
    "required": ["feature", "state", "phase", "at", "by", "reason"],
    "properties": {
        "feature": {"type": "string"},
        "state": {"enum": _STATES},
        "phase": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "by": {"type": "string"},
        "reason": {"type": "string"},
    },
}

_IMPORTED = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["file", "read", "accepted", "duplicate", "updated", "rejected", "skipped"],
            },
        }
    },
}

_NOT_BLANK = r"[!-~]"
_FILE_NAME = {"type": "string", "maxLength": 255, "pattern": _NOT_BLANK}

_SLUG = {
    "name": "slug",
    "in": "path",
    "required": True,
    "description": "The feature's short name, as in its addresses.",
    "schema": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 64},
}


def _query(name: str, about: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "description": about, "schema": dict(schema)}


def _header(name: str, about: str) -> dict[str, Any]:
    return {
        "name": name, "in": "header", "required": False, "description": about, "schema": {"type": "string"},
    }  # fmt: skip


def _operation(
    summary: str,
    about: str,
    scope: str | None,
    answer: Mapping[str, Any],
    *faults: int,
    **more: Any,
) -> dict[str, Any]:
    """One operation: ``scope`` is what its token must be for (None: it takes none)."""
    always = (401, 403, 404) if scope else ()
    responses: dict[str, Any] = {"200": {"description": "Done.", "content": {_JSON: {"schema": answer}}}}
    for status in sorted({*always, *faults, 503} if scope else set(faults)):
        failed = {"schema": {"$ref": "#/components/schemas/Error"}}
        responses[str(status)] = {"description": _ERROR_WORDS[status], "content": {_JSON: failed}}
    needs = f" The token needs “{scope}”." if scope else " It takes no token."
    return {
        "summary": summary,
        "description": about + needs,
        "security": [{"token": []}] if scope else [],
        "responses": responses,
        **more,
    }


def _flags() -> dict[str, Any]:
    made = _operation(
        "Who gets the feature now",
        "A flag definition of flagd, or the same facts as plain JSON. Nobody gets the feature after "
        "`valid_until`, or where its rollout is not running. Ask again with `If-None-Match`.",
        "read",
        _ANY_OBJECT,
        400,
        parameters=[
            _query("format", "The form of the answer.", {"enum": ["flagd", "json"], "default": "flagd"}),
            _header("If-None-Match", "The `ETag` of the answer that is there already."),
        ],
    )
    made["responses"]["200"]["headers"] = {"ETag": {"schema": {"type": "string"}}}
    made["responses"]["304"] = {"description": "Nothing has changed since."}
    return made


def _imports() -> dict[str, Any]:
    return _operation(
        "Import a file",
        "The body is the file as it is, up to 5 GB. The answer comes when the file is imported, with the "
        "account of its rows; a fault of the whole file saves nothing.",
        "import",
        _IMPORTED,
        400,
        409,
        413,
        422,
        parameters=[
            {
                **_query("file", "The file's name; its ending says what it is.", _FILE_NAME),
                "required": True,
            },
            _query(
                "kind",
                "What the file holds.",
                {"enum": ["auto", "traces", "evals", "labels", "failures"], "default": "auto"},
            ),
            _query("bundle", "The release that the evidence is of.", {"type": "string", "maxLength": 255}),
            _query("suite", "The eval suite that was run.", {"type": "string", "maxLength": 255}),
            _query(
                "personal_data",
                "What becomes of personal data in texts.",
                {"enum": ["replace", "keep"]},
            ),
            _query("mapping", "A mapping file, as JSON or TOML.", {"type": "string"}),
        ],
        requestBody={
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    )


def _stop(summary: str, about: str, *, needs_reason: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"reason": {"type": "string", "description": "Why, on one line of 500 characters."}},
    }
    if needs_reason:
        body["required"] = ["reason"]
        body["properties"]["reason"]["pattern"] = _NOT_BLANK
    return _operation(
        summary,
        about,
        "stop",
        _MOVED,
        400,
        409,
        413,
        requestBody={"required": needs_reason, "content": {_JSON: {"schema": body}}},
    )


_FEATURE = "/api/v1/features/{slug}"

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Readygate",
        "version": "1",
        "description": "Ask whether an AI feature may go on, who gets it now, hand in evidence, and stop it.",
    },
    "paths": {
        f"{_FEATURE}/gate": {
            "parameters": [_SLUG],
            "get": _operation(
                "The verdict",
                "The JSON of `readygate gate --json`. Every verdict is answered with 200: read `verdict` and "
                "`state`.",
                "read",
                _GATE,
            ),
        },
        f"{_FEATURE}/flags": {"parameters": [_SLUG], "get": _flags()},
        f"{_FEATURE}/imports": {"parameters": [_SLUG], "post": _imports()},
        f"{_FEATURE}/pause": {
            "parameters": [_SLUG],
            "post": _stop("Pause the rollout", "For a monitoring system that has seen enough.",
                          needs_reason=False),
        },
        f"{_FEATURE}/rollback": {
            "parameters": [_SLUG],
            "post": _stop("Take the feature back from its users", "It can only be started again afterwards.",
                          needs_reason=True),
        },
        "/api/v1/openapi.json": {
            "get": _operation("This document", "What the interface takes and answers.", None, _ANY_OBJECT)
        },
    },
    "components": {
        "schemas": {"Error": _ERROR},
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token from the Settings page.",
            }
        },
    },
}  # fmt: skip
