"""How long texts, numbers, eval cases and the log are kept: said to everybody, set by an administrator."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.age_limits import view_limits
from core.actions.case_retention import expire_cases
from core.actions.eval_cases import promote
from core.actions.eval_suites import lock_suite
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.legal_holds import place_hold
from core.actions.number_retention import expire_numbers
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.usual_limits import Kept

Words = Callable[[AppTest], str]


def hand_in(site: Any, slug: str, name: str, at: datetime) -> None:
    """Five traces of the day on which they are handed in."""
    rows = [{"run_id": f"{name}-{n}", "started_at": at.isoformat(), "response": "yes"} for n in range(5)]
    content = BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode())
    asked = start_import(
        site.workspace, LOCAL_CALLER, at, slug, file_name=name, content=content, for_worker=False
    )
    run_import(site.workspace, asked, lambda: at)


@pytest.mark.parametrize("kept", list(Kept))
def test_an_administrator_sets_each_limit(kept: Kept, site: Any, words: Words) -> None:
    slug = site.feature("helper")
    at = site.open("evidence", slug)
    at.number_input(key=f"{kept}_days").set_value(30).run()
    assert "Nobody can bring them back." in words(at)
    at.button(key=f"{kept}_days_save").click().run()
    assert not at.exception
    assert view_limits(site.workspace, LOCAL_CALLER, site.now, slug).days[kept] == 30
    at.radio(key=f"{kept}_days_choice").set_value("For ever").run()
    at.button(key=f"{kept}_days_save").click().run()
    assert view_limits(site.workspace, LOCAL_CALLER, site.now, slug).days[kept] is None


def test_the_page_says_which_numbers_went_and_when(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    hand_in(site, slug, "old.jsonl", site.now - timedelta(days=1_100))
    hand_in(site, slug, "new.jsonl", site.now)
    assert "have expired" not in words(site.open("evidence", slug))
    expire_numbers(site.workspace, site.now)
    said = words(site.open("evidence", slug))
    assert "Numbers of 1 file have expired: old" in said
    assert "of 26 Feb 2023, gone on 2 Mar 2026" in said


def test_the_report_of_a_file_says_that_its_numbers_are_gone(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    hand_in(site, slug, "old.jsonl", site.now - timedelta(days=1_100))
    expire_numbers(site.workspace, site.now)
    at = site.open("evidence", slug)
    assert [one.label for one in at.expander if one.label.startswith("old")] == [
        "old\\.jsonl · 5 rows :gray-badge[numbers expired]"
    ]
    said = words(at)
    assert "Its numbers expired on 2 Mar 2026: nothing of it is counted any more." in said


def test_the_page_says_that_a_hold_keeps_everything(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    place_hold(site.workspace, LOCAL_CALLER, site.now, slug, reason="Request of the authority, file 17")
    assert "Nothing expires while it holds" in words(site.open("evidence", slug))


def test_whoever_is_no_administrator_reads_and_sets_nothing(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    slug = site.feature("helper")
    act_as(*(role for role in Role if role is not Role.ADMIN))
    at = site.open("evidence", slug)
    assert "kept for 1,095 days after they were handed in" in words(at)
    assert not [one for one in at.button if one.key and one.key.endswith("_days_save")]


def promoted(site: Any, slug: str, run: str, at: datetime) -> str:
    """A case of a trace of that day; returns its id."""
    row = {"run_id": run, "started_at": at.isoformat(), "query": f"Where is {run}?", "tool_expected": "look"}
    content = BytesIO(json.dumps(row).encode())
    asked = start_import(
        site.workspace, LOCAL_CALLER, at, slug, file_name=f"{run}.jsonl", content=content, for_worker=False
    )
    run_import(site.workspace, asked, lambda: at)
    made = promote(site.workspace, LOCAL_CALLER, at, slug, run, no_personal_data=True, alike_ok=True)
    return made.case_id


def test_the_page_says_how_many_cases_stay_and_how_many_texts_are_gone(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    then = site.now - timedelta(days=1_100)
    promoted(site, slug, "r1", then)
    lock_suite(site.workspace, LOCAL_CALLER, then, slug)
    promoted(site, slug, "r2", then)
    assert "have expired" not in words(site.open("evidence", slug))
    expire_cases(site.workspace, site.now)
    said = words(site.open("evidence", slug))
    assert "The texts of 1 case have expired: Evals says which." in said
    assert "1 case older than that stays, because a locked set holds it." in said


def test_the_list_and_the_case_say_when_its_texts_expired(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    gone = promoted(site, slug, "r1", site.now - timedelta(days=1_100))
    promoted(site, slug, "r2", site.now)
    expire_cases(site.workspace, site.now)
    at = site.open("evals", slug)
    [listed] = [one.value for one in at.dataframe if "Question" in one.value.columns]
    assert listed["Question"].tolist() == ["The text expired on 2 Mar 2026.", "Where is r2?"]
    assert "1 case is left out: its texts have expired or were erased." in words(at)
    opened = site.open("evals", slug, case=gone)
    assert "Its texts expired on 2 Mar 2026, so a new lock leaves it out." in words(opened)
    assert not {"case_retire", f"case_edit_{gone}_1_save"} & {str(one.key) for one in opened.button}
