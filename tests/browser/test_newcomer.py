"""A newcomer's way from nothing to a verdict, in a real browser."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

ROWS, WRONG = 120, 60


def test_from_nothing_to_a_verdict(server: Any, new_window: Callable[..., Any], tmp_path: Path) -> None:
    window = new_window(server)
    window.create_feature("Refund agent")
    window.shows("decide the scope (0 of 6 decided)")
    assert_usable(window.page)
    follow(window, "Checklist: empty")
    window.press("take_ready_for_everyone")
    window.shows("Draft, version 1 · 6 items")
    assert_usable(window.page)

    follow(window, "Evidence")
    before = datetime.now(UTC) - timedelta(days=2)
    window.hand_in(*exports(tmp_path, "before", before))
    reads_back(window, "before")
    assert_usable(window.page)

    follow(window, "Go / no-go")
    window.shows("Draft: would be NO-GO")
    window.shows("60 of 120 right: 50 %")
    assert_usable(window.page)

    follow(window, "Checklist")
    window.press("lock_begin")
    window.press("lock")
    window.shows("Version 1 is locked")
    after = datetime.now(UTC)
    follow(window, "Go / no-go")
    window.shows("NO DATA")  # what was uploaded is older than the lock, so it counts no more

    follow(window, "Evidence")
    window.hand_in(*exports(tmp_path, "after", after))
    reads_back(window, "after")
    follow(window, "Go / no-go")
    window.shows("NO-GO")
    window.shows("60 of 120 right: 50 %")
    window.shows("as committed")

    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{server.port}"}


def exports(folder: Path, batch: str, moment: datetime) -> list[Path]:
    """Traces of ``moment`` and a complete review of them: half of the answers are wrong."""
    traces, labels = folder / f"{batch}-traces.csv", folder / f"{batch}-labels.csv"
    with traces.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(
            ["run_id", "started_at", "user_id", "query", "response", "user_feedback", "latency_ms"]
        )
        for n in range(ROWS):
            about = ["Where is it?", "On its way.", "accepted", 900 + n]
            sheet.writerow([f"{batch}-{n}", moment.isoformat(), f"u{n}", *about])
    with labels.open("w", newline="", encoding="utf-8") as file:
        sheet = csv.writer(file)
        sheet.writerow(["Run ID", "Tool right", "Answer right", "Hallucination", "Reviewer", "Sampling"])
        for n in range(ROWS):
            sheet.writerow([f"{batch}-{n}", "yes", "no" if n < WRONG else "yes", "no", "Vera", "complete"])
    return [traces, labels]


def reads_back(window: Any, batch: str) -> None:
    """Both files are listed with every row, and the newest report counts them."""
    for name in (f"{batch}-traces.csv", f"{batch}-labels.csv"):
        window.shows(f"{name} · {ROWS} rows")
    expect(window.page.get_by_test_id("stMetricValue").nth(1)).to_have_text(str(ROWS))


def follow(window: Any, link: str) -> None:
    window.page.get_by_role("link", name=link, exact=False).first.click()
    window.settle()


def assert_usable(page: Page) -> None:
    """What a screen reader needs first: one main heading, and a name on everything that can be used."""
    expect(page.locator("h1:visible")).to_have_count(1)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), textarea')]
            .filter(control => control.checkVisibility({visibilityProperty: true}))
            .filter(control => !(control.getAttribute('aria-label') || control.innerText || control.title
                || control.getAttribute('aria-labelledby') || control.labels?.length))
            .map(control => control.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
    assert page.locator("img:visible:not([alt])").count() == 0
