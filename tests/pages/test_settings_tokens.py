"""Tokens on the Settings page: made by an administrator, shown once, listed and revoked."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.tokens import TokenScope, caller_with, make_token, view_tokens

Words = Callable[[AppTest], str]


def made(site: Any, at: AppTest, name: str, *scopes: str) -> AppTest:
    at.text_input(key="settings_token_name").set_value(name)
    at.multiselect(key="settings_token_scopes").set_value(list(scopes))
    return at.button(key="settings_token_go").click().run()


def test_a_token_is_shown_once_and_works(site: Any, words: Words) -> None:
    site.feature("helper")
    at = site.open("settings")
    assert "No token is good at the moment" in words(at)
    at = made(site, at, "CI", TokenScope.READ)
    assert not at.exception
    token = at.code[0].value
    assert caller_with(site.workspace, site.now, token, TokenScope.READ, "helper").name == "token “CI”"
    at = at.button(key="settings_token_seen").click().run()
    assert token not in words(at)
    assert "never used" in words(site.open("settings")) or "within the last hour" in words(
        site.open("settings")
    )


def test_a_token_for_nothing_is_refused_and_the_words_stay(site: Any, words: Words) -> None:
    at = made(site, site.open("settings"), "CI")
    assert "The token would be good for nothing." in words(at)
    assert at.text_input(key="settings_token_name").value == "CI"
    assert view_tokens(site.workspace, LOCAL_CALLER).tokens == ()


def test_a_token_is_revoked_after_a_question(site: Any, words: Words) -> None:
    make_token(site.workspace, LOCAL_CALLER, site.now, name="Old", scopes=[TokenScope.STOP])
    at = site.open("settings")
    assert "pause and roll back" in words(at)
    at = at.button(key="settings_token_revoke_1").click().run()
    at = at.button(key="settings_token_end_1_confirm").click().run()
    assert not at.exception
    (only,) = view_tokens(site.workspace, LOCAL_CALLER).tokens
    assert only.state(site.now) == "revoked"
    assert "revoked by local user" in words(site.open("settings"))


def test_a_name_written_as_markup_stays_a_name(site: Any, words: Words) -> None:
    name = "![x](https://evil.example/a.png) **CI**"
    make_token(site.workspace, LOCAL_CALLER, site.now, name=name, scopes=[TokenScope.READ])
    assert name in words(site.open("settings"))


def test_whoever_is_no_administrator_sees_no_tokens(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    make_token(site.workspace, LOCAL_CALLER, site.now, name="Secret system", scopes=[TokenScope.READ])
    act_as(*(role for role in Role if role is not Role.ADMIN))
    assert "Secret system" not in words(site.open("settings"))
