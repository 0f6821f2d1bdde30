"""Slices and comparisons on the Health page: what is protected, where failures pile up, like with like."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import save_checklist
from core.actions.people import LOCAL_CALLER
from core.criteria.checklist import read_checklist

Words = Callable[[AppTest], str]


def traces(now: datetime, rows: int = 120, user: str = "user-{number}") -> str:
    """Every third trace is about billing and is rejected; odd ones are of beta users, who came last."""
    lines = ["run_id,started_at,user_id,user_segment,task_type,response,user_feedback"]
    for number in range(rows):
        segment = "beta" if number % 2 else "all"
        started = (now - timedelta(days=2 + number % 10 + (0 if number % 2 else 10))).strftime(
            "%Y-%m-%dT%H:%M:%SZ"
        )
        task, said = ("billing", "rejected") if number % 3 == 0 else ("refund", "accepted")
        lines.append(f"run-{number},{started},{user.format(number=number)},{segment},{task},Yes.,{said}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def measured(site: Any, now: datetime) -> Any:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now))
    return site


def look(site: Any, **address: str) -> AppTest:
    at = site.open("health", "helper")
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def test_slices_say_their_share_and_where_failures_pile_up(measured: Any, words: Words) -> None:
    said = words(look(measured, show="slices"))
    assert "billing (33.3 % of traces)" in said or "billing (protected · 33.3 % of traces)" in said
    assert "billing, 33.3 % of what was counted, holds 100 % of the failures" in said
    assert "Not luck (q < 0.001, 40 users met them)" in said
    assert "Users by week and segment" in said


def test_protected_slices_are_shown_first_with_or_without_a_case(
    site: Any, words: Words, now: datetime
) -> None:
    item = {"kind": "measured", "metric": "user_acceptance", "source": "feedback", "bar": 0.8}
    items = [
        item | {"protected": True, "id": name, "slice": {"task_type": name}}
        for name in ("billing", "compliance")
    ]
    site.feature("helper")
    checklist = read_checklist({"stakes": "medium", "items": items})
    save_checklist(site.workspace, LOCAL_CALLER, site.before(1), "helper", checklist, based_on=None)
    site.upload("helper", "traces.csv", traces(now))
    said = words(look(site, show="slices"))
    assert "compliance: no case yet" in said
    assert "misses its bar" in said
    table = said.split("by slice, the worst first.")[1]
    assert "billing (protected · 33.3 % of traces)" in table
    assert table.index("billing (protected") < table.index("compliance (protected · no case yet)")
    assert table.index("compliance (protected") < table.index("refund (66.7 % of traces)")


def test_metrics_of_the_table_stand_in_the_address(measured: Any, words: Words) -> None:
    at = look(measured, show="slices", **{"with": "rejected_rate.feedback"})
    assert at.multiselect(key="health_with").value == ["rejected_rate.feedback"]
    assert "Rejected" in words(at).split("by slice, the worst first.")[0][-60:]
    unknown = look(measured, show="slices", **{"with": "![x](http://x)"})
    assert unknown.multiselect(key="health_with").value == ["user_acceptance.feedback"]


def test_users_with_most_failures_are_listed(measured: Any, words: Words) -> None:
    at = look(measured, show="slices", by="user_id")
    assert "40 users met 40 failures" in words(at)
    (table,) = [one.value for one in at.dataframe if "User" in one.value.columns]
    assert len(table) == 40


def test_a_user_id_is_only_text(site: Any, words: Words, now: datetime) -> None:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now, user="![x](http://x/{number})"))
    at = look(site, show="slices", by="user_id")
    assert "![x](http" not in words(at)


def test_no_phase_has_begun(measured: Any, words: Words) -> None:
    assert "No phase has begun yet" in words(look(measured, show="slices", by="phase"))
    assert "Fewer than two phases have begun" in words(look(measured, show="compare", dim="phase"))


def test_a_column_after_the_fact_is_a_hypothesis(site: Any, words: Words, now: datetime) -> None:
    site.locked("helper")
    head, *lines = traces(now).splitlines()
    rows = [f"{line},{'small' if ',billing,' in line else 'large'}" for line in lines]
    site.upload("helper", "traces.csv", "\n".join([f"{head},model", *rows]) + "\n")
    assert "a hypothesis, and check it on next week's traces" in words(look(site, show="slices", by="model"))


def test_like_is_compared_with_like(measured: Any, words: Words) -> None:
    at = look(measured, show="compare")
    assert at.selectbox(key="health_dim").value == "user_segment"
    assert (at.selectbox(key="health_a").value, at.selectbox(key="health_b").value) == ("beta", "all")
    said = words(at)
    assert "User acceptance: beta against all. Whether it changed overall cannot be told yet" in said
    assert "Same kinds of tasks: " in said
    assert "caused" not in said
    turned = look(measured, show="compare", a="all", b="beta", margin="10")
    assert "User acceptance: all against beta" in words(turned)
    assert turned.selectbox(key="health_margin").value == "10"


def test_the_same_group_twice_is_no_comparison(measured: Any, words: Words) -> None:
    assert "Choose two different groups." in words(look(measured, show="compare", a="all", b="all"))


def test_one_group_alone_is_said(measured: Any, words: Words) -> None:
    assert "there are no two groups by channel" in words(look(measured, show="compare", dim="channel"))


def test_a_single_trace_is_enough_for_a_page(site: Any, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now, 1))
    for section in ("slices", "compare"):
        look(site, show=section)


def test_every_table_downloads(measured: Any) -> None:
    shown = [look(measured, show="slices"), look(measured, show="slices", by="user_id")]
    shown.append(look(measured, show="compare"))
    keys = {str(button.proto.id) for at in shown for button in at.get("download_button")}
    for name in ("slices_csv", "piles_csv", "users_csv", "adoption_xlsx", "compare_csv"):
        assert any(key.endswith(name) for key in keys), name
