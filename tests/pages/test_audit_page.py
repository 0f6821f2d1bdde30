"""The Audit page: what stands there for whom, filters in the address, verifying, one entry."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from core.actions.people import Role
from core.store import audit

Words = Callable[[AppTest], str]
CHECKING = {Role.SIGNER, Role.ADMIN, Role.AUDITOR}


def opened(at: AppTest) -> list[str]:
    """The keys of the buttons that open an entry."""
    return [one.key for one in at.button if str(one.key).startswith("audit_open_")]


def append(site: Any, many: int) -> None:
    with site.workspace.database.writing() as connection:
        for place in range(many):
            audit.append(
                connection,
                actor="Ada",
                action="text days set",
                subject="feature/x",
                payload={"before": place, "after": None},
                now=site.now + timedelta(minutes=place),
            )


def ended(at: AppTest) -> AppTest:
    """The page once the verification that it began is over."""
    for _ in range(300):
        at.run()
        if not any("Following" in text for text in map(str, at)) and (at.success or at.error or at.warning):
            return at
        time.sleep(0.1)
    raise AssertionError("the verification did not end")


def test_an_empty_installation_says_what_will_stand_here(site: Any, words: Words) -> None:
    at = site.open("audit")
    assert not at.exception
    assert "Nothing was done yet" in words(at)
    assert "The log is empty." in words(at)


def test_one_entry_is_told_and_can_be_opened(site: Any, words: Words) -> None:
    site.feature("helper")
    at = site.open("audit")
    assert "local user created the feature “Helper”" in words(at).replace("*", "")
    assert "1 entry, newest first" in words(at)
    at.button(key="audit_open_1").click().run()
    assert at.query_params["entry"] == "1"
    assert "Entry 1 · 2 Mar 2026, 14:05 UTC · Helper" in words(at)
    assert '"owner": "Ada"' in at.code[0].value
    at.button(key="audit_back").click().run()
    assert opened(at) == ["audit_open_1"]


@pytest.mark.parametrize("entry", ["99", "0", "x", "9" * 30])
def test_an_address_of_no_entry_breaks_nothing(site: Any, entry: str) -> None:
    site.feature("helper")
    assert not site.open("audit", entry=entry).exception


def test_filters_stand_in_the_address(site: Any, words: Words) -> None:
    site.draft("helper")
    append(site, 3)
    at = site.open("audit", action="text days set", **{"from": "2026-03-02", "to": "2026-03-02"})
    assert opened(at) == ["audit_open_5", "audit_open_4", "audit_open_3"]
    at.text_input(key="audit_words").set_value("nothing like it").run()
    assert at.query_params["words"] == "nothing like it"
    assert "No entry fits" in words(at)
    at.button(key="audit_filters_off").click().run()
    assert len(opened(at)) == 5
    at.selectbox(key="audit_feature").set_value("helper").run()
    assert at.query_params["feature"] == "helper"
    assert len(opened(at)) == 2


@pytest.mark.parametrize("hostile", ["<b>x</b>", "[x](https://evil.example)", ":material/star:", "%", "'--"])
def test_whatever_stands_in_the_address_breaks_nothing(site: Any, hostile: str, words: Words) -> None:
    site.feature("helper")
    at = site.open("audit", person=hostile, action=hostile, words=hostile, feature=hostile, page=hostile)
    assert not at.exception
    assert "The address names a feature that does not exist" in words(at)
    assert "No entry fits" in words(at)


def test_many_entries_come_a_hundred_at_a_time(site: Any, words: Words) -> None:
    append(site, 1_001)
    at = site.open("audit", page="2")
    assert "1,001 entries, newest first; times are UTC; 101 to 200 are shown." in words(at)
    assert opened(at)[-1] == "audit_open_802"
    assert opened(site.open("audit", page="99")) == ["audit_open_1"]


def test_each_role_sees_a_features_log_and_three_see_and_check_everything(
    furnished: Any, act_as: Callable[..., Any], words: Words
) -> None:
    for role in Role:
        act_as(role)
        at = furnished.open("audit", "locked")
        assert not at.exception
        assert "locked version 1 of the checklist" in words(at)
        checks = {one.key for one in at.button} >= {"audit_verify"}
        assert checks == (role in CHECKING)
        everything = furnished.open("audit")
        assert not everything.exception
        options = everything.selectbox(key="audit_feature").options
        assert ("Everything" in options) == (role in CHECKING)


def test_a_forged_choice_shows_no_more(furnished: Any, act_as: Callable[..., Any], words: Words) -> None:
    act_as(Role.VIEWER)
    at = furnished.open("audit", "locked", entry="1")
    assert "There is no entry 1 here." in words(at)
    at = furnished.open("audit", "no-such-feature")
    assert not at.exception
    assert "created the feature" in words(at)


def test_verifying_says_that_nothing_was_changed(site: Any, words: Words) -> None:
    site.locked("helper")
    at = site.open("audit")
    at.button(key="audit_verify").click()
    at = ended(at)
    assert "Nothing was changed · verified 2 Mar 2026, 14:05 UTC" in words(at)
    assert "All 3 entries are as written" in words(at)
    assert "Verified without a noted head" in words(at)


def test_a_bar_changed_in_the_file_stands_on_the_page(site: Any, words: Words) -> None:
    site.locked("helper")
    with site.workspace.database.writing() as connection:
        connection.execute(text("UPDATE document_version SET body = replace(body, 'medium', 'low')"))
    at = site.open("audit")
    at.button(key="audit_verify").click()
    said = words(ended(at))
    assert "Tampered with · verified" in said
    assert "helper: version 1 of the checklist was changed past Readygate" in said


def test_what_is_no_noted_head_is_told_and_stays_in_its_field(site: Any, words: Words) -> None:
    site.feature("helper")
    at = site.open("audit")
    at.text_input(key="audit_anchor").set_value("abc")
    at.button(key="audit_verify").click().run()
    assert "This is not a head of the log" in words(at)
    assert at.text_input(key="audit_anchor").value == "abc"


def test_a_refused_check_does_not_stand_above_the_outcome_of_the_last(site: Any, words: Words) -> None:
    site.feature("helper")
    at = site.open("audit")
    at.button(key="audit_verify").click()
    assert "Nothing was changed · verified" in words(ended(at))
    at.text_input(key="audit_anchor").set_value("abc")
    at.button(key="audit_verify").click().run()
    assert "Nothing was changed" not in words(at)
    at.text_input(key="audit_anchor").set_value("").run()
    assert "Nothing was changed · verified" in words(at)
    assert "This is not a head of the log" not in words(at)
