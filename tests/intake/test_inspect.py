"""Inspect AI: logs as archives and as JSON, the table of samples, data sets; damage and bombs."""

import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers, PassRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.formats import sniff
from core.intake.job import Limits
from core.intake.layouts import archive
from core.intake.layouts.inspect import DOCUMENT
from core.intake.layouts.layout import Opened
from core.intake.sources.inspect import InspectLog
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context
from core.intake.tables import Chunk

SAMPLES = "samples/evals/inspect_ai/generated"


def by(metric: str, bar: float = 1) -> Answers:
    return Answers(pass_rule=PassRule(column=metric, at_least=bar))


def metrics(found: Any) -> list[dict[str, float] | None]:
    return [json.loads(cell) if cell else None for cell in found.cells("metrics")]


def header(**changes: Any) -> dict[str, Any]:
    about = {
        "eval_id": "e-1", "run_id": "r-1", "created": "2026-11-20T15:00:00+00:00", "task": "helper",
        "task_version": 2, "model": "openai/m", "dataset": {"sample_ids": ["a"]},
    }  # fmt: skip
    return {
        "version": 2,
        "status": "success",
        "eval": about,
        "plan": {},
        "results": {},
        "stats": {},
    } | changes


def sample(name: str | int = "a", epoch: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": name,
        "epoch": epoch,
        "input": "What now?",
        "target": "this",
        "messages": [],
        "output": {"completion": "this", "choices": []},
        "scores": {"match": {"value": "C"}},
        "metadata": {},
        "model_usage": {},
        "started_at": "2026-11-20T15:00:01+00:00",
        "total_time": 1.5,
        "events": [{"anything": "at all"}],
        "attachments": {},
    } | changes


def as_json(*samples: Any, **changes: Any) -> str:
    return json.dumps({**header(**changes), "samples": list(samples)})


def zstd(content: bytes) -> bytes:
    # Two frames: newer versions of the tool write large members so.
    codec, half = pa.Codec("zstd"), len(content) // 2
    return b"".join(codec.compress(part, asbytes=True) for part in (content[:half], content[half:]))


def as_archive(members: Mapping[str, Any], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A .eval file; method 93 is written by hand, because Python's own module cannot."""
    target = BytesIO()
    if method != 93:
        with zipfile.ZipFile(target, "w", method) as written:
            for name, value in members.items():
                written.writestr(name, value if isinstance(value, str) else json.dumps(value))
        return target.getvalue()
    table = b""
    for name, value in members.items():
        content = (value if isinstance(value, str) else json.dumps(value)).encode()
        packed, at = zstd(content), target.tell()
        sizes = (zlib.crc32(content), len(packed), len(content), len(name), 0)
        target.write(struct.pack("<4s5H3L2H", b"PK\3\4", 63, 0, 93, 0, 33, *sizes) + name.encode() + packed)
        table += struct.pack("<4s6H3L5H2L", b"PK\1\2", 63, 63, 0, 93, 0, 33, *sizes, 0, 0, 0, 0, at)
        table += name.encode()
    begin = target.tell()
    target.write(
        table + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, len(members), len(members), len(table), begin, 0)
    )
    return target.getvalue()


# The samples


@pytest.mark.parametrize(
    "name", ["support_epochs2_with_errors.json", "support_epochs2_with_errors_zstd.eval"]
)
def test_the_logs_of_the_samples(read: Any, shared: Path, name: str) -> None:
    found = read(shared / SAMPLES / name, by("tool_selection"))
    report = found.report
    assert (report.kind, report.source, report.read, report.accepted) == (Kind.EVALS, "inspect", 10, 10)
    rows = {(row["case_id"], row["attempt"]): row for row in found.table.to_pylist()}
    assert sorted(rows) == [(f"C-00{case}", epoch) for case in range(1, 6) for epoch in (0, 1)]
    passed = {case: rows[case, 0]["passed"] for case in ("C-001", "C-002", "C-003", "C-004", "C-005")}
    assert passed == {"C-001": True, "C-002": False, "C-003": True, "C-004": True, "C-005": None}
    first = rows["C-001", 0]
    assert json.loads(first["metrics"]) == {
        "tool_selection": 1, "includes": 0, "rubric.groundedness": 0.8, "rubric.helpfulness": 4,
    }  # fmt: skip
    assert first["query"] == "Where is my order 1042?"
    assert first["response"] == "Order 1042 shipped on 3 June"
    assert first["tools_called"] == first["tools_expected"] == ["lookup_order"]
    assert first["tool_selected"] == "lookup_order"
    assert (first["tokens"], first["cost_usd"]) == (300, None)
    assert first["release_bundle"] == "2025.06.1"
    assert first["suite_version"] == "support_agent v3"
    assert first["judge"] == "tool_selection, includes, rubric"
    broken = rows["C-005", 1]
    assert broken["error"] == "RuntimeError('upstream CRM timed out after 30s')"
    assert (broken["error_kind"], broken["metrics"], broken["tokens"]) == ("run", None, None)
    assert found.sentences("tested")[0] == "The scorer that Inspect itself shows first is “tool_selection”."
    assert not {"unfinished_run", "missing_cases", "unscored"} & set(found.warned)


def test_times_and_ids_of_the_json_log(read: Any, shared: Path) -> None:
    found = read(shared / SAMPLES / "support_epochs2_with_errors.json", by("tool_selection"))
    assert set(found.cells("eval_run_id")) == {"hAteR4DZ85dv7DK7vDvbjD"}
    assert found.cells("started_at")[0] == datetime(2026, 11, 20, 15, 0, 55, 970504, tzinfo=UTC)
    assert found.cells("latency_ms")[0] == 1035


def test_a_second_import_of_the_same_log_adds_nothing(read: Any, shared: Path, tmp_path: Path) -> None:
    path = shared / SAMPLES / "support_epochs2_with_errors_zstd.eval"
    keys = read(path, by("tool_selection")).known_keys(tmp_path / "known.npz")
    again = read(path, by("tool_selection"), known_keys=keys).report
    assert (again.read, again.duplicate, again.accepted) == (10, 10, 0)


# Shapes of a log


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93])
def test_every_way_of_packing_gives_what_the_json_gives(read: Any, method: int) -> None:
    samples = [sample("a", 1), sample("a", 2, scores={"match": {"value": "I"}})]
    members = {f"samples/a_epoch_{one['epoch']}.json": one for one in samples}
    packed = read(as_archive({**members, "header.json": header()}, method), by("match"), name="a.eval")
    plain = read(as_json(*samples), by("match"), name="a.json")
    assert packed.table.equals(plain.table)
    assert packed.cells("passed") == [True, False]
    assert packed.cells("attempt") == [0, 1]


def test_a_run_that_did_not_end_is_read_from_its_journal(read: Any) -> None:
    begun = {name: value for name, value in header().items() if name in ("version", "eval", "plan")}
    begun["eval"] = {**begun["eval"], "dataset": {"sample_ids": ["a", "b", "c"]}}
    members = {"_journal/start.json": begun, "samples/a_epoch_1.json": sample()}
    found = read(as_archive(members), by("match"), name="a.eval")
    assert found.cells("case_id") == ["a"]
    assert "did not come to its end (started)" in found.sentences("unfinished_run")[0]
    assert found.sentences("missing_cases") == [
        "2 of the 3 cases that the run was about are not in this file."
    ]


def test_a_log_without_samples_is_read_from_its_summaries(read: Any) -> None:
    summary = {
        "id": "a",
        "epoch": 1,
        "input": "What now?",
        "scores": {"match": {"value": "C"}},
        "error": "boom",
    }
    members = {"header.json": header(), "summaries.json": [summary, {**summary, "error": None, "epoch": 2}]}
    found = read(as_archive(members), by("match"), name="a.eval")
    assert found.cells("passed") == [None, True]
    assert found.cells("error") == ["boom", None]
    assert "cut at 1,024 characters" in found.sentences("cut_texts")[0]
    with pytest.raises(UnreadableFile, match="holds no samples"):
        read(as_archive({"header.json": header()}), name="a.eval")


def test_a_sample_in_parts_is_read_from_the_part_with_its_results(read: Any) -> None:
    members = {
        "header.json": header(),
        "samples/a_epoch_1/sample.json": sample(),
        "samples/a_epoch_1/1.json": [],
    }
    assert read(as_archive(members), by("match"), name="a.eval").cells("case_id") == ["a"]


def test_the_first_version_has_one_score_without_a_name(read: Any) -> None:
    old = sample(scores=None, score={"value": "I"})
    text = as_json(old, version=1, results={"scorer": {"name": "includes"}})
    found = read(text, by("includes"), name="a.json")
    assert (metrics(found), found.cells("judge")) == ([{"includes": 0}], ["includes"])


def test_samples_larger_than_a_line_of_a_table_are_read(read: Any) -> None:
    large = sample(events=[{"text": "x" * 5000}] * 40)
    found = read(as_json(large), by("match"), name="a.json", limits=Limits(line_characters=50_000))
    assert found.cells("passed") == [True]


# Values


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("C", {"s": 1}), ("I", {"s": 0}), ("P", {"s": 0.5}), ("N", {"s": 0}), (True, {"s": 1}),
        (False, {"s": 0}),
        (0.25, {"s": 0.25}), ("7", {"s": 7}), ("yes", {"s": 1}), (float("nan"), None), (float("inf"), None),
        ([1, "I"], {"s.0": 1, "s.1": 0}), ({"a": "C", "b": 3, "c": None}, {"s.a": 1, "s.b": 3}),
        (None, None), ("a word", None), ([[1]], None), ({}, None),
    ],
)  # fmt: skip
def test_values_of_scorers(read: Any, value: Any, expected: dict[str, float] | None) -> None:
    scores = {"s": {"value": value}, "always": {"value": 1}}
    found = read(as_json(sample(scores=scores)), by("always"), name="a.json")
    assert metrics(found) == [{**(expected or {}), "always": 1}]
    assert ("unscored" in found.warned) is (value == "a word")


def test_limits_errors_and_cancelled_samples(read: Any) -> None:
    found = read(
        as_json(
            sample("a"),
            sample("b", limit={"type": "token", "limit": 500}),
            sample("c", error={"message": "ValueError('x')", "traceback": "File task.py, line 3"}, scores={}),
            sample("d", error={"message": "CancelledError()"}, scores={}),
            sample("e", scores={}),
        ),
        by("match"),
        name="a.json",
    )
    report = found.report
    assert (report.read, report.accepted, report.skipped) == (5, 4, 1)
    assert found.cells("case_id") == ["a", "b", "c", "e"]
    assert found.cells("passed") == [True, None, None, None]
    assert found.cells("error_kind") == [None, "limit", "run", None]
    assert found.cells("error") == [None, "The limit of token was reached.", "ValueError('x')", None]
    assert found.sentences("cancelled_samples")[0].startswith(
        "Samples that were cancelled because another one failed, left out: 1."
    )
    assert found.sentences("unscored") == ["Samples without any score, which neither pass nor fail: 1."]


def test_messages_attachments_usage_and_metadata(read: Any) -> None:
    found = read(
        as_json(
            sample(
                7,
                input=[
                    {"role": "system", "content": "Be kind."},
                    {"role": "user", "content": "attachment://1"},
                ],
                output={"choices": [{"message": {"content": "attachment://2"}}]},
                attachments={"1": "A long question", "2": "A long answer"},
                messages=[
                    {"tool_calls": [{"function": "search"}, {"function": "open"}]},
                    {"tool_calls": None},
                ],
                model_usage={
                    "m": {"total_tokens": 100, "total_cost": 0.25},
                    "n": {"total_tokens": 20, "total_cost": 0.5},
                },
                metadata={"case_id": "C-7", "segment": "gold", "expected_tool": "search"},
            ),
            sample("b", model_usage={"m": {"total_tokens": 5, "total_cost": 0}}),
            status="cancelled",
        ),
        by("match"),
        name="a.json",
    )
    assert found.cells("case_id") == ["C-7", "b"]
    assert found.cells("query") == ["A long question", "What now?"]
    assert found.cells("response") == ["A long answer", "this"]
    assert found.cells("tools_called") == [["search", "open"], None]
    assert found.cells("tokens") == [120, 5]
    assert found.cells("cost_usd") == [0.75, None]
    assert found.cells("user_segment") == ["gold", None]
    assert "(cancelled)" in found.sentences("unfinished_run")[0]


# The table of samples, and data sets


def test_the_table_of_samples(read: Any) -> None:
    text = (
        "sample_id,eval_id,log,id,epoch,input,target,metadata_expected_tool,score_match,score_rubric,model_usage,"
        "total_tokens,total_time,error,limit,retries\n"
        'x1,e-1,a.eval,C-1,1,"user:\nWhere?\n",here,search,C,"{""tone"": 0.5}",'
        '"{""m"": {""total_tokens"": 9, ""total_cost"": 0.125}}",9,1.5,,,0\n'
        'x2,e-1,a.eval,C-2,1,"user:\nWhen?\n",now,,,,,,0.5,Timeout,,0\n'
    )
    found = read(text, by("match"))
    assert (found.report.source, found.report.kind) == ("inspect", Kind.EVALS)
    assert found.cells("case_id") == ["C-1", "C-2"]
    assert found.cells("query") == ["Where?", "When?"]
    assert metrics(found) == [{"match": 1, "rubric.tone": 0.5}, None]
    assert found.cells("passed") == [True, None]
    assert found.cells("error_kind") == [None, "run"]
    assert (found.cells("tokens"), found.cells("cost_usd")) == ([9, None], [0.125, None])
    assert found.cells("latency_ms") == [1500, 500]
    assert found.cells("tools_expected") == [["search"], None]


def test_the_data_set_of_the_export(read: Any, shared: Path) -> None:
    found = read(shared / "samples/evals/exports_checked/inspect.jsonl")
    assert (found.report.kind, found.report.source, found.report.accepted) == (Kind.CASES, "inspect", 4)
    assert found.cells("case_id") == ["C-001", "C-002", "C-003", "C-004"]
    assert found.cells("ground_truth")[3] == "30"
    assert found.cells("failure_observed")[1] == "Called lookup_order instead of issue_refund"
    assert found.cells("part") == ["gold", "regression", "adversarial", "gold"]


def test_a_data_set_as_csv(read: Any) -> None:
    found = read('id,input,target,metadata\n1,Where?,"[""here"", ""there""]","{""tags"": [""a""]}"\n')
    assert (found.report.kind, found.cells("ground_truth")) == (Kind.CASES, ["here | there"])
    assert (found.cells("case_id"), found.cells("tags")) == (["1"], [["a"]])
    other = read("case_id,input,target,passed\n1,Where?,here,yes\n")
    assert other.report.kind is Kind.EVALS


# Damage and bombs


def test_a_damaged_sample_is_refused_alone(read: Any) -> None:
    members = {"samples/a_epoch_1.json": sample(), "samples/b_epoch_1.json": "{", "header.json": header()}
    found = read(as_archive(members), by("match"), name="a.eval")
    assert (found.report.read, found.report.accepted, found.report.rejected) == (2, 1, 1)
    packed = bytearray(as_archive({**members, "samples/b_epoch_1.json": sample("b")}, 93))
    at = packed.index(b"samples/b_epoch_1.json") + len("samples/b_epoch_1.json") + 20
    packed[at : at + 8] = b"\0" * 8
    broken = read(bytes(packed), by("match"), name="a.eval")
    assert (broken.report.accepted, broken.report.rejected) == (1, 1)
    assert "cannot be read" in broken.report.problems[0].reason


def test_a_sample_that_is_larger_than_can_be_read_is_refused_alone(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MEMBER_BYTES", 2_000)
    members = {"a": sample(), "b": sample("b", events=["x" * 3_000])}
    files = {f"samples/{name}_epoch_1.json": one for name, one in members.items()}
    found = read(as_archive({**files, "header.json": header()}), by("match"), name="a.eval")
    assert (found.report.accepted, found.report.rejected) == (1, 1)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 93])
def test_a_bomb_is_told_by_the_table_of_the_archive(read: Any, method: int) -> None:
    bomb = as_archive({"header.json": header(), "samples/a_epoch_1.json": " " * 20_000_000}, method)
    with pytest.raises(UnreadableFile) as refused:
        read(bomb, name="a.eval")
    assert refused.value.code == "bomb"


def test_a_member_that_lies_about_its_size_is_not_unpacked(read: Any) -> None:
    lying = sample("b", input="A longer question, so that no other sample has this size")
    members = {"samples/a_epoch_1.json": sample(), "samples/b_epoch_1.json": lying, "header.json": header()}
    packed = as_archive(members, 93)
    size = struct.pack("<L", len(json.dumps(lying)))
    found = read(
        packed.replace(size, struct.pack("<L", len(json.dumps(lying)) - 9)), by("match"), name="a.eval"
    )
    assert found.cells("case_id") == ["a"]
    assert found.report.problems[0].reason.endswith("its content is not what the archive says.")
    with pytest.raises(UnreadableFile, match="none of its samples can be read"):
        only = as_archive({"samples/b_epoch_1.json": lying, "header.json": header()}, 93)
        read(only.replace(size, struct.pack("<L", 9)), by("match"), name="a.eval")


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"header.json": header(), "../evil.json": "{}"}, "bad_zip"),
        ({"header.json": header(), "/samples/a.json": "{}"}, "bad_zip"),
        ({"header.json": header(), "HEADER.json": "{}"}, "bad_zip"),
        ({"header.json": "not JSON at all"}, "broken_file"),
        ({"header.json": "[]"}, "broken_file"),
    ],
)
def test_faulty_archives_are_refused(read: Any, members: Mapping[str, Any], code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(as_archive(members), name="a.eval")
    assert refused.value.code == code


def test_too_many_members_and_unknown_methods_are_refused(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS", 2)
    members = {"header.json": header(), "samples/a_epoch_1.json": sample(), "summaries.json": []}
    with pytest.raises(UnreadableFile, match="3 parts"):
        read(as_archive(members), name="a.eval")
    with pytest.raises(UnreadableFile, match="unusual way"):
        read(as_archive({"header.json": header()}, zipfile.ZIP_LZMA), name="a.eval")
    with pytest.raises(UnreadableFile):
        read(as_archive({"header.json": header()})[:-30], name="a.eval")


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["value", "type", "m", ""]), inner, max_size=3),
    ),
    max_leaves=6,
)
FIELDS = (
    "id", "epoch", "input", "output", "messages", "scores", "metadata", "model_usage",
    "total_time", "error", "limit", "eval.metadata", "eval.revision", "eval.task_version",
)  # fmt: skip


@given(row=st.fixed_dictionaries(dict.fromkeys(FIELDS, ANYTHING)))
def test_whatever_a_log_says_is_read(row: Mapping[str, Any]) -> None:
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    source = InspectLog(Context(Feedback(reading, ()), Facts(reading), reading.notices))
    cells = {name: [value if isinstance(value, str) else json.dumps(value)] for name, value in row.items()}
    source.take(Chunk([1], cells))
    source.tell()


@given(changed=st.dictionaries(st.sampled_from(sorted(sample())), ANYTHING, max_size=4))
def test_mutilated_samples_are_read_or_refused(tmp_path_factory: Any, changed: Mapping[str, Any]) -> None:
    path = tmp_path_factory.getbasetemp() / "mutilated.json"
    path.write_text(as_json(sample(**changed), sample("b")), encoding="utf-8")
    reading = Reading(Answers(), Limits(), Doubts(), Notices())
    opened = Opened(path, "a.json", sniff(path, "a.json"), reading)
    assert len(list(DOCUMENT.records(opened))) == 2
    opened.close()
