"""The lower half of the confidence section: its spread and shift over the traffic, and what was wrong."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from core.actions.confidence import (
    MOST_WRONG_DOWNLOADED,
    MOST_WRONG_SHOWN,
    ConfidenceView,
    all_confident_and_wrong,
)
from core.actions.gauges import Part
from core.metrics.confidence import histogram
from core.metrics.confidence_words import shift_words, write_confidence
from core.store.confidence_rows import WrongAnswer
from core.units import Unit, write
from core.web.charts.confidence import distribution_alt, distribution_chart
from core.web.downloads import Table, csv_bytes, download_row, xlsx_bytes
from core.web.opening import PageContext
from core.web.registry import page as page_of
from core.web.safe import lit, printable
from core.web.screens.health_filters import part_words
from core.web.screens.trace_text import NOT_RECORDED
from core.web.widgets import show_chart
from core.web.wording import write_count, write_date

_OPEN = "confidence_open"
_SHOWN = ("Question", "Confidence", "What is wrong", "When", "Run id")
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def distribution(page: PageContext, view: ConfidenceView, part: Part) -> None:
    st.markdown("**How confidence is spread over all traffic**")
    periods = view.periods
    shown = periods.after if periods is not None else view.traffic
    after, before = histogram(shown), histogram(periods.before) if periods is not None else ()
    show_chart(
        distribution_chart(after, before, view.at.threshold),
        alt=distribution_alt(after, before),
        key="health_confidence_spread",
    )
    traffic = view.traffic
    without = traffic.rows - traffic.rows_stated
    share = write(without / traffic.rows, Unit.SHARE) if traffic.rows else "0 %"
    words = (
        f"Of {part_words(part)}, every release. {without:,} of {traffic.rows:,} traces ({share}) state no "
        "confidence: they stay below every threshold. Dashed: the threshold looked at."
    )
    if periods is not None:
        words += (
            f" Bars: since {write_date(periods.turn)} ({shown.rows_stated:,} traces); dotted: "
            f"{write_date(periods.began)} until then ({periods.before.rows_stated:,})."
        )
    st.caption(lit(words))
    _shift(view)
    counts = {(one.low, one.high): one.rows for one in before}
    rows = [(one.low, one.high, one.rows, counts.get((one.low, one.high))) for one in after]
    columns = ("From", "To", "Traces", "Traces before")
    download_row("The spread", Table(columns, rows), f"{page.slug}-confidence", key="confidence_spread")


def _shift(view: ConfidenceView) -> None:
    periods = view.periods
    if periods is None:
        st.caption("There is no earlier time to compare with.")
        return
    said, numbers = shift_words(periods.shift, view.at.threshold)
    judged = f"Labelled: {periods.before.judged:,} before, {periods.after.judged:,} since."
    if periods.shift.silent or periods.shift.broken:
        st.warning(lit(f"{numbers} {judged}"), title=lit(said), icon=":material/notifications_off:")
    else:
        st.markdown(f"{lit(said)} :small[{lit(f'{numbers} {judged}')}]")


def wrong_answers(page: PageContext, view: ConfidenceView, part: Part) -> None:
    st.markdown("**Confident and wrong**")
    at, total = write_confidence(view.at.threshold), view.wrong_in_all
    if not total:
        known = "No labelled answer" if view.counted.judged else "Nothing is labelled yet, so no answer"
        st.caption(lit(f"{known} at {at} or above is known to be wrong."))
        return
    first = f"the {MOST_WRONG_SHOWN} most confident of " if total > MOST_WRONG_SHOWN else ""
    st.caption(
        lit(
            f"At {at} or above: {first}{write_count(total, 'wrong answer')}, the most confident first. Every "
            "person's label counts in this list, however the trace was picked: it is no rate."
        )
    )
    runs = tuple(one.run_id for one in view.wrong)
    columns = {"Open": ["Open"] * len(runs)} | {
        name: [_row(one)[place] for one in view.wrong] for place, name in enumerate(_SHOWN)
    }
    st.dataframe(
        columns,
        hide_index=True,
        key="confidence_wrong",
        height=min(38 + 35 * len(runs), 400),
        column_config={
            "Open": st.column_config.ButtonColumn(
                "", width="small", pinned=True, key=f"{_OPEN}_row", on_click=_picked, args=(runs,)
            ),
            "Question": st.column_config.TextColumn(width=320),
        },
        alt=f"{write_count(len(runs), 'wrong answer')} with confidence, question and what is wrong.",
    )
    _downloads(page, view, part)
    if run := st.session_state.pop(_OPEN, None):
        st.switch_page(page_of("traces"), query_params={"feature": page.slug, "trace": run})


def _picked(runs: tuple[str, ...]) -> None:
    clicked = st.session_state.get(f"{_OPEN}_row")
    if clicked is not None and 0 <= clicked["row"] < len(runs):
        st.session_state[_OPEN] = runs[clicked["row"]]


def _row(one: WrongAnswer) -> tuple[str, ...]:
    question = NOT_RECORDED if one.query is None else printable(one.query)
    when = f"{one.moment:%Y-%m-%d %H:%M}"
    return (question, write_confidence(one.confidence), verdict_words(one), when, printable(one.run_id))


def verdict_words(one: WrongAnswer) -> str:
    """What people say is wrong: the failure types they name, and their answers to the other questions."""
    said = [*one.failure_types]
    said += ["wrong tool"] * one.is_wrong_tool + ["not supported by its sources"] * one.is_ungrounded
    said += ["invented"] * one.is_hallucinated
    return printable(", ".join(dict.fromkeys(said))) or "wrong answer"


def _downloads(page: PageContext, view: ConfidenceView, part: Part) -> None:
    """All of them, read only when a button is pressed."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        cut = view.wrong_in_all > MOST_WRONG_DOWNLOADED
        st.caption(f"The first {MOST_WRONG_DOWNLOADED:,}" if cut else "All of them", width="content")
        for word, kind, mime, make in (
            ("CSV", "csv", "text/csv", csv_bytes),
            ("Excel", "xlsx", _XLSX, xlsx_bytes),
        ):
            st.download_button(
                word,
                data=partial(_file, page, view, part, make),
                file_name=f"{page.slug}-confident-and-wrong.{kind}",
                mime=mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"confidence_wrong_{kind}",
            )


def _file(page: PageContext, view: ConfidenceView, part: Part, make: Callable[..., bytes]) -> bytes:
    wrong = all_confident_and_wrong(
        page.workspace,
        page.caller,
        page.now,
        page.slug,
        part,
        release=view.release.release,
        threshold=view.at.threshold,
    )
    rows = [
        (one.run_id, one.confidence, one.moment, one.release, one.query, verdict_words(one)) for one in wrong
    ]
    return make(rows, ("Run id", "Confidence", "Moment", "Release", "Question", "What is wrong"))
