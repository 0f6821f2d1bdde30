"""Single traces are found by what they say; what somebody searches for is never part of the query."""

from collections.abc import Callable
from typing import Any

import pytest

from core.metrics.measurement import Slice, Window
from core.store import features
from core.store.database import Database
from core.store.features import Feature
from core.store.traces import FoundTraces
from core.store.warehouse import Warehouse

Import = Callable[..., str]

TRACES = """
    run_id | user_id | started_at          | task_type | query                 | response     | error    | release_bundle
    r1     | u1      | 2026-05-01T09:00:00 | billing   | Where is my INVOICE?  | In the mail. |          | one
    r2     | u2      | 2026-05-03T09:00:00 | Billing   | Straße 7, 100% of it? | Yes.         | timed out| two
    r3     | u1      | 2026-05-02T09:00:00 | returns   | It's "mine"; $text    | An invoice.  |          | one
    x4     |         | 2026-05-02T09:00:00 |           |                       |              |          |
"""  # noqa: E501


@pytest.fixture
def find(database: Database, warehouse: Warehouse, feature: Feature) -> Callable[..., FoundTraces]:
    def ask(**asked: Any) -> FoundTraces:
        with database.reading() as connection:
            return warehouse.find_traces(connection, features.by_slug(connection, feature.slug), **asked)

    return ask


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["r2", "r3", "x4", "r1"]),
        ({"text": "invoice"}, ["r3", "r1"]),
        ({"text": "STRAßE"}, ["r2"]),
        ({"text": "100%"}, ["r2"]),
        ({"text": "%"}, ["r2"]),
        ({"text": "_"}, []),
        ({"text": 'It\'s "mine"; $text'}, ["r3"]),
        ({"text": "') OR TRUE --"}, []),
        ({"user": "u1"}, ["r3", "r1"]),
        ({"user": "u"}, []),
        ({"run_id": "r"}, ["r2", "r3", "r1"]),
        ({"run_id": "x4"}, ["x4"]),
        ({"failed_only": True}, ["r2"]),
        ({"slice": Slice.of({"task_type": "billing"})}, ["r2", "r1"]),
        ({"window": Window(bundle="one")}, ["r3", "r1"]),
        ({"text": "invoice", "user": "u1", "slice": Slice.of({"task_type": "returns"})}, ["r3"]),
    ],
)
def test_traces_are_found_newest_first(
    traces: Import, find: Callable[..., FoundTraces], asked: dict[str, Any], found: list[str]
) -> None:
    traces(TRACES)
    answer = find(**asked)
    assert [line.run_id for line in answer.lines] == found
    assert answer.total == len(found)


def test_a_page_of_a_list_knows_how_many_there_are_in_all(
    traces: Import, find: Callable[..., FoundTraces]
) -> None:
    traces(TRACES)
    assert [line.run_id for line in find(limit=2, offset=1).lines] == ["r3", "x4"]
    assert find(limit=2, offset=1).total == 4
    assert find(limit=2, offset=9) == FoundTraces((), 4)


def test_without_traces_nothing_is_found(find: Callable[..., FoundTraces]) -> None:
    assert find() == FoundTraces((), 0)


def test_long_texts_are_cut_in_a_list(traces: Import, find: Callable[..., FoundTraces]) -> None:
    traces([{"run_id": "a", "query": "x" * 401, "response": "y" * 400}])
    (line,) = find().lines
    assert line.query == "x" * 399 + "…"
    assert line.response == "y" * 400


def test_a_trace_has_every_column_and_an_unknown_id_none(
    database: Database, warehouse: Warehouse, traces: Import
) -> None:
    traces(TRACES)
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        found = warehouse.trace(connection, feature, "r2")
        assert warehouse.trace(connection, feature, "r") is None
    assert found is not None
    assert (found.values["error"], found.values["latency_ms"], found.bundle) == ("timed out", None, "two")
    assert found.values["started_at"] == found.moment
    assert found.spans == found.scores == found.labels == found.failures == ()


def test_the_values_of_a_column_come_with_their_traces_the_commonest_first(
    database: Database, warehouse: Warehouse, traces: Import
) -> None:
    traces(TRACES, bundle="zero")
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        assert warehouse.values_of(connection, feature, "user_id") == (("u1", 2), ("u2", 1))
        assert warehouse.values_of(connection, feature, "user_id", 1) == (("u1", 2),)
        assert warehouse.values_of(connection, feature, "bundle") == (("one", 2), ("two", 1), ("zero", 1))
        with pytest.raises(ValueError, match="not a canonical column"):
            warehouse.values_of(connection, feature, "1; DROP TABLE label")
