"""Where failures pile up, on the Health page: a column's values against the rest, and the users hit most."""

from collections.abc import Mapping

import streamlit as st

from core.actions.concentration import UserLine, WorstUsers, view_piles, view_worst_users
from core.actions.gauges import Gauge, Health, Part
from core.actions.splits import USER
from core.metrics.catalogue import Metric
from core.metrics.concentration import (
    NOT_RECORDED,
    Pile,
    Piles,
    can_pile,
    failure_words,
    luck_words,
    pile_sentence,
)
from core.statistics.concentration import Weight
from core.units import Unit, write, write_interval
from core.web.charts.piles import MOST_ROWS, PileBar, pile_alt, pile_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.health_filters import pick_one
from core.web.widgets import counts_written, show_chart
from core.web.wording import SOURCE_WORDS, write_count, write_moment

_USUAL = ("answer_correctness", "user_acceptance", "tool_selection_accuracy")


def piles(page: PageContext, view: Health, part: Part, column: str, words: Mapping[str, str]) -> None:
    """The failures of a chosen metric by ``column``; ``words`` are the columns' names."""
    gauges = rates_of(view)
    if not gauges:
        return
    st.header("Users with most failures" if column == USER else "Where failures pile up")
    names = {key: f"{one.metric.label} · {SOURCE_WORDS[one.source]}" for key, one in gauges.items()}
    chosen = pick_one("failing", "Failures of", names, first_rate(gauges), width=380)
    if column == USER:
        _users(page, part, gauges[chosen])
        return
    gauge = gauges[chosen]
    asked = (page.workspace, page.caller, page.now, page.slug, part, gauge.metric.id, gauge.source, column)
    found = view_piles(*asked)
    word = words[column].lower()
    if found is None:
        st.caption(
            f"{names[chosen]}: no two parts to compare. All rows have the same {word}, or none says it."
        )
        return
    if not found.failures:
        st.caption(f"No failure in {found.n:,} cases: there is nothing that could pile up.")
        return
    _said(found, gauge.metric, word)
    bars = [_bar(pile, gauge.metric) for pile in found.piles if pile.found.part.failures]
    show_chart(pile_chart(bars), alt=pile_alt(bars), key=f"health_piles_{column}_{chosen}")
    _explained(found, gauge.metric, words, len(bars))
    download_row(
        "All parts", _pile_lines(found, words[column]), f"{page.slug}-piles-by-{column}", key="piles"
    )
    _look_here(found, gauge.metric, words)


def rates_of(view: Health) -> dict[str, Gauge]:
    """The measured rates whose rows fail or do not, by their keys."""
    return {one.key: one for one in view.gauges if one.measured is not None and can_pile(one.metric)}


def first_rate(gauges: Mapping[str, Gauge]) -> str:
    """The rate that is offered first: answer correctness, where it is measured."""
    for metric_id in _USUAL:
        for key, gauge in gauges.items():
            if gauge.metric.id == metric_id:
                return key
    return next(iter(gauges))


def _said(found: Piles, asked: Metric, word: str) -> None:
    """The sentence that a person takes away."""
    if not found.concentrated:
        st.markdown(
            lit(
                f"No {word} is shown to hold more than its share: {found.failures:,} of {found.n:,} "
                f"{failure_words(asked)}, and what is uneven below can be luck, is small, or is less than "
                "twice the rest."
            )
        )
    for pile in found.concentrated:
        st.warning(lit(pile_sentence(pile, asked)), icon=":material/target:")
    if not found.is_declared:
        st.info(
            f"Whoever looks at a {lit(word)} after the fact finds something often enough by luck. Take this "
            "as "
            "a hypothesis, and check it on next week's traces.",
            icon=":material/science:",
        )
    if not found.sampling_known:
        st.info(
            "Nobody said how the labelled traces were picked: these shares are of the labels, and need not "
            "be "
            "those of the traffic.",
            icon=":material/help:",
        )


def _bar(pile: Pile, asked: Metric) -> PileBar:
    one = pile.found
    rest = "" if one.rest_rate is None else f", {write(one.rest_rate, Unit.SHARE)} elsewhere"
    return PileBar(
        name=pile.value or NOT_RECORDED,
        of_failures=one.share_of_failures or 0.0,
        of_cases=one.share_of_cases or 0.0,
        rates=f"{write(one.rate or 0.0, Unit.SHARE)}{rest}",
        note=pile_sentence(pile, asked),
        stands_out=one.weight is Weight.CONCENTRATED,
    )


def _explained(found: Piles, asked: Metric, words: Mapping[str, str], drawn: int) -> None:
    together = ", ".join(words[name].lower() for name in found.columns)
    more = f" {drawn - MOST_ROWS:,} more parts are in the download." if drawn > MOST_ROWS else ""
    many = f" Of {found.values:,} values the commonest are shown." if found.values > len(found.piles) else ""
    st.caption(
        lit(
            "Wide bar: share of the failures · thin grey bar: share of what was counted · ▲ red: more than "
            "its "
            f"share, beyond luck and at least twice the rest. At the right: how many {failure_words(asked)} "
            "there, "
            f"and elsewhere. q: of the finds with this q or less, about that share is luck, after looking at "
            f"{together}. At most 5 rows of a user and part count.{more}{many}"
        )
    )


def _look_here(found: Piles, asked: Metric, words: Mapping[str, str]) -> None:
    """What is worth a look whatever its size; nothing of it is a finding."""
    listed = [one for one in found.look_here if one.found.weight is not Weight.CONCENTRATED]
    listed = [one for one in listed if one.found.rate and one.found.rate > (one.found.rest_rate or 0.0)][:5]
    if not listed:
        return
    with st.expander(
        f"Look here: {write_count(len(listed), 'part')} worth reading, and not shown",
        icon=":material/search:",
    ):
        st.caption(
            "The least likely by luck first, small parts as well. Read the traces; conclude nothing yet."
        )
        for pile in listed:
            st.markdown(f"- **{lit(words[pile.column])}:** {lit(pile_sentence(pile, asked))}")


def _pile_lines(found: Piles, word: str) -> Table:
    columns = (
        *(word, "Failures", "n", "Rate", "Rate elsewhere", "Apart, low", "Apart, high", "Share of failures"),
        *("Share of cases", "Users who met them", "Chance by luck", "q", "Says"),
    )
    rows = []
    for pile in found.piles:
        one = pile.found
        apart = one.apart.interval
        rows.append(
            (
                *(pile.value or NOT_RECORDED, one.part.failures, one.part.n, one.rate, one.rest_rate),
                *(apart.low, apart.high, one.share_of_failures, one.share_of_cases, one.part.users),
                *(one.by_luck, one.adjusted, luck_words(pile)),
            )
        )
    return Table(columns, rows)


def _users(page: PageContext, part: Part, gauge: Gauge) -> None:
    asked = (page.workspace, page.caller, page.now, page.slug, part, gauge.metric.id, gauge.source)
    found = view_worst_users(*asked)
    if not found.users:
        st.caption(_no_users(gauge, found))
        return
    listed = sum(user.failures for user in found.users)
    st.markdown(
        lit(
            f"{write_count(found.failed, 'user')} met {write_count(found.failures, 'failure')} "
            f"({failure_words(gauge.metric)}); the {len(found.users):,} below met "
            f"{write(listed / found.failures, Unit.SHARE)} of them."
        )
    )
    lines = [_user_line(user, found) for user in found.users]
    shown = {
        "User": [user.user_id for user in found.users],
        "Failures": [user.failures for user in found.users],
        "Of": [user.n for user in found.users],
        "Their rate": [
            f"{write(user.failures / user.n, Unit.SHARE)} ({write_interval(user.low, user.high, Unit.SHARE)})"
            for user in found.users
        ],
        "Of all failures": [write(user.failures / found.failures, Unit.SHARE) for user in found.users],
        "Last": [write_moment(user.newest) if user.newest else "" for user in found.users],
    }
    st.dataframe(
        shown,
        hide_index=True,
        column_config=counts_written(shown),
        key="health_worst_users",
    )
    st.caption(
        "All rows of a user count here. Picked after the fact: a user high in this list may have had bad "
        "luck, so "
        "check on next week's traces before you conclude anything about them."
    )
    columns = ("User", "Failures", "n", "Rate", "Low", "High", "Share of all failures", "Last failure")
    download_row("These users", Table(columns, lines), f"{page.slug}-users", key="users")


def _no_users(gauge: Gauge, found: WorstUsers) -> str:
    if found.failures:
        return (
            f"{found.failures:,} failures, but no row says its user. Upload traces with the column user\\_id."
        )
    return f"{lit(gauge.metric.label)}: no failure of a named user in {found.n:,} rows."


def _user_line(user: UserLine, found: WorstUsers) -> tuple[object, ...]:
    own = user.failures / user.n
    return (
        *(user.user_id, user.failures, user.n, own, user.low, user.high),
        *(user.failures / found.failures, user.newest),
    )
