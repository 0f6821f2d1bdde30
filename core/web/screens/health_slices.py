"""The slices section of the Health page: metrics for every value of a column, protected slices first."""

from collections.abc import Sequence

import streamlit as st

from core.actions.gauges import SLICE_COLUMNS, Gauge, Health, Part, SliceCell, SliceTable
from core.actions.slices import SliceTraffic, goodness, slice_traffic, view_slices
from core.actions.splits import PHASE, USER
from core.criteria.verdict import Verdict
from core.criteria.wording import value_words
from core.metrics.catalogue import CATALOGUE, Better, Metric
from core.metrics.concentration import NOT_RECORDED
from core.metrics.measurement import Measurement, NotMeasured, Source, Why
from core.units import Unit, write
from core.web.address import some_in, writes
from core.web.charts.heat import PROTECTED_SIGN, HeatCell, HeatRow, heat_alt, heat_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens import health_adoption, health_piles
from core.web.screens.health_filters import pick_one
from core.web.screens.health_gauges import SOURCE_SHORT
from core.web.widgets import show_chart
from core.web.wording import SOURCE_WORDS

ROWS_SHOWN = 12
MOST_METRICS = 6
COLUMN_WORDS = {
    "task_type": "Task type",
    "user_segment": "Segment",
    "user_role": "Role",
    "channel": "Channel",
    "route": "Route",
    "tool_selected": "Tool",
    "model": "Model",
    "prompt_version": "Prompt version",
    "release_bundle": "Release",
    "phase": "Phase",
    "user_id": "User",
}
_SHORT = {
    "tool_selection_accuracy": "Tool",
    "retrieval_recall": "Recall",
    "answer_correctness": "Answer",
    "grounding_accuracy": "Grounding",
    "user_acceptance": "Accepted",
}
_STANDS = {
    Verdict.GO: ":green[✓ meets its bar]",
    Verdict.NO_GO: ":red[✕ misses its bar]",
    Verdict.STALE: ":gray[↺ out of date]",
}
_KEY = "health_with"


def section(page: PageContext, view: Health, part: Part) -> None:
    """Protected slices, the chosen metrics by a chosen column, where failures pile up, and who came."""
    measured = {_key(one): one for one in view.gauges if one.measured is not None}
    if not measured:
        st.caption("Nothing is measured in this part yet, so there is nothing to split.")
        return
    st.header("Slices")
    _protected(view)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        words = {name: COLUMN_WORDS[name] for name in SLICE_COLUMNS}
        column = pick_one("by", "Split by", words, "task_type", width=180)
        gauges = _chosen(view, measured) if column != USER else []
    if column != USER:
        _table(page, part, column, gauges)
    health_piles.piles(page, view, part, column, COLUMN_WORDS)
    health_adoption.adoption(page, part)


def heat_rows(table: SliceTable, traffic: SliceTraffic | None = None) -> list[HeatRow]:
    """The rows of the heat table, in words; with ``traffic`` also what is protected, and shares of it."""
    metrics = [asked for asked, _ in table.heads]
    rows = []
    for row in table.rows:
        cells = tuple(_heat_cell(cell, asked) for cell, asked in zip(row.cells, metrics, strict=True))
        aside, is_protected = "", False
        if traffic is not None:
            is_protected = traffic.protects(row.value)
            aside = " · ".join(["protected"] * is_protected + [_share_words(row.value, traffic)])
        rows.append(HeatRow(row.value or NOT_RECORDED, cells, aside, is_protected))
    return rows


def _protected(view: Health) -> None:
    """The slices with a bar of their own that no average can buy off, whatever the page is split by."""
    gauges = [gauge for gauge in view.slices if gauge.is_protected]
    if not gauges:
        return
    with st.container(border=True, gap="xxsmall", key="protected_slices"):
        st.caption(f"{PROTECTED_SIGN} Protected slices: a good average cannot make up for them")
        for gauge in gauges:
            st.markdown(_protected_words(gauge))


def _protected_words(gauge: Gauge) -> str:
    name = ", ".join(value for _, value in gauge.within.where)
    head = f":violet-badge[protected] **{lit(f'{gauge.metric.label}, {name}')}:**"
    bar = f" Its bar: {gauge.row.bar}." if gauge.row is not None else ""
    found = gauge.finding
    if isinstance(found, NotMeasured):
        why = f"{name}: no case yet." if found.why is Why.NO_ROWS else found.sentence
        return f"{head} {lit(f'{why}{bar}')}"
    numbers = f"{value_words(found)}, n {found.n:,} · {SOURCE_SHORT[gauge.source]}.{bar}"
    stands = _STANDS.get(gauge.row.verdict, ":orange[? not settled]") if gauge.row is not None else ""
    return f"{head} {lit(numbers)} {stands}"


def _chosen(view: Health, measured: dict[str, Gauge]) -> list[Gauge]:
    """The metrics of the table: the five by their main source, or those that the address names."""
    mains = [one.main for one in view.quality if one.main is not None and one.main.measured is not None]
    usual = [_key(gauge) for gauge in mains] or list(measured)[:MOST_METRICS]
    names = {key: f"{gauge.metric.label} · {SOURCE_SHORT[gauge.source]}" for key, gauge in measured.items()}
    st.session_state[_KEY] = (some_in("with", names) or usual)[:MOST_METRICS]
    chosen: Sequence[str] = st.multiselect(
        "Metrics",
        list(names),
        format_func=lambda key: names.get(key, key),
        key=_KEY,
        max_selections=MOST_METRICS,
        width="stretch",
        on_change=writes("with", _KEY),
    )
    return [measured[key] for key in measured if key in set(chosen or usual)]


def _table(page: PageContext, part: Part, column: str, gauges: Sequence[Gauge]) -> None:
    traffic = slice_traffic(page.workspace, page.caller, page.now, page.slug, part, column)
    word = COLUMN_WORDS[column].lower()
    if traffic.too_many:
        st.caption(
            f"The traces have {traffic.values:,} different values of {word}: too many for a table of all "
            "metrics. Below are those with most failures."
        )
        return
    table = view_slices(page.workspace, page.caller, page.now, page.slug, part, column, gauges)
    if not [row for row in table.rows if row.value]:
        _nothing(page, column)
        return
    heads = [(_head(asked), SOURCE_SHORT[source]) for asked, source in table.heads]
    rows = heat_rows(table, traffic)
    protected = sum(row.is_protected for row in rows)
    shown = rows[: max(ROWS_SHOWN, protected)]
    show_chart(heat_chart(heads, shown), alt=heat_alt(heads, shown), key=f"health_slices_{column}")
    more = f" {len(rows) - len(shown):,} more rows are in the download." if len(rows) > len(shown) else ""
    order = f"Rows with most ✕ come first, then the worst in “{heads[0][0]}”, the first column."
    first = f"{PROTECTED_SIGN} protected rows come before all. {order}" if protected else order
    st.caption(
        "✓ shown on the good side of its bar · ✕ shown on the bad side · ? not settled · no sign: no bar · "
        f"grey: worth fewer than 10 independent cases. {first}{more} Among many slices some look bad by "
        "luck: "
        "a red one asks for a look."
    )
    download_row("All slices", _slice_lines(table, traffic), f"{page.slug}-by-{column}", key="slices")


def _nothing(page: PageContext, column: str) -> None:
    """What would fill the table."""
    if column == PHASE:
        st.caption(
            "No phase has begun yet, so there is nothing to split by. Start the first phase on the Phase "
            "plan "
            "page, or record there when it began."
        )
        link_to("phase_plan", feature=page.slug)
        return
    word = COLUMN_WORDS[column].lower()
    st.caption(f"No row says its {word}. Upload traces with the column {lit(column)}, or split otherwise.")


def _heat_cell(cell: SliceCell, asked: Metric) -> HeatCell:
    found = cell.finding
    low_is_good = asked.better is Better.LOWER
    if not isinstance(found, Measurement):
        note = "this source does not say it, or has no such row" if found is None else found.sentence
        return HeatCell("not measured", note=note)
    worth = f", worth {found.effective_n:,.0f}" if found.effective_n < 0.95 * found.n else ""
    bar = f"; bar {write(cell.bar, found.unit)}" if cell.bar is not None else ""
    note = f"{value_words(found)}, n {found.n:,}{worth}{bar}"
    return HeatCell(goodness(cell, asked), write(found.value, found.unit), found.n, note, low_is_good)


def _share_words(value: str, traffic: SliceTraffic) -> str:
    share = traffic.share(value)
    if share is None:
        return "no case yet" if traffic.protects(value) else "no traces"
    return f"{write(share, Unit.SHARE)} of traces"


def _head(asked: Metric) -> str:
    return _SHORT.get(asked.id) or asked.label.removesuffix(" rate").removesuffix(" accuracy")[:18]


def _key(gauge: Gauge) -> str:
    return f"{gauge.metric.id}.{gauge.source}"


def _slice_lines(table: SliceTable, traffic: SliceTraffic) -> Table:
    columns = (
        *(COLUMN_WORDS[table.column], "Protected", "Share of traces", "Metric", "Source", "Value", "Low"),
        *("High", "n", "Effective n", "Bar", "Against the bar"),
    )
    rows: list[tuple[object, ...]] = []
    for row in table.rows:
        head = (row.value or NOT_RECORDED, traffic.protects(row.value), traffic.share(row.value))
        for (asked, source), cell in zip(table.heads, row.cells, strict=True):
            found = cell.finding if isinstance(cell.finding, Measurement) else None
            numbers = (
                (found.value, found.low, found.high, found.n, found.effective_n)
                if found
                else (None, None, None, 0, None)
            )
            names = (CATALOGUE[asked.id].label, SOURCE_WORDS[Source(source)])
            rows.append((*head, *names, *numbers, cell.bar, goodness(cell, asked)))
    return Table(columns, rows)
