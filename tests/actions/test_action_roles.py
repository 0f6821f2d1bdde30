"""Roles given and taken back: who may give what, who keeps the last key, and what the log says of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.actions.audit_log import AuditFilter, view_audit
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import PersonLine, view_myself, view_people
from core.actions.policy import Act, may, require, roles_of
from core.actions.roles import grant_role, invite_person, let_in_again, remove_person, revoke_role
from core.actions.sign_in import signed_in
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes
from core.errors import NotAllowed, UnknownFeature, UserError, WrongUsage

Everything = Callable[[], Mapping[str, list[str]]]


class Office:
    """A workspace with the features ``helper`` and ``other``, and the hands of whoever hires people."""

    def __init__(self, workspace: Workspace, now: datetime) -> None:
        self.workspace, self.now = workspace, now

    def hire(self, name: str, role: Role | None = None, slug: str | None = None) -> Caller:
        """Somebody who was invited and has signed in."""
        email = f"{name.lower()}@example.com"
        invite_person(self.workspace, LOCAL_CALLER, self.now, slug, email=email, name=name, role=role)
        return self.comes(name)

    def comes(self, name: str) -> Caller:
        return signed_in(
            self.workspace,
            self.now,
            issuer="https://login.example.com",
            subject=name,
            name=name,
            email=f"{name.lower()}@example.com",
            email_verified=True,
            signed_in_at=self.now.timestamp(),
        )

    def line(self, name: str) -> PersonLine:
        return next(one for one in view_people(self.workspace, LOCAL_CALLER).people if one.name == name)

    def give(self, by: Caller, name: str, role: Role, slug: str | None = None) -> None:
        grant_role(self.workspace, by, self.now, slug, self.line(name).id, role)

    def take(self, by: Caller, name: str, role: Role, slug: str | None = None) -> None:
        held = [one for one in self.line(name).grants if (one.role, one.slug) == (role, slug)]
        revoke_role(self.workspace, by, self.now, slug, held[0].id)

    def told(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """What the whole log says, the newest first: (who, sentence, details)."""
        entries = view_audit(self.workspace, LOCAL_CALLER, None, AuditFilter()).entries
        return [(one.who, one.sentence, one.details) for one in entries]


@pytest.fixture
def office(workspace: Workspace, feature: str, now: datetime) -> Office:
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Eli", stakes=Stakes.LOW, slug="other")
    return Office(workspace, now)


def test_a_role_holds_at_once_where_it_was_given_and_ends_at_once(office: Office) -> None:
    ada, pia = office.hire("Ada", Role.ADMIN), office.hire("Pia")
    assert roles_of(office.workspace, pia, "helper") == frozenset()
    office.give(ada, "Pia", Role.PM, "helper")
    assert may(office.workspace, pia, Act.EDIT_PLAN, "helper")
    assert not may(office.workspace, pia, Act.EDIT_PLAN, "other")
    assert not may(office.workspace, pia, Act.CREATE_FEATURE)
    office.take(ada, "Pia", Role.PM, "helper")
    assert not may(office.workspace, pia, Act.SEE, "helper")
    ended = office.line("Pia").ended
    assert [(one.role, one.slug, one.given_by, one.ended_by) for one in ended] == [
        (Role.PM, "helper", "Ada", "Ada")
    ]


def test_every_change_is_told_with_before_and_after(office: Office) -> None:
    ada = office.hire("Ada", Role.ADMIN)
    pia = invite_person(
        office.workspace, ada, office.now, "helper", email="pia@example.com", name="Pia", role=Role.VIEWER
    )
    grant_role(office.workspace, ada, office.now, "helper", pia, Role.PM)
    office.take(ada, "Pia", Role.VIEWER, "helper")
    remove_person(office.workspace, ada, office.now, pia, reason="Left the company")
    let_in_again(office.workspace, ada, office.now, pia, reason="A misunderstanding")
    assert office.told()[:6] == [
        ("Ada", "let Pia in again", ("Reason: A misunderstanding",)),
        ("Ada", "removed Pia", ("Reason: Left the company",)),
        ("Ada", "took the role viewer for Helper back from Pia", ("Roles for Helper: pm, viewer → pm",)),
        ("Ada", "gave Pia the role pm for Helper", ("Roles for Helper: viewer → pm, viewer",)),
        ("Ada", "gave Pia the role viewer for Helper", ("Roles for Helper: none → viewer",)),
        ("Ada", "invited Pia", ("They sign in with pia@example.com.",)),
    ]
    of_feature = view_audit(office.workspace, LOCAL_CALLER, "helper", AuditFilter(action="role given"))
    assert of_feature.total == 2


def test_nobody_makes_themselves_a_signer(office: Office, everything: Everything) -> None:
    """Directly, for one feature, as an admin of one feature only, and by inviting one's own address anew."""
    ada, fay = office.hire("Ada", Role.ADMIN), office.hire("Fay", Role.ADMIN, "helper")
    second = signed_in(
        office.workspace, office.now, issuer="https://other.example.com", subject="a", email_verified=True,
        name="Ada’s second account", email="Ada@example.com", signed_in_at=office.now.timestamp(),
    )  # fmt: skip
    assert second.person_id != ada.person_id
    before = everything()["role_grant"]
    tries = [
        lambda: office.give(ada, "Ada", Role.SIGNER),
        lambda: office.give(ada, "Ada", Role.SIGNER, "helper"),
        lambda: office.give(fay, "Fay", Role.SIGNER, "helper"),
        lambda: office.give(ada, "Ada’s second account", Role.SIGNER, "helper"),
        lambda: invite_person(
            office.workspace, ada, office.now, email=" ADA@example.com", name="Other", role=Role.SIGNER
        ),
    ]
    for attempt in tries:
        with pytest.raises(NotAllowed, match="Nobody can make themselves a signer"):
            attempt()
    assert everything()["role_grant"] == before
    assert [(who, what) for who, what, _ in office.told()[:5]] == [
        (who, "was not allowed to say who may do what") for who in ("Ada", "Ada", "Fay", "Ada", "Ada")
    ]
    office.give(ada, "Fay", Role.SIGNER, "helper")
    assert may(office.workspace, fay, Act.SIGN, "helper")


def test_an_admin_signs_nothing_and_changes_no_evidence(office: Office) -> None:
    ada = office.hire("Ada", Role.ADMIN)
    for act in (Act.SIGN, Act.DECIDE_WAIVER, Act.IMPORT, Act.WITHDRAW_UPLOAD, Act.ATTEST, Act.LOCK_CHECKLIST):
        with pytest.raises(NotAllowed):
            require(office.workspace, ada, act, "helper")


def test_an_admin_of_one_feature_gives_roles_there_and_nowhere_else(office: Office) -> None:
    office.hire("Ada", Role.ADMIN)
    fay, pia = office.hire("Fay", Role.ADMIN, "helper"), office.hire("Pia", Role.VIEWER)
    office.hire("Gus", Role.PM, "other")
    office.give(fay, "Pia", Role.PM, "helper")
    with pytest.raises(UnknownFeature):
        office.give(fay, "Pia", Role.PM, "other")
    with pytest.raises(NotAllowed):
        office.give(fay, "Pia", Role.PM)
    with pytest.raises(NotAllowed):
        office.take(fay, "Pia", Role.VIEWER)
    with pytest.raises(UnknownFeature):
        office.take(fay, "Gus", Role.PM, "other")
    with pytest.raises(NotAllowed):
        remove_person(office.workspace, fay, office.now, pia.person_id or 0, reason="Why not")
    with pytest.raises(NotAllowed):
        invite_person(office.workspace, fay, office.now, email="n@example.com", role=Role.PM)
    invite_person(office.workspace, fay, office.now, "helper", email="n@example.com", role=Role.PM)
    seen = view_people(office.workspace, fay, "helper")
    assert {one.name for one in seen.people} == {"Ada", "Fay", "Pia", "Gus", "n@example.com"}
    assert {(one.name, g.role, g.slug) for one in seen.people for g in one.grants} == {
        ("Ada", Role.ADMIN, None),
        ("Fay", Role.ADMIN, "helper"),
        ("Pia", Role.VIEWER, None),
        ("Pia", Role.PM, "helper"),
        ("n@example.com", Role.PM, "helper"),
    }
    assert seen.features == (("helper", "Helper"),)


def test_the_last_admin_stays(office: Office) -> None:
    ada, bea = office.hire("Ada", Role.ADMIN), office.hire("Bea")
    invite_person(office.workspace, ada, office.now, email="c@example.com", name="Cy", role=Role.ADMIN)
    office.hire("Fay", Role.ADMIN, "helper")
    for by in (ada, LOCAL_CALLER):
        # Neither an invited one who may never come, nor one of a single feature, can take over.
        with pytest.raises(WrongUsage, match="Ada is the last administrator"):
            office.take(by, "Ada", Role.ADMIN)
        with pytest.raises(WrongUsage, match="Ada is the last administrator"):
            remove_person(office.workspace, by, office.now, ada.person_id or 0, reason="Leaves")
    office.give(ada, "Bea", Role.ADMIN)
    remove_person(office.workspace, ada, office.now, office.line("Cy").id, reason="Never came")
    remove_person(office.workspace, bea, office.now, ada.person_id or 0, reason="Leaves")
    with pytest.raises(NotAllowed):
        office.give(ada, "Fay", Role.PM, "helper")
    with pytest.raises(WrongUsage, match="Bea is the last administrator"):
        office.take(bea, "Bea", Role.ADMIN)


def test_the_first_admin_may_be_somebody_who_has_not_come_yet(office: Office) -> None:
    office_id = invite_person(
        office.workspace, LOCAL_CALLER, office.now, email="ada@example.com", name="Ada", role=Role.ADMIN
    )
    with pytest.raises(WrongUsage, match="last administrator"):
        office.take(LOCAL_CALLER, "Ada", Role.ADMIN)
    ada = office.comes("Ada")
    assert (ada.person_id, roles_of(office.workspace, ada)) == (office_id, {Role.ADMIN})


def test_a_removed_person_can_do_nothing_until_they_are_let_in_again(office: Office) -> None:
    ada, pia = office.hire("Ada", Role.ADMIN), office.hire("Pia", Role.PM)
    remove_person(office.workspace, ada, office.now, pia.person_id or 0, reason="Leaves")
    assert not any(may(office.workspace, pia, act, "helper") for act in Act)
    with pytest.raises(NotAllowed):
        office.comes("Pia")
    with pytest.raises(WrongUsage, match="let them in again"):
        invite_person(office.workspace, ada, office.now, email="pia@example.com", role=Role.PM)
    with pytest.raises(WrongUsage, match="Let them in again first"):
        office.give(ada, "Pia", Role.VIEWER)
    let_in_again(office.workspace, ada, office.now, pia.person_id or 0, reason="Comes back")
    assert roles_of(office.workspace, pia) == {Role.PM}


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, email="not an address"), "not an e-mail"),
        (lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, email="a@b\u202e.com"), "not an e-mail"),
        (lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, email="a" * 250 + "@b.com"), "not an e-m"),
        (lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, email="PIA@example.com"), "in the list"),
        (
            lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, email="n@b.com", name="N" * 121),
            "at most 120",
        ),
        (lambda o: invite_person(o.workspace, LOCAL_CALLER, o.now, "helper", email="n@b.com"), "Which role"),
        (lambda o: o.give(LOCAL_CALLER, "Pia", Role.PM), "is pm for all features already"),
        (lambda o: o.give(LOCAL_CALLER, "Pia", Role.PM, "nope"), "no feature “nope”"),
        (lambda o: grant_role(o.workspace, LOCAL_CALLER, o.now, None, 99, Role.PM), "no such person"),
        (lambda o: revoke_role(o.workspace, LOCAL_CALLER, o.now, None, 99), "no such role"),
        (lambda o: revoke_role(o.workspace, LOCAL_CALLER, o.now, "other", 1), "no such role"),
        (lambda o: remove_person(o.workspace, LOCAL_CALLER, o.now, 1, reason=" "), "needs a reason"),
        (lambda o: remove_person(o.workspace, LOCAL_CALLER, o.now, 99, reason="x"), "no such person"),
        (lambda o: let_in_again(o.workspace, LOCAL_CALLER, o.now, 1, reason="x"), "is not removed"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    attempt: Callable[[Office], Any], said: str, office: Office, everything: Everything
) -> None:
    office.hire("Pia", Role.PM)
    before = everything()
    with pytest.raises(UserError, match=said):
        attempt(office)
    assert everything() == before


def test_everybody_hears_who_they_are_and_what_they_may_do(office: Office) -> None:
    pia = office.hire("Pia", Role.VIEWER)
    assert view_myself(office.workspace, office.hire("New")).roles == ()
    office.give(LOCAL_CALLER, "Pia", Role.PM, "other")
    office.give(LOCAL_CALLER, "Pia", Role.ADMIN, "other")
    me = view_myself(office.workspace, pia)
    assert (me.name, me.email, me.is_signed_in) == ("Pia", "pia@example.com", True)
    assert me.roles == ((None, (Role.VIEWER,)), (("other", "Other"), (Role.PM, Role.ADMIN)))
    assert me.manages == (("other", "Other"),)
    local = view_myself(office.workspace, LOCAL_CALLER)
    assert (local.is_signed_in, local.roles, local.manages) == (False, ((None, tuple(Role)),), (None,))


PLACES = (None, "helper", "other")
PEOPLE = ("Ann", "Ben", "Cid")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["give", "take", "remove", "let in"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(Role),
        st.sampled_from(PLACES),
    ),
    max_size=25,
)


@pytest.fixture(scope="module")
def plain_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """On SQLite only: the model is about the rules, and those are the same."""
    folder = tmp_path_factory.mktemp("office")
    now = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
    office = Office(open_workspace(home=folder, url=""), now)
    for slug in PLACES[1:]:
        create_feature(
            office.workspace, LOCAL_CALLER, now, name=slug or "", owner="Eli", stakes=Stakes.LOW, slug=slug
        )
    office.hire("Root", Role.ADMIN)
    for name in PEOPLE:
        office.hire(name)
    yield office
    office.workspace.close()


@settings(max_examples=40)
@given(steps=STEPS)
def test_after_any_course_of_changes_the_roles_are_those_of_a_simple_model(
    plain_office: Office, steps: list[tuple[str, str, Role, str | None]]
) -> None:
    """The model: a set of (person, role, place), and a set of those who were removed."""
    office = plain_office
    ids = {name: office.line(name).id for name in PEOPLE}
    held = {(one.name, g.role, g.slug) for one in _staff(office) for g in one.grants}
    removed = {one.name for one in _staff(office) if one.state == "removed"}
    for step, name, role, place in steps:
        try:
            if step == "give":
                grant_role(office.workspace, LOCAL_CALLER, office.now, place, ids[name], role)
                assert name not in removed
                held.add((name, role, place))
            elif step == "take" and (name, role, place) in held:
                office.take(LOCAL_CALLER, name, role, place)
                held.discard((name, role, place))
            elif step == "remove":
                remove_person(office.workspace, LOCAL_CALLER, office.now, ids[name], reason="x")
                removed.add(name)
            elif step == "let in":
                let_in_again(office.workspace, LOCAL_CALLER, office.now, ids[name], reason="x")
                removed.discard(name)
        except WrongUsage:
            assert step != "take"
    for name in PEOPLE:
        caller = Caller(name, frozenset(Role), verified=True, person_id=ids[name])
        for asked in PLACES:
            expected = {role for who, role, place in held if who == name and place in (None, asked)}
            now_held = roles_of(office.workspace, caller, asked)
            assert now_held == (set() if name in removed else expected)
            # What the caller itself claims says nothing, once there is a person.
            assert now_held == roles_of(office.workspace, replace(caller, roles=frozenset()), asked)
    assert any(g.role is Role.ADMIN and g.slug is None for g in office.line("Root").grants)


def _staff(office: Office) -> list[PersonLine]:
    return [one for one in view_people(office.workspace, LOCAL_CALLER).people if one.name in PEOPLE]
