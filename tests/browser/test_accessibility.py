"""Every page of the demo against WCAG A and AA: in light and dark, and as wide as a phone, where nothing may
move sideways. What the browser complains of and where it goes is watched on the way."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from core.web.registry import PAGES
from tests.browser.axe import KNOWN, Known, violations

NO_GO, MORE = "refund-agent", "shipment-assistant"
LOOKS = {
    "light": {},
    "dark": {"dark": True},
    "phone": {"width": 390, "height": 844},
}


@pytest.fixture
def window(demo_server: Any, new_window: Callable[..., Any]) -> Any:
    return new_window(demo_server)


class Findings:
    """What was found wrong, page by page and look by look."""

    def __init__(self) -> None:
        self.faults: dict[str, list[str]] = {}
        self.known: set[Known] = set()

    def look(self, window: Any, name: str) -> None:
        for look, how in LOOKS.items():
            window.look(**how)
            # Colours fade from one look to the next.
            window.page.wait_for_timeout(300)
            faults, known = violations(window.page, colours_only=look == "dark")
            faults += [f"{frame} moves sideways" for frame in window.moves_sideways()]
            self.known |= known
            if faults:
                self.faults[f"{name}, {look}"] = faults
        window.look()


@pytest.mark.timeout(900)
def test_every_page_can_be_used_by_everybody(window: Any, demo_server: Any) -> None:
    findings = Findings()
    for spec in PAGES:
        window.open(f"/{spec.url_path}?feature={NO_GO}")
        expect(window.page.locator("h1:visible")).to_have_count(1)
        window.unfold()
        findings.look(window, spec.title)

    # Where people work on something.
    window.open(f"/release?feature={NO_GO}")
    window.press("release_new")
    findings.look(window, "a new release")
    window.open(f"/review?feature={MORE}")
    window.press("review_begin")
    expect(window.keyed("review_head")).to_be_visible()
    findings.look(window, "a review under way")
    window.open("/go_no_go?feature=meeting-summaries")
    findings.look(window, "a GO")

    assert findings.faults == {}
    assert findings.known == set(KNOWN), "what Streamlit has mended needs no exception any more"
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{demo_server.port}"}
