"""Two people with the same checklist open: the second to save sees both changes, and none is lost."""

from collections.abc import Callable
from typing import Any

from core.actions.checklists import view_checklist
from core.actions.people import LOCAL_CALLER


def test_the_second_tab_sees_the_conflict_and_keeps_both(
    server: Any, new_window: Callable[..., Any], records: Callable[..., Any]
) -> None:
    first = new_window(server)
    first.create_feature("Shared list")
    first.open("/checklist?feature=shared-list")
    first.press("take_ready_for_everyone")
    first.shows("Draft, version 1")
    second = new_window(server)
    second.open("/checklist?feature=shared-list")

    first.press("edit_answer_correctness")
    second.press("edit_user_acceptance")
    first.fill("item_bar", "85")
    second.fill("item_bar", "60")
    first.shows("Answer correctness, bar: above 80 % → above 85 %")
    first.press("save_item")
    first.shows("Draft, version 2")

    second.press("save_item")
    second.shows("Two people changed this checklist")
    second.shows("Answer correctness, bar: above 80 % → above 85 %")
    second.shows("User acceptance, bar: above 75 % → above 60 %")
    second.press("save_mine")
    second.shows("Draft, version 3")

    checklist = view_checklist(records(server), LOCAL_CALLER, "shared-list").checklist
    bars = {item.id: getattr(item, "bar", None) for item in checklist.items}
    assert (bars["answer_correctness"], bars["user_acceptance"]) == (0.85, 0.6)
    assert first.complaints == second.complaints == []
