"""The checklist as a workbook: out to somebody without an account, and back as a before and after."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.actions.checklists import view_checklist
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.criteria.changes import changed_items
from core.criteria.checklist import Checklist
from core.criteria.checklist_rows import COLUMNS, CellFault, read_rows
from core.errors import WrongUsage
from core.export.checklist_workbook import checklist_workbook
from core.intake.plain_sheet import LIMITS, read_plain_sheet

_NEEDED = ("Id", "Kind", "Item", "Metric", "Measured from", "Bar")


@dataclass(frozen=True)
class SheetReading:
    """What an uploaded workbook would make of version ``based_on``; nothing is saved by reading it.

    ``checklist`` is ``None`` where a cell has a fault. ``changes`` say in words what would change;
    empty where nothing would.
    """

    based_on: int | None
    checklist: Checklist | None
    changes: Sequence[str]
    faults: Sequence[CellFault]


def checklist_sheet(workspace: Workspace, caller: Caller, slug: str) -> bytes:
    """The newest version as a workbook (.xlsx)."""
    require(workspace, caller, Act.SEE, slug)
    return checklist_workbook(view_checklist(workspace, caller, slug).checklist)


def read_checklist_sheet(workspace: Workspace, caller: Caller, slug: str, *, content: bytes) -> SheetReading:
    """Read a filled-in workbook (.xlsx) as an edit of the newest version.

    :class:`core.errors.UnreadableFile` where it is none.
    """
    require(workspace, caller, Act.SEE, slug)
    if len(content) > LIMITS.file_bytes:
        raise WrongUsage("The workbook is larger than 1 MB.", mend="Upload the one that the page offers.")
    view = view_checklist(workspace, caller, slug)
    workspace.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.spool) as folder:
        path = Path(folder) / "checklist.xlsx"
        path.write_bytes(content)
        sheet = read_plain_sheet(path, list(COLUMNS), _NEEDED)
    used = frozenset(item["id"] for version in view.history for item in version.body["items"])
    read = read_rows(sheet.rows, view.checklist, used)
    refused = [CellFault(one.row, one.column, one.value, one.reason, one.mend) for one in sheet.refused]
    faults = sorted([*refused, *read.faults], key=lambda one: one.row)
    checklist = None if faults else read.checklist
    changes = changed_items(view.checklist, checklist) if checklist else ()
    return SheetReading(view.number, checklist, changes, faults)
