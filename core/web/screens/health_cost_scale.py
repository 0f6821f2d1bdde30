"""What the feature would cost at another volume: the fields in the address, the table, the picture."""

import math

import streamlit as st

from core.actions.costs import VOLUME_DAYS, Costs
from core.metrics.cost_projection import A_MILLION, MONTH_DAYS, TIMES_TODAY, Amount, Assumptions, Outlook
from core.units import Rounding, Unit, write
from core.web.address import put, text_in
from core.web.charts.cost import VolumePoint, money, money_interval, projection_alt, projection_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.health_filters import say_unfit
from core.web.widgets import show_chart
from core.web.wording import write_date

MOST_TASKS = 1_000_000_000
_VOLUME, _PRICE, _CACHE = "volume", "price", "cache"
_PRICE_RANGE, _CACHE_RANGE = (-100.0, 1000.0), (0.0, 100.0)
_RANGES = {_VOLUME: (1, MOST_TASKS), _PRICE: _PRICE_RANGE, _CACHE: _CACHE_RANGE}


def asked_for() -> tuple[int | None, Assumptions]:
    """The volume and the assumptions that stand in the address; without a volume the usual one is shown."""
    price, cache, volume = _number(_PRICE), _number(_CACHE), _number(_VOLUME)
    return None if volume is None else int(volume), Assumptions((price or 0) / 100, (cache or 0) / 100)


def projection(page: PageContext, costs: Costs) -> None:
    """Today's volume, ten times it, a million a day and the one that was typed, a day and in 30 days."""
    st.markdown("### What it would cost at another volume")
    _fields(costs)
    if not costs.outlooks:
        return
    points = [_point(one, costs) for one in costs.outlooks]
    show_chart(projection_chart(points), alt=projection_alt(points), key="health_cost_scale")
    st.caption(
        "Cost of 30 days by tasks a day, both in powers of ten; the pale band is where it can lie, if the "
        "tasks are like those seen."
    )
    _table(page, costs)
    for sentence in _assumptions(costs):
        st.markdown(f"- {lit(sentence)}")


def _number(name: str) -> float | None:
    """The number in the address, if it is one that its field takes."""
    low, high = _RANGES[name]
    try:
        found = float(text_in(name, 20))
    except ValueError:
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def _usual(costs: Costs) -> int:
    """Ten times today's volume, the step that a rollout takes; a million where today's is not known."""
    if costs.volume is None:
        return A_MILLION
    return min(max(1, round(TIMES_TODAY * costs.volume.tasks_per_day)), MOST_TASKS)


def _say_unfit(usual: int) -> None:
    for name, what, shown in (
        (_VOLUME, f"volume from 1 to {MOST_TASKS:,} tasks a day", f"{usual:,}"),
        (_PRICE, "change of prices from −100 to 1,000 %", "0 %"),
        (_CACHE, "share from 0 to 100 %", "0 %"),
    ):
        say_unfit(name, what, shown, fits=_number(name) is not None)


def _fields(costs: Costs) -> None:
    asked, assumed = asked_for()
    usual = _usual(costs)
    _say_unfit(usual)
    tasks = usual if asked is None else asked
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="cost_fields"):
        st.session_state["health_volume"] = tasks
        st.number_input(
            "Tasks a day",
            1,
            MOST_TASKS,
            step=_step(usual),
            key="health_volume",
            width=180,
            on_change=_typed,
            args=(_VOLUME, usual),
            help="It starts with ten times today's volume.",
        )
        st.session_state["health_price"] = round(assumed.price_change * 100, 6)
        st.number_input(
            "Prices change by (%)",
            *_PRICE_RANGE,
            step=5.0,
            format="%g",
            key="health_price",
            width=180,
            on_change=_typed,
            args=(_PRICE, 0),
            help="10: everything costs 10 % more than it did. −20: a fifth less.",
        )
        st.session_state["health_cache"] = round(assumed.cache_hits * 100, 6)
        st.number_input(
            "More answered from a cache (%)",
            *_CACHE_RANGE,
            step=5.0,
            format="%g",
            key="health_cache",
            width=220,
            on_change=_typed,
            args=(_CACHE, 0),
            help="The share of tasks that would cost nothing, beyond those that cost nothing in the traces.",
        )


def _step(usual: int) -> int:
    """What a press of plus adds: the power of ten of the usual volume."""
    return int(10 ** math.floor(math.log10(usual)))


def _typed(name: str, default: float) -> None:
    """The number of a field goes into the address, where a link carries it."""
    value = st.session_state[f"health_{name}"]
    put(name, "" if value == default else repr(value))


def _point(one: Outlook, costs: Costs) -> VolumePoint:
    month = one.month
    return VolumePoint(_volume_name(one, costs), one.tasks_per_day, month.value, month.low, month.high)


def _volume_name(one: Outlook, costs: Costs) -> str:
    today = costs.volume.tasks_per_day if costs.volume else None
    if one.tasks_per_day == today:
        return "today"
    if today is not None and one.tasks_per_day == TIMES_TODAY * today:
        return "10 times today"
    return f"{one.tasks_per_day:,.0f} a day"


def _table(page: PageContext, costs: Costs) -> None:
    names = ("Volume", "Tasks a day", "A day", "30 days", "30 days of drawn days", "Dearest day of 30")
    rows = [
        (
            _volume_name(one, costs),
            f"{one.tasks_per_day:,.0f}",
            amount_words(one.day),
            amount_words(one.month),
            "–" if one.month_by_days is None else money_interval(*one.month_by_days),
            "–" if one.dearest_day is None else f"up to {money(one.dearest_day, Rounding.UP)}",
        )
        for one in costs.outlooks
    ]
    st.dataframe(
        {name: [row[place] for row in rows] for place, name in enumerate(names)},
        hide_index=True,
        key="cost_volumes",
        alt="What each volume would cost a day and in 30 days, with intervals.",
    )
    _download(page, costs)


def _download(page: PageContext, costs: Costs) -> None:
    columns = (
        *("Volume", "Tasks a day", "A day (USD)", "Low", "High", "30 days (USD)", "Low", "High"),
        *("Drawn days low", "Drawn days high", "Dearest day up to"),
    )
    rows = []
    for one in costs.outlooks:
        drawn = one.month_by_days or (None, None)
        day, month = ((sum_of.value, sum_of.low, sum_of.high) for sum_of in (one.day, one.month))
        rows.append((_volume_name(one, costs), one.tasks_per_day, *day, *month, *drawn, one.dearest_day))
    download_row("These projections", Table(columns, rows), f"{page.slug}-cost-at-scale", "cost_scale")


def amount_words(found: Amount) -> str:
    """``$4,221 ($4,198–$4,244)``, rounded outward."""
    if found.high is None:
        return f"{money(found.value)} (no bound: one user says nothing of the next)"
    return f"{money(found.value)} ({money_interval(found.low, found.high)})"


def _assumptions(costs: Costs) -> list[str]:
    """What the projection takes for granted; an interval covers none of it."""
    _, assumed = asked_for()
    sure = write(1 - costs.error, Unit.SHARE)
    lines = [
        f"The intervals ({sure} sure on each side) cover the luck of which {costs.witness}s were seen, and "
        "nothing else: not a new mix of tasks, retries under rate limits, or kinds of task too rare to be "
        "seen."
    ]
    if costs.volume is not None:
        volume = costs.volume
        lines.append(
            f"Today: {volume.tasks_per_day:,.0f} tasks a day, the mean of {volume.days} days from "
            f"{write_date(volume.first)} to {write_date(volume.last)}. If the traces are a sample of the "
            "traffic, type the true volume above."
        )
    price, cache = assumed.price_change * 100, assumed.cache_hits * 100
    changes = "Prices stay as they are" if not price else f"Prices change by {price:+g} %"
    cached = "no more comes from a cache than did" if not cache else f"{cache:g} % more comes from a cache"
    lines.append(f"{changes}, and {cached}.")
    if any(one.month_by_days is not None for one in costs.outlooks):
        lines.append(
            f"Drawn days: {MONTH_DAYS} days, drawn again and again from the days seen and scaled to the "
            "volume; they also hold how days differ from each other. They are the last "
            f"{VOLUME_DAYS} at most, while the mean is of all tasks here."
        )
    else:
        lines.append("Under seven days the days cannot be drawn again: a week has its own shape.")
    return lines
