"""`readygate report`: the decision as a file, the same as the gate's answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

Readygate = Callable[..., Any]


def test_every_format_is_written_and_says_the_same(
    readygate: Readygate, feature: Callable[..., str], results: Callable[..., Path], tmp_path: Path
) -> None:
    slug = feature(0.8)
    assert readygate("import", results(90, 10), "--feature", slug).code == 0
    prints = set()
    for form in ("pdf", "html", "xlsx", "json"):
        told = readygate(
            "report", slug, "--format", form, "-o", tmp_path / f"r.{form}", "--as-of", "2099-01-01", "--json"
        )
        assert told.code == 0, told.err
        prints.add(told.json["sha256"])
        assert readygate("verify", "--anchor", told.json["anchor"]).code == 0
    assert len(prints) == 1
    said = json.loads((tmp_path / "r.json").read_text())
    gate = readygate("gate", slug, "--as-of", "2099-01-01", "--json").json
    assert said["body"]["decision"] == gate
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    assert b"as of 1 Jan 2099" in (tmp_path / "r.html").read_bytes()
    assert openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames[0] == "Answer"


def test_html_is_what_it_writes_unless_told_otherwise(
    readygate: Readygate, feature: Callable[..., str], tmp_path: Path
) -> None:
    told = readygate("report", feature(), "-o", tmp_path / "report.html")
    assert told.code == 0
    assert "to check it: readygate verify --anchor " in told.out
    assert (tmp_path / "report.html").read_bytes().startswith(b"<!doctype html>")


def test_a_place_that_cannot_be_written_is_wrong_usage_and_leaves_no_note(
    readygate: Readygate, feature: Callable[..., str], tmp_path: Path
) -> None:
    slug = feature()
    before = readygate("verify", "--json").json["events"]
    for place in (tmp_path / "nowhere" / "r.html", tmp_path):
        told = readygate("report", slug, "-o", place)
        assert (told.code, "cannot be written" in told.err) == (64, True)
    assert readygate("report", "unknown", "-o", tmp_path / "r.html").code == 64
    assert readygate("report", slug, "--format", "docx", "-o", tmp_path / "r.docx").code == 64
    assert readygate("verify", "--json").json["events"] == before
