"""``readygate import`` of a table with foreign names: what it prints is the mapping file that it needs."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Readygate = Callable[..., Any]

SHEET = (
    'Vorgang;Datum;Frage;"Wer ""fragt"" #1"\n'
    "V-1;2026-02-13 09:00;Wo bleibt es?;N1\n"
    "V-2;2026-02-14 09:00;Wann kommt es?;N2\n"
)
COLUMNS = {"Vorgang": "run_id", "Datum": "started_at", "Frage": "query", 'Wer "fragt" #1': ""}


@pytest.fixture
def sheet(tmp_path: Path, feature: Callable[..., str]) -> Path:
    feature()
    path = tmp_path / "auszug.csv"
    path.write_text(SHEET, encoding="utf-8")
    return path


def printed_mapping(err: str) -> str:
    """The lines between the sentence that says what to do with them and the next blank block."""
    return err.split("add --mapping mapping.toml:\n\n", 1)[1].split("    timezone", 1)[0]


def test_the_printed_lines_are_a_mapping_file(readygate: Readygate, sheet: Path, tmp_path: Path) -> None:
    asked = readygate("import", sheet, "--feature", "helper")
    assert asked.code == 65
    text = printed_mapping(asked.err)
    assert tomllib.loads(text) == {"kind": "traces", "columns": COLUMNS}
    assert "“Frage” is a German word for it." in text
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(f'timezone = "Europe/Berlin"\n{text}', encoding="utf-8")
    assert readygate("import", sheet, "--feature", "helper", "--mapping", mapping).code == 0
    # The second file with the same columns needs no mapping.
    sheet.write_text(SHEET.replace("V-", "W-"), encoding="utf-8")
    again = readygate("import", sheet, "--feature", "helper")
    assert again.code == 0
    assert "Read as you answered for an earlier file" in again.out


def test_the_question_as_json_holds_the_mapping_as_it_is_guessed(
    readygate: Readygate, sheet: Path, tmp_path: Path
) -> None:
    asked = readygate("import", sheet, "--feature", "helper", "--json")
    question = asked.json["files"][0]["questions"][0]
    assert (question["key"], question["mapping"]) == ("columns", {"kind": "traces", "columns": COLUMNS})
    assert question["columns"][2] == {
        "header": "Frage",
        "guess": "query",
        "because": "“Frage” is a German word for it.",
        "samples": ["Wo bleibt es?", "Wann kommt es?"],
    }
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps(question["mapping"] | {"timezone": "UTC"}), encoding="utf-8")
    done = readygate("import", sheet, "--feature", "helper", "--mapping", mapping, "--json")
    assert (done.code, done.json["files"][0]["accepted"]) == (0, 2)
