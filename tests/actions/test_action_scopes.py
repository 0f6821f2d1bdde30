"""The scope from its first version to an amendment, by hand and from a file."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from core.actions.applying import AppliedFile, apply
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.scope import Scope, read_scope
from core.errors import Conflict, InvalidDocument, NotAllowed, WrongUsage
from core.store import audit

PIA = Caller("Pia", frozenset({Role.PM}))
BEN = Caller("Ben", frozenset({Role.PM}))
MADE = {"answer": "Refund questions", "owner": "Ada", "decided_on": "2026-02-20"}
FIRST = read_scope({"decisions": {"rollout": MADE}})
WIDER = read_scope({"decisions": {"rollout": MADE | {"answer": "Refunds and returns"}}})
Commit = Callable[..., int]


def save(workspace: Workspace, now: datetime, slug: str, scope: Scope, **options: Any) -> int:
    who = options.pop("who", PIA)
    return save_scope(workspace, who, now, slug, scope, **options).number


def test_a_new_feature_has_an_empty_scope_with_everything_open(workspace: Workspace, feature: str) -> None:
    view = view_scope(workspace, PIA, feature)
    assert (view.number, view.scope.decided, view.history) == (None, 0, ())


def test_versions_pile_up_and_the_same_words_again_are_none(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    assert save(workspace, now, feature, FIRST, based_on=None) == 1
    assert save(workspace, now, feature, FIRST, based_on=1) == 1
    assert save(workspace, now, feature, WIDER, based_on=1) == 2
    view = view_scope(workspace, PIA, feature)
    assert (view.number, view.scope, len(view.history)) == (2, WIDER, 2)
    assert (view.version(1), view.version(None)) == (FIRST, Scope())
    with workspace.database.reading() as connection:
        event = audit.timeline(connection, f"feature/{feature}", 1)[0]
    assert (event.action, event.actor) == ("scope saved", "Pia")
    assert event.payload["changes"] == [
        "Rollout, fallback, ownership after launch, answer: “Refund questions” → “Refunds and returns”"
    ]


def test_somebody_elses_newer_version_is_a_conflict_and_nothing_is_overwritten(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    save(workspace, now, feature, FIRST, based_on=None, who=BEN)
    with pytest.raises(Conflict, match="Ben saved version 1 of the scope"):
        save(workspace, now, feature, WIDER, based_on=None)
    assert view_scope(workspace, PIA, feature).scope == FIRST


def test_after_the_lock_a_wider_scope_needs_a_reason_that_stays(
    workspace: Workspace, feature: str, now: datetime, commit: Commit
) -> None:
    commit()
    save(workspace, now, feature, FIRST, based_on=None)
    with pytest.raises(WrongUsage, match="an amendment needs a reason"):
        save(workspace, now, feature, WIDER, based_on=1, reason="  ")
    assert view_scope(workspace, PIA, feature).number == 1
    save(workspace, now, feature, WIDER, based_on=1, reason="Returns are the same desk.")
    assert view_scope(workspace, PIA, feature).history[0].reason == "Returns are the same desk."


def test_only_a_pm_edits(workspace: Workspace, feature: str, now: datetime) -> None:
    viewer = Caller("Vera", frozenset({Role.VIEWER}))
    with pytest.raises(NotAllowed, match="Vera may not edit the scope"):
        save(workspace, now, feature, FIRST, based_on=None, who=viewer)


class TestApply:
    """[scope] in a file kept under version control."""

    def test_it_is_saved_once_and_changes_are_said(
        self, workspace: Workspace, feature: str, now: datetime
    ) -> None:
        assert self.apply(workspace, now, feature, MADE) == ("saved the scope as version 1",)
        assert self.apply(workspace, now, feature, MADE) == ()
        did = self.apply(workspace, now, feature, MADE | {"owner": "Ben"})
        assert did == (
            "saved the scope as version 2",
            "Rollout, fallback, ownership after launch, owner: “Ada” → “Ben”",
        )

    def test_a_new_feature_gets_it_too(self, workspace: Workspace, now: datetime) -> None:
        body = {"feature": {"slug": "new", "name": "New", "owner": "Ada"}, "scope": {"success_signal": "x"}}
        apply(workspace, LOCAL_CALLER, now, AppliedFile.model_validate(body))
        assert view_scope(workspace, PIA, "new").scope.success_signal == "x"

    def test_nothing_is_saved_where_the_scope_cannot_be(
        self, workspace: Workspace, now: datetime, everything: Callable[[], Any]
    ) -> None:
        before = everything()
        body = {"feature": {"slug": "new", "name": "New", "owner": "Ada"}, "scope": {"budget": 3}}
        with pytest.raises(InvalidDocument, match="budget: there is no such field"):
            apply(workspace, LOCAL_CALLER, now, AppliedFile.model_validate(body))
        assert everything() == before

    def test_a_missing_reason_is_told_before_anything_is_saved(
        self, workspace: Workspace, feature: str, now: datetime, commit: Commit, everything: Callable[[], Any]
    ) -> None:
        commit()
        self.apply(workspace, now, feature, MADE)
        before = everything()
        body = {"feature": {"name": "Renamed"}, "scope": {"decisions": {"rollout": MADE | {"owner": "Ben"}}}}
        wanted = AppliedFile.model_validate(body)
        with pytest.raises(WrongUsage, match="an amendment needs a reason"):
            apply(workspace, LOCAL_CALLER, now, wanted, slug=feature)
        assert everything() == before
        apply(workspace, LOCAL_CALLER, now, wanted, slug=feature, reason="Ada left.")
        assert view_scope(workspace, PIA, feature).scope.decisions.rollout.owner == "Ben"

    def apply(
        self, workspace: Workspace, now: datetime, slug: str, rollout: dict[str, Any]
    ) -> tuple[str, ...]:
        wanted = AppliedFile.model_validate({"scope": {"decisions": {"rollout": rollout}}})
        return apply(workspace, LOCAL_CALLER, now, wanted, slug=slug).did
