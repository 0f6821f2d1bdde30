"""Reads small files in this process and hands back the report with the rows that were written."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.intake.importing import read_file
from core.intake.job import Limits, ReadJob, ReadOutcome
from core.intake.reading import Answers
from core.intake.report import ImportReport
from core.intake.schema import arrow_schema


@dataclass(frozen=True)
class Read:
    """What became of a file; ``spool`` is where its parts lie."""

    outcome: ReadOutcome
    spool: Path

    @property
    def report(self) -> ImportReport:
        return self.outcome.report

    @property
    def table(self) -> pa.Table:
        parts = [pq.read_table(path) for path in self.outcome.segments]
        return pa.concat_tables(parts) if parts else arrow_schema(self.outcome.kind).empty_table()

    @property
    def codes(self) -> list[str]:
        return [problem.code for problem in self.report.problems]

    @property
    def warned(self) -> list[str]:
        return [notice.code for notice in self.report.warnings]

    def cells(self, column: str) -> list[Any]:
        return self.table.column(column).to_pylist()

    def known_keys(self, path: Path) -> Path:
        """The keys of these rows as the next import would get them."""
        np.savez(path, key=np.array(self.cells("key")), row_key=np.array(self.cells("row_key")))
        return path


ReadFile = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> ReadFile:
    """``read(content, answers, name=…, known_keys=…, limits=…)``; content is text, bytes or a path."""
    counter = iter(range(1_000_000))

    def one(
        content: str | bytes | Path,
        answers: Answers | None = None,
        *,
        name: str | None = None,
        known_keys: Path | None = None,
        limits: Limits | None = None,
    ) -> Read:
        spool = tmp_path / f"spool-{next(counter)}"
        spool.mkdir()
        if isinstance(content, Path):
            path = content
        else:
            path = spool / "uploaded"
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        job = ReadJob(
            path=path,
            file_name=name or (content.name if isinstance(content, Path) else "file.csv"),
            spool=spool,
            answers=answers or Answers(),
            known_keys=known_keys,
            limits=limits or Limits(),
        )
        return Read(read_file(job, lambda _: None), spool)

    return one


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's shared folder of samples, beside the repository; tests that need it skip without it."""
    folder = Path(__file__).resolve().parents[2].parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared folder of samples is not beside this repository")
    return folder
