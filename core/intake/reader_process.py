"""The process that reads one file, started before it is needed: what it loads takes as long as a small file.

Nothing heavy is loaded here, so that whoever starts it can do so first of all.
"""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from core.intake.watchdog import start

_ROOT = Path(__file__).resolve().parents[2]
_PASSED_ON = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")

_waiting: list[subprocess.Popen[bytes]] = []
_guard = threading.Lock()


def start_ahead() -> None:
    """Start the process that reads the next file, which loads what it needs while this one does something
    else. One that is never needed ends with this program."""
    with _guard:
        if not _waiting:
            _waiting.append(_start())


def taken() -> subprocess.Popen[bytes]:
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


def _environment() -> dict[str, str]:
    """The little that Python needs; no secret of the parent reaches the child."""
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    # One thread each: the import runs beside the server and must leave it its processors.
    alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # Arrow's own pool gives large buffers back to the system and takes them anew with every chunk.
    memory = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    return {**kept, **alone, **memory, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
