"""How the work goes without AI: typed in once a metric, shown beside the feature's own number."""

from functools import partial

import streamlit as st

from core.actions.baselines import (
    LONGEST,
    Baseline,
    BaselineView,
    is_counted,
    record_baseline,
    view_baselines,
    withdraw_baseline,
)
from core.metrics.catalogue import CATALOGUE, Metric
from core.units import Unit, write, write_interval
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.screens.typed_bars import stored_bar
from core.web.widgets import flash, guarded
from core.web.wording import write_moment

_AS_COUNT, _AS_VALUE = "so many of so many", "a value"


def baselines(page: PageContext) -> None:
    """The numbers there are, a way to add one, and what was replaced."""
    view = view_baselines(page.workspace, page.caller, page.slug)
    st.header("Without AI")
    st.caption(
        "How the same work goes without AI: by hand, by search, by rules. As people stated it: no verdict "
        "rests on it. It stands beside each number here and on Health."
    )
    if view.current:
        _list(page, view)
    if view.may_record:
        with st.popover("Add a number", icon=":material/add:", key="baseline_add"):
            _form(page)
    if view.earlier:
        with st.expander(f"Earlier numbers ({len(view.earlier):,})", icon=":material/history:"):
            for one in view.earlier:
                st.text(printable(f"{_name(one)}: {_words(one)}. {_said_by(one)}"))


def baseline_words(view: BaselineView, metric_id: str) -> str:
    """What stands beside a metric's own number; "" where nobody typed one in."""
    found = view.of(metric_id)
    return "" if found is None else f"Without AI ({found.kept.path}): {_words(found)}; stated, not verified"


def _list(page: PageContext, view: BaselineView) -> None:
    for one in view.current:
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(gap="xxsmall"):
                st.markdown(f"**{lit(_name(one))}**: {lit(_words(one))}")
                st.text(printable(f"{one.kept.path}. From: {one.kept.source}. {_said_by(one)}"))
            if view.may_record:
                st.button(
                    "Take back",
                    key=f"baseline_drop_{one.kept.id}",
                    type="tertiary",
                    on_click=guarded(partial(_drop, page, one.kept.id)),
                )
    rows = [
        (one.kept.metric, one.value, one.low, one.high, one.kept.passes, one.kept.cases, one.kept.path,
         one.kept.source, one.kept.recorded_by, one.kept.recorded_at)
        for one in view.current
    ]  # fmt: skip
    columns = ("Metric", "Value", "Low", "High", "Passes", "Cases", "Path", "From", "By", "At")
    download_row("The numbers", Table(columns, rows), f"{page.slug}-baselines", key="baselines")


def _name(one: Baseline) -> str:
    return one.metric.label if one.metric else one.kept.metric


def _words(one: Baseline) -> str:
    unit = one.metric.unit if one.metric else Unit.COUNT
    words = write(one.value, unit)
    if one.low is None or one.high is None:
        return words
    return f"{words} ({write_interval(one.low, one.high, unit)}), {one.kept.passes:,} of {one.kept.cases:,}"


def _said_by(one: Baseline) -> str:
    return f"Stated by {one.kept.recorded_by}, {write_moment(one.kept.recorded_at)}."


def _form(page: PageContext) -> None:
    metric_id = st.selectbox(
        "Metric", list(CATALOGUE), format_func=lambda name: CATALOGUE[name].label, key="baseline_metric"
    )
    asked = CATALOGUE[metric_id]
    ways = [_AS_COUNT, _AS_VALUE] if is_counted(asked) else [_AS_VALUE]
    way = st.radio("The number is", ways, key="baseline_way", horizontal=True) or ways[0]
    if way == _AS_COUNT:
        left, right = st.columns(2)
        left.number_input(
            f"How many {asked.noun or 'passed'}", min_value=0, value=None, step=1, key="baseline_passes"
        )
        right.number_input("Of how many", min_value=1, value=None, step=1, key="baseline_cases")
    else:
        st.number_input(f"Value ({_unit(asked)})", min_value=0.0, value=None, key="baseline_value")
    st.text_input(
        "The path without AI", key="baseline_path", max_chars=LONGEST, placeholder="A person looks it up"
    )
    st.text_input(
        "Where the number is from",
        key="baseline_source",
        max_chars=LONGEST,
        placeholder="Study of March 2026",
    )
    st.button(
        "Save the number", type="primary", key="baseline_save", on_click=guarded(partial(_save, page, way))
    )


def _unit(asked: Metric) -> str:
    units = {Unit.SHARE: "per cent", Unit.MILLISECONDS: "seconds", Unit.USD: "US dollars"}
    return units.get(asked.unit, "number")


def _save(page: PageContext, way: str) -> None:
    state = st.session_state
    asked = CATALOGUE[state["baseline_metric"]]
    typed = state.get("baseline_value")
    counted = way == _AS_COUNT
    passes, cases = state.get("baseline_passes"), state.get("baseline_cases")
    record_baseline(
        page.workspace,
        page.caller,
        page.moment(),
        page.slug,
        metric=asked.id,
        passes=int(passes) if counted and passes is not None else None,
        cases=int(cases) if counted and cases is not None else None,
        value=None if counted or typed is None else stored_bar(asked, float(typed)),
        path=state["baseline_path"],
        source=state["baseline_source"],
    )
    flash(f"{asked.label} without AI is kept.")


def _drop(page: PageContext, baseline_id: int) -> None:
    withdraw_baseline(page.workspace, page.caller, page.moment(), page.slug, baseline_id)
    flash("The number was taken back.")
