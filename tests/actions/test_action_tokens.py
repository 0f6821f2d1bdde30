"""Tokens: shown once, kept as a hash, good for what they were made for, and over when they are over."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.tokens import (
    MOST_DAYS,
    TokenLine,
    TokenScope,
    caller_with,
    make_token,
    revoke_token,
    view_tokens,
)
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import NotAllowed, UnknownFeature, UserError, WrongUsage
from core.store import audit

READ = TokenScope.READ


@pytest.fixture
def make(workspace: Workspace, feature: str, now: datetime) -> Callable[..., str]:
    def made(name: str = "CI", *scopes: TokenScope, slug: str | None = None, **more: Any) -> str:
        return make_token(
            workspace, LOCAL_CALLER, now, name=name, scopes=scopes or (READ,), slug=slug, **more
        )

    return made


def only(workspace: Workspace) -> TokenLine:
    return view_tokens(workspace, LOCAL_CALLER).tokens[0]


def test_a_token_says_who_asks_and_no_more_than_its_scope_needs(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    token = make("CI", *TokenScope)
    roles = {scope: caller_with(workspace, now, token, scope, feature).roles for scope in TokenScope}
    assert roles == {
        TokenScope.READ: {Role.VIEWER},
        TokenScope.IMPORT: {Role.PM},
        TokenScope.STOP: {Role.REVIEWER},
    }
    caller = caller_with(workspace, now, token, READ, feature)
    assert (caller.name, caller.verified, caller.person_id) == ("token “CI”", False, None)


def test_the_token_itself_is_kept_nowhere(
    workspace: Workspace, make: Callable[..., str], everything: Callable[[], Mapping[str, list[str]]]
) -> None:
    token = make()
    assert token not in str(everything())
    assert len(token) == len("rg_") + 43


def test_two_tokens_are_never_alike(make: Callable[..., str]) -> None:
    assert make("one") != make("two")


@pytest.mark.parametrize(
    "shown", ["", "rg_", "rg_" + "a" * 43, "Bearer x", "rg_" + "ä" * 43, "rg_" + "a" * 5_000, "rg_\x00"]
)
def test_what_is_no_token_of_ours_is_refused(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str], shown: str
) -> None:
    make()
    with pytest.raises(NotAllowed) as told:
        caller_with(workspace, now, shown, READ, feature)
    assert told.value.code == "token_refused"


def test_a_token_ends_by_itself_and_when_it_is_revoked(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    token = make(days=2)
    end = now + timedelta(days=2)
    assert caller_with(workspace, end - timedelta(seconds=1), token, READ, feature)
    with pytest.raises(NotAllowed):
        caller_with(workspace, end, token, READ, feature)
    assert only(workspace).state(end) == "expired"
    revoke_token(workspace, LOCAL_CALLER, now, only(workspace).id)
    with pytest.raises(NotAllowed):
        caller_with(workspace, now, token, READ, feature)
    assert (only(workspace).state(now), only(workspace).revoked_by) == ("revoked", "local user")
    with pytest.raises(WrongUsage):
        revoke_token(workspace, LOCAL_CALLER, now, only(workspace).id)


def test_a_token_for_one_feature_hears_of_no_other(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Ada", stakes=Stakes.LOW, slug="other")
    token = make("CI", READ, slug=feature)
    assert caller_with(workspace, now, token, READ, feature)
    heard = []
    for slug in ("other", "nowhere"):
        with pytest.raises(UnknownFeature) as told:
            caller_with(workspace, now, token, READ, slug)
        heard.append(str(told.value).replace(slug, "…"))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("slug", ["a\x00b", "\ud800", "a/b", "ä" * 500, "%"])
def test_a_name_that_no_feature_can_have_is_unknown(
    workspace: Workspace, now: datetime, make: Callable[..., str], slug: str
) -> None:
    with pytest.raises(UnknownFeature):
        caller_with(workspace, now, make(), READ, slug)


def test_a_scope_that_is_lacking_is_said_before_anything_about_the_feature(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    token = make("CI", READ)
    for slug in (feature, "nowhere"):
        with pytest.raises(NotAllowed) as told:
            caller_with(workspace, now, token, TokenScope.STOP, slug)
        assert told.value.code == "token_scope"


def test_the_last_use_is_written_at_most_once_an_hour(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    token = make()
    for minutes, noted in ((0, 0), (1, 0), (59, 0), (60, 60), (61, 60), (200, 200)):
        caller_with(workspace, now + timedelta(minutes=minutes), token, READ, feature)
        assert only(workspace).last_used_at == now + timedelta(minutes=noted)


def test_what_is_asked_within_the_hour_writes_nothing(
    workspace: Workspace, feature: str, now: datetime, make: Callable[..., str]
) -> None:
    token = make()
    caller_with(workspace, now, token, READ, feature)
    seen: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement.split(" ")[0])

    engine = workspace.database._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        caller_with(workspace, now, token, READ, feature)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert "UPDATE" not in seen
    assert seen.count("SELECT") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x" * 61},
        {"name": "a\x00"},
        {"scopes": ()},
        {"days": 0},
        {"days": MOST_DAYS + 1},
        {"slug": "nowhere"},
        {"name": "taken"},
    ],
)
def test_a_token_that_cannot_be_is_refused(
    workspace: Workspace, now: datetime, make: Callable[..., str], wrong: dict[str, Any]
) -> None:
    make("taken")
    with pytest.raises(UserError):
        make_token(workspace, LOCAL_CALLER, now, **({"name": "CI", "scopes": (READ,)} | wrong))


def test_making_and_revoking_are_for_administrators_and_stand_in_the_log(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    for role in Role:
        caller = Caller("Eve", frozenset({role}))
        if role is Role.ADMIN:
            make_token(workspace, caller, now, name="CI", scopes=(READ,), slug=feature)
            revoke_token(workspace, caller, now, only(workspace).id)
        else:
            with pytest.raises(NotAllowed):
                make_token(workspace, caller, now, name="CI", scopes=(READ,))
            with pytest.raises(NotAllowed):
                view_tokens(workspace, caller)
    with workspace.database.reading() as connection:
        revoked, made = audit.timeline(connection, None, 2)
    assert (made.action, made.payload) == (
        "token made",
        {"name": "CI", "scopes": ["read"], "feature": feature, "days": 90},
    )
    assert (revoked.action, revoked.actor) == ("token revoked", "Eve")


def test_an_administrator_of_one_feature_makes_none(
    workspace: Workspace, now: datetime, person: Callable[..., Caller]
) -> None:
    with pytest.raises(NotAllowed):
        make_token(workspace, person("Ada", "admin"), now, name="CI", scopes=(READ,))
