"""While a legal hold holds, nothing expires and nobody is erased; lifted, both go on."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.actions.age_limits import set_days, view_limits
from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, erase, view_erasures
from core.actions.features import create_feature
from core.actions.legal_holds import held_features, lift_hold, place_hold, view_holds
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.retention import run_retention
from core.actions.traces import open_trace
from core.actions.usual_limits import Kept
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import NotAllowed, WrongUsage
from core.intake.answers import Answers
from core.store.tables import legal_hold
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
WHY = "Request of the authority, file 17"


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime, hand_in: HandIn) -> str:
    """A trace of long ago, whose text is due to expire."""
    row = {"run_id": "run-1", "user_id": "user-1", "query": "Where is my refund?"}
    at = now - timedelta(days=100)
    hand_in(json.dumps(row) + "\n", "traces.jsonl", at=at, answers=Answers(personal_text="keep"))
    set_days(workspace, LOCAL_CALLER, now, feature, Kept.TEXTS, 90)
    return feature


def query(workspace: Workspace, slug: str) -> Any:
    found = open_trace(workspace, LOCAL_CALLER, slug, "run-1")
    return found.record.values["query"] if found else None


def test_nothing_expires_while_one_holds(workspace: Workspace, told: str, now: datetime) -> None:
    first = place_hold(workspace, LOCAL_CALLER, now, told, reason=WHY)
    second = place_hold(workspace, LOCAL_CALLER, now, told, reason="Another matter, file 18")
    held = "A legal hold, placed by local user, keeps everything of this feature"
    assert view_limits(workspace, LOCAL_CALLER, now, told).held == held
    for left in (first, second):
        [run] = run_retention(workspace, now + timedelta(days=4_000), told)
        assert (run.is_nothing, run.held) == (True, held)
        assert query(workspace, told) == "Where is my refund?"
        lift_hold(workspace, LOCAL_CALLER, now, told, left.id, reason="The matter is closed")
    assert view_limits(workspace, LOCAL_CALLER, now, told).held == ""
    [run] = run_retention(workspace, now, told)
    assert not run.is_nothing
    assert query(workspace, told) != "Where is my refund?"


def test_a_hold_placed_while_texts_are_being_removed_still_holds(
    workspace: Workspace, told: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.actions import retention

    prepare = retention._prepare

    def placed_meanwhile(*given: Any) -> Any:
        place_hold(workspace, LOCAL_CALLER, now, told, reason=WHY)
        return prepare(*given)

    monkeypatch.setattr(retention, "_prepare", placed_meanwhile)
    [run] = run_retention(workspace, now, told)
    assert run.is_nothing and run.held
    assert query(workspace, told) == "Where is my refund?"


def test_another_feature_is_not_held(workspace: Workspace, told: str, now: datetime, hand_in: HandIn) -> None:
    from core.actions.features import create_feature
    from core.criteria.stakes import Stakes

    other = create_feature(
        workspace, LOCAL_CALLER, now, name="Other", owner="Eli", stakes=Stakes.LOW, slug="other"
    )
    place_hold(workspace, LOCAL_CALLER, now, other.slug, reason=WHY)
    runs = {run.slug: run for run in run_retention(workspace, now)}
    assert not runs[told].is_nothing


def test_nobody_is_erased_while_it_holds_and_lifting_lets_it_go_on(
    workspace: Workspace, told: str, now: datetime
) -> None:
    asked = ask_erasure(workspace, LOCAL_CALLER, now, told, wanted="user-1", reason="Asked for it, 17")
    held = place_hold(workspace, LOCAL_CALLER, now, told, reason=WHY)
    line = view_erasures(workspace, LOCAL_CALLER, told).lines[0]
    assert not line.may_erase and "ask whoever is in charge of data protection" in line.why_not
    with pytest.raises(WrongUsage, match="so nobody is erased from it now") as refused:
        erase(workspace, LOCAL_CALLER, now, told, asked.id)
    assert refused.value.mend.startswith("Ask whoever is in charge of data protection")
    assert query(workspace, told) == "Where is my refund?"
    lift_hold(workspace, LOCAL_CALLER, now, told, held.id, reason="The matter is closed")
    assert view_erasures(workspace, LOCAL_CALLER, told).lines[0].may_erase
    assert erase(workspace, LOCAL_CALLER, now, told, asked.id)["traces"] == 1
    assert query(workspace, told) != "Where is my refund?"


def test_placing_and_lifting_take_an_admin_and_a_reason(
    workspace: Workspace, told: str, now: datetime, person: Callable[..., Caller]
) -> None:
    for reason in ("", "Because"):
        with pytest.raises(WrongUsage, match="needs a reason"):
            place_hold(workspace, LOCAL_CALLER, now, told, reason=reason)
    held = place_hold(workspace, person("Ann", "admin"), now, told, reason=WHY)
    assert (held.placed_by, held.reason) == ("Ann", WHY)
    for role in ("pm", "signer", "auditor", "reviewer", "viewer"):
        with pytest.raises(NotAllowed, match="legal hold"):
            lift_hold(workspace, person(role, role), now, told, held.id, reason="The matter is closed")
    with pytest.raises(WrongUsage, match="needs a reason"):
        lift_hold(workspace, LOCAL_CALLER, now, told, held.id, reason="No")
    lift_hold(workspace, LOCAL_CALLER, now, told, held.id, reason="The matter is closed")
    with pytest.raises(WrongUsage, match="lifted already"):
        lift_hold(workspace, LOCAL_CALLER, now, told, held.id, reason="The matter is closed")
    (line,) = view_holds(workspace, LOCAL_CALLER, told).lines
    assert (line.lifted_by, line.lifted_reason) == ("local user", "The matter is closed")


def test_verify_sees_a_hold_that_was_lifted_removed_or_changed_past_the_log(
    workspace: Workspace, told: str, now: datetime
) -> None:
    place_hold(workspace, LOCAL_CALLER, now, told, reason=WHY)
    assert verify_log(workspace, LOCAL_CALLER, now).ok
    for changed in ({"lifted_at": now, "lifted_by": "Mallory"}, {"reason": "Nothing of interest at all"}):
        with workspace.database.writing() as connection:
            before = connection.execute(legal_hold.select()).one()._asdict()
            connection.execute(update(legal_hold).values(changed))
        found = verify_log(workspace, LOCAL_CALLER, now)
        assert [one.record.kind for one in found.findings] == ["legal_hold"]
        with workspace.database.writing() as connection:
            connection.execute(update(legal_hold).values(before))
    with workspace.database.writing() as connection:
        connection.execute(legal_hold.delete())
    assert [one.record.fault for one in verify_log(workspace, LOCAL_CALLER, now).findings] == ["missing"]


def test_a_person_named_in_the_reason_is_erased_from_it(
    workspace: Workspace, told: str, now: datetime
) -> None:
    held = place_hold(workspace, LOCAL_CALLER, now, told, reason="About user-1, file 17")
    lift_hold(workspace, LOCAL_CALLER, now, told, held.id, reason="user-1 agreed to it")
    asked = ask_erasure(workspace, LOCAL_CALLER, now, told, wanted="user-1", reason="Asked for it, 17")
    erase(workspace, LOCAL_CALLER, now, told, asked.id)
    (line,) = view_holds(workspace, LOCAL_CALLER, told).lines
    assert (line.reason, line.lifted_reason) == ("About [erased], file 17", "[erased] agreed to it")
    assert verify_log(workspace, LOCAL_CALLER, now).ok


def test_the_features_that_are_held_now_are_listed_by_name(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    other = create_feature(workspace, LOCAL_CALLER, now, name="A new agent", owner="Ann", stakes=Stakes.LOW)
    assert held_features(workspace, LOCAL_CALLER) == ()
    placed = [
        place_hold(workspace, LOCAL_CALLER, now, slug, reason=WHY) for slug in (feature, feature, other.slug)
    ]
    found = held_features(workspace, LOCAL_CALLER)
    assert [one.slug for one in found] == [other.slug, feature]
    assert [hold.id for hold in found[1].holds] == [placed[1].id, placed[0].id]
    lift_hold(workspace, LOCAL_CALLER, now, other.slug, placed[2].id, reason="The matter is closed")
    assert [one.slug for one in held_features(workspace, LOCAL_CALLER)] == [feature]
