"""Hostile names, headers and cells in a real browser: nothing is fetched, run or put into the page."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

INJECTED = 'img[src*=leak], [onerror], [onload], iframe, object, embed, a[href*="/leak"], a[href^=javascript]'


@pytest.fixture
def canary() -> Iterator[tuple[str, list[str]]]:
    """A server beside ours, and the list of what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}", asked
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_nothing_is_fetched_and_nothing_is_injected(
    server: Any, new_window: Callable[..., Any], canary: tuple[str, list[str]], tmp_path: Path
) -> None:
    place, asked = canary
    texts = [
        f"![x]({place}/leak.png)",
        f'<img src="{place}/leak" onerror="window.leaked=1">',
        "<script>window.leaked=1</script><svg onload=window.leaked=1><iframe src=//leak></iframe>",
        f"[click](javascript:window.leaked=1) [more]({place}/leak) {place}/leak",
        f'<a href="{place}/leak">cause</a><br><b>0 failures</b><style>@import url({place}/leak)</style>',
    ]
    window = new_window(server)
    window.create_feature(f"![x]({place}/leak) <img src=x onerror=leak()>")
    slug = window.page.url.rsplit("feature=", 1)[1]
    window.open(f"/checklist?feature={slug}")
    window.press("take_ready_for_everyone")
    window.press("edit_tool_selection")
    window.fill("item_owner", texts[0][:120])
    window.press("save_item")
    window.press("add_attested")
    window.fill("item_sentence", texts[1])
    window.press("save_item")
    safe(window, asked)

    window.open(f"/evidence?feature={slug}")
    traces, labels = write_exports(tmp_path, texts)
    window.hand_in(traces, labels)
    window.shows("onerror=alert(1)")
    for fold in window.page.locator("[data-testid=stExpander] summary").all():
        fold.click()
        window.settle()
    safe(window, asked)
    for address in (f"/go_no_go?feature={slug}", "/"):
        window.open(address)
        safe(window, asked)
    assert window.hosts == {f"127.0.0.1:{server.port}"}


def write_exports(folder: Path, texts: list[str]) -> tuple[Path, Path]:
    """Traces and labels in which every text is hostile, also the names of the files."""
    cells = ['"' + text.replace('"', '""') + '"' for text in texts]
    started = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    traces = folder / "<img src=x onerror=alert(1)>.csv"
    rows = [f"run_id,started_at,task_type,query,response,latency_ms,{cells[0]}"]
    # The latencies are no numbers, so the report quotes them as rejected.
    rows += [f"r{n},{started},{cell},{cell},{cell},{cell},{cell}" for n, cell in enumerate(cells)]
    rows += [f"s{n},{started},{cell},{cell},{cell},900,{cell}" for n, cell in enumerate(cells)]
    traces.write_text("\n".join(rows) + "\n", encoding="utf-8")
    labels = folder / "labels ![x](leak).csv"
    rows = ["run_id,answer_right,failure_type,root_cause,note,reviewer,sampling"]
    rows += [f"s{n},no,{cell},{cell},{cell},{cell},complete" for n, cell in enumerate(cells)]
    labels.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return traces, labels


def safe(window: Any, asked: list[str]) -> None:
    window.page.wait_for_timeout(500)
    assert window.page.locator(INJECTED).count() == 0
    assert window.page.evaluate("window.leaked") is None
    assert window.page.locator("script:not([src])").count() <= 1, "only Streamlit's own"
    assert asked == []
