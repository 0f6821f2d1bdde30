"""The time that a review has taken: what somebody worked on it, not what passed while nobody was there."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from core.actions.reviews import queue_of
from core.store.reviews import ReviewSession
from core.web.opening import PageContext

SILENCE = timedelta(minutes=3)
"""Of a longer silence only so much counts: whoever does nothing for longer is taken to be away."""


@dataclass(frozen=True)
class Worked:
    """``so_far`` until ``last``, the moment at which something was done."""

    so_far: timedelta
    last: datetime

    def at(self, moment: datetime) -> timedelta:
        """How long somebody has worked at ``moment``, where nothing was done since the last."""
        return self.so_far + min(max(moment - self.last, timedelta()), SILENCE)

    def is_paused(self, moment: datetime) -> bool:
        """Whether the silence lasts so long that it counts no more."""
        return moment - self.last >= SILENCE

    def went_on(self, moment: datetime) -> "Worked":
        """The same once something was done at ``moment``."""
        return Worked(self.at(moment), max(moment, self.last))


def worked(begun: datetime, done: Iterable[datetime]) -> Worked:
    """The time that is on record: from its beginning on, through all that was ``done``, in any order."""
    found = Worked(timedelta(), begun)
    for moment in sorted(done):
        found = found.went_on(moment)
    return found


def timer(page: PageContext, session: ReviewSession) -> None:
    """What is left of the minutes that one takes for a review; call it whenever somebody did something.

    What was done before this visit is read from the labels, once.
    """
    known = st.session_state.get(_key(session))
    if known is None:
        queue = queue_of(page.workspace, page.caller, page.slug, session.id)
        known = worked(session.opened_at, (one.reviewed_at for one in queue if one.reviewed_at is not None))
    st.session_state[_key(session)] = known.went_on(page.moment())
    _left(page, session)


@st.fragment(run_every="20s")
def _left(page: PageContext, session: ReviewSession) -> None:
    """Nobody is cut off. Its own runs are nobody's work."""
    known, now = st.session_state[_key(session)], page.moment()
    minutes = math.ceil((timedelta(minutes=session.minutes or 0) - known.at(now)) / timedelta(minutes=1))
    if minutes <= 0:
        words = f"{session.minutes} minutes are over; finish when you like"
        st.caption(f":material/timer_off: {words}", width="content")
        return
    icon, paused = (":material/pause:", ", paused") if known.is_paused(now) else (":material/timer:", "")
    st.caption(
        f"{icon} {minutes} min left{paused}",
        width="content",
        help="Counts while you work. It pauses when nothing is done here for "
        f"{SILENCE // timedelta(minutes=1)} minutes, and goes on with the next thing you do.",
    )


def _key(session: ReviewSession) -> str:
    return f"_readygate_review_{session.id}_worked"
