"""A weekly count from outside that was changed, revived or slipped in by hand is found by Verify."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, erase
from core.actions.outside import record_count, upload_counts, view_outside, withdraw_count
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.evidence.outside_measures import WeekCount
from core.evidence.weeks import monday
from core.export.outside_counts import outside_workbook
from core.store import audit
from core.store.tables import outside_count

WEEK = timedelta(days=7)


@pytest.fixture
def told(workspace: Workspace, feature: str, now: datetime) -> str:
    """Counts typed, corrected at the same moment, taken back, and uploaded over a typed one."""
    day = now.date() - WEEK

    def count(number: int, measure: str = "tickets", of: date = day, out_of: int | None = None) -> None:
        record_count(
            workspace, LOCAL_CALLER, now, feature, day=of, measure=measure, count=number, out_of=out_of
        )

    count(5, out_of=50)
    count(6, "Tickets", out_of=50)
    count(7, "calls")
    withdraw_count(workspace, LOCAL_CALLER, now, feature, ids(workspace)[2])
    count(8, "calls")
    sheet = outside_workbook(
        [WeekCount(monday(day), "calls", 9), WeekCount(monday(day), "mails", 3)], ["calls", "mails"]
    )
    upload_counts(workspace, LOCAL_CALLER, now, feature, file_name="counts.xlsx", content=sheet)
    return feature


def ids(workspace: Workspace) -> list[int]:
    with workspace.database.reading() as connection:
        return list(connection.scalars(select(outside_count.c.id).order_by(outside_count.c.id)))


def faults(workspace: Workspace, now: datetime) -> list[tuple[str, tuple[str, ...]]]:
    found = verify_log(workspace, LOCAL_CALLER, now).findings
    assert {one.record.kind for one in found} <= {"count"}
    return [(one.record.fault, one.record.fields) for one in found]


def test_all_that_was_done_through_the_program_is_as_written(
    workspace: Workspace, told: str, now: datetime
) -> None:
    assert faults(workspace, now) == []
    kept = {one.kept.measure: one.kept.count for one in view_outside(workspace, LOCAL_CALLER, told).weeks}
    assert kept == {"tickets": 6, "calls": 9, "mails": 3}


@pytest.mark.parametrize(
    ("place", "changed", "fields"),
    [
        (1, {"count": 600}, ("count",)),
        (1, {"out_of": 5_000}, ("out_of",)),
        (5, {"count": 4}, ("count",)),
        (1, {"recorded_by": "Eve"}, ("recorded_by",)),
        (0, {"replaced_at": None}, ("replaced_at",)),
        (2, {"replaced_at": None}, ("replaced_at",)),
        (3, {"replaced_at": None}, ("replaced_at",)),
    ],
)
def test_a_changed_count_is_named(
    place: int,
    changed: dict[str, Any],
    fields: tuple[str, ...],
    workspace: Workspace,
    told: str,
    now: datetime,
) -> None:
    with workspace.database.writing() as connection:
        which = outside_count.c.id == ids(workspace)[place]
        connection.execute(update(outside_count).where(which).values(changed))
    assert faults(workspace, now) == [("changed", fields)]


def test_one_that_was_removed_or_slipped_in_is_found(workspace: Workspace, told: str, now: datetime) -> None:
    with workspace.database.writing() as connection:
        row = connection.execute(select(outside_count).order_by(outside_count.c.id.desc()).limit(1)).one()
        connection.execute(delete(outside_count).where(outside_count.c.id == row.id))
    assert faults(workspace, now) == [("missing", ())]
    with workspace.database.writing() as connection:
        connection.execute(insert(outside_count).values(row._asdict()))
        connection.execute(
            insert(outside_count).values(row._asdict() | {"id": row.id + 1, "measure": "fans"})
        )
    assert faults(workspace, now) == [("unlogged", ())]


def test_what_earlier_versions_wrote_is_no_fault(workspace: Workspace, feature: str, now: datetime) -> None:
    """Their events did not say which counts a sheet brought, nor which one was taken back."""
    day = now.date() - WEEK
    record_count(workspace, LOCAL_CALLER, now, feature, day=day, measure="calls", count=1)
    with workspace.database.writing() as connection:
        row = connection.execute(select(outside_count)).one()._asdict()
        connection.execute(update(outside_count).values(replaced_at=now))
        connection.execute(insert(outside_count).values(row | {"id": row["id"] + 1, "measure": "mails"}))
        for action, payload in (
            ("weekly count taken back", {"count": row["id"]}),
            ("weekly counts uploaded", {"file": "c.xlsx", "read": 1, "new": 1, "corrected": 0, "bad": 0}),
        ):
            audit.append(
                connection, actor="local user", action=action, subject=f"feature/{feature}", payload=payload,
                now=now,
            )  # fmt: skip
    assert faults(workspace, now) == []


def test_an_entry_that_was_emptied_for_an_erased_person_is_no_fault(
    workspace: Workspace, feature: str, now: datetime, hand_in: Any
) -> None:
    hand_in('{"run_id": "r1", "user_id": "user-9", "query": "Hello"}\n', "t.jsonl")
    day = now.date() - WEEK
    for count in (1, 2):
        record_count(workspace, LOCAL_CALLER, now, feature, day=day, measure="calls of user-9", count=count)
    asked = ask_erasure(workspace, LOCAL_CALLER, now, feature, wanted="user-9", reason="Asked for it, 17")
    erase(workspace, LOCAL_CALLER, now, feature, asked.id)
    assert faults(workspace, now) == []
