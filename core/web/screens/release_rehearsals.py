"""The way back of the live release: each part with its plan, its last drill and how long that counts."""

import math
from datetime import UTC, timedelta
from functools import partial

import streamlit as st

from core.actions.policy import Act
from core.actions.rehearsals import (
    LONGEST_NAME,
    LONGEST_NOTE,
    MOST_MINUTES,
    RehearsalsView,
    record_rehearsal,
    view_rehearsals,
)
from core.criteria.wording import days_words
from core.errors import WrongUsage
from core.evidence.bundle_parts import KILL_SWITCH
from core.rollout.bundle_changes import has_way_back, way_back_words
from core.rollout.rehearsals import (
    REHEARSED,
    DrillState,
    PartStanding,
    days_ago,
    label_of,
    minutes_words,
)
from core.store.rehearsals import Rehearsal
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import only_for
from core.web.widgets import empty_state, flash, guarded
from core.web.wording import write_count, write_date, write_moment

_SHOWN = 10
_SOON = 7
"""With so few days left, a drill is to be planned."""

_BADGES = {
    DrillState.FRESH: ":green-badge[:material/check_circle: WORKED]",
    DrillState.OLD: ":blue-badge[:material/schedule: STALE: too old]",
    DrillState.CHANGED: ":blue-badge[:material/schedule: STALE: changed since]",
    DrillState.FAILED: ":red-badge[:material/cancel: FAILED]",
    DrillState.NEVER: ":gray-badge[:material/circle: NEVER REHEARSED]",
}


def block(page: PageContext) -> None:
    """What going back takes, part by part, and the form for one more drill."""
    st.header("Going back", anchor="going-back")
    view = view_rehearsals(page.workspace, page.caller, page.now, page.slug)
    _standing(view)
    _record(page, view)
    if view.lines:
        with st.container(gap="xsmall", key="drill_lines"):
            for line in view.lines:
                with st.container(border=True, key=f"drill_line_{line.part}"):
                    _line(page, line, view)
        table = standings_table(view)
        download_row("How each part stands", table, f"{page.slug}-going-back", key="drill_standings")
    _history(page, view)


def _standing(view: RehearsalsView) -> None:
    if view.live is None:
        with empty_state(
            "Say first which release is live",
            "Then each of its parts stands here, with when going back was last tried. The kill switch can be "
            "tried today: switch the feature off, and note below how many minutes it took.",
            icon=":material/undo:",
        ):
            pass
        return
    icon = ":green[:material/check_circle:]" if view.holds else ":orange[:material/warning:]"
    st.markdown(f"{icon} {lit(view.sentence)}")
    asked = (
        "High stakes take a drill of the kill switch and of each part that goes back alone"
        if view.stakes == "high"
        else f"At {view.stakes} stakes one drill that worked is enough, of whatever part"
    )
    st.caption(
        f"{asked}. A drill counts for {days_words(view.days)}, and until its part changes; one that failed "
        "keeps the next phase back until one has worked."
    )


def _line(page: PageContext, line: PartStanding, view: RehearsalsView) -> None:
    """One part: three columns beside each other, below each other on a phone."""
    name, drill, plan = st.columns([2, 3, 3], gap="small")
    with name:
        st.markdown(f"**{lit(line.label)}**  \n{_BADGES[line.state]}")
    with drill:
        st.markdown(_drill_words(page, line))
        if line.state is DrillState.FAILED:
            st.text(next(one.note for one in view.history if one.part == line.part))
    with plan:
        st.caption(lit(plan_words(line)))


def plan_words(line: PartStanding) -> str:
    """How the part is meant to go back."""
    if line.part == KILL_SWITCH:
        return "Plan: the whole feature off, for everybody at once."
    if not line.is_known:
        return "The live release does not say what this part is, so nobody can see whether it changed."
    if not has_way_back(line.plan):
        return (
            "No plan is written down. Say in the release how it goes back, who does it, in how many minutes."
        )
    return f"Plan: {way_back_words(line.plan)}"


def _drill_words(page: PageContext, line: PartStanding) -> str:
    """Markdown."""
    drill = line.newest
    if drill is None:
        return "No drill yet"
    words = f"{write_date(drill.at)} ({days_ago(drill.at, page.now)}), {minutes_words(drill.minutes)}"
    if line.took_longer:
        words += f" :orange[longer than the {line.plan.minutes:,} min planned]"
    if line.is_fresh and line.fresh_until is not None:
        left = math.ceil((line.fresh_until - page.now) / timedelta(days=1))
        colour = "orange" if left <= _SOON else "gray"
        words += f"  \n:{colour}[counts for {days_words(left)} more]"
    if line.earlier:
        words += f"  \n:gray[{write_count(line.earlier, 'earlier drill')}]"
    return words


def _record(page: PageContext, view: RehearsalsView) -> None:
    key = f"drill_{page.slug}"
    parts = [line.part for line in view.lines] or list(REHEARSED)
    with st.popover(
        "Record a drill",
        icon=":material/fire_extinguisher:",
        key="drill_popover",
        **only_for(page, Act.REHEARSE),
    ):
        st.selectbox("What was taken back?", parts, format_func=label_of, key=f"{key}/part")
        st.radio(
            "Did it work?",
            ["yes", "no"],
            format_func=str.capitalize,
            index=None,
            key=f"{key}/worked",
            horizontal=True,
        )
        st.number_input(
            "Minutes until users were safe", min_value=0.0, max_value=float(MOST_MINUTES), value=None,
            step=1.0, format="%g", key=f"{key}/minutes",
        )  # fmt: skip
        st.text_input("Who did it", key=f"{key}/who", max_chars=LONGEST_NAME, placeholder="Omar, on call")
        st.datetime_input(
            "When (UTC)",
            value=None,
            format="YYYY-MM-DD",
            key=f"{key}/at",
            help="Empty: just now. It counts for the version that was live at that moment.",
        )
        st.text_area("Note (needed if it failed)", key=f"{key}/note", max_chars=LONGEST_NOTE)
        st.button(
            "Save the drill", type="primary", key=f"{key}/save", on_click=guarded(partial(_save, page, key))
        )


def _history(page: PageContext, view: RehearsalsView) -> None:
    if not view.history:
        return
    with st.expander(f"{write_count(len(view.history), 'drill')} on record", icon=":material/history:"):
        for one in view.history[:_SHOWN]:
            _drill(one)
        if len(view.history) > _SHOWN:
            st.caption(f"{len(view.history) - _SHOWN:,} more are in the download.")
        download_row("All drills", drills_table(view), f"{page.slug}-drills", key="drills")


def _drill(one: Rehearsal) -> None:
    mark = ":green[:material/check_circle:] worked" if one.worked else ":red[:material/cancel:] failed"
    where = f" on {lit(one.bundle)}" if one.bundle else ""
    st.markdown(
        f"{mark}: **{lit(label_of(one.part))}**{where}, {minutes_words(one.minutes)}, {lit(one.done_by)}"
    )
    if one.note:
        st.text(one.note)
    st.caption(lit(f"{write_moment(one.rehearsed_at)}; written down by {one.recorded_by}"))


def _save(page: PageContext, key: str) -> None:
    said, now = st.session_state, page.moment()
    worked, at = said.get(f"{key}/worked"), said.get(f"{key}/at")
    if worked is None:
        raise WrongUsage("Whether the drill worked is missing.", mend="Choose yes or no.")
    record_rehearsal(
        page.workspace,
        page.caller,
        now,
        page.slug,
        part=said.get(f"{key}/part") or "",
        at=at.replace(tzinfo=UTC) if at else now,
        worked=worked == "yes",
        minutes=said.get(f"{key}/minutes") or 0.0,
        done_by=said.get(f"{key}/who") or "",
        note=said.get(f"{key}/note") or "",
    )
    # Who did it stays: the next drill is often of the same evening.
    said.update({f"{key}/worked": None, f"{key}/minutes": None, f"{key}/at": None, f"{key}/note": ""})
    flash("The drill is on record.", icon=":material/fire_extinguisher:")


def standings_table(view: RehearsalsView) -> Table:
    """How each part stands, for a file."""
    columns = ("Part", "State", "Last drill", "Minutes", "Planned minutes", "Counts until", "Plan")
    rows = [
        (
            *(line.label, line.state.value, line.newest.at if line.newest else None),
            *(line.newest.minutes if line.newest else None, line.plan.minutes),
            *(line.fresh_until if line.is_fresh else None, plan_words(line)),
        )
        for line in view.lines
    ]
    return Table(columns, rows)


def drills_table(view: RehearsalsView) -> Table:
    """Every drill for a file, the newest first."""
    columns = (
        "Part",
        "When",
        "Worked",
        "Minutes",
        "Done by",
        "Release",
        "Note",
        "Recorded by",
        "Recorded at",
    )
    rows = [
        (
            *(label_of(one.part), one.rehearsed_at, "yes" if one.worked else "no", one.minutes, one.done_by),
            *(one.bundle or "", one.note, one.recorded_by, one.recorded_at),
        )
        for one in view.history
    ]
    return Table(columns, rows)
