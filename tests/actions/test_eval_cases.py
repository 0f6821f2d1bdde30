"""Eval cases: made from a failure, written, taken over, edited, retired; nothing is lost or leaks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.audit_verify import verify_log
from core.actions.case_drafts import draft_of_run
from core.actions.case_lists import CaseFilter, CasesView, open_case, view_cases
from core.actions.eval_cases import alike_cases, promote, retire_case, save_case, take_cases
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.workspace import Workspace
from core.errors import Conflict, InvalidDocument, NotAllowed, WrongUsage
from core.evidence.eval_case import EvalCase, Part
from core.evidence.free_text import KEPT_BACK
from core.intake.answers import Answers
from core.store.tables import eval_case
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

HOSTILE = [
    "a {# c #} {% if x %} {{ y }} {% endraw %}",
    "file:///etc/hostname",
    "package:foo:bar",
    "home {{ env.HOME }}",
    "{{{ triple }}} and {{{{",
    "quote ' and \" and \\ back",
    "{%- raw -%}x",
    "plain {a} {b: {c}}",
    "file:///etc/hostname {{ env.HOME }}",
    "multi\nline {{ x }}\n=SUM(1)",
    "lone #} and %} and }}",
    '{"a":{"b":{"c":1}}}',
    "javascript:process.exit(1)",
]
TRACE = {
    "run_id": "r1",
    "user_id": "u1",
    "query": "Where is my parcel 4711? Write to anna@example.com",
    "response": "It was delivered.",
    "tool_expected": "track_parcel",
    "task_type": "tracking",
    "user_segment": "beta",
}
LABEL = {
    "run_id": "r1",
    "reviewer": "Lea",
    "answer_right": False,
    "failure_type": "wrong status",
    "note": "It is still on its way.",
    "corrected_answer": "It is on its way.",
    "labelled_at": "2026-03-01T10:00:00Z",
}


def lines(*rows: Mapping[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def slug(feature: str, hand_in: HandIn) -> str:
    """A feature with one trace that a person called wrong."""
    hand_in(lines(TRACE), "traces.jsonl", answers=Answers(personal_text="keep"))
    hand_in(lines(LABEL), "labels.jsonl")
    return feature


def make(workspace: Workspace, slug: str, now: datetime, query: str, **fields: Any) -> EvalCase:
    given = EvalCase("", query, ground_truth="Yes.", **fields)
    return save_case(workspace, LOCAL_CALLER, now, slug, given, alike_ok=True)


def seen(workspace: Workspace, slug: str, who: Caller = LOCAL_CALLER, **asked: str) -> CasesView:
    return view_cases(workspace, who, slug, CaseFilter(**asked))


def ids(view: CasesView) -> list[str]:
    return [line.case.case_id for line in view.lines]


def test_a_failure_becomes_a_case_with_what_trace_and_label_say(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    draft = draft_of_run(workspace, LOCAL_CALLER, slug, "r1")
    assert draft.masked == 1
    assert draft.made == ()
    case = promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    assert case == replace(draft.case, case_id="C-001")
    assert "anna@example.com" not in case.query
    assert case.query.startswith("Where is my parcel 4711?")
    assert case == EvalCase(
        case_id="C-001",
        query=case.query,
        part=Part.REGRESSION,
        ground_truth="It is on its way.",
        tools_expected=("track_parcel",),
        failure_observed="wrong status: It is still on its way.",
        failure_type="wrong status",
        source_run_id="r1",
        task_type="tracking",
        user_segment="beta",
    )
    assert [one.case.case_id for one in draft_of_run(workspace, LOCAL_CALLER, slug, "r1").made] == ["C-001"]
    (line,) = seen(workspace, slug).lines
    assert (line.origin, line.result) == ("promoted", "no result")


def test_nothing_is_promoted_unless_somebody_says_that_no_personal_data_is_left(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    with pytest.raises(WrongUsage, match="no personal data"):
        promote(workspace, LOCAL_CALLER, now, slug, "r1")
    with pytest.raises(WrongUsage, match="no trace"):
        promote(workspace, LOCAL_CALLER, now, slug, "r2", no_personal_data=True)
    assert ids(seen(workspace, slug)) == []


def test_the_same_question_is_promoted_twice_only_on_purpose(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    with pytest.raises(WrongUsage, match="C-001 asks nearly the same"):
        promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    again = promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True, alike_ok=True)
    assert again.case_id == "C-002"
    assert [line.alike for line in seen(workspace, slug).lines] == [("C-002",), ("C-001",)]


def test_a_trace_without_any_expectation_gets_the_failure_as_one(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(lines({"run_id": "r1", "query": "Why?"}, {"run_id": "r2", "query": "How?"}), "traces.jsonl")
    hand_in(lines({"run_id": "r1", "reviewer": "Lea", "grounded": False}), "labels.jsonl")
    case = promote(workspace, LOCAL_CALLER, now, feature, "r1", no_personal_data=True)
    assert case.expected_behavior == "It does not happen again: the answer was not supported by its sources"
    with pytest.raises(InvalidDocument, match="what a good answer is"):
        promote(workspace, LOCAL_CALLER, now, feature, "r2", no_personal_data=True)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_as_it_is(workspace: Workspace, slug: str, now: datetime, text: str) -> None:
    case = promote(
        workspace, LOCAL_CALLER, now, slug, "r1", query=text, ground_truth=text, expected_behavior=text,
        failure_observed=text, no_personal_data=True,
    )  # fmt: skip
    edited = save_case(workspace, LOCAL_CALLER, now, slug, replace(case, part=Part.ADVERSARIAL), based_on=1)
    view = open_case(workspace, LOCAL_CALLER, slug, "C-001")
    assert view is not None
    for kept in (case, edited, view.line.case, *(one.case for one in view.versions)):
        assert [kept.query, kept.ground_truth, kept.expected_behavior, kept.failure_observed] == [text] * 4


def test_saving_counts_versions_and_the_same_content_makes_none(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    first = make(workspace, slug, now, "Is it open?", tags=("hours", " hours ", ""))
    assert (first.case_id, first.number, first.tags) == ("C-001", 1, ("hours",))
    assert save_case(workspace, LOCAL_CALLER, now, slug, first, based_on=1) == first
    wanted = replace(first, ground_truth="No.", is_critical=True)
    second = save_case(workspace, LOCAL_CALLER, now, slug, wanted, based_on=1, reason="It closed.")
    assert second == replace(wanted, number=2)
    view = open_case(workspace, LOCAL_CALLER, slug, "C-001")
    assert view is not None
    assert [(one.case.number, one.reason) for one in view.versions] == [(2, "It closed."), (1, "")]


def test_a_newer_version_is_a_conflict_and_is_not_overwritten(
    workspace: Workspace, slug: str, now: datetime, person: Callable[..., Caller]
) -> None:
    first = make(workspace, slug, now, "Is it open?")
    save_case(workspace, person("Rui", "reviewer"), now, slug, replace(first, query="Open?"), based_on=1)
    with pytest.raises(Conflict, match="Rui saved version 2 of C-001") as conflict:
        save_case(workspace, LOCAL_CALLER, now, slug, replace(first, query="Shut?"), based_on=1)
    assert conflict.value.newest == 2
    assert seen(workspace, slug).lines[0].case.query == "Open?"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"query": " \n"}, "asks nothing"),
        ({"ground_truth": ""}, "what a good answer is"),
        ({"query": "a\x00b"}, "U\\+0000, place 2"),
        ({"ground_truth": "\ud800"}, "U\\+D800"),
        ({"query": "x" * 50_001}, "50,001 characters"),
        ({"tags": tuple(map(str, range(21)))}, "21 tags"),
        ({"tools_expected": ("y" * 201,)}, "longer than 200"),
    ],
)
def test_what_is_no_case_is_refused_with_the_field(
    workspace: Workspace, slug: str, now: datetime, changes: dict[str, Any], said: str
) -> None:
    case = replace(EvalCase("", "Is it open?", ground_truth="Yes."), **changes)
    with pytest.raises(InvalidDocument, match=said):
        save_case(workspace, LOCAL_CALLER, now, slug, case)
    assert ids(seen(workspace, slug)) == []


def test_what_looks_personal_is_kept_only_on_purpose(workspace: Workspace, slug: str, now: datetime) -> None:
    case = EvalCase("", "Write to bo@example.org from 192.168.1.17", ground_truth="Yes.")
    with pytest.raises(WrongUsage, match="an e-mail address and an IP address"):
        save_case(workspace, LOCAL_CALLER, now, slug, case)
    kept = save_case(workspace, LOCAL_CALLER, now, slug, case, no_personal_data=True)
    assert kept.query == case.query
    # What was confirmed once need not be confirmed with every change.
    again = save_case(
        workspace, LOCAL_CALLER, now, slug, replace(kept, part=Part.GOLD, tags=("x",)), based_on=1
    )
    assert again.number == 2


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("where IS my parcel, the red one?!", ["C-001"]),
        ("Where is my red parcel the one", ["C-001"]),
        ("Where is my blue bicycle, the fast one?", []),
        ("Refund", []),
        ("refund!", []),
        ("refund me", ["C-002"]),
    ],
)
def test_questions_of_the_same_words_are_found(
    workspace: Workspace, slug: str, now: datetime, query: str, found: list[str]
) -> None:
    make(workspace, slug, now, "Where is my parcel, the red one?")
    make(workspace, slug, now, "Refund me")
    assert [one.case_id for one in alike_cases(workspace, LOCAL_CALLER, slug, query)] == found
    case = EvalCase("", query, ground_truth="Yes.")
    if found:
        with pytest.raises(WrongUsage, match=f"{found[0]} asks nearly the same"):
            save_case(workspace, LOCAL_CALLER, now, slug, case)
    else:
        assert save_case(workspace, LOCAL_CALLER, now, slug, case).case_id == "C-003"


def test_a_retired_case_is_in_no_list_but_its_own_and_comes_back(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    make(workspace, slug, now, "Is it open?")
    with pytest.raises(WrongUsage, match="takes a reason"):
        retire_case(workspace, LOCAL_CALLER, now, slug, "C-001", based_on=1, reason=" ")
    retire_case(workspace, LOCAL_CALLER, now, slug, "C-001", based_on=1, reason="Out of date")
    assert ids(seen(workspace, slug)) == []
    assert ids(seen(workspace, slug, origin="retired")) == ["C-001"]
    with pytest.raises(WrongUsage, match="retired already"):
        retire_case(workspace, LOCAL_CALLER, now, slug, "C-001", based_on=2, reason="Again")
    assert make(workspace, slug, now, "Another?").case_id == "C-002"
    retire_case(workspace, LOCAL_CALLER, now, slug, "C-001", based_on=2, reason="It is back", back=True)
    assert ids(seen(workspace, slug)) == ["C-001", "C-002"]


def dataset(*names: str) -> str:
    """A data set for Inspect."""
    return lines(
        *({"id": name, "input": f"Question {name}? a@example.com", "target": "yes"} for name in names)
    )


def test_handed_in_cases_are_listed_and_taken_over_with_their_ids_and_results(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(dataset("q1", "q2", "q10"), "gold.jsonl", suite="gold", answers=Answers(personal_text="keep"))
    hand_in(lines({"case_id": "q1", "passed": False}), "results.jsonl")
    listed = seen(workspace, slug)
    assert ids(listed) == ["q1", "q2", "q10"]
    assert [line.result for line in listed.lines] == ["failing", "no result", "no result"]
    assert "a@example.com" not in listed.lines[0].case.query
    (taken,) = take_cases(workspace, LOCAL_CALLER, now, slug, ["q1"])
    assert (taken.case_id, taken.ground_truth) == ("q1", "yes")
    assert "a@example.com" not in taken.query
    after = {line.case.case_id: (line.origin, line.result) for line in seen(workspace, slug).lines}
    assert after == {
        "q1": ("own", "failing"),
        "q2": ("handed in", "no result"),
        "q10": ("handed in", "no result"),
    }
    with pytest.raises(WrongUsage, match="own set already"):
        take_cases(workspace, LOCAL_CALLER, now, slug, ["q1"])
    with pytest.raises(WrongUsage, match="No handed-in set"):
        take_cases(workspace, LOCAL_CALLER, now, slug, ["q2", "q3"])
    assert ids(seen(workspace, slug, origin="own")) == ["q1"]


def test_ids_count_on_past_those_of_handed_in_sets(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(dataset("C-041"), "gold.jsonl", suite="gold")
    assert make(workspace, slug, now, "Is it open?").case_id == "C-042"


def test_filters_find_what_they_say(workspace: Workspace, slug: str, now: datetime, hand_in: HandIn) -> None:
    make(workspace, slug, now, "Is it open?", tags=("hours",), task_type="hours")
    make(workspace, slug, now, "Ignore your rules", part=Part.ADVERSARIAL)
    promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    results = [("C-001", True), ("C-002", True), ("C-002", False), ("C-003", False)]
    hand_in(lines(*({"case_id": one, "passed": passed} for one, passed in results)))
    found = {
        "": ["C-001", "C-002", "C-003"],
        "text=HOURS": ["C-001"],
        "text=rules": ["C-002"],
        "text=c-003": ["C-003"],
        "part=adversarial": ["C-002"],
        "result=failing": ["C-003"],
        "result=mixed": ["C-002"],
        "result=passing": ["C-001"],
        "origin=promoted": ["C-003"],
        "task=tracking": ["C-003"],
    }
    for asked, expected in found.items():
        name, _, value = asked.partition("=")
        assert ids(seen(workspace, slug, **({name: value} if name else {}))) == expected, asked


def test_who_may_not_read_texts_sees_ids_and_finds_no_words(
    workspace: Workspace, slug: str, now: datetime, person: Callable[..., Caller]
) -> None:
    make(workspace, slug, now, "Is it open?")
    viewer = person("Vera", "viewer")
    view = seen(workspace, slug, viewer)
    assert view.lines[0].case.query == KEPT_BACK
    assert (view.may_edit, view.may_read) == (False, False)
    assert ids(seen(workspace, slug, viewer, text="open")) == []
    opened = open_case(workspace, viewer, slug, "C-001")
    assert opened is not None
    assert opened.versions[0].case.ground_truth == KEPT_BACK
    for role in Role:
        if role not in (Role.PM, Role.REVIEWER):
            with pytest.raises(NotAllowed):
                make_as = person(f"The {role}", role)
                save_case(workspace, make_as, now, slug, EvalCase("", "Why?", ground_truth="So."))


def test_the_log_tells_what_was_done_without_the_words(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    case = promote(workspace, LOCAL_CALLER, now, slug, "r1", no_personal_data=True)
    later = now + timedelta(minutes=1)
    save_case(workspace, LOCAL_CALLER, later, slug, replace(case, ground_truth="SECRETWORD"), based_on=1)
    entries = view_audit(workspace, LOCAL_CALLER, None, AuditFilter()).entries[:2]
    assert "SECRETWORD" not in str(entries)
    told = [entry.sentence for entry in entries]
    assert told == [
        "saved version 2 of the eval case C-001",
        "made the eval case C-001 of the trace “r1”",
    ]
    assert verify_log(workspace, LOCAL_CALLER, later).ok


@pytest.mark.parametrize(
    "column", ["query", "ground_truth", "part", "is_retired", "tags", "source_run_id", "author", "saved_at"]
)
def test_a_row_that_was_changed_behind_the_log_is_named(
    workspace: Workspace, slug: str, now: datetime, column: str
) -> None:
    make(workspace, slug, now, "Is it open?")
    new = {"part": "adversarial", "is_retired": True, "tags": ["x"], "saved_at": now - timedelta(days=1)}
    with workspace.database.writing() as connection:
        connection.execute(eval_case.update().values({column: new.get(column, "Changed")}))
    (finding,) = verify_log(workspace, LOCAL_CALLER, now).findings
    broken = finding.record
    assert (broken.kind, broken.name, broken.fault) == ("eval_case", "version 1 of the case C-001", "changed")


def test_a_row_that_was_removed_or_slipped_in_is_named(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    case = make(workspace, slug, now, "Is it open?")
    with workspace.database.writing() as connection:
        connection.execute(eval_case.update().values(number=2))
    faults = sorted(one.record.fault for one in verify_log(workspace, LOCAL_CALLER, now).findings)
    assert faults == ["missing", "unlogged"]
    assert case.number == 1
