"""The confidence section of Health as a visitor finds it: its sentence, its pickers, its empty states."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.checklists import save_checklist
from core.actions.people import LOCAL_CALLER
from core.criteria.checklist import read_checklist

Words = Callable[[AppTest], str]


def traces(now: datetime, rows: int = 300, *, confident: bool = True) -> str:
    """Every second run states 0.95, the others 0.5; each user asks once."""
    lines = ["run_id,user_id,started_at,confidence,release_bundle,user_segment,query,latency_ms"]
    for number in range(rows):
        started = (now - timedelta(days=1 + number % 20)).strftime("%Y-%m-%dT%H:%M:%SZ")
        stated = ("0.95" if number % 2 else "0.5") if confident else ""
        segment = "beta" if number % 4 < 2 else "all"
        lines.append(f"run-{number},user-{number},{started},{stated},v1,{segment},Refund *{number}*?,900")
    return "\n".join(lines) + "\n"


def labels(rows: int = 300, reviewed: str = "random") -> str:
    """The confident ones are right but for run-1; of the others every second pair is wrong."""
    lines = ["run_id,answer_right,reviewer,sampling"]
    for number in range(rows):
        is_wrong = number == 1 or number % 4 == 0
        lines.append(f"run-{number},{'no' if is_wrong else 'yes'},Vera,{reviewed}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def measured(site: Any, now: datetime) -> Any:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now))
    site.upload("helper", "labels.csv", labels())
    return site


def look(site: Any, **address: str) -> AppTest:
    at = site.open("health", "helper", show="confidence", **address)
    assert not at.exception
    return at


def test_the_sentence_stands_first_with_its_numbers(measured: Any, words: Words) -> None:
    said = words(look(measured, promise="90"))
    for sentence in (
        "Of release “v1” (the newest) only: any change of release voids a threshold.",
        "300 answers with a confidence that people judged right or wrong; at most 5 of one user count.",
        "Answer alone above 0.95: that is 50 % of traffic, and we are 90 % sure that at least 90 % of those "
        "are right. The rest goes to a person.",
        "Of those labelled, 149 of 150 are right",
        "at each point alone, not over the whole line",
        "The phase plan has no threshold.",
        "a perfectly calibrated feature would show",
        "It decides nothing.",
        "0 of 300 traces (0 %) state no confidence",
    ):
        assert sentence in said, sentence


def test_a_promise_over_everything_does_not_hide_a_protected_slice(
    site: Any, words: Words, now: datetime
) -> None:
    item = {"kind": "measured", "metric": "answer_correctness", "source": "label"}
    beta = {"id": "beta", "bar": 0.8, "slice": {"user_segment": "beta"}, "protected": True}
    body = {"stakes": "medium", "items": [item | {"id": "all", "bar": 0.6}, item | beta]}
    site.feature("helper")
    checklist = read_checklist(body)
    save_checklist(site.workspace, LOCAL_CALLER, now, "helper", checklist, based_on=None)
    site.upload("helper", "traces.csv", traces(now))
    site.upload("helper", "labels.csv", labels())
    at = look(site, promise="60")
    assert "Every answer that states a confidence can go out alone" in words(at)
    assert not at.success
    (box,) = [one.value for one in at.warning if "can go out alone" in one.value]
    box = box.replace("\\", "")
    assert "But beta is right in 49.3 % (" in box
    assert ", n 150: its own bar is above 80 %" in box


def test_the_promise_starts_with_the_bar_of_the_checklist(measured: Any) -> None:
    at = look(measured)
    assert at.number_input(key="health_promise").value == 80.0
    assert "promise" not in at.query_params


def test_a_picker_writes_the_address_and_the_address_fills_the_picker(measured: Any, words: Words) -> None:
    at = look(measured, threshold="0.4")
    assert "At 0.4, 300 of 300 traces (100 %) would be answered alone" in words(at)
    at.number_input(key="health_threshold").set_value(0.9).run()
    assert at.query_params["threshold"] == "0.9"
    assert "At 0.9, 150 of 300 traces (50 %) would be answered alone" in words(at)
    at.number_input(key="health_promise").set_value(99.0).run()
    assert at.query_params["promise"] == "99"
    assert "picked at random (you have 300)" in words(at)
    assert at.query_params["show"] == "confidence"


@pytest.mark.parametrize("value", ["nan", "100", "<b>"])
def test_an_address_that_says_no_promise_is_told_so(measured: Any, words: Words, value: str) -> None:
    at = look(measured, promise=value)
    assert at.number_input(key="health_promise").value == 80.0
    assert f"“{value}” is no promise from 0.1 to 99.9 %: showing 80 %." in words(at).replace("\\", "")


def test_an_address_that_says_no_threshold_is_told_so(measured: Any, words: Words) -> None:
    said = words(look(measured, threshold="7"))
    assert "“7” is no threshold from 0 to 1: showing 0.95." in said
    assert "is no threshold" not in words(look(measured, threshold="0.5"))


@pytest.mark.parametrize(("value", "shown"), [("0", 0.0), ("0.8204", 0.82), ("2", 0.95)])
def test_thresholds_from_none_to_all_can_be_looked_at(measured: Any, value: str, shown: float) -> None:
    assert look(measured, threshold=value).number_input(key="health_threshold").value == shown


def test_confident_wrong_answers_are_listed_and_open(measured: Any, words: Words) -> None:
    at = look(measured, threshold="0.9")
    assert "At 0.9 or above: 1 wrong answer, the most confident first." in words(at)
    (table,) = [one for one in at.dataframe if "Confidence" in one.value.columns]
    assert table.value["Question"].tolist() == ["Refund *1*?"]
    assert table.value["What is wrong"].tolist() == ["wrong answer"]
    assert table.value["Run id"].tolist() == ["run-1"]
    assert "is known to be wrong" in words(look(measured, threshold="0.97"))


def test_every_table_downloads(measured: Any) -> None:
    keys = {str(button.proto.id) for button in look(measured, threshold="0.9").get("download_button")}
    for name in ("confidence_curve", "confidence_bins", "confidence_spread", "confidence_wrong"):
        for kind in ("csv", "xlsx"):
            assert any(key.endswith(f"{name}_{kind}") for key in keys), (name, kind)


def test_without_a_confidence_it_says_what_to_send(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now, 20, confident=False))
    at = look(site)
    assert "No confidence recorded" in words(at)
    assert "Please record with every answer how sure the feature is of it" in at.code[0].value


def test_without_labels_it_says_what_to_label(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now, 40))
    said = words(look(site, promise="90"))
    assert "What to label" in said
    assert "at least 45 answers of this release" in said
    assert "How confidence is spread over all traffic" in said
    assert "Does it mean what it says?" not in said


def test_a_single_labelled_answer(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now, 1))
    site.upload("helper", "labels.csv", labels(1))
    said = words(look(site, promise="90"))
    assert "it takes at least 45 labelled answers with a confidence, picked at random (you have 1)." in said
    assert "There is no earlier time to compare with." in said


def test_worst_first_labels_are_left_out_and_that_is_said(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now))
    site.upload("helper", "labels.csv", labels(reviewed="worst"))
    said = words(look(site))
    assert "300 picked worst first are left out." in said
    assert "What to label" in said


def test_the_source_filter_is_said_to_do_nothing_here(measured: Any, words: Words) -> None:
    said = words(look(measured, source="trace"))
    assert "The filter “Measured from” does not apply here." in said
    assert "300 answers with a confidence" in said


def test_a_segment_without_confidence_says_which(measured: Any, words: Words, now: datetime) -> None:
    said = words(look(measured, segment="beta"))
    assert "150 answers with a confidence" in said
