"""`readygate cases`: an eval set as a file for a tool, masked unless a reason is given."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.actions.eval_cases import save_case
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import open_workspace
from core.evidence.eval_case import EvalCase
from core.export.case_formats import FORMATS

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]
MAIL = "anna@example.com"


@pytest.fixture
def slug(feature: MakeFeature, home: Path, now: datetime) -> str:
    """A feature with one case, in which an address was kept."""
    made = feature()
    workspace = open_workspace(home)
    case = EvalCase("", f"Write to {MAIL}", ground_truth="Sent")
    save_case(workspace, LOCAL_CALLER, now, made, case, no_personal_data=True)
    workspace.close()
    return made


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_written(readygate: Readygate, slug: str, tmp_path: Path, name: str) -> None:
    target = tmp_path / FORMATS[name].file_name(slug)
    told = readygate("cases", slug, "--format", name, "-o", target)
    assert (told.code, target.stat().st_size > 0) == (0, True)
    assert told.out.startswith(f"{target}: 1 case; 1 passage of personal data masked.")
    assert MAIL.encode() not in target.read_bytes()


def test_the_config_is_whole_and_told_as_json(readygate: Readygate, slug: str, tmp_path: Path) -> None:
    target = tmp_path / "promptfooconfig.yaml"
    told = readygate("cases", slug, "--format", "promptfoo", "-o", target, "--json").json
    assert told == {"file": str(target), "cases": 1, "masked": 1, "left_out": 0}
    config = yaml.safe_load(target.read_bytes())
    assert (config["providers"], config["prompts"]) == (["echo"], ["{{query}}"])
    assert [one["metadata"]["case_id"] for one in config["tests"]] == ["C-001"]


def test_personal_data_takes_a_reason(readygate: Readygate, slug: str, tmp_path: Path) -> None:
    target = tmp_path / "cases.jsonl"
    short = readygate("cases", slug, "--format", "jsonl", "-o", target, "--unmasked", "so")
    assert (short.code, target.exists()) == (64, False)
    whole = readygate("cases", slug, "--format", "jsonl", "-o", target, "--unmasked", "To mend case C-001")
    assert whole.code == 0
    assert json.loads(target.read_bytes())["query"] == f"Write to {MAIL}"


@pytest.mark.parametrize(
    "words",
    [
        ["--format", "excel", "-o", "x.xlsx"],
        ["--format", "csv"],
        ["--format", "csv", "-o", "nowhere/cases.csv"],
        ["--format", "csv", "-o", "."],
        ["--format", "csv", "-o", "cases.csv", "--suite", "unknown"],
    ],
)
def test_what_cannot_be_written_is_wrong_usage(
    readygate: Readygate, slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert readygate("cases", slug, *words).code == 64
    assert not list(tmp_path.glob("*.csv"))


def test_a_feature_that_is_not_there_is_wrong_usage(readygate: Readygate, slug: str, tmp_path: Path) -> None:
    assert readygate("cases", "other", "--format", "csv", "-o", tmp_path / "c.csv").code == 64
