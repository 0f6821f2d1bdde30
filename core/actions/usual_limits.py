"""What a feature keeps for a limited time, and for how long where nobody has said otherwise."""

from enum import StrEnum


class Kept(StrEnum):
    """What a limit is about; the value names it in the database and in the audit log."""

    TEXTS = "text"
    NUMBERS = "number"
    LOG = "log"
    CASES = "case"

    @property
    def column(self) -> str:
        """The column of a feature that holds its limit in days."""
        return f"{self}_days"


USUAL_DAYS = {Kept.TEXTS: 90, Kept.NUMBERS: 1_095, Kept.LOG: 1_095, Kept.CASES: 1_095}
"""What a new feature begins with: 90 days for texts, three years for everything else."""

USUAL_LIMITS = {kept.column: days for kept, days in USUAL_DAYS.items()}
"""The same by column."""
