"""The trend and the phases on the Health page, and the way from a point to its traces."""

import json
from datetime import timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.web.safe import JOINER

RIGHT = (174, 170, 166, 158)


@pytest.fixture
def falling(site: Any) -> str:
    """Four weeks of 200 reviewed answers each, 87 to 79 % of them right."""
    slug: str = site.feature("falling")
    monday = site.now - timedelta(days=site.now.weekday(), weeks=len(RIGHT))
    traces, labels = [], []
    for week, right in enumerate(RIGHT):
        for place in range(200):
            run = f"run-{week}-{place}"
            began = monday + timedelta(weeks=week, days=place % 7)
            traces.append(
                {"run_id": run, "user_id": run, "started_at": began.isoformat(), "response": "Yes."}
            )
            labels.append(
                {"run_id": run, "answer_right": place < right, "reviewer": "Vera", "sampling": "complete"}
            )
    for name, rows in (("traces.jsonl", traces), ("labels.jsonl", labels)):
        site.upload(slug, name, "".join(json.dumps(row) + "\n" for row in rows))
    return slug


def said(at: AppTest) -> str:
    shown = "\n".join(one.value for one in (*at.markdown, *at.caption))
    return shown.replace("\\", "").replace(JOINER, "")


def test_the_four_weeks_ask_to_investigate(site: Any, falling: str) -> None:
    at = site.open("health", falling, show="trend")
    assert not at.exception
    words = said(at)
    assert "Four weeks in a row lower, 87 to 79 %. Luck does this about 1 time in 75. Investigate." in words
    assert "at least once in 12 weeks with a chance of 45 %" in words
    assert "Day to day" in words


def test_before_the_first_phase_the_section_says_what_will_stand_there(site: Any, falling: str) -> None:
    at = site.open("health", falling, show="phases")
    assert not at.exception
    assert "No phase has begun" in said(at)


@pytest.mark.parametrize(
    ("days", "found"),
    [(("2026", "2026"), "800 traces"), (("soon", ""), "800 traces"), (("9999-12-31", ""), "800 traces")],
)
def test_what_is_no_day_leaves_the_traces_open(
    site: Any, falling: str, days: tuple[str, str], found: str
) -> None:
    at = site.open("traces", falling, **{"from": days[0], "to": days[1]})
    assert not at.exception
    assert found in said(at)


def test_a_week_leads_to_its_traces(site: Any, falling: str) -> None:
    monday = (site.now - timedelta(days=site.now.weekday(), weeks=2)).date()
    days = {"from": monday.isoformat(), "to": (monday + timedelta(days=6)).isoformat()}
    at = site.open("traces", falling, **days)
    assert not at.exception
    assert "200 traces" in said(at)
    assert (at.date_input(key="trace_from").value, at.date_input(key="trace_to").value) == (
        monday,
        monday + timedelta(days=6),
    )
