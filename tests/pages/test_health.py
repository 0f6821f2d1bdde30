"""The Health page as a visitor finds it: apart, filtered by the address, with its reasons and downloads."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from core.actions.bundles import put_live, save_bundle
from core.actions.checklists import save_checklist
from core.actions.people import LOCAL_CALLER
from core.criteria.checklist import read_checklist
from core.rollout.bundle import read_bundle
from core.web.screens.provenance import worth_words

Words = Callable[[AppTest], str]


def traces(now: datetime, rows: int = 60) -> str:
    """One trace a user; two of three are about refunds, the others about billing."""
    lines = [
        "run_id,started_at,user_id,user_segment,task_type,release_bundle,response,user_feedback,latency_ms"
    ]
    for number in range(rows):
        started = (now - timedelta(days=1 + number % 20)).strftime("%Y-%m-%dT%H:%M:%SZ")
        task = "billing" if number % 3 == 0 else "refund"
        segment = "beta" if number % 2 else "all"
        release = "new" if number % 20 < 8 else "old"
        lines.append(
            f"run-{number},{started},user-{number},{segment},{task},{release},Yes.,accepted,{900 + number}"
        )
    return "\n".join(lines) + "\n"


def labels(rows: int = 60) -> str:
    """Billing is answered wrongly, everything else rightly; the tool is always right."""
    lines = ["run_id,tool_right,answer_right,hallucination,reviewer,sampling"]
    for number in range(rows):
        lines.append(f"run-{number},yes,{'no' if number % 3 == 0 else 'yes'},no,Vera,complete")
    return "\n".join(lines) + "\n"


@pytest.fixture
def measured(site: Any, now: datetime) -> Any:
    """A feature with a locked checklist, traces and labels."""
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now))
    site.upload("helper", "labels.csv", labels())
    return site


def look(site: Any, **address: str) -> AppTest:
    """The page behind a link with ``address``."""
    at = site.open("health", "helper")
    for name, value in address.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def test_a_number_comes_with_interval_n_source_bar_and_reason(measured: Any, words: Words) -> None:
    said = words(look(measured))
    for sentence in (
        "\n66.7 %\n",
        "n 60 · reviewers' labels",
        "bar: above 80 %",
        "safe to look at any time",
        "Counted: Reviewed traces whose answer was judged right or wrong.",
        "Releases: new, old.",
        "Retrieval recall",
        "has the columns relevant_ids and retrieved_ids filled",
        "Not measured yet:",
    ):
        assert sentence in said, sentence


def test_the_address_filters_every_number(measured: Any, words: Words) -> None:
    said = words(look(measured, task="billing"))
    assert "\n0 %\n" in said
    assert "n 20 · reviewers' labels" in said
    assert "\n66.7 %\n" not in said
    assert "task type “billing”" in said
    both = words(look(measured, task="billing", segment="beta"))
    assert "n 10 · reviewers' labels" in both
    assert "n 60" not in both


def test_a_picker_writes_the_address(measured: Any, words: Words) -> None:
    at = look(measured)
    at.selectbox(key="health_bundle").set_value("new").run()
    assert at.query_params["bundle"] == "new"
    assert "n 24 · reviewers' labels" in words(at)
    at.button(key="health_all").click().run()
    assert "bundle" not in at.query_params
    assert at.query_params["feature"] == "helper"
    assert "n 60 · reviewers' labels" in words(at)


def test_releases_that_are_counted_together_are_told_beside_the_one_that_decides(
    measured: Any, words: Words, now: datetime
) -> None:
    together = "Go / no-go counts what holds for the live release, “new”"
    assert "Releases are counted together" not in words(look(measured)), "none is live"
    bundle = read_bundle({"name": "new", "parts": {"model": {"version": "gpt-x"}}})
    save_bundle(measured.workspace, LOCAL_CALLER, now, "helper", bundle, based_on=None)
    put_live(measured.workspace, LOCAL_CALLER, now, "helper", "new")
    assert together in words(look(measured))
    assert "Releases are counted together" not in words(look(measured, bundle="new"))


@pytest.mark.parametrize("name", ["segment", "task", "bundle", "source", "weeks", "role", "phase"])
def test_a_filter_that_does_not_fit_is_left_out_and_said(measured: Any, words: Words, name: str) -> None:
    at = look(measured, **{name: "![x](http://x)"})
    assert "That filter is left out." in words(at)
    assert "n 60 · reviewers' labels" in words(at)


def test_a_source_alone(measured: Any, words: Words) -> None:
    said = words(look(measured, source="feedback"))
    assert "n 60 · users' own reactions" in said
    assert "It is not measured from users' own reactions." in said
    assert "reviewers' labels only" not in said


def test_weeks_count_back_from_this_one(measured: Any, words: Words) -> None:
    # The tests happen on a Monday: of the four weeks only the three before have traces.
    assert "n 60 · reviewers' labels" in words(look(measured, weeks="4"))
    said = words(look(measured, bundle="old", weeks="4"))
    assert "release “old”, the last 4 weeks" in said


def test_a_part_without_evidence_says_so_and_keeps_its_filters(
    site: Any, words: Words, now: datetime
) -> None:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now))
    said = words(look(site, source="eval"))
    assert "There are no eval results yet" in said
    assert "Nothing is measured yet" not in said


def test_the_trend_and_the_slices_are_chosen_in_the_address(measured: Any, words: Words) -> None:
    at = look(measured, show="trend", trend="latency_p95.trace", step="day")
    assert at.selectbox(key="health_trend").value == "latency_p95.trace"
    assert "p95 latency by day." in words(at)
    said = words(look(measured, show="slices", by="user_segment"))
    assert "by slice, the worst first. beta (" in said or "by slice, the worst first. all (" in said
    split = words(look(measured, show="slices", by="route"))
    assert "No row says its route." in split


def test_a_release_is_marked_in_the_trend(measured: Any, words: Words) -> None:
    said = words(look(measured, show="trend"))
    assert "16 Feb 2026: release new begins." in said.split("Answer correctness by week.")[-1]


def test_slices_come_worst_first(measured: Any, words: Words) -> None:
    said = words(look(measured, show="slices")).split("by slice, the worst first.")[1]
    assert said.index("billing (") < said.index("refund (")
    assert "Answer 0 %, n 20, shown below its bar" in said


def test_a_single_row_is_shown_with_what_little_it_says(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now, 1))
    site.upload("helper", "labels.csv", labels(1))
    assert "n 1 · reviewers' labels" in words(look(site))
    assert "too few cases (n 1)" in words(look(site, show="slices"))


def test_a_diagnosis_names_the_numbers_that_carry_it(site: Any, words: Words, now: datetime) -> None:
    site.locked("helper")
    site.upload("helper", "traces.csv", traces(now, 120))
    wrong = labels(120).replace(",yes,yes,", ",yes,no,")
    site.upload("helper", "labels.csv", wrong)
    said = words(look(site))
    assert "The right tool is picked but answers are wrong: look at retrieval and synthesis." in said
    assert "Tool selection accuracy (reviewers' labels) 100 %" in said


def test_a_number_stands_against_its_bar_without_a_word_of_the_verdict(
    measured: Any, words: Words, now: datetime
) -> None:
    """Evidence from before the lock and any filter count here, so nothing may look like the decision."""
    tiles = words(look(measured, task="billing")).split("Each metric apart")[1]
    assert "Misses its bar" in tiles
    assert "Not settled (above 75 %)." in tiles
    assert "counts only what came after the lock" in tiles
    assert not [word for word in ("GO]", "NO-GO", "NOT ENOUGH EVIDENCE", "more traces") if word in tiles]


def test_the_weeks_reach_the_failures_and_other_filters_say_that_they_do_not(
    measured: Any, words: Words, now: datetime
) -> None:
    old, new = ((now - timedelta(days=days)).isoformat() for days in (60, 2))
    log = f"run_id,failure_type,found_at\nrun-1,slow,{old}\nrun-2,wrong tool,{new}\n"
    measured.upload("helper", "log.csv", log)
    assert "2 failures in 2 traces" in words(look(measured, show="failures"))
    said = words(look(measured, show="failures", weeks="4"))
    assert "1 failure in 1 trace" in said
    assert "Failures found since" in said
    assert "do not apply here" not in said
    beta = words(look(measured, show="failures", segment="beta"))
    assert "2 failures in 2 traces" in beta
    assert "The filters other than weeks do not apply here" in beta


def test_a_row_opens_where_it_stands_with_its_weeks_its_slices_and_its_traces(
    measured: Any, words: Words
) -> None:
    at = look(measured, open="answer_correctness.label", weeks="4")
    said = words(at)
    assert "Its weeks" in said and "Its slices" in said
    assert "billing: 0 %" in said
    assert "behind=answer_correctness.label&against=yes" in said
    assert "from=2026-02-09" in said
    at.button(key="open_answer_correctness_label").click().run()
    assert "open" not in at.query_params
    assert "Its slices" not in words(at)


def test_a_number_that_two_metrics_share_stands_once(site: Any, words: Words) -> None:
    site.draft("helper")
    results = "case_id,passed\n" + "".join(f"case-{place},yes\n" for place in range(30))
    site.upload("helper", "results.csv", results)
    at = look(site)
    assert "Eval pass rate is the same number" in words(at)
    keys = [str(button.key) for button in at.button]
    assert "open_answer_correctness_eval" in keys
    assert "open_eval_pass_rate_eval" not in keys


def test_a_protected_slice_stands_under_its_metric_and_filters_the_page(
    site: Any, words: Words, now: datetime
) -> None:
    site.feature("helper")
    body = {
        "items": [
            {"kind": "measured", "id": "all", "metric": "answer_correctness", "source": "label", "bar": 0.6},
            {
                "kind": "measured",
                "id": "billing",
                "metric": "answer_correctness",
                "source": "label",
                "bar": 0.8,
                "slice": {"task_type": "billing"},
                "protected": True,
            },
        ]
    }
    checklist = read_checklist(body)
    save_checklist(site.workspace, LOCAL_CALLER, now, "helper", checklist, based_on=None)
    site.upload("helper", "traces.csv", traces(now))
    site.upload("helper", "labels.csv", labels())
    at = look(site)
    said = words(at)
    assert said.index("**Answer correctness**") < said.index("**Answer correctness, billing**")
    assert "protected" in said
    at.button(key="only_answer_correctness_label_0").click().run()
    assert at.query_params["task"] == "billing"
    assert "n 20 · reviewers' labels" in words(at)


def test_without_a_checklist_the_board_says_so_once(site: Any, words: Words, now: datetime) -> None:
    site.feature("helper")
    site.upload("helper", "traces.csv", traces(now))
    said = words(look(site))
    assert said.count("No checklist yet: write the bars.") == 1
    assert "No bar in the checklist" not in said and "No bar:" not in said
    site.draft("other")
    site.upload("other", "traces.csv", traces(now))
    at = site.open("health", "other")
    assert "No checklist yet" not in words(at)


def test_old_evidence_is_told_plainly(site: Any, words: Words, now: datetime) -> None:
    site.draft("helper")
    site.upload("helper", "traces.csv", traces(now - timedelta(days=30)))
    assert "No new evidence since 30 Jan 2026, 31 d ago" in words(look(site))


def test_a_sample_that_is_not_worth_one_case_says_so_in_words() -> None:
    assert worth_words(0.4) == "less than one case"
    assert worth_words(1234.4) == "1,234"


def test_keeping_the_page_fresh_looks_for_new_evidence(measured: Any, words: Words) -> None:
    at = look(measured, task="billing")
    at.toggle(key="health_fresh").set_value(True).run()
    assert not at.exception
    assert at.query_params["fresh"] == "yes"
    assert "Looked for new evidence" in words(at)
    assert at.query_params["task"] == "billing"


def test_every_table_downloads(measured: Any) -> None:
    shown = [look(measured), look(measured, show="trend"), look(measured, show="slices")]
    keys = {str(button.proto.id) for at in shown for button in at.get("download_button")}
    for name in ("health_csv", "health_xlsx", "board_weeks_csv", "trend_csv", "slices_csv"):
        assert any(key.endswith(name) for key in keys), name
