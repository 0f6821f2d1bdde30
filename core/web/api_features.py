"""What the HTTP interface answers about a feature: its gate and its flags, imports into it, and its stop."""

import hashlib
import json
from datetime import UTC, datetime
from functools import partial
from typing import Any, BinaryIO

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.actions.as_json import moved_as_json
from core.actions.flags import view_permission
from core.actions.gate_answer import gate_answer
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import Caller
from core.actions.rollout import Moved, pause, roll_back
from core.actions.tokens import TokenScope
from core.export.flags import FlagFormat, flag_file
from core.intake.answers import Answers
from core.intake.reader_process import start_ahead
from core.web import api_requests as asked
from core.web import wiring
from core.web.api import FRESH
from core.web.openapi import DOCUMENT

_FOR_A_MOMENT = {"Cache-Control": "private, max-age=5", "Vary": "Authorization"}

_ONE_AT_A_TIME = CapacityLimiter(1)
"""Reading a file takes the memory of a whole process: the next one waits."""


def gate(request: Request) -> JSONResponse:
    """The gate's JSON, as `readygate gate --json` has it; 200 for every verdict."""
    now, opened = datetime.now(UTC), wiring.workspace()
    caller = asked.caller_of(opened, request, TokenScope.READ, now)
    return JSONResponse(gate_answer(opened, caller, now, asked.slug_of(request)), headers=FRESH)


def flags(request: Request) -> Response:
    """The flag definition; 304 without a body where the asking system has this one already."""
    now, opened = datetime.now(UTC), wiring.workspace()
    caller = asked.caller_of(opened, request, TokenScope.READ, now)
    form = asked.choice_of(request, "format", tuple(FlagFormat)) or FlagFormat.FLAGD
    found = view_permission(opened, caller, now, asked.slug_of(request))
    body = json.dumps(flag_file(found, FlagFormat(form)), ensure_ascii=False).encode()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {**_FOR_A_MOMENT, "ETag": tag}
    if _is_known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


async def imports(request: Request) -> JSONResponse:
    """Take a file and import it; answers when it is done, with the account of its rows."""
    now, opened = datetime.now(UTC), wiring.workspace()
    caller = await to_thread.run_sync(asked.caller_of, opened, request, TokenScope.IMPORT, now)
    name, answers = asked.file_name_of(request), asked.answers_of(request)
    bundle, suite = asked.word_of(request, "bundle"), asked.word_of(request, "suite")
    with await asked.file_of(request, opened.spool) as content:
        do = partial(_import, caller, asked.slug_of(request), name, content, answers, bundle, suite)
        report = await to_thread.run_sync(do, limiter=_ONE_AT_A_TIME)
    return JSONResponse({"files": [{**report, "questions": []}]}, headers=FRESH)


async def pause_rollout(request: Request) -> JSONResponse:
    """Pause the rollout; ``reason`` in the body may say why."""
    caller, reason = await _stopping(request)
    slug = asked.slug_of(request)
    do = partial(pause, wiring.workspace(), caller, datetime.now(UTC), slug, reason=reason)
    return _moved(slug, await to_thread.run_sync(do))


async def roll_back_rollout(request: Request) -> JSONResponse:
    """Take the feature back from its users; ``reason`` in the body must say why."""
    caller, reason = await _stopping(request)
    slug = asked.slug_of(request)
    do = partial(roll_back, wiring.workspace(), caller, datetime.now(UTC), slug, reason=reason)
    return _moved(slug, await to_thread.run_sync(do))


def openapi(request: Request) -> JSONResponse:
    """What this interface takes and answers; it tells nothing of any feature, so that it needs no token."""
    return JSONResponse(DOCUMENT, headers=FRESH)


async def _stopping(request: Request) -> tuple[Caller, str]:
    now, opened = datetime.now(UTC), wiring.workspace()
    caller = await to_thread.run_sync(asked.caller_of, opened, request, TokenScope.STOP, now)
    return caller, await asked.reason_of(request)


def _moved(slug: str, moved: Moved) -> JSONResponse:
    return JSONResponse(moved_as_json(slug, moved), headers=FRESH)


def _import(
    caller: Caller,
    slug: str,
    name: str,
    content: BinaryIO,
    answers: Answers,
    bundle: str | None,
    suite: str | None,
) -> dict[str, Any]:
    opened = wiring.workspace()
    start_ahead()  # It loads what it needs while the file is put down.
    upload_id = start_import(
        opened,
        caller,
        datetime.now(UTC),
        slug,
        file_name=name,
        content=content,
        answers=answers,
        bundle=bundle,
        suite=suite,
        for_worker=False,
    )
    done = run_import(opened, upload_id, lambda: datetime.now(UTC))
    return dict(done.report or {})


def _is_known(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or tag in (one.strip().removeprefix("W/") for one in known.split(","))


_FEATURE = "/v1/features/{slug}"

ROUTES = [
    Route(f"{_FEATURE}/gate", gate, methods=["GET"]),
    Route(f"{_FEATURE}/flags", flags, methods=["GET"]),
    Route(f"{_FEATURE}/imports", imports, methods=["POST"]),
    Route(f"{_FEATURE}/pause", pause_rollout, methods=["POST"]),
    Route(f"{_FEATURE}/rollback", roll_back_rollout, methods=["POST"]),
    Route("/v1/openapi.json", openapi, methods=["GET"]),
]
