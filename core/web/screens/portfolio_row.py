"""One feature on the Portfolio: a row of a table on a screen, a small card on a phone; its name opens it."""

from collections.abc import Sequence

import streamlit as st

from core.actions.portfolio import PortfolioLine, view_headline_weeks
from core.criteria.checklist import MeasuredItem
from core.criteria.verdict import Verdict
from core.criteria.wording import interval_words
from core.metrics.measurement import Measurement
from core.rollout.standing import phase_parts
from core.units import write
from core.web.charts import trend_points
from core.web.charts.row_pictures import SPARK_WIDTH, spark_picture, spark_words
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit, lit_number
from core.web.widgets import as_committed_words, verdict_badge
from core.web.wording import (
    DRAFT_ICON,
    STATES,
    verdict_said,
    write_age,
    write_count,
    write_date,
)

# Widths in pixels: beside one another on a screen of 1280; on one of 390 the second and the third still
# stand in one line, which keeps the card small.
_NAME, _VERDICT, _NUMBER = 250, 172, 144

_FITS = 26
"""A link cuts off what has more characters than this: such a name is written out above its link."""


def row(page: PageContext, line: PortfolioLine) -> bool:
    """Who and where; the verdict and since when; the number with its weeks; what it waits for. Returns
    whether weeks are drawn."""
    with st.container(border=True, horizontal=True, gap="xsmall", key=f"card_{line.feature.slug}"):
        with st.container(width=_NAME, gap=None):
            _named(line)
            st.markdown(_where(line))
        with st.container(width=_VERDICT, gap=None):
            _verdict(page, line)
        with st.container(width=_NUMBER, gap=None):
            has_weeks = _headline(page, line)
        with st.container(gap=None):
            _waits(line)
    return has_weeks


def _named(line: PortfolioLine) -> None:
    name, slug = line.feature.name, line.feature.slug
    if len(name) > _FITS:
        st.markdown(f"**{lit(name)}**")
        link_to("go_no_go", feature=slug)
    else:
        link_to("go_no_go", feature=slug, label=name, strong=True)


def _where(line: PortfolioLine) -> str:
    """The state as a badge once there is one, then the phase; small."""
    parts = phase_parts(line.decision.standing)
    if not parts:
        return f":small[:gray[{lit(line.phase)}]]"
    state = STATES[line.decision.state]
    return f":{state.colour}-badge[{state.word}] :small[:gray[{lit_number(' · '.join(parts))}]]"


def _verdict(page: PageContext, line: PortfolioLine) -> None:
    decision = line.decision
    if decision.bar.is_draft:
        # Not the badge: with these words it would be too long for its place.
        st.markdown(f":small[:gray[{DRAFT_ICON} {verdict_said(decision.verdict, draft=True)}]]")
    else:
        verdict_badge(decision.verdict)
    said = [_since_words(page, line), *as_committed_words(decision), line.feature.owner]
    st.markdown("  \n".join(f":small[:gray[{lit(words)}]]" for words in said))


def _since_words(page: PageContext, line: PortfolioLine) -> str:
    if line.since is None:
        return "Changed since the last upload or edit"
    age = write_age(line.since, page.now)
    return "Since a moment ago" if age == "now" else f"Since {write_date(line.since)} ({age})"


def _headline(page: PageContext, line: PortfolioLine) -> bool:
    """The number that stands for the feature with its last weeks, its interval, n, and what it is; returns
    whether there are weeks.

    Of a NO-GO it is the row that fails, which stands beside it by name.
    """
    headline = line.headline
    if headline is None or not isinstance(headline.finding, Measurement):
        st.markdown(":small[:gray[Not measured yet]]")
        return False
    found = headline.finding
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        st.markdown(f"**{lit(write(found.value, found.unit))}**", width="content")
        points = trend_points(view_headline_weeks(page.workspace, page.caller, line))
        bar = headline.item.bar if isinstance(headline.item, MeasuredItem) else None
        until = page.now.date()
        if picture := spark_picture(points, bar, until=until):
            alt = f"{headline.label}: {spark_words(points, found.unit, until=until)} The bar: {headline.bar}."
            st.image(picture, width=SPARK_WIDTH, alt=alt)
    said = [f"{interval_words(found)}, n {found.n:,}"]
    if line.decision.verdict is not Verdict.NO_GO:
        said.append(headline.label)
    st.markdown("  \n".join(f":small[:gray[{lit(words)}]]" for words in said))
    return bool(picture)


def _waits(line: PortfolioLine) -> None:
    head = "Fails" if line.decision.verdict is Verdict.NO_GO else "Waits for"
    st.markdown(f":small[:gray[{head}]] {lit(line.waits_for)}")
    if marks := _marks(line):
        st.markdown(" :gray[·] ".join(f":small[{mark}]" for mark in marks))


def _marks(line: PortfolioLine) -> Sequence[str]:
    """What asks for a look now, and what is live, as Markdown."""
    marks = []
    if line.alarms:
        marks.append(f":red[:material/notification_important: {write_count(line.alarms, 'alarm')}]")
    if line.is_overruled:
        marks.append(":red[:material/gavel: overruled]")
    if line.look_backs:
        marks.append(f":material/history_toggle_off: {write_count(line.look_backs, 'look-back')} due")
    if line.release:
        marks.append(f":gray[:material/package_2: {lit(line.release)}]")
    return marks
