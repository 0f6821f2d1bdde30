"""Which release was live when, with the way back to each; and what is registered but was never live."""

from functools import partial

import streamlit as st

from core.actions.bundles import LiveLine, RegisteredBundle, ReleaseView
from core.actions.policy import Act
from core.evidence.bundle_parts import BundlePart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import release_live
from core.web.screens.permitted import only_for
from core.web.screens.release_editor import begin_change
from core.web.wording import write_count, write_date, write_moment

_SHOWN = 5
_COLUMNS = ("Release", "Live since", "Until", "Said by", "Recorded", "Reason", "Changed")


def not_live_yet(page: PageContext, view: ReleaseView) -> None:
    """Releases that were never live, each with what can be done with it."""
    waiting = [one for one in view.registered if not one.was_live]
    if not waiting:
        return
    st.header("Registered, never live")
    for place, one in enumerate(waiting[:_SHOWN]):
        _waiting(page, view, one, place)
    if len(waiting) > _SHOWN:
        with st.expander(f"{len(waiting) - _SHOWN} older ones", key="release_waiting_more"):
            for place, one in enumerate(waiting[_SHOWN:], start=_SHOWN):
                _waiting(page, view, one, place)


def history(page: PageContext, view: ReleaseView) -> None:
    """Every stay of a release, newest first, each with the button that goes back to it."""
    if not view.history:
        return
    st.header("What was live when")
    newest_of = {line.name: place for place, line in reversed(list(enumerate(view.history)))}
    for place, line in enumerate(view.history[:_SHOWN]):
        _stay(page, view, line, place, may_return=newest_of[line.name] == place)
    if len(view.history) > _SHOWN:
        with st.expander(f"{len(view.history) - _SHOWN} earlier ones", key="release_history_more"):
            for place, line in enumerate(view.history[_SHOWN:], start=_SHOWN):
                _stay(page, view, line, place, may_return=newest_of[line.name] == place)
    download_row("This history", _table(view), f"{page.slug}-live-history", key="release_history")


def _stay(page: PageContext, view: ReleaseView, line: LiveLine, place: int, *, may_return: bool) -> None:
    is_live = view.live is not None and line.name == view.live.name
    with st.container(border=True, gap="xsmall", key=f"release_stay_{place}"):
        badge = " :green-badge[:material/rocket_launch: LIVE]" if line.until is None else ""
        until = f"until {write_moment(line.until)}" if line.until else "until now"
        later = f"; recorded on {write_moment(line.recorded_at)}" if line.is_afterwards else ""
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown(f"**{lit(line.name)}**{badge}", width="content")
            if may_return and not is_live:
                st.button(
                    "Go back to this one",
                    icon=":material/undo:",
                    key=f"release_return_{place}",
                    on_click=partial(release_live.begin, page.slug, line.name),
                    **only_for(page, Act.PUT_LIVE),
                )
        st.caption(lit(f"From {write_moment(line.since)} {until} · {line.by} said so{later}"))
        if line.reason:
            st.text(line.reason)
        if line.changes:
            st.caption("  \n".join(f"· {lit(one.words)}" for one in line.changes))


def _waiting(page: PageContext, view: ReleaseView, one: RegisteredBundle, place: int) -> None:
    known = sum(one.bundle.part(part).is_known for part in BundlePart)
    with st.container(border=True, gap="xsmall", key=f"release_waiting_{place}"):
        st.markdown(f"**{lit(one.name)}** :gray-badge[not live]")
        st.caption(
            lit(
                f"Registered by {one.author} on {write_date(one.saved_at)} · "
                f"{write_count(known, 'part')} of {len(BundlePart)}"
                + (f" · {one.reason}" if one.reason else "")
            )
        )
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Put it live",
                icon=":material/rocket_launch:",
                key=f"release_put_{place}",
                on_click=partial(release_live.begin, page.slug, one.name),
                **only_for(page, Act.PUT_LIVE),
            )
            st.button(
                "Change it",
                icon=":material/edit:",
                key=f"release_change_{place}",
                on_click=partial(begin_change, page, view, one),
                **only_for(page, Act.EDIT_BUNDLE),
            )


def _table(view: ReleaseView) -> Table:
    rows = [
        (
            line.name,
            write_moment(line.since),
            write_moment(line.until) if line.until else "still live",
            line.by,
            write_moment(line.recorded_at),
            line.reason,
            "; ".join(one.words for one in line.changes),
        )
        for line in view.history
    ]
    return Table(_COLUMNS, rows)
