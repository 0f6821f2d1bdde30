"""The question which scores decide what passed, as the Evidence page asks it and takes the answer."""

import json
from typing import Any

import pytest

from core.actions.importing import run_import
from core.actions.imports import list_uploads
from core.actions.people import LOCAL_CALLER
from core.intake.answers import Answers
from core.intake.pass_rule import Bar, PassRule
from core.store.uploads import Upload

METRICS = [
    {"faithfulness": 0.9, "toxicity": 0.1, "exact": 1},
    {"faithfulness": 0.4, "toxicity": 0.0, "exact": 0},
    {"toxicity": 0.7, "exact": 1},
]


def results(metrics: list[dict[str, float]]) -> str:
    return "".join(json.dumps({"case_id": f"c{n}", "metrics": one}) + "\n" for n, one in enumerate(metrics))


def newest(site: Any, slug: str) -> Upload:
    return max(
        list_uploads(site.workspace, LOCAL_CALLER, slug), key=lambda upload: upload.finished_at is None
    )


def waiting(site: Any) -> tuple[str, str, Any, str]:
    """A feature with a file that waits: its slug, the upload, the page and the beginning of the keys."""
    slug = site.feature("orders")
    upload_id = site.upload(slug, "results.jsonl", results(METRICS))
    return slug, upload_id, site.open("evidence", slug), f"answer_{upload_id}_pass_rule"


def test_one_score_with_a_number_is_an_answer(site: Any, words: Any) -> None:
    slug, upload_id, at, key = waiting(site)
    assert at.selectbox(key=f"{key}_0_score").options == ["exact", "faithfulness", "toxicity"]
    at.selectbox(key=f"{key}_0_score").set_value("toxicity").run()
    assert at.selectbox(key=f"{key}_0_side_toxicity").value == "at_most"
    at.selectbox(key=f"{key}_0_score").set_value("faithfulness").run()
    assert at.selectbox(key=f"{key}_0_side_faithfulness").value == "at_least"
    assert at.number_input(key=f"{key}_0_number_faithfulness").value is None
    at.number_input(key=f"{key}_0_number_faithfulness").set_value(0.8).run()
    at.button(key=f"answer_{upload_id}").click().run()
    done = run_import(site.workspace, newest(site, slug).id, lambda: site.now)
    assert Answers.model_validate(done.answers).pass_rule == PassRule(column="faithfulness", at_least=0.8)
    assert (
        "3 results: 1 passed, 1 failed, 1 result without a score that decides (left out of the rates)."
        " Passed is where “faithfulness” is at least 0.8."
    ) in words(site.open("evidence", slug, upload=done.id))


def test_several_scores_and_any_of_them(site: Any) -> None:
    slug, upload_id, at, key = waiting(site)
    at.selectbox(key=f"{key}_0_score").set_value("exact").run()
    assert at.number_input(key=f"{key}_0_number_exact").value == 1.0
    for _ in range(2):
        at.button(key=f"{key}_add").click().run()
    at.button(key=f"{key}_1_remove").click().run()
    at.selectbox(key=f"{key}_2_score").set_value("toxicity").run()
    at.number_input(key=f"{key}_2_number_toxicity").set_value(0.2).run()
    at.radio(key=f"{key}_need").set_value("or").run()
    at.button(key=f"answer_{upload_id}").click().run()
    done = run_import(site.workspace, newest(site, slug).id, lambda: site.now)
    assert Answers.model_validate(done.answers).pass_rule == PassRule(
        column="exact", at_least=1, further=(Bar(column="toxicity", at_most=0.2),), need="any"
    )
    second = site.upload(slug, "later.jsonl", results(METRICS[:2]))
    assert {upload.id: upload.state for upload in list_uploads(site.workspace, LOCAL_CALLER, slug)}[
        second
    ] == "done"


def test_without_a_number_the_page_says_what_is_missing(site: Any, words: Any) -> None:
    slug, upload_id, at, key = waiting(site)
    at.selectbox(key=f"{key}_0_score").set_value("toxicity").run()
    at.button(key=f"answer_{upload_id}").click().run()
    assert "from which value of “toxicity” on a result passes" in words(at)
    assert newest(site, slug).id == upload_id


def test_one_answer_is_enough_for_files_with_the_same_scores_on_the_same_scale(site: Any) -> None:
    slug, upload_id, _, key = waiting(site)
    site.upload(slug, "second.jsonl", results([{"exact": 0, "faithfulness": 0.5}]))
    site.upload(slug, "per cent.jsonl", results([{"exact": 0, "faithfulness": 50}]))
    at = site.open("evidence", slug)
    at.selectbox(key=f"{key}_0_score").set_value("faithfulness").run()
    at.number_input(key=f"{key}_0_number_faithfulness").set_value(0.8).run()
    at.button(key=f"answer_{upload_id}").click().run()
    again = [
        upload.file_name
        for upload in list_uploads(site.workspace, LOCAL_CALLER, slug)
        if upload.finished_at is None
    ]
    assert sorted(again) == ["results.jsonl", "second.jsonl"]


def asks_again(site: Any, slug: str) -> list[str]:
    """The files that are read anew, because they were answered."""
    return sorted(
        one.file_name for one in list_uploads(site.workspace, LOCAL_CALLER, slug) if one.finished_at is None
    )


def of_langfuse(score: float) -> str:
    said = {"id": "s1", "traceId": "t1", "observationId": None, "name": "right", "value": score,
            "dataType": "NUMERIC", "source": "EVAL", "timestamp": "2026-02-20T09:00:00Z"}  # fmt: skip
    item = {"id": "i1", "experimentId": "run1", "experimentItemId": "C-1", "traceId": "t1", "scores": [said]}
    return json.dumps({"data": [item], "meta": {}})


def test_an_answer_decides_no_waiting_file_of_another_tool(site: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "own.jsonl", results([{"right": 1}, {"right": 0}]))
    other = site.upload(slug, "langfuse.json", of_langfuse(1))
    site.upload(slug, "same.jsonl", results([{"right": 0}]))
    uploads = {one.id: one for one in list_uploads(site.workspace, LOCAL_CALLER, slug)}
    assert uploads[other].fault["because"].startswith("These are items of a Langfuse experiment")
    assert [question["key"] for question in uploads[other].fault["questions"]] == ["pass_rule"]
    site.open("evidence", slug).button(key=f"answer_{upload_id}").click().run()
    assert asks_again(site, slug) == ["own.jsonl", "same.jsonl"]


def test_a_bar_for_yes_and_no_decides_no_waiting_file_with_shares(site: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "own.jsonl", results([{"right": 1}, {"right": 0}]))
    site.upload(slug, "shares.jsonl", results([{"right": 0.9}]))
    site.open("evidence", slug).button(key=f"answer_{upload_id}").click().run()
    assert asks_again(site, slug) == ["own.jsonl"]


def test_the_form_says_what_the_answer_is_used_for(site: Any, words: Any) -> None:
    slug = site.feature("orders")
    upload_id = site.upload(slug, "results.jsonl", results([{"tool_selection": 1, "includes": 0}]))
    at = site.open("evidence", slug)
    assert at.selectbox(key=f"answer_{upload_id}_pass_rule_0_score").value == "includes"
    assert (
        "A case that passes counts as right in “Eval pass rate” and “Answer correctness”; choose the score"
        " that says whether the answer was right."
    ) in words(at)


@pytest.mark.parametrize("name", ["**bold**", "<b>x</b>", ":red[x]", "a and b", "[x](http://x)"])
def test_the_names_of_scores_are_shown_as_they_are(site: Any, words: Any, name: str) -> None:
    slug = site.feature("orders")
    site.upload(slug, "results.jsonl", results([{name: 0.5}]))
    assert f"“{name}” decides; its values are for example 0.5." in words(site.open("evidence", slug))


def test_runs_that_are_scored_elsewhere_are_asked_about_by_the_scores_of_their_runs(
    site: Any, words: Any
) -> None:
    slug = site.feature("orders")
    traces = [{"id": one, "timestamp": "2026-02-20T09:00:00Z", "output": "Here.", "observations": [],
               "scores": [{"id": f"s-{one}", "traceId": one, "name": "judged", "value": 0.7,
                           "dataType": "NUMERIC", "source": "EVAL"}]} for one in ("t1", "t2")]  # fmt: skip
    site.upload(slug, "traces.json", json.dumps(traces))
    upload_id = site.upload(slug, "items.csv", "id,datasetItemId,traceId,datasetRunId\nri1,C-1,t1,r1\n")
    at, key = site.open("evidence", slug), f"answer_{upload_id}_pass_rule_0"
    assert "The file only names runs, and does not say which of them passed." in words(at)
    assert at.selectbox(key=f"{key}_score").options == ["judged"]
    at.number_input(key=f"{key}_number_judged").set_value(0.5).run()
    at.button(key=f"answer_{upload_id}").click().run()
    done = run_import(site.workspace, newest(site, slug).id, lambda: site.now)
    (notice,) = [one for one in done.report["warnings"] if one["code"] == "scored_elsewhere"]
    assert "A run passed where “judged” is at least 0.5, by the scores uploaded for it" in notice["sentence"]
    told = words(site.open("evidence", slug))
    assert "1 trace is a test run, made by an experiment whose results were uploaded." in told
    assert "left out of the rates" not in told
