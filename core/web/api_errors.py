"""Errors of the HTTP interface that whoever asks can act on, as JSON with the status that fits."""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from core.actions.questions_as_json import questions_as_json
from core.errors import (
    Conflict,
    ImportCancelled,
    InvalidDocument,
    NotAllowed,
    QuestionsOpen,
    StoreUnavailable,
    UnknownFeature,
    UnreadableFile,
    UserError,
)
from core.web.api import FRESH
from core.web.api_requests import TooLarge

_STATUS: list[tuple[type[UserError] | tuple[type[UserError], ...], int]] = [
    (UnknownFeature, 404),
    (NotAllowed, 403),
    ((Conflict, ImportCancelled), 409),
    (TooLarge, 413),
    ((UnreadableFile, QuestionsOpen, InvalidDocument), 422),
    (StoreUnavailable, 503),
]
"""What an error is in HTTP; the first kind that fits, else 400."""

_REFUSED = "token_refused"


def tell(request: Request, error: Exception) -> JSONResponse:
    """The error in its own words; with the questions of a file, where it has some."""
    if not isinstance(error, UserError):
        raise error
    status = _status(error)
    body: dict[str, Any] = {"error": {"code": error.code, "message": error.sentence, "mend": error.mend}}
    if isinstance(error, QuestionsOpen):
        body["questions"] = questions_as_json(error)
    headers = {**FRESH, "WWW-Authenticate": "Bearer"} if status == 401 else FRESH
    return JSONResponse(body, status, headers=headers)


def _status(error: UserError) -> int:
    if error.code == _REFUSED:
        return 401
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
