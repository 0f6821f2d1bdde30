"""The rejected rows: the first of them for the report, all of them in a file that Excel can open safely."""

import csv
import json
import re
from pathlib import Path

from core.intake.job import REJECTED_NAME
from core.intake.report import LISTED_PROBLEMS, Problem, shown
from core.intake.tables import Refusal

_STARTS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")
MARK = "readygate: "
"""What the names of the columns begin with that say why a row was rejected; no export has such names."""

_OWN_COLUMNS = tuple(f"{MARK}{word}" for word in ("row", "column", "value", "reason", "fix"))


def without_formula(text: str) -> str:
    """``text`` with an apostrophe before anything that a spreadsheet would calculate, and before such an
    apostrophe that is its own."""
    if text.lstrip("' \u3000").startswith(_STARTS_A_FORMULA) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text


def unguarded(text: str) -> str:
    """``text`` as it was before :func:`without_formula`."""
    return text[1:] if text.startswith("'") and without_formula(text[1:]) == text else text


class RejectedRows:
    """Collects refusals on disk, so that a file of nothing but bad rows needs no memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "rejected.jsonl"
        self._file = self._path.open("w", encoding="utf-8")
        self._headers: dict[str, None] = {}
        self.problems: list[Problem] = []
        self.count = 0

    def add(self, refusal: Refusal) -> None:
        own = [str(refusal.row), refusal.column or "", refusal.value, refusal.reason, refusal.fix]
        self._file.write(json.dumps([own, refusal.cells]) + "\n")
        self._headers |= dict.fromkeys(refusal.cells)
        self.count += 1
        if len(self.problems) < LISTED_PROBLEMS:
            self.problems.append(
                Problem(
                    row=refusal.row,
                    column=refusal.column,
                    value=shown(refusal.value),
                    reason=refusal.reason,
                    fix=refusal.fix,
                    code=refusal.code,
                )
            )

    def close(self) -> None:
        self._file.close()

    def written(self) -> Path | None:
        """The CSV of all rejected rows; ``None`` if there are none. Nothing can be added any more."""
        self.close()
        if not self.count:
            self._path.unlink()
            return None
        target = self._folder / REJECTED_NAME
        with (
            self._path.open(encoding="utf-8") as lines,
            target.open("w", encoding="utf-8-sig", newline="") as file,
        ):
            writer = csv.writer(file)
            writer.writerow(without_formula(header) for header in (*_OWN_COLUMNS, *self._headers))
            for line in lines:
                own, cells = json.loads(line)
                row = [*own, *(cells.get(header, "") for header in self._headers)]
                writer.writerow(without_formula(cell) for cell in row)
        self._path.unlink()
        return target
