"""The child process: real files through it, and everything that can go wrong with it."""

import os
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import ImportCancelled, QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake import exchange, reader_process
from core.intake.reading import Answers, Limits, Progress, ReadJob, ReadOutcome, read_in_child
from core.intake.watchdog import Bounds, run_watched, start

ROOT = Path(__file__).resolve().parents[2]
ENDLESS = 60.0


def _read(path: Path, spool: Path, limits: Limits | None = None, known: Path | None = None) -> ReadOutcome:
    job = ReadJob(path, path.name, Answers(), known, spool, limits or Limits())
    return read_in_child(job, lambda _: None, lambda: False)


def _traces(path: Path, rows: int, text: str = "q" * 200) -> Path:
    with path.open("w") as file:
        file.write("run_id,query\n")
        file.writelines(f"r{number},{text}\n" for number in range(rows))
    return path


def test_real_eval_results_are_read_whole_and_known_the_second_time(shared: Path, tmp_path: Path) -> None:
    path = shared / "samples" / "real" / "airline_gpt4o_eval_results.jsonl"
    first = _read(path, tmp_path / "first")
    assert (first.kind, first.report.read, first.report.accepted, first.report.rejected) == (
        Kind.EVALS, 200, 200, 0,
    )  # fmt: skip
    assert (first.rejected, first.updated_keys) == (None, None)
    table = pa.concat_tables(pq.read_table(segment) for segment in first.segments)
    assert sum(table.column("passed").to_pylist()) == 84
    assert len(set(table.column("case_id").to_pylist())) == 50
    known = tmp_path / "known.npz"
    np.savez(known, key=table.column("key").to_numpy(), row_key=table.column("row_key").to_numpy())
    second = _read(path, tmp_path / "second", known=known).report
    assert (second.read, second.accepted, second.duplicate, second.updated) == (200, 0, 200, 0)


def test_it_works_from_any_folder_and_reports_progress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seen: list[Progress] = []
    job = ReadJob(_traces(Path("a.csv"), 12_000), "a.csv", Answers(), None, Path("spool"))
    outcome = read_in_child(job, seen.append, lambda: False)
    assert outcome.report.accepted == 12_000
    assert [progress.stage for progress in seen] == ["reading"] * (len(seen) - 1) + ["finishing"]
    assert [progress.rows for progress in seen][-1] == 12_000
    assert all(0 <= (progress.share or 0) <= 1 for progress in seen)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_the_spool_is_private_and_holds_only_the_result(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    outcome = _read(_traces(tmp_path / "a.csv", 10), spool)
    assert stat.S_IMODE(spool.stat().st_mode) == 0o700
    assert set(spool.iterdir()) == set(outcome.segments)


def test_questions_and_faults_cross_the_process_boundary(tmp_path: Path) -> None:
    undated = tmp_path / "undated.csv"
    undated.write_text("run_id,started_at\nr1,2025-03-01T10:00:00\n")
    with pytest.raises(QuestionsOpen) as asked:
        _read(undated, tmp_path / "spool")
    assert asked.value.questions[0].samples == ("2025-03-01T10:00:00",)
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    with pytest.raises(UnreadableFile) as refused:
        _read(empty, tmp_path / "spool")
    assert (refused.value.code, refused.value.mend) == ("empty_file", "Export it again.")
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(memory_bytes=20 * 2**20), "too_big_to_read"),
        (Limits(seconds=0.01, seconds_per_megabyte=0), "too_slow"),
    ],
)
def test_a_reading_that_crosses_its_bounds_is_ended(tmp_path: Path, limits: Limits, code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        _read(_traces(tmp_path / "a.csv", 1_000), tmp_path / "spool", limits)
    assert refused.value.code == code
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_deeply_nested_file_ends_in_one_sentence(tmp_path: Path) -> None:
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 1_000_000)
    with pytest.raises(UnreadableFile) as refused:
        _read(deep, tmp_path / "spool")
    assert refused.value.code == "too_deep"


def test_cancelling_in_mid_file_leaves_nothing(tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = _traces(tmp_path / "a.csv", 120_000)
    job = ReadJob(path, path.name, Answers(), None, tmp_path / "spool")
    with pytest.raises(ImportCancelled):
        read_in_child(job, seen.append, lambda: any(progress.rows for progress in seen))
    assert 0 < max(progress.rows for progress in seen) < 120_000
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_process_that_waits_reads_the_next_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def counted(*command: Any, **settings: Any) -> subprocess.Popen[bytes]:
        started.append(start(*command, **settings))
        return started[-1]

    monkeypatch.setattr(reader_process, "start", counted)
    path = _traces(tmp_path / "a.csv", 10)
    for _ in range(2):
        reader_process.start_ahead()
    assert _read(path, tmp_path / "first").report.accepted == 10
    assert len(started) == 1
    assert _read(path, tmp_path / "second").report.accepted == 10
    assert len(started) == 2
    reader_process.start_ahead()
    started[-1].kill()
    started[-1].wait()
    assert _read(path, tmp_path / "third").report.accepted == 10
    assert (len(started), [one.returncode for one in started]) == (4, [0, 0, -9, 0])


def test_a_process_that_nobody_needs_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_process, "_waiting", [])
    reader_process.start_ahead()
    [ahead] = reader_process._waiting
    with ahead:
        assert ahead.stdin is not None
        ahead.stdin.close()
        assert ahead.wait(ENDLESS) == 0


def _run(
    script: str,
    folder: Path,
    seconds: float = ENDLESS,
    memory: int = 2**31,
    seconds_a_line: float = 0.0,
) -> tuple[int, list[bytes]]:
    lines: list[bytes] = []
    environment = {"PATH": os.environ.get("PATH", "")}
    status = run_watched(
        start([sys.executable, "-c", script], folder=folder, environment=environment),
        bounds=Bounds(memory, seconds),
        on_line=lines.append,
        is_cancelled=lambda: False,
        granted_seconds=lambda: seconds_a_line * len(lines),
    )
    return status, lines


def test_a_program_that_brings_something_may_take_longer(tmp_path: Path) -> None:
    script = "import time\nprint('a', flush=True)\ntime.sleep(1.5)\nprint('b')"
    assert _run(script, tmp_path, seconds=1, seconds_a_line=ENDLESS) == (0, [b"a\n", b"b\n"])


def test_a_program_that_brings_nothing_more_is_ended_all_the_same(tmp_path: Path) -> None:
    script = "import time\nprint('a', flush=True)\ntime.sleep(60)"
    with pytest.raises(UnreadableFile, match="longer than 2 seconds") as refused:
        _run(script, tmp_path, seconds=1, seconds_a_line=1)
    assert refused.value.code == "too_slow"


@pytest.mark.parametrize(("rows", "seconds"), [(0, 0), (500_000, 30), (20_000_000, 1_200), (10**12, 1_200)])
def test_rows_grant_time_up_to_those_that_a_file_may_have(rows: int, seconds: float) -> None:
    assert Limits().seconds_for_rows(rows) == pytest.approx(seconds)


def test_a_program_that_behaves_gives_its_lines_and_its_status(tmp_path: Path) -> None:
    assert _run("print('a'); print('b'); raise SystemExit(3)", tmp_path) == (3, [b"a\n", b"b\n"])


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("while True: print('x' * 1000)", "reader_failed"),
        ("import sys\nwhile True: sys.stdout.write('x' * 1000)", "reader_failed"),
        ("import time\nheld = bytearray(300_000_000)\ntime.sleep(60)", "too_big_to_read"),
        ("import time\ntime.sleep(60)", "too_slow"),
    ],
)
def test_a_program_that_misbehaves_is_ended(tmp_path: Path, script: str, code: str) -> None:
    begun = time.monotonic()
    with pytest.raises(UnreadableFile) as refused:
        _run(script, tmp_path, seconds=2 if code == "too_slow" else ENDLESS, memory=200_000_000)
    assert refused.value.code == code
    assert time.monotonic() - begun < ENDLESS / 2


@pytest.mark.parametrize(
    "reader",
    [
        "import os; os.abort()",
        "raise SystemExit(0)",
        "print('this is no progress line')",
        "import sys, pathlib; pathlib.Path('outcome.json').write_text('{}')",
        "import sys, pathlib; pathlib.Path('outcome.json').write_text('{\"status\": \"read\"}')",
    ],
)
def test_a_reader_that_breaks_ends_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    broken = tmp_path / "core" / "intake"
    broken.mkdir(parents=True)
    (broken / "child.py").write_text(reader)
    monkeypatch.setattr(reader_process, "_ROOT", tmp_path)
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(UnreadableFile) as refused:
        _read(_traces(tmp_path / "a.csv", 10), tmp_path / "spool")
    assert refused.value.code == "reader_failed"
    assert "Traceback" not in str(refused.value)
    assert list((tmp_path / "spool").iterdir()) == []


def test_an_outcome_that_does_not_match_its_segments_is_not_believed(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    outcome = _read(_traces(tmp_path / "a.csv", 10), spool)
    report = outcome.report.model_copy(update={"accepted": 9, "read": 9})
    exchange.save_outcome(
        spool, exchange.of_read(ReadOutcome(Kind.TRACES, report, outcome.segments, None, None))
    )
    with pytest.raises(exchange.ReaderFailed, match="do not hold"):
        exchange.load_outcome(spool)


@pytest.mark.parametrize(
    "attempt",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9), timeout=1)",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import os; os.system('true')",
        "import subprocess; subprocess.run(['true'])",
    ],
)
def test_the_child_reaches_neither_network_nor_programs(attempt: str) -> None:
    script = f"import sys\nfrom core.intake.child import refuse_the_outside\n" \
             f"sys.addaudithook(refuse_the_outside)\n{attempt}\n"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "is not allowed while a file is read" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded on Linux only")
def test_the_child_cannot_ask_for_hundreds_of_gigabytes() -> None:
    script = "from core.intake.child import limit_resources\nlimit_resources(5)\nbytearray(550 * 2**30)\n"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "MemoryError" in done.stderr


def test_times_of_nanoseconds_inside_lists_of_a_parquet_file_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    times = pa.array([[1_735_689_600_000_000_001]], pa.list_(pa.int64())).cast(pa.list_(pa.timestamp("ns")))
    pq.write_table(pa.table({"run_id": ["r1"], "query": ["q"], "response": times}), path)
    outcome = _read(path, tmp_path / "spool")
    assert pq.read_table(outcome.segments[0]).column("response").to_pylist() == [
        '["2025-01-01T00:00:00.000000001"]'
    ]
