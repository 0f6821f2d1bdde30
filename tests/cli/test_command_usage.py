"""The command as a program: help, exit codes, JSON; wrong usage never looks like a verdict."""

import argparse
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.cli import command
from core.cli.parser import parser
from core.errors import StoreUnavailable

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]
Results = Callable[..., Path]

WRONG_USAGE, UNREADABLE, UNAVAILABLE, BUG = 64, 65, 69, 70


def sub_commands() -> dict[str, argparse.ArgumentParser]:
    action = next(one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    return dict(action.choices)


each_command = pytest.mark.parametrize("name", sub_commands())


def placeholders(name: str) -> list[str]:
    """Words for the positional arguments and the required options of a sub-command."""
    words = []
    for action in sub_commands()[name]._actions:
        if not action.option_strings:
            words.append("nothing-there")
        elif action.required:
            words += [action.option_strings[0], "nothing-there"]
    return words


def test_the_commands_are_the_ones_of_this_step() -> None:
    known = ["demo", "features", "apply", "import", "metrics", "gate", "lint", "pause", "rollback"]
    known += ["flags", "cases", "retention", "report", "backup", "restore", "people", "grant", "revoke"]
    known += ["verify", "doctor", "compare"]
    assert sorted(sub_commands()) == sorted(known)


@each_command
def test_help_says_what_it_does_with_an_example_that_can_be_run(name: str, readygate: Readygate) -> None:
    told = readygate(name, "--help")
    assert (told.code, told.err) == (0, "")
    description = sub_commands()[name].description
    assert description
    assert description.endswith(".")
    assert re.sub(r"\s+", " ", description) in re.sub(r"\s+", " ", told.out)
    assert "--json" in told.out
    epilog = sub_commands()[name].epilog or ""
    assert epilog in re.sub(r"\s+", " ", told.out)
    words = shlex.split(epilog.removeprefix("Example: "))
    assert words[:2] == ["readygate", name]
    assert callable(parser().parse_args(words[1:]).command)


@each_command
def test_every_option_says_what_it_is_for(name: str) -> None:
    untold = [
        action.dest
        for action in sub_commands()[name]._actions
        if not action.help and not action.metavar and not action.choices
    ]
    assert untold == []


@each_command
@pytest.mark.parametrize(
    "wrong", [["--nonsense"], ["--json=perhaps"], ["one", "too", "many", "words", "--nope", "x"]]
)
def test_wrong_options_are_wrong_usage(name: str, wrong: list[str], readygate: Readygate) -> None:
    told = readygate(name, *placeholders(name), *wrong)
    assert told.code == WRONG_USAGE
    assert told.err.startswith("usage: readygate ")
    assert told.out == ""


@each_command
def test_missing_arguments_are_wrong_usage(name: str, readygate: Readygate) -> None:
    if placeholders(name):
        assert readygate(name).code == WRONG_USAGE


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["gate", "helper", "--as-of", "yesterday"],
        ["gate", "helper", "--as-of", "2026-13-01"],
        ["gate", "helper", "--phase", "third"],
        ["metrics", "helper", "--since", "10/14/2026"],
        ["metrics", "helper", "--source", "luck"],
        ["metrics", "helper", "--metric", "luck"],
        ["metrics", "helper", "--by", "luck"],
        ["metrics", "helper", "--by", "started_at"],
        ["import", "x.csv", "--feature", "helper", "--kind", "photos"],
        ["import", "--feature", "helper"],
        ["import", "x.csv"],
        ["apply", "--lock"],
    ],
    ids=" ".join,
)
def test_wrong_values_are_wrong_usage(words: list[str], readygate: Readygate, feature: MakeFeature) -> None:
    feature()
    told = readygate(*words)
    assert told.code == WRONG_USAGE
    assert "Traceback" not in told.err
    assert told.err


@pytest.mark.parametrize(
    "words",
    [["gate", "nope"], ["metrics", "nope"], ["import", __file__, "--feature", "nope"]],
    ids=lambda words: words[0],
)
def test_an_unknown_feature_is_wrong_usage(words: list[str], readygate: Readygate) -> None:
    told = readygate(*words, "--json")
    assert told.code == WRONG_USAGE
    assert told.json["error"]["code"] == "unknown_feature"
    assert "There is no feature “nope”. `readygate features` lists the ones there are." in told.err


def test_files_that_cannot_be_read_are_65(readygate: Readygate, feature: MakeFeature, tmp_path: Path) -> None:
    feature()
    empty = tmp_path / "empty.csv"
    empty.touch()
    broken = tmp_path / "broken.toml"
    broken.write_text("[feature")
    missing = tmp_path / "missing.csv"
    runs = {
        "missing": readygate("import", missing, "--feature", "helper", "--json"),
        "empty": readygate("import", empty, "--feature", "helper", "--json"),
        "mapping": readygate("import", empty, "--feature", "helper", "--mapping", missing, "--json"),
        "document": readygate("apply", broken, "--json"),
        "no document": readygate("apply", missing, "--json"),
    }
    assert {name: run.code for name, run in runs.items()} == dict.fromkeys(runs, UNREADABLE)
    for run in runs.values():
        assert run.json
        assert run.err.startswith("readygate: ")
        assert "Traceback" not in run.err


def test_a_question_is_65_and_stands_in_the_json_until_a_mapping_answers_it(
    readygate: Readygate, feature: MakeFeature, tmp_path: Path
) -> None:
    feature()
    undated = tmp_path / "traces.csv"
    undated.write_text("run_id,started_at\nr1,2026-02-20T10:00:00\n")
    asked = readygate("import", undated, "--feature", "helper", "--json")
    assert asked.code == UNREADABLE
    (file,) = asked.json["files"]
    (question,) = file["questions"]
    assert (file["file"], question["key"]) == ("traces.csv", "timezone")
    assert set(question) == {"key", "sentence", "options", "samples"}
    assert question["samples"] == ["2026-02-20T10:00:00"]
    assert "timezone = UTC" in asked.err
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('timezone = "UTC"\n')
    answered = readygate("import", undated, "--feature", "helper", "--mapping", mapping, "--json")
    assert answered.code == 0
    assert answered.json["files"][0]["accepted"] == 1


def test_a_bug_is_70_with_its_traceback_on_stderr(
    readygate: Readygate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("something nobody thought of")

    monkeypatch.setattr(command, "open_workspace", broken)
    told = readygate("features")
    assert (told.code, told.out) == (BUG, "")
    assert "something nobody thought of" in told.err
    assert "this is a bug in Readygate" in told.err


def test_a_database_that_is_not_there_is_69(readygate: Readygate, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise StoreUnavailable("The database is busy.", mend="Try again.")

    monkeypatch.setattr(command, "open_workspace", locked)
    told = readygate("gate", "helper", "--json")
    assert told.code == UNAVAILABLE
    assert told.json["error"] == {
        "code": "store_unavailable", "sentence": "The database is busy.", "mend": "Try again.",
    }  # fmt: skip


def test_an_address_that_is_none_is_wrong_usage(
    readygate: Readygate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READYGATE_DATABASE_URL", "mysql://root:secret@host/db")
    told = readygate("features")
    assert told.code == WRONG_USAGE
    assert "secret" not in told.err


OF_THEIR_OWN = ("cases", "compare", "pause", "rollback", "restore", "grant", "revoke", "flags")
"""They need a case, releases, a rollout or a backup, can be done once, or always print JSON: tested
elsewhere."""


@pytest.mark.parametrize("name", [name for name in sub_commands() if name not in OF_THEIR_OWN])
def test_json_is_json_and_nothing_else_on_stdout(
    name: str, readygate: Readygate, feature: MakeFeature, results: Results, tmp_path: Path
) -> None:
    feature()
    words = {
        "demo": ["--if-empty"],
        "features": [],
        "apply": [tmp_path / "helper.json", "--lock"],
        "import": [results(3), "--feature", "helper"],
        "metrics": ["helper"],
        "gate": ["helper"],
        "lint": ["helper"],
        "people": [],
        "retention": [],
        "report": ["helper", "-o", tmp_path / "report.html"],
        "backup": [tmp_path / "kept"],
        "verify": [],
        "doctor": [],
    }[name]
    told = readygate(name, *words, "--json")
    assert isinstance(json.loads(told.out), dict | list)
    assert told.code == {"gate": 3, "lint": 1}.get(name, 0)
    assert told.err == ""
    spoken = readygate(name, *words)
    assert spoken.code == told.code
    assert spoken.out.strip()
    with pytest.raises(json.JSONDecodeError):
        json.loads(spoken.out)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-10-14", datetime(2026, 10, 14, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-10-14T12:00:00", datetime(2026, 10, 14, 12, tzinfo=UTC)),
        ("2026-10-14T12:00:00+02:00", datetime(2026, 10, 14, 10, tzinfo=UTC)),
    ],
)
def test_a_day_is_meant_to_its_end_and_times_are_utc_unless_they_say_otherwise(
    written: str, meant: datetime
) -> None:
    assert parser().parse_args(["gate", "helper", "--as-of", written]).as_of == meant


def test_the_demo_the_list_and_the_doctor_speak_plainly(readygate: Readygate, feature: MakeFeature) -> None:
    line = "helper NO DATA draft not started evidence for Eval pass rate"
    assert readygate("features").out == "No features yet. `readygate demo` makes three to explore.\n"
    feature()
    assert readygate("demo", "--if-empty").out == "The demo features are there already.\n"
    assert " ".join(readygate("features").out.split()) == line
    assert "audit log" in readygate("doctor").out


def test_a_command_loads_only_what_it_needs() -> None:
    """In a process of its own, because this one has loaded everything."""
    program = """
import sys
from core.cli import command
from core.cli.parser import parser

def loaded():
    names = ("scipy", "openpyxl", "core.decision", "core.cli.gating", "core.cli.importing_files")
    return [name for name in names if name in sys.modules]

parser([])
print(loaded())
parser(["import"])
print(loaded())
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    for_help, for_import = told.stdout.splitlines()
    assert for_help == "[]"
    assert "core.cli.importing_files" in for_import
    assert "core.cli.gating" not in for_import
    assert "openpyxl" not in for_import
