"""The frame round every page: title, icon, logo, menu; it runs the page that the address names."""

from pathlib import Path

import streamlit as st
from streamlit.navigation.page import Page

from core.errors import NotAllowed
from core.web import wiring
from core.web.registry import PAGES, page
from core.web.screens.sign_in import open_to_all, show_no_role, show_sign_in, who_is_here
from core.web.session import drawn_for, started_by_router

ASSETS = Path(__file__).resolve().parent / "assets"


def main() -> None:
    """Draw the frame and run the current page; the body of every script run."""
    # The icon is a local file, set before the menu: without it browsers would fetch the icon of
    # the page from a font server.
    st.set_page_config(
        page_title="Readygate",
        page_icon=str(ASSETS / "favicon.png"),
        layout="wide",
        menu_items={"about": "**Readygate**: may this AI feature go on to the next group of users?"},
    )
    st.logo(str(ASSETS / "logo_on_dark.png"), size="large", icon_image=str(ASSETS / "mark.png"))
    # Before the menu: Streamlit would take the page of a followed link for unknown, and forget it.
    try:
        caller = wiring.caller()
    except NotAllowed as problem:
        show_sign_in(problem)
    drawn_for(caller.person_id)
    if not wiring.has_any_role(caller):
        show_no_role(caller)
    pages = {spec.key: page(spec.key) for spec in PAGES}
    current = st.navigation(_menu(pages), expanded=True)
    spec = next(spec for spec in PAGES if pages[spec.key] is current)
    st.set_page_config(page_title=f"{spec.title} · Readygate")
    open_to_all()
    who_is_here(caller)
    with started_by_router(spec.key):
        current.run()


def _menu(pages: dict[str, Page]) -> dict[str, list[Page]]:
    menu: dict[str, list[Page]] = {}
    for spec in PAGES:
        menu.setdefault(spec.section, []).append(pages[spec.key])
    return menu
