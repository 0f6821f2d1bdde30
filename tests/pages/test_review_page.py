"""The Review page: empty, with traces to choose from, while labelling, and what it found in the end."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

Words = Callable[[AppTest], str]


def test_an_empty_page_says_what_to_do(site: Any, words: Words) -> None:
    at = site.open("review", site.feature("helper"))
    assert not at.exception
    assert "No traces to review yet" in words(at)


def test_a_queue_says_how_much_is_in_it_and_is_worked_through(
    site: Any, words: Words, files: dict[str, str]
) -> None:
    slug = site.feature("helper")
    site.upload(slug, "traces.csv", files["traces"])
    at = site.open("review", slug)
    offered = at.button_group(key="review_way").options
    sizes = dict(one.rsplit(" (", 1) for one in offered)
    assert set(sizes) == {
        "All of the week", "20 worst", "Random", "By kind of task", "Confident and wrong", "Judge disagrees",
        "Second reviewer",
    }  # fmt: skip
    assert sizes["Second reviewer"] == "0)" != sizes["All of the week"]

    # Nobody has labelled anything: a second look has nothing to look at, and says so before it is begun.
    at.button_group(key="review_way").set_value("second").run()
    assert at.button(key="review_begin").disabled
    assert "Nobody else has reviewed a trace of this week" in words(at)
    assert "Nobody signs in here" in words(at)

    at.button_group(key="review_way").set_value("all").run()
    at.button(key="review_begin").click().run()
    assert not at.exception
    assert "1 of" in words(at)
    assert at.button(key="review_save").label == "Save and go on"
    # The fields that few traces need are folded, and nobody's words in them are lost for it.
    (note,) = (one for one in at.text_area if one.label == "Note")
    note.input("It names the wrong depot").run()
    assert "Cause, severity, note, right answer (filled in)" in words(at)
    at.button(key="review_undo").click().run()
    (note,) = (one for one in at.text_area if one.label == "Note")
    assert note.value == "It names the wrong depot"
