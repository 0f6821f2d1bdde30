"""Go / no-go: what stands on its first screen, what opens on a click, and what is only drawn then."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

Words = Callable[[AppTest], str]


def test_the_answer_comes_first_and_everything_else_opens(furnished: Any, words: Words) -> None:
    at = furnished.open("go_no_go", "locked")
    assert not at.exception
    boxes = [*at.error, *at.warning, *at.info, *at.markdown]
    box = next(text.value for text in boxes if text.value.startswith("# ")).replace("\\", "")
    answer = [line for line in box.split("\n\n") if line]
    assert answer[0].startswith("# :material/")
    assert answer[1].startswith("**for a first phase** · medium stakes, as committed 31 Jan 2026")
    assert "blocking rows" in answer[-1]
    said = words(at)
    places = [
        said.index(text)
        for text in (answer[0], "What decides", "Blocking", "Before it may go on", "Commitments", "Report")
    ]
    assert places == sorted(places)
    assert "27 of 30" in said, "the sentence behind the number"
    assert "From 2 files" not in said

    pictures = [image.alt for images in _images(at) for image in images.imgs]
    assert len(pictures) > 3
    assert all(pictures), "each picture in words"

    at.session_state["behind_answer_correctness"] = True
    opened = words(at.run())
    assert "traces.csv: 30 rows counted" in opened
    assert "Labelled: 30 of 30 traces of that time (100 %)." in opened
    assert "trend_row" not in at.session_state
    at.session_state["by_week"] = True
    at.run()
    assert not at.exception
    assert at.selectbox(key="trend_row").value


def _images(at: AppTest) -> list[Any]:
    protos = (getattr(node, "proto", None) for node in at)
    return [proto for proto in protos if type(proto).__name__ == "ImageList"]
