"""`open_page`: the first call of every page; nothing is loaded or shown before it has agreed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from core.web import wiring
from core.web.band import feature_band, progress_list
from core.web.feature_choice import choose_feature, feature_list, pick_feature
from core.web.registry import link_to, spec_of
from core.web.safe import lit
from core.web.screens import first_run
from core.web.session import claim_run, take_flashes, take_problem
from core.web.widgets import empty_state, problem_box

if TYPE_CHECKING:
    from core.actions.features import FeatureLine
    from core.actions.people import Caller
    from core.actions.progress import Progress
    from core.actions.workspace import Workspace
    from core.decision.decide import Decision

_DRAWN = "_readygate_drawn"
_MOMENT_SECONDS = 0.2


@dataclass(frozen=True)
class PageContext:
    """What a page works with: the workspace, who asks, when, and about which feature.

    ``now`` is read once, so that everything on one page is of the same moment (UTC). A callback runs
    later, on a page that may have stood open for hours: it acts at its own :meth:`moment`.
    """

    workspace: "Workspace"
    caller: "Caller"
    now: datetime
    feature: "FeatureLine | None"
    progress: "Progress | None" = None
    features: "Sequence[FeatureLine]" = ()

    @property
    def slug(self) -> str:
        """The feature's slug; only on pages that need a feature."""
        if self.feature is None:
            raise RuntimeError("this page was opened without a feature")
        return self.feature.slug

    @property
    def decision(self) -> "Decision":
        """The verdict with all that is behind it; only on pages that need a feature."""
        if self.progress is None:
            raise RuntimeError("this page was opened without a feature")
        return self.progress.decision

    def moment(self) -> datetime:
        """The present (UTC), for what a callback does."""
        return datetime.now(UTC)


def open_page(key: str, *, needs_feature: bool = True) -> PageContext:
    """Open the page ``key``: check the way in, load the workspace, choose the feature, draw the band.

    A page that was not started by the router, or that needs a feature when there is none, stops
    here with a sentence that says what to do.
    """
    spec = spec_of(key)
    if not claim_run(key):
        st.warning("Open Readygate at its start page.", icon=":material/door_front:")
        st.stop()
    now = datetime.now(UTC)
    workspace, caller = wiring.workspace(), wiring.caller()
    _show_messages()
    if not needs_feature:
        return PageContext(workspace, caller, now, None)
    features = wiring.features(workspace, caller)
    if not features:
        _no_feature_yet(spec.title)
    feature = choose_feature(features)
    if feature is None:
        _ask_for_feature(spec.title, features)
    progress = wiring.progress(workspace, caller, now, feature.slug)
    page = PageContext(workspace, caller, now, feature, progress, features)
    # Go / no-go tells the decision itself, and has to tell it on the first screen and before anything else.
    is_decision = key == "go_no_go"
    feature_band(page, feature, progress, brief=is_decision)
    if not is_decision:
        sidebar(page)
    first_run.stop(key, feature.slug)
    return page


def sidebar(page: PageContext) -> None:
    """The choice of the feature and what is still missing; Go / no-go draws them after its verdict."""
    feature_list(page.features)
    if page.progress is not None:
        progress_list(page.slug, page.progress)


@contextmanager
def drawn_first(page: PageContext) -> Iterator[None]:
    """What the page has so far is on the screen before it goes on; the block does what takes time meanwhile.
    The sidebar follows, also where the block fails: from there another feature can be chosen.

    A browser that is given all of a page at once shows nothing until it has drawn the last part of it, so
    with a moment between them both parts are there earlier. Once for a feature in a session: later
    runs change what stands there already.
    """
    before = monotonic()
    try:
        yield
        drawn = st.session_state.setdefault(_DRAWN, set())
        has_browser = bool(st.context.headers)
        if has_browser and page.slug not in drawn:
            drawn.add(page.slug)
            sleep(max(0.0, _MOMENT_SECONDS - (monotonic() - before)))
    finally:
        sidebar(page)


def _show_messages() -> None:
    for message, icon in take_flashes():
        st.toast(lit(message), icon=icon)
    problem = take_problem()
    if problem is not None:
        problem_box(problem)
        # The box stands at the top; whoever pressed a button further down sees the toast.
        st.toast(lit(str(problem)), icon=":material/error:", duration="long")


def _no_feature_yet(title: str) -> NoReturn:
    st.title(title)
    with empty_state(
        "There is no AI feature yet",
        "Create one on the Portfolio page first; it takes a name, an owner and what is at stake.",
        icon=":material/flag:",
    ):
        link_to("portfolio", label="Go to Portfolio")
    st.stop()


def _ask_for_feature(title: str, features: "Sequence[FeatureLine]") -> NoReturn:
    feature_list(features)
    st.title(title)
    with empty_state("Which feature?", "Choose the AI feature that you want to look at."):
        for feature in features:
            # Not a link: one that leads to the page it stands on would leave the address as it is.
            st.button(
                lit(feature.name),
                key=f"choose_{feature.slug}",
                icon=":material/arrow_forward:",
                on_click=pick_feature,
                args=(feature.slug,),
            )
    st.stop()
