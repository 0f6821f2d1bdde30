"""The section on new kinds of failure: whether the team is still finding some, and what is to come."""

import streamlit as st

from core.actions.discovery import DiscoveryView, view_discovery
from core.actions.gauges import Health, Part
from core.metrics.discovery import LATELY, Stage
from core.statistics.discovery import FEWEST_FAILURES
from core.units import Unit, write, write_interval
from core.web.charts.discovery import discovery_alt, discovery_chart
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.registry import link_to
from core.web.safe import lit
from core.web.widgets import empty_state, show_chart
from core.web.wording import write_count

_TITLES = {
    Stage.TOO_EARLY: ("Too early to say", ":material/hourglass_empty:"),
    Stage.STILL_FINDING: ("Still finding new kinds of failure", ":material/new_releases:"),
    Stage.NOTHING_NEW_LATELY: (f"No new kind among the last {LATELY} failures", ":material/task_alt:"),
}


def section(page: PageContext, _view: Health, part: Part) -> None:
    """The curve as a section of Health."""
    curve(page, part)


def curve(page: PageContext, part: Part) -> None:
    """What the noted failures say about the kinds that nobody has seen yet."""
    st.header("New kinds of failure")
    view = view_discovery(page.workspace, page.caller, page.now, page.slug, part)
    if not view.curve.counted.n:
        _nothing(page, view)
        return
    title, icon = _TITLES[view.curve.stage]
    box = st.warning if view.curve.stage is Stage.STILL_FINDING else st.info
    box(lit(outlook_words(view)), title=title, icon=icon)
    weeks = view.curve.weeks
    if len(weeks) > 1:
        show_chart(discovery_chart(weeks), alt=discovery_alt(weeks), key="discovery_chart")
        st.caption(
            "Each point is a week; a large one brought a new kind. The dashed line is how many kinds so many "
            "of these failures show in a random order: a curve that lies under it found its kinds late, so "
            "something may have changed."
        )
    st.caption(lit(basis_words(view)))
    rows = [(one.week, one.failures, one.kinds, round(one.expected, 1), ", ".join(one.new)) for one in weeks]
    columns = ("Week", "Failures so far", "Kinds so far", "Expected kinds", "New kinds")
    download_row("These weeks", Table(columns, rows), f"{page.slug}-new-kinds", key="discovery")


def outlook_words(view: DiscoveryView) -> str:
    """What the next failure will be like, with its interval; or why nobody can say."""
    counted = view.curve.counted
    if view.curve.stage is Stage.TOO_EARLY:
        kinds = write_count(counted.kinds, "kind")
        return (
            f"{write_count(counted.n, 'failure')} of {kinds} so far. A forecast needs {FEWEST_FAILURES}: "
            f"note {FEWEST_FAILURES - counted.n} more."
        )
    chance = counted.chance_of_new or 0.0
    interval = write_interval(counted.interval.low, counted.interval.high, Unit.SHARE)
    share = f"{write(chance, Unit.SHARE)}, {interval}, n {counted.n:,}"
    if chance:
        sentence = (
            f"{counted.once:,} of {counted.n:,} failures were one of a kind: about 1 in "
            f"{round(1 / chance):,} of the next will be something nobody has seen yet ({share})."
        )
    else:
        sentence = f"None of {counted.n:,} failures was one of a kind: few of the next will be new ({share})."
    if view.curve.lately:
        named = ", ".join(f"“{word}”" for word in view.curve.lately[:5])
        sentence += f" New among the last {LATELY}: {named}."
    if counted.kinds_at_least > counted.kinds + 0.5:
        sentence += f" At least {counted.kinds_at_least:,.0f} kinds exist; that is no target."
    return sentence


def basis_words(view: DiscoveryView) -> str:
    """What was counted and what was left out."""
    counted, curve = view.curve.counted, view.curve
    words = [f"Of release {view.release}." if view.release else "No release is recorded: all are counted."]
    if curve.noted > counted.n:
        merged = write_count(counted.n, "incident")
        words.append(f"{curve.noted:,} notes are {merged}: the same kind and cause on one day is one.")
    if view.other_releases:
        words.append(
            f"{write_count(view.other_releases, 'failure')} of other releases left out: a new release "
            "starts anew."
        )
    if view.unmatched:
        words.append(f"{write_count(view.unmatched, 'failure')} in runs that were not uploaded left out.")
    words.append("It stands on consistent names: give one kind one name.")
    return " ".join(words)


def _nothing(page: PageContext, view: DiscoveryView) -> None:
    title = "No failure in a known trace yet" if view.unmatched else "No failures noted yet"
    with empty_state(
        "No failure noted in this release yet" if view.other_releases else title,
        "Note what went wrong in which run, in the failure log or in reviewers' labels (column "
        f"failure_type). From {FEWEST_FAILURES} failures on this page says how likely the next one is of a "
        "kind that nobody has seen.",
        icon=":material/search_insights:",
    ):
        link_to("evidence", feature=page.slug, label="Go to Evidence")
