"""From nothing to a feature and the way before it; and the first look round the demo."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import lock_checklist, take_template
from core.actions.demo import DEMO_CALLER
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER
from core.criteria.stakes import Stakes
from core.decision.steps import STEP_KEYS
from core.demo.stories import load_stories
from core.web.registry import spec_of
from core.web.screens.first_run import STOPS
from core.web.screens.way import ABOUT

Words = Callable[[AppTest], str]
STRIP, WAY = "Look round in 3 minutes", "The way to everyone"


@pytest.fixture
def demo(site: Any) -> Any:
    """The demo's features, as far as the way round needs them."""
    for slug in ("refund-agent", "shipment-assistant"):
        create_feature(
            site.workspace,
            DEMO_CALLER,
            site.now,
            name=slug.replace("-", " "),
            owner="Mara",
            stakes=Stakes.LOW,
            slug=slug,
        )
    return site


def keys(at: AppTest) -> set[str]:
    return {str(button.key) for button in at.button}


def test_every_step_says_what_it_is_for() -> None:
    assert set(ABOUT) == set(STEP_KEYS)


def test_every_stop_is_a_page_of_a_feature_that_the_demo_makes() -> None:
    made = {story.feature.slug for story in load_stories()}
    assert {stop.feature for stop in STOPS if stop.feature} <= made
    assert all(spec_of(stop.page) for stop in STOPS)
    pages = [stop.page for stop in STOPS]
    assert all(here != after for here, after in pairwise(pages)), (
        "a link to the page on which it stands would leave the address as it is"
    )


def test_a_new_feature_leads_to_the_way_before_it(site: Any, words: Words) -> None:
    at = site.open("portfolio")
    at.text_input(key="new_name").set_value("Refund agent")
    at.text_input(key="new_owner").set_value("Ada")
    at.button(key="create_feature").click().run()
    said = words(at)
    assert not at.exception
    assert "Refund agent is created." in said
    for expected in (WAY, "**0 of 8** done", "**Next:** decide the scope", "Go to Scope", "Roll out"):
        assert expected in said
    at = site.open("portfolio")
    assert WAY in words(at), "the first feature has its way on the Portfolio as well"
    assert "just_created" not in at.session_state
    at.button(key="way_go").click().run()
    assert [title.value for title in at.title] == ["Scope"]
    take_template(site.workspace, LOCAL_CALLER, site.now, "refund-agent", "ready_for_everyone", based_on=None)
    assert "**1 of " in words(site.open("portfolio"))
    lock_checklist(site.workspace, LOCAL_CALLER, site.now, "refund-agent", based_on=1)
    assert WAY not in words(site.open("portfolio"))


def test_the_way_round_the_demo(demo: Any, words: Words) -> None:
    at = demo.open("portfolio")
    said = words(at)
    assert STRIP in said
    assert WAY not in said, "the demo is not what somebody works on"
    at.button(key="tour_last").click().run()
    said = words(at)
    assert "5 of 5 · Make your own." in said
    assert STRIP not in said
    at.button(key="tour_end").click().run()
    assert STRIP in words(at)
    at.button(key="tour_close").click().run()
    assert STRIP not in words(at)
    assert STRIP not in words(demo.open("portfolio")), "closed is remembered beyond the page"
    assert "Look round the demo in 3 minutes" in words(demo.open("glossary"))
    assert STRIP in words(demo.open("portfolio", tour="start"))
    second = demo.open("checklist", "refund-agent", tour="2")
    assert "2 of 5 · How the checklist promised it." in words(second)
    assert "Next: An answer that failed" in words(second)
    second.button(key="tour_end").click().run()
    assert "2 of 5" not in words(second)
    assert "2 of 5" not in words(demo.open("checklist", "shipment-assistant", tour="2"))


@pytest.mark.parametrize("tour", ["0", "99", "²", "start", ""])
def test_a_stop_that_there_is_not_is_no_stop(tour: str, demo: Any) -> None:
    at = demo.open("checklist", "refund-agent", tour=tour)
    assert not at.exception
    assert "tour_end" not in keys(at)


def test_whoever_has_a_feature_is_not_asked_to_look_round(demo: Any, words: Words) -> None:
    demo.feature("claims")
    said = words(demo.open("portfolio"))
    assert STRIP not in said
    assert WAY in said
