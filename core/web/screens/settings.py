"""The first blocks of the Settings page: who asks and what they may do, and how people sign in here."""

from datetime import UTC, datetime

import streamlit as st

from core.actions.people import Role
from core.actions.people_views import FOR_ALL, Myself
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.glossary import explain_link
from core.web.screens.role_words import ROLES, may_words, role_badges
from core.web.widgets import empty_state
from core.web.wording import write_moment


def myself(me: Myself) -> None:
    """Who asks, and what they may do, place by place."""
    st.header("You", anchor=False)
    if not me.is_signed_in:
        _single_user()
        return
    with st.container(border=True):
        address = f" · {lit(me.email)}" if me.email else " · no confirmed e-mail address"
        st.markdown(f"**{lit(me.name)}**{address}")
        for place, roles in me.roles:
            st.markdown(f"{role_badges(roles)} {lit(f'for {place[1] if place else FOR_ALL}')}")
            st.caption(may_words(roles))
        explain_link("Role", "What each role is for")


def how_sign_in_is_set(page: PageContext, me: Myself) -> None:
    """Whether people sign in here; what it takes, and what it changes."""
    st.header("Sign-in", anchor=False)
    if me.is_signed_in:
        st.markdown("People sign in here, so that signatures and approvals carry a proven name.")
        if page.caller.signed_in_at > 0:
            st.caption(
                f"You signed in on {write_moment(datetime.fromtimestamp(page.caller.signed_in_at, UTC))}."
            )
        st.caption(
            "Signing asks for a sign-in of the last 15 minutes. A role that is given or taken back counts "
            "from the next click on."
        )
        return
    with empty_state(
        "Single-user mode: nobody signs in",
        "Whoever opens Readygate on this machine may do everything, as “local user”. That is enough to write "
        "a checklist, gather evidence and read the verdict.",
        icon=":material/no_accounts:",
    ):
        st.markdown(
            "**What it cannot do.** No name is proven, so nothing here is ever “approved”: there are no "
            "signatures, nobody can approve a waiver, and a GO is “ready for sign-off” at most."
        )
        with st.expander("Switch sign-in on", icon=":material/login:", key="settings_sign_in"):
            st.markdown(
                "1. Below, invite the people who will work here, or name the first administrators in "
                "`READYGATE_ADMINS` (e-mail addresses with commas between them).\n"
                "2. Set `READYGATE_SIGN_IN=oidc` for a sign-in service (OpenID Connect), or "
                "`READYGATE_SIGN_IN=proxy` where a proxy in front signs people in; `docs/operations.md` says "
                "what else each of them needs.\n"
                "3. Start Readygate again. From then on everybody signs in, and what somebody may do follows "
                "from their roles."
            )


def roles_explained() -> None:
    """What each role is for, and may do."""
    with st.expander("The six roles", icon=":material/badge:", key="settings_roles"):
        for role in Role:
            st.markdown(f"{role_badges([role])} {lit(ROLES[role])}")
            st.caption(may_words([role]))


def _single_user() -> None:
    with st.container(border=True):
        st.markdown("**local user** · nobody vouches for the name")
        st.caption("May do everything, and nothing of it counts as approved by a person.")
