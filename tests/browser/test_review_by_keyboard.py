"""Twenty traces labelled by two keys each, with the tab closed in the middle: nothing is lost."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.actions.people import LOCAL_CALLER
from core.actions.review_queue import view_reviews
from core.actions.reviews import what_was_found

TRACES = 20


def exported(folder: Path, now: datetime) -> Path:
    rows = (
        {
            "run_id": f"run-{number}",
            "user_id": f"user-{number}",
            "started_at": (now - timedelta(minutes=number)).isoformat(),
            "query": f"Where is parcel {number}?",
            "response": f"Parcel {number} is on its way.",
            "tool_selected": "track",
        }
        for number in range(TRACES)
    )
    path = folder / "traces.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def turn(window: Any, place: int) -> None:
    """Wait until the trace at this place of the queue is the one on the page."""
    words = window.keyed("review_head").get_by_text(f"{place} of {TRACES}", exact=True)
    expect(words).to_be_visible()


def until_kept(window: Any, workspace: Any) -> None:
    """Wait until the server has both keys: the browser may show a press that is still on its way."""
    for _ in range(300):
        drafts = [json.loads(path.read_text())["fields"] for path in workspace.form_drafts.glob("*.json")]
        if any((one.get("answer_right"), one.get("failure_type")) == (False, "wrong tool") for one in drafts):
            return
        window.page.wait_for_timeout(200)
    pytest.fail(f"What was pressed is not kept: {drafts}")


def test_twenty_traces_by_keyboard_with_the_tab_closed_in_the_middle(
    server: Any,
    new_window: Callable[..., Any],
    records: Callable[..., Any],
    tmp_path: Path,
    today: datetime,
) -> None:
    window = new_window(server)
    window.create_feature("Keyboard")
    window.open("/evidence?feature=keyboard")
    window.hand_in(exported(tmp_path, today))
    window.shows("imported")
    window.open("/review?feature=keyboard")
    window.press("review_begin")
    turn(window, 1)
    address = window.page.url.removeprefix(server.base)

    keys = window.page.keyboard
    for place in range(1, TRACES + 1):
        turn(window, place)
        if place == 11:
            # Half of a label is made, and the browser is closed.
            keys.press("a")
            window.settle()
            keys.press("a")
            window.settle()
            keys.press("1")
            chip = window.keyed("review_type_1").locator("button[kind=primary]").first
            expect(chip).to_be_visible()
            until_kept(window, records(server))
            window.page.close()
            window = new_window(server)
            window.open(address)
            turn(window, place)
            keys = window.page.keyboard
            chosen = window.keyed("review_say_answer_right_1").locator("button[kind=primary]")
            expect(chosen).to_be_visible()
        else:
            keys.press("o")
            window.settle()
        keys.press("Enter")
        window.settle()
    window.shows("Answers right")

    (session,) = view_reviews(records(server), LOCAL_CALLER, "keyboard").sessions
    assert (session.reviewed, session.size, session.deferred) == (TRACES, TRACES, 0)
    found = what_was_found(records(server), LOCAL_CALLER, "keyboard", session.id)
    assert (found.right, found.judged) == (TRACES - 1, TRACES)
    assert found.types == (("wrong tool", 1),)
    assert window.complaints == []
