"""The HTML report in a real browser: it asks for nothing, nothing runs, and its answer takes one sheet."""

import re
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page

from core.actions.checklists import take_template
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER
from core.actions.reports import ReportFormat, make_report
from core.actions.workspace import open_workspace
from core.criteria.stakes import Stakes

HOSTILE = '<img src="http://127.0.0.1:9/x" onerror="window.leaked=1"><script>window.leaked=1</script>'


def test_it_opens_without_a_network_and_asks_for_nothing(chromium: Browser, tmp_path: Path) -> None:
    workspace = open_workspace(home=tmp_path / "home", url="")
    now = datetime.now(UTC)
    slug = create_feature(
        workspace, LOCAL_CALLER, now, name=HOSTILE[:120], owner=HOSTILE, stakes=Stakes.LOW, slug="helper"
    ).slug
    take_template(workspace, LOCAL_CALLER, now, slug, "ready_for_everyone", based_on=None)
    made = make_report(workspace, LOCAL_CALLER, now, slug, ReportFormat.HTML)
    workspace.close()
    file = tmp_path / made.file_name
    file.write_bytes(made.content)

    context = chromium.new_context(offline=True, viewport={"width": 390, "height": 800})
    page = context.new_page()
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: said.append(line.text))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert said == []
    assert page.evaluate("window.leaked") is None
    assert page.locator("script, img, link, iframe, object, a").count() == 0
    assert HOSTILE[:60] in page.inner_text("h1")
    assert page.locator("svg").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert sheets(page) <= 3
    page.add_style_tag(content=".details { display: none }")
    assert sheets(page) == 1
    context.close()


def sheets(page: Page) -> int:
    """How many sheets of paper the page takes when it is printed."""
    return len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True)))
