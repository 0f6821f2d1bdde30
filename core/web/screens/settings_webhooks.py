"""The webhooks on the Settings page: made, tested, stopped, and the log of what they were told."""

import json
from functools import partial

import streamlit as st

from core.actions.people_views import FOR_ALL
from core.actions.webhooks import (
    DeliveryLine,
    WebhookEvent,
    WebhookLine,
    WebhooksView,
    make_webhook,
    renew_webhook_secret,
    send_again,
    send_test,
    stop_webhook,
    view_webhooks,
)
from core.web.downloads import Table, download_row
from core.web.opening import PageContext
from core.web.safe import lit, printable
from core.web.widgets import confirm, flash, guarded
from core.web.wording import write_count, write_date, write_moment

_NEW = "settings_webhook_new"
_ALL = ""
_EVENTS = {
    WebhookEvent.VERDICT: "the verdict changed",
    WebhookEvent.ALARM: "an early warning tripped",
    WebhookEvent.ROLLOUT: "the rollout moved",
    WebhookEvent.SIGNATURE: "a signature is asked for",
    WebhookEvent.OVERRIDE: "the gate was overruled",
    WebhookEvent.IMPORT: "an import is done",
    WebhookEvent.TEST: "test",
}


def webhooks(page: PageContext) -> None:
    """Everything about webhooks, for administrators of all features."""
    st.header("Webhooks", anchor=False)
    st.caption(
        "Readygate tells other systems what happens, within seconds: a chat, a pager, a ticket system. Each "
        "message is signed, and tried 5 times over an hour. `docs/recipes.md` shows how a receiver checks it."
    )
    view = view_webhooks(page.workspace, page.caller)
    _just_made()
    _make(page, view)
    live = [one for one in view.webhooks if one.stopped_at is None]
    over = [one for one in view.webhooks if one.stopped_at is not None]
    if not live:
        st.caption("No system is told at the moment.")
    for one in live:
        _line(page, one)
    if over:
        with st.expander(
            f"{write_count(len(over), 'webhook')} stopped",
            icon=":material/history:",
            key="settings_webhooks_over",
        ):
            for one in over:
                ended = f"stopped by {one.stopped_by} on {write_date(one.stopped_at or page.now)}"
                st.markdown(f"**{lit(one.name)}** :small[:gray[{lit(f'{one.place} · {ended}')}]]")
    if view.deliveries:
        _log(page, view)


def table_of(found: tuple[DeliveryLine, ...]) -> Table:
    """The deliveries as a file shows them, each with the message as it was sent."""
    columns = ("When", "Webhook", "Event", "Feature", "State", "Answer", "Tries", "Fault", "Ended", "Message")
    rows = [
        (
            write_moment(one.made_at),
            one.webhook,
            one.event.value,
            one.feature or "",
            one.state,
            one.status if one.status is not None else "",
            one.tries,
            one.fault or "",
            write_moment(one.ended_at) if one.ended_at else "",
            json.dumps(one.body, sort_keys=True, ensure_ascii=False),
        )
        for one in found
    ]
    return Table(columns, rows)


def _just_made() -> None:
    """The one time that a secret is shown."""
    made = st.session_state.get(_NEW)
    if made is None:
        return
    name, secret = made
    with st.container(border=True):
        st.markdown(f":material/key: **The secret of the webhook “{lit(name)}”**")
        st.code(secret, language=None, wrap_lines=True)
        st.caption(
            "Copy it now, into the secrets of the receiver: with it the receiver sees that a message is from "
            "Readygate. It is not shown again, but can be renewed."
        )
        st.button("I have copied it", key="settings_webhook_seen", on_click=_forget)


def _make(page: PageContext, view: WebhooksView) -> None:
    fold = st.expander("Tell another system", icon=":material/add:", key="settings_webhook")
    with fold, st.form("settings_webhook_form", border=False, enter_to_submit=False):
        name, place = st.columns(2)
        names = {_ALL: "All features"} | dict(view.features)
        with name:
            st.text_input(
                "Name: the system that is told",
                key="settings_webhook_name",
                max_chars=60,
                placeholder="On-call pager",
            )
        with place:
            st.selectbox(
                "Of", list(names), format_func=lambda slug: printable(names[slug]), key="settings_webhook_for"
            )
        st.text_input(
            "Address of the receiver",
            key="settings_webhook_url",
            max_chars=2000,
            placeholder="https://hooks.example.com/readygate",
            help="It begins with https:// and has no user name or password in it. Where it redirects, nobody "
            "follows."
            + ("" if view.internal_allowed else " Addresses of the own network are not reached from here."),
        )
        st.multiselect(
            "It is told when",
            list(view.events),
            format_func=_EVENTS.__getitem__,
            key="settings_webhook_events",
            placeholder="Choose what it is told",
        )
        st.caption(
            "A message has the event, the feature, who did it by name, the verdict, the state and numbers. "
            "It never has a text of a trace, a reason or an e-mail address."
        )
        st.form_submit_button(
            "Make the webhook",
            type="primary",
            key="settings_webhook_go",
            on_click=guarded(partial(_made, page)),
        )


def _line(page: PageContext, one: WebhookLine) -> None:
    with st.container(border=True):
        badges = " ".join(f":blue-badge[{_EVENTS[event]}]" for event in one.events)
        facts = f"{one.place} · made by {one.made_by} on {write_date(one.made_at)}"
        head = f"**{lit(one.name)}** of {lit(one.feature or FOR_ALL)}"
        st.markdown(f"{head}  \n{badges}  \n:small[:gray[{lit(facts)}]]")
        _counts(one)
        with st.container(horizontal=True, gap="small"):
            st.button(
                "Send a test",
                key=f"settings_webhook_test_{one.id}",
                icon=":material/send:",
                on_click=guarded(partial(_tested, page, one)),
            )
            if st.button("New secret …", key=f"settings_webhook_renew_{one.id}", type="tertiary"):
                confirm(
                    "Make a new secret?",
                    [f"The receiver “{one.name}” refuses every message until it has the new one."],
                    action="Make a new secret",
                    on_confirm=partial(_renewed, page, one),
                    key=f"settings_webhook_renewed_{one.id}",
                    icon=":material/key:",
                )
            if st.button("Stop …", key=f"settings_webhook_stop_{one.id}", type="tertiary"):
                confirm(
                    "Stop this webhook?",
                    [f"“{one.name}” is told nothing any more, for good. What still waits is not sent."],
                    action="Stop it",
                    on_confirm=partial(_stopped, page, one),
                    key=f"settings_webhook_stopped_{one.id}",
                    icon=":material/notifications_off:",
                )


def _counts(one: WebhookLine) -> None:
    if one.failed:
        st.warning(
            f"{write_count(one.failed, 'message')} could not be delivered. The list below says why.",
            icon=":material/error:",
        )
    told = [f"{one.delivered:,} delivered"] if one.delivered else []
    told += [f"{one.waiting:,} waiting"] if one.waiting else []
    st.caption(" · ".join(told) if told else "Nothing was sent yet.")


def _log(page: PageContext, view: WebhooksView) -> None:
    """What was told, and with what answer, the newest first."""
    shown = view.deliveries
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("**What was told**", width="stretch")
        st.button("Look again", key="settings_webhook_look", icon=":material/refresh:", type="tertiary")
    columns: dict[str, list[object]] = {
        "Again": ["Send again" if one.may_send_again else None for one in shown],
        "Event": [_EVENTS[one.event] for one in shown],
        "What came of it": [_outcome(one) for one in shown],
        "When": [write_moment(one.made_at) for one in shown],
        "Feature": [printable(one.feature or "") for one in shown],
        "Tries": [one.tries for one in shown],
        "Webhook": [printable(one.webhook) for one in shown],
    }
    st.dataframe(
        columns,
        hide_index=True,
        key="settings_webhook_log",
        height=min(38 + 35 * len(shown), 420),
        column_config={
            "Again": st.column_config.ButtonColumn(
                "", width=110, key="settings_webhook_again", on_click=_again, args=(page, shown)
            ),
            "What came of it": st.column_config.TextColumn(width=280),
        },
        alt=f"The newest {write_count(len(shown), 'delivery', 'deliveries')} with event and outcome.",
    )
    if view.deliveries_kept > len(shown):
        st.caption(f"The newest {len(shown):,} of {view.deliveries_kept:,}, which are kept for 90 days.")
    download_row("These deliveries", table_of(shown), "webhook-deliveries", key="webhook_deliveries")


def _outcome(one: DeliveryLine) -> str:
    if one.state == "delivered":
        return f"delivered, answered {one.status}"
    fault = f": {one.fault}" if one.fault else ""
    if one.state == "failed":
        return f"failed{fault}"
    again = f" Next try at {one.due_at:%H:%M} UTC." if one.tries else ""
    return f"{'waits' if one.tries else 'is on its way'}{fault}{again}"


def _made(page: PageContext) -> None:
    state = st.session_state
    name = str(state.get("settings_webhook_name") or "")
    secret = make_webhook(
        page.workspace,
        page.caller,
        page.moment(),
        name=name,
        url=str(state.get("settings_webhook_url") or ""),
        events=[WebhookEvent(one) for one in state.get("settings_webhook_events") or ()],
        slug=str(state.get("settings_webhook_for") or _ALL) or None,
    )
    state[_NEW] = (" ".join(name.split()), secret)
    state["settings_webhook_name"] = state["settings_webhook_url"] = ""
    state["settings_webhook_events"] = []
    flash("The webhook is made: copy its secret now, then send a test.", icon=":material/notifications:")


def _tested(page: PageContext, one: WebhookLine) -> None:
    send_test(page.workspace, page.caller, page.moment(), one.id)
    flash("A test is on its way. Look again in a moment.", icon=":material/send:")


def _renewed(page: PageContext, one: WebhookLine) -> None:
    secret = renew_webhook_secret(page.workspace, page.caller, page.moment(), one.id)
    st.session_state[_NEW] = (one.name, secret)
    flash("The secret is renewed: copy it now.", icon=":material/key:")


def _stopped(page: PageContext, one: WebhookLine) -> None:
    stop_webhook(page.workspace, page.caller, page.moment(), one.id)
    flash(f"The webhook “{one.name}” is stopped.", icon=":material/notifications_off:")


def _again(page: PageContext, shown: tuple[DeliveryLine, ...]) -> None:
    clicked = st.session_state.get("settings_webhook_again")
    if clicked is not None and 0 <= clicked["row"] < len(shown):
        guarded(partial(_send_again, page, shown[clicked["row"]]))()


def _send_again(page: PageContext, one: DeliveryLine) -> None:
    send_again(page.workspace, page.caller, page.moment(), one.id)
    flash("It is sent again. Look again in a moment.", icon=":material/send:")


def _forget() -> None:
    st.session_state.pop(_NEW, None)
