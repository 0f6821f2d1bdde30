"""The sections of the Health page, the board first: one at a time, chosen in the address."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import streamlit as st

from core.actions.gauges import Health, Part
from core.web.address import one_in, writes
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.screens import (
    failures,
    health_board,
    health_compare,
    health_confidence,
    health_cost,
    health_discovery,
    health_judge,
    health_phases,
    health_slices,
    health_trend,
)
from core.web.screens.outside import counted_outside
from core.web.wording import write_date

Section = Callable[[PageContext, Health, Part], None]
"""Draws one section: of this page, with the numbers of the board, of this part of the evidence."""

_KEY = "health_show"


@dataclass(frozen=True)
class _Entry:
    label: str
    icon: str
    draw: Section


def failures_of(part: Part, page: PageContext) -> str:
    """Which failures are counted while filters are set: notes of failures say their day, and no more."""
    since = part.window(page.now).since
    words = [] if since is None else [f"Failures found since {write_date(since)}."]
    if part.phase is not None and part.phase.ended is not None:
        words.append("The end of the phase does not apply here: later failures are counted as well.")
    if replace(part, weeks=None, phase=None).narrows:
        words.append("The filters other than weeks do not apply here: these are failures of all traffic.")
    return " ".join(words)


def _failures(page: PageContext, _view: Health, part: Part) -> None:
    failures.pareto(page, since=part.window(page.now).since, of=failures_of(part, page))
    link_to("failures", feature=page.slug, label="Failures: the ten most frequent, fixes, incidents, words")


def _outside(page: PageContext, _view: Health, _part: Part) -> None:
    counted_outside(page)


def _board(page: PageContext, view: Health, part: Part) -> None:
    health_board.board(page, view, part)
    health_board.missing(view, part)
    health_board.download(page, view, part)


SECTIONS: dict[str, _Entry] = {
    "board": _Entry("Board", ":material/dashboard:", _board),
    "trend": _Entry("Trend", ":material/show_chart:", health_trend.section),
    "phases": _Entry("Phases", ":material/flag:", health_phases.section),
    "slices": _Entry("Slices", ":material/grid_on:", health_slices.section),
    "compare": _Entry("Compare", ":material/compare_arrows:", health_compare.section),
    "confidence": _Entry("Confidence", ":material/speed:", health_confidence.section),
    "cost": _Entry("Cost", ":material/payments:", health_cost.section),
    "judge": _Entry("AI judge", ":material/gavel:", health_judge.section),
    "failures": _Entry("Failures", ":material/error_outline:", _failures),
    "discovery": _Entry("New kinds", ":material/search_insights:", health_discovery.section),
    "outside": _Entry("Outside counts", ":material/forum:", _outside),
}
"""By the word in the address, in the order on screen; the first is shown where nothing is chosen."""


def sections(page: PageContext, view: Health, part: Part) -> None:
    """The choice of the section, and the one that is chosen; only that one is worked out."""
    first = next(iter(SECTIONS))
    labels = {name: f"{entry.icon} {entry.label}" for name, entry in SECTIONS.items()}
    st.session_state[_KEY] = one_in("show", labels, first)
    st.segmented_control(
        "Show",
        list(SECTIONS),
        format_func=lambda name: labels.get(name, name),
        key=_KEY,
        required=True,
        label_visibility="collapsed",
        on_change=writes("show", _KEY, default=first),
    )
    SECTIONS[st.session_state[_KEY]].draw(page, view, part)
