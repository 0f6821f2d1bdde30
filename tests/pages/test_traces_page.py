"""The Traces page and the failure block of the Health page: found, opened, shared by its address."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from core.actions.features import list_features
from core.actions.people import LOCAL_CALLER
from core.actions.traces import TraceFilter
from core.web.downloads import csv_bytes, xlsx_bytes
from core.web.opening import PageContext
from core.web.screens import trace_files
from core.web.screens.trace_text import LONGEST_SHOWN

SLUG = "helper"
FORMULA = '=HYPERLINK("http://leak.example","x")'

Words = Callable[[AppTest], str]


def jsonl(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def open_with(site: Any, **address: str) -> AppTest:
    """The page as somebody finds it who follows a link with this address."""
    return site.open("traces", SLUG, **address)


def listed(at: AppTest) -> list[str]:
    """The run ids in the list."""
    return [str(run) for frame in at.dataframe for run in frame.value.get("Run ID", [])]


def in_tables(at: AppTest) -> str:
    """Every cell of every table of the page."""
    return "\n".join(str(cell) for frame in at.dataframe for cell in frame.value.to_numpy().ravel())


@pytest.fixture
def helper(site: Any) -> Any:
    """A feature with 120 traces of two users, some noted as failures."""
    site.feature(SLUG)
    rows = (
        {
            "run_id": f"run-{n:03}",
            "started_at": (site.now - timedelta(minutes=n)).isoformat(),
            "user_id": f"u-{n % 2}",
            "query": f"Where is order {n}?",
            "task_type": "order",
            "tools_considered": ["find_order", "refund"],
            "tool_selected": "refund",
        }
        for n in range(120)
    )
    site.upload(SLUG, "traces.jsonl", jsonl(rows))
    log = "run_id,failure_type,root_cause,fix\nrun-001,Wrong tool,prompt,renamed\nrun-007,wrong tool,,\n"
    site.upload(SLUG, "log.csv", log + "elsewhere,slow,,\n")
    site.upload(SLUG, "labels.csv", "run_id,tool_right,answer_right,reviewer,note\nrun-001,no,yes,Vera,Odd\n")
    return site


def test_the_newest_stand_first_fifty_on_a_page(helper: Any, words: Words) -> None:
    at = open_with(helper)
    assert listed(at) == [f"run-{n:03}" for n in range(50)]
    assert "120 traces, newest first; 1 to 50 are shown." in words(at)
    at = open_with(helper, page="3")
    assert listed(at) == [f"run-{n:03}" for n in range(100, 120)]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1e9", "٣" * 9])
def test_a_page_that_is_not_there_is_taken_for_the_first(page: str, helper: Any) -> None:
    at = open_with(helper, page=page)
    assert not at.exception
    assert listed(at)[0] == "run-000"


def test_the_address_filters_and_the_fields_show_it(helper: Any, words: Words) -> None:
    at = open_with(helper, failure="WRONG TOOL", user="u-1")
    assert listed(at) == ["run-001", "run-007"]
    assert at.text_input(key="trace_user").value == "u-1"
    assert at.selectbox(key="trace_failure").value == "WRONG TOOL"
    assert "2 traces, newest first." in words(at)
    at.button(key="trace_filters_off").click().run()
    assert len(listed(at)) == 50


def test_a_field_narrows_the_list_from_its_first_page(helper: Any) -> None:
    at = open_with(helper, page="3")
    at.text_input(key="trace_text").set_value("ORDER 7").run()
    assert listed(at) == ["run-007", *(f"run-{n:03}" for n in range(70, 80))]
    assert at.query_params["text"] == "ORDER 7"
    assert "page" not in at.query_params
    at.selectbox(key="trace_failure").set_value("Wrong tool").run()
    assert listed(at) == ["run-007"]


def test_what_fits_nothing_says_what_to_do(helper: Any, words: Words) -> None:
    at = open_with(helper, text="no such words")
    assert "No trace fits" in words(at)
    assert {button.key for button in at.button} >= {"trace_filters_off"}


def test_a_trace_opens_with_everything_behind_it(helper: Any, words: Words) -> None:
    at = open_with(helper, trace="run-001", user="u-1")
    assert not at.exception
    said = words(at) + in_tables(at)
    for sentence in (
        "Where is order 1?", "user u-1", "Tools considered", "find_order, refund", "not recorded", "renamed",
        "Vera", "right tool: no, right answer: yes", "Odd", "Trace: traces.jsonl, row 2, handed in",
        "Labels: labels.csv, row 2", "Failure log: log.csv, row 2", "?feature=helper&trace=run-001",
    ):  # fmt: skip
        assert sentence in said, sentence
    assert "$0" not in said, "a cost that nobody recorded is not 0"
    at.button(key="trace_close").click().run()
    assert (len(listed(at)), at.query_params["user"]) == (50, "u-1")


def test_from_a_trace_to_all_of_its_user_and_its_failure(helper: Any) -> None:
    at = open_with(helper, trace="run-001", text="order")
    at.button(key="trace_same_user").click().run()
    assert (set(at.query_params), at.query_params["user"]) == ({"feature", "user"}, "u-1")
    at = open_with(helper, trace="run-001")
    at.button(key="trace_same_failure_0").click().run()
    assert listed(at) == ["run-001", "run-007"]


def test_a_trace_that_is_not_there_is_said_so(helper: Any, words: Words) -> None:
    at = open_with(helper, trace="gone-1")
    assert not at.exception
    assert "No such trace" in words(at)
    assert "gone-1" in words(at)


def test_the_download_has_every_found_trace_with_whole_texts(helper: Any) -> None:
    long = "word " * 100
    rows = [{"run_id": "long-1", "query": long, "response": FORMULA, "user_id": "u-9", "latency_ms": 1200}]
    helper.upload(SLUG, "more.jsonl", jsonl(rows))
    page = PageContext(
        helper.workspace, LOCAL_CALLER, helper.now, list_features(helper.workspace, LOCAL_CALLER)[0]
    )
    content = trace_files._file(page, TraceFilter(user="u-9"), csv_bytes)
    header, row = csv.reader(io.StringIO(content.decode("utf-8-sig")))
    assert header[:4] == ["Moment", "Run ID", "Question", "Answer"]
    assert row[1:4] == ["long-1", long, f"'{FORMULA}"]
    sheet = openpyxl.load_workbook(
        io.BytesIO(trace_files._file(page, TraceFilter(user="u-9"), xlsx_bytes))
    ).worksheets[0]
    assert (sheet["D2"].data_type, sheet["D2"].value) == ("s", FORMULA)
    everything = csv.reader(
        io.StringIO(trace_files._file(page, TraceFilter(), csv_bytes).decode("utf-8-sig"))
    )
    assert len(list(everything)) == 122


def test_the_failures_are_counted_on_the_health_page(helper: Any, words: Words) -> None:
    at = helper.open("health", SLUG, show="failures")
    assert not at.exception
    said = words(at) + in_tables(at)
    for sentence in ("2 failures in 2 traces.", "Wrong tool", "not rates of all traffic",
                     "1 failure names a run that is not in the traces", "elsewhere"):  # fmt: skip
        assert sentence in said, sentence
    at.segmented_control(key="pareto_by").set_value("By root cause").run()
    assert "1 failure with a root cause; 1 have none yet." in words(at)


def test_a_log_without_any_trace_is_not_dropped(site: Any, words: Words) -> None:
    site.feature(SLUG)
    site.upload(SLUG, "log.csv", "run_id,failure_type\nr1,slow\nr2,slow\n")
    said = words(site.open("health", SLUG))
    assert "2 failures name runs that are not in the traces, and so not counted." in said


def test_a_very_long_text_is_cut_and_says_so(site: Any, words: Words) -> None:
    site.feature(SLUG)
    text = "x" * LONGEST_SHOWN + "END"
    site.upload(SLUG, "traces.jsonl", jsonl([{"run_id": "r1", "query": text, "response": ""}]))
    said = words(open_with(site, trace="r1"))
    assert "The first 20,000 of 20,003 characters" in said
    assert "END" not in said


def test_an_empty_feature_says_where_to_begin(site: Any, words: Words) -> None:
    site.feature(SLUG)
    assert "No traces yet" in words(open_with(site))
    assert "No such trace" in words(open_with(site, trace="r1"))
