"""The import report: every row of the file accounted for, every column and every doubt named."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, NonNegativeInt, model_validator

from core.evidence.columns import Kind
from core.intake.pass_rule import PassRule

LISTED_PROBLEMS = 200
"""How many rejected rows the report lists; the rejected file holds all of them."""

SHOWN_CHARACTERS = 80
"""How much of a cell a report shows."""


class Use(StrEnum):
    """How a column of the file was understood."""

    OWN_NAME = "own name"
    SPELLING = "known spelling"
    ANSWERED = "your answer"
    BY_TOOL = "as the tool writes it"
    LEFT_OUT = "left out by you"
    TAKEN = "another column is used instead"
    UNKNOWN = "not used"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnUse(_Part):
    """A column of the file; ``filled`` counts its cells that are not blank."""

    header: str
    canonical: str | None
    how: Use
    samples: tuple[str, ...]
    filled: NonNegativeInt


class Notice(_Part):
    """Something the user should know although the rows were accepted."""

    code: str
    sentence: str


class Problem(_Part):
    """Why one row was rejected; ``row`` is the number a spreadsheet shows (the header is row 1),
    in a JSON lines file the line, in a JSON list and in Parquet the position from 1."""

    row: NonNegativeInt
    column: str | None
    value: str
    reason: str
    fix: str
    code: str


class Outcomes(_Part):
    """How the eval results of a file came out; ``total`` counts each row of the file that is one result,
    ``unscored`` those that neither failed to work nor say whether they passed."""

    total: NonNegativeInt
    passed: NonNegativeInt
    failed: NonNegativeInt
    run_errors: NonNegativeInt
    judge_errors: NonNegativeInt
    limit_errors: NonNegativeInt
    unscored: NonNegativeInt


class ImportReport(_Part):
    """The account of one file. It cannot be made unless every row is accounted for.

    ``fills`` are the columns of a trace for which the file has values, also where its rows are steps
    or scores, or hold them. ``outcomes`` is there for eval results only. ``scored_elsewhere`` says that
    the results have no scores of their own: ``pass_rule`` decides by those of the runs they came from.
    """

    file: str
    kind: Kind
    source: str
    because: str
    read: NonNegativeInt
    accepted: NonNegativeInt
    duplicate: NonNegativeInt
    updated: NonNegativeInt
    rejected: NonNegativeInt
    skipped: NonNegativeInt
    columns: tuple[ColumnUse, ...]
    warnings: tuple[Notice, ...]
    problems: tuple[Problem, ...]
    earliest: datetime | None
    latest: datetime | None
    pass_rule: PassRule | None
    fills: tuple[str, ...] = ()
    outcomes: Outcomes | None = None
    scored_elsewhere: bool = False

    @model_validator(mode="after")
    def _accounts_for_every_row(self) -> Self:
        told = self.accepted + self.duplicate + self.updated + self.rejected + self.skipped
        if told != self.read:
            raise ValueError(f"{self.read} rows were read, but {told} are accounted for")
        return self


def shown(text: str) -> str:
    """``text`` cut to what a report shows of a cell."""
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
