"""Hostile names, headers and cells in a real browser: nothing is fetched, run or put into the page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any


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

    def safe() -> None:
        window.shows_no_markup_of_others()
        assert asked == []

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
    safe()

    window.open(f"/evidence?feature={slug}")
    traces, labels = write_exports(tmp_path, texts)
    window.hand_in(traces, labels)
    window.shows("onerror=alert(1)")
    for fold in window.page.locator("[data-testid=stExpander] summary").all():
        fold.click()
        window.settle()
    safe()
    for address in (f"/go_no_go?feature={slug}", "/"):
        window.open(address)
        safe()
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
