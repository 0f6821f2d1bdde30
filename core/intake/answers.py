"""What the user decided where a file allows two readings; also the shape of a mapping file."""

import json
import re
import tomllib
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from core.errors import InvalidDocument, Question
from core.evidence.columns import COLUMNS, Kind
from core.intake.json_values import in_plain_words
from core.intake.needs import IDENTITY, what_is_missing, without_id
from core.intake.other_units import choices, column_name
from core.intake.pass_rule import PassRule, rule_in

OWN_TABLE = "own"
"""The source of a file that is of no tool: the user says what its columns are."""

LEFT_OUT = ""
"""The canonical name of a column that the user leaves out."""

_MAPPING_BYTES = 1_000_000


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"there is no time zone “{name}”; write one such as UTC or Europe/Berlin") from None
    return name


class FeedbackRule(BaseModel):
    """Which score is the user's own reaction, and what its values mean; ``score`` empty: none is.

    Values are compared as text, numbers by value: 1 and 1.0 agree. Values under none of the three
    say nothing about the user's reaction. ``passed_over`` are the scores that were offered where none
    is: the answer is about these, not about a score that a later file brings.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    score: str
    accepted: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()


class Answers(BaseModel):
    """Everything a user can settle before a file is read; whatever is absent is asked when it matters.

    ``columns`` maps headers to canonical names, ``""`` to leave a column out. ``header_row`` is the
    row a spreadsheet shows, 0 for "there is none" (columns are then called "column 1", "column 2" …).
    ``sheet`` names the sheet of a workbook; ``rows`` is where a JSON object holds its list of rows, as
    keys with points between; ``merged_cells`` says whether a cell merged over several rows holds for
    all of them. ``as_stated`` names canonical columns whose mix of very small and very large values is
    right. ``percent`` says what numbers above 1 in a column of shares are. ``check_columns`` asks what every
    column is even where all of them are known. ``source`` is the export that the file is
    (“langfuse.spans”), OWN_TABLE for none. ``facts`` maps what a recognised tool
    keeps about a run (“metadata.tier”) to canonical columns, ``""`` for what is not used. ``personal_text``
    says whether personal data in texts is replaced before it is stored. ``known_by`` says that no column is
    an id: a trace is known by all its content, an eval result by its question.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | None = None
    columns: dict[str, str] = {}
    sheet: str | None = None
    rows: str | None = None
    header_row: int | None = Field(default=None, ge=0, le=100)
    merged_cells: Literal["fill_down", "as_is"] | None = None
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    date_order: Literal["day_first", "month_first"] | None = None
    excel_dates: Literal["1900", "1904", "not_dates"] | None = None
    decimal: Literal["point", "comma"] | None = None
    percent: Literal["percent", "not_percent"] | None = None
    pass_rule: PassRule | None = None
    feedback: FeedbackRule | None = None
    as_stated: tuple[str, ...] = ()
    check_columns: bool = False
    source: str | None = None
    facts: dict[str, str] = {}
    personal_text: Literal["replace", "keep"] | None = None
    known_by: Literal["content"] | None = None

    @model_validator(mode="after")
    def _names_canonical_columns_once(self) -> Self:
        kinds = [self.kind] if self.kind else list(Kind)
        known = {column.name for kind in kinds for column in COLUMNS[kind]}
        may_be = known.union(*map(choices, kinds))
        chosen = [name for name in self.columns.values() if name != LEFT_OUT]
        for name in [*chosen, *self.as_stated]:
            if name not in may_be:
                of_kind = f" of {self.kind.value}" if self.kind else ""
                raise ValueError(
                    f"there is no column “{name}”{of_kind}; there are: {', '.join(sorted(known))}"
                )
        for name in self.facts.values():
            if name != LEFT_OUT and name not in {column.name for column in COLUMNS[Kind.TRACES]}:
                raise ValueError(f"there is no column “{name}” of traces")
        chosen = [column_name(name) for name in chosen]
        for name in chosen:
            if chosen.count(name) > 1:
                raise ValueError(f"two columns cannot both be “{name}”")
        return self

    def differing_from(self, other: "Answers") -> frozenset[str]:
        """The names of the entries in which the two differ."""
        return frozenset(name for name in Answers.model_fields if getattr(self, name) != getattr(other, name))

    def with_answer(self, question: Question, choice: str) -> "Answers":
        """These answers and one more: ``choice`` is an option of ``question``.

        The mapping step (``columns``) is answered by JSON such as {"kind": "traces", "columns":
        {"Frage": "query", "Notiz": ""}}, with every header once; a question ``columns.<name>`` by the
        header to use; ``feedback`` by “score accepted=1 edited=2 rejected=0” (each as often as needed), or
        by nothing; a ``pass_rule`` by "score at_least number" or "score at_most number", and several of
        these with "and" or with "or" between them; a time zone by any name of one. Raises InvalidDocument
        with what to mend.
        """
        if question.key == "feedback":
            rule = _feedback_from_words(choice)
            if not rule["score"]:
                rule["passed_over"] = tuple(name for name in question.options if name)
            return _checked(self.model_dump() | {"feedback": rule}, "The answer")
        if question.key == "facts":
            return self._with_facts(question, choice)
        if question.columns:
            return self._with_mapping(question, choice)
        given = self.model_dump()
        key, _, canonical = question.key.partition(".")
        if key == "columns":
            chosen = dict.fromkeys(question.options, LEFT_OUT) | {choice: canonical}
            given["columns"] = self.columns | chosen
        elif key == "as_stated":
            given["as_stated"] = (*self.as_stated, canonical)
        elif key == "pass_rule":
            given["pass_rule"] = rule_in(choice)
            if given["pass_rule"] is None:
                raise InvalidDocument(
                    f"The answer “{choice}” is no pass rule.",
                    mend="Write a score, at_least or at_most, and a number: “score at_least 0.8”. Join"
                    " several with “and”, or with “or”.",
                )
        else:
            given[key] = choice
        return _checked(given, f"The answer “{choice}”")

    def _with_facts(self, question: Question, choice: str) -> "Answers":
        """What each key holds, as JSON; keys that were asked about and are not named are not used."""
        try:
            said = TypeAdapter(dict[str, str]).validate_json(choice or "{}")
        except ValidationError:
            raise InvalidDocument("The answer cannot be read.", mend="Choose again.") from None
        facts = self.facts | dict.fromkeys(question.values, LEFT_OUT) | said
        return _checked(self.model_dump() | {"facts": facts}, "The answer")

    def _with_mapping(self, question: Question, choice: str) -> "Answers":
        try:
            mapping = _Mapping.model_validate_json(choice)
        except ValidationError:
            raise InvalidDocument(
                "The mapping of the columns cannot be read.", mend="Choose the columns again."
            ) from None
        headers = {guess.header for guess in question.columns}
        unknown = [header for header in mapping.columns if header not in headers]
        if unknown:
            raise InvalidDocument(f"The file has no column “{unknown[0]}”.", mend="Choose the columns again.")
        _check_chosen(mapping)
        # What is not named is left out: whoever saw the whole list has decided about all of it.
        columns = dict.fromkeys((guess.header for guess in question.columns), LEFT_OUT) | mapping.columns
        given = self.model_dump() | {"kind": mapping.kind, "columns": columns, "check_columns": False}
        given["known_by"] = "content" if without_id(mapping.kind, {*columns.values()}) else None
        return _checked(given, "The mapping")


class _Mapping(BaseModel):
    """The answer of the mapping step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    columns: dict[str, str]


def _check_chosen(mapping: _Mapping) -> None:
    """Raises InvalidDocument where the chosen columns are no table of the chosen kind."""
    by_name: dict[str, list[str]] = {}
    for header, name in mapping.columns.items():
        if name != LEFT_OUT:
            by_name.setdefault(column_name(name), []).append(header)
            if name not in choices(mapping.kind):
                raise InvalidDocument(
                    f"“{header}” cannot be {name}: {mapping.kind.value} have no such column.",
                    mend="Choose another meaning for it, or “not used”.",
                )
    for name, headers in by_name.items():
        if len(headers) > 1:
            both = " and ".join(f"“{header}”" for header in headers)
            raise InvalidDocument(
                f"The columns {both} cannot both be {name}.",
                mend="Keep one of them and set the others to “not used”.",
            )
    missing = what_is_missing(mapping.kind, by_name)
    if missing:
        mend = "Choose the column that holds it."
        if IDENTITY[mapping.kind] not in by_name:
            mend += " If there is none, add a column with a number for each row, such as 1, 2, 3,"
            mend += " and upload the file again."
        raise InvalidDocument(missing, mend=mend)


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
    return read_answers(text, name)


def read_answers(text: str, name: str) -> Answers:
    """The answers in the ``text`` of a mapping file; errors call it ``name``."""
    try:
        body = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidDocument(
            f"{name} is not valid JSON: line {error.lineno}, {in_plain_words(error)}.",
            mend="Correct that line.",
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


_REACTION = re.compile(r"(?:^|\s)(accepted|edited|rejected)=")


def _feedback_from_words(words: str) -> dict[str, object]:
    """The feedback rule in “user_feedback accepted=1 accepted=yes rejected=0”; no words: no score is one."""
    score, *stated = _REACTION.split(words.strip())
    rule: dict[str, object] = {"score": score.strip()}
    for reaction in ("accepted", "edited", "rejected"):
        pairs = zip(stated[::2], stated[1::2], strict=True)
        rule[reaction] = tuple(value.strip() for name, value in pairs if name == reaction)
    return rule
