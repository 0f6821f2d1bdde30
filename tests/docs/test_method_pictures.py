"""The pictures of methods.md are those that its script draws now, and each of them is shown."""

import html
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
METHODS = (DOCS / "methods.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(DOCS / "method_pictures" / "__main__.py"), run_name="pictures")


def words_of(svg: str) -> str:
    """The texts of a drawing, put together: longer ones are drawn in pieces."""
    return " ".join(html.unescape(" ".join(re.findall(r"<text[^>]*>(.*?)</text>", svg, re.S))).split())


def test_every_picture_is_shown_once(script: dict[str, Any]) -> None:
    shown = re.findall(r"\(images/methods/(\w+)\.svg\)", METHODS)
    assert sorted(shown) == sorted(script["PICTURES"])
    files = {file.stem for file in (DOCS / "images" / "methods").iterdir()}
    assert files == set(script["PICTURES"])


def test_every_picture_says_what_the_rules_say_now(script: dict[str, Any]) -> None:
    outdated = {}
    for name, draw in script["PICTURES"].items():
        drawn = words_of((DOCS / "images" / "methods" / f"{name}.svg").read_text(encoding="utf-8"))
        texts = script["texts_of"](draw())
        assert texts, f"{name} says nothing"
        if missing := [text for text in texts if " ".join(text.split()) not in drawn]:
            outdated[name] = missing
    assert outdated == {}, "run: python docs/method_pictures"
