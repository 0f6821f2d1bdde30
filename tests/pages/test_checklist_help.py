"""What helps on the Checklist page: templates, the least, drafts that survive, exact numbers, glossary."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from openpyxl import load_workbook
from streamlit.testing.v1 import AppTest

from core.actions.checklist_sheets import checklist_sheet
from core.actions.checklists import take_template, view_checklist
from core.actions.people import LOCAL_CALLER
from core.criteria.checklist import Checklist
from core.web.screens import glossary_words

SLUG = "refund-agent"
Words = Callable[[AppTest], str]


def saved(site: Any) -> Checklist:
    return view_checklist(site.workspace, LOCAL_CALLER, SLUG).checklist


def test_a_template_says_what_it_adds_and_what_is_there(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    said = words(at)
    assert "Everything in it is in your checklist already" in said
    assert "Adds 6: Eval pass rate is above 90 %;" in said
    assert "1 is there already and stays as now." in said
    at.button(key="take_production_gate").click().run()
    assert not at.exception
    assert len(saved(site).items) == 12


def test_a_file_of_the_companys_with_a_fault_is_named(site: Any, words: Words) -> None:
    site.feature(SLUG)
    site.workspace.own_checklists.mkdir(parents=True)
    (site.workspace.own_checklists / "bank.toml").write_text('id = "bank', encoding="utf-8")
    at = site.open("checklist", SLUG)
    assert "One of your own templates cannot be used. bank.toml: it cannot be read as TOML" in words(at)
    assert "take_ready_for_everyone" in {button.key for button in at.button}


def test_an_own_item_needs_no_template(site: Any) -> None:
    site.feature(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key="add_attested").click().run()
    at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
    at.button(key="save_item").click().run()
    assert not at.exception
    assert [item.sentence for item in saved(site).items] == ["Legal has agreed."]


def test_the_least_is_added_with_a_click_and_may_not_be_removed(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    assert "0 of 4 must-haves are in." in words(at)
    at.button(key="floor_rollback").click().run()
    assert "1 of 4 must-haves are in." in words(at)
    at.button(key="remove_least_rollback").click().run()
    assert "has to stay and to decide" in words(at)
    assert saved(site).item("least_rollback") is not None
    at.button(key="floor_all").click().run()
    assert not at.exception
    assert "must-haves are in" not in words(at)


class TestAHalfFilledForm:
    def test_it_survives_a_closed_tab(self, site: Any, words: Words) -> None:
        at = self.typed(site, "85 %")
        assert "Kept as typed on 2 Mar 2026" in words(at)
        again = site.open("checklist", SLUG)
        assert "You were not done with **Answer correctness is above 80 %**" in words(again)
        again.button(key="go_on_answer_correctness").click().run()
        assert again.text_input(key="item_bar").value == "85 %"
        again.button(key="save_item").click().run()
        assert not again.exception
        assert getattr(saved(site).item("answer_correctness"), "bar", None) == 0.85
        assert "You were not done" not in words(site.open("checklist", SLUG))

    @pytest.mark.parametrize("how", ["cancel_edit", "forget_answer_correctness"])
    def test_it_can_be_thrown_away(self, how: str, site: Any, words: Words) -> None:
        at = self.typed(site, "85 %")
        if how == "forget_answer_correctness":
            at = site.open("checklist", SLUG)
        at.button(key=how).click().run()
        assert "You were not done" not in words(site.open("checklist", SLUG))

    def test_nothing_is_kept_where_nothing_was_typed(self, site: Any, words: Words) -> None:
        self.typed(site, "80 %")
        assert "You were not done" not in words(site.open("checklist", SLUG))

    def test_a_file_that_was_tampered_with_is_no_draft(self, site: Any, words: Words) -> None:
        self.typed(site, "85 %")
        for file in (site.workspace.home / "form-drafts").iterdir():
            file.write_text('{"fields": [], "kept_at": 3}', encoding="utf-8")
        at = site.open("checklist", SLUG)
        assert not at.exception
        assert "You were not done" not in words(at)

    def typed(self, site: Any, bar: str) -> AppTest:
        site.draft(SLUG)
        at = site.open("checklist", SLUG)
        at.button(key="edit_answer_correctness").click().run()
        at.text_input(key="item_bar").set_value(bar).run()
        assert not at.exception
        return at


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("item_bar", "0,85", "could be 85 % or 0.85 %"),
        ("item_bar", "85.55", "finer than the pages show"),
        ("item_bar", "120", "The bar must be above 0 % and below 100 %, which can never be shown."),
        ("item_valid_days", "1,5", "is no whole number"),
        ("item_valid_days", "99999", "is not from 1 to 3,650"),
    ],
)
def test_no_number_is_clipped_or_rounded(field: str, typed: str, said: str, site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key="edit_answer_correctness").click().run()
    at.text_input(key=field).set_value(typed).run()
    assert said in words(at)
    assert "items ›" not in words(at), "where the field stands in a file is nothing to a person"
    assert at.button(key="save_item").disabled
    assert at.text_input(key=field).value == typed


def test_the_traffic_of_today_says_how_long_a_bar_takes(site: Any, words: Words) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key="edit_answer_correctness").click().run()
    assert "There were none that count from reviewers' labels in the last four weeks" in words(at)


def test_a_workbook_is_a_before_and_after_until_it_is_confirmed(site: Any, words: Words) -> None:
    site.draft(SLUG)
    book = load_workbook(io.BytesIO(checklist_sheet(site.workspace, LOCAL_CALLER, SLUG)))
    columns = {cell.value: cell.column for cell in book["Checklist"][1]}
    book["Checklist"].cell(3, columns["Bar"]).value = "85 %"
    filled = io.BytesIO()
    book.save(filled)
    at = site.open("checklist", SLUG)
    (field,) = (one for one in at.get("file_uploader") if one.label == "The filled-in workbook (.xlsx)")
    field.set_value(("filled.xlsx", filled.getvalue(), "application/octet-stream")).run()
    assert "Answer correctness, bar: above 80 % → above 85 %" in words(at)
    assert getattr(saved(site).item("answer_correctness"), "bar", None) == 0.8
    at.button(key="sheet_save").click().run()
    assert not at.exception
    assert getattr(saved(site).item("answer_correctness"), "bar", None) == 0.85


def test_the_mechanisms_and_the_frameworks_are_shown(site: Any, words: Words) -> None:
    site.feature(SLUG)
    take_template(site.workspace, LOCAL_CALLER, site.now, SLUG, "five_blockers", based_on=None)
    said = words(site.open("checklist", SLUG))
    assert "No phase is planned yet, so nothing says which mechanisms will be on." in said
    assert "Govern: who answers for it, by which rules" in said
    assert "4 of 4 parts have an item" in said


class TestTheGlossary:
    def test_everything_is_there_without_a_feature(self, site: Any, words: Words) -> None:
        said = words(site.open("glossary"))
        assert "Not measured" in said and "p95 latency" in said and "Everyone at once" in said

    def test_a_link_finds_one_word(self, site: Any, words: Words) -> None:
        said = words(site.open("glossary", look="tier"))
        assert "What a failing item does" in said
        assert "p95 latency" not in said

    def test_what_is_not_there_is_said(self, site: Any, words: Words) -> None:
        assert "Nothing here says “<b>”" in words(site.open("glossary", look="<b>"))

    def test_each_entry_has_a_place_of_its_own(self) -> None:
        entries = (*glossary_words.words(), *glossary_words.metrics(), *glossary_words.plan_rules())
        assert len({entry.anchor for entry in entries}) == len(entries)
        assert all(entry.meaning for entry in entries)
