"""The import worker: one thread that carries out waiting imports, apart from any visitor's page."""

import logging
import time
import traceback
from datetime import UTC, datetime

from core.actions.importing import abandon_unfinished, run_import, waiting_imports
from core.actions.worker import Worker
from core.actions.workspace import Workspace
from core.errors import UserError

_LOG = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 0.5
_CLEAN_UP_EVERY_SECONDS = 60.0


class ImportWorker(Worker):
    """Imports one after the other, so that two uploads of one feature never race."""

    name = "import-worker"
    pause_seconds = _LOOK_EVERY_SECONDS
    # An import that is under way dies with the process, unpublished.
    patience_seconds = 2.0

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace)
        self._clean_up_at = time.monotonic() + _CLEAN_UP_EVERY_SECONDS

    def _round(self) -> bool:
        self._clean_up()
        waiting = waiting_imports(self._workspace)
        if waiting:
            run_import(self._workspace, waiting[0], lambda: datetime.now(UTC))
        return bool(waiting)

    def _tell(self, error: Exception) -> None:
        if isinstance(error, UserError):
            # The upload's own row says so to the user; the log keeps only the kind of fault.
            _LOG.info("import not done: %s", error.code)
            return
        # The message may quote the uploaded file: only the kind of fault and its places are kept.
        frames = traceback.extract_tb(error.__traceback__)
        places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
        _LOG.error("import failed: %s at %s", type(error).__name__, places)

    def _clean_up(self) -> None:
        """Now and then give up what a killed command has left: it must not read "reading" for ever."""
        if time.monotonic() < self._clean_up_at:
            return
        self._clean_up_at = time.monotonic() + _CLEAN_UP_EVERY_SECONDS
        abandon_unfinished(self._workspace, datetime.now(UTC))
