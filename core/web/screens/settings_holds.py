"""The legal holds of all features on the Settings page: what is held, since when, by whom and why."""

import streamlit as st

from core.actions.legal_holds import HeldFeature, held_features
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.wording import write_moment


def holds(page: PageContext) -> None:
    """For administrators; each hold is placed and lifted with its feature's evidence."""
    st.header("Legal holds", anchor=False)
    st.caption(
        "While one holds, nothing of the feature expires and nobody is erased from it. Place or lift one on "
        "the feature's Evidence page."
    )
    held = held_features(page.workspace, page.caller)
    if not held:
        st.caption("No feature is held at the moment.")
        return
    for feature in held:
        with st.container(border=True, gap="xsmall", key=f"settings_held_{feature.slug}"):
            link_to("evidence", feature=feature.slug, label=feature.name, icon=":material/gavel:")
            for one in feature.holds:
                since = lit(f"since {write_moment(one.placed_at)}, placed by {one.placed_by}")
                st.markdown(f"{lit(one.reason)} :small[:gray[{since}]]")
    download_row("The holds as a table", table_of(held), "legal-holds", "settings_holds")


def table_of(held: tuple[HeldFeature, ...]) -> Table:
    """One row for each hold that stands."""
    rows = [
        (feature.name, one.reason, one.placed_by, write_moment(one.placed_at))
        for feature in held
        for one in feature.holds
    ]
    return Table(("Feature", "Reason", "Placed by", "Since"), rows)
