"""From files to verdicts by the command: the accounts, the exit codes and the JSON that scripts rely on."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from core.actions.workspace import open_workspace
from core.cli import main

PastReadygate = Callable[..., AbstractContextManager[Connection]]
Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]
Results = Callable[..., Path]

ROOT = Path(__file__).resolve().parents[2]
SMALL = Path(__file__).parent / "files" / "repeated_results.jsonl"
REAL = ROOT.parent / "shared" / "samples" / "real" / "airline_gpt4o_eval_results.jsonl"

COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")

GATE_FIELDS = [
    "feature", "verdict", "state", "phase", "exposure", "reasons", "rows", "may_advance", "conditions",
    "draft", "stakes", "not_asked", "locked_at", "amendments", "as_committed", "as_of", "hashes",
    "commitments", "signatures", "waivers", "suite_changes", "evidence_notes", "alarms", "release",
    "promises", "overruled", "overrides",
]  # fmt: skip
ROW_FIELDS = [
    "id", "kind", "label", "tier", "protected", "verdict", "counts", "waived", "value", "low", "high", "n",
    "effective_n", "source", "bar", "more_cases", "more_cases_to", "why",
]  # fmt: skip
FILE_FIELDS = {
    "file", "kind", "source", "read", "accepted", "duplicate", "updated", "rejected", "skipped",
    "questions", "problems", "cannot_compute",
}  # fmt: skip


def imported(run: Any) -> tuple[int, ...]:
    """The account of the one file that was imported."""
    assert run.code == 0, run.err
    (file,) = run.json["files"]
    assert set(file) >= FILE_FIELDS
    return tuple(file[name] for name in COUNTS)


def evidence_version(home: Path, slug: str = "helper") -> int:
    workspace = open_workspace(home)
    try:
        with workspace.database.reading() as connection:
            query = text("SELECT evidence_version FROM feature WHERE slug = :slug")
            return int(connection.scalar(query, {"slug": slug}) or 0)
    finally:
        workspace.close()


def row_of(run: Any) -> Any:
    return run.json["rows"][0]


@pytest.mark.usefixtures("either_database")
@pytest.mark.parametrize(
    ("path", "rows", "cases", "pass_hat"),
    [
        pytest.param(REAL, 200, 50, (0.420, 0.273, 0.220, 0.200), id="real"),
        pytest.param(SMALL, 40, 10, (0.400, 0.283, 0.225, 0.200), id="own"),
    ],
)
def test_repeated_results_give_the_first_honest_verdict(
    path: Path, rows: int, cases: int, pass_hat: tuple[float, ...],
    readygate: Readygate, feature: MakeFeature, home: Path,
) -> None:  # fmt: skip
    """Cases count, not their repeats; the verdict is NO-GO; the same file again changes nothing."""
    if not path.exists():
        pytest.skip("the shared folder with the real results is not beside this repository")
    feature(0.8, metric="answer_correctness")
    assert imported(readygate("import", path, "--feature", "helper", "--json")) == (rows, rows, 0, 0, 0, 0)
    metrics = readygate("metrics", "helper", "--json").json
    assert [round(one["value"], 3) for one in metrics["pass_hat_k"]] == list(pass_hat)
    assert [(one["k"], one["cases"]) for one in metrics["pass_hat_k"]] == [(k, cases) for k in (1, 2, 3, 4)]
    found = {(line["metric"], line["source"]): line for line in metrics["rows"]}
    answers = found["answer_correctness", "eval"]
    assert (answers["n"], answers["results"], answers["effective_n"]) == (cases, rows, cases)
    assert answers["value"] == pytest.approx(pass_hat[0])
    before = readygate("gate", "helper", "--json", "--as-of", "2100-01-01")
    assert (before.code, before.json["verdict"], row_of(before)["n"]) == (1, "no_go", cases)
    assert row_of(before)["high"] < 0.8
    counted = evidence_version(home)
    assert imported(readygate("import", path, "--feature", "helper", "--json")) == (rows, 0, rows, 0, 0, 0)
    assert evidence_version(home) == counted
    after = readygate("gate", "helper", "--json", "--as-of", "2100-01-01")
    assert (after.json["rows"], after.json["verdict"]) == (before.json["rows"], "no_go")


@pytest.mark.parametrize(("stakes", "code"), [("low", 0), ("medium", 2), ("high", 2)])
def test_twenty_right_cases_against_90_percent(
    stakes: str, code: int, readygate: Readygate, feature: MakeFeature, results: Results
) -> None:
    feature(0.9, stakes=stakes)
    readygate("import", results(20), "--feature", "helper")
    told = readygate("gate", "helper", "--json")
    assert told.code == code
    assert (row_of(told)["n"], row_of(told)["value"]) == (20, 1.0)
    assert f"things that {stakes} stakes ask of every checklist are not in this one" in told.json["not_asked"]
    assert f"  Not asked: {told.json['not_asked']}\n" in readygate("gate", "helper").out
    if code == 2:
        assert told.json["verdict"] == "not_enough_evidence"
        assert (row_of(told)["more_cases"] > 0, row_of(told)["more_cases_to"]) == (True, "go")
        assert "Not enough evidence: about" in readygate("gate", "helper").out
    else:
        assert (row_of(told)["more_cases"], row_of(told)["more_cases_to"]) == (None, None)


@pytest.mark.parametrize("bar", [None, 0.8], ids=["no checklist", "no evidence"])
def test_a_feature_that_is_empty_has_no_data(
    bar: float | None, readygate: Readygate, feature: MakeFeature
) -> None:
    feature(bar)
    told = readygate("gate", "helper", "--json")
    assert (told.code, told.json["verdict"]) == (3, "no_data")
    assert readygate("gate", "helper").out.startswith("helper: NO DATA (draft)\n  ")


def test_the_answer_has_the_same_fields_for_every_verdict(
    readygate: Readygate, feature: MakeFeature, results: Results, tmp_path: Path
) -> None:
    cases = {"go": (40, 0, 0), "no_go": (0, 40, 1), "not_enough_evidence": (6, 1, 2), "no_data": (0, 0, 3)}
    for verdict, (passed, failed, code) in cases.items():
        slug = feature(slug=verdict.replace("_", "-"))
        if passed + failed:
            readygate("import", results(passed, failed, f"{slug}.jsonl"), "--feature", slug)
        told = readygate("gate", slug, "--json")
        assert (told.code, told.json["verdict"]) == (code, verdict)
        check_fields(told.json)
    stale = tmp_path / "stale.json"
    item = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
    stale.write_text(json.dumps({"checklist": {"items": [item | {"valid_days": 1}]}}))
    assert readygate("apply", stale, "--feature", "go").code == 0
    told = readygate("gate", "go", "--json", "--as-of", "2100-01-01")
    assert (told.code, told.json["verdict"]) == (3, "stale")
    check_fields(told.json)


def check_fields(answer: dict[str, Any]) -> None:
    assert list(answer) == GATE_FIELDS
    assert (answer["state"], answer["phase"], answer["exposure"]) == ("not_started", None, None)
    assert [list(row) for row in answer["rows"]] == [ROW_FIELDS]
    assert set(answer["hashes"]) == {"checklist", "evidence"}
    assert [condition["name"] for condition in answer["conditions"]] == [
        "verdict",
        "locked",
        "measured",
        "plan",
        "state",
        "alarms",
        "duration",
        "criteria",
        "release",
        "signatures",
    ]
    assert all(set(condition) == {"name", "met", "sentence"} for condition in answer["conditions"])
    assert answer["reasons"]
    assert answer["may_advance"] is False


def test_the_same_question_gets_the_same_bytes(
    readygate: Readygate, feature: MakeFeature, results: Results
) -> None:
    feature()
    readygate("import", results(17, 3), "--feature", "helper")
    answers = {readygate("gate", "helper", "--json", "--as-of", "2100-01-01").out for _ in range(3)}
    assert len(answers) == 1


def test_as_of_a_day_before_the_evidence_there_was_none(
    readygate: Readygate, feature: MakeFeature, results: Results
) -> None:
    feature()
    readygate("import", results(40, started_at="2026-02-20T10:00:00Z"), "--feature", "helper")
    assert [
        readygate("metrics", "helper", "--json", "--metric", "eval_pass_rate", "--as-of", day).json["rows"][
            0
        ]["n"]
        for day in ("2026-02-19", "2026-02-20")
    ] == [0, 40]
    assert readygate("metrics", "helper", "--json", "--as-of", "2026-02-19").json["pass_hat_k"] == []
    # On that day there was no checklist either: it was written today.
    assert readygate("gate", "helper", "--as-of", "2026-02-20").code == 3
    assert readygate("gate", "helper").code == 0


def test_nothing_is_approved_without_a_verified_signature(
    readygate: Readygate, feature: MakeFeature, results: Results, tmp_path: Path
) -> None:
    feature()
    assert readygate("apply", tmp_path / "helper.json", "--lock").code == 0
    readygate("import", results(40), "--feature", "helper")
    assert readygate("gate", "helper").code == 0
    told = readygate("gate", "helper", "--require-approval", "--json")
    assert (told.code, told.json["verdict"]) == (1, "go")
    assert "not approved" in told.err
    signatures = {condition["name"]: condition["met"] for condition in told.json["conditions"]}
    assert (signatures["verdict"], signatures["signatures"]) == (True, False)


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_draft_is_told_and_refused_where_a_lock_is_asked_for(
    form: tuple[str, ...], readygate: Readygate, feature: MakeFeature, results: Results, tmp_path: Path
) -> None:
    feature()
    readygate("import", results(40), "--feature", "helper")
    asked = ("gate", "helper", *form)
    assert (readygate(*asked).code, readygate(*asked, "--require-lock").code) == (0, 1)
    assert "judged against a draft" in readygate(*asked, "--require-lock").err
    assert readygate("apply", tmp_path / "helper.json", "--lock").code == 0
    readygate("import", results(40, name="later.jsonl", eval_run_id="after the lock"), "--feature", "helper")
    locked = readygate(*asked, "--require-lock")
    assert (locked.code, locked.err) == (0, "")


def test_each_file_is_told_for_itself(
    readygate: Readygate, feature: MakeFeature, results: Results, tmp_path: Path
) -> None:
    feature()
    bad = tmp_path / "bad.csv"
    bad.write_text("colour,taste\nred,sweet\n")
    some = tmp_path / "some.csv"
    some.write_text("run_id,latency_ms\nr1,100\nr2,fast\n")
    told = readygate("import", results(3), bad, some, "--feature", "helper", "--json")
    assert told.code == 65
    files = told.json["files"]
    assert [file["file"] for file in files] == ["results.jsonl", "bad.csv", "some.csv"]
    assert (files[0]["accepted"], files[2]["accepted"], files[2]["rejected"]) == (3, 1, 1)
    (problem,) = files[2]["problems"]
    assert set(problem) == {"row", "column", "value", "reason", "fix", "code"}
    assert (problem["row"], problem["column"], problem["value"]) == (3, "latency_ms", "fast")
    spoken = readygate("import", some, "--feature", "helper").out
    assert "some.csv (traces): 2 read: 1 duplicate, 1 rejected." in spoken
    assert "row 3, latency_ms = 'fast'" in spoken


def test_kind_suite_and_bundle_are_kept_with_the_upload(
    readygate: Readygate, feature: MakeFeature, results: Results
) -> None:
    feature()
    words = ["--kind", "evals", "--bundle", "v2", "--suite", "gold"]
    assert readygate("import", results(5), "--feature", "helper", *words).code == 0
    grouped = readygate("metrics", "helper", "--by", "bundle", "--metric", "eval_pass_rate", "--json").json
    assert [(line["slice"], line["n"]) for line in grouped["rows"]] == [("v2", 5)]


@pytest.mark.parametrize("words", [[], ["--json"], ["--require-approval"]])
def test_who_has_seen_enough_of_the_output_still_gets_the_exit_code(
    words: list[str], readygate: Readygate, feature: MakeFeature, results: Results, home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """`readygate gate helper | head -1`: the reader is gone, and a NO-GO stays a NO-GO."""
    feature()
    readygate("import", results(0, 40), "--feature", "helper")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w", encoding="utf-8", buffering=64) as closed, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", closed)
        assert main(["gate", "helper", *words, "--home", str(home)]) == 1


def test_metrics_say_why_one_is_not_measured(
    readygate: Readygate, feature: MakeFeature, results: Results
) -> None:
    feature()
    readygate("import", results(5), "--feature", "helper")
    lines = readygate("metrics", "helper", "--json").json["rows"]
    for line in lines:
        assert list(line) == [
            "metric", "source", "slice", "value", "low", "high", "n", "effective_n",
            "results", "passes", "releases", "not_measured",
        ]  # fmt: skip
        assert (line["value"] is None) == (line["not_measured"] is not None)
    spoken = readygate("metrics", "helper").out
    assert "not measured: " in spoken
    assert "pass^1 1.000 over 5 cases" in spoken


def test_apply_tells_what_it_did_and_again_nothing(
    readygate: Readygate, feature: MakeFeature, tmp_path: Path
) -> None:
    feature()
    again = readygate("apply", tmp_path / "helper.json", "--json")
    assert (again.code, again.json) == (0, {"feature": "helper", "did": []})
    locked = readygate("apply", tmp_path / "helper.json", "--lock")
    assert locked.out == "helper: locked version 1.\n"
    looser = json.loads((tmp_path / "helper.json").read_text())
    looser["checklist"]["items"][0]["bar"] = 0.5
    (tmp_path / "helper.json").write_text(json.dumps(looser))
    refused = readygate("apply", tmp_path / "helper.json", "--lock")
    assert (refused.code, "an amendment needs a reason" in refused.err) == (64, True)
    assert readygate("apply", tmp_path / "helper.json", "--lock", "--reason", "It got harder").code == 0


def test_the_doctor_finds_a_log_that_was_changed_from_outside(
    readygate: Readygate, feature: MakeFeature, home: Path, past_readygate: PastReadygate
) -> None:
    feature()
    assert readygate("doctor").code == 0
    workspace = open_workspace(home)
    with past_readygate(workspace.database) as connection:
        connection.execute(text("UPDATE audit_event SET actor = 'Eve' WHERE seq = 1"))
    workspace.close()
    told = readygate("doctor", "--json")
    assert told.code == 1
    faults = [check["name"] for check in told.json if check["level"] == "fault"]
    assert faults == ["audit log"]
