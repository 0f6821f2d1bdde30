"""`readygate backup` and `readygate restore`, as somebody types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.cli import main

Readygate = Callable[..., Any]


def test_a_backup_comes_back_in_another_home(
    readygate: Readygate, feature: Callable[..., str], tmp_path: Path, capsys: Any
) -> None:
    feature()
    told = readygate("backup", tmp_path / "kept", "--json")
    assert told.code == 0, told.err
    folder, anchor = told.json["folder"], told.json["anchor"]
    assert told.json["to_do"] is None
    other = str(tmp_path / "other")
    assert main(["restore", folder, "--home", other, "--anchor", anchor, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["anchor"] == anchor
    assert main(["verify", "--home", other, "--anchor", anchor]) == 0
    assert main(["features", "--home", other, "--json"]) == 0
    assert '"helper"' in capsys.readouterr().out
    assert main(["restore", folder, "--home", other]) == 64
    assert "overwrites nothing" in capsys.readouterr().err
    assert main(["restore", folder, "--home", other, "--replace"]) == 0
    assert "is kept as" in capsys.readouterr().out


def test_the_line_to_note_down_can_be_pasted_as_it_is(
    readygate: Readygate, feature: Callable[..., str], tmp_path: Path
) -> None:
    feature()
    said = readygate("backup", tmp_path).out
    line = next(line for line in said.splitlines() if line.startswith("Note this down elsewhere: "))
    words = line.removeprefix("Note this down elsewhere: ").split()
    assert words[0] == "readygate"
    assert readygate(*words[1:]).code == 0


def test_postgresql_is_told_its_own_command(
    either_database: str, readygate: Readygate, feature: Callable[..., str], tmp_path: Path
) -> None:
    feature()
    told = readygate("backup", tmp_path)
    assert told.code == 0, told.err
    assert ("pg_dump --format=custom" in told.out) == (either_database == "postgresql")


def test_what_is_no_backup_is_not_made_a_home(tmp_path: Path, capsys: Any) -> None:
    home = tmp_path / "home"
    assert main(["restore", str(tmp_path), "--home", str(home)]) == 65
    assert "is no backup" in capsys.readouterr().err
    assert not home.exists()


def test_any_other_command_makes_a_home_where_there_is_none(tmp_path: Path, capsys: Any) -> None:
    home = tmp_path / "home"
    assert main(["features", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    assert main(["verify", "--home", str(home)]) == 0
