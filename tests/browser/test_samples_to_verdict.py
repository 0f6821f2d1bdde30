"""A PM with nothing but exported files: from an empty home to a verdict in at most forty clicks.

The files are those of ../shared/samples: what real tools write, which nobody has tidied up.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from core.actions.workspace import Workspace

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
LANGFUSE = SAMPLES / "traces" / "langfuse"
MOST_CLICKS = 40

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
    follow(window, "Open its checklist")
    window.press("take_ready_for_everyone")
    window.press("edit_answer_correctness")
    choose(window, "item_source", "Eval results")
    window.press("save_item")
    window.press("lock_popover")
    window.press("lock")
    window.shows("Version 1 is locked")

    # Who gets it first.
    follow(window, "Phase plan")
    window.press("take_guardrail_escalation")
    window.shows("Early access")

    # Everything the team has, in one drop.
    follow(window, "Evidence")
    window.hand_in(
        LANGFUSE / "ui_export_traces_v3.157plus.csv",
        LANGFUSE / "ui_export_observations_v3.157plus.csv",
        LANGFUSE / "ui_export_scores_v3.157plus.csv",
        *sorted((LANGFUSE / "api_json_ibm_clear").glob("*.json")),
        samples / "real" / "airline_gpt4o_eval_results.jsonl",
    )
    answer_open_questions(window)
    window.shows("airline_gpt4o_eval_results.jsonl · 200 rows")

    follow(window, "Go / no-go")
    window.shows("NO-GO")
    window.shows("21 of 50 right: 42 %")

    clicks = int(window.page.evaluate("localStorage.clicks"))
    assert 0 < clicks <= MOST_CLICKS, f"{clicks} clicks from nothing to a verdict"
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{own_server.port}"}


def answer_open_questions(window: Any) -> None:
    """Take what the page proposes, until nothing is asked any more."""
    raise NotImplementedError


def choose(window: Any, key: str, option: str) -> None:
    window.keyed(key).locator("input").click()
    window.page.get_by_role("option", name=option).click()
    window.settle()


def follow(window: Any, link: str) -> None:
    window.page.get_by_role("link", name=link, exact=False).first.click()
    window.settle()


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", name=words)).to_be_visible()
