"""Buttons for those who may press them: others read which role it takes, and from whom to get it."""

from typing import TypedDict

import streamlit as st

from core.actions.policy import Act, may
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.screens.role_words import needs_role


class Locked(TypedDict):
    """How a button looks; for ``st.button(…, **only_for(page, act))``."""

    disabled: bool
    help: str | None


def only_for(page: PageContext, act: Act, *, disabled: bool = False, help: str | None = None) -> Locked:
    """Grey, with the role it takes, for whoever may not do ``act`` here; else as it would be anyway."""
    if may(page.workspace, page.caller, act, page.slug):
        return {"disabled": disabled, "help": help}
    return {"disabled": True, "help": needs_role(act)}


def permitted(page: PageContext, act: Act) -> bool:
    """Whether the visitor may do ``act`` to the feature of the page."""
    return may(page.workspace, page.caller, act, page.slug)


def way_to_sign(page: PageContext) -> None:
    """The link to the signatures; only who may sign is told to sign."""
    label = "Read and sign on Go / no-go" if permitted(page, Act.SIGN) else "See the sign-off on Go / no-go"
    link_to("go_no_go", feature=page.slug, label=label, icon=":material/draw:")


def says_who_may(page: PageContext, *acts: Act) -> None:
    """One line for whoever may not do some of ``acts`` here: what there is to read is all that there is."""
    refused = [act for act in acts if not permitted(page, act)]
    if refused:
        st.caption(":material/lock: " + " ".join(_takes(act) for act in refused))


def _takes(act: Act) -> str:
    words = needs_role(act)
    return f"To {act.value}: {words[:1].lower()}{words[1:]}"
