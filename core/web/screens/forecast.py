"""The forecast on the Phase plan page: how long each phase takes, what reviewing it takes, what it risks."""

import streamlit as st

from core.actions.forecasts import MOST_MINUTES, ForecastView, next_blast, view_forecast
from core.criteria.checklist import Checklist
from core.rollout.blast import Blast, amount_words, blast_words
from core.rollout.evidence import evidence_words
from core.rollout.forecast import (
    MINUTES_A_LABEL,
    MINUTES_A_PERSON,
    Outcome,
    PhaseForecast,
    ReviewEffort,
    dates_of,
    span_words,
)
from core.rollout.plan import Phase
from core.rollout.traffic import number_words, range_words
from core.rollout.transitions import State
from core.web.charts.forecast import days_bars, forecast_alt, forecast_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.widgets import show_chart
from core.web.wording import write_count, write_date

_MINUTES = "review_minutes"
"""The part of the address that says what reviewing one answer takes."""


def gathered(page: PageContext) -> ForecastView:
    """The forecast with the minutes an answer that the address of the page says."""
    return view_forecast(
        page.workspace, page.caller, page.now, page.slug, minutes_a_label=_minutes_of_address()
    )


def forecast_block(page: PageContext, view: ForecastView) -> None:
    """How long each phase takes, then one phase criterion by criterion."""
    if not view.phases:
        return
    st.header("How long it will take")
    if view.state is State.COMPLETE:
        st.caption("The rollout is complete: nothing is waited for any more.")
    st.caption(lit(_counted_words(view)))
    _all_phases(page, view)
    found = _chosen(view)
    st.markdown(f"**{lit(found.phase.name)}**: {lit(_phase_words(view, found))}")
    bars = days_bars(found)
    if any(bar.days for bar in bars):
        show_chart(
            forecast_chart(bars, found.days_left),
            alt=forecast_alt(bars, found.days_left),
            key=f"forecast_{found.phase.id}",
        )
        st.caption(_HOW_TO_READ)
        with st.expander("Why so long, criterion by criterion", icon=":material/calculate:"):
            _each_criterion(found)
    else:
        _each_criterion(found)
    _minutes_field(page, found)
    download_row(
        "This forecast, all phases", _criteria_table(view), f"{page.slug}-forecast", key="forecast_rows"
    )


def brings(view: ForecastView, phase: Phase, checklist: Checklist) -> tuple[str, str]:
    """What the evidence of a phase is called on its card, and how much comes how soon: as the table says it
    where that has days to tell, else from nothing by what the plan expects."""
    found = next((one for one in view.phases if one.phase.id == phase.id), None)
    if found is None or found.days is None or found.tasks is None:
        words = evidence_words(view.counted_on(phase.id), phase, checklist)
        return "Evidence it brings, counted from nothing", words
    slowest = f"; {found.slowest.label} takes longest" if found.slowest is not None else ""
    tasks, takes = range_words(found.tasks), span_words(found.days)
    return "Evidence it brings, as things go now", f"{tasks} tasks a day, so {takes}{slowest}."


def blast_line(view: ForecastView, phase_id: str) -> str:
    """The blast radius of one phase, as text."""
    blast = view.blast(phase_id)
    return blast_words(blast) if blast is not None else ""


def blast_caption(page: PageContext) -> None:
    """What the next step risks, in one line, for whoever decides about it."""
    found = next_blast(page.workspace, page.caller, page.now, page.slug)
    if found is not None:
        st.caption(f":material/crisis_alert: {lit(blast_says(found))}")


def blast_says(blast: Blast) -> str:
    """ "Blast radius of Early access: 100–500 tasks a day, …"."""
    return f"Blast radius of {blast.phase.name}: {blast_words(blast)}"


_HOW_TO_READ = (
    "Bar: the days it probably takes, by the most and the least traffic; the thin line in front begins where "
    "every case passes. Grey: rows that must hold before the phase begins, shown again by its users alone; "
    "the phase does not wait for them. Tick: the least the phase runs. All of it assumes that today's rate "
    "and traffic hold."
)


def _counted_words(view: ForecastView) -> str:
    """What the days are worked out from."""
    traffic = view.traffic
    if traffic is None:
        return (
            "Nothing was counted yet, so this takes the traffic that the plan expects, at the reviewed share."
        )
    tasks = f"{number_words(traffic.tasks)} tasks a day were counted over {write_count(traffic.days, 'day')}"
    if traffic.once_everyone_has_it is None:
        return (
            f"{tasks}. Nobody knows what share of the users that is, so later days are worked out from the "
            "traffic that the plan expects."
        )
    whole = number_words(traffic.once_everyone_has_it)
    return (
        f"{tasks} in this phase, which makes about {whole} once everyone has the feature, taking this phase "
        "to be at its full size. Later phases are scaled by their exposure and counted from their first day."
    )


def _all_phases(page: PageContext, view: ForecastView) -> None:
    rows = [_phase_line(view, found) for found in view.phases]
    table = Table(_PHASE_COLUMNS, rows)
    st.dataframe(
        [dict(zip(table.columns, row, strict=True)) for row in rows],
        hide_index=True,
        key="forecast_phases",
    )
    download_row("All phases", table, f"{page.slug}-forecast-phases", key="forecast_phases_file")


_PHASE_COLUMNS = (
    "Phase",
    "Takes",
    "Slowest",
    "Tasks a day",
    "Labels a day",
    "Minutes a day",
    "People",
    "Wrong answers a week",
)


def _phase_line(view: ForecastView, found: PhaseForecast) -> tuple[str, ...]:
    slowest, review, blast = found.slowest, found.review, view.blast(found.phase.id)
    bad = blast.bad_a_week if blast is not None else None
    return (
        found.phase.name,
        _takes(found),
        slowest.label if slowest is not None else "",
        range_words(found.tasks) if found.tasks is not None else "not known",
        range_words(review.labels) if review is not None else "not known",
        range_words(review.minutes) if review is not None else "not known",
        _people(review) if review is not None else "not known",
        amount_words(bad) if bad is not None else "not known",
    )


def _takes(found: PhaseForecast) -> str:
    if found.days is not None:
        return span_words(found.days)
    outcomes = {one.outcome for one in found.criteria}
    if Outcome.FAILS in outcomes:
        return "fails now"
    return "never at this rate" if Outcome.NEVER in outcomes else "not known"


def _people(review: ReviewEffort) -> str:
    low, high = review.people
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def _chosen(view: ForecastView) -> PhaseForecast:
    if len(view.phases) == 1:
        return view.phases[0]
    by_id = {found.phase.id: found for found in view.phases}
    chosen = st.selectbox(
        "Phase",
        list(by_id),
        format_func=lambda phase_id: (
            f"{by_id[phase_id].phase.name}{' (now)' if _runs(view, by_id[phase_id]) else ''}"
        ),
        key="forecast_phase",
    )
    return by_id.get(chosen, view.phases[0])


def _runs(view: ForecastView, found: PhaseForecast) -> bool:
    return found.is_current and view.state not in (State.NOT_STARTED, State.ROLLED_BACK)


def _phase_words(view: ForecastView, found: PhaseForecast) -> str:
    """How long, and for the phase of today the days of the calendar."""
    takes = _takes(found)
    if found.days is None:
        waits = found.slowest
        return f"{takes}." if waits is None or waits.outcome is not Outcome.NEVER else f"{waits.why}"
    if not found.is_current:
        return f"{takes} from its first day."
    if not _runs(view, found):
        return f"{takes}, counted from today."
    first, last = dates_of(found.days, view.today)
    until = f" to {write_date(last)}" if last is not None and last != first else ""
    return f"{takes}, so {write_date(first)}{until}." if last else f"{takes}, so {write_date(first)} at best."


def _each_criterion(found: PhaseForecast) -> None:
    for one in found.criteria:
        st.markdown(f"**{lit(one.label)}**: {lit(one.why)}")


def _minutes_field(page: PageContext, found: PhaseForecast) -> None:
    """What reviewing takes, with the minutes to change; they are kept in the address."""
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    minutes = right.number_input(
        "Minutes to review one answer",
        min_value=0.5,
        max_value=MOST_MINUTES,
        value=_minutes_of_address(),
        step=0.5,
        format="%g",
        key=f"review_minutes_{page.slug}",
        on_change=_keep_minutes,
        args=(f"review_minutes_{page.slug}",),
    )
    if found.review is None:
        left.caption("How much there is to review is not known: say how much traffic to expect.")
    elif not found.review.labels.high:
        left.markdown(f"**{lit(found.phase.name)}**: nothing to review.")
    else:
        people = _people(found.review)
        left.markdown(
            f"**Review in {lit(found.phase.name)}**: {range_words(found.review.labels)} answers a day, "
            f"{range_words(found.review.minutes)} minutes at {minutes:g} each: {people} "
            f"{'person' if people == '1' else 'people'} at {MINUTES_A_PERSON} minutes a day."
        )


def _keep_minutes(key: str) -> None:
    st.query_params[_MINUTES] = f"{st.session_state[key]:g}"


def _minutes_of_address() -> float:
    """What the address says; what cannot be is as if it said nothing."""
    try:
        minutes = float(str(st.query_params.get(_MINUTES, "")))
    except ValueError:
        return MINUTES_A_LABEL
    return minutes if 0.5 <= minutes <= MOST_MINUTES else MINUTES_A_LABEL


def _criteria_table(view: ForecastView) -> Table:
    columns = (
        "Phase",
        "Criterion",
        "Outcome",
        "Cases needed",
        "At least",
        "Cases a day, low",
        "Cases a day, high",
        "Counted or planned",
        "Days, low",
        "Days, high",
        "Why",
    )
    rows = []
    for found in view.phases:
        for one in found.criteria:
            per_day, days = one.per_day, one.days or (None, None)
            low, high = (per_day.low, per_day.high) if per_day else (None, None)
            how = ("counted" if per_day.is_measured else "planned") if per_day else ""
            rows.append(
                (
                    *(found.phase.name, one.label, one.outcome.value, one.cases, one.fewest),
                    *(low, high, how, *days, one.why),
                )
            )
    return Table(columns, rows)
