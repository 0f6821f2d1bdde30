"""One person on the Settings page: their roles, given and taken back, and their removal."""

from functools import partial

import streamlit as st

from core.actions.people import Role
from core.actions.people_views import GrantLine, PeopleView, PersonLine
from core.actions.roles import grant_role, let_in_again, remove_person, revoke_role
from core.errors import WrongUsage
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.role_words import ROLES, may_words, role_badges
from core.web.widgets import confirm, flash, guarded
from core.web.wording import write_count, write_date, write_moment

_ALL = ""


def one_person(page: PageContext, view: PeopleView, one: PersonLine) -> None:
    """Everything about one person, and what the caller may change of it."""
    is_self = one.id == page.caller.person_id
    with st.container(border=True):
        st.markdown(f"### {lit(one.name)}" + (" :gray[(you)]" if is_self else ""))
        st.caption(lit(_about(one)))
    st.markdown("#### Roles" + (f" for {lit(dict(view.features)[view.slug])}" if view.slug else ""))
    if not one.grants:
        st.caption("No role here yet: they can sign in, and see nothing.")
    for grant in one.grants:
        _grant(page, view, one, grant)
    if one.state == "removed":
        st.caption("While they are removed, none of these roles holds.")
    else:
        _give(page, view, one, is_self=is_self)
    if one.ended:
        _earlier(one)
    if view.slug is None:
        _removal(page, one)


def places_offered(view: PeopleView) -> dict[str, str]:
    """Where a role may be given: "" for all features (where the caller may), and each feature by its slug."""
    everywhere = {_ALL: "All features"} if view.slug is None else {}
    return everywhere | dict(view.features)


def chosen_role(key: str) -> Role | None:
    """The role in the field ``key``; None where there is none, or none that exists."""
    chosen = str(st.session_state.get(key) or "")
    return Role(chosen) if chosen in {role.value for role in Role} else None


def _about(one: PersonLine) -> str:
    parts = [one.email or "no confirmed e-mail address"]
    if one.state == "invited":
        parts.append("invited, has not signed in yet")
    elif one.issuer:
        parts.append(f"signs in through {one.issuer}")
    parts.append(f"last seen {write_moment(one.last_seen_at)}" if one.last_seen_at else "not seen yet")
    parts.append(f"added by {one.added_by} on {write_date(one.added_at)}")
    if one.removed_at is not None:
        parts.append(f"removed on {write_date(one.removed_at)}")
    return " · ".join(parts)


def _grant(page: PageContext, view: PeopleView, one: PersonLine, grant: GrantLine) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        given = f"given by {grant.given_by} on {write_date(grant.given_at)}"
        st.markdown(
            f"{role_badges([grant.role])} {lit(grant.place)}  \n:small[:gray[{lit(given)}]]", width="stretch"
        )
        if view.slug is not None and grant.slug != view.slug:
            st.caption("only an admin for all features can change this", width="content")
        else:
            st.button(
                "Take back",
                key=f"settings_take_{grant.id}",
                on_click=guarded(partial(_take, page, one, grant)),
            )


def _give(page: PageContext, view: PeopleView, one: PersonLine, *, is_self: bool) -> None:
    places = places_offered(view)
    roles = [role for role in Role if not (is_self and role is Role.SIGNER)]
    with st.form(f"settings_give_{one.id}", enter_to_submit=False):
        role, place = st.columns(2)
        with role:
            st.selectbox("Give the role", roles, key=f"settings_give_role_{one.id}")
        with place:
            st.selectbox(
                "For",
                list(places),
                format_func=lambda slug: printable(places[slug]),
                key=f"settings_give_for_{one.id}",
            )
        if is_self:
            st.caption("Nobody can make themselves a signer: another administrator has to.")
        st.form_submit_button(
            "Give", key=f"settings_give_go_{one.id}", on_click=guarded(partial(_given, page, one))
        )
    with st.expander("What each role is for", key=f"settings_what_{one.id}"):
        for each in Role:
            st.markdown(f"{role_badges([each])} {lit(ROLES[each])}")
            st.caption(may_words([each]))


def _earlier(one: PersonLine) -> None:
    with st.expander(
        f"{write_count(len(one.ended), 'role')} taken back", icon=":material/history:", key="settings_ended"
    ):
        for grant in one.ended:
            ended = write_date(grant.ended_at) if grant.ended_at else ""
            words = (
                f"for {grant.place}: given by {grant.given_by} on {write_date(grant.given_at)}, "
                f"taken back by {grant.ended_by} on {ended}"
            )
            st.markdown(f"{role_badges([grant.role])} :small[{lit(words)}]")


def _removal(page: PageContext, one: PersonLine) -> None:
    is_removed = one.state == "removed"
    label = "Let them in again" if is_removed else "Remove this person"
    icon = ":material/person_check:" if is_removed else ":material/person_off:"
    with st.expander(label, icon=icon, expanded=is_removed, key=f"settings_removal_{one.id}"):
        st.caption(
            "The roles that were not taken back hold again."
            if is_removed
            else "They can do nothing any more, from the next click on. What they did and signed stays on "
            "record with their name, but their signatures no longer count. They can be let in again."
        )
        st.text_input("Why, in one line", key=f"settings_why_{one.id}", max_chars=500)
        if is_removed:
            st.button(
                "Let in again",
                key=f"settings_return_{one.id}",
                on_click=guarded(partial(_returned, page, one)),
            )
        elif st.button("Remove …", key=f"settings_remove_{one.id}"):
            reason = str(st.session_state.get(f"settings_why_{one.id}") or "")
            confirm(
                "Remove this person?",
                [
                    f"{one.name} will not be able to do anything here, and their signatures no longer count.",
                    f"Reason: {reason or 'none yet'}",
                ],
                action="Remove",
                on_confirm=partial(_removed, page, one, reason),
                key=f"settings_remove_{one.id}",
                icon=":material/person_off:",
            )


def _given(page: PageContext, one: PersonLine) -> None:
    role = chosen_role(f"settings_give_role_{one.id}")
    if role is None:
        raise WrongUsage("Which role should they have?", mend="Choose one of the six.")
    slug = str(st.session_state[f"settings_give_for_{one.id}"] or _ALL) or None
    grant_role(page.workspace, page.caller, page.moment(), slug, one.id, role)
    flash(f"{one.name} has the role {role} from now on.")


def _take(page: PageContext, one: PersonLine, grant: GrantLine) -> None:
    revoke_role(page.workspace, page.caller, page.moment(), grant.slug, grant.id)
    flash(f"{one.name} is no longer {grant.role} for {grant.place}.")


def _removed(page: PageContext, one: PersonLine, reason: str) -> None:
    remove_person(page.workspace, page.caller, page.moment(), one.id, reason=reason)
    flash(f"{one.name} was removed.", icon=":material/person_off:")


def _returned(page: PageContext, one: PersonLine) -> None:
    reason = str(st.session_state.get(f"settings_why_{one.id}") or "")
    let_in_again(page.workspace, page.caller, page.moment(), one.id, reason=reason)
    flash(f"{one.name} can sign in again.", icon=":material/person_check:")
