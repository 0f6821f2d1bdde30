"""Since when the traces record a field: by week of the trace, and by the upload that told of it."""

from collections.abc import Callable

from core.actions.instrumentation import PartCoverage, coverage_over_time
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.store.uploads import Upload

FIRST = "run_id,started_at,query\na,2026-02-02T00:00:00Z,q\nb,2026-02-08T23:59:59Z,\n"
SECOND = "run_id,started_at,query\nc,2026-02-09T00:00:00Z,q\n"
STEPS = (
    '{"id": "o1", "traceId": "a", "type": "GENERATION", "name": "chat", "parentObservationId": null,'
    ' "startTime": "2026-02-02T00:00:00Z", "endTime": "2026-02-02T00:00:01Z", "model": "m-1"}\n'
)


def counted(parts: tuple[PartCoverage, ...], place: int) -> list[tuple[str, int, int]]:
    return [(part.name, part.traces, part.filled[place]) for part in parts]


def test_weeks_begin_on_monday_and_files_stand_the_latest_first(
    workspace: Workspace, feature: str, hand_in: Callable[..., Upload]
) -> None:
    hand_in(FIRST, "first.csv")
    second = hand_in(SECOND, "second.csv")
    found = coverage_over_time(workspace, LOCAL_CALLER, feature)
    query = found.columns.index("query")
    assert counted(found.weeks, query) == [("2026-02-02", 2, 1), ("2026-02-09", 1, 1)]
    assert counted(found.uploads, query) == [("second.csv", 1, 1), ("first.csv", 2, 1)]
    withdraw_upload(workspace, LOCAL_CALLER, second.finished_at, second.id, "wrong")
    again = coverage_over_time(workspace, LOCAL_CALLER, feature)
    assert counted(again.uploads, query) == [("first.csv", 2, 1)]


def test_a_trace_counts_with_the_newest_file_that_told_of_it(
    workspace: Workspace, feature: str, hand_in: Callable[..., Upload]
) -> None:
    hand_in(FIRST, "first.csv")
    hand_in(STEPS, "steps.jsonl")
    found = coverage_over_time(workspace, LOCAL_CALLER, feature)
    model = found.columns.index("model")
    assert counted(found.uploads, model) == [("steps.jsonl", 1, 1), ("first.csv", 1, 0)]


def test_a_feature_without_traces_has_no_weeks(workspace: Workspace, feature: str) -> None:
    found = coverage_over_time(workspace, LOCAL_CALLER, feature)
    assert (found.weeks, found.uploads) == ((), ())
    assert len(found.columns) == len(set(found.columns)) > 10
