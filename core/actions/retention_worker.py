"""The retention worker: one thread that removes texts kept long enough, at the start and then by and by."""

import logging
import threading
from datetime import UTC, datetime

from core.actions.retention import run_retention
from core.actions.workspace import Workspace

_LOG = logging.getLogger("readygate")
_EVERY_SECONDS = 6 * 3600.0
"""Texts are gone within a day of their limit, even where one run fails."""


class RetentionWorker:
    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="retention-worker", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_seconds: float = 10.0) -> None:
        """Ask the thread to end; a run that is cut off has removed nothing, and the next one does."""
        self._stopping.set()
        self._thread.join(patience_seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                run_retention(self._workspace, datetime.now(UTC))
            except Exception as error:
                # The message may quote texts: only the kind of fault is kept.
                _LOG.error("texts were not removed: %s", type(error).__name__)
            self._stopping.wait(_EVERY_SECONDS)
