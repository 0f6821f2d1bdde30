"""What the user decided where a file allows two readings; also the shape of a mapping file."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    ValidationError,
    model_validator,
)

from core.errors import InvalidDocument, Question
from core.evidence.columns import COLUMNS, Kind

LEFT_OUT = ""
"""The canonical name of a column that the user leaves out."""

_MAPPING_BYTES = 1_000_000


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone “{name}”; write one such as UTC or Europe/Berlin") from None
    return name


class PassRule(BaseModel):
    """When a score counts as passed; ``column`` is a header of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None

    @model_validator(mode="after")
    def _has_one_bar(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a pass rule has either at_least or at_most")
        return self

    def passes(self, score: float) -> bool:
        if self.at_least is not None:
            return score >= self.at_least
        return self.at_most is not None and score <= self.at_most


class FeedbackRule(BaseModel):
    """Which score is the user's own reaction, and what its values mean; ``score`` empty: none is.

    Values are compared as text, numbers by value: 1 and 1.0 agree. Values under none of the three
    say nothing about the user's reaction.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: str
    accepted: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()


class Answers(BaseModel):
    """Everything a user can settle before a file is read; whatever is absent is asked when it matters.

    ``columns`` maps headers to canonical names, ``""`` to leave a column out. ``header_row`` is the
    row a spreadsheet shows, 0 for "there is none" (columns are then called "column 1", "column 2" …).
    ``sheet`` names the sheet of a workbook; ``merged_cells`` says whether a cell merged over several
    rows holds for all of them. ``as_stated`` names canonical columns whose mix of very small and very
    large values is right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | None = None
    columns: dict[str, str] = {}
    sheet: str | None = None
    header_row: int | None = Field(default=None, ge=0, le=100)
    merged_cells: Literal["fill_down", "as_is"] | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    date_order: Literal["day_first", "month_first"] | None = None
    excel_dates: Literal["1900", "1904", "not_dates"] | None = None
    decimal: Literal["point", "comma"] | None = None
    pass_rule: PassRule | None = None
    feedback: FeedbackRule | None = None
    as_stated: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _names_canonical_columns_once(self) -> Self:
        kinds = [self.kind] if self.kind else list(Kind)
        known = {column.name for kind in kinds for column in COLUMNS[kind]}
        chosen = [name for name in self.columns.values() if name != LEFT_OUT]
        for name in [*chosen, *self.as_stated]:
            if name not in known:
                of_kind = f" of {self.kind.value}" if self.kind else ""
                raise ValueError(
                    f"there is no column “{name}”{of_kind}; there are: {', '.join(sorted(known))}"
                )
        for name in chosen:
            if chosen.count(name) > 1:
                raise ValueError(f"two columns cannot both be “{name}”")
        return self

    def with_answer(self, question: Question, choice: str) -> "Answers":
        """These answers and one more: ``choice`` is an option of ``question``.

        A question ``columns.<name>`` is answered by the header to use; a ``pass_rule`` by
        "header at_least number" or "header at_most number"; a time zone by any name of one.
        """
        given = self.model_dump()
        key, _, canonical = question.key.partition(".")
        if key == "columns":
            chosen = dict.fromkeys(question.options, LEFT_OUT) | {choice: canonical}
            given["columns"] = self.columns | chosen
        elif key == "as_stated":
            given["as_stated"] = (*self.as_stated, canonical)
        elif key == "pass_rule":
            given["pass_rule"] = _rule_from_words(choice)
        else:
            given[key] = choice
        return _checked(given, f"The answer “{choice}”")


def load_answers(path: Path) -> Answers:
    """The answers in a mapping file (JSON or TOML). Raises InvalidDocument with what to mend."""
    name = f"The mapping file {path.name}"
    try:
        if path.stat().st_size > _MAPPING_BYTES:
            raise InvalidDocument(f"{name} is larger than 1 MB.", mend="A mapping file holds a few lines.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidDocument(
            f"{name} cannot be opened ({error.strerror}).", mend="Check the path."
        ) from None
    except UnicodeDecodeError:
        raise InvalidDocument(f"{name} is not UTF-8 text.", mend="Save it as UTF-8.") from None
    try:
        body = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidDocument(
            f"{name} is not valid JSON: line {error.lineno}, {error.msg}.", mend="Correct that line."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidDocument(f"{name} is not valid TOML: {error}.", mend="Correct that line.") from None
    except RecursionError:
        raise InvalidDocument(f"{name} is nested too deeply.", mend="Write a flat list of answers.") from None
    return _checked(body, name)


def _checked(body: object, name: str) -> Answers:
    """``body`` as Answers; in the error each wrong entry is named in words."""
    try:
        return Answers.model_validate(body)
    except ValidationError as error:
        faults = [_fault(one["loc"], one["msg"], one["type"]) for one in error.errors(include_url=False)]
        entries = ", ".join(Answers.model_fields)
        raise InvalidDocument(
            f"{name} holds what cannot be used: {'; '.join(faults)}.", mend=f"The entries are: {entries}."
        ) from None


def _fault(place: tuple[int | str, ...], message: str, kind: str) -> str:
    where = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"“{where}” is not an entry"
    words = message.removeprefix("Value error, ")
    return f"{where}: {words}" if where else words


def _rule_from_words(words: str) -> dict[str, object]:
    column, _, bar = words.strip().rpartition(" ")
    column, _, direction = column.rpartition(" ")
    return {"column": column, direction: bar}
