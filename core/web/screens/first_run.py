"""The first look round: five stops in the demo, from a NO-GO and its reasons to a feature of one's own.

Where somebody is on it stands in the address. That it was closed is remembered for the person, until
Readygate is started anew.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from core.actions.demo import TOUR
from core.web import wiring
from core.web.address import number_in, put, text_in
from core.web.registry import link_to

if TYPE_CHECKING:
    from core.actions.portfolio import PortfolioLine
    from core.web.opening import PageContext

_PARAMETER = "tour"
_NO_GO, _MORE = TOUR["no_go"], TOUR["more_cases"]


@dataclass(frozen=True)
class Stop:
    """A page of a demo feature, and what to look at there."""

    title: str
    page: str
    words: str
    feature: str | None = None
    query: dict[str, str] = field(default_factory=dict)


STOPS = (
    Stop(
        "A NO-GO, and why",
        "go_no_go",
        "The box gives the two strongest reasons. Click the name of a row under “What decides” to see where "
        "its number comes from.",
        _NO_GO,
    ),
    Stop(
        "How the checklist promised it",
        "checklist",
        "These bars were locked before the first trace came in, so nobody could move them when the numbers "
        "disappointed.",
        _NO_GO,
    ),
    Stop(
        "An answer that failed",
        "traces",
        "Each of these answers counts against answer correctness. Open one to read what was asked, what came "
        "back, and what the reviewer said.",
        _NO_GO,
        {"behind": "answer_correctness.label", "against": "yes"},
    ),
    Stop(
        "What is needed to go on",
        "go_no_go",
        "Nothing fails here: there is too little evidence. The box says how many more labelled answers it "
        "takes.",
        _MORE,
    ),
    Stop(
        "Make your own",
        "portfolio",
        "Give it a name, an owner and what is at stake. Then the way to a GO lies before you, step by step.",
    ),
)


def strip(page: "PageContext", lines: "Sequence[PortfolioLine]") -> None:
    """On the Portfolio: the way in, while the demo is all there is, and whenever somebody asks for it."""
    if not _has_demo({line.feature.slug for line in lines}) or at_last_stop():
        return
    is_new = all(line.is_demo for line in lines) and page.caller.person_id not in _closed(_place())
    if not (is_new or text_in(_PARAMETER)):
        return
    with st.container(border=True, gap="xsmall", key="first_run"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**:material/explore: Look round in 3 minutes**", width="content")
            close = partial(_close, page)
            st.button("Close", icon=":material/close:", type="tertiary", key="tour_close", on_click=close)
        with st.container(horizontal=True, gap="xsmall"):
            for place, stop in enumerate(STOPS[:-1], start=1):
                _link(place, f"{place}. {stop.title}", help=stop.words)
            # Not a link: one that leads to the page it stands on would leave the address as it is.
            st.button(
                f"{len(STOPS)}. {STOPS[-1].title}",
                type="tertiary",
                icon=":material/add:",
                key="tour_last",
                on_click=put,
                args=(_PARAMETER, str(len(STOPS))),
            )


def stop(key: str, slug: str | None = None) -> None:
    """On the page of a stop, for whoever came here on the way round: what to look at, and the next stop."""
    place = _asked()
    if place is None or (STOPS[place - 1].page, STOPS[place - 1].feature) != (key, slug):
        return
    here = STOPS[place - 1]
    with st.container(border=True, gap="xxsmall", key="tour_stop"):
        st.markdown(f":material/explore: **{place} of {len(STOPS)} · {here.title}.** {here.words}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if place < len(STOPS):
                _link(place + 1, f"Next: {STOPS[place].title}", icon=":material/arrow_forward:")
            st.button("End the tour", type="tertiary", key="tour_end", on_click=put, args=(_PARAMETER, ""))


def at_last_stop() -> bool:
    """Whether the way round has come to the form for a feature of one's own."""
    return _asked() == len(STOPS)


def way_back(page: "PageContext") -> None:
    """A link to the way round, for the Glossary; only where the demo is."""
    if _has_demo({line.slug for line in wiring.features(page.workspace, page.caller)}):
        link_to(
            "portfolio",
            query={_PARAMETER: "start"},
            label="Look round the demo in 3 minutes",
            icon=":material/explore:",
        )


def _asked() -> int | None:
    """The number of the stop that the address names."""
    return number_in(_PARAMETER, len(STOPS)) if text_in(_PARAMETER, 2).isdigit() else None


def _link(place: int, label: str, *, icon: str | None = None, help: str | None = None) -> None:
    stop = STOPS[place - 1]
    link_to(
        stop.page,
        feature=stop.feature,
        label=label,
        icon=icon,
        help=help,
        query={**stop.query, _PARAMETER: str(place)},
    )


def _has_demo(slugs: Collection[str]) -> bool:
    return {_NO_GO, _MORE} <= set(slugs)


def _close(page: "PageContext") -> None:
    _closed(_place()).add(page.caller.person_id)
    put(_PARAMETER, "")


def _place() -> str:
    return f"{wiring.home_folder()} {wiring.database_url()}"


@st.cache_resource(show_spinner=False)
def _closed(place: str) -> set[int | None]:
    """Who has closed it, of the installation at ``place``."""
    return set()
