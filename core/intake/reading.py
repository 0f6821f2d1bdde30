"""An uploaded file -> typed Parquet segments and a report, all parsing in a child process."""

import logging
from pathlib import Path

from core.intake import exchange
from core.intake.answers import Answers, load_answers
from core.intake.job import (
    REJECTED_NAME,
    UPDATED_KEYS_NAME,
    IsCancelled,
    Limits,
    OnProgress,
    Progress,
    ReadJob,
    ReadOutcome,
)
from core.intake.pass_rule import PassRule
from core.intake.reader_process import taken
from core.intake.unpacking import UNPACKED_NAME, seconds_for
from core.intake.watchdog import Bounds, reader_failed, run_watched

__all__ = [
    "Answers", "Limits", "PassRule", "Progress", "ReadJob", "ReadOutcome", "load_answers", "read_in_child",
]  # fmt: skip

_WRITTEN = ("segment-*.parquet", UPDATED_KEYS_NAME, REJECTED_NAME, "rejected.jsonl", UNPACKED_NAME)
_log = logging.getLogger(__name__)


def read_in_child(job: ReadJob, on_progress: OnProgress, is_cancelled: IsCancelled) -> ReadOutcome:
    """Read ``job.path`` and leave segments, changed keys and rejected rows in ``job.spool``.

    ``on_progress`` and ``is_cancelled`` are called in this thread, some thirty times a second at
    most. Raises UnreadableFile (``too_big_to_read``, ``too_slow``, ``reader_failed`` and every fault
    of the file itself), QuestionsOpen and ImportCancelled; nothing that was written then remains.
    """
    job.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    job.spool.chmod(0o700)
    spec = exchange.save_job(job)
    bounds = Bounds(job.limits.memory_bytes, seconds_for(job))
    rows = 0

    def progressed(progress: Progress) -> None:
        nonlocal rows
        rows = max(rows, progress.rows)
        on_progress(progress)

    try:
        status = run_watched(
            taken(),
            said=f"{spec.absolute()}\n",
            bounds=bounds,
            on_line=lambda line: _pass_on(line, progressed),
            is_cancelled=is_cancelled,
            granted_seconds=lambda: job.limits.seconds_for_rows(rows),
        )
        if status != 0:
            raise exchange.ReaderFailed(f"exit status {status}")
        return exchange.load_outcome(job.spool)
    except exchange.ReaderFailed as error:
        _clear(job.spool)
        _log.warning("A reading process failed: %s", error)
        raise reader_failed() from error
    except BaseException:
        _clear(job.spool)
        raise
    finally:
        for name in (exchange.JOB_NAME, exchange.OUTCOME_NAME):
            (job.spool / name).unlink(missing_ok=True)


def _pass_on(line: bytes, on_progress: OnProgress) -> None:
    """One line of the child's output; what is not a progress line is no reason to stop by itself."""
    try:
        progress = exchange.progress_of(line)
    except ValueError:
        _log.warning("A reading process wrote a line that is no progress.")
    else:
        on_progress(progress)


def _clear(spool: Path) -> None:
    """Remove what the child wrote, and nothing else: the upload itself may lie in the same folder."""
    for pattern in _WRITTEN:
        for path in spool.glob(pattern):
            path.unlink()
