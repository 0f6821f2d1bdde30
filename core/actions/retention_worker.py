"""The retention worker: one thread that removes texts kept long enough, at the start and then by and by."""

import logging
from datetime import UTC, datetime

from core.actions.retention import run_retention
from core.actions.worker import Worker

_LOG = logging.getLogger("readygate")
_EVERY_SECONDS = 6 * 3600.0
"""Texts are gone within a day of their limit, even where one run fails."""


class RetentionWorker(Worker):
    """A run that is cut off by a stop has removed nothing, and the next one does."""

    name = "retention-worker"
    pause_seconds = _EVERY_SECONDS

    def _round(self) -> bool:
        run_retention(self._workspace, datetime.now(UTC))
        return False

    def _tell(self, error: Exception) -> None:
        _LOG.error("texts were not removed: %s", type(error).__name__)
