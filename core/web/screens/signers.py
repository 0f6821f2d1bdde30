"""Who can sign, by name: said before a lock, and to whoever cannot sign themselves."""

import streamlit as st

from core.actions.people_views import signers_of
from core.criteria.commitment import Signers
from core.decision.sign_off import SignOff
from core.web.opening import PageContext
from core.web.safe import lit

_SHOWN_NAMES = 6


def say_who_could(page: PageContext, typed: Signers) -> None:
    """Whether enough people can sign at all: found out later, it takes an amendment to mend."""
    others = [
        one for one in signers_of(page.workspace, page.caller, page.slug) if one.id != page.caller.person_id
    ]
    known = {one.email.casefold() for one in others}
    if strangers := [address for address in typed.named if address.casefold() not in known]:
        st.warning(
            lit(
                f"{', '.join(strangers)} cannot sign here so far: it takes the role signer, from an "
                "administrator, and nobody signs what they lock themselves."
            )
        )
    elif not typed.named:
        names = ", ".join(one.name if one.has_signed_in else f"{one.name} (invited)" for one in others)
        if len(others) < typed.needed:
            some = f"only {names} can sign" if others else "nobody can sign"
            st.warning(lit(f"So far {some} here. An administrator gives the role signer."))
        else:
            st.caption(f":material/draw: Can sign here: {lit(names)}.")


def who_can(page: PageContext, one: SignOff) -> str:
    """Anybody who is a signer and had no hand in it; by name, so that one knows whom to ask."""
    words = "anybody with the role signer who had no hand in it"
    signers = signers_of(page.workspace, page.caller, page.slug)
    names = [signer.name for signer in signers if signer.id not in one.wrote]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"{words}: {', '.join(names[:_SHOWN_NAMES])}{more}" if names else f"{words}; there is nobody yet"
