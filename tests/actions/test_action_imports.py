"""Handing files in: what is counted, what is kept, what is refused, and what is put right later."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.actions.features import create_feature, find_feature
from core.actions.gates import gate
from core.actions.imports import list_uploads, plain_name, rejected_rows
from core.actions.metrics import metrics_of, pass_hat
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import QuestionsOpen, UnreadableFile, WrongUsage
from core.metrics.catalogue import CATALOGUE
from core.metrics.measurement import Measurement
from core.store import labels
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]

COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")
TRACES = """run_id,started_at,user_id,user_feedback,latency_ms
r1,2026-02-25T09:00:00Z,u1,accepted,900
r2,2026-02-25T09:05:00Z,u2,rejected,1200
r3,2026-02-26T10:00:00Z,u3,accepted,700
"""


def counts(upload: Upload) -> tuple[int, ...]:
    assert upload.report is not None
    told = tuple(upload.report[name] for name in COUNTS)
    assert told[0] == sum(told[1:])
    return told


def measured(workspace: Workspace, slug: str, now: datetime, metric: str) -> tuple[float, int]:
    """(value, n) of a metric that has one source with evidence."""
    found = [
        (one.value, one.n)
        for _, one in metrics_of(workspace, LOCAL_CALLER, now, slug, only=metric)
        if isinstance(one, Measurement)
    ]
    assert len(found) == 1
    return found[0]


def version(workspace: Workspace, slug: str) -> int:
    return find_feature(workspace, slug).evidence_version


def test_the_same_file_again_adds_nothing(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    first = hand_in(results(7, 3))
    assert (first.state, first.kind, counts(first)) == ("done", "evals", (10, 10, 0, 0, 0, 0))
    before = version(workspace, feature), gate(workspace, LOCAL_CALLER, now, feature).rows
    again = hand_in(results(7, 3), "renamed.jsonl")
    assert counts(again) == (10, 0, 10, 0, 0, 0)
    assert (version(workspace, feature), gate(workspace, LOCAL_CALLER, now, feature).rows) == before
    assert measured(workspace, feature, now, "eval_pass_rate") == (0.7, 10)
    assert [upload.sha256 for upload in list_uploads(workspace, LOCAL_CALLER, feature)] == [first.sha256] * 2


def test_a_larger_export_adds_only_what_is_new(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    hand_in(results(10))
    assert counts(hand_in(results(10) + results(0, 5, first=10))) == (15, 5, 10, 0, 0, 0)
    assert measured(workspace, feature, now, "eval_pass_rate")[1] == 15


def test_a_changed_row_is_told_and_only_what_it_says_now_counts(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(TRACES, "traces.csv")
    assert measured(workspace, feature, now, "user_acceptance") == (2 / 3, 3)
    changed = hand_in(TRACES.replace("rejected", "accepted"), "traces.csv", at=now + timedelta(hours=1))
    assert counts(changed) == (3, 0, 2, 1, 0, 0)
    assert measured(workspace, feature, now, "user_acceptance") == (1.0, 3)


def test_withdrawing_brings_back_what_an_upload_had_updated(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(TRACES, "traces.csv")
    changed = hand_in(
        TRACES.replace("rejected", "accepted") + "r4,2026-02-27T10:00:00Z,u4,accepted,800\n", "t.csv"
    )
    assert measured(workspace, feature, now, "user_acceptance") == (1.0, 4)
    before = version(workspace, feature)
    withdraw_upload(workspace, LOCAL_CALLER, now, changed.id, "  Exported from the test system ")
    assert version(workspace, feature) == before + 1
    assert measured(workspace, feature, now, "user_acceptance") == (2 / 3, 3)
    listed = {upload.id: upload for upload in list_uploads(workspace, LOCAL_CALLER, feature)}[changed.id]
    assert (listed.state, listed.withdrawn_by, listed.withdrawn_reason) == (
        "withdrawn", LOCAL_CALLER.name, "Exported from the test system",
    )  # fmt: skip
    # What was withdrawn is not known any more, so it can be handed in again.
    assert counts(hand_in(TRACES.replace("rejected", "accepted"), "t.csv")) == (3, 0, 2, 1, 0, 0)


def test_labels_are_updated_and_withdrawn_in_the_same_way(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    def right() -> tuple[float, int]:
        return measured(workspace, feature, now, "answer_correctness")

    hand_in(TRACES, "traces.csv")
    sheet = "run_id,answer_right,reviewer,sampling\nr1,yes,Ada,complete\nr2,no,Ada,complete\n"
    first = hand_in(sheet, "labels.csv")
    assert (first.kind, counts(first), right()) == ("labels", (2, 2, 0, 0, 0, 0), (0.5, 2))
    second = hand_in(sheet.replace("no,Ada", "yes,Ada"), "labels.csv", at=now + timedelta(hours=1))
    assert (counts(second), right()) == ((2, 0, 1, 1, 0, 0), (1.0, 2))
    withdraw_upload(workspace, LOCAL_CALLER, now, second.id, "Wrong sheet")
    assert right() == (0.5, 2)
    with workspace.database.reading() as connection:
        assert len(labels.known_keys(connection, find_feature(workspace, feature).id)[0]) == 2


def test_withdrawing_needs_a_reason_and_an_upload_that_counts(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    done = hand_in(results(3))
    with pytest.raises(WrongUsage, match="needs a reason"):
        withdraw_upload(workspace, LOCAL_CALLER, now, done.id, "  ")
    withdraw_upload(workspace, LOCAL_CALLER, now, done.id, "Wrong file")
    with pytest.raises(WrongUsage, match="is withdrawn, so it cannot be withdrawn"):
        withdraw_upload(workspace, LOCAL_CALLER, now, done.id, "Once more")
    with pytest.raises(WrongUsage, match="no such upload"):
        withdraw_upload(workspace, LOCAL_CALLER, now, "nope", "Wrong file")
    assert version(workspace, feature) == 2


def test_bad_rows_are_listed_and_can_be_downloaded_and_the_good_ones_count(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    done = hand_in(
        TRACES + "r4,2026-02-27T10:00:00Z,u4,accepted,fast\n,2026-02-27T11:00:00Z,u5,accepted,5\n", "t.csv"
    )
    assert counts(done) == (5, 3, 0, 0, 2, 0)
    assert done.report is not None
    fast, nameless = done.report["problems"]
    assert (fast["row"], fast["column"], fast["value"]) == (5, "latency_ms", "fast")
    assert all(problem["reason"] and problem["fix"] and problem["code"] for problem in (fast, nameless))
    assert (nameless["row"], nameless["column"]) == (6, "run_id")
    sheet = rejected_rows(workspace, LOCAL_CALLER, done.id).decode("utf-8-sig").splitlines()
    assert len(sheet) == 3
    assert "fast" in sheet[1]
    assert done.has_rejected_rows
    assert rejected_rows(workspace, LOCAL_CALLER, hand_in(TRACES, "t.csv").id) == b""


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\n\n  \n", "(?i)empty|no rows|no header"),
        ("header.csv", b"run_id,latency_ms\n", "no rows"),
        ("photo.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "(?i)picture|image|PNG"),
        ("sheet.csv", b"PK\x03\x04" + b"\x00" * 400, "(?i)xlsx|excel|zip"),
        ("results.pdf", b"%PDF-1.7\n1 0 obj\n", "(?i)pdf"),
        ("unclosed.csv", b'run_id,query\nr1,"no end\nr2,b\nr3,c\n', "(?i)quote"),
        ("strange.csv", b"colour,taste\nred,sweet\n", "(?i)column"),
        ("broken.json", b'[{"case_id": "c1", "passed": true}', "(?i)json|ends"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_in_one_sentence_and_nothing_is_saved(
    workspace: Workspace, feature: str, hand_in: HandIn, name: str, content: bytes, sentence: str
) -> None:
    with pytest.raises((UnreadableFile, QuestionsOpen), match=sentence) as fault:
        hand_in(content, name)
    assert fault.value.mend
    assert "Traceback" not in str(fault.value)
    assert str(workspace.home) not in str(fault.value)
    failed = list_uploads(workspace, LOCAL_CALLER, feature)[0]
    assert (failed.state, failed.sequence, failed.report) == ("failed", None, None)
    assert failed.fault is not None
    assert (failed.fault["sentence"], failed.fault["code"]) == (fault.value.sentence, fault.value.code)
    assert version(workspace, feature) == 0


def test_evidence_of_one_feature_is_not_anothers(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Bob", stakes=Stakes.LOW)
    hand_in(results(4))
    other = hand_in(results(0, 4), slug="other")
    assert counts(other) == (4, 4, 0, 0, 0, 0)
    assert measured(workspace, feature, now, "eval_pass_rate") == (1.0, 4)
    assert measured(workspace, "other", now, "eval_pass_rate") == (0.0, 4)


def test_an_upload_says_which_metrics_it_cannot_give(hand_in: HandIn, results: Results) -> None:
    report = hand_in(results(2)).report
    assert report is not None
    why = {line["metric"]: line["why"] for line in report["cannot_compute"]}
    assert why["User acceptance"] == "It comes from traces."
    assert why["Tool selection accuracy"] == "The file fills no column tools_expected or tools_called."
    assert "Eval pass rate" not in why


@pytest.mark.parametrize("unused", ["", ",mood"])
def test_a_column_that_is_not_used_gives_no_metric(hand_in: HandIn, unused: str) -> None:
    report = hand_in(f"run_id,query,response{unused}\nr1,q,a{unused and ',good'}\n", "one.csv").report
    assert report is not None
    why = {line["metric"]: line["why"] for line in report["cannot_compute"]}
    assert why["p95 latency"].startswith("The file fills no column latency_ms.")
    assert why["User acceptance"] == "The file fills no column user_feedback."
    assert len(why) == len(CATALOGUE)


def test_repeats_of_a_case_are_one_case(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    rows = [
        {"case_id": f"c{case}", "attempt": attempt, "passed": case < 2 or attempt == 0}
        for case in range(4)
        for attempt in range(2)
    ]
    hand_in("".join(json.dumps(row) + "\n" for row in rows))
    assert measured(workspace, feature, now, "eval_pass_rate") == (0.75, 4)
    assert [(one.k, one.value, one.cases) for one in pass_hat(workspace, LOCAL_CALLER, now, feature)] == [
        (1, 0.75, 4), (2, 0.5, 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("results.csv", "results.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\results.csv", "results.csv"),
        ("folder/", "unnamed"),
        ("", "unnamed"),
        ("   ", "unnamed"),
        ("a\nb\tc\x00.csv", "a�b�c�.csv"),
        ("in\u202evsc.exe", "in�vsc.exe"),
        ("größe 助手.csv", "größe 助手.csv"),
        ("x" * 300 + ".csv", "x" * 255),
    ],
)
def test_a_file_keeps_its_own_name_and_nothing_else_of_its_path(given: str, kept: str) -> None:
    assert plain_name(given) == kept


def test_a_hostile_name_reaches_neither_the_disk_nor_the_records(
    workspace: Workspace, feature: str, hand_in: HandIn, results: Results, tmp_path: Path
) -> None:
    done = hand_in(results(1), "../../../escaped\x1b[31m.jsonl")
    assert done.file_name == "escaped�[31m.jsonl"
    assert [path.name for path in tmp_path.rglob("*escaped*")] == []


def test_rows_of_the_future_and_of_no_time_are_told(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    """Those count only once their time has come, these as of their upload, before or after a lock."""
    header = "run_id,started_at,user_feedback\n"
    today = hand_in(f"{header}r1,{now.isoformat()},accepted\n", "traces.csv", at=now)
    tomorrow = hand_in(f"{header}r2,{(now + timedelta(days=1)).isoformat()},accepted\n", "later.csv", at=now)
    undated = hand_in("run_id,user_feedback\nr3,accepted\n", "undated.csv", at=now)
    uploads = (today, tomorrow, undated)
    codes = [[notice["code"] for notice in (upload.report or {})["warnings"]] for upload in uploads]
    assert codes == [[], ["future"], ["undated"]]
