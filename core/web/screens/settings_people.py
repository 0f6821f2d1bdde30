"""The people on the Settings page: found, invited, and listed with their roles."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from core.actions.people import Role
from core.actions.people_views import Myself, PeopleView, PersonLine, view_people
from core.actions.roles import invite_person
from core.web.address import number_in, one_in, put, text_in, writes
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.role_words import role_badges
from core.web.screens.settings import roles_explained
from core.web.screens.settings_person import chosen_role, one_person, places_offered
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_age, write_count, write_moment

_PER_PAGE = 25
_LOOK, _PERSON, _PAGE, _PLACE = "look", "person", "page", "for"
_STATES = {"active": "", "invited": "invited", "removed": "removed"}
_NO_ROLE = "no role yet"
_PLACES_SHOWN = 3
_NEW = {"settings_email": "", "settings_name": "", "settings_role": None}


def opened_person(page: PageContext, me: Myself) -> bool:
    """Show the one person whom the address names; False where it names nobody that there is."""
    if not me.manages or not text_in(_PERSON):
        return False
    view = view_people(page.workspace, page.caller, _place(me))
    opened = next((one for one in view.people if str(one.id) == text_in(_PERSON)), None)
    if opened is None:
        return False
    st.button("Back to the list", icon=":material/arrow_back:", key="settings_back", on_click=_close)
    one_person(page, view, opened)
    return True


def people(page: PageContext, me: Myself) -> None:
    """Everybody, for whoever gives roles, and the way in for somebody new."""
    st.header("People", anchor=False)
    view = view_people(page.workspace, page.caller, _place(me))
    if not me.is_signed_in:
        st.caption("Roles count once sign-in is switched on; without it everybody is “local user”.")
    _invite(page, view)
    roles_explained()
    if view.people:
        _list(page, view)
    else:
        with empty_state(
            "Nobody is in the list yet",
            "Invite the people who will work here, each with a role. They come in with the first sign-in "
            "under their address.",
            icon=":material/group_add:",
        ):
            pass


def _place(me: Myself) -> str | None:
    """Where the caller says who may do what: everywhere (None), or in the feature that they choose."""
    if None in me.manages:
        return None
    names = dict(place for place in me.manages if place)
    asked = one_in(_PLACE, names, next(iter(names)))
    if len(names) == 1 or text_in(_PERSON):
        return asked
    st.session_state["settings_for"] = asked
    chosen: str = st.selectbox(
        "Roles for the feature",
        list(names),
        format_func=lambda slug: printable(names[slug]),
        key="settings_for",
        on_change=writes(_PLACE, "settings_for", also_drops=_PERSON),
    )
    return chosen


def _list(page: PageContext, view: PeopleView) -> None:
    looked_for = text_in(_LOOK)
    st.session_state["settings_look"] = looked_for
    st.text_input(
        "Look for a name, an address or a role",
        key="settings_look",
        icon=":material/search:",
        max_chars=100,
        on_change=writes(_LOOK, "settings_look", also_drops=_PAGE),
    )
    # Whoever was removed stands last, each half by name.
    found = sorted((one for one in view.people if _says(one, looked_for)), key=_is_removed)
    pages = max(1, -(-len(found) // _PER_PAGE))
    number = number_in(_PAGE, pages)
    first = (number - 1) * _PER_PAGE
    shown = found[first : first + _PER_PAGE]
    some = f"{len(found):,} of " if looked_for.strip() else ""
    span = f"; {first + 1:,} to {first + len(shown):,} are shown" if pages > 1 else ""
    st.caption(f"{some}{write_count(len(view.people), 'person', 'people')}{span}.")
    if not found:
        st.info("Nobody fits. Take a word away.", icon=":material/search_off:")
    for one in shown:
        _line(page, one)
    if pages > 1:
        key = f"settings_page_{number}"
        st.pagination(pages, default=number, key=key, on_change=partial(_turn, key))
    download_row("These people", table_of(found), "people", key="people")


def _line(page: PageContext, one: PersonLine) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        state = _STATES[one.state]
        marks = f" :gray-badge[{state}]" if state else ""
        seen = f"seen {_ago(write_age(one.last_seen_at, page.now))}" if one.last_seen_at else "not seen yet"
        lines = [
            f"**{lit(one.name)}**{marks}",
            f":small[:gray[{lit(' · '.join(filter(None, [one.email, seen])))}]]",
            *_role_lines(one),
        ]
        # Two spaces at its end keep a line a line.
        st.markdown("  \n".join(lines), width="stretch")
        st.button(
            "Open",
            key=f"settings_open_{one.id}",
            type="tertiary",
            width="content",
            on_click=partial(put, _PERSON, str(one.id)),
        )


def _role_lines(one: PersonLine) -> list[str]:
    places: dict[str, set[Role]] = {}
    for grant in one.grants:
        places.setdefault(grant.place, set()).add(grant.role)
    lines = [f"{role_badges(roles)} :small[{lit(place)}]" for place, roles in places.items()]
    more = len(lines) - _PLACES_SHOWN
    if more > 0:
        lines = [*lines[:_PLACES_SHOWN], f":small[:gray[and in {write_count(more, 'more feature')}]]"]
    return lines or [f":small[:gray[{_NO_ROLE}]]"]


def _invite(page: PageContext, view: PeopleView) -> None:
    fold = st.expander(
        "Invite a person", icon=":material/person_add:", expanded=not view.people, key="settings_invite"
    )
    with fold, st.form("settings_invite_form", border=False, enter_to_submit=False):
        st.caption(
            "Readygate sends no e-mail: tell them its address yourself. The role holds from their first "
            "sign-in on."
        )
        st.text_input("E-mail address with which they sign in", key="settings_email", max_chars=254)
        st.text_input("Name (optional)", key="settings_name", max_chars=120)
        role, place = st.columns(2)
        with role:
            st.selectbox("Role", list(Role), key="settings_role", index=None, placeholder="Choose a role")
        with place:
            places = places_offered(view)
            st.selectbox(
                "For",
                list(places),
                format_func=lambda slug: printable(places[slug]),
                key="settings_role_for",
            )
        st.form_submit_button(
            "Invite",
            type="primary",
            key="settings_invite_go",
            on_click=guarded(partial(_invited, page, view)),
        )


def _invited(page: PageContext, view: PeopleView) -> None:
    state = st.session_state
    role = chosen_role("settings_role")
    slug = str(state.get("settings_role_for") or "") or view.slug
    # Without a role there is nothing that could hold for one feature only.
    place = slug if role is not None or view.slug is not None else None
    email = str(state["settings_email"])
    invite_person(
        page.workspace,
        page.caller,
        page.moment(),
        place,
        email=email,
        name=str(state["settings_name"]),
        role=role,
    )
    # The place stays: who invites a team for one feature goes on with it. A field that is only forgotten
    # here would keep its words in the browser.
    state.update(_NEW)
    flash(f"{email.strip()} is invited.", icon=":material/person_add:")


def table_of(found: Sequence[PersonLine]) -> Table:
    """The people as a file shows them: one line each, their roles in one cell."""
    columns = ("Name", "E-mail", "State", "Roles", "Last seen", "Added by", "Added")
    rows = [
        (
            one.name,
            one.email,
            one.state,
            "\n".join(f"{grant.role} for {grant.place}" for grant in one.grants),
            write_moment(one.last_seen_at) if one.last_seen_at else "",
            one.added_by,
            write_moment(one.added_at),
        )
        for one in found
    ]
    return Table(columns, rows)


def _is_removed(one: PersonLine) -> bool:
    return one.state == "removed"


def _says(one: PersonLine, looked_for: str) -> bool:
    text = " ".join([one.name, one.email, one.state, *(f"{g.role} {g.place}" for g in one.grants)])
    return all(part in text.casefold() for part in looked_for.casefold().split())


def _ago(age: str) -> str:
    return "just now" if age == "now" else f"{age} ago"


def _turn(key: str) -> None:
    put(_PAGE, str(st.session_state[key]))


def _close() -> None:
    put(_PERSON, "")
