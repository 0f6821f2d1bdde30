"""The Portfolio with filters in the address, page by page; and the band that every page of a feature has."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.people import Caller, Role
from core.web.registry import PAGES

Words = Callable[[AppTest], str]
FEATURE_PAGES = [spec.key for spec in PAGES if spec.key not in ("portfolio", "audit", "settings", "glossary")]


def cards(at: AppTest) -> list[str]:
    """The names on the cards, in their order."""
    links = [node.proto for node in at.get("page_link")]
    return [
        link.label.replace("\\", "").strip("*")
        for link in links
        if link.page == "go_no_go" and link.label.startswith("**")
    ]


def open_at(site: Any, **query: Any) -> AppTest:
    at = site.open("portfolio")
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


def parameter(at: AppTest, name: str) -> list[str]:
    value = at.query_params.get(name, [])
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"sort": "name"}, ["Bare", "Draft", "Failed upload", "Locked", "Open question"]),
        ({"sort": "nonsense"}, ["Failed upload", "Locked", "Bare", "Draft", "Open question"]),
        ({"q": "open"}, ["Open question"]),
        ({"verdict": "go"}, []),
        ({"verdict": ["no_data", "go"], "q": "draft"}, ["Draft"]),
        ({"owner": "Ada", "stakes": "medium", "q": "locked"}, ["Locked"]),
        ({"stakes": "high"}, []),
        ({"page": "7"}, ["Failed upload", "Locked", "Bare", "Draft", "Open question"]),
        ({"state": "running"}, []),
        ({"state": "not_started", "q": "bare"}, ["Bare"]),
        ({"look": "yes"}, []),
    ],
)
def test_a_pasted_address_opens_the_same_view(
    query: dict[str, Any], names: list[str], furnished: Any, words: Words
) -> None:
    at = open_at(furnished, **query)
    assert not at.exception
    assert cards(at) == names
    if not names:
        assert "No feature fits these filters." in words(at)


def test_the_fields_show_what_the_address_says_and_write_it_back(furnished: Any) -> None:
    at = open_at(furnished, q="open", sort="name", verdict="no_data")
    assert at.text_input(key="portfolio_q").value == "open"
    assert at.selectbox(key="portfolio_sort").value == "name"
    assert at.multiselect(key="portfolio_verdict").value == ["no_data"]
    at.text_input(key="portfolio_q").set_value("bare").run()
    assert cards(at) == ["Bare"]
    at.selectbox(key="portfolio_sort").set_value("worst").run()
    assert (parameter(at, "q"), parameter(at, "sort")) == (["bare"], []), "the default is not written"
    at.multiselect(key="portfolio_owner").set_value(["Ada"]).run()
    assert parameter(at, "owner") == ["Ada"]
    at.button(key="show_all").click().run()
    assert [name for name in ("q", "verdict", "owner") if parameter(at, name)] == []
    assert len(cards(at)) == 5


def test_a_filter_that_fits_nothing_any_more_is_said(furnished: Any, words: Words) -> None:
    at = open_at(furnished, owner="[Gone](x)", verdict=["maybe"])
    assert "The address asks for “maybe”, “[Gone](x)”, which no feature here has." in words(at)
    assert len(cards(at)) == 5


def test_the_order_is_said_in_a_sentence(furnished: Any, words: Words) -> None:
    said = "Alarms and overruled verdicts first"
    assert said in words(open_at(furnished))
    assert said not in words(open_at(furnished, sort="name"))


def test_many_features_come_in_pages_that_can_be_shared(site: Any, words: Words) -> None:
    for number in range(17):
        site.feature(f"f-{number:02}", name=f"Feature {number:02}")
    at = open_at(site)
    assert cards(at) == [f"Feature {number:02}" for number in range(15)]
    at.button(key="pager_on").click().run()
    assert cards(at) == ["Feature 15", "Feature 16"]
    assert parameter(at, "page") == ["2"]
    assert "16–17 of 17 features" in words(at)
    assert cards(open_at(site, page="2")) == ["Feature 15", "Feature 16"]
    at.text_input(key="portfolio_q").set_value("feature 03").run()
    assert (cards(at), parameter(at, "page")) == (["Feature 03"], [])


def test_one_feature_needs_no_filters(site: Any) -> None:
    site.feature("refund-agent")
    at = site.open("portfolio")
    assert "portfolio_q" not in {field.key for field in at.text_input}


def test_the_empty_portfolio_offers_the_demo_to_whoever_may_make_it(
    site: Any, act_as: Callable[..., Caller], words: Words
) -> None:
    assert "make_demo" in {button.key for button in site.open("portfolio").button}
    act_as(Role.VIEWER)
    at = site.open("portfolio")
    assert "make_demo" not in {button.key for button in at.button}
    assert "Ask somebody with the role" in words(at)


@pytest.mark.parametrize("page", FEATURE_PAGES)
def test_the_band_is_on_every_page(page: str, furnished: Any, words: Words) -> None:
    said = words(furnished.open(page, "draft"))
    assert "Draft: would be NO DATA" in said
    assert "No phase plan yet" in said
    # Go / no-go says all of the decision itself.
    assert ("**Next:** decide the scope (0 of 6 decided)" in said) == (page != "go_no_go")
    assert "What is still missing: 9 of 10" in said


@pytest.mark.parametrize("page", FEATURE_PAGES)
def test_every_link_of_a_page_keeps_its_feature(page: str, furnished: Any) -> None:
    at = furnished.open(page, "locked")
    links = [node.proto for node in at.get("page_link")]
    assert len(links) >= 8
    assert {link.query_string for link in links if "portfolio" not in link.page} == {"feature=locked"}


@pytest.mark.parametrize("page", FEATURE_PAGES)
def test_an_unknown_feature_is_said_on_every_page(page: str, furnished: Any, words: Words) -> None:
    at = furnished.open(page, "no-such-feature")
    assert not at.exception
    assert "The address names a feature that does not exist" in words(at)


def test_a_verdict_of_a_lock_is_no_draft(furnished: Any, words: Words) -> None:
    said = words(furnished.open("evidence", "locked"))
    assert "would be" not in said
    assert "Locked 31 Jan 2026" in said
