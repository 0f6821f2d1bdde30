"""The report on Go / no-go: four files to take away, and the head of the log to note down."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.audit_verify import read_anchor, verify_log
from core.actions.people import LOCAL_CALLER, Caller, Role

Words = Callable[[AppTest], str]


def test_the_page_offers_the_report_and_a_head_that_can_be_checked(furnished: Any, words: Words) -> None:
    at = furnished.open("go_no_go", "locked")
    assert not at.exception
    labels = [node.label for node in at.get("download_button")]
    formats = ("To send or print", "HTML", "Excel", "JSON")
    assert tuple(label for label in labels if label in formats)[-4:] == formats
    line = next(part for part in words(at).splitlines() if part.startswith("`readygate verify --anchor "))
    anchor = read_anchor(line.strip("`").removeprefix("readygate verify --anchor "))
    assert verify_log(furnished.workspace, LOCAL_CALLER, furnished.now, anchor).ok


def test_a_viewer_may_take_it(furnished: Any, words: Words, act_as: Callable[..., Caller]) -> None:
    act_as(Role.VIEWER)
    at = furnished.open("go_no_go", "draft")
    assert not at.exception
    assert "To send or print" in [node.label for node in at.get("download_button")]
