"""How loudly a rate speaks, on the screen: the badge of its level, and its sentence."""

import streamlit as st

from core.metrics.drift import Drift
from core.metrics.drift_wording import drift_sentence, level_word
from core.web.charts.trend_marks import LEVELS
from core.web.safe import lit


def level_badge(drift: Drift) -> None:
    """The word of the level with its icon and its colour."""
    look = LEVELS[drift.level]
    st.badge(level_word(drift), icon=look.icon, color=look.colour)  # type: ignore[arg-type]


def level_line(drift: Drift, label: str = "") -> None:
    """The badge and the sentence; with a ``label`` it is one of several, and small."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        level_badge(drift)
        if label:
            st.markdown(f"**{lit(label)}**", width="content")
    say = st.caption if label else st.markdown
    say(lit(drift_sentence(drift)))
