"""The small building blocks of the screens. Every text that comes in is plain and shown literally."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.errors import UserError
from core.web.charts.canvas import CONFIG, Figure
from core.web.safe import lit
from core.web.session import flash, guarded
from core.web.wording import stakes_words, verdict_words, write_date

if TYPE_CHECKING:
    from core.actions.features import FeatureLine

__all__ = [
    "confirm",
    "empty_state",
    "feature_band",
    "flash",
    "guarded",
    "problem_box",
    "show_chart",
    "verdict_badge",
    "verdict_banner",
    "verdict_mark",
]


def verdict_badge(verdict: str) -> None:
    """The verdict as a small badge: icon, word and colour."""
    words = verdict_words(verdict)
    st.badge(words.word, icon=words.icon, color=words.colour, help=words.meaning)  # type: ignore[arg-type]


def verdict_mark(verdict: str) -> str:
    """The verdict's badge as Markdown, for labels and sentences."""
    words = verdict_words(verdict)
    return f":{words.colour}-badge[{words.icon} {words.word}]"


def verdict_banner(
    verdict: str, *, about: str = "", sentences: Sequence[str] = (), draft: bool = False, note: str = ""
) -> None:
    """The answer of the Go / no-go page, large.

    ``about`` follows the word ("for Phase 3"), ``sentences`` say what decides, ``note`` stands
    small at the end; without sentences the verdict's own meaning is shown.
    """
    words = verdict_words(verdict)
    lines = [lit(sentence) for sentence in sentences] or [words.meaning]
    headline = f"# {words.word}" + (f" {lit(about)}" if about else "")
    if draft:
        headline += "  :gray-badge[:material/edit_note: Draft]"
    body = "\n\n".join([headline, *lines, *([f":small[{lit(note)}]"] if note else [])])
    _alert(verdict)(body, icon=words.icon)


def _alert(verdict: str) -> Callable[..., object]:
    """The coloured box of a verdict; the theme gives `info` the grey-blue of STALE."""
    boxes: dict[str, Callable[..., object]] = {
        "go": st.success,
        "no_go": st.error,
        "not_enough_evidence": st.warning,
        "stale": st.info,
    }
    return boxes.get(verdict, _grey_box)


def _grey_box(body: str, *, icon: str) -> None:
    with st.container(border=True, horizontal=True, gap="small"):
        st.markdown(icon, width="content")
        st.markdown(body)


def show_chart(figure: Figure, *, alt: str, key: str) -> None:
    """Draw a figure of `core.web.charts`; ``alt`` says it in words."""
    # Streamlit's own chart text is a grey too pale for small print on white.
    font = {"color": "#E6EEEF" if st.context.theme.type == "dark" else "#13262B"}
    layout = {
        name: {**part, "tickfont": font} if name.startswith(("xaxis", "yaxis")) else part
        for name, part in figure["layout"].items()
    }
    layout["font"] = font
    st.plotly_chart({**figure, "layout": layout}, config=CONFIG, key=key, alt=alt)


def feature_band(feature: "FeatureLine") -> DeltaGenerator:
    """The band at the top of every page of a feature; returns the place for the verdict's badge."""
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key="feature_band"
    ):
        st.markdown(f"**{lit(feature.name)}**", width="content")
        if feature.owner:
            st.caption(f"Owner {lit(feature.owner)}", width="content")
        stakes = stakes_words(feature.stakes)
        st.badge(stakes.word, color=stakes.colour, help=stakes.meaning)  # type: ignore[arg-type]
        if feature.locked_at is None:
            st.badge(
                "Draft", icon=":material/edit_note:", color="gray", help="The checklist is not locked yet."
            )
        else:
            st.badge(f"Locked {write_date(feature.locked_at)}", icon=":material/lock:", color="gray")
        st.badge("Rollout not started", icon=":material/flag:", color="gray")
        return st.container(width="content")


@contextmanager
def empty_state(title: str, sentence: str, *, icon: str = ":material/inbox:") -> Iterator[None]:
    """A calm box where there is nothing yet: what it is, what to do first; the block adds the action."""
    with st.container(border=True):
        st.markdown(f"#### {icon} {lit(title)}")
        st.markdown(lit(sentence))
        yield


def problem_box(problem: UserError) -> None:
    """An error that the person can act on, in its own words."""
    body = lit(problem.mend) if problem.mend else ""
    st.error(
        body or lit(problem.sentence), title=lit(problem.sentence) if body else None, icon=":material/error:"
    )


def confirm(
    title: str,
    sentences: Sequence[str],
    *,
    action: str,
    on_confirm: Callable[[], object],
    key: str,
    icon: str = ":material/help:",
) -> None:
    """Ask before something that cannot be undone; ``on_confirm`` runs as a callback, then the dialog closes.

    Call it in the run in which the person pressed the button that leads here.
    """

    @st.dialog(title, icon=icon)
    def ask() -> None:
        for sentence in sentences:
            st.markdown(lit(sentence))
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button("Cancel", key=f"{key}_cancel"):
                st.rerun()
            if st.button(action, key=f"{key}_confirm", type="primary", on_click=guarded(on_confirm)):
                st.rerun()

    ask()
