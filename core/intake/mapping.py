"""Which column of a file is which canonical column."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from core.errors import Question
from core.evidence.column import Column, fold
from core.evidence.columns import COLUMNS, Kind
from core.intake.answers import LEFT_OUT
from core.intake.other_units import BY_NAME, OtherUnit, column_name
from core.intake.report import Use

_REPEATED = re.compile(r" \(column [0-9]+\)$")

_BY_WORD: dict[Kind, dict[str, Column]] = {
    kind: {
        **{fold(word): column for column in columns for word in column.spellings},
        **{fold(column.name): column for column in columns},
    }
    for kind, columns in COLUMNS.items()
}


def canonical_column(kind: Kind, name: str) -> Column:
    """The column of ``kind`` with exactly this name."""
    return next(column for column in COLUMNS[kind] if column.name == name)


def known_column(kind: Kind, header: str) -> Column | None:
    """The column of ``kind`` whose own name or known spelling ``header`` is."""
    return _BY_WORD[kind].get(fold(_REPEATED.sub("", header)))


def is_own_name(header: str, name: str) -> bool:
    """Whether ``header`` is the canonical ``name`` itself, in any writing."""
    return fold(_REPEATED.sub("", header)) == fold(name)


def known_words(kind: Kind) -> Mapping[str, Column]:
    """Every folded name and spelling of a column of ``kind``."""
    return _BY_WORD[kind]


@dataclass
class ColumnMapping:
    """Header -> canonical column for one kind; ``answered`` is the user's own part of it.

    It grows as new headers appear, because the rows of a JSON file need not have the same keys.
    ``questions`` holds a question for every canonical column that two headers claim; ``units`` says which
    headers hold numbers in another unit than their column.
    """

    kind: Kind
    answered: Mapping[str, str] = field(default_factory=dict)
    columns: dict[str, Column] = field(default_factory=dict)
    uses: dict[str, Use] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    units: dict[str, OtherUnit] = field(default_factory=dict)

    def add(self, headers: Iterable[str]) -> None:
        """Understand those of ``headers`` that were not seen before."""
        claims: dict[str, list[str]] = {}
        new = [header for header in headers if header not in self.uses]
        present = {*new, *self.uses}
        self.uses |= dict.fromkeys(new, Use.UNKNOWN)  # so they stand in the order of the file
        for header in new:
            name = self._answer_for(header, present)
            column = known_column(self.kind, header)
            if name is not None:
                self.use(header, name)
            elif column is not None:
                claims.setdefault(column.name, []).append(header)
        for name, claimants in claims.items():
            self._settle(name, claimants)

    def use(self, header: str, name: str) -> None:
        """Take the user's word that ``header`` is the column ``name``, or is left out."""
        self.uses[header] = Use.LEFT_OUT if name == LEFT_OUT else Use.ANSWERED
        if name != LEFT_OUT:
            self.columns[header] = canonical_column(self.kind, column_name(name))
        if name in BY_NAME:
            self.units[header] = BY_NAME[name]

    def leave_unknown(self, header: str) -> None:
        """Take back that ``header`` is the column that its name says: its cells are something else."""
        del self.columns[header]
        self.uses[header] = Use.UNKNOWN

    def header_of(self, name: str) -> str | None:
        """The header in use for the canonical column ``name``."""
        return next((header for header, column in self.columns.items() if column.name == name), None)

    def names(self) -> set[str]:
        """The canonical names in use."""
        return {column.name for column in self.columns.values()}

    def _answer_for(self, header: str, present: set[str]) -> str | None:
        """The user's answer for exactly this header, else for one that is not in the file and differs
        from it in case, spaces or punctuation only."""
        if header in self.answered:
            return self.answered[header]
        absent = {given: name for given, name in self.answered.items() if given not in present}
        alike = [name for given, name in absent.items() if fold(given) == fold(header)]
        return alike[0] if len(alike) == 1 and fold(header) else None

    def _settle(self, name: str, claimants: list[str]) -> None:
        """One header per canonical column: the one already in use, the only one, or the only one of
        exactly that name; anything else is a question."""
        own = [header for header in claimants if is_own_name(header, name)]
        for header in claimants:
            self.uses[header] = Use.TAKEN
        if name in self.names():
            return
        chosen = claimants if len(claimants) == 1 else own
        if len(chosen) != 1:
            self.questions.append(_which_column(name, claimants))
            return
        self.columns[chosen[0]] = canonical_column(self.kind, name)
        self.uses[chosen[0]] = Use.OWN_NAME if own else Use.SPELLING


def _which_column(name: str, claimants: list[str]) -> Question:
    headers = ", ".join(f"“{header}”" for header in claimants)
    return Question(
        f"columns.{name}",
        f"Several columns could be {name}: {headers}. Which one is it?",
        {header: f"Use “{header}” as {name} and leave the others out." for header in claimants},
    )
