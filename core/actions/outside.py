"""Weekly counts from outside the feature: typed in or uploaded, corrected with their history, shown."""

import tempfile
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.workspace import Workspace
from core.errors import InvalidDocument, WrongUsage
from core.evidence.failure_words import distinct_words
from core.evidence.outside_measures import MEASURES, CountFault, WeekCount, checked
from core.evidence.weeks import monday
from core.export.outside_counts import outside_workbook
from core.intake.outside_sheet import LIMITS, BadRow, read_outside_sheet
from core.statistics.exact import bounds
from core.store import audit, features, outside_counts
from core.store.database import Connection
from core.store.outside_counts import KeptCount

_WEEKS_OFFERED = 26
_ERROR = 0.05


@dataclass(frozen=True)
class OutsideWeek:
    """A count as it is shown; ``rate`` with ``low`` and ``high`` (90 % interval) where it is out of
    something. The numbers are as stated: nothing verifies them."""

    kept: KeptCount
    rate: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class OutsideView:
    """``weeks`` count, oldest first; ``earlier`` were corrected or taken back, newest first."""

    measures: tuple[str, ...]
    weeks: tuple[OutsideWeek, ...]
    earlier: tuple[KeptCount, ...]
    may_record: bool


@dataclass(frozen=True)
class SheetTaken:
    """What became of the rows of a sheet: read = new + corrected + same + bad."""

    read: int
    new: int
    corrected: int
    same: int
    bad: tuple[BadRow, ...]


def view_outside(workspace: Workspace, caller: Caller, slug: str) -> OutsideView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        kept = outside_counts.history(connection, features.by_slug(connection, slug).id)
    live = [one for one in kept if one.replaced_at is None]
    earlier = [one for one in kept if one.replaced_at is not None]
    return OutsideView(
        tuple(distinct_words([one.measure for one in live])),
        tuple(map(_shown, live)),
        tuple(sorted(earlier, key=lambda one: (one.replaced_at or one.recorded_at, one.id), reverse=True)),
        may(workspace, caller, Act.RECORD_COUNTS, slug),
    )


def record_count(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    day: date,
    measure: str,
    count: int,
    out_of: int | None = None,
    note: str = "",
) -> outside_counts.Became:
    """Keep one count of the week that ``day`` lies in; a count of the same week and measure is corrected."""
    require(workspace, caller, Act.RECORD_COUNTS, slug)
    said = checked(day, measure, count, out_of, note, now.date())
    if isinstance(said, CountFault):
        raise InvalidDocument(f"{said.column}: {said.reason}", mend=said.fix)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        became = outside_counts.record(connection, feature.id, said, source="form", by=caller.name, now=now)
        if became != "same":
            _audit(connection, caller, now, slug, "weekly count recorded", _as_json(said, became))
    return became


def withdraw_count(workspace: Workspace, caller: Caller, now: datetime, slug: str, count_id: int) -> None:
    """Take a count back: it stays in the history, and counts no more."""
    require(workspace, caller, Act.RECORD_COUNTS, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        if not outside_counts.drop(connection, feature.id, count_id, now):
            raise WrongUsage(
                "This count was corrected or taken back already.", mend="Look at the list again."
            )
        gone = next(one for one in outside_counts.history(connection, feature.id) if one.id == count_id)
        told = {"count": count_id, "week": gone.week.isoformat(), "measure": gone.measure}
        _audit(connection, caller, now, slug, "weekly count taken back", told)


def upload_counts(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, file_name: str, content: bytes
) -> SheetTaken:
    """Take over the good rows of a sheet (.xlsx), all at once; the bad ones are named."""
    require(workspace, caller, Act.RECORD_COUNTS, slug)
    if len(content) > LIMITS.file_bytes:
        raise WrongUsage("The sheet is larger than 1 MB.", mend="Upload the sheet that the page offers.")
    workspace.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.spool) as folder:
        path = Path(folder) / "counts.xlsx"
        path.write_bytes(content)
        sheet = read_outside_sheet(path, now.date())
    became: list[str] = []
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        for _, said in sheet.rows:
            became.append(
                outside_counts.record(
                    connection, feature.id, said, source=file_name[:255], by=caller.name, now=now
                )
            )
        taken = SheetTaken(
            len(sheet.rows) + len(sheet.bad),
            became.count("new"),
            became.count("corrected"),
            became.count("same"),
            sheet.bad,
        )
        if taken.new or taken.corrected:
            counts = {
                "read": taken.read,
                "new": taken.new,
                "corrected": taken.corrected,
                "bad": len(taken.bad),
                "rows": [
                    [said.week.isoformat(), said.measure, said.count, said.out_of]
                    for (_, said), kept in zip(sheet.rows, became, strict=True)
                    if kept != "same"
                ],
            }
            _audit(
                connection, caller, now, slug, "weekly counts uploaded", {"file": file_name[:255], **counts}
            )
    return taken


def outside_sheet(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> bytes:
    """The workbook (.xlsx) to fill in, with what is known so far."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        kept = outside_counts.current(connection, features.by_slug(connection, slug).id)
    this_week = monday(now.date())
    weeks = [this_week - timedelta(weeks=back) for back in range(_WEEKS_OFFERED)]
    measures = distinct_words(list(MEASURES), [one.measure for one in kept])
    return outside_workbook([one.said for one in kept], measures, weeks)


def _shown(kept: KeptCount) -> OutsideWeek:
    if kept.out_of is None:
        return OutsideWeek(kept)
    interval = bounds(kept.count, kept.out_of, _ERROR)
    return OutsideWeek(kept, kept.count / kept.out_of, interval.low, interval.high)


def _as_json(said: WeekCount, became: str) -> dict[str, object]:
    return {
        "week": said.week.isoformat(),
        "measure": said.measure,
        "count": said.count,
        "out_of": said.out_of,
        "became": became,
    }


def _audit(
    connection: Connection, caller: Caller, now: datetime, slug: str, action: str, payload: object
) -> None:
    subject = f"feature/{slug}"
    audit.append(connection, actor=caller.name, action=action, subject=subject, payload=payload, now=now)
