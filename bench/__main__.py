"""`python -m bench`: import and questions, Readygate beside pandas, in one run on one machine.

Every contender runs in a process of its own. Nothing is asserted: times belong to the machine, so read
the ratios.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.files import write_files
from bench.health import measure_health, tell_health
from bench.intake import measure_intake, tell_intake
from bench.readygate_pages import SLUG
from bench.watched import Cost, run

OURS, THEIRS = "Readygate", "pandas + to_sql"
_START_UPS = 3


def measure(rows: int, folder: Path) -> dict[str, Any]:
    """All numbers of one run; ``folder`` is thrown away by the caller."""
    home, database = folder / "home", folder / "pandas.db"
    environment = {"READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}
    traces, labels = write_files(folder, rows)
    run(["-m", "bench.readygate_pages", "prepare", str(home)], environment)
    import_command = ["-m", "core.cli", "import", str(traces), str(labels), "--feature", SLUG, "--json"]
    ours = run(import_command, environment)
    accepted = sum(report["accepted"] for report in ours.answer["files"])
    theirs = run(["-m", "bench.pandas_tables", "load", str(database), str(traces), str(labels)], environment)
    shutil.rmtree(home / "cache", ignore_errors=True)  # the worst case: nothing of the evidence is at hand
    pages = {
        f"{OURS}, first after a clean start": run(
            ["-m", "bench.readygate_pages", "ask", str(home)], environment
        ),
        f"{OURS}, after a restart": run(["-m", "bench.readygate_pages", "ask", str(home)], environment),
        "pandas: read back and group": run(
            ["-m", "bench.pandas_tables", "frames", str(database)], environment
        ),
        "SQL on the table of to_sql": run(["-m", "bench.pandas_tables", "sql", str(database)], environment),
    }
    cache = _size(home / "cache")
    app_home = folder / "app"
    own = environment | {"READYGATE_HOME": str(app_home), "STREAMLIT_LOGGER_LEVEL": "error"}
    run(["-m", "bench.readygate_pages", "prepare", str(app_home)], own)
    app = run(["-m", "bench.whole_app", str(app_home), str(traces), str(labels)], own)
    return {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": _machine(),
        "rows": rows,
        "accepted": accepted,
        "file_bytes": traces.stat().st_size + labels.stat().st_size,
        "imports": [
            _import_line(OURS, ours, rows, _size(home) - cache) | {"cache_bytes": cache},
            _import_line(THEIRS, theirs, rows, database.stat().st_size) | {"cache_bytes": 0},
        ],
        "questions": [
            {
                "contender": name,
                "first_seconds": cost.answer["first"],
                "again_seconds": cost.answer["again"],
                "peak_bytes": cost.peak_bytes,
            }
            for name, cost in pages.items()
        ],
        "whole_app": app.answer | {"peak_bytes": app.peak_bytes},
        "start_up": {
            "help": _start_up(["--help"], environment),
            "features": _start_up(["features"], environment),
            "gate": _start_up(["gate", SLUG, "--as-of", "2026-12-01"], environment),
        },
    }


def _import_line(name: str, cost: Cost, rows: int, size: int) -> dict[str, Any]:
    return {
        "contender": name,
        "seconds": cost.seconds,
        "rows_per_second": rows / cost.seconds,
        "peak_bytes": cost.peak_bytes,
        "database_bytes": size,
    }


def _start_up(arguments: list[str], environment: dict[str, str]) -> float:
    """The median time of a whole command, from the shell's return key to its prompt."""
    return statistics.median(
        run(["-m", "core.cli", *arguments], environment).seconds for _ in range(_START_UPS)
    )


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}


def tell(found: dict[str, Any]) -> None:
    """The numbers as small tables."""
    machine = found["machine"]
    print(
        f"{found['rows']:,} traces ({_mb(found['file_bytes'])}) on {machine['cores']} cores, "
        f"{machine['system']}, Python {machine['python']}; {found['measured_at']}\n"
    )
    print(f"{'Import':<36} {'seconds':>8} {'rows/s':>8} {'peak memory':>12} {'database':>9} {'cache':>8}")
    for line in found["imports"]:
        print(
            f"{line['contender']:<36} {line['seconds']:>8.2f} {line['rows_per_second']:>8,.0f} "
            f"{_mb(line['peak_bytes']):>12} {_mb(line['database_bytes']):>9} {_mb(line['cache_bytes']):>8}"
        )
    ours, theirs = found["imports"]
    ratios = {name: ours[name] / theirs[name] for name in ("seconds", "peak_bytes", "database_bytes")}
    print(
        f"{'ratio (below 1: Readygate needs less)':<36} {ratios['seconds']:>7.2f} {'':>8} "
        f"{ratios['peak_bytes']:>12.2f} {ratios['database_bytes']:>9.2f}\n"
    )
    print(f"{'A page of questions':<36} {'first':>10} {'again':>10} {'peak memory':>12}")
    for line in found["questions"]:
        first, again = f"{line['first_seconds'] * 1e3:,.0f} ms", f"{line['again_seconds'] * 1e3:,.0f} ms"
        print(f"{line['contender']:<36} {first:>10} {again:>10} {_mb(line['peak_bytes']):>12}")
    _tell_app(found["whole_app"])
    print("\nA whole command: " + ", ".join(f"{name} {s:.2f} s" for name, s in found["start_up"].items()))


def _tell_app(app: dict[str, Any]) -> None:
    """The app as a whole: what it holds in memory at most, and how long each page takes."""
    imported = ", ".join(
        f"{one['file']} {one['seconds']:.1f} s ({one['progress_steps']} steps of progress)"
        for one in app["imports"]
    )
    print(f"\nThe whole app, import included, held {_mb(app['peak_bytes'])} at most. Imported: {imported}\n")
    print(f"{'One run of a page':<36} {'first':>10} {'again':>10}")
    for title, seconds in app["pages"].items():
        print(f"{title:<36} {seconds['first'] * 1e3:>7,.0f} ms {seconds['again'] * 1e3:>7,.0f} ms")


def _mb(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description=(__doc__ or "").split("\n\n")[1])
    options.add_argument("--rows", type=int, default=100_000, metavar="N", help="traces (default: 100000)")
    options.add_argument("--intake", action="store_true", help="only imports, in every format")
    options.add_argument("--health", action="store_true", help="only the Health page, beside notebooks")
    options.add_argument("--json", action="store_true", help="answer in JSON")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="readygate-bench-") as folder:
        if chosen.intake:
            found = measure_intake(chosen.rows, Path(folder))
        elif chosen.health:
            found = measure_health(chosen.rows, Path(folder))
        else:
            found = measure(chosen.rows, Path(folder))
    if chosen.json:
        print(json.dumps(found, indent=2))
    elif chosen.intake:
        tell_intake(found)
    elif chosen.health:
        tell_health(found)
    else:
        tell(found)


if __name__ == "__main__":
    main()
