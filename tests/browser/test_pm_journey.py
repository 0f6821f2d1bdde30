"""A product manager with an empty feature: step by step to a GO that waits for nothing but its signatures.

READYGATE_JOURNEY_PICTURES names a folder for pictures of each step, to be looked at.
"""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.actions.gates import view_gate
from core.actions.people import LOCAL_CALLER

SLUG = "refund-helper"
ROWS = 150
LOOKS = "light dark phone"
TRACE = ["run_id", "started_at", "user_id", "query", "response", "user_feedback", "latency_ms", "release"]
LABEL = ["run_id", "tool_right", "answer_right", "hallucination", "reviewer", "sampling"]


@pytest.mark.timeout(500)
def test_from_an_empty_feature_to_ready_for_sign_off(
    server: Any, new_window: Callable[..., Any], records: Callable[..., Any], tmp_path: Path
) -> None:
    window = new_window(server)
    window.create_feature("Refund helper")
    window.shows("The way to everyone")
    window.picture("pm-1-created", LOOKS)

    window.open(f"/checklist?feature={SLUG}")
    window.press("take_ready_for_everyone")
    window.press("edit_answer_correctness")
    window.fill("item_bar", "85")
    window.press("save_item")
    window.shows("Draft, version 2")
    window.picture("pm-2-checklist", LOOKS)

    window.open(f"/phase_plan?feature={SLUG}")
    window.fill(f"plan_take_{SLUG}_owner", "Ada")
    window.press("take_guardrail_escalation")
    window.shows("1 thing will hurt")
    window.page.get_by_role("button", name="Fallback: goes the way without AI, in 4 phases").click()
    window.settle()
    expect(window.page.get_by_text("will hurt")).to_have_count(0)
    window.picture("pm-3-plan", LOOKS)

    window.open(f"/checklist?feature={SLUG}")
    window.press("lock_begin")
    window.shows("You commit to version 2")
    window.picture("pm-4-lock", LOOKS)
    window.press("lock")
    window.shows("Version 2 is locked")

    window.open(f"/release?feature={SLUG}")
    window.press("release_new")
    window.fill("release_name", "2026-11")
    window.fill("release_model_version", "m-2026-10-01")
    window.fill("release_prompt_version", "v14")
    window.press("release_next")
    window.keyed("release_goes_live").get_by_text("Yes, it is live").click()
    window.settle()
    window.picture("pm-5-release", LOOKS)
    window.press("release_save")
    window.shows("LIVE")
    rehearse(window)

    window.open(f"/checklist?feature={SLUG}")
    window.press("answer_top_ten_handled")
    choose_yes(window)
    seen = window.page.get_by_role("textbox", name="What did you look at?")
    seen.fill("The ten are in the failure log, each with its fix.")
    seen.press("Tab")
    window.settle()
    window.press("save_answer_top_ten_handled")

    window.open(f"/evidence?feature={SLUG}")
    window.hand_in(*exports(tmp_path, datetime.now(UTC)))
    window.shows(f"traces.csv · {ROWS} rows")
    window.shows(f"labels.csv · {ROWS} rows")
    window.picture("pm-6-evidence", LOOKS)

    window.open(f"/go_no_go?feature={SLUG}")
    expect(window.page.get_by_role("heading", level=1, name="GO")).to_be_visible()
    window.shows("Waits for:")
    window.shows("ready for sign-off at most")
    window.picture("pm-7-ready-for-sign-off", LOOKS)
    decision = view_gate(records(server), LOCAL_CALLER, datetime.now(UTC), SLUG).decision
    assert [one.name for one in decision.conditions if not one.met] == ["signatures"]
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{server.port}"}


def choose_yes(window: Any) -> None:
    """The words, not the circle, which no one sees: the browser waits until they stand still."""
    answer = window.page.get_by_role("radio", name="Yes")
    window.page.locator("label").filter(has=answer).click()
    expect(answer).to_be_checked()


def rehearse(window: Any) -> None:
    """Switching the feature off was tried, and worked."""
    # The page above the button may still grow while the form opens beside it: on a screen that shows the
    # whole page nothing moves out of sight.
    window.look(height=3000)
    window.press("drill_popover")
    page = window.page
    choose_yes(window)
    page.get_by_label("Minutes until users were safe").fill("4")
    page.get_by_label("Who did it").fill("Omar, on call")
    page.get_by_label("Who did it").press("Tab")
    window.settle()
    page.get_by_role("button", name="Save the drill").click()
    window.settle()
    window.look()


def exports(folder: Path, moment: datetime) -> list[Path]:
    """Traces after the lock and a complete review of them, which found nothing wrong."""
    traces, labels = folder / "traces.csv", folder / "labels.csv"
    with traces.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(TRACE)
        for n in range(ROWS):
            said = ["Where is my refund?", "On its way.", "accepted", 900 + n, "2026-11"]
            sheet.writerow([f"run-{n}", moment.isoformat(), f"user-{n}", *said])
    with labels.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(LABEL)
        sheet.writerows([f"run-{n}", "yes", "yes", "no", "Vera", "complete"] for n in range(ROWS))
    return [traces, labels]
