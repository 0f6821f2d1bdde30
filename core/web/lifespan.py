"""What happens once when the server starts and stops: lock, database, half imports, settings, workers."""

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio.to_thread

from core.errors import UserError
from core.web import sign_in, wiring
from core.web.prompt_answers import send_at_once_when_listening

# Loaded before the first visitor comes, who would otherwise wait a second for them.
_WARM = ("pandas", "plotly.graph_objects", "openpyxl", "scipy.stats")


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[dict[str, Any]]:
    """Open the workspace for as long as the server runs."""
    serving = served_workspace()
    try:
        await anyio.to_thread.run_sync(serving.__enter__)
    except UserError as problem:
        # In the terminal of whoever started the server, instead of a traceback.
        sys.stderr.write(f"Readygate did not start. {problem}\n")
        raise StartRefused from None
    prompt = asyncio.create_task(send_at_once_when_listening())
    try:
        yield {}
    finally:
        prompt.cancel()
        await anyio.to_thread.run_sync(serving.__exit__, None, None, None)


class StartRefused(Exception):
    """The server cannot start; the reason has been printed."""


@contextmanager
def served_workspace() -> Iterator[None]:
    """Hold the lock of the home folder, with the workspace open and the workers running.

    Nothing is opened where people could come in who have not signed in.
    """
    sign_in.check_start()
    with one_server(wiring.home_folder(), shared=wiring.database_url() is not None):
        opened = wiring.workspace()
        wiring.clean_up(opened, datetime.now(UTC))
        wiring.note_settings(opened, datetime.now(UTC))
        for name in _WARM:
            importlib.import_module(name)
        makes = (
            wiring.import_worker,
            wiring.retention_worker,
            wiring.log_worker,
            wiring.webhook_worker,
            wiring.warm_worker,
        )
        workers = [make(opened) for make in makes]
        for worker in workers:
            worker.start()
        try:
            yield
        finally:
            for worker in workers:
                worker.stop()


@contextmanager
def one_server(home: Path, *, shared: bool) -> Iterator[None]:
    """Refuse a second server on one embedded database; a ``shared`` database takes many servers."""
    if shared:
        yield
        return
    from core.actions.workspace import locked_home

    home.mkdir(parents=True, exist_ok=True)
    with locked_home(
        home,
        f"Another Readygate server is already using the folder {home}.",
        "Open that one in the browser, stop it first, or set READYGATE_HOME to another folder.",
    ):
        yield
