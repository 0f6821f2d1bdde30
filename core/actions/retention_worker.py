"""The retention worker: one thread that removes what was kept long enough, now and then."""

import logging
from datetime import UTC, datetime

from core.actions.case_retention import expire_cases
from core.actions.faults import noting_faults
from core.actions.log_retention import expire_log
from core.actions.number_retention import expire_numbers
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
        now = datetime.now(UTC)
        with noting_faults() as attempt:
            for expire in (run_retention, expire_numbers, expire_cases, expire_log):
                with attempt():
                    expire(self._workspace, now)
        return False

    def _tell(self, error: Exception) -> None:
        _LOG.error("what was kept long enough was not removed: %s", type(error).__name__)
