"""The cost section as a visitor finds it: coverage first, volumes in the address, hostile ids inert."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

Words = Callable[[AppTest], str]


def traces(now: datetime, *, costly: bool = True) -> str:
    """Ten tasks a day; every fifth without a cost, one user's name is made to look like markup."""
    lines = ["run_id,started_at,user_id,task_type,response,latency_ms,cost_usd"]
    for number in range(400):
        started = (now - timedelta(days=1 + number // 10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        cost = f"{0.01 * (1 + number % 3)}" if costly and number % 5 else ""
        user = "<b>eve</b>" if number % 40 == 1 else f"user-{number % 40}"
        lines.append(f"run-{number},{started},{user},refund,Yes.,900,{cost}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def priced(site: Any, now: datetime) -> Any:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now))
    return site


def look(site: Any, **address: str) -> AppTest:
    at = site.open("health", "helper", show="cost", **address)
    assert not at.exception
    return at


def test_coverage_comes_before_every_number(priced: Any, words: Words) -> None:
    said = words(look(priced))
    assert "Cost is known for 80 % of tasks (320 of 400)." in said
    assert "not counted as 0" in said
    assert said.index("Cost is known") < said.index("Cost of a task by week")
    assert "Cost per successful task from labels: not measured." in said


def test_the_volumes_and_the_assumptions_follow_the_address(priced: Any, words: Words) -> None:
    at = look(priced, volume="50000", price="10", cache="25")
    assert [field.value for field in at.number_input][:3] == [50_000, 10.0, 25.0]
    said = words(at)
    assert "Prices change by +10 %, and 25 % more comes from a cache." in said
    assert "Today: 10 tasks a day, the mean of 28 days" in said


@pytest.mark.parametrize("typed", ["", "nan", "inf", "-5", "1e99", "x", "9" * 30])
def test_what_is_no_volume_is_said_and_is_ten_times_todays(priced: Any, words: Words, typed: str) -> None:
    at = look(priced, volume=typed)
    assert at.number_input[0].value == 100
    said = words(at)
    assert ("is no volume from 1 to 1,000,000,000 tasks a day: showing 100." in said) is bool(typed)
    volumes = [list(one.value["Volume"]) for one in at.dataframe if "Volume" in one.value]
    assert volumes == [["today", "10 times today", "1,000,000 a day"]]


def test_what_is_no_assumption_is_said(priced: Any, words: Words) -> None:
    said = words(look(priced, price="x", cache="101"))
    assert "“x” is no change of prices from −100 to 1,000 %: showing 0 %." in said
    assert "“101” is no share from 0 to 100 %: showing 0 %." in said


def test_a_typed_volume_goes_into_the_address(priced: Any) -> None:
    at = look(priced)
    at.number_input(key="health_volume").set_value(20_000).run()
    assert not at.exception
    assert at.query_params["volume"] == "20000"
    at.number_input(key="health_volume").set_value(100).run()
    assert "volume" not in at.query_params


def test_without_a_cost_it_says_what_to_upload(site: Any, now: datetime, words: Words) -> None:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now, costly=False))
    said = words(look(site))
    assert "No cost is recorded" in said and "column cost_usd" in said
