"""Weekly counts from outside: typed in, uploaded, corrected with their history."""

from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from core.actions.outside import outside_sheet, record_count, upload_counts, view_outside, withdraw_count
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.errors import InvalidDocument, UnreadableFile, WrongUsage
from core.evidence.outside_measures import COLUMNS, MEASURES
from core.store import audit

TICKETS = "Support tickets that mention the feature"


@pytest.fixture
def monday(now: datetime) -> date:
    return now.date() - timedelta(days=now.weekday())


def record(workspace: Workspace, now: datetime, slug: str, day: date, count: int = 12, **rest: Any) -> str:
    asked = {"measure": TICKETS, **rest}
    return record_count(workspace, LOCAL_CALLER, now, slug, day=day, count=count, **asked)


def sheet(*rows: tuple[Any, ...], columns: tuple[str, ...] = COLUMNS) -> bytes:
    book = Workbook()
    for row in (columns, *rows):
        book.worksheets[0].append(row)
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def take(workspace: Workspace, now: datetime, slug: str, content: bytes) -> Any:
    return upload_counts(workspace, LOCAL_CALLER, now, slug, file_name="counts.xlsx", content=content)


def test_a_count_stands_in_the_week_of_its_day_with_its_rate(
    workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    assert (
        record(workspace, now, feature, min(monday + timedelta(days=2), now.date()), 30, out_of=200) == "new"
    )
    [one] = view_outside(workspace, LOCAL_CALLER, feature).weeks
    assert (one.kept.week, one.kept.count, one.rate) == (monday, 30, 0.15)
    assert one.low is not None
    assert one.high is not None
    assert 0.10 < one.low < 0.15 < one.high < 0.21
    assert (one.kept.source, one.kept.recorded_by) == ("form", LOCAL_CALLER.name)


def test_a_correction_keeps_what_was_said_before(
    workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    record(workspace, now, feature, monday, 12)
    assert record(workspace, now, feature, monday, 14, measure=TICKETS.upper()) == "corrected"
    assert record(workspace, now, feature, monday, 14) == "same"
    view = view_outside(workspace, LOCAL_CALLER, feature)
    assert [(one.kept.count, one.kept.measure) for one in view.weeks] == [(14, TICKETS)]
    assert [(one.count, one.replaced_at) for one in view.earlier] == [(12, now)]
    with workspace.database.reading() as connection:
        actions = [event.action for event in audit.timeline(connection, None, 10)]
    assert actions.count("weekly count recorded") == 2


def test_a_count_taken_back_counts_no_more(
    workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    record(workspace, now, feature, monday)
    [one] = view_outside(workspace, LOCAL_CALLER, feature).weeks
    withdraw_count(workspace, LOCAL_CALLER, now, feature, one.kept.id)
    view = view_outside(workspace, LOCAL_CALLER, feature)
    assert (len(view.weeks), len(view.earlier)) == (0, 1)
    with pytest.raises(WrongUsage, match="taken back already"):
        withdraw_count(workspace, LOCAL_CALLER, now, feature, one.kept.id)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"count": -1}, "Count: It is not a number"),
        ({"count": 5, "out_of": 4}, "Out of: It is smaller than the count"),
        ({"count": 0, "out_of": 0}, "Out of"),
        ({"measure": "  "}, "Measure"),
        ({"measure": "x" * 81}, "Measure"),
        ({"note": "x" * 501}, "Note"),
        ({"day": date(2999, 1, 1)}, "Week: It lies in the future"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    asked: dict[str, Any], words: str, workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    with pytest.raises(InvalidDocument, match=words):
        record(workspace, now, feature, **{"day": monday, **asked})
    assert view_outside(workspace, LOCAL_CALLER, feature).weeks == ()


def test_the_sheet_comes_back_unchanged_and_changes_nothing(
    workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    record(workspace, now, feature, monday, 12, note="=from the desk")
    record(workspace, now, feature, monday, 30, measure="Rückfragen", out_of=40)
    content = outside_sheet(workspace, LOCAL_CALLER, now, feature)
    taken = take(workspace, now, feature, content)
    assert (taken.read, taken.same, taken.bad) == (2, 2, ())
    book = load_workbook(BytesIO(content))
    assert [cell.value for cell in book.worksheets[0][1]] == list(COLUMNS)
    assert book.worksheets[1].sheet_state == "hidden"
    offered = [row[1].value for row in book.worksheets[1].iter_rows(max_row=8)]
    assert [*MEASURES, "Rückfragen"] == [word for word in offered if word][:5]
    assert len(book.worksheets[0].data_validations.dataValidation) == len(COLUMNS)


def test_good_rows_are_taken_over_and_bad_ones_named(
    workspace: Workspace, feature: str, now: datetime, monday: date
) -> None:
    before = monday - timedelta(weeks=1)
    taken = take(
        workspace, now, feature,
        sheet(
            (monday.isoformat(), TICKETS, 12, 100, "desk"),
            (before, TICKETS, "1,204", None, None),
            ("last week", TICKETS, 3, None, None),
            (monday.isoformat(), "", 3, None, None),
            (monday.isoformat(), TICKETS, "many", None, None),
            (monday.isoformat(), TICKETS, 12, 100, "desk"),
            (monday.isoformat(), "Thumbs-down", 9, 3, None),
        ),
    )  # fmt: skip
    assert (taken.read, taken.new, taken.corrected, taken.same) == (7, 2, 0, 1)
    assert [(one.row, one.column) for one in taken.bad] == [
        (4, "Week"),
        (5, "Measure"),
        (6, "Count"),
        (8, "Out of"),
    ]
    assert [one.kept.count for one in view_outside(workspace, LOCAL_CALLER, feature).weeks] == [1204, 12]


@pytest.mark.parametrize(
    ("written", "is_read"),
    [("%d.%m.%Y", True), ("%Y-%m-%d", True), ("%d/%m/%Y", False), ("%d.%m.%y", False), ("31.02.%Y", False)],
)
def test_a_day_with_points_is_a_day(
    workspace: Workspace, feature: str, now: datetime, monday: date, written: str, is_read: bool
) -> None:
    taken = take(workspace, now, feature, sheet((monday.strftime(written), TICKETS, 12, 100, None)))
    assert (taken.new, len(taken.bad)) == ((1, 0) if is_read else (0, 1))
    weeks = view_outside(workspace, LOCAL_CALLER, feature).weeks
    assert [one.kept.week for one in weeks] == [monday] * is_read
    assert all(one.fix == "Write the day as 2026-03-02 or 02.03.2026." for one in taken.bad)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"not a workbook", "."),
        (sheet(("x", 1), columns=("Week", "Number")), "no column “Measure”"),
    ],
)
def test_another_file_is_refused_as_a_whole(
    content: bytes, words: str, workspace: Workspace, feature: str, now: datetime
) -> None:
    with pytest.raises(UnreadableFile, match=words):
        take(workspace, now, feature, content)


def test_a_large_file_is_not_opened(workspace: Workspace, feature: str, now: datetime) -> None:
    with pytest.raises(WrongUsage, match="larger than 1 MB"):
        take(workspace, now, feature, b"x" * (2**20 + 1))
