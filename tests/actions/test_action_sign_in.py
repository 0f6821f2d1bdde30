"""Who a sign-in belongs to: identity before address, invitations, the first administrator, what is noted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import PersonLine, view_people
from core.actions.policy import Act, has_any_role, may
from core.actions.roles import invite_person, let_in_again, remove_person, revoke_role
from core.actions.sign_in import signed_in, signed_out, who_gives_roles
from core.actions.workspace import Workspace
from core.errors import NotAllowed
from core.store import audit

ADA = {"issuer": "https://login.example.com", "subject": "a1", "name": "Ada", "email": "ada@example.com"}


def arrive(workspace: Workspace, now: datetime, who: dict[str, str] = ADA, **other: Any) -> Caller:
    at = other.pop("at", now)
    given = {"email_verified": True, "signed_in_at": at.timestamp(), **who, **other}
    return signed_in(workspace, now, **given)


def noted(workspace: Workspace) -> list[tuple[str, str]]:
    """(who, what) of everything in the audit log, the oldest first."""
    with workspace.database.reading() as connection:
        return [(one.actor, one.action) for one in reversed(audit.timeline(connection, None, 100))]


def everybody(workspace: Workspace) -> dict[str, PersonLine]:
    return {line.name: line for line in view_people(workspace, LOCAL_CALLER).people}


def test_a_stranger_is_a_person_without_roles(workspace: Workspace, now: datetime) -> None:
    caller = arrive(workspace, now)
    assert (caller.name, caller.verified, caller.roles) == ("Ada", True, frozenset())
    assert caller.signed_in_at == now.timestamp()
    assert caller.person_id is not None
    assert not has_any_role(workspace, caller)
    assert noted(workspace) == [("Ada", "signed in")]


def test_a_sign_in_is_noted_once_and_the_next_one_again(workspace: Workspace, now: datetime) -> None:
    first = arrive(workspace, now)
    for minutes in (1, 14, 16, 200):
        again = arrive(workspace, now + timedelta(minutes=minutes), at=now)
        assert again == first
    assert noted(workspace) == [("Ada", "signed in")]
    assert everybody(workspace)["Ada"].last_seen_at == now + timedelta(minutes=200)
    later = now + timedelta(minutes=210)
    arrive(workspace, later)
    signed_out(workspace, first, later)
    assert noted(workspace) == [("Ada", "signed in"), ("Ada", "signed in"), ("Ada", "signed out")]


def test_a_clock_that_is_ahead_does_not_note_every_run(workspace: Workspace, now: datetime) -> None:
    ahead = now + timedelta(seconds=90)
    for seconds in (0, 1, 60, 91):
        arrive(workspace, now + timedelta(seconds=seconds), at=ahead)
    assert noted(workspace) == [("Ada", "signed in")]


def test_who_comes_by_a_proxy_is_noted_once_a_session(workspace: Workspace, now: datetime) -> None:
    for hours in (0, 1, 2, 13.5, 14):
        caller = arrive(workspace, now + timedelta(hours=hours), signed_in_at=0.0)
        # Between the visits of one session there are never twelve hours.
        assert caller.signed_in_at == 0.0
    assert noted(workspace) == [("Ada", "signed in")]
    arrive(workspace, now + timedelta(hours=27), signed_in_at=0.0)
    assert len(noted(workspace)) == 2


def test_identity_is_issuer_and_subject_never_the_address(workspace: Workspace, now: datetime) -> None:
    one = arrive(workspace, now)
    assert arrive(workspace, now, name="Ada Lovelace", email="al@example.com").person_id == one.person_id
    assert arrive(workspace, now, subject="a2").person_id != one.person_id
    assert arrive(workspace, now, issuer="https://evil.example").person_id != one.person_id
    assert sorted(everybody(workspace)) == ["Ada", "Ada (ada@example.com)", "Ada (ada@example.com, 2)"]


def test_an_invitation_is_taken_up_by_the_address_whatever_its_capitals(
    workspace: Workspace, now: datetime
) -> None:
    invited = invite_person(workspace, LOCAL_CALLER, now, email="ADA@Example.com", role=Role.PM)
    caller = arrive(workspace, now)
    assert (caller.person_id, caller.name) == (invited, "Ada")
    assert may(workspace, caller, Act.IMPORT)
    assert ("Ada", "invitation taken up") in noted(workspace)
    assert everybody(workspace)["Ada"].email == "ada@example.com"


def test_a_name_that_was_given_with_the_invitation_stays(workspace: Workspace, now: datetime) -> None:
    invite_person(workspace, LOCAL_CALLER, now, email="ada@example.com", name="Countess", role=Role.PM)
    assert arrive(workspace, now).name == "Countess"


def test_an_invitation_holds_once(workspace: Workspace, now: datetime) -> None:
    invite_person(workspace, LOCAL_CALLER, now, email="ada@example.com", role=Role.PM)
    arrive(workspace, now)
    assert not has_any_role(workspace, arrive(workspace, now, subject="another account"))


@pytest.mark.parametrize("name", ["Ada", "ada@example.com", ""])
def test_an_address_that_nobody_vouches_for_is_worth_nothing(
    workspace: Workspace, now: datetime, name: str
) -> None:
    invite_person(workspace, LOCAL_CALLER, now, email="ada@example.com", role=Role.SIGNER)
    caller = arrive(workspace, now, name=name, email_verified=False, admins={"ada@example.com"})
    assert not has_any_role(workspace, caller)
    assert (caller.name, "invitation not used") in noted(workspace)
    assert everybody(workspace)[caller.name].email == "", "it must not look like their address"
    assert who_gives_roles(workspace) == []


def test_the_settings_name_the_first_administrator(workspace: Workspace, now: datetime) -> None:
    caller = arrive(workspace, now, email="Ada@Example.com", admins=frozenset({"ada@example.com"}))
    assert may(workspace, caller, Act.MANAGE_PEOPLE)
    assert not may(workspace, caller, Act.SIGN)
    assert who_gives_roles(workspace) == ["Ada"]
    arrive(workspace, now, email="Ada@Example.com", admins=frozenset({"ada@example.com"}))
    assert noted(workspace) == [("Ada", "signed in"), ("readygate", "role given")]
    assert not has_any_role(workspace, arrive(workspace, now, subject="b", email="", admins={""}))


def test_the_settings_do_not_undo_what_people_decided(workspace: Workspace, now: datetime) -> None:
    admins = {"ada@example.com", "bo@example.com"}
    arrive(workspace, now, subject="b", name="Bo", email="bo@example.com", admins=admins)
    caller = arrive(workspace, now, admins=admins)
    (grant,) = everybody(workspace)["Ada"].grants
    revoke_role(workspace, LOCAL_CALLER, now, None, grant.id)
    assert arrive(workspace, now + timedelta(days=1), admins=admins) != caller
    assert who_gives_roles(workspace) == ["Bo"]


def test_a_removed_person_is_refused_at_once_and_that_is_noted_once(
    workspace: Workspace, now: datetime
) -> None:
    caller = arrive(workspace, now)
    assert caller.person_id is not None
    remove_person(workspace, LOCAL_CALLER, now, caller.person_id, reason="Left")
    for minutes in (1, 2, 20):
        with pytest.raises(NotAllowed, match="Ada was removed from Readygate") as refused:
            arrive(workspace, now + timedelta(minutes=minutes), at=now)
        assert refused.value.code == "removed"
    assert ("Ada", "sign-in refused") not in noted(workspace), "it was no new sign-in"
    later = now + timedelta(hours=1)
    for _ in range(3):
        with pytest.raises(NotAllowed):
            arrive(workspace, later, email="new@example.com", admins={"new@example.com"})
    assert noted(workspace).count(("Ada", "sign-in refused")) == 1
    assert everybody(workspace)["Ada"].email == "ada@example.com"

    let_in_again(workspace, LOCAL_CALLER, later, caller.person_id, reason="Back")
    assert arrive(workspace, later + timedelta(minutes=1)).person_id == caller.person_id


def test_an_address_that_changed_is_kept_up_and_noted(workspace: Workspace, now: datetime) -> None:
    arrive(workspace, now)
    arrive(workspace, now, email="ada@new.example")
    assert everybody(workspace)["Ada"].email == "ada@new.example"
    arrive(workspace, now, email="eve@example.com", email_verified=False)
    assert everybody(workspace)["Ada"].email == "ada@new.example"
    assert noted(workspace) == [("Ada", "signed in"), ("Ada", "address changed")]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Ada \n Lovelace ", "Ada Lovelace"),
        ("\u202eadA\u200b", "adA"),
        ("\u200b", "ada@example.com"),
        ("Local User", "Local User (ada@example.com)"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_name_shows_all_that_it_is_made_of_and_is_nobody_elses(
    workspace: Workspace, now: datetime, name: str, shown: str
) -> None:
    assert arrive(workspace, now, name=name).name == shown


def test_the_first_people_may_all_come_at_once(workspace: Workspace, now: datetime) -> None:
    """Two of one name, and one with two tabs: nobody is there yet whose row could keep them apart."""
    coming = [("one", "Ada"), ("two", "Ada"), ("three", "Eli"), ("three", "Eli")]

    def come(who: tuple[str, str]) -> Caller:
        return arrive(
            workspace, now, ADA | {"subject": who[0], "name": who[1], "email": f"{who[0]}@x.example"}
        )

    with ThreadPoolExecutor(len(coming)) as threads:
        came = list(threads.map(come, coming))
    assert len({one.person_id for one in came}) == 3
    assert len({one.name for one in came}) == 3
    assert len(everybody(workspace)) == 3
