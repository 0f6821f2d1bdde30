"""The HTTP interface beside the pages: the health check, and JSON for everything under /api."""

import logging
import re

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import UserError
from core.web import wiring
from core.web.failures import log_failure

FRESH = {"Cache-Control": "no-store"}
_LOOK = "The addresses are listed at /api/v1/openapi.json."

logger = logging.getLogger("readygate")


def healthz(request: Request) -> JSONResponse:
    """200 when the database answers and its schema is this program's; else 503."""
    try:
        wiring.check_database()
    except UserError as problem:
        logger.warning("not healthy: %s", problem.code)
        return JSONResponse({"status": "unavailable"}, status_code=503, headers=FRESH)
    except Exception as error:
        log_failure(error)
        return JSONResponse({"status": "unavailable"}, status_code=503, headers=FRESH)
    return JSONResponse({"status": "ok"}, headers=FRESH)


def refuse(request: Request, error: Exception) -> JSONResponse:
    """404, 405 and their kin as JSON: a typo must not look like a page, and so like success."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {404: "There is nothing at this address.", 405: "This address does not take this method."}
    sentence = words.get(status, "The request could not be answered.")
    body = {"code": _code(status), "message": sentence, "mend": _LOOK}
    headers = {**(getattr(error, "headers", None) or {}), **FRESH}
    return JSONResponse({"error": body}, status, headers=headers)


def fail(request: Request, error: Exception) -> JSONResponse:
    """A bug in a handler: the id is in the log."""
    mend = "Give the id to whoever runs Readygate."
    body = {"code": "internal", "message": "Something went wrong.", "mend": mend, "id": log_failure(error)}
    return JSONResponse({"error": body}, 500, headers=FRESH)


def nowhere(request: Request) -> JSONResponse:
    """`/api` without a slash, which Streamlit would otherwise answer with a page."""
    return refuse(request, HTTPException(404))


def _code(status: int) -> str:
    return {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")


class Api:
    """Everything under /api, put together when the first request comes: its libraries load slowly, and
    `app.py` must serve before that."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            self._app = await to_thread.run_sync(_application)
        await self._app(scope, receive, send)


def _application() -> ASGIApp:
    from core.web import api_features
    from core.web.api_errors import tell

    application = Starlette(
        routes=api_features.ROUTES,
        exception_handlers={HTTPException: refuse, UserError: tell, Exception: fail},
    )
    # An address with a slash too many is none of ours, and is told so in JSON.
    application.router.redirect_slashes = False
    return application


_EVERYTHING = Mount("/api", app=Api())
# Also an address with a line end in it, which would otherwise be answered with a page.
_EVERYTHING.path_regex = re.compile(_EVERYTHING.path_regex.pattern, re.DOTALL)

ROUTES: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/api", nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    _EVERYTHING,
]
