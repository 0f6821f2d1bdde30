"""The import worker: one thread that carries out waiting imports, apart from any visitor's page."""

import logging
import threading
import time
import traceback
from datetime import UTC, datetime

from core.actions.importing import abandon_unfinished, run_import, waiting_imports
from core.actions.workspace import Workspace
from core.errors import UserError

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 0.5
_CLEAN_UP_EVERY_SECONDS = 60.0


class ImportWorker:
    """Imports one after the other, so that two uploads of one feature never race."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stopping = threading.Event()
        self._clean_up_at = time.monotonic() + _CLEAN_UP_EVERY_SECONDS
        self._thread = threading.Thread(target=self._work, name="import-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_seconds: float = 2.0) -> None:
        """Ask the thread to end; an import that is under way dies with the process, unpublished."""
        self._stopping.set()
        self._thread.join(patience_seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._clean_up()
                waiting = waiting_imports(self._workspace)
                if waiting:
                    run_import(self._workspace, waiting[0], lambda: datetime.now(UTC))
                    continue
            except UserError as error:
                # The upload's own row says so to the user; the log keeps only the kind of fault.
                _LOG.info("import not done: %s", error.code)
            except Exception as error:
                # The message may quote the uploaded file: only the kind of fault and its places are kept.
                frames = traceback.extract_tb(error.__traceback__)
                places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
                _LOG.error("import failed: %s at %s", type(error).__name__, places)
            self._stopping.wait(_LOOK_EVERY_SECONDS)

    def _clean_up(self) -> None:
        """Now and then give up what a killed command has left: it must not read "reading" for ever."""
        if time.monotonic() < self._clean_up_at:
            return
        self._clean_up_at = time.monotonic() + _CLEAN_UP_EVERY_SECONDS
        abandon_unfinished(self._workspace, datetime.now(UTC))
