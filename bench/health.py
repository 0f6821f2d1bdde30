"""The Health page beside a bare DuckDB, a pandas notebook and an Evidently report, on the same rows.

Every contender runs in a process of its own. Readygate's page judges each metric with intervals and at most
five traces a user, by every source and by week; the others compute plain averages and quantiles.
"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.files import write_files, write_lean
from bench.readygate_pages import SLUG
from bench.watched import Cost, run

OURS, BARE, PANDAS, EVIDENTLY = "Readygate", "DuckDB, bare", "pandas notebook", "Evidently report"
WAYS = {
    "anew": f"{OURS}, counted anew",
    "imported": f"{OURS}, opened after the import",
    "restarted": f"{OURS}, after a restart",
}
"""How Health is asked, and what that is called: after an import the server's worker has counted already, and
what it counted is there after a restart too. Counted anew is what the worker does."""

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
LEAN_FROM = 10_000_000
"""From here on traces have short texts and come as Parquet, and the contenders that read CSV are left out."""

_INSTALL_SECONDS = 900


def measure_health(rows: int, folder: Path) -> dict[str, Any]:
    """All numbers of one run: everybody at ``rows``, Readygate alone at the sizes below it as well."""
    sizes = sorted({size for size in SIZES if size < rows} | {rows})
    pages = []
    for size in sizes:
        home, files = folder / f"home-{size}", folder / f"files-{size}"
        files.mkdir()
        imported = _imported(home, files, size)
        ways = {way: run(["-m", "bench.health_pages", str(home), way], _of(home)) for way in WAYS}
        asked = [_line(WAYS[way], size, cost) for way, cost in ways.items()]
        pages.append({"rows": size, "import_seconds": imported.seconds, "asked": asked})
    files, home = folder / f"files-{rows}", folder / f"home-{rows}"
    labels = files / "labels.csv"
    others = [
        _line(BARE, rows, _notebook("duckdb", home / "cache", labels)),
    ]
    left_out = {}
    if rows >= LEAN_FROM:
        left_out = dict.fromkeys((PANDAS, EVIDENTLY), "the traces are Parquet with short texts")
    else:
        others.append(_line(PANDAS, rows, _notebook("pandas", files / "traces.csv", labels)))
        python, why = _evidently(folder / "evidently")
        if python is None:
            left_out[EVIDENTLY] = why
        else:
            report = _notebook("evidently", files / "traces.csv", folder / "report.html", python=python)
            others.append(_line(EVIDENTLY, rows, report))
    return {"rows": rows, "pages": pages, "others": others, "left_out": left_out}


def tell_health(found: dict[str, Any]) -> None:
    """The numbers as small tables; beside another one, a ratio above 1 says how many times longer Readygate
    takes: by the clock / of the processor."""
    ours, others = found["pages"][-1]["asked"], found["others"]
    head = (
        f"{'Health page':<34} {'rows':>10} {'seconds':>9} {'processor':>10} {'again':>9} {'peak memory':>12}"
    )
    print(head + "".join(f"  {'beside ' + other['contender']:>25}" for other in others))
    for line in (*ours, *others):
        again = f"{line['again'] * 1e3:>6,.0f} ms" if line["again"] is not None else f"{'':>9}"
        ratios = (f"  {_ratio(line, other):>25}" for other in others if line in ours)
        print(
            f"{line['contender']:<34} {line['rows']:>10,} {line['first']:>7.2f} s "
            f"{line['first_processor']:>8.2f} s {again} {line['peak_bytes'] / 1e6:>9,.0f} MB{''.join(ratios)}"
        )
    for contender, why in found["left_out"].items():
        print(f"{contender:<34} left out: {why}")
    print(
        f"\n{'Readygate at':<18} {'anew':>9} {'processor':>10} {'run again':>10} {'import':>9} "
        f"{'its worker':>10} {'opened then':>12} {'restarted':>10}"
    )
    for page in found["pages"]:
        anew, imported, restarted = page["asked"]
        print(
            f"{page['rows']:>18,} {anew['first']:>7.2f} s {anew['first_processor']:>8.2f} s "
            f"{anew['again'] * 1e3:>7,.0f} ms {page['import_seconds']:>7.1f} s "
            f"{imported['worker']:>8.1f} s {imported['first'] * 1e3:>9,.0f} ms "
            f"{restarted['first'] * 1e3:>7,.0f} ms"
        )


def _ratio(ours: dict[str, Any], other: dict[str, Any]) -> str:
    clock, processor = (ours[name] / other[name] for name in ("first", "first_processor"))
    return f"{clock:.3f} / {processor:.3f}"


def _imported(home: Path, files: Path, rows: int) -> Cost:
    run(["-m", "bench.readygate_pages", "prepare", str(home)], _of(home))
    traces, labels = write_files(files, rows) if rows < LEAN_FROM else _lean(files, rows)
    command = ["-m", "core.cli", "import", str(traces), str(labels), "--feature", SLUG, "--json"]
    cost = run(command, _of(home))
    if cost.answer["files"][0]["accepted"] != rows:
        raise SystemExit(f"{traces.name} was not imported as a whole: {cost.output[:2_000]}")
    return cost


def _lean(files: Path, rows: int) -> tuple[Path, Path]:
    """(traces, labels); the labels name traces that are there."""
    traces = write_lean(files, rows)
    labels = files / "labels.csv"
    header, answer = (
        "run_id,answer_right,tool_right,reviewer,sampling,labelled_at",
        "Ada,random,2026-06-01T10:00:00Z",
    )
    lines = (f"bench-7-{i:08d}-0,{'no' if i % 8 == 0 else 'yes'},yes,{answer}" for i in range(0, 100_000, 50))
    labels.write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    return traces, labels


def _notebook(contender: str, source: Path, beside: Path, python: Path | None = None) -> Cost:
    return run(["-m", "bench.health_notebooks", contender, str(source), str(beside)], {}, python=python)


def _evidently(folder: Path) -> tuple[Path | None, str]:
    """The Python of a new environment with Evidently in it, or None and why there is none."""
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        # It says that it takes any pandas, but cannot be imported beside 3.1.
        install = [str(python), "-m", "pip", "install", "--quiet", "evidently", "pandas<3"]
        subprocess.run(install, check=True, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
        subprocess.run([str(python), "-c", "import evidently"], check=True, capture_output=True, text=True)
    except subprocess.CalledProcessError as error:
        said = str(error.stderr or error).strip().splitlines()
        return None, f"it could not be installed: {said[-1] if said else error}"
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, f"it could not be installed: {error}"
    return python, ""


def _line(contender: str, rows: int, cost: Cost) -> dict[str, Any]:
    return {"contender": contender, "rows": rows, "peak_bytes": cost.peak_bytes, **cost.answer}


def _of(home: Path) -> dict[str, str]:
    return {"READYGATE_HOME": str(home), "READYGATE_DATABASE_URL": ""}
