"""The cases behind a comparison of two releases: what each asked, and both answers side by side."""

from functools import partial

import streamlit as st

from core.actions.comparing import Comparison, FlipText, flips
from core.metrics.before_after_words import FLIP_WORDS, tries_words
from core.metrics.paired_cases import ComparedCase, Flip, SaidOfCase, TriedCase
from core.web.address import number_in, one_in, put, writes
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.trace_text import instead_of, one_line, show_text
from core.web.wording import write_count

PER_PAGE = 20
_NAMES = {
    Flip.BROKE: "Broke",
    Flip.FIXED: "Fixed",
    Flip.FAILS_STILL: "Fail in both",
    Flip.PASSES_STILL: "Pass in both",
}
_COLUMNS = (
    "Case", "Set", "What became of it", "Critical", "Flaky", "Task type", "Segment", "Tries before",
    "Passed before", "Tries after", "Passed after", "Why it does not count",
)  # fmt: skip


def flips_list(page: PageContext, one: Comparison) -> None:
    """The cases that flipped, a page of them at a time, with the download of every case."""
    pairs = one.found.pairs
    counts = {flip: len(pairs.of(flip)) for flip in Flip}
    shown = {flip.value: f"{_NAMES[flip]} ({count:,})" for flip, count in counts.items() if count}
    if shown:
        st.markdown("**Case by case**")
        first = next(iter(shown))
        chosen = Flip(one_in("flip", shown, first))
        st.session_state["compare_flip"] = chosen.value
        st.segmented_control(
            "Cases",
            list(shown),
            format_func=lambda value: shown.get(value, value),
            key="compare_flip",
            required=True,
            label_visibility="collapsed",
            on_change=writes("flip", "compare_flip", default=first, also_drops="at"),
        )
        _page_of(page, one, chosen, counts[chosen])
    if shown or pairs.left_out.n:
        table = Table(_COLUMNS, case_rows(one))
        download_row("Every case", table, f"{page.slug}-compare-cases", key="compare_cases")


def case_rows(one: Comparison) -> list[tuple[object, ...]]:
    """Every case of either release: what became of it, or why it does not count."""
    pairs, left = one.found.pairs, one.found.pairs.left_out
    rows: list[tuple[object, ...]] = [_row(case) for flip in Flip for case in pairs.of(flip)]
    for ids, why in (
        (left.only_before, f"no result of {one.after}"),
        (left.only_after, f"no result of {one.before}"),
        (left.changed, "other contents"),
        (left.run_again, "run again"),
    ):
        rows += [(case_id, *[None] * (len(_COLUMNS) - 2), why) for case_id in ids]
    return rows


def _row(case: ComparedCase) -> tuple[object, ...]:
    return (
        case.case_id,
        case.after.suite,
        FLIP_WORDS[case.flip],
        case.is_critical,
        case.is_flaky,
        case.task_type,
        case.user_segment,
        len(case.before.tries),
        sum(case.before.tries),
        len(case.after.tries),
        sum(case.after.tries),
        None,
    )


def _page_of(page: PageContext, one: Comparison, flip: Flip, count: int) -> None:
    pages = -(-count // PER_PAGE)
    at = number_in("at", pages)
    first = (at - 1) * PER_PAGE
    found = flips(page.workspace, page.caller, page.now, page.slug, one, flip, first=first, most=PER_PAGE)
    if pages > 1:
        st.caption(f"{write_count(count, 'case')}; {first + 1:,} to {first + len(found):,} are shown.")
    for place, text in enumerate(found):
        _one(page, one, text, place)
    if pages > 1:
        key = f"compare_at_{at}"
        st.pagination(pages, default=at, key=key, on_change=partial(_turn, key))


def _turn(key: str) -> None:
    put("at", str(st.session_state[key]))


def _one(page: PageContext, one: Comparison, text: FlipText, place: int) -> None:
    case = text.case
    badge = ":red-badge[:material/priority_high: critical] " if case.is_critical else ""
    badge += ":gray-badge[:material/shuffle: flaky] " if case.is_flaky else ""
    head = one_line(text.question, otherwise="")
    head = head if len(head) <= 90 else f"{head[:89].rstrip()}…"
    with st.expander(f"{badge}**{lit(case.case_id)}** {lit(head)}", key=f"compare_case_{place}"):
        if text.question:
            st.caption("Question")
            show_text(text.question)
        if text.expected:
            st.caption("Expected")
            show_text(text.expected)
        left, right = st.columns(2)
        with left:
            _side(page, one.before, case.before, text.before, f"{place}_before")
        with right:
            _side(page, one.after, case.after, text.after, f"{place}_after")


def _side(page: PageContext, release: str, tried: TriedCase, said: SaidOfCase, key: str) -> None:
    mark = ":green[:material/check:]" if all(tried.tries) else ":red[:material/close:]"
    if 0 < sum(tried.tries) < len(tried.tries):
        mark = ":orange[:material/shuffle:]"
    with st.container(border=True, key=f"compare_side_{key}"):
        st.markdown(f"{mark} **{lit(release)}**: {lit(tries_words(tried))}")
        if said.response:
            show_text(said.response)
        elif not said.error:
            st.caption("The result does not say what was answered.")
        if said.error:
            st.caption(f"Error: {lit(instead_of(said.error) or said.error)}")
        if said.source_trace:
            link_to(
                "traces",
                feature=page.slug,
                label="Open the trace",
                icon=":material/manage_search:",
                query={"trace": said.source_trace},
            )
