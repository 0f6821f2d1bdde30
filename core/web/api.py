"""The HTTP interface beside the pages: the health check, and JSON for everything under /api."""

import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Mount, Route

from core.errors import UserError
from core.web import wiring
from core.web.failures import log_failure

_FRESH = {"Cache-Control": "no-store"}

logger = logging.getLogger("readygate")


def healthz(request: Request) -> JSONResponse:
    """200 when the database answers and its schema is this program's; else 503."""
    try:
        wiring.check_database()
    except UserError as problem:
        logger.warning("not healthy: %s", problem.code)
        return JSONResponse({"status": "unavailable"}, status_code=503, headers=_FRESH)
    except Exception as error:
        log_failure(error)
        return JSONResponse({"status": "unavailable"}, status_code=503, headers=_FRESH)
    return JSONResponse({"status": "ok"}, headers=_FRESH)


def refuse(request: Request, error: Exception) -> JSONResponse:
    """404, 405 and their kin as JSON: a typo must not look like a page, and so like success."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {404: "There is nothing at this address.", 405: "This address does not take this method."}
    sentence = words.get(status, "The request could not be answered.")
    return JSONResponse({"error": {"code": _code(status), "message": sentence}}, status, headers=_FRESH)


def fail(request: Request, error: Exception) -> JSONResponse:
    """A bug in a handler: the id is in the log."""
    body = {"code": "internal", "message": "Something went wrong.", "id": log_failure(error)}
    return JSONResponse({"error": body}, 500, headers=_FRESH)


def nowhere(request: Request) -> JSONResponse:
    """`/api` without a slash, which Streamlit would otherwise answer with a page."""
    return refuse(request, HTTPException(404))


def _code(status: int) -> str:
    return {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")


# Handlers are plain functions: Starlette runs them in threads, so that the database never holds up
# the pages of other visitors. Routes of later steps are added here.
api = Starlette(routes=[], exception_handlers={HTTPException: refuse, Exception: fail})

ROUTES: list[BaseRoute] = [
    Route("/healthz", healthz),
    Route("/api", nowhere, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    Mount("/api", app=api),
]
