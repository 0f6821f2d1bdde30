"""The log worker: one thread that follows the chain of the audit log, at the start and then once a day."""

import logging

from core.actions.worker import Worker
from core.store import audit

_LOG = logging.getLogger("readygate")
_EVERY_SECONDS = 24 * 3600.0


class LogWorker(Worker):
    """It changes nothing: whoever runs the server reads in its log that somebody changed the chain."""

    name = "log-worker"
    pause_seconds = _EVERY_SECONDS

    def _round(self) -> bool:
        with self._workspace.database.reading() as connection:
            found = audit.verify(connection)
        if not found.ok:
            _LOG.error(
                "the audit log is broken at entry %s: somebody changed it; `readygate verify` says more",
                found.first_broken_seq,
            )
        return False

    def _tell(self, error: Exception) -> None:
        _LOG.error("the audit log was not followed: %s", type(error).__name__)
