"""`readygate verify`: 0 where nothing was touched, 1 where something was, and it says what."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Readygate = Callable[..., Any]


def tamper(home: Path, *statements: str) -> None:
    """Change the SQLite file as somebody does who knows how to take the triggers away."""
    with sqlite3.connect(home / "readygate.db") as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            file.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            file.execute(statement)
    file.close()


CUT = ("DELETE FROM audit_payload WHERE seq = 2", "DELETE FROM audit_event WHERE seq = 2")


def test_an_untouched_store_verifies_on_both_databases(
    either_database: str, readygate: Readygate, feature: Callable[..., str]
) -> None:
    feature()
    told = readygate("verify", "--json")
    assert told.code == 0
    answer = told.json
    assert (answer["ok"], answer["events"], answer["first_broken_seq"], answer["records"]) == (
        True,
        2,
        None,
        [],
    )
    assert answer["anchor"] == f"{answer['head']}:2"
    said = readygate("verify")
    assert said.code == 0
    assert "All 2 entries are as written" in said.out
    assert f"Note this down elsewhere: {answer['anchor']}" in said.out


def test_a_bar_changed_in_the_file_is_reported(
    home: Path, readygate: Readygate, feature: Callable[..., str]
) -> None:
    feature(0.8)
    tamper(home, "UPDATE document_version SET body = replace(body, '0.8', '0.75')")
    told = readygate("verify", "--json")
    assert told.code == 1
    (record,) = told.json["records"]
    assert told.json["first_broken_seq"] is None
    assert (record["kind"], record["feature"], record["fault"]) == ("document", "helper", "changed")
    assert (record["fields"], record["entry"]) == (["content"], 2)
    assert "version 1 of the checklist was changed past Readygate" in readygate("verify").out


@pytest.mark.parametrize(
    ("attack", "seq", "words"),
    [
        ("UPDATE audit_event SET actor = 'Eve' WHERE seq = 1", 1, "created the feature, helper, by Eve"),
        ("UPDATE audit_event SET ts = 'never' WHERE seq = 1", 1, "Entry 1 (created the feature"),
        ("UPDATE audit_payload SET payload = '{}' WHERE seq = 2", 2, "saved the checklist, helper"),
        ("UPDATE audit_payload SET payload = x'00', salt = 'x' WHERE seq = 2", 2, "saved the checklist"),
    ],
)
def test_the_first_bad_entry_is_named(
    home: Path, readygate: Readygate, feature: Callable[..., str], attack: str, seq: int, words: str
) -> None:
    feature()
    tamper(home, attack)
    told = readygate("verify", "--json")
    assert (told.code, told.json["first_broken_seq"]) == (1, seq)
    said = readygate("verify").out
    assert f"Entry {seq}" in said
    assert words in said
    assert "was changed afterwards, or one before it was removed." in said


def test_a_cut_end_needs_the_head_that_was_noted_down(
    home: Path, readygate: Readygate, feature: Callable[..., str]
) -> None:
    feature()
    noted = readygate("verify", "--json").json
    tamper(home, *CUT, "DELETE FROM document_version")
    assert readygate("verify").code == 0
    for options in (("--anchor", noted["anchor"]), ("--head", noted["head"], "--events", "2")):
        told = readygate("verify", "--json", *options)
        assert (told.code, told.json["first_broken_seq"], told.json["fault"]) == (1, 2, "cut")
    assert "its end was cut off" in readygate("verify", "--anchor", noted["anchor"]).out


@pytest.mark.parametrize(
    "options",
    [
        ("--anchor", "abc"),
        ("--head", "0" * 64),
        ("--events", "3"),
        ("--anchor", f"{'a' * 64}:3", "--head", "a" * 64, "--events", "3"),
    ],
)
def test_what_is_no_head_is_wrong_usage(readygate: Readygate, options: tuple[str, ...]) -> None:
    assert readygate("verify", *options).code == 64
