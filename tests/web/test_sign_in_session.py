"""The session of whoever signed in: how long it counts, what is drawn without it, whose callbacks happen."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.features import create_feature, list_features
from core.actions.people import LOCAL_CALLER, Role
from core.actions.people_views import view_people
from core.actions.roles import grant_role, remove_person, revoke_role
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.web import sign_in, wiring
from core.web.registry import PAGES, ROOT
from core.web.safe import JOINER

ISSUER = "https://login.example.com"
SETTINGS = {
    "READYGATE_SIGN_IN": "oidc",
    "READYGATE_URL": "https://readygate.example.com",
    "READYGATE_OIDC_ISSUER": ISSUER,
    "READYGATE_OIDC_CLIENT_ID": "readygate",
    "READYGATE_OIDC_CLIENT_SECRET": "s",
    "READYGATE_COOKIE_SECRET": "0123456789abcdef" * 2,
    "READYGATE_ADMINS": "ada@example.com",
    "READYGATE_SESSION_HOURS": "12",
}


@pytest.fixture
def team(migrated_home: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """An installation on which people sign in, with one feature."""
    monkeypatch.setenv("READYGATE_HOME", str(migrated_home))
    monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    # The sign-ins of two tests within the same second are alike: what one ends must not end the other.
    monkeypatch.setattr(sign_in, "_ended", {})
    opened = wiring.workspace()
    if not list_features(opened, LOCAL_CALLER):
        create_feature(opened, LOCAL_CALLER, opened_at(), name="Refund agent", owner="Ada", stakes=Stakes.LOW)
    return opened


def opened_at() -> datetime:
    """The present: how old a sign-in is, is seen by the real clock."""
    return datetime.now(UTC)


def claims(subject: str = "ada", hours_ago: float = 0.0, **other: object) -> dict[str, object]:
    """What Streamlit knows of whoever signed in that long ago."""
    return {
        "is_logged_in": True,
        "iss": ISSUER,
        "sub": subject,
        "iat": int(time.time() - hours_ago * 3600),
        "name": subject.capitalize(),
        "email": f"{subject}@example.com",
        "email_verified": True,
        **other,
    }


def visit(user: dict[str, object], page: str = "portfolio") -> AppTest:
    at = AppTest.from_file(ROOT / "core" / "web" / "entry.py", default_timeout=60)
    at.switch_page(str(next(spec.path for spec in PAGES if spec.key == page)))
    at.user = user
    return at.run()


def words(at: AppTest) -> str:
    parts = [*at.title, *at.markdown, *at.info, *at.warning, *at.error, *at.caption]
    said = " ".join(f"{part.value} {getattr(part.proto, 'title', '')}" for part in parts)
    return said.replace("\\", "").replace(JOINER, "")


@pytest.mark.parametrize("page", PAGES, ids=lambda spec: spec.key)
@pytest.mark.parametrize(
    ("user", "sentence"),
    [
        ({}, "Sign in to go on."),
        ({"is_logged_in": False}, "Sign in to go on."),
        (claims(hours_ago=12.01), "Your sign-in is older than 12 hours."),
    ],
    ids=["nobody", "left", "old"],
)
def test_no_page_shows_anything_to_whoever_is_not_signed_in(
    team: Workspace, page: Any, user: dict[str, object], sentence: str
) -> None:
    at = visit(user, page.key)
    assert not at.exception
    assert [title.value for title in at.title] == ["Readygate"]
    assert sentence in words(at)
    assert "Refund" not in words(at)
    assert not at.sidebar.children
    assert (
        at.button(key="sign_in").label.replace("\\", "").replace(JOINER, "")
        == "Sign in with login.example.com"
    )
    assert not view_people(team, LOCAL_CALLER).people


@pytest.mark.parametrize(
    "change",
    [
        {"iss": None},
        {"iss": ""},
        {"sub": None},
        {"sub": 7},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": -5},
        {"iat": float("nan")},
        {"iat": 1e15},
        {"iat": 9e9},
        {"is_logged_in": "true"},
        {"is_logged_in": 1},
    ],
    ids=str,
)
def test_a_sign_in_that_says_too_little_is_none(team: Workspace, change: dict[str, object]) -> None:
    at = visit({**claims(), **change})
    assert [title.value for title in at.title] == ["Readygate"]
    assert not view_people(team, LOCAL_CALLER).people


def test_who_signed_in_sees_the_page_with_their_name_and_the_way_out(team: Workspace) -> None:
    at = visit(claims(hours_ago=11.9))
    assert not at.exception
    assert [title.value for title in at.title] == ["Portfolio"]
    assert "Ada" in at.sidebar.caption[0].value
    assert at.button(key="sign_out").label == "Sign out"


def test_when_they_last_showed_who_they_are_counts_as_the_sign_in(team: Workspace) -> None:
    seen: list[float] = []
    at = AppTest.from_function(_say_when, default_timeout=60)
    for user in (
        claims(),
        claims(auth_time=int(time.time()) - 3600),
        claims(auth_time=int(time.time()) + 99),
    ):
        at.user = user
        seen.append(time.time() - float(at.run().text[0].value))
    assert [round(ago / 60) for ago in seen] == [0, 60, 0]


def _say_when() -> None:
    import streamlit as st

    from core.web import wiring

    st.text(wiring.caller().signed_in_at)


@pytest.mark.parametrize(
    ("told", "trusts", "is_admin"),
    [
        (True, "no", True),
        ("true", "no", True),
        (False, "yes", False),
        ("false", "yes", False),
        (None, "no", False),
        (None, "yes", True),
        (1, "yes", False),
    ],
)
def test_an_address_counts_where_somebody_vouches_for_it(
    team: Workspace, monkeypatch: pytest.MonkeyPatch, told: object, trusts: str, is_admin: bool
) -> None:
    monkeypatch.setenv("READYGATE_OIDC_TRUST_EMAIL", trusts)
    user = claims()
    del user["email_verified"]
    at = visit(user if told is None else {**user, "email_verified": told})
    assert at.title[0].value == ("Portfolio" if is_admin else "You have no role yet")


def test_whoever_has_no_role_is_told_whom_to_ask(team: Workspace) -> None:
    at = visit(claims("eve"))
    assert "There is no administrator yet." in words(at)
    visit(claims())
    at = visit(claims("eve"), "go_no_go")
    assert "You are signed in as **Eve**" in words(at)
    assert "Ask an administrator: Ada." in words(at)
    assert "Refund" not in words(at)
    assert not at.sidebar.children
    assert at.button(key="sign_out").label == "Sign out"


@pytest.fixture
def a_creator(team: Workspace) -> Callable[[], AppTest]:
    """Somebody with the portfolio open, about to press the button that creates a feature."""

    def ready() -> AppTest:
        visit(claims("pete"))
        (pete,) = (line for line in view_people(team, LOCAL_CALLER).people if line.name == "Pete")
        for role in (Role.PM, Role.VIEWER):
            grant_role(team, LOCAL_CALLER, opened_at(), None, pete.id, role)
        at = visit(claims("pete"))
        at.text_input(key="new_name").set_value("Second agent")
        at.text_input(key="new_owner").set_value("Pete")
        return at

    return ready


def revoke_pm(team: Workspace, at: AppTest) -> None:
    (pete,) = (line for line in view_people(team, LOCAL_CALLER).people if line.name == "Pete")
    (grant,) = (grant for grant in pete.grants if grant.role is Role.PM)
    revoke_role(team, LOCAL_CALLER, opened_at(), None, grant.id)


def remove(team: Workspace, at: AppTest) -> None:
    (pete,) = (line for line in view_people(team, LOCAL_CALLER).people if line.name == "Pete")
    remove_person(team, LOCAL_CALLER, opened_at(), pete.id, reason="Left")


def grow_old(team: Workspace, at: AppTest) -> None:
    at.user = claims("pete", hours_ago=13)


def leave(team: Workspace, at: AppTest) -> None:
    at.user = {}


def leave_in_another_tab(team: Workspace, at: AppTest) -> None:
    other = AppTest.from_file(ROOT / "core" / "web" / "entry.py", default_timeout=60)
    other.user = dict(at.user)
    other.run().button(key="sign_out").click().run()


def become_another(team: Workspace, at: AppTest) -> None:
    at.user = claims()


@pytest.mark.parametrize(
    ("happens", "sentence"),
    [
        (None, ""),
        (revoke_pm, "Pete may not create a feature."),
        (remove, "What you did last was not saved. Pete was removed from Readygate."),
        (grow_old, "What you did last was not saved. Your sign-in is older than 12 hours."),
        (leave, "What you did last was not saved."),
        (leave_in_another_tab, "What you did last was not saved."),
        (become_another, "Somebody else has signed in since."),
    ],
    ids=lambda one: getattr(one, "__name__", None) or "",
)
def test_an_open_page_acts_for_nobody_who_may_not_any_more(
    team: Workspace,
    a_creator: Callable[[], AppTest],
    happens: Callable[[Workspace, AppTest], None] | None,
    sentence: str,
) -> None:
    at = a_creator()
    if happens is not None:
        happens(team, at)
    at.button(key="create_feature").click().run()
    assert not at.exception
    created = "second-agent" in {line.slug for line in list_features(team, LOCAL_CALLER)}
    assert created is (happens is None)
    for part in sentence.split(". "):
        assert part in words(at)


class _Context:
    """The part of `st.context` that the pages read, with headers of its own."""

    def __init__(self, headers: dict[str, str], real: Any) -> None:
        self.headers, self._real = headers, real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.mark.parametrize(
    ("headers", "title", "sentence"),
    [
        ({}, "Readygate", "The proxy in front of Readygate does not say who you are."),
        ({"X-Forwarded-Email": "ada@example.com"}, "Readygate", "does not say who you are."),
        ({"X-Forwarded-User": " "}, "Readygate", "does not say who you are."),
        ({"X-Forwarded-User": "u1", "X-Forwarded-Email": "ada@example.com"}, "Portfolio", "ada@example.com"),
        (
            {"X-Forwarded-User": "u2", "X-Forwarded-Preferred-Username": "Bo"},
            "You have no role yet",
            "**Bo**",
        ),
    ],
)
def test_a_proxy_says_who_somebody_is(
    team: Workspace, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], title: str, sentence: str
) -> None:
    monkeypatch.setenv("READYGATE_SIGN_IN", "proxy")
    monkeypatch.setenv("READYGATE_PROXY_SECRET", "0123456789abcdef" * 2)
    monkeypatch.setattr(sign_in.st, "context", _Context(headers, sign_in.st.context))
    at = visit(claims())
    assert not at.exception
    assert at.title[0].value == title
    assert sentence in words(at)
    assert "sign_out" not in [button.key for button in at.button]
    assert "sign_in" not in [button.key for button in at.button]


@pytest.mark.parametrize(
    ("hours_ago", "title"), [(0.0, "Portfolio"), (11.9, "Portfolio"), (12.1, "Readygate")]
)
def test_a_proxy_vouches_for_the_moment_when_the_page_was_opened(
    team: Workspace, monkeypatch: pytest.MonkeyPatch, hours_ago: float, title: str
) -> None:
    monkeypatch.setenv("READYGATE_SIGN_IN", "proxy")
    monkeypatch.setenv("READYGATE_PROXY_SECRET", "0123456789abcdef" * 2)
    headers = {"X-Forwarded-User": "u1", "X-Forwarded-Email": "ada@example.com"}
    monkeypatch.setattr(sign_in.st, "context", _Context(headers, sign_in.st.context))
    at = visit(claims())
    opened = at.session_state[sign_in._VOUCHED_AT]
    at.session_state[sign_in._VOUCHED_AT] = opened - hours_ago * 3600
    at.run()
    assert at.title[0].value == title
    assert ("Load it again" in words(at)) is (title == "Readygate")


@pytest.mark.parametrize("is_open", [False, True])
def test_single_user_mode_says_that_nobody_vouches(
    home: Path, monkeypatch: pytest.MonkeyPatch, is_open: bool
) -> None:
    monkeypatch.setenv("READYGATE_HOME", str(home))
    monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)
    for name, value in {"SIGN_IN": "none", "ALLOW_OPEN": "yes" if is_open else "no"}.items():
        monkeypatch.setenv(f"READYGATE_{name}", value)
    for page in ("portfolio", "go_no_go"):
        at = visit(claims(), page)
        caption = at.sidebar.caption[0]
        assert caption.value == "local user · identity not verified"
        assert "never “approved”" in caption.help
        assert any("Whoever reaches this address" in one.value for one in at.warning) is is_open
