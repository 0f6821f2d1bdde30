"""The form of one item: it survives a look elsewhere, keeps what it does not show, and never reuses an id."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import answer_item, save_checklist, view_checklist
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.judge import AnswerGiven
from core.web.registry import spec_of

BEN = Caller("Ben", frozenset({Role.PM}))
SLUG = "refund-agent"
Words = Callable[[AppTest], str]


def test_a_form_left_open_shows_its_item_again_after_another_page(site: Any) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key="edit_answer_correctness").click().run()
    at = look_elsewhere_and_back(at)
    assert at.text_input(key="item_bar").value == "80 %"
    assert at.selectbox(key="item_metric").value == "answer_correctness"
    at.text_input(key="item_bar").set_value("85").run()
    at.button(key="save_item").click().run()
    assert saved(site).item("answer_correctness").bar == 0.85


@pytest.mark.parametrize(
    ("button", "sentence"),
    [("edit_top_ten_handled", "handled"), ("add_attested", "")],
    ids=["a question under edit", "a new question"],
)
def test_so_does_the_form_of_a_question(button: str, sentence: str, site: Any) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key=button).click().run()
    at = look_elsewhere_and_back(at)
    assert sentence in at.text_input(key="item_sentence").value
    assert at.selectbox(key="item_tier").value == "blocks"
    at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
    at.button(key="save_item").click().run()
    assert not at.exception
    assert "Legal has agreed." in [item.sentence for item in saved(site).items]


def test_a_new_measured_item_starts_anew_after_another_page(site: Any) -> None:
    site.draft(SLUG)
    at = site.open("checklist", SLUG)
    at.button(key="add_measured").click().run()
    at = look_elsewhere_and_back(at)
    at.button(key="save_item").click().run()
    assert not at.exception
    assert saved(site).items[-1].id == "answer_correctness_2"


class TestASliceOfTwoColumns:
    def test_the_second_is_shown_and_kept(self, site: Any, words: Words) -> None:
        at = self.form(site)
        assert "And only where channel is “web”. Saving keeps this as it is." in words(at)
        assert "channel" not in at.selectbox(key="item_slice_column").options
        at.text_input(key="item_slice_value").set_value("refunds").run()
        at.button(key="save_item").click().run()
        assert not at.exception
        assert saved(site).items[0].slice == {"task_type": "refunds", "channel": "web"}

    def test_the_first_can_be_taken_out(self, site: Any) -> None:
        at = self.form(site)
        at.selectbox(key="item_slice_column").set_value("").run()
        at.button(key="save_item").click().run()
        assert saved(site).items[0].slice == {"channel": "web"}

    def form(self, site: Any) -> AppTest:
        site.feature(SLUG)
        item = measured("answers", slice={"task_type": "billing", "channel": "web"})
        save(site, read_checklist({"items": [item]}), based_on=None)
        at = site.open("checklist", SLUG)
        return at.button(key="edit_answers").click().run()


class TestIdsOfNewItems:
    @pytest.mark.parametrize("mine", ["add_attested", "add_measured"])
    def test_mine_on_top_of_theirs_keeps_both_new_items(self, mine: str, site: Any) -> None:
        site.draft(SLUG)
        at = site.open("checklist", SLUG)
        at.button(key=mine).click().run()
        if mine == "add_attested":
            at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
        at.text_input(key="item_owner").set_value("Ada").run()
        theirs = saved(site).model_dump(mode="json")["items"]
        added = [question("question"), measured("answer_correctness_2", owner="Ben")]
        save(site, read_checklist({"items": [*theirs, *added]}), based_on=1)
        at.button(key="save_item").click().run()
        at.button(key="save_mine").click().run()
        assert not at.exception
        items = saved(site).items
        assert [(item.id, item.owner) for item in items[-3:-1]] == [
            ("question", ""),
            ("answer_correctness_2", "Ben"),
        ]
        assert items[-1].owner == "Ada"
        assert items[-1].id == {"add_attested": "question_2", "add_measured": "answer_correctness_3"}[mine]

    def test_an_edit_on_top_of_theirs_still_replaces_its_own_item(self, site: Any) -> None:
        site.draft(SLUG)
        at = site.open("checklist", SLUG)
        at.button(key="edit_answer_correctness").click().run()
        at.text_input(key="item_bar").set_value("85").run()
        save(site, read_checklist({"items": [*dumped(site), question("question")]}), based_on=1)
        at.button(key="save_item").click().run()
        at.button(key="save_mine").click().run()
        assert [item.id for item in saved(site).items].count("answer_correctness") == 1
        assert saved(site).item("answer_correctness").bar == 0.85

    def test_a_new_question_inherits_no_answer_of_one_that_is_gone(self, site: Any, words: Words) -> None:
        site.feature(SLUG)
        save(site, read_checklist({"items": [question("question"), measured("answers")]}), based_on=None)
        given = {"answer": AnswerGiven.YES, "why": "Seen."}
        answer_item(site.workspace, LOCAL_CALLER, site.now, SLUG, "question", **given)
        save(site, read_checklist({"items": [measured("answers")]}), based_on=1)
        at = site.open("checklist", SLUG)
        at.button(key="add_attested").click().run()
        at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
        at.button(key="save_item").click().run()
        assert saved(site).items[-1].id == "question_2"
        assert "Not answered yet" in words(at)

    def test_nor_when_theirs_came_and_went_meanwhile(self, site: Any) -> None:
        site.feature(SLUG)
        save(site, read_checklist({"items": [measured("answers")]}), based_on=None)
        at = site.open("checklist", SLUG)
        at.button(key="add_attested").click().run()
        at.text_input(key="item_sentence").set_value("Legal has agreed.").run()
        save(site, read_checklist({"items": [measured("answers"), question("question")]}), based_on=1)
        save(site, read_checklist({"items": [measured("answers", owner="Ben")]}), based_on=2)
        at.button(key="save_item").click().run()
        at.button(key="save_mine").click().run()
        assert [item.id for item in saved(site).items] == ["answers", "question_2"]


class TestFieldsThatFollowTheMetric:
    @pytest.mark.parametrize(
        ("metric", "direction", "windowed"),
        [
            ("answer_correctness", "above", True),
            ("latency_p95", "below", True),
            ("hallucinations_in_first", "below", False),
        ],
    )
    def test_direction_window_and_minimum(
        self, metric: str, direction: str, windowed: bool, site: Any, words: Words
    ) -> None:
        site.draft(SLUG)
        at = site.open("checklist", SLUG)
        at.button(key="add_measured").click().run()
        at.text_input(key="item_window_days").set_value("30").run()
        at.text_input(key="item_minimum_n").set_value("50").run()
        at.selectbox(key="item_metric").set_value(metric).run()
        assert not at.exception
        shown = {field.key for field in at.text_input}
        assert ({"item_window_days", "item_minimum_n"} <= shown) is windowed
        assert "item_direction" not in {field.key for field in at.get("button_group")}
        assert (f"The value must be {direction} the bar." in words(at)) is windowed
        at.button(key="save_item").click().run()
        assert not at.exception
        item = saved(site).items[-1]
        assert (item.metric, item.direction.value) == (metric, direction)
        assert (item.window_days, item.minimum_n) == ((30, 50) if windowed else (None, 0))

    def test_a_metric_tried_and_left_again_starts_with_its_own_bar(self, site: Any) -> None:
        site.draft(SLUG)
        at = site.open("checklist", SLUG)
        at.button(key="add_measured").click().run()
        at.selectbox(key="item_metric").set_value("hallucinations_in_first").run()
        at.text_input(key="item_count").set_value("250").run()
        for metric in ("latency_p95", "hallucinations_in_first"):
            at.selectbox(key="item_metric").set_value(metric).run()
        assert at.text_input(key="item_count").value == "100"
        at.selectbox(key="item_metric").set_value("answer_correctness").run()
        assert at.text_input(key="item_bar").value == "90 %"


class TestWhatIsTypedForOneFeature:
    """Two features from one template have items with the same ids."""

    def test_an_answer_stays_with_its_feature(self, site: Any, words: Words) -> None:
        at = self.first_of_two(site)
        at.radio(key=f"given_{SLUG}/top_ten_handled").set_value("yes")
        at.text_area(key=f"why_{SLUG}/top_ten_handled").set_value("All ten pass.").run()
        at.query_params["feature"] = "other"
        at.run()
        at.button(key="save_answer_top_ten_handled").click().run()
        assert "Choose yes, no" in words(at)
        assert not view_checklist(site.workspace, LOCAL_CALLER, "other").answers

    def test_a_saved_answer_leaves_the_fields_empty(self, site: Any) -> None:
        at = self.first_of_two(site)
        at.radio(key=f"given_{SLUG}/top_ten_handled").set_value("yes")
        at.text_area(key=f"why_{SLUG}/top_ten_handled").set_value("All ten pass.")
        at.text_input(key=f"link_{SLUG}/top_ten_handled").set_value("https://example.com")
        at.button(key="save_answer_top_ten_handled").click().run()
        assert not at.exception
        assert (
            view_checklist(site.workspace, LOCAL_CALLER, SLUG).answers["top_ten_handled"].why
            == "All ten pass."
        )
        assert at.radio(key=f"given_{SLUG}/top_ten_handled").value is None
        assert at.text_area(key=f"why_{SLUG}/top_ten_handled").value == ""
        assert at.text_input(key=f"link_{SLUG}/top_ten_handled").value == ""

    def test_the_reason_of_an_amendment_is_asked_anew(self, site: Any) -> None:
        site.locked(SLUG)
        site.locked("other")
        for slug in (SLUG, "other"):
            save(site, read_checklist({"items": dumped(site, slug)[1:]}), based_on=1, slug=slug)
        at = site.open("checklist", SLUG)
        at.button(key="lock_begin").click().run()
        at.text_area(key=f"lock_reason_{SLUG}").set_value("Tools are gone.").run()
        at.query_params["feature"] = "other"
        at.run()
        at.button(key="lock_begin").click().run()
        assert at.text_area(key="lock_reason_other").value == ""
        at.query_params["feature"] = SLUG
        at.run()
        assert at.text_area(key=f"lock_reason_{SLUG}").value == "Tools are gone.", "nothing typed is lost"
        at.button(key="lock").click().run()
        assert view_checklist(site.workspace, LOCAL_CALLER, SLUG).commitments[0].reason == "Tools are gone."
        at.button(key="remove_answer_correctness").click().run()
        at.button(key="lock_begin").click().run()
        assert at.text_area(key=f"lock_reason_{SLUG}").value == ""

    def first_of_two(self, site: Any) -> AppTest:
        site.draft(SLUG)
        site.draft("other")
        return site.open("checklist", SLUG)


def look_elsewhere_and_back(at: AppTest) -> AppTest:
    for page in ("go_no_go", "checklist"):
        at.switch_page(str(spec_of(page).path))
        at.query_params["feature"] = SLUG
        at.run()
        assert not at.exception
    return at


def measured(item_id: str, **more: Any) -> dict[str, Any]:
    item = {"kind": "measured", "id": item_id, "metric": "answer_correctness", "source": "label", "bar": 0.8}
    return item | more


def question(item_id: str) -> dict[str, Any]:
    return {"kind": "attested", "id": item_id, "sentence": "Somebody has looked."}


def save(site: Any, checklist: Checklist, *, based_on: int | None, slug: str = SLUG) -> None:
    save_checklist(site.workspace, BEN, site.now, slug, checklist, based_on=based_on)


def saved(site: Any, slug: str = SLUG) -> Checklist:
    return view_checklist(site.workspace, LOCAL_CALLER, slug).checklist


def dumped(site: Any, slug: str = SLUG) -> list[Any]:
    return list(saved(site, slug).model_dump(mode="json")["items"])
