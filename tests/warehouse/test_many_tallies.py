"""Many questions from one scan: every answer is the one that the evidence gives when it is asked alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.evidence.columns import Kind
from core.metrics.catalogue import CATALOGUE, Relation, Shape, metric
from core.metrics.measurement import Slice, Source, Tally, Window
from core.metrics.requests import TallyRequest
from core.store import features
from core.store.cost_rows import spend_by_group
from core.store.database import Connection, Database
from core.store.features import Feature
from core.store.many_tallies import Scan, scans_of
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Row = dict[str, Any]

START = datetime(2026, 3, 1, 22, tzinfo=UTC)
RANKS = (1, 3, None)
QUESTIONS = 40
"""So many of all possible questions are asked with each seed."""


def asked(metric_id: str, source: str, where: Mapping[str, str] | None = None, **about: Any) -> TallyRequest:
    return TallyRequest(metric_id, Source(source), Slice.of(where or {}), **about)


def drawn_traces(dice: Random, count: int) -> list[Row]:
    """Traces with gaps in every column that a metric reads; users, sessions and nobody."""

    def maybe(*values: Any) -> Any:
        return dice.choice([*values, None])

    return [
        {
            "run_id": f"run-{place}",
            "started_at": START + timedelta(hours=dice.randrange(24 * 30)) if dice.random() < 0.9 else None,
            "user_id": maybe("u1", "u2", "u3"),
            "session_id": maybe("s1", "s2"),
            "task_type": maybe("billing", "Billing ", "refund"),
            "channel": maybe("web", "phone"),
            "release_bundle": maybe("v1", "v2"),
            "response": maybe("Hello"),
            "error": maybe("broken", "OK"),
            "tool_selected": maybe("a", "b"),
            "tool_expected": maybe("a", "b"),
            "tools_called": maybe(["a"], ["b", "c"], []),
            "tool_error": maybe("broken"),
            "relevant_ids": maybe(["x", "y", "z"], ["x"], []),
            "retrieved_ids": maybe(["x", "y"], []),
            "schema_valid": maybe(True, False),
            "escalated": maybe(True, False),
            "user_feedback": maybe("accepted", "edited", "rejected"),
            "latency_ms": maybe(100.0, 900.5, 20_000.0),
            "input_tokens": maybe(10, 2_000),
            "output_tokens": maybe(5, 70),
            "cost_usd": maybe(0.0, 0.01, 0.3),
        }
        for place in range(count)
    ]


def drawn_labels(dice: Random, count: int) -> list[Row]:
    return [
        {
            "run_id": f"run-{place}",
            "reviewer": dice.choice(["Ada", "Bob"]),
            "is_judge": dice.random() < 0.3,
            "answer_right": dice.choice([True, False, None]),
            "tool_right": dice.choice([True, False, None]),
            "hallucination": dice.choice([True, False, None]),
            "sampling": dice.choice(["random", "worst_first", None]),
        }
        for place in range(0, count, 2)
    ]


def drawn_evals(dice: Random, count: int) -> list[Row]:
    return [
        {
            "case_id": f"case-{place % 7}",
            "attempt": place,
            "passed": dice.choice([True, False, None]),
            "error_kind": dice.choice(["run", "judge", None, None]),
            "tools_expected": dice.choice([["a"], None]),
            "tools_called": dice.choice([["a", "b"], ["b"], None]),
            "cost_usd": dice.choice([0.02, 0.5, None]),
        }
        for place in range(count)
    ]


WINDOWS = (
    Window(),
    Window(since=START + timedelta(days=6)),
    Window(since=START + timedelta(days=6), until=START + timedelta(days=20)),
)
SLICES: tuple[dict[str, str], ...] = ({}, {"task_type": "billing"}, {"task_type": "refund", "channel": "web"})


def every_request() -> list[TallyRequest]:
    """Each reading of each countable metric as a whole, by week and by task, in windows and slices."""
    requests = []
    for one in CATALOGUE.values():
        for reading in one.readings:
            if one.shape not in (Shape.RATE, Shape.QUANTILE, Shape.MEAN):
                continue
            is_eval = reading.relation is Relation.EVALS
            bar = 900.5 if one.shape is Shape.QUANTILE else None
            slices, groups = (({},), (None, "week")) if is_eval else (SLICES, (None, "week", "task_type"))
            requests += [
                asked(one.id, reading.source, where, window=window, bar=bar, by=by)
                for where, window, by in product(slices, WINDOWS, groups)
            ]
    return requests


@pytest.fixture
def alone(tmp_path: Path) -> Warehouse:
    """A second warehouse, which remembers nothing of what the first one answered."""
    return Warehouse(SegmentCache(tmp_path / "other cache", 10**9))


@pytest.mark.parametrize("seed", range(2))
def test_together_and_alone_give_the_same(
    database: Database, feature: Feature, warehouse: Warehouse, alone: Warehouse, evidence: Import, seed: int
) -> None:
    dice = Random(seed)
    rows = drawn_traces(dice, 120)
    evidence(Kind.TRACES, rows[:80], bundle="v0")
    # A file without any tool in it: its traces say nothing about tools.
    bare = ("tool_selected", "tools_called", "tool_error")
    evidence(Kind.TRACES, [{**row, **dict.fromkeys(bare)} for row in rows[80:]])
    evidence(Kind.TRACES, [{**row, "user_feedback": "rejected"} for row in rows[:9]])
    evidence(Kind.LABELS, drawn_labels(dice, 120))
    evidence(Kind.EVALS, drawn_evals(dice, 40), bundle="v1")
    requests = dice.sample(every_request(), QUESTIONS)
    with database.reading() as connection:
        known = features.by_slug(connection, feature.slug)
        with warehouse.together(connection, known, requests):
            together = [answers(warehouse, connection, known, request) for request in requests]
        singly = [answers(alone, connection, known, request) for request in requests]
    assert together == singly
    assert sum(bool(tallies) for tallies, _ in together) > QUESTIONS / 2


Answers = tuple[list[tuple[str | None, Tally]], Mapping[str | None, Sequence[float | None]]]


def answers(warehouse: Warehouse, connection: Connection, feature: Feature, request: TallyRequest) -> Answers:
    """The tallies in their order, and of an amount the values at some ranks or what each witness spent."""
    shape = metric(request.metric).shape
    if shape is Shape.MEAN:
        spends = spend_by_group(warehouse, connection, feature, request)
        tallies = [(group, spend.tally) for group, spend in spends.items()]
        return tallies, {group: spend.cost_by_cluster for group, spend in spends.items()}
    counted = warehouse.tallies(connection, feature, request)
    ranks = dict.fromkeys((group for group, tally in counted.items() if tally.n), RANKS)
    is_ranked = shape is Shape.QUANTILE and ranks
    values = warehouse.values_at(connection, feature, request, ranks) if is_ranked else {}
    return list(counted.items()), values


@pytest.mark.parametrize("by", [None, "week", "task_type"])
def test_what_tasks_cost_is_told_by_the_scan(
    database: Database,
    feature: Feature,
    warehouse: Warehouse,
    alone: Warehouse,
    evidence: Import,
    by: str | None,
) -> None:
    dice = Random(3)
    evidence(Kind.TRACES, drawn_traces(dice, 120))
    evidence(Kind.LABELS, drawn_labels(dice, 120))
    evidence(Kind.EVALS, drawn_evals(dice, 40), bundle="v1")
    means = [one for one in every_request() if metric(one.metric).shape is Shape.MEAN and one.by == by]
    spent = 0
    with database.reading() as connection:
        known = features.by_slug(connection, feature.slug)
        with warehouse.together(connection, known, means):
            together = [answers(warehouse, connection, known, request) for request in means]
        for request, found in zip(means, together, strict=True):
            assert found == answers(alone, connection, known, request), request
            spent += len(found[1])
    assert spent > len(means) / 2, "most of them have a cost"


def test_merged_runs_are_scanned_as_well(
    database: Database, feature: Feature, warehouse: Warehouse, alone: Warehouse, evidence: Import
) -> None:
    evidence(Kind.TRACES, drawn_traces(Random(5), 60))
    evidence(
        Kind.SPANS,
        [
            {"run_id": f"run-{place}", "span_id": f"s{place}", "name": "a", "span_kind": "tool"}
            for place in range(40, 80)
        ],
    )
    requests = Random(5).sample([one for one in every_request() if one.source is Source.TRACE], 12)
    with database.reading() as connection:
        known = features.by_slug(connection, feature.slug)
        with warehouse.together(connection, known, requests):
            together = [answers(warehouse, connection, known, request) for request in requests]
        assert together == [answers(alone, connection, known, request) for request in requests]


def test_without_evidence_there_are_no_tallies(
    database: Database, feature: Feature, warehouse: Warehouse
) -> None:
    requests = Random(5).sample(every_request(), 12)
    with database.reading() as connection, warehouse.together(connection, feature, requests):
        assert all(warehouse.tallies(connection, feature, request) == {} for request in requests)


def test_a_question_that_was_not_announced_is_answered_all_the_same(
    database: Database, feature: Feature, warehouse: Warehouse, evidence: Import
) -> None:
    evidence(Kind.TRACES, drawn_traces(Random(1), 60))
    announced = [asked("user_acceptance", "feedback"), asked("rejected_rate", "feedback")]
    with database.reading() as connection:
        known = features.by_slug(connection, feature.slug)
        with warehouse.together(connection, known, announced):
            escalated = warehouse.tallies(connection, known, asked("escalation_rate", "trace"))[None]
            by_task = warehouse.tallies(connection, known, asked("rejected_rate", "feedback", by="task_type"))
        assert escalated.rows == sum(one.rows for one in by_task.values()) == 60


def test_another_feature_on_the_same_transaction_has_its_own_answers(
    database: Database, feature: Feature, warehouse: Warehouse, evidence: Import, now: datetime
) -> None:
    evidence(Kind.TRACES, drawn_traces(Random(1), 60))
    with database.writing() as connection:
        other = features.add(
            connection, slug="other", name="Other", owner="Ada", stakes="low", created_by="Ada", now=now
        )
    announced = [asked("user_acceptance", "feedback"), asked("rejected_rate", "feedback")]
    with database.reading() as connection:
        known = features.by_slug(connection, feature.slug)
        with warehouse.together(connection, known, announced):
            assert warehouse.tallies(connection, known, announced[0])[None].rows == 60
            assert warehouse.tallies(connection, other, announced[0]) == {}


COVERED = [
    # (asked of a scan of user_acceptance: all, and billing of March by week; is it covered?)
    (asked("user_acceptance", "feedback"), True),
    (asked("user_acceptance", "feedback", {"task_type": "refund"}, by="week"), True),
    (asked("user_acceptance", "feedback", window=Window(since=START)), True),
    (asked("user_acceptance", "feedback", window=Window(bundle="v1")), True),
    (asked("user_acceptance", "feedback", {"channel": "web"}), False),
    (asked("user_acceptance", "feedback", by="day"), False),
    (asked("escalation_rate", "trace"), False),
]


def test_what_a_scan_covers() -> None:
    march = Window(since=START, until=START + timedelta(days=30))
    billing = asked("user_acceptance", "feedback", {"task_type": "billing"}, window=march, by="week")
    scan = Scan.of([asked("user_acceptance", "feedback"), billing])
    assert {one: scan.covers(one) for one, _ in COVERED} == dict(COVERED)
    narrow = Scan.of([billing, billing])
    assert narrow.covers(billing)
    assert not narrow.covers(asked("user_acceptance", "feedback", {"task_type": "billing"}, by="week"))
    assert not narrow.covers(asked("user_acceptance", "feedback", window=march, by="week"))
    released = Scan.of([asked("user_acceptance", "feedback", window=Window(bundle="v1"))])
    assert not released.covers(asked("user_acceptance", "feedback"))


def test_a_question_alone_is_worth_no_scan() -> None:
    one, two = asked("user_acceptance", "feedback"), asked("eval_pass_rate", "eval")
    assert scans_of([one, two]) == ()
    assert [scan.relation for scan in scans_of([one, two, asked("reaction_rate", "feedback")])] == [
        Relation.TRACES
    ]


def test_the_passes_of_an_amount_follow_from_its_value_and_the_bar_alone() -> None:
    """Of an amount the scan keeps the value; whether it passes is found when the bar is known."""
    columns = {name for one in CATALOGUE.values() for reading in one.readings for name in reading.columns}
    for one in CATALOGUE.values():
        for reading in one.readings:
            if "$bar" in reading.passes:
                rest = reading.passes.replace(reading.value, "value")
                assert not [name for name in columns if name in rest], one.id
