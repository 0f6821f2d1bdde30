"""The tiles of the Health page: one metric each, with interval, n, bar, stands, and where it comes from."""

from collections.abc import Sequence

import streamlit as st

from core.actions.gauges import Gauge, Health, Part, QualityGauge
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.criteria.wording import bar_words, interval_words, value_words
from core.metrics.catalogue import Metric, metric
from core.metrics.diagnosis import Diagnosis
from core.metrics.drift import Drift
from core.metrics.measurement import Measurement
from core.units import write
from core.web.charts import spark_chart, trend_alt, trend_points
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.health_filters import part_words
from core.web.screens.provenance import counted_lines
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS, source_title, verdict_words, write_moment

_IN_A_ROW, _SMALL = 3, 171
SOURCE_SHORT = {
    "eval": "evals",
    "label": "labels",
    "judge": "AI judge",
    "feedback": "users",
    "trace": "traces",
}
"""The sources in a word, where a tile or a column head has no room for more."""

_NUMBER_WORDS = {3: "Three", 4: "Four"}

_STANDS = {
    Verdict.GO: "Meets its bar",
    Verdict.NO_GO: "Misses its bar",
    Verdict.NOT_ENOUGH_EVIDENCE: "Not settled",
    Verdict.STALE: "Too old",
    Verdict.NO_DATA: "Not measured",
}
"""How a number stands against its bar. The words of a verdict are for Go / no-go: here filters and what
came before the lock count as well, so the two need not agree."""


def five(view: Health, part: Part) -> None:
    """The five metrics, large and apart; sources stand under each other and are never mixed."""
    for start in range(0, len(view.quality), _IN_A_ROW):
        # Columns, because on a phone each takes the whole width.
        places = st.columns(_IN_A_ROW, gap="small")
        for place, one in zip(places, view.quality[start : start + _IN_A_ROW], strict=False):
            key = f"five_{one.metric.id}"
            with place.container(border=True, height="stretch", gap="xsmall", key=key):
                _large_tile(one, part)


def findings(view: Health) -> None:
    """What the metrics say together, and which of them are getting worse; only what intervals support."""
    drifts = [one.drift for one in view.quality if one.drift is not None]
    for diagnosis in view.diagnoses:
        st.warning(_because(diagnosis), title=lit(diagnosis.rule.sentence), icon=":material/troubleshoot:")
    for drift in drifts:
        st.warning(lit(_drift_words(drift)), title=_drift_title(drift), icon=":material/trending_down:")
    if not view.diagnoses and not drifts and not view.is_empty:
        st.caption(
            ":material/troubleshoot: The intervals support no diagnosis and no drift so far. "
            "That is not a clean bill of health: with few cases little can be seen."
        )


def others(view: Health, part: Part) -> None:
    """Time, money and behaviour: a small tile for each number, and a list of what is not measured."""
    for title, gauges in (("Time and money", view.amounts), ("Behaviour and safety", view.behaviour)):
        measured = [(gauge, found) for gauge in gauges if (found := gauge.measured) is not None]
        if not measured:
            continue
        st.subheader(title)
        with st.container(horizontal=True, gap="small", key=f"tiles_{title[:4].lower()}"):
            for gauge, found in measured:
                key = f"tile_{gauge.metric.id}_{gauge.source}"
                with st.container(border=True, width=_SMALL, height="stretch", gap="xsmall", key=key):
                    _small_tile(gauge, found, part)
    _not_measured([*view.amounts, *view.behaviour])


def download(page: PageContext, view: Health, part: Part) -> None:
    """Every number of the page as one table."""
    columns = (
        *("Metric", "Source", "Value", "Low", "High", "Unit", "n", "Effective n", "Bar", "Against the bar"),
        *("Releases", "Of", "Not measured because"),
    )
    rows = [_line(gauge, part) for gauge in view.gauges]
    download_row("All numbers", Table(columns, rows), f"{page.slug}-health", key="health")


def _large_tile(one: QualityGauge, part: Part) -> None:
    st.markdown(f"**{lit(one.metric.label)}**", help=lit(one.metric.sentence))
    gauge = one.main
    if gauge is None:
        st.caption(f"It is not measured from {SOURCE_WORDS[part.source] if part.source else 'anything'}.")
        return
    if gauge.measured is None:
        st.markdown(":gray[:material/help_center: Not measured yet]")
        st.text(_why_not(gauge))
        for other in one.others:
            st.caption(lit(f"Or from {SOURCE_WORDS[other.source]}: {_why_not(other)}"))
        return
    _number(gauge.measured, large=True)
    _standing(gauge)
    for other in one.others:
        if other.measured is not None:
            words = f"{value_words(other.measured)}, {_count_words(other.measured)}"
            st.caption(lit(f"{source_title(other.source)}: {words}"))
    if one.drift is not None:
        st.markdown(":orange[:material/trending_down: Investigate: it is falling]")
    _spark(one)
    _where_from(gauge, part, one.others)


def _small_tile(gauge: Gauge, found: Measurement, part: Part) -> None:
    st.markdown(f"**{lit(gauge.metric.label)}**")
    _number(found, large=False)
    if gauge.row is not None:
        words = verdict_words(gauge.row.verdict)
        # Not the badge: it would cut a long word off in so narrow a place.
        st.markdown(f":{words.colour}[{words.icon} {_stands(gauge.row)}]")
        st.caption(lit(f"bar: {write_bar(gauge)}"))
    _where_from(gauge, part, ())


def _number(found: Measurement, *, large: bool) -> None:
    size = "##" if large else "####"
    st.markdown(f"{size} {lit(write(found.value, found.unit))}")
    st.caption(lit(interval_words(found)))
    st.caption(
        lit(f"{_count_words(found)} · {SOURCE_WORDS[found.source] if large else SOURCE_SHORT[found.source]}")
    )


def write_bar(gauge: Gauge) -> str:
    """The bar as a person says it, "above 80 %"; empty where there is none."""
    item = gauge.row.item if gauge.row is not None else None
    return bar_words(item) if isinstance(item, MeasuredItem) else ""


def _standing(gauge: Gauge) -> None:
    """How it stands against its bar, and why it is not settled where no number of cases would do."""
    if gauge.row is None:
        st.caption("No bar in the checklist for this source")
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = verdict_words(gauge.row.verdict)
        st.badge(_stands(gauge.row), icon=words.icon, color=words.colour)  # type: ignore[arg-type]
        st.caption(lit(f"bar: {write_bar(gauge)}"), width="content")
    if lacks := _lacks(gauge.row):
        st.caption(lit(lacks))


def _stands(row: Row) -> str:
    return _STANDS[row.verdict]


def _lacks(row: Row) -> str:
    """What keeps a row from passing beside its numbers, which stand above it already.

    How many more cases it takes is left to Go / no-go: there only what came after the lock counts.
    """
    if row.more_cases is not None:
        return ""
    before, found, lacks = row.why.partition(f"The bar is {row.bar}.")
    return (lacks if found else before).strip()


def _spark(one: QualityGauge) -> None:
    points = trend_points(one.weeks)
    gauge = one.main
    if len(points) < 2 or gauge is None:
        return
    unit = one.metric.unit
    show_chart(
        spark_chart(points, gauge.bar, until=points[-1].week, unit=unit),
        alt=trend_alt(points, gauge.bar, unit=unit, label=one.metric.label),
        key=f"spark_{one.metric.id}",
    )


def _count_words(found: Measurement) -> str:
    """``n 1,780``, with what it is worth where that differs."""
    if found.effective_n < 0.95 * found.n:
        return f"n {found.n:,}, worth {found.effective_n:,.0f}"
    return f"n {found.n:,}"


def _where_from(gauge: Gauge, part: Part, more: Sequence[Gauge]) -> None:
    with st.popover(
        "Where from?", type="tertiary", icon=":material/info:", key=f"from_{gauge.metric.id}_{gauge.source}"
    ):
        st.text(gauge.metric.sentence)
        for one in (gauge, *more):
            st.markdown(f"**{lit(source_title(one.source))}**")
            for sentence in provenance(one, part):
                st.text(sentence)


def provenance(gauge: Gauge, part: Part) -> list[str]:
    """What a number is, of what, and how far it can be trusted, in sentences."""
    counted = f"Counted: {gauge.metric.reading(gauge.source).denominator}"
    found = gauge.measured
    if found is None:
        return [counted, _why_not(gauge)]
    newest = f" Newest: {write_moment(found.newest)}." if found.newest is not None else ""
    lines = [
        counted,
        *counted_lines(found),
        f"Of {part_words(part)}.{newest}",
        "Releases: " + (", ".join(found.tally.bundles[:5]) or "not recorded") + ".",
    ]
    if gauge.row is not None:
        stands = f"{_stands(gauge.row)} ({write_bar(gauge)})."
        lines.append(f"{stands} {_lacks(gauge.row)}".strip())
    return lines


def _not_measured(gauges: Sequence[Gauge]) -> None:
    measured = {gauge.metric.id for gauge in gauges if gauge.measured is not None}
    missing: dict[str, tuple[Metric, list[Gauge]]] = {}
    for gauge in gauges:
        if gauge.metric.id not in measured:
            missing.setdefault(gauge.metric.id, (gauge.metric, []))[1].append(gauge)
    if not missing:
        return
    title = f"Not measured yet: {len(missing)} more"
    with st.expander(title, icon=":material/help_center:", key="health_missing"):
        for asked, unmeasured in missing.values():
            st.markdown(f"**{lit(asked.label)}**: {lit(asked.sentence)}")
            for gauge in unmeasured:
                st.text(_why_not(gauge))


def _why_not(gauge: Gauge) -> str:
    return "" if isinstance(gauge.finding, Measurement) else gauge.finding.sentence


def _because(diagnosis: Diagnosis) -> str:
    parts = []
    for found, condition in zip(diagnosis.because, diagnosis.rule.conditions, strict=True):
        limit = write(condition.limit, found.unit)
        parts.append(f"{_label(found)} {value_words(found)}, n {found.n:,}: shown {condition.side} {limit}")
    return lit("; ".join(parts) + ".")


def _drift_title(drift: Drift) -> str:
    return lit(f"Investigate: {metric(drift.metric).label} is getting worse")


def _drift_words(drift: Drift) -> str:
    first, last = write(drift.first.value, drift.first.unit), write(drift.last.value, drift.last.unit)
    weeks = f"{_NUMBER_WORDS[drift.weeks]} weeks"
    how = f"{weeks} in a row worse" if drift.in_a_row else f"Worse over {weeks.lower()}"
    luck = ""
    if drift.chance is not None:
        luck = f" Luck alone does this about 1 time in {max(2, round(1 / max(drift.chance, 1e-6))):,}."
    return (
        f"{how}, from {first} (n {drift.first.n:,}) to {last} (n {drift.last.n:,}).{luck} "
        "This asks for a look; it is no verdict."
    )


def _label(found: Measurement) -> str:
    return f"{metric(found.metric).label} ({SOURCE_WORDS[found.source]})"


def _line(gauge: Gauge, part: Part) -> tuple[object, ...]:
    found = gauge.measured
    row = gauge.row
    bar = write_bar(gauge) or None
    stands = _stands(row) if row is not None else None
    head = (gauge.metric.label, SOURCE_WORDS[gauge.source])
    unit = gauge.metric.unit.value
    if found is None:
        return (*head, None, None, None, unit, 0, None, bar, stands, None, part_words(part), _why_not(gauge))
    numbers = (found.value, found.low, found.high, unit, found.n, found.effective_n)
    return (*head, *numbers, bar, stands, ", ".join(found.tally.bundles), part_words(part), None)
