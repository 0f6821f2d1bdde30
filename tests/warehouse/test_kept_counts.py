"""Counts that outlive the process: the same as those counted anew, whatever the evidence becomes."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from core.evidence.columns import Kind
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Slice, Source, Window
from core.metrics.requests import FirstRequest, TallyRequest
from core.store import expiry, features
from core.store.cost_rows import spend_by_group
from core.store.database import Connection, Database
from core.store.features import Feature
from core.store.kept_counts import FOLDER
from core.store.mean_costs import mean_cost_of
from core.store.rows_by_upload import rows_by_upload
from core.store.segment_cache import SegmentCache
from core.store.slice_rows import traffic
from core.store.split_sql import Split
from core.store.tables import feature as feature_table
from core.store.task_days import tasks_by_day
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Row = dict[str, Any]
Open = Callable[..., Warehouse]

ERROR = 0.1
MOMENTS = datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 11, 11, tzinfo=UTC)
REQUESTS = [
    TallyRequest(name, Source(source), Slice.of(where), Window(), bar, by)
    for name, source, where, bar, by in [
        ("user_acceptance", "feedback", {}, None, None),
        ("user_acceptance", "feedback", {"task_type": "billing"}, None, "week"),
        ("retrieval_recall", "trace", {}, None, "task_type"),
        ("latency_p95", "trace", {}, 900.0, None),
        ("answer_correctness", "label", {}, None, None),
        ("answer_correctness", "label", {}, None, "week"),
        ("answer_correctness", "judge", {}, None, None),
        ("eval_pass_rate", "eval", {}, None, None),
    ]
]
BY_USER = TallyRequest("user_acceptance", Source.FEEDBACK, by="user_id")
COST = TallyRequest("cost_per_task", Source.TRACE)
FIRST = FirstRequest("hallucinations_in_first", Source.LABEL, 20)


def drawn_traces(dice: Random, first: int, count: int) -> list[Row]:
    def maybe(*values: Any) -> Any:
        return dice.choice([*values, None])

    return [
        {
            "run_id": f"secret-run-{place}",
            "started_at": maybe(*MOMENTS),
            "user_id": dice.choice([f"secret-user-{number}" for number in range(9)]),
            "session_id": f"secret-session-{place % 7}",
            "task_type": maybe("billing", "refund"),
            "query": "secret-question",
            "response": maybe("secret-answer"),
            "relevant_ids": maybe(["x", "y", "y"], ["x"]),
            "retrieved_ids": maybe(["x", "z"], []),
            "user_feedback": maybe("accepted", "edited", "rejected"),
            "latency_ms": maybe(100.0, 900.5, 2_000.25),
            "cost_usd": dice.random(),
        }
        for place in range(first, first + count)
    ]


def drawn_labels(dice: Random, first: int, count: int, who: str = "secret-Ada") -> list[Row]:
    return [
        {
            "run_id": f"secret-run-{place}",
            "reviewer": who,
            "is_judge": place % 3 == 0,
            "answer_right": dice.choice([True, False, None]),
            "hallucination": dice.choice([True, False, None]),
            "sampling": dice.choice(["random", "random", "worst"]),
            "note": "secret-note",
        }
        for place in range(first, first + count)
    ]


def drawn_results(dice: Random, count: int) -> list[Row]:
    return [
        {"case_id": f"secret-case-{place % 9}", "attempt": place, "passed": dice.choice([True, False])}
        for place in range(count)
    ]


@pytest.fixture
def opened(tmp_path: Path, thrifty: None) -> Iterator[Open]:
    """``opened(cache, keeps_counts=…)``: a warehouse as a new process has it."""
    every: list[Warehouse] = []

    def open_one(cache: str = "cache", **about: Any) -> Warehouse:
        every.append(Warehouse(SegmentCache(tmp_path / cache, 10**9), lambda _feature_id: "0f", **about))
        return every[-1]

    yield open_one
    for one in every:
        one.close()


def answers(warehouse: Warehouse, connection: Connection, feature: Feature) -> list[Any]:
    """Counts of every kind that stays on the disk."""
    found: list[Any] = []
    with warehouse.together(connection, feature, REQUESTS):
        for request in REQUESTS:
            tallies = warehouse.tallies(connection, feature, request)
            found.append(tallies)
            if metric(request.metric).shape is Shape.QUANTILE and tallies:
                found.append(
                    warehouse.values_at(connection, feature, request, dict.fromkeys(tallies, (1, 3)))
                )
    found.append(warehouse.first(connection, feature, FIRST))
    found.append(warehouse.filled_in(connection, feature, Kind.TRACES, "tool_error"))
    found.append(tasks_by_day(warehouse, connection, feature, Slice(), Window()))
    found.append(rows_by_upload(warehouse, connection, feature, REQUESTS[0]))
    found.append(traffic(warehouse, connection, feature, Split("task_type"), Slice(), Window()))
    for group, spend in spend_by_group(warehouse, connection, feature, COST).items():
        mean = mean_cost_of(warehouse, connection, feature, spend, ERROR)
        found.append((group, spend.cost_by_cluster, spend.tally, mean))
    return found


def newest(connection: Connection, feature: Feature) -> Feature:
    return features.by_slug(connection, feature.slug)


def shelves(tmp_path: Path, cache: str = "cache") -> list[str]:
    return sorted(path.name for path in (tmp_path / cache / FOLDER).glob("*"))


@pytest.mark.parametrize("seed", range(2))
def test_every_new_process_tells_the_same_whatever_the_evidence_becomes(
    database: Database, feature: Feature, evidence: Import, opened: Open, withdraw: Callable[[str], None],
    tmp_path: Path, seed: int,
) -> None:  # fmt: skip
    dice = Random(seed)
    first = drawn_traces(dice, 0, 60)
    uploads: list[str] = []
    steps: list[Callable[[], Any]] = [
        lambda: None,
        lambda: uploads.append(evidence(Kind.TRACES, first, bundle="v1")),
        lambda: evidence(Kind.LABELS, drawn_labels(dice, 0, 30)),
        lambda: evidence(Kind.EVALS, drawn_results(dice, 20), bundle="v1"),
        lambda: evidence(Kind.TRACES, [{**row, "user_feedback": "accepted"} for row in first[:15]]),
        lambda: evidence(Kind.LABELS, drawn_labels(dice, 0, 10)),
        lambda: evidence(
            Kind.SCORES, [{"run_id": "secret-run-1", "score_id": "s", "name": "n", "value": 1.0}]
        ),
        lambda: withdraw(uploads[0]),
    ]
    for place, step in enumerate(steps):
        step()
        with database.reading() as connection:
            known = newest(connection, feature)
            anew = answers(opened(keeps_counts=False), connection, known)
            assert answers(opened(), connection, known) == anew, f"counting, after step {place}"
            again = opened()
            again.close()  # whoever counts now fails
            assert answers(again, connection, known) == anew, f"from the disk, after step {place}"
            assert len(shelves(tmp_path)) == 1, "the answers of earlier evidence are gone"
    with database.reading() as connection:
        assert len(list((tmp_path / "cache" / FOLDER).glob("*/labels-*"))) == 1


@pytest.fixture
def filed(evidence: Import) -> str:
    """Traces, labels and results of one feature; the id of the upload of the traces."""
    dice = Random(7)
    upload_id = evidence(Kind.TRACES, drawn_traces(dice, 0, 60))
    evidence(Kind.LABELS, drawn_labels(dice, 0, 30))
    evidence(Kind.EVALS, drawn_results(dice, 20))
    return upload_id


def test_nothing_on_the_disk_tells_of_a_person_or_a_run(
    database: Database, feature: Feature, filed: str, opened: Open, tmp_path: Path
) -> None:
    with database.reading() as connection:
        known = newest(connection, feature)
        warehouse = opened()
        answers(warehouse, connection, known)
        before = set((tmp_path / "cache" / FOLDER).rglob("*.json"))
        assert len(warehouse.tallies(connection, known, BY_USER)) == 9
        assert spend_by_group(
            warehouse, connection, known, TallyRequest("cost_per_task", Source.TRACE, by="user_id")
        )
        traffic(warehouse, connection, known, Split("user_id"), Slice(), Window())
        warehouse.find_traces(connection, known, text="secret")
    files = set((tmp_path / "cache" / FOLDER).rglob("*.json"))
    assert files == before and len(files) > 10
    assert not [path for path in files if "secret" in path.read_text()]


def test_another_evidence_of_the_same_version_has_its_own_answers(
    database: Database, feature: Feature, filed: str, evidence: Import, opened: Open
) -> None:
    """As after a backup was restored, and other files were handed in since."""
    with database.reading() as connection:
        before = newest(connection, feature)
        answers(opened(), connection, before)
    evidence(Kind.TRACES, drawn_traces(Random(8), 100, 30))
    with database.writing() as connection:
        version = before.evidence_version
        connection.execute(update(feature_table).values(evidence_version=version))
    with database.reading() as connection:
        known = newest(connection, feature)
        assert known.evidence_version == before.evidence_version
        anew = answers(opened(keeps_counts=False), connection, known)
        assert answers(opened(), connection, known) == anew


def test_a_label_leaves_the_counts_of_traces_as_they_are(
    database: Database, feature: Feature, filed: str, evidence: Import, opened: Open
) -> None:
    with database.reading() as connection:
        answers(opened(), connection, newest(connection, feature))
    evidence(Kind.LABELS, drawn_labels(Random(9), 30, 5))
    closed = opened()
    closed.close()
    with database.reading() as connection:
        known = newest(connection, feature)
        assert closed.tallies(connection, known, REQUESTS[0])[None].rows == 60
        with pytest.raises(Exception, match="closed"):
            closed.tallies(connection, known, REQUESTS[4])


def test_uncommitted_evidence_leaves_nothing_on_the_disk(
    database: Database, feature: Feature, filed: str, opened: Open, tmp_path: Path
) -> None:
    warehouse = opened()
    with database.reading() as connection, warehouse.apart() as other:
        answers(other, connection, newest(connection, feature))
    assert shelves(tmp_path) == []


def test_what_was_counted_before_texts_expired_is_forgotten(
    database: Database, feature: Feature, filed: str, opened: Open, now: datetime, tmp_path: Path
) -> None:
    warehouse = opened()
    with database.reading() as connection:
        answers(warehouse, connection, newest(connection, feature))
    (shelf,) = shelves(tmp_path)
    with database.writing() as connection:
        expiry.note_expired(connection, {filed}, now)
        features.bump_evidence_version(connection, feature.id)
    with database.reading() as connection:
        warehouse.forget_expired(connection)
        assert shelf not in shelves(tmp_path)
        known = newest(connection, feature)
        assert answers(opened(), connection, known) == answers(opened(keeps_counts=False), connection, known)
