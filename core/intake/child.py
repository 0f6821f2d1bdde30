"""The child process that reads one file: ``python -m core.intake.child``, which is told on a line where the
job is.

It has no network and bounded resources. Progress goes out as small JSON lines on the standard
output; the result is left in the spool folder.
"""

import gc
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from core.errors import QuestionsOpen, UnreadableFile
from core.intake import exchange
from core.intake.formats import PARQUET
from core.intake.importing import read_file
from core.intake.job import Progress, ReadJob
from core.intake.unpacking import is_compressed, seconds_for
from core.intake.watchdog import too_big_to_read
from core.intake.without_pandas import leave_pandas_out

_ADDRESS_SPACE = 6 * 2**30
_LESS_URGENT = 10
"""Steps on the system's own scale (nice), of which there are 19."""
_SWITCH_SECONDS = 0.0005
"""How long one thread may keep the others from Python; Python's own 0.005 is as long as a column takes."""

_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn")


def refuse_the_outside(event: str, _: tuple[Any, ...]) -> None:
    """An audit hook: whoever reads strangers' files opens no connection and starts no program."""
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not allowed while a file is read")


def limit_resources(seconds: float) -> None:
    """Ask the system for ceilings where it has them; the parent's watchdog is the boundary everywhere."""
    try:
        import resource
    except ImportError:  # Windows has none.
        return
    # Processor time is a second line behind the parent's clock, so it is twice as long.
    ceilings = {
        resource.RLIMIT_AS: _ADDRESS_SPACE,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: int(2 * seconds) + 10,
    }
    for name, ceiling in ceilings.items():
        most = resource.getrlimit(name)[1]
        bounded = ceiling if most == resource.RLIM_INFINITY else min(ceiling, most)
        try:
            resource.setrlimit(name, (bounded, most))
        except (OSError, ValueError):  # macOS refuses some of them.
            continue


def let_others_first() -> None:
    """Whoever opens a page or asks the gate meanwhile comes before the reading of a file."""
    if sys.platform != "win32":
        os.nice(_LESS_URGENT)


def needs_pandas(job: ReadJob) -> bool:
    """Whether the file may be Parquet: without pandas, Arrow has no value for a time of nanoseconds
    inside a list. Nothing else that is read here needs it."""
    with job.path.open("rb") as file:
        return file.read(len(PARQUET)) == PARQUET or is_compressed(job)


def read(job: ReadJob) -> exchange.Outcome:
    """The outcome of reading ``job``, whatever happens."""
    try:
        return exchange.of_read(read_file(job, _tell))
    except QuestionsOpen as error:
        return exchange.of_questions(error)
    except UnreadableFile as error:
        return exchange.of_fault(error)
    except MemoryError:
        return exchange.of_fault(too_big_to_read())
    except Exception as error:
        # The message of an unexpected error may hold cells of the file, so only its place is told.
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        return exchange.Outcome(status="bug", where=where)


def _tell(progress: Progress) -> None:
    sys.stdout.write(exchange.progress_line(progress))
    sys.stdout.flush()


def main() -> None:
    path = sys.stdin.readline().rstrip("\n")
    if not path:
        return  # whoever started it ahead of a file needed it no more
    job = exchange.load_job(Path(path))
    os.chdir(job.spool)
    let_others_first()
    limit_resources(seconds_for(job) + job.limits.seconds_for_rows(job.limits.rows))
    if not needs_pandas(job):
        leave_pandas_out()
    sys.addaudithook(refuse_the_outside)
    # Millions of cells and no cycles: looking for cycles again and again costs a tenth of the time.
    gc.disable()
    sys.setswitchinterval(_SWITCH_SECONDS)
    exchange.save_outcome(job.spool, read(job))


if __name__ == "__main__":
    main()
