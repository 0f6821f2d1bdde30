"""The Failures page: empty, with failures, and what its forms save."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.failure_words import view_words
from core.actions.fixes import save_fix
from core.actions.incidents import report_incident, view_incidents
from core.actions.people import LOCAL_CALLER
from core.actions.tool_lists import add_tool_list
from core.actions.top_failures import view_top_failures

Words = Callable[[AppTest], str]

LOG = "".join(
    json.dumps({"run_id": f"run-{n}", "failure_type": "wrong tool" if n < 5 else "wrong-tool"}) + "\n"
    for n in range(8)
)
TOOLS = b'{"tools": [{"name": "handleData", "description": "Handles data operations"}]}'


@pytest.fixture
def noted(site: Any, files: dict[str, str]) -> str:
    slug: str = site.feature("helper")
    site.upload(slug, "traces.csv", files["traces"])
    site.upload(slug, "log.jsonl", LOG)
    return slug


def test_an_empty_page_says_what_to_do(site: Any, words: Words) -> None:
    at = site.open("failures", site.feature("helper"))
    said = words(at)
    assert not at.exception
    assert said.count("No failures noted yet") == 1
    assert "No incident is written down" in said
    assert "Hand in the list of tools" in said


def test_the_ten_the_loops_the_tools_and_the_words(site: Any, noted: str, words: Words) -> None:
    now = site.now
    save_fix(site.workspace, LOCAL_CALLER, now, noted, "wrong tool", fix="Renamed", owner="Bo", state="open")
    report_incident(
        site.workspace,
        LOCAL_CALLER,
        now,
        noted,
        what="Charged *twice*",
        happened_at=site.before(9),
        owner="Ada",
    )
    add_tool_list(site.workspace, LOCAL_CALLER, now, noted, file_name="tools.json", content=TOOLS)
    at = site.open("failures", noted)
    said = words(at)
    assert not at.exception
    for sentence in (
        "0 of 2 kinds are handled",
        "No eval case tests it; not fixed yet.",
        "Owner Bo · open",
        "1 incident has changed nothing yet",
        "Charged *twice*",
        "The name “handleData” says nothing about what it does.",
        "“wrong-tool” and “wrong tool” look like one word (3 failures and 5 failures).",
    ):
        assert sentence in said


def test_what_looks_alike_is_merged_with_one_button(site: Any, noted: str, words: Words) -> None:
    at = site.open("failures", noted)
    at.button(key="alike_merge_0").click().run()
    assert not at.exception
    assert "0 of 1 kind is handled" in words(at)
    # Whoever answers for the ten on the Checklist reads there what was counted.
    at = site.open("checklist", noted)
    at.button(key="take_ready_for_everyone").click().run()
    assert "Readygate counts:] 0 of 1 kind is handled." in words(at)
    assert view_words(site.workspace, LOCAL_CALLER, noted).alike == ()


def test_forms_save_a_fix_and_an_incident(site: Any, noted: str) -> None:
    at = site.open("failures", noted)
    at.text_input(key=f"fix_{noted}/wrong tool/owner").input("Bo")
    at.button(key=f"fix_{noted}/wrong tool/save").click().run()
    at.text_area(key=f"incident_new_{noted}/what").input("Charged twice")
    at.text_input(key=f"incident_new_{noted}/owner").input("Ada")
    at.button(key=f"incident_new_{noted}/save").click().run()
    assert not at.exception
    top = view_top_failures(site.workspace, LOCAL_CALLER, site.now, noted).top
    assert top.lines[0].fix is not None
    assert top.lines[0].fix.owner == "Bo"
    assert [one.owner for one in view_incidents(site.workspace, LOCAL_CALLER, noted).open] == ["Ada"]


def test_a_fix_without_an_owner_is_told(site: Any, noted: str, words: Words) -> None:
    at = site.open("failures", noted)
    at.button(key=f"fix_{noted}/wrong tool/save").click().run()
    assert "A fix needs a failure type and an owner" in words(at)
