"""An uploaded file -> typed Parquet segments and a report, all parsing in a child process."""

import logging
import os
import subprocess
import sys
import tempfile
import threading
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
from core.intake.unpacking import UNPACKED_NAME, seconds_for
from core.intake.watchdog import Bounds, reader_failed, run_watched, start

__all__ = [
    "Answers", "Limits", "PassRule", "Progress", "ReadJob", "ReadOutcome", "load_answers", "read_in_child",
]  # fmt: skip

_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
_WRITTEN = ("segment-*.parquet", UPDATED_KEYS_NAME, REJECTED_NAME, "rejected.jsonl", UNPACKED_NAME)
_log = logging.getLogger(__name__)

_waiting: list[subprocess.Popen[bytes]] = []
_guard = threading.Lock()


def start_ahead() -> None:
    """Start the process that reads the next file, which loads what it needs while this one does something
    else. One that is never needed ends with this program."""
    with _guard:
        if not _waiting:
            _waiting.append(_start())


def _taken() -> subprocess.Popen[bytes]:
    """A process that reads one file: the one that waits, or a new one."""
    with _guard:
        ahead = _waiting.pop() if _waiting else None
    if ahead is None:
        return _start()
    if ahead.poll() is None:
        return ahead
    with ahead:  # It ended before its time; so its pipes are closed.
        return _start()


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-m", "core.intake.child"]
    return start(command, folder=Path(tempfile.gettempdir()), environment=_environment())


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
            _taken(),
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


def _environment() -> dict[str, str]:
    """The little that Python needs; no secret of the parent reaches the child."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # One thread each: the import runs beside the server and must leave it its processors.
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Arrow's own pool gives large buffers back to the system and takes them anew with every chunk.
    memory = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    return {**kept, **alone, **memory, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


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
