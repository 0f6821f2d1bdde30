"""Langfuse's dataset run items with the scores and traces of their runs, as a user hands the files in."""

import json
from collections.abc import Callable
from datetime import datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from core.actions.features import find_feature
from core.actions.importing import run_import
from core.actions.imports import answer_questions, list_uploads, waits_for_answers
from core.actions.instrumentation import unmatched
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.errors import QuestionsOpen, UnreadableFile
from core.intake.answers import Answers, FeedbackRule
from core.intake.pass_rule import PassRule
from core.metrics.measurement import Source
from core.metrics.requests import TallyRequest
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Rate = Callable[..., tuple[float, int]]

NO_REACTION = Answers(feedback=FeedbackRule(score=""))
RUN_ITEMS, SCORES, CASES = "dataset_run_items.csv", "scores.csv", "dataset_items.csv"
CORRECT = "answer_correctness at_least 0.8"


@pytest.fixture
def sample(hand_in: HandIn) -> HandIn:
    """Hands in one of the sample files of Langfuse's evals."""
    folder = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "evals" / "langfuse"
    if not folder.is_dir():
        pytest.skip("the shared folder of samples is not beside this repository")

    def give(name: str, **about: Any) -> Upload:
        return hand_in((folder / name).read_bytes(), name, answers=NO_REACTION, **about)

    return give


@pytest.fixture
def rate(workspace: Workspace, feature: str) -> Rate:
    """(passes, cases that count) of a metric as the evidence now has it."""

    def ask(metric: str = "eval_pass_rate", source: Source = Source.EVAL) -> tuple[float, int]:
        with workspace.database.reading() as connection:
            found = workspace.warehouse.tallies(
                connection, find_feature(workspace, feature), TallyRequest(metric, source)
            )
        tally = found.get(None)
        return (sum(tally.passes_by_cluster), sum(tally.n_by_cluster)) if tally else (0, 0)

    return ask


@pytest.fixture
def answer(workspace: Workspace, feature: str, now: datetime) -> Callable[[str], Upload]:
    """Answers the question of the newest upload and carries the import out."""

    def say(words: str) -> Upload:
        waiting = list_uploads(workspace, LOCAL_CALLER, feature)
        (asked,) = [one for one in waiting if waits_for_answers(workspace, one)]
        again = answer_questions(workspace, LOCAL_CALLER, now, asked.id, {"pass_rule": words})
        return run_import(workspace, again, lambda: now)

    return say


def codes(upload: Upload) -> set[str]:
    return {notice["code"] for notice in (upload.report or {})["warnings"]}


@pytest.mark.parametrize("order", list(permutations((RUN_ITEMS, SCORES, CASES))), ids=" ".join)
def test_the_three_exports_give_the_outcome_in_any_order(
    sample: HandIn, rate: Rate, answer: Any, order: tuple[str, ...]
) -> None:
    for name in order:
        if name == RUN_ITEMS and SCORES in order[: order.index(name)]:
            with pytest.raises(QuestionsOpen) as asked:
                sample(name)
            (question,) = asked.value.questions
            assert list(question.options) == ["answer_correctness", "human_ok"]
            assert question.values["human_ok"] == ("at_least", "1", "to 1")
            done = answer(CORRECT)
            assert (done.report["accepted"], done.report["scored_elsewhere"]) == (1, True)
            assert "scored_elsewhere" in codes(done)
        else:
            done = sample(name)
            assert ("no_outcome" in codes(done)) == (name == RUN_ITEMS)
    if order.index(RUN_ITEMS) < order.index(SCORES):
        assert rate() == (0, 0)
        # The same bytes again are no mere duplicate now: they can be asked about.
        with pytest.raises(QuestionsOpen):
            sample(RUN_ITEMS)
        done = answer(CORRECT)
        assert (done.report["read"], done.report["updated"], done.report["duplicate"]) == (1, 1, 0)
    assert rate() == (1, 1)
    again = sample(RUN_ITEMS)
    assert (again.report["duplicate"], again.report["pass_rule"]["column"]) == (1, "answer_correctness")
    assert rate() == (1, 1)


def test_traces_complete_the_results_and_count_for_no_user(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    sample: HandIn,
    rate: Rate,
    answer: Any,
) -> None:
    sample(SCORES)
    with pytest.raises(QuestionsOpen):
        sample(RUN_ITEMS)
    answer(CORRECT)
    traces = [
        {"id": "tr_e1", "timestamp": "2026-02-20T09:00:00Z", "output": None, "observations": [
            {"id": "o1", "traceId": "tr_e1", "type": "SPAN", "name": "run", "level": "ERROR",
             "startTime": "2026-02-20T09:00:00Z", "endTime": "2026-02-20T09:00:01Z",
             "statusMessage": "timed out"}]},
        {"id": "user", "timestamp": "2026-02-20T09:00:00Z", "output": "Here.", "observations": [],
         "scores": []},
    ]  # fmt: skip
    uploaded = hand_in(json.dumps(traces), "traces.json")
    # The run failed, whatever its score says; and it is no request of a user.
    assert rate() == (0, 1)
    assert rate("error_rate", Source.TRACE) == (0, 1)
    assert unmatched(workspace, LOCAL_CALLER, feature).test_runs == 1
    withdraw_upload(workspace, LOCAL_CALLER, now, uploaded.id, "The wrong feature.")
    assert rate() == (1, 1)


def test_withdrawing_the_answered_upload_takes_the_rule_back(
    workspace: Workspace, now: datetime, sample: HandIn, rate: Rate, answer: Any
) -> None:
    sample(RUN_ITEMS)
    sample(SCORES)
    with pytest.raises(QuestionsOpen):
        sample(RUN_ITEMS)
    done = answer("answer_correctness at_least 0.95")
    assert rate() == (0, 1)
    withdraw_upload(workspace, LOCAL_CALLER, now, done.id, "The wrong bar.")
    assert rate() == (0, 0)
    with pytest.raises(QuestionsOpen):
        sample(RUN_ITEMS)
    answer("answer_correctness at_least 0.9 and human_ok at_least 1")
    assert rate() == (1, 1)


def test_a_rule_of_a_mapping_file_is_held_against_the_scores(sample: HandIn, hand_in: HandIn) -> None:
    rows = "id,datasetItemId,traceId,datasetRunId\nri1,C-1,tr_e1,r1\n"
    early = hand_in(rows, "items.csv", answers=Answers(pass_rule=PassRule(column="Correct", at_least=1)))
    assert (early.report["accepted"], early.report["pass_rule"]["column"]) == (1, "Correct")
    sample(SCORES)
    with pytest.raises(UnreadableFile, match="no uploaded run has") as fault:
        hand_in(rows, "items.csv", answers=Answers(pass_rule=PassRule(column="corect", at_least=1)))
    assert "answer_correctness" in fault.value.mend
    spelt = Answers(pass_rule=PassRule(column="Answer Correctness", at_least=0.5))
    assert hand_in(rows, "items.csv", answers=spelt).report["pass_rule"]["column"] == "answer_correctness"
