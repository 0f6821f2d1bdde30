"""Saying that a release is live, or going back to one: what becomes stale, since when, the second click."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from core.actions.bundles import Preview, ReleaseView, StaleLine, preview_live, put_live
from core.actions.policy import Act
from core.rollout.bundle import ReleaseBundle
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.permitted import permitted
from core.web.widgets import flash, guarded
from core.web.wording import write_count, write_moment

_OPEN = "release_going_live"
_WHEN, _AT, _REASON = "release_when", "release_at", "release_why"
_NOW, _EARLIER = "From this moment on", "Since an earlier moment"

STALE_TITLES = {
    "row": "Rows of the checklist",
    "answer": "Answers of people",
    "rehearsal": "Rehearsals of going back",
    "threshold": "Confidence thresholds",
    "signature": "Signatures",
}
"""What can become stale, by what a line of it is called."""


def begin(slug: str, name: str) -> None:
    """Open the dialog for the release ``name``: the first of the two clicks."""
    st.session_state[_OPEN] = (slug, name)
    forget_fields()


def open_dialog(page: PageContext, view: ReleaseView) -> None:
    """The dialog of the release that is to go live, if one is."""
    slug, name = st.session_state.get(_OPEN) or ("", "")
    chosen = next((one for one in view.registered if one.name == name), None)
    if slug != page.slug or chosen is None or not permitted(page, Act.PUT_LIVE):
        return
    verb = "Go back to" if chosen.was_live else "Put live:"
    ask = st.dialog(f"{verb} {lit(name)}", width="large", on_dismiss=_close, icon=":material/rocket_launch:")
    ask(_ask)(page, view, chosen.bundle, "Go back to it" if chosen.was_live else "It is live")


def preview(
    page: PageContext,
    view: ReleaseView,
    bundle: ReleaseBundle,
    at: datetime | None = None,
    *,
    with_changes: bool = True,
) -> None:
    """Everything that would become stale if ``bundle`` went live, with why; nothing is saved by looking."""
    found = preview_live(page.workspace, page.caller, page.now, page.slug, bundle, at=at)
    for change in found.changed if with_changes else ():
        st.markdown(f":material/change_circle: {lit(change.words)}")
    box = st.warning if found.stale else st.success
    box(lit(found.sentence), icon=":material/schedule:" if found.stale else ":material/check:")
    stale_list(found.stale)
    _rest(view, found)


def stale_list(lines: Sequence[StaleLine]) -> None:
    """The lines under what they are, each with its reason."""
    for what, title in STALE_TITLES.items():
        of_it = [line for line in lines if line.what == what]
        if of_it:
            st.markdown(f"**{title}** ({len(of_it)})")
            st.markdown("\n".join(f"- **{lit(line.label.rstrip('.'))}**: {lit(line.why)}" for line in of_it))


def moment_fields(page: PageContext) -> datetime | None:
    """Since when it is live; ``None``: from the moment of the click on."""
    when = st.radio("Since when is it live?", [_NOW, _EARLIER], key=_WHEN, horizontal=True)
    if when == _EARLIER:
        st.datetime_input(
            "It went live at (UTC)",
            value=page.now.replace(tzinfo=None, second=0, microsecond=0),
            key=_AT,
            step=60,
            format="YYYY-MM-DD",
            help="When it was really deployed. What users did since then counts as its evidence.",
        )
    return moment_entered()


def moment_entered() -> datetime | None:
    """The earlier moment that was chosen (UTC), or ``None``."""
    at = st.session_state.get(_AT)
    if st.session_state.get(_WHEN) != _EARLIER or not isinstance(at, datetime):
        return None
    return at.replace(tzinfo=UTC)


def forget_fields() -> None:
    """Start the fields of the moment anew."""
    for name in (_WHEN, _AT, _REASON):
        st.session_state.pop(name, None)


def _ask(page: PageContext, view: ReleaseView, bundle: ReleaseBundle, label: str) -> None:
    if view.live is not None:
        st.caption(
            f"{lit(view.live.name)} is live since {write_moment(view.live.live_at)}. It stays on record, "
            "and evidence of it is kept."
        )
    at = moment_fields(page)
    preview(page, view, bundle, at)
    st.text_input("Why (everyone who decides reads it; optional)", key=_REASON, max_chars=500)
    with st.container(horizontal=True):
        is_done = st.button(
            label,
            type="primary",
            key="release_put_live",
            on_click=guarded(partial(_put_live, page, bundle.name)),
        )
        is_cancelled = st.button("Cancel", key="release_live_cancel", on_click=_close)
    if is_done or is_cancelled:
        # The dialog runs for itself; the page behind it must be drawn anew.
        st.rerun()


def _rest(view: ReleaseView, found: Preview) -> None:
    if view.stale:
        st.caption(f"Stale already, before this: {write_count(len(view.stale), 'thing')}.")
    if found.stale and found.rows > found.rows_stale:
        rest = found.rows - found.rows_stale
        st.caption(f"{rest} of {found.rows} {'row stays' if rest == 1 else 'rows stay'} as they are.")


def _put_live(page: PageContext, name: str) -> None:
    reason, at = st.session_state.get(_REASON) or "", moment_entered()
    _close()
    put_live(page.workspace, page.caller, page.moment(), page.slug, name, at=at, reason=reason)
    forget_fields()
    flash(f"{printable(name)} is live.", icon=":material/rocket_launch:")


def _close() -> None:
    st.session_state.pop(_OPEN, None)
