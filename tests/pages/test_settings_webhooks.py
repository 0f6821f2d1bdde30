"""Webhooks on the Settings page: made by an administrator, tested, sent again and stopped."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.webhooks import (
    MOST_LISTED,
    WebhookEvent,
    WebhooksView,
    make_webhook,
    send_test,
    view_webhooks,
)
from core.store import webhooks
from core.web.downloads import csv_bytes
from core.web.screens.settings_webhooks import table_of

Words = Callable[[AppTest], str]


def made(site: Any, name: str = "Pager") -> str:
    return make_webhook(
        site.workspace,
        LOCAL_CALLER,
        site.now,
        name=name,
        url="https://hooks.example.com/x?key=1",
        events=[WebhookEvent.ALARM],
    )


def seen(site: Any) -> WebhooksView:
    return view_webhooks(site.workspace, LOCAL_CALLER)


def tried(site: Any, *, state: str, status: int | None, fault: str | None) -> None:
    with site.workspace.database.writing() as connection:
        taken = webhooks.take(connection, 1, site.now, timedelta(minutes=1))
        assert taken is not None
        webhooks.tried(
            connection, taken, state=state, status=status, fault=fault, due_at=site.now, now=site.now
        )


def test_a_webhook_is_made_and_its_secret_shown_once(site: Any, words: Words) -> None:
    site.feature("helper")
    at = site.open("settings")
    assert "No system is told at the moment." in words(at)
    at.text_input(key="settings_webhook_name").set_value("Pager")
    at.text_input(key="settings_webhook_url").set_value("https://hooks.example.com/x?key=1")
    at.selectbox(key="settings_webhook_for").set_value("helper")
    at.multiselect(key="settings_webhook_events").set_value([WebhookEvent.ALARM, WebhookEvent.VERDICT])
    at = at.button(key="settings_webhook_go").click().run()
    assert not at.exception
    secret = at.code[0].value
    with site.workspace.database.reading() as connection:
        (kept,) = webhooks.every(connection)
    assert kept.secret == secret
    assert kept.events == ["verdict_changed", "alarm_tripped"]
    at = at.button(key="settings_webhook_seen").click().run()
    said = words(at)
    assert secret not in said
    assert "key=1" not in said
    assert "an early warning tripped" in said
    assert "Nothing was sent yet." in said


def test_an_address_that_cannot_be_is_refused_and_the_words_stay(site: Any, words: Words) -> None:
    at = site.open("settings")
    at.text_input(key="settings_webhook_name").set_value("Pager")
    at.text_input(key="settings_webhook_url").set_value("http://hooks.example.com/")
    at.multiselect(key="settings_webhook_events").set_value([WebhookEvent.ALARM])
    at = at.button(key="settings_webhook_go").click().run()
    assert "does not begin with https" in words(at)
    assert at.text_input(key="settings_webhook_url").value == "http://hooks.example.com/"
    assert seen(site).webhooks == ()


def test_a_test_is_sent_and_listed_with_what_came_of_it(site: Any, words: Words) -> None:
    made(site)
    at = site.open("settings").button(key="settings_webhook_test_1").click().run()
    assert not at.exception
    assert "1 waiting" in words(at)
    assert at.dataframe[-1].value["What came of it"].tolist() == ["is on its way"]
    tried(site, state="failed", status=500, fault="It answered 500.")
    at = at.button(key="settings_webhook_look").click().run()
    assert "1 message could not be delivered" in words(at)
    assert at.dataframe[-1].value["What came of it"].tolist() == ["failed: It answered 500."]
    assert at.dataframe[-1].value["Again"].tolist() == ["Send again"]


def test_a_new_secret_and_a_stop_come_after_a_question(site: Any, words: Words) -> None:
    old = made(site)
    at = site.open("settings").button(key="settings_webhook_renew_1").click().run()
    at = at.button(key="settings_webhook_renewed_1_confirm").click().run()
    assert not at.exception
    assert at.code[0].value != old
    at = at.button(key="settings_webhook_stop_1").click().run()
    at = at.button(key="settings_webhook_stopped_1_confirm").click().run()
    assert not at.exception
    assert seen(site).webhooks[0].stopped_by == "local user"
    assert "stopped by local user" in words(site.open("settings"))


def test_many_deliveries_are_listed_up_to_a_limit_and_download(site: Any, words: Words) -> None:
    made(site)
    for _ in range(MOST_LISTED + 1):
        send_test(site.workspace, LOCAL_CALLER, site.now, 1)
    view = seen(site)
    assert (len(view.deliveries), view.deliveries_kept) == (MOST_LISTED, MOST_LISTED + 1)
    assert f"The newest {MOST_LISTED} of {MOST_LISTED + 1}" in words(site.open("settings"))
    table = table_of(view.deliveries)
    assert json.loads(str(table.rows[0][-1]))["event"] == "test"
    assert csv_bytes(table.rows, table.columns).count(b"hooks.example.com") == 0


def test_a_name_written_as_markup_stays_a_name(site: Any, words: Words) -> None:
    name = "![x](https://evil.example/a.png) **Pager**"
    made(site, name)
    assert name in words(site.open("settings"))


def test_whoever_is_no_administrator_sees_no_webhooks(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    made(site, "Secret system")
    act_as(*(role for role in Role if role is not Role.ADMIN))
    assert "Secret system" not in words(site.open("settings"))
