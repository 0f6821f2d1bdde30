"""Runs the command in this process, as a terminal would start it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.cli import main


@dataclass(frozen=True)
class Run:
    """What a run of the command left: its exit code and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def readygate(migrated_home: Path, capsys: pytest.CaptureFixture[str], thrifty: None) -> Callable[..., Run]:
    """``readygate("gate", "helper", "--json")`` in a home of its own, with an empty database in it."""

    def run(*arguments: object) -> Run:
        capsys.readouterr()
        words = [str(argument) for argument in arguments]
        try:
            code = main([*words, "--home", str(migrated_home)])
        except SystemExit as leaving:
            assert isinstance(leaving.code, int)
            code = leaving.code
        told = capsys.readouterr()
        return Run(code, told.out, told.err)

    return run


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def either_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test runs once with records in the home and once with records in PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv("READYGATE_DATABASE_URL", request.getfixturevalue("bare_postgresql_url"))
    else:
        monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)
    return str(request.param)


@pytest.fixture(autouse=True)
def own_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine's own settings are, a test works in its own home."""
    monkeypatch.delenv("READYGATE_HOME", raising=False)
    monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)


@pytest.fixture
def feature(readygate: Callable[..., Run], tmp_path: Path) -> Callable[..., str]:
    """``feature(bar, stakes=…, metric=…, slug=…)``: apply a checklist of one eval row; returns the slug."""

    def make(
        bar: float | None = 0.8,
        *,
        stakes: str = "medium",
        metric: str = "eval_pass_rate",
        slug: str = "helper",
    ) -> str:
        body: dict[str, Any] = {"feature": {"slug": slug, "name": "Helper", "owner": "Ada", "stakes": stakes}}
        if bar is not None:
            row = {"kind": "measured", "id": "suite", "metric": metric, "source": "eval", "bar": bar}
            body["checklist"] = {"items": [row]}
        path = tmp_path / f"{slug}.json"
        path.write_text(json.dumps(body), encoding="utf-8")
        applied = readygate("apply", path)
        assert applied.code == 0, applied.err
        return slug

    return make


@pytest.fixture
def results(tmp_path: Path) -> Callable[..., Path]:
    """``results(passed, failed)``: a file of eval results, one a case."""

    def write(passed: int, failed: int = 0, name: str = "results.jsonl", **cells: Any) -> Path:
        path = tmp_path / name
        rows = ({"case_id": f"c{i}", "passed": i < passed, **cells} for i in range(passed + failed))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    return write
