"""The generated rows: valid, unique, in time, varied, and the same for the same day."""

from collections import Counter
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.demo.files import csv_chunks
from core.demo.generator import (
    benchmark_traces,
    earlier_results,
    eval_results,
    failure_log,
    labels,
    traces,
)
from core.demo.runs import DAYS, begins_at, deal
from core.demo.stories import Story, load_stories
from core.evidence.column import CellType, Column
from core.evidence.columns import COLUMNS, Kind

STORIES = load_stories()
NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
SEED = 2026

each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.feature.slug)

PYTHON_TYPES: dict[CellType, tuple[type, ...]] = {
    CellType.TEXT: (str,),
    CellType.TIME: (str,),
    CellType.NUMBER: (float, int),
    CellType.INTEGER: (int,),
    CellType.BOOLEAN: (bool,),
    CellType.TEXT_LIST: (list,),
}


@cache
def rows_of(slug: str, kind: Kind) -> list[dict[str, Any]]:
    """The rows at NOW; tests that are not about how they are made share them."""
    makers = {
        Kind.TRACES: traces,
        Kind.LABELS: labels,
        Kind.EVALS: eval_results,
        Kind.FAILURES: failure_log,
    }
    return makers[kind](next(story for story in STORIES if story.feature.slug == slug), NOW, SEED)


def traces_of(story: Story) -> list[dict[str, Any]]:
    return rows_of(story.feature.slug, Kind.TRACES)


def labels_of(story: Story) -> list[dict[str, Any]]:
    return rows_of(story.feature.slug, Kind.LABELS)


def evals_of(story: Story) -> list[dict[str, Any]]:
    return rows_of(story.feature.slug, Kind.EVALS)


def failures_of(story: Story) -> list[dict[str, Any]]:
    return rows_of(story.feature.slug, Kind.FAILURES)


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def faults(column: Column, value: Any) -> list[str]:
    if value is None:
        return [f"{column.name} is missing"] if column.required else []
    if type(value) not in PYTHON_TYPES[column.type]:
        return [f"{column.name} is a {type(value).__name__}"]
    found = []
    if column.low is not None and value < column.low:
        found.append(f"{column.name} is below {column.low}: {value}")
    if column.high is not None and value > column.high:
        found.append(f"{column.name} is above {column.high}: {value}")
    if column.choices and value not in {stored for _, stored in column.choices}:
        found.append(f"{column.name} is no choice: {value}")
    return found


@each_story
def test_every_value_fits_its_canonical_column(story: Story) -> None:
    rows_of_kind = {
        Kind.TRACES: traces_of(story),
        Kind.LABELS: labels_of(story),
        Kind.EVALS: evals_of(story),
        Kind.FAILURES: failures_of(story),
    }
    for kind, rows in rows_of_kind.items():
        columns = {column.name: column for column in COLUMNS[kind]}
        found = [
            fault for row in rows for name, value in row.items() for fault in faults(columns[name], value)
        ]
        assert found == []
        assert {tuple(row) for row in rows} == {tuple(rows[0])}, "all rows have the same columns"


@each_story
def test_ids_are_unique_and_labels_point_at_traces(story: Story) -> None:
    runs = [row["run_id"] for row in traces_of(story)]
    labelled = [row["run_id"] for row in labels_of(story)]
    results = [(row["case_id"], row["attempt"]) for row in evals_of(story)]
    assert len(set(runs)) == len(runs)
    assert len(set(labelled)) == len(labelled)
    assert set(labelled) <= set(runs)
    assert len(set(results)) == len(results) == story.suite.cases * story.suite.attempts


@each_story
def test_sizes(story: Story) -> None:
    rows = traces_of(story)
    days = Counter(row["started_at"][:10] for row in rows)
    assert 1_500 <= len(rows) <= 4_000
    assert len(days) == DAYS
    assert len({row["user_id"] for row in rows}) > 300
    assert 150 <= len(labels_of(story)) <= len(rows) / 3


@each_story
def test_the_same_day_gives_the_same_rows_and_another_seed_others(story: Story) -> None:
    assert traces(story, NOW, SEED) == traces_of(story)
    assert labels(story, NOW, SEED) == labels_of(story)
    assert failure_log(story, NOW, SEED) == failures_of(story)
    assert eval_results(story, NOW, SEED) == evals_of(story)
    assert traces_of(story) != traces(story, NOW, SEED + 1)
    late, early = traces(story, NOW.replace(hour=23), SEED), traces(story, NOW.replace(hour=9), SEED)
    assert late[: len(early)] == early


@each_story
@pytest.mark.parametrize(
    "now",
    [
        NOW,
        datetime(2026, 11, 18, tzinfo=UTC),
        datetime(2026, 11, 18, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 11, 18, 23, 59, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 12, tzinfo=UTC),
        datetime(2027, 1, 3, 7, tzinfo=UTC),
        datetime(2026, 11, 18, 23, tzinfo=timezone(timedelta(hours=-5))),
    ],
    ids=str,
)
def test_the_eight_weeks_end_on_the_day_of_now_and_never_after_it(story: Story, now: datetime) -> None:
    started = {row["run_id"]: moment(row["started_at"]) for row in traces(story, now, SEED)}
    times = list(started.values())
    assert times == sorted(times)
    assert times[0] >= begins_at(now)
    assert times[-1] <= now
    assert times[-1].date() == now.astimezone(UTC).date()
    assert times[-1].date() - times[0].date() == timedelta(days=DAYS - 1)
    for row in labels(story, now, SEED):
        assert started[row["run_id"]] < moment(row["labelled_at"]) <= now
    assert all(begins_at(now) < moment(row["started_at"]) < now for row in eval_results(story, now, SEED))


@each_story
def test_traffic_has_the_rhythm_of_an_office_week(story: Story) -> None:
    times = [moment(row["started_at"]) for row in traces_of(story)]
    hours = Counter(time.hour for time in times)
    weekdays = Counter(time.weekday() for time in times)
    assert sum(hours[hour] for hour in range(7, 20)) > 0.75 * len(times)
    assert weekdays[1] > weekdays[6]


@each_story
def test_a_label_agrees_with_its_trace(story: Story) -> None:
    by_run = {row["run_id"]: row for row in traces_of(story)}
    right_tool = {task.name: task.tool for task in story.tasks}
    for label in labels_of(story):
        trace = by_run[label["run_id"]]
        assert label["tool_right"] == (trace["tool_selected"] == right_tool[trace["task_type"]])
        assert (label["failure_type"] is None) == (label["tool_right"] and label["answer_right"])
        if label["hallucination"] or trace["abstained"] or trace["error"]:
            assert not label["answer_right"]
        if trace["abstained"] or trace["error"]:
            assert label["grounded"] is None, "there is no answer whose grounds could be judged"
        if label["hallucination"]:
            assert label["grounded"] is False
        assert (trace["response"] is None) == (trace["error"] is not None)
        assert (trace["corrected_answer"] is not None) == (trace["user_feedback"] == "edited")


@each_story
def test_the_first_week_is_reviewed_completely_and_later_weeks_at_random(story: Story) -> None:
    second_week = begins_at(NOW) + timedelta(days=7)
    sampling = {row["run_id"]: row["sampling"] for row in labels_of(story)}
    for row in traces_of(story):
        if moment(row["started_at"]) < second_week:
            assert sampling[row["run_id"]] == "complete"
        else:
            assert sampling.get(row["run_id"], "random") == "random"


@each_story
def test_texts_vary_and_have_no_slot_left(story: Story) -> None:
    rows = traces_of(story)
    queries = [row["query"] for row in rows]
    assert len(set(queries)) > 0.8 * len(queries)
    assert max(Counter(row["response"] for row in rows if row["response"]).values()) < 0.05 * len(rows)
    texts = [text for row in rows for text in (row["query"], row["response"] or "", row["context_summary"])]
    assert not [text for text in texts if set(text) & set("{}")]
    assert not [text for text in texts if text[:1] in ("=", "+", "-", "@")], (
        "no text that Excel would compute"
    )


@each_story
def test_attempts_of_one_case_speak_of_the_same_thing(story: Story) -> None:
    asked: dict[str, set[str]] = {}
    for row in evals_of(story):
        asked.setdefault(row["case_id"], set()).add(row["query"])
    assert {len(queries) for queries in asked.values()} == {1}


@given(
    chances=st.lists(st.floats(0, 1), min_size=1, max_size=60),
    seed=st.integers(0, 1000),
)
def test_dealing_never_strays_more_than_one_from_what_is_due(chances: list[float], seed: int) -> None:
    dealt = deal(np.array(chances), np.random.default_rng(seed))
    strays = np.abs(np.cumsum(dealt) - np.cumsum(chances))
    assert len(dealt) == len(chances)
    assert strays.max() <= 1 + 1e-9
    assert all(hit for hit, chance in zip(dealt, chances, strict=True) if chance == 1)
    assert not any(hit for hit, chance in zip(dealt, chances, strict=True) if chance == 0)


def test_dealing_gives_each_row_its_own_chance() -> None:
    chances = np.array([0.05, 0.9, 0.3, 0.3, 0.75])
    rng = np.random.default_rng(SEED)
    rates = np.mean([deal(chances, rng) for _ in range(4_000)], axis=0)
    assert rates == pytest.approx(chances, abs=0.03)


def test_benchmark_traces_are_distinct_and_about_one_kilobyte() -> None:
    rows = list(benchmark_traces(3_000, SEED))
    content = b"".join(csv_chunks(rows))
    assert len({row["run_id"] for row in rows}) == 3_000
    assert len({row["query"] for row in rows}) == 3_000
    assert 900 <= len(content) / 3_000 <= 1_150
    assert rows == list(benchmark_traces(3_000, SEED))
    columns = {column.name: column for column in COLUMNS[Kind.TRACES]}
    assert [
        fault for row in rows for name, value in row.items() for fault in faults(columns[name], value)
    ] == []


@each_story
def test_failures_that_were_written_up_are_ones_that_reviewers_found(story: Story) -> None:
    found = {row["run_id"]: row for row in labels_of(story)}
    log = failures_of(story)
    assert len({row["run_id"] for row in log}) == len(log)
    for row in log:
        label = found[row["run_id"]]
        assert row["failure_type"] == label["failure_type"]
        assert row["root_cause"] in (label["root_cause"], None)
        assert row["fix"] is None or row["root_cause"] is not None


@each_story
def test_documents_that_an_answer_needs_are_fetched_more_often_for_right_answers(story: Story) -> None:
    right = {row["run_id"]: row["answer_right"] for row in labels_of(story)}
    shares: dict[bool, list[float]] = {True: [], False: []}
    for row in traces_of(story):
        if row["run_id"] in right:
            needed = set(row["relevant_ids"])
            shares[right[row["run_id"]]].append(len(needed & set(row["retrieved_ids"])) / len(needed))
    recall = {is_right: sum(found) / len(found) for is_right, found in shares.items()}
    assert 0.5 <= recall[False] < recall[True] - 0.1 < 1


@each_story
def test_the_release_before_was_tried_on_the_same_cases_before_the_first_trace(story: Story) -> None:
    before, after, earlier = earlier_results(story, NOW, SEED), evals_of(story), story.bundle.earlier
    if earlier is None:
        assert before == []
        return
    same = ("case_id", "attempt", "query", "suite_version", "task_type", "tools_expected")
    assert [[row[name] for name in same] for row in before] == [[row[name] for name in same] for row in after]
    assert {row["release_bundle"] for row in before} == {earlier.name}
    assert all(moment(row["started_at"]) < begins_at(NOW) for row in before)
    passed, passes = passes_of(before), passes_of(after)
    # A flaky case may pass on one release and fail all its tries on the other, by luck.
    flaky = round(story.suite.cases * story.suite.flaky)
    broke = [one for one in passed if passed[one] > passes[one] == 0]
    fixed = [one for one in passed if passes[one] > passed[one] == 0]
    assert earlier.broke <= len(broke) <= earlier.broke + flaky
    assert earlier.fixed <= len(fixed) <= earlier.fixed + flaky


def passes_of(rows: list[dict[str, Any]]) -> dict[str, int]:
    found = dict.fromkeys((row["case_id"] for row in rows), 0)
    for row in rows:
        found[row["case_id"]] += bool(row["passed"])
    return found
