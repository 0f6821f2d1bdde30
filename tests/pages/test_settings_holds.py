"""The legal holds of all features on the Settings page: told to administrators, each with its way there."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.legal_holds import held_features, place_hold
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.web.screens.settings_holds import table_of

Words = Callable[[AppTest], str]
REASON = "Request of the authority, file 17 ![x](https://evil.example/a.png)"


def test_every_hold_that_stands_is_told_as_it_was_written(site: Any, words: Words) -> None:
    slug = site.feature("helper")
    assert "No feature is held at the moment." in words(site.open("settings"))
    place_hold(site.workspace, LOCAL_CALLER, site.now, slug, reason=REASON)
    at = site.open("settings")
    assert not at.exception
    assert REASON in words(at)
    assert "placed by local user" in words(at)
    assert "No feature is held at the moment." not in words(at)
    [row] = table_of(held_features(site.workspace, LOCAL_CALLER)).rows
    assert row[1:3] == (REASON, "local user")


def test_whoever_is_no_administrator_is_not_told_there(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    place_hold(site.workspace, LOCAL_CALLER, site.now, site.feature("helper"), reason=REASON)
    act_as(*(role for role in Role if role is not Role.ADMIN))
    assert "file 17" not in words(site.open("settings"))
