"""Test cases of a sheet made by hand that came to no outcome, such as “Blocked” or “Not run”."""

from collections.abc import Sequence

from core.intake.cell_terms import Reading
from core.intake.report import shown

NOT_RUN = frozenset(
    ("blocked", "not run", "not executed", "not tested", "untested", "skipped", "pending", "in progress")
)
"""What testers write where a case neither passed nor failed."""


def without_outcome(
    header: str, name: str, cells: Sequence[str | None], reading: Reading
) -> list[str | None] | None:
    """The ``cells`` of the column ``name``, blank where a case was not run; None where all of them were."""
    words = {cell: cell.strip() for cell in set(cells) if cell and cell.strip().casefold() in NOT_RUN}
    if not words:
        return None
    said = ", ".join(f"“{shown(word)}”" for word in sorted(set(words.values())))
    sentence = f"Cases without an outcome, because “{shown(header)}” says {said}: {{count}}."
    reading.notices.add("not_run", sentence, sum(cell in words for cell in cells))
    return [None if cell in words else cell for cell in cells]
