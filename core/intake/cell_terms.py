"""The terms in which cells are read: why one cannot be used, and what the converters of one file share."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.intake.answers import Answers
from core.intake.doubts import Doubts, Notices
from core.intake.job import Limits
from core.intake.shares import Shares

if TYPE_CHECKING:
    from core.intake.feedback import Feedback


@dataclass(frozen=True)
class Fault:
    """Why one cell cannot be used; ``of_file``: the cure is a new file, so nothing of this one is."""

    code: str
    reason: str
    fix: str
    of_file: bool = False


@dataclass
class Reading:
    """What the converters of one file share.

    ``delimiter`` is "" where nothing has to part the cells, as in a workbook; ``epoch_units`` is the unit of
    each time column so far; ``from_memory`` names the answers that were given for an earlier file, not for
    this one. With ``by_cell`` every cell is read by itself: slow, and what reading whole columns must agree
    with.
    ``of_tool``: a recognised tool wrote the file, whose own words for a missing value are read already.
    ``feedback`` knows or asks what the values of the users' reactions mean.
    """

    answers: Answers
    limits: Limits
    doubts: Doubts
    notices: Notices
    delimiter: str = ","
    epoch_units: dict[str, str] = field(default_factory=dict)
    shares: Shares = field(default_factory=Shares)
    from_memory: frozenset[str] = frozenset()
    by_cell: bool = False
    of_tool: bool = False
    feedback: "Feedback | None" = None
