"""Alarms: what tripped and what was done, with the form to acknowledge it; what is watched; what was."""

from functools import partial

import streamlit as st

from core.actions.alarms import AlarmLine, AlarmsView, acknowledge_alarm, view_alarms
from core.actions.policy import Act
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit
from core.web.screens.permitted import permitted, says_who_may
from core.web.session import flash, guarded
from core.web.wording import tier_words, write_count, write_moment

_DID = {
    "paused": "paused the rollout",
    "rolled_back": "rolled the feature back",
    "nothing": "changed nothing",
}


def alarms(page: PageContext) -> None:
    """Everything about the alarms of the feature, for the Phase plan page; nothing before there is any."""
    view = view_alarms(page.workspace, page.caller, page.now, page.slug)
    if not (view.lines or view.followed):
        return
    st.header("Early warnings", anchor="alarms")
    if view.silence:
        st.warning(lit(view.silence), icon=":material/sensors_off:")
    if view.open_ones:
        says_who_may(page, Act.RESUME_ROLLOUT)
    for line in view.open_ones:
        _open(page, line)
    _followed(view)
    _past(page, view)


def silence(page: PageContext) -> None:
    """That no new traces come in, for pages that show the numbers; open alarms stand in the band."""
    view = view_alarms(page.workspace, page.caller, page.now, page.slug)
    if view.silence:
        st.warning(lit(view.silence), icon=":material/sensors_off:")


def table_of(view: AlarmsView) -> Table:
    """Every alarm for a file, the newest first."""
    columns = (
        "Noticed",
        "Warning",
        "Phase",
        "Tier",
        "Reached",
        "Cases",
        "What was done",
        "What happened",
        "Acknowledged",
        "By",
        "What was found",
    )
    rows = [
        (
            line.alarm.noticed_at,
            line.alarm.warning,
            line.phase,
            tier_words(line.alarm.tier).word,
            line.alarm.reached_at,
            line.alarm.cases,
            _DID[line.alarm.did],
            line.alarm.sentence,
            line.alarm.acknowledged_at,
            line.alarm.acknowledged_by or "",
            line.alarm.acknowledged_reason or "",
        )
        for line in view.lines
    ]
    return Table(columns, rows)


def _open(page: PageContext, line: AlarmLine) -> None:
    one = line.alarm
    with st.container(border=True, gap="xsmall", key=f"alarm_{one.id}"):
        st.markdown(f":red-badge[:material/notification_important: OPEN] **{lit(_title(line))}**")
        st.markdown(lit(_said(line)))
        st.caption(lit(_facts(line)))
        if one.cases is not None:
            st.caption(
                "A warning follows the traces one by one and speaks as soon as the latest are too bad. "
                "The verdict looks at the whole window, so it can be GO at the same time."
            )
        if not permitted(page, Act.RESUME_ROLLOUT):
            return
        with st.form(f"alarm_form_{one.id}", border=False):
            st.text_input(
                "What was found, and what was done about it?", key=f"alarm_reason_{one.id}", max_chars=500
            )
            st.form_submit_button(
                "Acknowledge",
                type="primary",
                icon=":material/check:",
                key=f"alarm_acknowledge_{one.id}",
                on_click=guarded(partial(_acknowledge, page, one.id)),
                help="From now on the warning counts from 0 again. A paused rollout has still to be resumed.",
            )


def _title(line: AlarmLine) -> str:
    return line.alarm.warning or "The early warnings could not be worked out"


def _said(line: AlarmLine) -> str:
    """The sentence without the warning that stands above it."""
    return line.alarm.sentence.removeprefix(f"{line.alarm.warning}: ")


def _facts(line: AlarmLine) -> str:
    one = line.alarm
    noticed = f"Noticed {write_moment(one.noticed_at)} in {line.phase or 'no phase'}"
    return f"{noticed} · Readygate {_DID[one.did]}"


def _followed(view: AlarmsView) -> None:
    if not view.followed:
        return
    blind = sum(one.is_blind for one in view.followed)
    words = write_count(len(view.followed) - blind, "counter")
    title = f"What is watched now ({words}{f', {blind} not watched' if blind else ''})"
    with st.expander(title, icon=":material/visibility:", key="alarms_followed"):
        for one in view.followed:
            mark = ":orange[:material/visibility_off:] Not watched: " if one.is_blind else ""
            st.markdown(f"{mark}**{lit(one.warning)}**  \n{lit(one.how)}")
            if one.why:
                st.caption(lit(one.why))
        st.caption(
            "Counted anew with every import, in the order of the traces, since the phase began or the last "
            "alarm was acknowledged; of a user one random case a day. Reviews that picked the worst cases "
            "count for tripwires only. Spend counts every task of users, and none of test runs."
        )


def _past(page: PageContext, view: AlarmsView) -> None:
    if not view.lines:
        return
    past = [line for line in view.lines if not line.is_open]
    if past:
        title = f"{write_count(len(past), 'earlier alarm')}"
        with st.expander(title, icon=":material/history:", key="alarms_past"):
            for line in past:
                one = line.alarm
                st.markdown(f"**{lit(_title(line))}**  \n{lit(_said(line))}")
                said = f"{_facts(line)} · acknowledged "
                if one.acknowledged_at is not None:
                    said += f"{write_moment(one.acknowledged_at)} by {one.acknowledged_by}"
                st.caption(lit(f"{said}: {one.acknowledged_reason}"))
    download_row("These alarms", table_of(view), f"{page.slug}-alarms", key="alarms")


def _acknowledge(page: PageContext, alarm_id: int) -> None:
    reason = st.session_state.get(f"alarm_reason_{alarm_id}") or ""
    acknowledge_alarm(page.workspace, page.caller, page.moment(), page.slug, alarm_id, reason=reason)
    flash("The alarm is acknowledged: it counts from 0 again.", icon=":material/check:")
