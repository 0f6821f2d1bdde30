"""The warm worker: what the pages will ask is worked out ahead, once for each state of the evidence."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from core.actions import warm_worker
from core.actions.features import create_feature
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import view_headline_weeks, view_portfolio
from core.actions.warm_worker import WarmWorker, warm_up
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse


def always() -> bool:
    return True


@pytest.fixture
def cold(
    workspace: Workspace, feature: str, hand_in: Callable[..., Any], results: Callable[..., str],
    commit: Callable[..., int], items: dict[str, Any], now: datetime, home: Path,
) -> Iterator[Workspace]:  # fmt: skip
    """Two features with evidence, seen by a process that has worked out nothing yet."""
    commit(list(items.values()), lock=False)
    hand_in(results(18, 2))
    other = create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Ada", stakes=Stakes.LOW)
    hand_in(results(5, 5), slug=other.slug)
    warehouse = Warehouse(SegmentCache(home / "another cache", 1 << 30))
    yield Workspace(home, workspace.database, warehouse)
    warehouse.close()


def asked(workspace: Workspace) -> set[Any]:
    return set(workspace.warehouse._answers._answers)


def test_whoever_comes_after_it_finds_every_answer(cold: Workspace, now: datetime) -> None:
    warm = warm_up(cold, now, {}, goes_on=always)
    assert set(warm) == {"helper", "other"}
    before = asked(cold)
    assert before
    for line in view_portfolio(cold, LOCAL_CALLER, now):
        view_headline_weeks(cold, LOCAL_CALLER, line)
        view_health(cold, LOCAL_CALLER, now, line.feature.slug, Part())
    assert asked(cold) == before


def test_the_same_evidence_is_warmed_once_and_changed_evidence_again(
    cold: Workspace, now: datetime, hand_in: Callable[..., Any], results: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen: list[str] = []

    def noted(workspace: Workspace, slug: str, now: datetime) -> None:
        seen.append(slug)

    monkeypatch.setattr(warm_worker, "warm_gate", noted)
    warm = warm_up(cold, now, {}, goes_on=always)
    assert warm_up(cold, now, warm, goes_on=always) == warm
    assert sorted(seen) == ["helper", "other"]
    hand_in(results(3, 1, first=100), slug="other")
    later = warm_up(cold, now, warm, goes_on=always)
    assert sorted(seen) == ["helper", "other", "other"]
    assert later["other"] > warm["other"]


def test_it_stops_when_told_and_begins_again_where_it_stopped(cold: Workspace, now: datetime) -> None:
    told = iter([True, False, False])
    warm = warm_up(cold, now, {}, goes_on=lambda: next(told))
    assert set(warm) == {"helper"}
    assert set(warm_up(cold, now, warm, goes_on=always)) == {"helper", "other"}


def test_a_feature_with_an_import_under_way_comes_later(cold: Workspace, now: datetime) -> None:
    start_import(cold, LOCAL_CALLER, now, "helper", file_name="more.jsonl", content=BytesIO(b"{}"))
    assert set(warm_up(cold, now, {}, goes_on=always)) == {"other"}


def test_a_feature_that_breaks_keeps_no_other_cold_and_its_texts_secret(
    cold: Workspace, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = warm_worker.warm_gate

    def breaks(workspace: Workspace, slug: str, now: datetime) -> None:
        if slug == "helper":
            raise RuntimeError("secret text")
        whole(workspace, slug, now)

    monkeypatch.setattr(warm_worker, "warm_gate", breaks)
    with caplog.at_level(logging.WARNING, "readygate"):
        warm = warm_up(cold, now, {}, goes_on=always)
    assert set(warm) == {"helper", "other"}, "it is not tried again before its evidence changes"
    assert [record.getMessage() for record in caplog.records] == ["a gate was not warmed: RuntimeError"]


def test_a_database_that_is_gone_ends_no_thread(
    cold: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker logs the kind of fault only, waits and looks again until it is stopped."""

    def gone(*ignored: Any, **named: Any) -> dict[str, int]:
        worker._stopping.set()
        raise RuntimeError("secret text")

    monkeypatch.setattr(warm_worker, "warm_up", gone)
    worker = WarmWorker(cold)
    with caplog.at_level(logging.WARNING, "readygate"):
        worker.start()
        worker.stop()
    assert not worker._thread.is_alive()
    assert [record.getMessage() for record in caplog.records] == ["nothing was warmed: RuntimeError"]
