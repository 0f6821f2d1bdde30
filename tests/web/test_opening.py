"""No page shows anything unless the router started it; with the router it opens on its feature."""

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import open_workspace
from core.criteria.stakes import Stakes
from core.web import opening
from core.web.registry import PAGES, ROOT, PageSpec

REFUSAL = "Open Readygate at its start page."

ROUTED = """
import streamlit as st
from core.web import open_page
from core.web.session import started_by_router

with started_by_router("{started}"):
    page = open_page("{opened}")
    st.title(f"feature {{page.slug}}")
"""


@pytest.fixture(autouse=True)
def own_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READYGATE_HOME", str(home))
    monkeypatch.delenv("READYGATE_DATABASE_URL", raising=False)


def routed(started: str = "checklist", opened: str = "checklist") -> AppTest:
    return AppTest.from_string(ROUTED.format(started=started, opened=opened), default_timeout=60)


def add_features(now: datetime, *names: str) -> None:
    workspace = open_workspace()
    for name in names:
        create_feature(workspace, LOCAL_CALLER, now, name=name, owner="Ada", stakes=Stakes.HIGH)
    workspace.close()


def shows_only_the_refusal(at: AppTest) -> bool:
    shown = [element.value for element in at.main.children.values()]
    return shown == [REFUSAL] and not at.sidebar.children


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_a_page_file_that_is_run_directly_shows_nothing_but_the_refusal(page: PageSpec, home: Path) -> None:
    at = AppTest.from_file(page.path, default_timeout=60).run()
    assert not at.exception
    assert shows_only_the_refusal(at)
    assert not home.exists(), "nothing may be opened before the page has agreed"


def test_a_page_does_not_open_on_the_mark_of_another(home: Path) -> None:
    at = routed(started="portfolio", opened="checklist").run()
    assert shows_only_the_refusal(at)
    assert not home.exists()


def test_the_mark_is_used_up_by_the_first_call(now: datetime) -> None:
    add_features(now, "Refund agent")
    twice = (
        ROUTED.format(started="checklist", opened="checklist")
        + "    open_page('checklist')\n    st.title('again')\n"
    )
    at = AppTest.from_string(twice, default_timeout=60).run()
    assert [title.value for title in at.title] == ["feature refund-agent"]
    assert REFUSAL in [warning.value for warning in at.warning]


def test_the_only_feature_is_chosen_and_named_in_the_band_and_the_address(now: datetime) -> None:
    add_features(now, "Refund agent")
    at = routed().run()
    assert at.title[0].value == "feature refund-agent"
    assert at.query_params["feature"] in ("refund-agent", ["refund-agent"])
    assert "**Refund agent**" in [text.value for text in at.markdown]
    words = " ".join(text.value for text in (*at.markdown, *at.caption))
    for told in ("High stakes", "Draft: would be NO DATA", "**Next:** decide the scope"):
        assert told in words


def test_the_address_chooses_among_several(now: datetime) -> None:
    add_features(now, "Refund agent", "Shipment assistant")
    at = routed()
    at.query_params["feature"] = "shipment-assistant"
    assert at.run().title[0].value == "feature shipment-assistant"


def test_without_a_choice_the_visitor_is_asked_and_the_answer_holds(now: datetime) -> None:
    add_features(now, "Refund agent", "Shipment assistant")
    at = routed().run()
    assert [title.value for title in at.title] == ["Checklist"]
    at.button(key="choose_shipment-assistant").click().run()
    assert at.title[0].value == "feature shipment-assistant"


def test_the_sidebar_changes_the_feature_and_the_address(now: datetime) -> None:
    add_features(now, "Refund agent", "Shipment assistant")
    at = routed()
    at.query_params["feature"] = "shipment-assistant"
    at.run().selectbox(key="feature_pick").set_value("refund-agent").run()
    assert at.title[0].value == "feature refund-agent"
    assert at.query_params["feature"] in ("refund-agent", ["refund-agent"])


def test_an_unknown_feature_is_said_and_none_is_guessed(now: datetime) -> None:
    add_features(now, "Refund agent", "Shipment assistant")
    at = routed()
    at.query_params["feature"] = "nope"
    at.run()
    assert "does not exist" in at.warning[0].value
    assert [title.value for title in at.title] == ["Checklist"]


def test_an_unknown_feature_does_not_become_the_only_one(now: datetime) -> None:
    add_features(now, "Refund agent")
    at = routed()
    at.query_params["feature"] = "nope"
    at.run()
    assert "does not exist" in at.warning[0].value
    assert [title.value for title in at.title] == ["Checklist"]


def test_a_name_is_shown_literally(now: datetime) -> None:
    add_features(now, "**bold** :red[x]")
    at = routed().run()
    words = " ".join(text.value for text in at.markdown)
    assert ":red[x]" not in words
    assert r"\*" in words


PROBLEM = """
import streamlit as st
from core.errors import WrongUsage
from core.web import open_page
from core.web.session import flash, guarded, started_by_router


def fail():
    raise WrongUsage("The name is empty.", mend="Type a *name*.")


with started_by_router("portfolio"):
    open_page("portfolio", needs_feature=False)
    st.title("Portfolio")
    st.button("fail", key="fail", on_click=guarded(fail))
    st.button("say", key="say", on_click=lambda: flash("Saved *it*."))
"""


def test_a_problem_in_a_callback_is_shown_above_the_page_once() -> None:
    at = AppTest.from_string(PROBLEM, default_timeout=60).run()
    at.button(key="fail").click().run()
    assert at.title[0].value == "Portfolio"
    assert at.error[0].value == "Type a \\*name\\*\u2060\\."
    assert not at.run().error


def test_a_message_is_shown_in_the_next_run_once() -> None:
    at = AppTest.from_string(PROBLEM, default_timeout=60).run()
    at.button(key="say").click().run()
    assert [toast.value for toast in at.toast] == ["Saved \\*it\\*\u2060\\."]
    assert not at.run().toast


@pytest.mark.parametrize("script", ["app.py", "core/web/entry.py"])
def test_the_app_opens_on_the_portfolio(script: str) -> None:
    at = AppTest.from_file(ROOT / script, default_timeout=60).run()
    assert not at.exception
    assert REFUSAL not in [warning.value for warning in at.warning]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.key)
def test_every_page_opens_through_the_router_when_there_is_no_feature(page: PageSpec) -> None:
    at = AppTest.from_file(ROOT / "core" / "web" / "entry.py", default_timeout=60)
    at.switch_page(str(page.path)).run()
    assert not at.exception
    assert REFUSAL not in [warning.value for warning in at.warning]


PART_BY_PART = """
import streamlit as st
from core.web import open_page
from core.web.opening import drawn_first
from core.web.session import started_by_router

with started_by_router("go_no_go"):
    page = open_page("go_no_go")
    st.title("first")
    with drawn_first(page):
        gathered = "second"
    st.markdown(gathered)
"""


@pytest.mark.parametrize(("headers", "moments"), [({"Host": "localhost"}, [1, 0, 1]), ({}, [0, 0, 0])])
def test_a_browser_gets_a_moment_once_for_a_feature(
    headers: dict[str, str], moments: list[int], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_features(now, "Refund agent", "Summaries")
    slept: list[float] = []
    monkeypatch.setattr(opening, "sleep", slept.append)
    monkeypatch.setattr(opening.st, "context", SimpleNamespace(headers=headers))
    found = []
    at = AppTest.from_string(PART_BY_PART, default_timeout=60)
    for slug in ("refund-agent", "refund-agent", "summaries"):
        slept.clear()
        at.query_params["feature"] = slug
        at.run()
        assert at.title[0].value == "first"
        assert "second" in [text.value for text in at.markdown]
        found.append(len(slept))
    assert found == moments


def test_where_the_details_fail_another_feature_can_be_chosen(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_features(now, "Refund agent", "Summaries")
    monkeypatch.setattr(opening, "sleep", lambda seconds: None)
    at = AppTest.from_string(PART_BY_PART.replace('"second"', "1 / 0"), default_timeout=60)
    at.query_params["feature"] = "refund-agent"
    at.run()
    assert at.exception
    at.selectbox(key="feature_pick").set_value("summaries")
    assert "summaries" in at.run().query_params["feature"]
