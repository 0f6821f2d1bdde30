"""The phases section of the Health page: each metric in each phase, beside the phase's own baseline."""

from collections.abc import Sequence

import streamlit as st

from core.actions.gauges import Health, Part
from core.actions.phase_metrics import PhaseRow, view_phases
from core.criteria.wording import value_words
from core.metrics.catalogue import Metric, Shape
from core.metrics.change_words import interval_points
from core.metrics.drift import FEWEST_A_WEEK
from core.metrics.like_for_like import verdict_sentence
from core.metrics.measurement import Measurement, Source
from core.metrics.phases import Compared, PhaseCell, gap_sentences
from core.rollout.standing import Standing
from core.rollout.transitions import State
from core.units import Unit, write
from core.web.charts.phases import PhaseLine, phase_alt, phase_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.widgets import empty_state, show_chart
from core.web.wording import SOURCE_WORDS, write_date

_COLUMNS = (
    *("Phase", "Began", "Ended", "Metric", "Source", "Value", "Low", "High", "n", "Effective n", "Bar"),
    *("First week", "First week low", "First week high", "First week n", "Gap found"),
)


def section(page: PageContext, view: Health, part: Part) -> None:
    """The five by phase, with the gaps first; before the first phase, what will stand here."""
    st.header("Phases")
    gauges = [
        one.main
        for one in view.quality
        if one.main is not None and one.main.measured is not None and one.metric.shape is Shape.RATE
    ]
    rows = view_phases(page.workspace, page.caller, page.now, page.slug, part, gauges)
    if not rows:
        _none_yet(page)
        return
    if not gauges:
        st.caption("None of the five is measured yet, so no phase has a number. Upload traces and labels.")
        return
    st.caption(lit(running_words(rows, page.progress.decision.standing if page.progress else None)))
    _gaps(rows)
    for place, gauge in enumerate(gauges):
        _metric(gauge.metric, gauge.source, rows, place)
    st.caption(
        f"Line: where the true value can still lie. Diamond: the phase's own first week. Upright tick: the "
        f"bar. ▼ and red: gap found. Hollow: worth fewer than {FEWEST_A_WEEK} independent cases. A phase is "
        "what happened between its beginning and its end; nobody was put into a phase by chance, so a gap "
        "says where to look and never why. Each comparison is wrong by luck up to "
        f"{write(view.error, Unit.SHARE)} of the time, and there are many: a gap alone decides nothing."
    )
    download_row("All phases", _table(rows), f"{page.slug}-by-phase", key="phases")


def _none_yet(page: PageContext) -> None:
    with empty_state(
        "No phase has begun",
        "Once the first phase is started, each of the five stands here for every phase: its value with its "
        "interval, beside the phase's own first week and beside the phase before on the same kinds of tasks, "
        "and “gap found” where it fell.",
        icon=":material/flag:",
    ):
        link_to("phase_plan", feature=page.slug, label="Go to the Phase plan")


def running_words(rows: Sequence[PhaseRow], standing: Standing | None) -> str:
    """Which phase runs or is stopped, since when, and whether its baseline stands."""
    last, state = rows[-1], standing.state if standing is not None else None
    if last.period.ended is not None:
        ended = "was rolled back" if state is State.ROLLED_BACK else "ended"
        return f"No phase runs now; {last.name} {ended} on {write_date(last.period.ended)}."
    began = f"{last.name} runs since {write_date(last.period.began)}."
    if state is State.PAUSED and standing is not None and standing.rollout.since is not None:
        since = write_date(standing.rollout.since)
        began = f"{last.name} began on {write_date(last.period.began)} and is paused since {since}."
    elif state is State.COMPLETE:
        began = f"{last.name} began on {write_date(last.period.began)}; the rollout is complete."
    if last.first_week_is_over:
        return f"{began} Its own baseline is its first seven days."
    return f"{began} Its first seven days are not over: until then it has no baseline of its own."


def _gaps(rows: Sequence[PhaseRow]) -> None:
    """The gaps of the newest phase as warnings, those of earlier ones in a line each."""
    found = [(row, cell) for row in rows for cell in row.cells if cell.has_gap]
    if not found:
        st.caption(
            ":material/check: No gap is shown so far. With few cases little can be seen: a real fall of 5 "
            "points is seen less than half of the time."
        )
        return
    for row, cell in found:
        title = lit(f"Gap found in {row.name}: {cell.metric.label}")
        words = lit(" ".join(gap_sentences(cell)))
        if row is rows[-1]:
            st.warning(words, title=title, icon=":material/trending_down:")
        else:
            st.caption(f":material/trending_down: **{title}**. {words}")


def _metric(asked: Metric, source: Source, rows: Sequence[PhaseRow], place: int) -> None:
    """One metric in every phase, drawn and, on demand, in sentences."""
    st.markdown(f"**{lit(asked.label)}** · {lit(SOURCE_WORDS[source])}", help=lit(asked.sentence))
    lines = [_line(row, row.cells[place]) for row in rows]
    show_chart(phase_chart(lines), alt=phase_alt(asked.label, lines), key=f"phases_{asked.id}")
    with st.expander("What it was held against", icon=":material/compare_arrows:", key=f"against_{asked.id}"):
        for row in rows:
            cell = row.cells[place]
            st.markdown(f"**{lit(row.name)}**, since {write_date(row.period.began)}: {lit(_number(cell))}")
            for one in cell.compared:
                st.text(_compared_words(one))
            if not cell.compared:
                st.text("Nothing to hold it against yet.")


def _number(cell: PhaseCell) -> str:
    found = cell.finding
    if not isinstance(found, Measurement):
        return found.sentence
    bar = "" if cell.bar is None else f"; bar {write(cell.bar, found.unit)}"
    return f"{value_words(found)}, n {found.n:,}{bar}"


def _compared_words(one: Compared) -> str:
    """How a comparison came out: the change with its interval, both ns, and what it shows."""
    found = one.found
    same = found.found.same_kinds.value
    sizes = f"n {found.new_n:,.0f} against {found.old_n:,.0f}"
    if same is None:
        return f"Against {one.baseline} ({sizes}): {verdict_sentence(found)}"
    change = f"change on the same kinds of tasks {interval_points(found.interval)}"
    return f"Against {one.baseline} ({sizes}): {change}. {verdict_sentence(found)}"


def _line(row: PhaseRow, cell: PhaseCell) -> PhaseLine:
    found = cell.measured
    if found is None:
        return PhaseLine(row.name, bar=cell.bar)
    week = cell.first_week
    return PhaseLine(
        phase=row.name,
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        baseline=week.value if isinstance(week, Measurement) else None,
        bar=cell.bar,
        has_gap=cell.has_gap,
        is_small=found.effective_n < FEWEST_A_WEEK,
    )


def _table(rows: Sequence[PhaseRow]) -> Table:
    lines: list[tuple[object, ...]] = []
    for row in rows:
        for cell in row.cells:
            head = (row.name, row.period.began, row.period.ended, cell.metric.label)
            numbers = _numbers(cell.finding)
            worth = cell.measured.effective_n if cell.measured is not None else None
            gap = " ".join(gap_sentences(cell)) or None
            lines.append(
                (*head, SOURCE_WORDS[cell.source], *numbers, worth, cell.bar, *_numbers(cell.first_week), gap)
            )
    return Table(_COLUMNS, lines)


def _numbers(found: object) -> tuple[object, ...]:
    """Value, low, high, n; blank where nothing was measured."""
    if not isinstance(found, Measurement):
        return None, None, None, 0
    return found.value, found.low, found.high, found.n
