"""Eval sets as files: masked, in the log, for those who may read texts; results find their cases again."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest
import yaml

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.case_exports import export_cases, reveal_cases
from core.actions.case_lists import CaseFilter, view_cases
from core.actions.eval_cases import save_case
from core.actions.eval_suites import lock_suite
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.workspace import Workspace
from core.errors import NotAllowed, WrongUsage
from core.evidence.eval_case import EvalCase
from core.export.case_formats import FORMATS
from core.intake.answers import Answers
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

MAIL = "anna@example.com"
QUESTIONS = ("Where is {{ env.HOME }}?", "file:///etc/hostname", "=How\nmany?")


@pytest.fixture
def slug(workspace: Workspace, feature: str, now: datetime) -> str:
    """A feature with three cases."""
    for query in QUESTIONS:
        case = EvalCase("", query, ground_truth="30", tools_expected=("look_up",), tags=("orders",))
        save_case(workspace, LOCAL_CALLER, now, feature, case)
    return feature


def exported(workspace: Workspace, slug: str, now: datetime, name: str) -> bytes:
    return export_cases(workspace, LOCAL_CALLER, now, slug, format_name=name).content


def of_cases(workspace: Workspace, slug: str) -> dict[str, str]:
    lines = view_cases(workspace, LOCAL_CALLER, slug, CaseFilter()).lines
    return {line.case.case_id: line.result for line in lines}


def log(workspace: Workspace, action: str) -> list[Any]:
    return list(view_audit(workspace, LOCAL_CALLER, None, AuditFilter(action=action)).entries)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_made_and_noted(workspace: Workspace, slug: str, now: datetime, name: str) -> None:
    made = export_cases(workspace, LOCAL_CALLER, now, slug, format_name=name)
    assert (made.cases, made.masked, made.file_name) == (3, 0, FORMATS[name].file_name(slug))
    assert made.content
    (line,) = log(workspace, "cases exported")
    assert line.sentence == f"took 3 eval cases out as a file ({name})"


def test_personal_data_is_masked_and_shown_for_a_reason(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    case = EvalCase("", f"Write to {MAIL}", ground_truth=f"Sent to {MAIL}")
    save_case(workspace, LOCAL_CALLER, now, slug, case, no_personal_data=True)
    masked = export_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl")
    assert (masked.masked, MAIL.encode() in masked.content) == (2, False)
    with pytest.raises(WrongUsage, match="takes a reason"):
        reveal_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl", reason="why")
    whole = reveal_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl", reason="To check case 4")
    assert whole.content.count(MAIL.encode()) == 2
    (line,) = log(workspace, "texts revealed")
    assert line.sentence == "saw personal data as it was: 4 eval cases in a file"
    assert "To check case 4" in " ".join(line.details)


def test_who_may_not_read_texts_gets_no_file(workspace: Workspace, slug: str, now: datetime) -> None:
    viewer, signer = (Caller("Eve", frozenset({role})) for role in (Role.VIEWER, Role.SIGNER))
    with pytest.raises(NotAllowed):
        export_cases(workspace, viewer, now, slug, format_name="csv")
    assert export_cases(workspace, signer, now, slug, format_name="csv").cases == 3
    with pytest.raises(NotAllowed):
        reveal_cases(workspace, signer, now, slug, format_name="csv", reason="To see who it was")
    assert len(log(workspace, "cases exported")) == 1


def test_a_locked_set_stays_as_it_was_locked(workspace: Workspace, slug: str, now: datetime) -> None:
    lock_suite(workspace, LOCAL_CALLER, now, slug, name="orders", reason="First set")
    save_case(workspace, LOCAL_CALLER, now, slug, EvalCase("", "A new one?", ground_truth="Yes"))
    locked = export_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl", suite="orders")
    assert (locked.cases, b"A new one?" in locked.content) == (3, False)
    assert exported(workspace, slug, now, "jsonl").count(b"\n") == 4
    with pytest.raises(WrongUsage, match="No eval set “others”"):
        export_cases(workspace, LOCAL_CALLER, now, slug, format_name="jsonl", suite="others")


def test_without_a_case_or_a_known_format_there_is_no_file(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match="has no cases yet"):
        export_cases(workspace, LOCAL_CALLER, now, feature, format_name="jsonl")
    with pytest.raises(WrongUsage, match="There is no format “excel”"):
        export_cases(workspace, LOCAL_CALLER, now, feature, format_name="excel")
    assert log(workspace, "cases exported") == []


def promptfoo_results(content: bytes) -> str:
    """What promptfoo writes of its own config: it gives the metadata back as they stand there."""
    rows = [
        {
            "success": place > 0,
            "score": float(place > 0),
            "failureReason": int(place == 0),
            "testIdx": place,
            "promptIdx": 0,
            "gradingResult": {"pass": place > 0, "score": float(place > 0), "componentResults": []},
            "vars": test["vars"],
            "testCase": test,
            "metadata": test["metadata"],
            "prompt": {"raw": "{{query}}", "label": "{{query}}"},
            "provider": {"id": "echo", "label": ""},
            "response": {"output": "30"},
        }
        for place, test in enumerate(yaml.safe_load(content)["tests"])
    ]
    return json.dumps(
        {"evalId": "eval-1", "results": {"version": 3, "timestamp": "2026-03-02T10:00:00Z", "results": rows}}
    )


def inspect_log(content: bytes) -> str:
    samples = [
        {**json.loads(line), "epoch": 1, "messages": [], "output": {"completion": "30"},
         "scores": {"includes": {"value": "C" if place else "I"}}}
        for place, line in enumerate(content.decode().splitlines())
    ]  # fmt: skip
    about = {"eval_id": "e1", "run_id": "r1", "task": "t", "model": "mockllm/model", "dataset": {},
             "created": "2026-03-02T10:00:00Z", "config": {}}  # fmt: skip
    return json.dumps({"version": 2, "status": "success", "eval": about, "plan": {}, "samples": samples})


def deepeval_run(content: bytes) -> str:
    cases = [
        {"name": f"test_case_{place}", "input": golden["input"], "actualOutput": "30", "success": place > 0,
         "metricsData": [
             {"name": "Contains", "threshold": 1.0, "success": place > 0, "score": float(place > 0)}
         ],
         "order": place, "additionalMetadata": golden["additional_metadata"]}
        for place, golden in enumerate(json.loads(content))
    ]  # fmt: skip
    return json.dumps({"testCases": cases, "conversationalTestCases": [], "metricsScores": []})


INCLUDES: Mapping[str, Any] = {"pass_rule": {"column": "includes", "at_least": 1}}


@pytest.mark.parametrize(
    ("name", "ran", "answers"),
    [
        ("promptfoo", promptfoo_results, {}),
        ("inspect", inspect_log, INCLUDES),
        ("deepeval", deepeval_run, {}),
    ],
)
def test_results_of_a_tool_find_their_cases(
    workspace: Workspace,
    slug: str,
    now: datetime,
    hand_in: HandIn,
    name: str,
    ran: Callable[[bytes], str],
    answers: Mapping[str, Any],
) -> None:
    assert set(of_cases(workspace, slug).values()) == {"no result"}
    settled = Answers.model_validate({"personal_text": "keep", **answers})
    done = hand_in(ran(exported(workspace, slug, now, name)), "results.json", answers=settled)
    assert done.state == "done"
    assert of_cases(workspace, slug) == {"C-001": "failing", "C-002": "passing", "C-003": "passing"}


def test_our_own_lines_are_the_cases_of_another_installation(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    content = exported(workspace, slug, now, "jsonl")
    other = content.replace(b"C-00", b"X-00")
    done = hand_in(other, "cases.jsonl", suite="theirs", answers=Answers(personal_text="keep"))
    assert (done.state, done.kind) == ("done", "cases")
    lines = view_cases(workspace, LOCAL_CALLER, slug, CaseFilter()).lines
    handed_in = {line.case.case_id: line.case for line in lines if line.suite == "theirs"}
    assert [handed_in[f"X-00{number}"].query for number in (1, 2, 3)] == list(QUESTIONS)
    one = handed_in["X-001"]
    assert (one.ground_truth, one.tools_expected, one.tags) == ("30", ("look_up",), ("orders",))
