"""What stands there instead of a page while nobody is signed in, and who is signed in beside every page."""

from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from core.actions.sign_in_settings import SignInMode
from core.errors import NotAllowed
from core.web import sign_in, wiring
from core.web.safe import lit
from core.web.session import guarded, take_problem

if TYPE_CHECKING:
    from core.actions.people import Caller

_WHAT_IT_IS = "Readygate says whether an AI feature may go on to the next group of users, and how we know."
_NOBODY_VOUCHES = (
    "There is no sign-in here, so nobody vouches for who you are: a feature can be “ready for sign-off”, "
    "never “approved”. Whoever runs Readygate can set up sign-in (docs/operations.md)."
)
_OPEN = (
    "Whoever reaches this address can change everything, and nobody vouches for who they are: there is no "
    "sign-in here."
)


def show_sign_in(problem: NotAllowed) -> NoReturn:
    """The way in for whoever is not signed in; ``problem`` says why they are not."""
    # What they did last, on a page that was still open, has been refused and would be lost without a word.
    was_refused = take_problem() is not None
    with _middle("sign_in_view"):
        st.title("Readygate", anchor=False)
        st.markdown(_WHAT_IT_IS)
        if was_refused:
            st.warning("What you did last was not saved.", icon=":material/warning:")
        if problem.code == "signed_out":
            st.markdown(lit(problem.mend))
        else:
            st.info(lit(problem.mend), title=lit(problem.sentence), icon=":material/person_off:")
        if sign_in.settings().mode is SignInMode.OIDC:
            if problem.code == "removed":
                st.button("Sign out", key="sign_out", icon=":material/logout:", on_click=_leave)
            else:
                sign_in_button()
    st.stop()


def sign_in_button(key: str = "sign_in", label: str = "") -> None:
    """Leads to the sign-in service, and back to this very page; also for whoever is to sign in afresh."""
    words = label or f"Sign in with {sign_in.settings().provider}"
    st.button(lit(words), key=key, type="primary", icon=":material/login:", on_click=_go_and_sign_in)


def show_no_role(caller: "Caller") -> NoReturn:
    """For whoever is signed in and has nothing to do here yet: who they are, and whom to ask."""
    problem = take_problem()
    with _middle("no_role_view"):
        st.title("You have no role yet", anchor=False)
        if problem is not None:
            st.warning(lit(f"{problem.sentence} It was not saved."), icon=":material/warning:")
        st.markdown(f"You are signed in as **{lit(caller.name)}**, and nobody has given you a role here.")
        admins = wiring.administrators()
        if admins:
            st.markdown(
                f"Ask an administrator: {lit(', '.join(admins))}. Once you have a role, reload this page."
            )
        else:
            st.markdown(
                "There is no administrator yet. Whoever runs Readygate names the first one by address in the "
                "setting `READYGATE_ADMINS`."
            )
        _sign_out_button()
    st.stop()


def who_is_here(caller: "Caller") -> None:
    """The name in the sidebar, below the menu, with the way out."""
    row = st.sidebar.container(key="who_is_here", horizontal=True, vertical_alignment="center", gap="small")
    with row:
        if caller.person_id is None:
            st.caption(f"{lit(caller.name)} · identity not verified", help=_NOBODY_VOUCHES)
            return
        st.caption(f":material/person: {lit(caller.name)}", width="stretch")
        _sign_out_button()


def open_to_all() -> None:
    """A plain warning on every page where anybody may come in."""
    if sign_in.settings().is_open:
        st.warning(_OPEN, icon=":material/lock_open:")


def _middle(key: str) -> "st.delta_generator.DeltaGenerator":
    return st.columns([1, 2, 1])[1].container(key=key, gap="medium")


def _sign_out_button() -> None:
    # Who comes by a proxy leaves by the proxy.
    if sign_in.settings().mode is SignInMode.OIDC:
        st.button(
            "Sign out",
            key="sign_out",
            type="tertiary",
            icon=":material/logout:",
            on_click=guarded(wiring.sign_out),
        )


def _go_and_sign_in() -> None:
    st.login()


def _leave() -> None:
    st.logout()
