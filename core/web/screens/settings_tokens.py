"""The tokens on the Settings page: made, shown once, listed with their last use, and revoked."""

from datetime import datetime
from functools import partial

import streamlit as st

from core.actions.people_views import FOR_ALL
from core.actions.tokens import (
    MOST_DAYS,
    SCOPE_WORDS,
    USUAL_DAYS,
    TokenLine,
    TokenScope,
    TokensView,
    make_token,
    revoke_token,
    view_tokens,
)
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.widgets import confirm, flash, guarded
from core.web.wording import write_age, write_count, write_date, write_moment

_NEW = "settings_token_new"
_ALL = ""


def tokens(page: PageContext) -> None:
    """Everything about tokens, for administrators of all features."""
    st.header("Tokens", anchor=False)
    st.caption(
        "Other systems ask Readygate over HTTP with a token: a pipeline for the gate, a flag system for who "
        "gets a feature, a monitoring system to stop it. `docs/recipes.md` shows each of them step by step."
    )
    view = view_tokens(page.workspace, page.caller)
    _just_made()
    _make(page, view)
    live = [one for one in view.tokens if one.state(page.now) == "active"]
    over = [one for one in view.tokens if one.state(page.now) != "active"]
    if not live:
        st.caption("No token is good at the moment: nobody can ask over HTTP.")
    for one in live:
        _line(page, one)
    if over:
        with st.expander(
            f"{write_count(len(over), 'token')} expired or revoked",
            icon=":material/history:",
            key="settings_tokens_over",
        ):
            for one in over:
                st.markdown(f"**{lit(one.name)}** :small[:gray[{lit(_ended(one))}]]")
    if view.tokens:
        download_row("These tokens", table_of(view.tokens, page.now), "tokens", key="tokens")


def table_of(found: tuple[TokenLine, ...], now: datetime) -> Table:
    """The tokens as a file shows them, without what they say themselves."""
    columns = ("Name", "State", "May", "For", "Made by", "Made", "Expires", "Last used", "Revoked by")
    rows = [
        (
            one.name,
            one.state(now),
            ", ".join(one.scopes),
            one.feature or FOR_ALL,
            one.made_by,
            write_moment(one.made_at),
            write_moment(one.expires_at),
            write_moment(one.last_used_at) if one.last_used_at else "",
            one.revoked_by or "",
        )
        for one in found
    ]
    return Table(columns, rows)


def _just_made() -> None:
    """The one time that a token is shown."""
    made = st.session_state.get(_NEW)
    if made is None:
        return
    name, token = made
    with st.container(border=True):
        st.markdown(f":material/key: **The token “{lit(name)}”**")
        st.code(token, language=None, wrap_lines=True)
        st.caption(
            "Copy it now, into the secrets of the system that will use it. Readygate keeps only its "
            "fingerprint and cannot show it again."
        )
        st.button("I have copied it", key="settings_token_seen", on_click=_forget)


def _make(page: PageContext, view: TokensView) -> None:
    fold = st.expander("Make a token", icon=":material/add:", key="settings_token")
    with fold, st.form("settings_token_form", border=False, enter_to_submit=False):
        st.text_input(
            "Name: the system that will use it", key="settings_token_name", max_chars=60, placeholder="CI"
        )
        st.multiselect(
            "It may",
            list(TokenScope),
            format_func=lambda scope: SCOPE_WORDS[scope],
            key="settings_token_scopes",
            placeholder="Choose what it is for",
        )
        place, days = st.columns(2)
        names = {_ALL: "All features"} | dict(view.features)
        with place:
            st.selectbox(
                "For", list(names), format_func=lambda slug: printable(names[slug]), key="settings_token_for"
            )
        with days:
            st.number_input(
                "Good for so many days",
                min_value=1,
                max_value=MOST_DAYS,
                value=USUAL_DAYS,
                key="settings_token_days",
            )
        st.caption(
            "What is imported or stopped with it stands in the audit log under the token's name. A token can "
            "neither sign nor move a rollout on."
        )
        st.form_submit_button(
            "Make the token",
            type="primary",
            key="settings_token_go",
            on_click=guarded(partial(_made, page)),
        )


def _line(page: PageContext, one: TokenLine) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        badges = " ".join(f":blue-badge[{SCOPE_WORDS[scope]}]" for scope in one.scopes)
        used = f"used {_ago(one.last_used_at, page.now)}" if one.last_used_at else "never used"
        facts = f"made by {one.made_by} · good until {write_date(one.expires_at)} · {used}"
        head = f"**{lit(one.name)}** for {lit(one.feature or FOR_ALL)}"
        st.markdown(f"{head}  \n{badges}  \n:small[:gray[{lit(facts)}]]", width="stretch")
        if st.button("Revoke …", key=f"settings_token_revoke_{one.id}", type="tertiary", width="content"):
            confirm(
                "Revoke this token?",
                [f"Whatever uses “{one.name}” is refused from the next request on, for good."],
                action="Revoke",
                on_confirm=partial(_revoked, page, one),
                key=f"settings_token_end_{one.id}",
                icon=":material/key_off:",
            )


def _ended(one: TokenLine) -> str:
    if one.revoked_at is not None:
        return f"revoked by {one.revoked_by} on {write_date(one.revoked_at)}"
    return f"expired on {write_date(one.expires_at)}"


def _ago(moment: datetime, now: datetime) -> str:
    age = write_age(moment, now)
    # The last use is known to the hour only.
    return "within the last hour" if age == "now" or age.endswith("min") else f"{age} ago"


def _made(page: PageContext) -> None:
    state = st.session_state
    name = str(state.get("settings_token_name") or "")
    chosen = {str(one) for one in state.get("settings_token_scopes") or ()}
    token = make_token(
        page.workspace,
        page.caller,
        page.moment(),
        name=name,
        scopes=[scope for scope in TokenScope if scope.value in chosen],
        slug=str(state.get("settings_token_for") or _ALL) or None,
        days=int(state.get("settings_token_days") or 0),
    )
    state[_NEW] = (" ".join(name.split()), token)
    state["settings_token_name"] = ""
    state["settings_token_scopes"] = []
    flash("The token is made: copy it now.", icon=":material/key:")


def _revoked(page: PageContext, one: TokenLine) -> None:
    revoke_token(page.workspace, page.caller, page.moment(), one.id)
    flash(f"The token “{one.name}” is revoked.", icon=":material/key_off:")


def _forget() -> None:
    st.session_state.pop(_NEW, None)
