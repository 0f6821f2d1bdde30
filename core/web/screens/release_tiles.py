"""The live release as eight tiles: each part, since when it is as it is, and its way back."""

from datetime import datetime
from functools import partial
from urllib.parse import quote

import streamlit as st

from core.actions.bundles import LiveLine, ReleaseView
from core.actions.policy import Act
from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import PartVersion, ReleaseBundle
from core.rollout.bundle_changes import has_way_back, way_back_words
from core.rollout.releases import version_words
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.permitted import only_for, says_who_may
from core.web.screens.release_editor import begin_change, begin_new
from core.web.screens.trace_text import show_text
from core.web.wording import write_date

_NARROWEST_TILE = 180
_COLUMNS = (
    "Part", "Version", "As it is since", "In this release", "Link", "Fingerprint", "Way back alone", "How",
    "Who", "Minutes at most",
)  # fmt: skip


def tiles(page: PageContext, view: ReleaseView) -> None:
    """The eight parts of what is live, then what can be done with it."""
    bundle = view.live_bundle
    if bundle is None or not view.history:
        return
    unknown = [part for part in BundlePart if not bundle.part(part).is_known]
    if unknown:
        known = len(BundlePart) - len(unknown)
        st.caption(
            f"{known} of {len(BundlePart)} parts are written down. The others can change without being seen."
        )
    with st.grid(4, min_column_width=_NARROWEST_TILE, key="release_tiles"):
        for part in BundlePart:
            with st.container(border=True, gap="xsmall", height="stretch", key=f"release_tile_{part.value}"):
                _tile(page, view, bundle, part)
    says_who_may(page, Act.EDIT_BUNDLE, Act.PUT_LIVE)
    with st.container(horizontal=True):
        st.button(
            "Register a new release",
            type="primary",
            icon=":material/add:",
            key="release_new",
            on_click=partial(begin_new, page, view),
            **only_for(page, Act.EDIT_BUNDLE),
        )
        live = next(one for one in view.registered if one.is_live)
        st.button(
            "Change links and ways back",
            icon=":material/edit:",
            key="release_change_live",
            on_click=partial(begin_change, page, view, live),
            **only_for(page, Act.EDIT_BUNDLE),
        )
    download_row("These parts", _table(view, bundle), f"{page.slug}-live-release", key="release_parts")


def since(history: tuple[LiveLine, ...], part: BundlePart) -> datetime:
    """Since when ``part`` is as it is now; ``history`` (at least one line) has the newest first."""
    now = history[0].bundle.part(part).fingerprint
    began = history[0].since
    for line in history:
        if line.bundle.part(part).fingerprint != now:
            break
        began = line.since
    return began


def _tile(page: PageContext, view: ReleaseView, bundle: ReleaseBundle, part: BundlePart) -> None:
    held = bundle.part(part)
    changed = next((one for one in view.history[0].changes if one.part is part), None)
    badge = " :blue-badge[changed]" if changed else ""
    st.markdown(f":small[:gray[{part.label}]]{badge}")
    if not held.is_known:
        st.markdown(":gray[**not written down**]")
        return
    st.markdown(f"**{lit(version_words(bundle, part))}**")
    if changed:
        st.caption(lit(f"{changed.was} → {changed.now}, on {write_date(view.history[0].since)}"))
    else:
        st.caption(f"so since {write_date(since(view.history, part))}")
    _contents(page, part, held)
    way = held.way_back
    if has_way_back(way):
        st.caption(f":material/undo: {lit(way_back_words(way))}")
    else:
        st.caption(":material/undo: how to go back is not written down")


def _contents(page: PageContext, part: BundlePart, held: PartVersion) -> None:
    if not (held.link or held.text or held.sha256):
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        if held.text:
            with st.popover("Text", type="tertiary", icon=":material/description:"):
                st.markdown(f"**{part.label}**")
                show_text(held.text)
                st.download_button(
                    "As a file",
                    data=held.text.encode(),
                    file_name=f"{page.slug}-{part.value}.txt",
                    mime="text/plain",
                    key=f"release_contents_{part.value}",
                    icon=":material/download:",
                    on_click="ignore",
                )
        elif held.sha256 and held.version:
            st.caption(f"contents {held.sha256[:8]}", help=f"SHA-256 {held.sha256}", width="content")
        if held.link.startswith(("https://", "http://")):
            address = quote(held.link, safe=":/?#@!&'()*+,;=%~")
            st.link_button("Link", address, icon=":material/open_in_new:", type="tertiary")
        elif held.link:
            st.caption(lit(printable(held.link)), width="content")


def _table(view: ReleaseView, bundle: ReleaseBundle) -> Table:
    changed = {one.part: one for one in view.history[0].changes}
    rows = []
    for part in BundlePart:
        held, way = bundle.part(part), bundle.part(part).way_back
        rows.append(
            (
                part.label,
                version_words(bundle, part),
                write_date(since(view.history, part)) if held.is_known else "",
                f"changed: {changed[part].was} → {changed[part].now}" if part in changed else "as before",
                held.link,
                held.fingerprint if held.is_known else "",
                ("yes" if way.alone else "no") if has_way_back(way) else "not said",
                way.how,
                way.who,
                way.minutes,
            )
        )
    return Table(_COLUMNS, rows)
