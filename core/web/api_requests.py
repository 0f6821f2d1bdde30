"""What comes in over HTTP: the token, small JSON bodies, and files, which go to disk piece by piece."""

import json
import tempfile
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from anyio import to_thread
from starlette.requests import Request

from core.actions.people import Caller
from core.actions.tokens import TokenScope, caller_with
from core.errors import NotAllowed, UserError, WrongUsage
from core.intake.answers import Answers, read_answers
from core.report.hidden_characters import marked

if TYPE_CHECKING:
    from core.actions.workspace import Workspace

KINDS = ("auto", "traces", "evals", "labels", "failures")
PERSONAL_DATA = ("replace", "keep")
MOST_FILE_BYTES = 5 * 2**30

_MOST_BODY_BYTES = 64 * 2**10
_WRITE_BYTES = 2**20
_LONGEST_WORD = 255
_LONGEST_REASON = 500
_BEARER = "bearer "


class TooLarge(UserError):
    """The body is larger than can be taken."""

    code = "too_large"


def caller_of(opened: "Workspace", request: Request, scope: TokenScope, now: datetime) -> Caller:
    """Who asks, by the token in the request; a login cookie says nothing here."""
    shown = request.headers.getlist("authorization")
    if len(shown) != 1 or not shown[0].lower().startswith(_BEARER):
        raise NotAllowed(
            "There is no token in the request.",
            mend="Send “Authorization: Bearer …” with a token from the Settings page.",
            code="token_refused",
        )
    token = shown[0][len(_BEARER) :].strip()
    return caller_with(opened, now, token, scope, slug_of(request))


def slug_of(request: Request) -> str:
    return str(request.path_params["slug"])


async def reason_of(request: Request) -> str:
    """The reason in a JSON body such as {"reason": "Wrong refunds"}; without a body none."""
    raw = b""
    async for piece in request.stream():
        raw += piece
        if len(raw) > _MOST_BODY_BYTES:
            raise _too_large(_MOST_BODY_BYTES)
    if not raw:
        return ""
    try:
        body: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise _not_the_body("It is not JSON.") from None
    if not isinstance(body, dict) or set(body) - {"reason"}:
        raise _not_the_body("It holds something else.")
    reason = body.get("reason", "")
    if not isinstance(reason, str):
        raise _not_the_body("The reason is not text.")
    # A stop must not fail for the words of its reason: they are shortened and made readable instead.
    return marked(" ".join(reason.split()))[:_LONGEST_REASON]


async def file_of(request: Request, folder: Path) -> AbstractContextManager[BinaryIO]:
    """The body in a file without a name in ``folder``, which goes away when it is closed."""
    _refuse_stated_size(request)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    kept = cast(BinaryIO, tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
    try:
        size, waiting = 0, bytearray()
        async for piece in request.stream():
            size += len(piece)
            if size > MOST_FILE_BYTES:
                raise _too_large(MOST_FILE_BYTES)
            waiting += piece
            if len(waiting) >= _WRITE_BYTES:
                await to_thread.run_sync(kept.write, bytes(waiting))
                waiting.clear()
        await to_thread.run_sync(kept.write, bytes(waiting))
        kept.seek(0)
    except BaseException:
        kept.close()
        raise
    return kept


def file_name_of(request: Request) -> str:
    """The file's name from the query; its ending says what the file is."""
    name = _word(request, "file")
    if not name:
        raise WrongUsage("The file has no name.", mend="Add ?file=results.jsonl to the address.")
    return name


def word_of(request: Request, name: str) -> str | None:
    """A short text from the query, such as the name of the release."""
    return _word(request, name) or None


def answers_of(request: Request) -> Answers:
    """What the query settles beforehand: ``kind``, ``personal_data``, and ``mapping`` as JSON."""
    answers = read_answers(request.query_params.get("mapping") or "{}", "The mapping")
    kind = choice_of(request, "kind", KINDS)
    if kind not in (None, "auto"):
        answers = Answers.model_validate({**answers.model_dump(), "kind": kind})
    personal = choice_of(request, "personal_data", PERSONAL_DATA)
    return answers.model_copy(update={"personal_text": personal}) if personal else answers


def choice_of(request: Request, name: str, choices: tuple[str, ...]) -> str | None:
    chosen = request.query_params.get(name)
    if chosen is None or chosen in choices:
        return chosen
    raise WrongUsage(f"{name} cannot be this.", mend=f"Choose one of {', '.join(choices)}.")


def _refuse_stated_size(request: Request) -> None:
    stated = request.headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and int(stated[:20]) > MOST_FILE_BYTES:
        raise _too_large(MOST_FILE_BYTES)


def _word(request: Request, name: str) -> str:
    words = marked(request.query_params.get(name) or "").strip()
    if len(words) > _LONGEST_WORD:
        raise WrongUsage(f"{name} is longer than {_LONGEST_WORD} characters.", mend="Say it shorter.")
    return words


def _not_the_body(sentence: str) -> WrongUsage:
    return WrongUsage(f"The body cannot be used. {sentence}", mend='Send {"reason": "…"} or nothing.')


def _too_large(most: int) -> TooLarge:
    words = f"{most / 2**30:.0f} GB" if most >= 2**30 else f"{most / 2**10:.0f} KB"
    return TooLarge(f"The body is larger than {words}.", mend="Split the file, or send less.")
