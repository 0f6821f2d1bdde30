"""What decides, on Go / no-go: one line a row with its interval drawn against its bar, and its provenance."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from core.actions.baselines import BaselineView
from core.actions.behind_rows import files_behind, label_coverage
from core.actions.gates import GateView
from core.actions.waivers import WaiverLine
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.metrics.measurement import FirstTraces, Measurement, WeekPoint
from core.report.row_lines import age_words
from core.units import write
from core.web.charts import trend_points, whisker_rows
from core.web.charts.row_pictures import (
    SPARK_WIDTH,
    WHISKER_WIDTH,
    scale_picture,
    spark_picture,
    spark_words,
    whisker_picture,
    whisker_words,
)
from core.web.downloads import download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens import waivers
from core.web.screens.checklist_answer import counted_here
from core.web.screens.eval_baseline import baseline_words
from core.web.screens.go_no_go_table import table_of
from core.web.screens.provenance import behind_answer, behind_number, coverage_words, files_lines
from core.web.widgets import verdict_mark
from core.web.wording import SOURCE_WORDS, verdict_words

_LABEL_PIXELS, _VALUE_PIXELS, _WHY_PIXELS = 440, 84, 590


def what_decides(
    page: PageContext, view: GateView, waived: Sequence[WaiverLine], baselines: BaselineView
) -> None:
    """Every row in its group: blocking and measured, answered by people, advisory; worst first in each."""
    decision = view.decision
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.header("What decides", anchor="what-decides", width="content")
        st.markdown(":small[:material/print: [Print or send it](#report)]", width="content")
    have_weeks = False
    for name, rows in _groups(decision.rows).items():
        if not rows:
            continue
        is_drawn = any(isinstance(row.item, MeasuredItem) for row in rows)
        with st.container(border=True, gap="small", key=f"rows_{name.split()[0].lower()}"):
            _head(name, rows, is_drawn=is_drawn)
            drawn = [_row(page, view, row, waived, baselines) for row in rows]
        have_weeks |= any(drawn)
    st.caption(
        "Green: the good side of the bar, which is the tick. Thick line: where the true value can still lie. "
        "The row is GO only when the whole line is on the good side. What is no share has its bar in the "
        f"middle.{' At the right the last eight weeks, the bar dashed.' if have_weeks else ''}"
    )
    name = page.feature.name if page.feature else page.slug
    download_row("All rows", table_of(decision, name), f"{decision.feature}-go-no-go", key="rows")


def _groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    deciding = [row for row in rows if row.item.decides]
    return {
        "Blocking": [row for row in deciding if row.item.kind != "attested"],
        "Answered by people": [row for row in deciding if row.item.kind == "attested"],
        "Advisory": [row for row in rows if not row.item.decides],
    }


def _head(name: str, rows: Sequence[Row], *, is_drawn: bool) -> None:
    """The group's name and how many of its rows are GO; above the pictures their one scale."""
    good = sum(row.verdict is Verdict.GO for row in rows)
    said = f"{good} of {len(rows)} GO{', shown, never decides' if name == 'Advisory' else ''}"
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{name}** :small[:gray[{said}]]", width=_LABEL_PIXELS)
        if is_drawn:
            st.space(_VALUE_PIXELS)
            ink = "#B9C7CB" if st.context.theme.type == "dark" else "#475A60"
            st.image(scale_picture(ink), width=WHISKER_WIDTH, alt="Scale from 0 to 100 %")


def _row(
    page: PageContext, view: GateView, row: Row, waived: Sequence[WaiverLine], baselines: BaselineView
) -> bool:
    """One row with all that is said of it; returns whether its weeks are drawn."""
    has_weeks = False
    is_measured = isinstance(row.item, MeasuredItem)
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"row_{row.item.id}"):
        with st.container(width=_LABEL_PIXELS if is_measured else "stretch", gap=None):
            _named(page, row, baselines, since=view.decision.bar.since.get(row.item.id))
            if isinstance(row.item, MeasuredItem):
                st.caption(lit(_about(page, row)))
            else:
                _answered(page, row)
        if is_measured:
            has_weeks = _pictures(page, row, view.weeks.get(row.item.id, ()))
    if (row.counts and row.verdict is not Verdict.GO) or row.waiver is not None:
        _why(page, row, waived)
    return has_weeks


def _named(page: PageContext, row: Row, baselines: BaselineView, *, since: datetime | None) -> None:
    """The row's name with its verdict's sign; it opens where the number comes from."""
    words = verdict_words(row.verdict)
    sign = ":gray-badge[:material/remove:]" if row.set_aside else f":{words.colour}-badge[{words.icon}]"
    named = f"{sign} **{lit(row.label)}**"
    item = row.item
    if not isinstance(item, MeasuredItem):
        # What people answer is a whole sentence, which a button would centre.
        st.markdown(named)
        return
    fold = st.popover(named, type="tertiary", wrap=True, key=f"behind_{item.id}", on_change="rerun")
    with fold:
        st.markdown(behind_number(row, item, since=since, beside=baseline_words(baselines, item.metric)))
        # Counting by file is a question of its own to the evidence: it is asked when somebody looks.
        if fold.open:
            found = files_behind(page.workspace, page.caller, page.now, page.slug, item.id)
            st.markdown(files_lines(found))
            covered = label_coverage(page.workspace, page.caller, page.now, page.slug, item.id)
            if covered is not None:
                st.caption(coverage_words(*covered))


def _answered(page: PageContext, row: Row) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(lit(_about(page, row)), width="content")
        said = st.popover("Who says so?", type="tertiary", key=f"behind_{row.item.id}", on_change="rerun")
        with said:
            st.markdown(behind_answer(row))
            # As with files, what the app counts beside the answer is asked for when somebody looks.
            if said.open and isinstance(row.item, AttestedItem) and (words := counted_here(page, row.item)):
                st.markdown(words)


def _about(page: PageContext, row: Row) -> str:
    """ "NO-GO · bar above 80 % · reviewers' labels · newest 3 days ago"; colour alone says nothing."""
    word = "NOT APPLICABLE" if row.set_aside else verdict_words(row.verdict).word
    protected = "protected" if isinstance(row.item, MeasuredItem) and row.item.protected else ""
    source = f"bar {row.bar} · {SOURCE_WORDS[row.finding.source]}" if row.finding is not None else ""
    return " · ".join(part for part in (word, protected, source, age_words(row, page.now)) if part)


def _pictures(page: PageContext, row: Row, weeks: Sequence[WeekPoint]) -> bool:
    """The number, its interval against the bar, and its weeks; returns whether there are some to draw."""
    (drawn,) = whisker_rows([row])
    st.markdown(_number(row), width=_VALUE_PIXELS)
    # "None in the first 100" has neither a bar nor a value on a scale: an empty scale would say nothing.
    if drawn.bar is not None or drawn.value is not None:
        st.image(whisker_picture(drawn), width=WHISKER_WIDTH, alt=whisker_words(drawn))
    points, until = trend_points(weeks), page.now.date()
    picture = spark_picture(points, drawn.bar, until=until)
    if picture:
        st.image(picture, width=SPARK_WIDTH, alt=spark_words(points, drawn.unit, until=until))
    return bool(picture)


def _number(row: Row) -> str:
    match row.finding:
        case Measurement() as found:
            return f"**{lit(write(found.value, found.unit))}**  \n:small[:gray[n {found.n:,}]]"
        case FirstTraces() as first:
            return f"**{first.bad:,} bad**  \n:small[:gray[of {first.reviewed:,}]]"
        case _:
            return ":gray[–]"


def _why(page: PageContext, row: Row, waived: Sequence[WaiverLine]) -> None:
    """Why a row is not GO, what to do, and its waiver or the way to one."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        # A fixed width for the words: on a phone the button then wraps below them instead of squeezing them.
        with st.container(width=_WHY_PIXELS, gap="xxsmall"):
            if row.waiver is not None:
                st.markdown(f"{waivers.row_marks(row)}{verdict_mark(row.verdict)}")
                st.text(f"Waived by {row.waiver.approved_by}: {row.waiver.reason}")
            st.caption(lit(row.why))
        waivers.ask(page, row, waived)
