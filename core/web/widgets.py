"""The small building blocks of the screens. Every text that comes in is plain and shown literally."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import streamlit as st

from core.errors import UserError
from core.web.charts.canvas import CONFIG, Figure
from core.web.safe import lit
from core.web.session import flash, guarded
from core.web.wording import (
    DRAFT_ICON,
    verdict_said,
    verdict_words,
    write_age,
)

if TYPE_CHECKING:
    from core.decision.decide import Decision

__all__ = [
    "as_committed_words",
    "confirm",
    "counts_written",
    "empty_state",
    "flash",
    "guarded",
    "problem_box",
    "refresh",
    "show_chart",
    "verdict_badge",
    "verdict_banner",
    "verdict_box",
    "verdict_mark",
]


def verdict_badge(verdict: str, *, draft: bool = False) -> None:
    """The verdict as a small badge: icon, word and colour; that of a draft is no verdict yet, and says so."""
    words = verdict_words(verdict)
    st.badge(
        verdict_said(verdict, draft=draft),
        icon=DRAFT_ICON if draft else words.icon,
        color="gray" if draft else words.colour,  # type: ignore[arg-type]
        help="The checklist is not locked, so nothing is decided yet. " * draft + words.meaning,
    )


def verdict_mark(verdict: str) -> str:
    """The verdict's badge as Markdown, for labels and sentences."""
    words = verdict_words(verdict)
    return f":{words.colour}-badge[{words.icon} {words.word}]"


def verdict_banner(
    verdict: str, *, about: str = "", sentences: Sequence[str] = (), draft: bool = False, note: str = ""
) -> None:
    """The answer of the Go / no-go page, large.

    ``about`` follows the word ("for Phase 3"), ``sentences`` say what decides, ``note`` stands
    small at the end; without sentences the verdict's own meaning is shown. That of a ``draft`` has
    neither the colour nor the sign of a verdict: nothing is decided.
    """
    words = verdict_words(verdict)
    lines = [lit(sentence) for sentence in sentences] or [words.meaning]
    word = verdict_said(verdict, draft=draft)
    icon = DRAFT_ICON if draft else words.icon
    headline = f"# {icon} {word}" + (f" {lit(about)}" if about else "")
    body = "\n\n".join([headline, *lines, *([f":small[{lit(note)}]"] if note else [])])
    verdict_box(verdict, body, draft=draft)


def verdict_box(verdict: str, body: str, *, draft: bool = False) -> None:
    """A box in the colour of the verdict; ``body`` is Markdown that is literal already, its icon included."""
    boxes = _BOXES if not draft else {}
    if verdict in boxes:
        boxes[verdict](body)
    else:
        with st.container(border=True):
            st.markdown(body)


_BOXES: dict[str, Callable[..., object]] = {
    "go": st.success,
    "no_go": st.error,
    "not_enough_evidence": st.warning,
    "stale": st.info,
}
"""The coloured box of a verdict; the theme gives `info` the grey-blue of STALE."""


def show_chart(figure: Figure, *, alt: str, key: str) -> None:
    """Draw a figure of `core.web.charts`; ``alt`` says it in words."""
    # Streamlit's own chart text is too pale for small print on white. Charts of a page that turns dark while
    # it stands open keep their ink until the next click, so each can be read on the other ground as well.
    font = {"color": "#869AA0" if st.context.theme.type == "dark" else "#566870"}
    layout = {
        name: {**part, "tickfont": font} if name.startswith(("xaxis", "yaxis")) else part
        for name, part in figure["layout"].items()
    }
    layout["font"] = font
    st.plotly_chart({**figure, "layout": layout}, config=CONFIG, key=key, alt=alt)


def counts_written(columns: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a table that write its counts as every sentence does: 1,000,000. By the name of each of
    ``columns`` (a list of cells each) that holds nothing but whole numbers and gaps."""
    # "localized" would go by the browser, where 1.000 may mean a thousand, and sentences do not.
    counts = st.column_config.NumberColumn(format="accounting", step=1)
    found = {name: {type(cell) for cell in cells} - {type(None)} for name, cells in columns.items()}
    return {name: counts for name, types in found.items() if types == {int}}


def since_words(verdict: str, since: datetime | None, now: datetime, *, draft: bool = False) -> str:
    """How long the verdict has been this one, as far as that is on record; a ``draft`` has none yet."""
    word = f"{'would be ' if draft else ''}{verdict_words(verdict).word}"
    if since is None:
        return word
    age = write_age(since, now)
    return f"{word} since a moment ago" if age == "now" else f"{word} for {age}"


def as_committed_words(decision: "Decision") -> list[str]:
    """An amendment never hides a worse verdict: what it would be against the bars as first committed."""
    hidden = decision.hidden_verdict
    return [] if hidden is None else [f"{verdict_words(hidden).word} against the bars as first committed"]


@contextmanager
def empty_state(title: str, sentence: str, *, icon: str = ":material/inbox:") -> Iterator[None]:
    """A calm box where there is nothing yet: what it is, what to do first; the block adds the action."""
    with st.container(border=True):
        st.markdown(f"## {icon} {lit(title)}")
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


def refresh() -> NoReturn:
    """From a fragment that runs by itself: run the whole page again."""
    # Whoever draws something lets a click on another page go first; to run this one again would undo it.
    st.empty()
    st.rerun()
