"""Draws the pictures of methods.md, each computed from the rules themselves: `python docs/method_pictures`.

    python docs/method_pictures [--to docs/images/methods] [--chromium /usr/bin/chromium]

Needs Playwright and a Chromium, which draws what Plotly describes. A test holds the pictures up to date:
every text of a picture must stand in its file.
"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

import plotly

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).parent), str(ROOT)]

import deciding  # noqa: E402
import trust  # noqa: E402
import verdicts  # noqa: E402
import watching  # noqa: E402
from drawing import Figure  # noqa: E402

PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"

PICTURES: dict[str, Callable[[], Figure]] = {
    draw.__name__: draw
    for draw in (
        *(verdicts.three_answers, verdicts.a_range, verdicts.stakes, verdicts.looking, verdicts.users),
        *(deciding.one_failure, verdicts.clean_cases, verdicts.slow_answers, watching.points),
        *(watching.four_weeks, watching.noisy_days, watching.same_tasks, watching.gap_found),
        *(watching.same_cases, watching.piling_up, trust.confidence, trust.judge),
        *(deciding.judge_in_the_gate, watching.new_kinds, trust.reviews, deciding.kinds_in_the_gate),
        *(trust.cost, trust.cost_at_scale, trust.how_long),
    )
}
"""By the name of their file, in the order of the page."""


def texts_of(figure: Figure) -> list[str]:
    """What a picture says in words: every one of them stands in its file."""
    return [note["text"] for note in figure["layout"].get("annotations", [])]


def main() -> None:
    """Draw every picture as SVG."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description="Draw the pictures of methods.md.")
    parser.add_argument("--to", type=Path, default=ROOT / "docs" / "images" / "methods")
    parser.add_argument("--chromium", default=None)
    asked = parser.parse_args()
    asked.to.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=asked.chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content("<div id=picture></div>")
        page.add_script_tag(path=str(PLOTLY))
        for name, draw in PICTURES.items():
            figure = json.loads(json.dumps(draw()))
            drawn = page.evaluate("figure => Plotly.toImage(figure, {format: 'svg'})", figure)
            svg = page.evaluate(
                "address => decodeURIComponent(address.slice(address.indexOf(',') + 1))", drawn
            )
            (asked.to / f"{name}.svg").write_text(svg, encoding="utf-8")
        browser.close()


if __name__ == "__main__":
    main()
