"""Features: making one, changing it, and what cannot be one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest

from core.actions.features import change_feature, create_feature, list_features, slug_of
from core.actions.people import Caller, Role
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import UserError

EVE = Caller("Eve", frozenset({Role.PM}))


def test_people_who_change_different_things_at_once_undo_nothing_of_each_other(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    changes: list[dict[str, Any]] = [{"name": "New", "owner": None}, {"name": None, "owner": "Eve"}]

    def change(new: dict[str, Any]) -> bool:
        return change_feature(workspace, EVE, now, feature, stakes=Stakes.MEDIUM, **new)

    for _ in range(10):
        change_feature(workspace, EVE, now, feature, name="Helper", owner="Ada", stakes=Stakes.MEDIUM)
        with ThreadPoolExecutor(2) as people:
            assert list(people.map(change, changes)) == [True, True]
        assert [(line.name, line.owner) for line in list_features(workspace, EVE)] == [("New", "Eve")]


@pytest.mark.parametrize(
    ("name", "owner", "slug", "sentence"),
    [
        ("", "Ada", None, "1 to 120 characters"),
        ("   ", "Ada", None, "1 to 120 characters"),
        ("x" * 121, "Ada", None, "1 to 120 characters"),
        ("Helper", " ", None, "Nobody owns this feature"),
        ("Helper", "Ada", "Help Desk", "“Help Desk” cannot stand in a web address"),
        ("Helper", "Ada", "-a", "cannot stand in a web address"),
        ("Helper", "Ada", "a" * 65, "cannot stand in a web address"),
        ("Helper", "Ada", "", "cannot stand in a web address"),
        ("Helper", "Ada", None, "already a feature “helper”"),
    ],
)
def test_a_feature_that_cannot_be_is_refused_in_a_sentence(
    workspace: Workspace,
    feature: str,
    now: datetime,
    name: str,
    owner: str,
    slug: str | None,
    sentence: str,
) -> None:
    with pytest.raises(UserError, match=sentence):
        create_feature(workspace, EVE, now, name=name, owner=owner, stakes=Stakes.LOW, slug=slug)
    assert [line.slug for line in list_features(workspace, EVE)] == [feature]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Crème brûlée helper!", "creme-brulee-helper"),
        ("Refund  Agent — 2.0", "refund-agent-2-0"),
        ("助手", "feature"),
        ("a" * 63 + " b", "a" * 63),
    ],
)
def test_a_slug_is_made_from_the_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": ""}, "1 to 120 characters"),
        ({"name": "   "}, "1 to 120 characters"),
        ({"name": "x" * 121}, "1 to 120 characters"),
        ({"owner": ""}, "Nobody owns this feature"),
        ({"name": "New", "owner": " "}, "Nobody owns this feature"),
    ],
)
def test_a_change_to_what_cannot_be_is_refused_in_a_sentence(
    workspace: Workspace, feature: str, now: datetime, change: dict[str, str], sentence: str
) -> None:
    wanted = {"name": None, "owner": None} | change
    with pytest.raises(UserError, match=sentence):
        change_feature(workspace, EVE, now, feature, stakes=Stakes.LOW, **wanted)
    line = list_features(workspace, EVE)[0]
    assert (line.name, line.owner, line.stakes) == ("Helper", "Ada", "medium")


def test_a_change_is_saved_without_the_blanks_around_it(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    change_feature(workspace, EVE, now, feature, name=" New ", owner=" Bob ", stakes=Stakes.MEDIUM)
    assert [(line.name, line.owner) for line in list_features(workspace, EVE)] == [("New", "Bob")]


def test_a_change_of_nothing_is_no_change(workspace: Workspace, feature: str, now: datetime) -> None:
    def change(**new: Any) -> bool:
        wanted = {"name": None, "owner": None, "stakes": Stakes.MEDIUM} | new
        return change_feature(workspace, EVE, now, feature, **wanted)

    assert [change(), change(owner="Bob"), change(owner="Bob"), change(name="Helper")] == [
        False, True, False, False,
    ]  # fmt: skip
    assert [(line.name, line.owner) for line in list_features(workspace, EVE)] == [("Helper", "Bob")]
