"""The compare section of the Health page: two groups of one column on the same kinds of tasks."""

import streamlit as st

from core.actions.cohorts import COMPARED_COLUMNS, GroupChoices, compare_cohorts, first_column, group_choices
from core.actions.gauges import Gauge, Health, Part
from core.actions.splits import PHASE
from core.metrics.catalogue import Better
from core.metrics.change_words import interval_points, signed_points
from core.metrics.concentration import NOT_RECORDED
from core.metrics.like_for_like import (
    Comparison,
    KindLine,
    Outcome,
    comparison_sentence,
    outcome_word,
    verdict_sentence,
)
from core.metrics.measurement import Source
from core.units import Unit, write
from core.web.address import text_in
from core.web.charts.mix import ChangeRow, mix_alt, mix_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.screens.health_filters import pick_one, say_unfit
from core.web.screens.health_piles import first_rate, rates_of
from core.web.screens.health_slices import COLUMN_WORDS
from core.web.widgets import counts_written, show_chart
from core.web.wording import SOURCE_WORDS, write_count

_MARGINS = {"1": "1 point", "2": "2 points", "3": "3 points", "5": "5 points", "10": "10 points"}
LOOKS = {
    Outcome.WORSE: ("red", ":material/trending_down:"),
    Outcome.HELD: ("green", ":material/trending_flat:"),
    Outcome.BETTER: ("green", ":material/trending_up:"),
    Outcome.NOT_ENOUGH: ("orange", ":material/hourglass_top:"),
}


def section(page: PageContext, view: Health, part: Part) -> None:
    """Two groups of one column: the change overall, on the same kinds of tasks, and by the mix."""
    gauges = rates_of(view)
    if not gauges:
        st.caption("No rate is measured in this part yet, so there is nothing to compare.")
        return
    st.header("Compare like with like")
    names = {key: f"{one.metric.label} · {SOURCE_WORDS[one.source]}" for key, one in gauges.items()}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        chosen = gauges[pick_one("metric", "Metric", names, first_rate(gauges), width=330)]
        about = (page.workspace, page.caller, page.now, page.slug, part)
        offered = first_column(*about, chosen.metric.id, chosen.source)
        columns = {name: COLUMN_WORDS[name] for name in COMPARED_COLUMNS}
        column = pick_one("dim", "Groups by", columns, offered, width=160)
        choices = group_choices(*about, column, chosen.metric.id, chosen.source)
        if choices.new:
            new, old = _two(choices)
            margin = pick_one("margin", "Worse by", _MARGINS, "5", width=120)
    say_unfit("metric", "metric that is measured here", names[chosen.key], fits=text_in("metric") in names)
    say_unfit("dim", "column to compare by", columns[column], fits=text_in("dim") in columns)
    if not choices.new:
        _no_groups(page, choices, chosen)
        return
    groups = [one.value for one in choices.groups]
    for name, shown in (("a", new), ("b", old)):
        say_unfit(name, "group of this column", shown, fits=text_in(name, 500) in groups)
    say_unfit(
        "margin", f"margin ({', '.join(_MARGINS)})", _MARGINS[margin], fits=text_in("margin") in _MARGINS
    )
    if new == old:
        st.caption("Choose two different groups.")
        return
    asked = (*about, column, new, old, chosen.metric.id, chosen.source, int(margin) / 100)
    found = compare_cohorts(*asked)
    if found is not None:
        _compared(page, found, new, old, chosen.source)


def change_rows(one: Comparison) -> list[ChangeRow]:
    """The three changes of the picture; without a kind in common only the plain one."""
    raw, same = one.found.raw, one.found.same_kinds.value
    if raw.value is None:
        return []
    low, high = raw.interval.low, raw.interval.high
    rows = [ChangeRow("Overall", raw.value, signed_points(raw.value), low, high)]
    if same is None or one.found.mix is None:
        return rows
    interval = one.interval
    return [
        *rows,
        ChangeRow("Same kinds of tasks", same, signed_points(same), interval.low, interval.high, True),
        ChangeRow("By the mix of tasks", one.found.mix, signed_points(one.found.mix)),
    ]


def _two(choices: GroupChoices) -> tuple[str, str]:
    words = {one.value: f"{one.value} ({write_count(one.n, 'row')})" for one in choices.groups}
    new = pick_one("a", "New group", words, choices.new, width=220)
    otherwise = choices.old if choices.old != new else next(value for value in words if value != new)
    return new, pick_one("b", "Against", words, otherwise, width=220)


def _no_groups(page: PageContext, choices: GroupChoices, chosen: Gauge) -> None:
    word = COLUMN_WORDS[choices.column].lower()
    if choices.column == PHASE:
        st.caption(
            "Fewer than two phases have begun with evidence in them. Record on the Phase plan page when a "
            "phase "
            "began, or compare releases or segments."
        )
        link_to("phase_plan", feature=page.slug)
        return
    only = f" All counted rows are of {lit(choices.groups[0].value)}." if choices.groups else ""
    st.caption(
        f"{lit(chosen.metric.label)}: there are no two groups by {word} to compare.{only} Choose another "
        "column."
    )


def _compared(page: PageContext, one: Comparison, new: str, old: str, source: Source) -> None:
    colour, icon = LOOKS[one.outcome]
    st.markdown(f":{colour}-badge[{icon} {outcome_word(one)}] **{lit(comparison_sentence(one, new, old))}**")
    st.markdown(lit(verdict_sentence(one)))
    rows = change_rows(one)
    if rows:
        higher = one.metric.better is Better.HIGHER
        picture = mix_chart(rows, one.margin, higher_is_better=higher)
        show_chart(picture, alt=mix_alt(rows), key="health_compare_chart")
    st.caption(lit(_caption(one, source)))
    with st.expander("How to read this", icon=":material/help:"):
        st.markdown(_READING)
    lines = _kind_lines(one, new, old)
    cells = [_shown(tuple(row)) for row in lines.rows]
    shown = {name: [row[place] for row in cells] for place, name in enumerate(lines.columns)}
    st.dataframe(shown, hide_index=True, column_config=counts_written(shown))
    download_row("Kinds of tasks", lines, f"{page.slug}-compare", key="compare")


_READING = (
    "- Green zone: not worse by the margin. The hollow mark is a part of the sum, without an interval.\n"
    "- Nobody was put into a group by chance: this compares the same kinds of tasks, and shows no cause.\n"
    "- A true fall of 5 points is often missed with a few hundred cases: no finding is no all-clear.\n"
    "- Kinds of tasks must have been named before the answer was given, not by what the answer looks like.\n"
    "- The mix is that of the rows that were counted; labels spread evenly over the tasks bend it.\n"
    "- Where users come up several times or in both groups, whole users are drawn again for the interval."
)


def _caption(one: Comparison, source: Source) -> str:
    """The numbers behind the picture."""
    is_compared = one.found.mix is not None
    interval = f"On the same kinds of tasks: {interval_points(one.interval)}. " if is_compared else ""
    left = write(one.found.left_out, Unit.SHARE)
    witnesses = "cases" if source is Source.EVAL else "users (where none is named: conversations or days)"
    both = f", {one.in_both:,} of them in both groups" if one.in_both else ""
    return (
        f"{interval}n {one.new_n:,.0f} against {one.old_n:,.0f}, from {one.users:,} {witnesses}{both}. "
        f"Left out, because only one group has that kind of task or nobody named it: {left}."
    )


def _kind_lines(one: Comparison, new: str, old: str) -> Table:
    columns = ("Kind of task", "New rate", "New n", "Old rate", "Old n", "Change", "Compared")
    rows = [_kind_line(line) for line in one.kinds]
    return Table(columns, rows)


def _kind_line(line: KindLine) -> tuple[object, ...]:
    fresh = line.new_passes / line.new_n if line.new_n else None
    before = line.old_passes / line.old_n if line.old_n else None
    change = None if fresh is None or before is None else fresh - before
    return (line.kind or NOT_RECORDED, fresh, line.new_n, before, line.old_n, change, line.is_compared)


def _shown(row: tuple[object, ...]) -> list[object]:
    kind, fresh, new_n, before, old_n, change, compared = row
    return [
        kind,
        write(fresh, Unit.SHARE) if isinstance(fresh, float) else "–",
        new_n,
        write(before, Unit.SHARE) if isinstance(before, float) else "–",
        old_n,
        signed_points(change) if isinstance(change, float) else "–",
        "yes" if compared else "left out",
    ]
