"""A PM with nothing but exported files: from an empty home to a verdict in at most forty clicks.

The files are those of ../shared/samples: what real tools write, which nobody has tidied up.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from core.actions.imports import list_uploads, waits_for_answers
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.store.tables import UNFINISHED

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
LANGFUSE = SAMPLES / "traces" / "langfuse"
MOST_CLICKS = 40
QUESTIONS_AT_MOST = 5
SLUG = "support-assistant"

# Every press of the mouse counts, also those on menus and options; typing does not.
COUNTS_CLICKS = """addEventListener("pointerdown", () => {
    localStorage.clicks = Number(localStorage.clicks || 0) + 1;
}, {capture: true});"""


@pytest.fixture
def samples() -> Path:
    if not SAMPLES.exists():
        pytest.skip("The shared samples are not beside this checkout: no journey with real files.")
    return SAMPLES


def test_from_an_empty_home_to_a_verdict_with_real_files(
    own_server: Any,
    new_window: Callable[..., Any],
    records: Callable[[Any], Workspace],
    samples: Path,
) -> None:
    window = new_window(own_server)
    window.page.add_init_script(COUNTS_CLICKS)
    window.create_feature("Support assistant")

    # What ready means: the right answer on the eval set, decided before any result is seen.
    follow(window, "Checklist: empty")
    window.press("take_ready_for_everyone")
    window.press("edit_answer_correctness")
    choose(window, "item_source", "Eval results")
    window.press("save_item")
    window.press("lock_begin")
    window.press("lock")
    window.shows("Version 2 is locked")

    # Who gets it first.
    follow(window, "Phase plan")
    window.press("take_guardrail_escalation")
    window.shows("Add a phase")

    # Everything the team has, in one drop.
    follow(window, "Evidence")
    window.hand_in(
        LANGFUSE / "ui_export_traces_v3.157plus.csv",
        LANGFUSE / "ui_export_observations_v3.157plus.csv",
        LANGFUSE / "ui_export_scores_v3.157plus.csv",
        *sorted((LANGFUSE / "api_json_ibm_clear").glob("*.json")),
        samples / "real" / "airline_gpt4o_eval_results.jsonl",
    )
    answer_open_questions(window, records(own_server), SLUG)
    window.shows("airline_gpt4o_eval_results.jsonl · 200 rows")

    follow(window, "Go / no-go")
    expect(window.page.get_by_role("heading", name="NO-GO")).to_be_visible()
    window.shows("21 of 50 cases right: 42 %")

    follow(window, "Health")
    window.shows("Retrieval recall")
    follow(window, "Traces")
    # The cells of a table are drawn; what a screen reader hears of them stands beside.
    expect(window.page.get_by_text("Where is my order 1042?").first).to_be_attached()

    clicks = int(window.page.evaluate("localStorage.clicks"))
    assert 0 < clicks <= MOST_CLICKS, f"{clicks} clicks from nothing to a verdict"
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{own_server.port}"}


def answer_open_questions(window: Any, records: Workspace, slug: str) -> None:
    """Take what the page proposes, until nothing is asked any more and nothing is read any more."""
    for _ in range(QUESTIONS_AT_MOST):
        while any(upload.state in UNFINISHED for upload in list_uploads(records, LOCAL_CALLER, slug)):
            window.page.wait_for_timeout(300)
        window.settle()
        if not any(
            waits_for_answers(records, upload) for upload in list_uploads(records, LOCAL_CALLER, slug)
        ):
            # The page itself looks once a second, and then shows all that was read.
            window.page.wait_for_timeout(1_500)
            window.settle()
            return
        window.page.get_by_role("button", name="Import with these answers").first.click()
        window.settle()
    pytest.fail("The page goes on asking.")


def choose(window: Any, key: str, option: str) -> None:
    window.keyed(key).locator("input").click()
    window.page.get_by_role("option", name=option).click()
    window.settle()


def follow(window: Any, link: str) -> None:
    window.page.get_by_role("link", name=link, exact=False).first.click()
    window.settle()
