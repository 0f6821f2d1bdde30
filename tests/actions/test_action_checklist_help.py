"""Writing a checklist: templates added, the least kept, today's traffic, the workbook out and back."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from core.actions.checklist_help import checklist_templates, protection, usable_lately
from core.actions.checklist_sheets import SheetReading, checklist_sheet, read_checklist_sheet
from core.actions.checklists import add_floor, answer_item, save_checklist, take_template, view_checklist
from core.actions.people import LOCAL_CALLER
from core.actions.plans import take_plan_template
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import FloorPart, Stakes
from core.errors import Conflict, InvalidDocument, UnreadableFile, WrongUsage
from core.rollout.plan import Fallback
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
LABELLED = {"kind": "measured", "id": "a", "metric": "answer_correctness", "source": "label", "bar": 0.8}


def taken(workspace: Workspace, now: datetime, slug: str, *ids: str) -> Checklist:
    for template_id in ids:
        based_on = view_checklist(workspace, LOCAL_CALLER, slug).number
        take_template(workspace, LOCAL_CALLER, now, slug, template_id, based_on=based_on)
    return view_checklist(workspace, LOCAL_CALLER, slug).checklist


def test_a_second_template_adds_to_the_first(workspace: Workspace, feature: str, now: datetime) -> None:
    both = taken(workspace, now, feature, "ready_for_everyone", "production_gate")
    # The latency is measured already, and keeps the bar that it has.
    assert len(both.items) == 6 + 7 - 1
    assert both.template == "ready_for_everyone"
    assert taken(workspace, now, feature, "production_gate") == both
    assert view_checklist(workspace, LOCAL_CALLER, feature).number == 2


def test_the_companys_own_templates(workspace: Workspace, feature: str, now: datetime) -> None:
    workspace.own_checklists.mkdir(parents=True)
    text = 'id = "bank"\nname = "Bank"\n[[items]]\nkind = "attested"\nid = "q"\nsentence = "Signed?"\n'
    (workspace.own_checklists / "bank.toml").write_text(text, encoding="utf-8")
    assert checklist_templates(workspace, LOCAL_CALLER).templates[-1].is_own
    assert [item.id for item in taken(workspace, now, feature, "bank").items] == ["q"]


class TestTheLeast:
    def test_it_is_added_once_and_stays(self, workspace: Workspace, feature: str, now: datetime) -> None:
        add_floor(workspace, LOCAL_CALLER, now, feature, tuple(FloorPart), based_on=None)
        again = add_floor(workspace, LOCAL_CALLER, now, feature, tuple(FloorPart), based_on=1)
        assert again.number == 1
        least = view_checklist(workspace, LOCAL_CALLER, feature).checklist
        assert [item.id for item in least.items] == [
            "least_examples",
            "least_abstention",
            "least_rollback",
            "least_escalation",
        ]
        without = least.model_copy(update={"items": least.items[1:]})
        with pytest.raises(InvalidDocument, match="Representative examples"):
            save_checklist(workspace, LOCAL_CALLER, now, feature, without, based_on=1)
        assert view_checklist(workspace, LOCAL_CALLER, feature).checklist == least

    def test_a_conflict_is_told_first(self, workspace: Workspace, feature: str, now: datetime) -> None:
        add_floor(workspace, LOCAL_CALLER, now, feature, tuple(FloorPart), based_on=None)
        with pytest.raises(Conflict):
            empty = Checklist(stakes=Stakes.MEDIUM)
            save_checklist(workspace, LOCAL_CALLER, now, feature, empty, based_on=None)

    @pytest.mark.parametrize("why", ["", "n/a", "No"])
    def test_not_applicable_needs_a_why(
        self, workspace: Workspace, feature: str, now: datetime, why: str
    ) -> None:
        add_floor(workspace, LOCAL_CALLER, now, feature, (FloorPart.ROLLBACK,), based_on=None)

        def answer(why: str) -> None:
            given = AnswerGiven.NOT_APPLICABLE
            answer_item(workspace, LOCAL_CALLER, now, feature, "least_rollback", answer=given, why=why)

        with pytest.raises(WrongUsage, match=r"reason|does not say why"):
            answer(why)
        answer("Nothing of it is live before the next release.")
        assert (
            view_checklist(workspace, LOCAL_CALLER, feature).answers["least_rollback"].answer
            == "not_applicable"
        )


class TestTodaysTraffic:
    def test_what_counts_of_the_last_four_weeks(
        self, workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
    ) -> None:
        rows = ["run_id,started_at,user_id,query,response,user_feedback"]
        for number, age in enumerate([2, 3, 4, 27, 30, 60]):
            started = (now - timedelta(days=age)).strftime("%Y-%m-%dT%H:%M:%SZ")
            rows.append(f"r{number},{started},u{number},Where?,There.,accepted")
        hand_in("\n".join(rows).encode(), "traces.csv")
        reactions = {"metric": "user_acceptance", "source": "feedback"}
        asked = MeasuredItem.model_validate(LABELLED | reactions)
        assert usable_lately(workspace, LOCAL_CALLER, now, feature, asked) == pytest.approx(4)

    def test_none_is_a_number_and_an_eval_set_has_no_traffic(
        self, workspace: Workspace, feature: str, now: datetime
    ) -> None:
        labelled = MeasuredItem.model_validate(LABELLED)
        assert usable_lately(workspace, LOCAL_CALLER, now, feature, labelled) == 0
        evals = MeasuredItem.model_validate(LABELLED | {"source": "eval"})
        assert usable_lately(workspace, LOCAL_CALLER, now, feature, evals) is None


def test_the_mechanisms_of_the_first_phase(workspace: Workspace, feature: str, now: datetime) -> None:
    assert protection(workspace, LOCAL_CALLER, feature) is None
    take_plan_template(
        workspace,
        LOCAL_CALLER,
        now,
        feature,
        "guardrail_escalation",
        based_on=None,
        owner="Ada",
        fallback=Fallback.NON_AI,
    )
    found = protection(workspace, LOCAL_CALLER, feature)
    assert found is not None
    assert (len(found.on), found.off) == (5, ())


class TestTheWorkbook:
    def test_unchanged_it_changes_nothing(self, workspace: Workspace, feature: str, now: datetime) -> None:
        before = taken(workspace, now, feature, "ready_for_everyone", "safety")
        found = read(workspace, feature, checklist_sheet(workspace, LOCAL_CALLER, feature))
        assert (found.checklist, found.changes, found.faults, found.based_on) == (before, [], [], 2)

    def test_what_was_filled_in_is_shown_and_not_saved(
        self, workspace: Workspace, feature: str, now: datetime
    ) -> None:
        before = taken(workspace, now, feature, "ready_for_everyone")
        found = read(
            workspace, feature, filled(workspace, feature, {(3, "Bar"): "85 %", (3, "Owner"): "Eve"})
        )
        assert found.changes == [
            "Answer correctness, bar: above 80 % → above 85 %",
            "Answer correctness, owner: none → Eve",
        ]
        assert view_checklist(workspace, LOCAL_CALLER, feature).checklist == before
        assert found.checklist is not None
        save_checklist(workspace, LOCAL_CALLER, now, feature, found.checklist, based_on=found.based_on)
        assert view_checklist(workspace, LOCAL_CALLER, feature).number == 2

    def test_faults_name_their_cells(self, workspace: Workspace, feature: str, now: datetime) -> None:
        taken(workspace, now, feature, "ready_for_everyone")
        found = read(workspace, feature, filled(workspace, feature, {(3, "Bar"): "0,85", (2, "Bar"): 0.9}))
        assert [(fault.row, fault.column, fault.value) for fault in found.faults] == [
            (2, "Bar", "0.9"),
            (3, "Bar", "0,85"),
        ]
        assert (found.checklist, found.changes) == (None, ())

    def test_no_text_becomes_a_formula(self, workspace: Workspace, feature: str, now: datetime) -> None:
        evil = {"kind": "attested", "id": "q", "sentence": '=HYPERLINK("http://x","y")', "owner": "+1"}
        save_checklist(
            workspace, LOCAL_CALLER, now, feature, read_checklist({"items": [evil]}), based_on=None
        )
        book = checklist_sheet(workspace, LOCAL_CALLER, feature)
        cells = [cell for row in load_workbook(io.BytesIO(book))["Checklist"] for cell in row]
        assert {cell.data_type for cell in cells if cell.value is not None} == {"s"}
        assert read(workspace, feature, book).changes == []

    @pytest.mark.parametrize(
        ("content", "kind"), [(b"not a workbook", UnreadableFile), (b"x" * (2**20 + 1), WrongUsage)]
    )
    def test_what_is_no_such_workbook_is_refused(
        self, workspace: Workspace, feature: str, content: bytes, kind: type[Exception]
    ) -> None:
        with pytest.raises(kind):
            read(workspace, feature, content)


def read(workspace: Workspace, slug: str, content: bytes) -> SheetReading:
    return read_checklist_sheet(workspace, LOCAL_CALLER, slug, content=content)


def filled(workspace: Workspace, slug: str, cells: dict[tuple[int, str], Any]) -> bytes:
    book = load_workbook(io.BytesIO(checklist_sheet(workspace, LOCAL_CALLER, slug)))
    sheet = book["Checklist"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for (row, column), value in cells.items():
        sheet.cell(row, columns[column]).value = value
    changed = io.BytesIO()
    book.save(changed)
    return changed.getvalue()
