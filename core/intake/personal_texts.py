"""Personal data in the texts of one file: asked about once per feature, then replaced before it is stored."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.errors import Question
from core.evidence.free_text import FREE_TEXT
from core.intake.cell_terms import Reading
from core.intake.job import Remembered
from core.intake.ledger import Mask
from core.intake.redaction import MAY_HOLD, MAY_MATCH, Passage, Personal, find, replaced
from core.intake.report import ColumnUse
from core.intake.tables import Refusal

QUESTION = "personal_text"
REPLACE, KEEP = "replace", "keep"

Found = tuple[int, str, list[Passage]]
"""(row, text, what it holds)."""

FirstLook = Future[dict[str, Mask]]
"""Which texts of each column may hold something, once that is known."""

_PREVIEWED = 20
_AROUND = 60
"""Characters shown before and after a finding."""

_OPTIONS = {
    REPLACE: "Replace them (recommended): each becomes a token such as [email 3f9a1c2e], the same one for the"
    " same value, before anything is stored. Names and addresses are not found.",
    KEEP: "Keep the texts as they are.",
}
_WORDS = {
    Personal.EMAIL: ("e-mail address", "e-mail addresses"),
    Personal.PHONE: ("phone number", "phone numbers"),
    Personal.CARD: ("card number", "card numbers"),
    Personal.IBAN: ("IBAN", "IBANs"),
    Personal.SSN: ("social security number", "social security numbers"),
    Personal.IP: ("IP address", "IP addresses"),
    Personal.KEY: ("key or password", "keys or passwords"),
}
_ADDRESS = r"[^ ]@[^ ]+\.[^ ]"
_ADDRESS_WORDS = (
    "Rows whose user id is an e-mail address, which stays as it is: {count}. Users are counted, and erased, "
    "by their ids; who may not read texts sees a code. Better have an export with codes for users."
)
_NOT_COMPLETE = "Names, addresses and whatever else has no fixed form are not found."


class PersonalTexts:
    """What the texts hold, and what is done about it; ``choice`` is None while nobody has said."""

    def __init__(self, reading: Reading, remembered: Iterable[Remembered], key: str) -> None:
        """``key`` is the feature's own secret: it makes the tokens, and stands in none of them."""
        self._doubts, self._notices, self._key = reading.doubts, reading.notices, key
        earlier = (one.answers.personal_text for one in remembered)
        self.choice = reading.answers.personal_text or next(filter(None, earlier), None)
        self._counts: Counter[Personal] = Counter()
        self._preview: dict[str, list[str]] = {"column": [], "before": [], "after": []}
        self._addresses = 0
        self._beside = ThreadPoolExecutor(1, "personal-data")

    def note_ids(self, user_ids: pa.Array | None) -> None:
        """Count the rows whose user id is an e-mail address: ids stay, so the report has to say it."""
        if user_ids is not None:
            found = pc.match_substring_regex(user_ids, _ADDRESS).fill_null(False)
            self._addresses += int(pc.sum(found).as_py() or 0)

    def close(self) -> None:
        self._beside.shutdown()

    def first_look(self, columns: Mapping[str, pa.Array]) -> FirstLook:
        """Begin to look which texts of ``columns`` may hold something. It goes on beside the caller's own
        work, up to the call of ``settled`` with the table of the same rows."""
        if self.choice == KEEP:
            looked = FirstLook()
            looked.set_result({})
            return looked
        return self._beside.submit(_may_hold, {name: columns[name] for name in columns if name in FREE_TEXT})

    def settled(self, table: pa.Table, kept: Mask, looked: FirstLook) -> pa.Table:
        """``table`` as it may be stored: with tokens, once that is settled. Else what it holds is noted,
        which raises the question. Only the rows that ``kept`` marks are looked at."""
        may_hold = looked.result()
        columns = {name: table[name].combine_chunks() for name in table.column_names if name in may_hold}
        for name, found in _found(columns, may_hold, kept).items():
            if self.choice is None:
                self._note(name, found)
                continue
            texts = columns[name].to_pylist()
            for row, text, passages in found:
                texts[row] = replaced(text, self._key, passages)
                self._counts.update(passage.kind for passage in passages)
            place = table.schema.get_field_index(name)
            table = table.set_column(place, table.schema.field(place), pa.array(texts, columns[name].type))
        return table

    def look(self, columns: Mapping[str, Sequence[Any]]) -> None:
        """Note what rows hold that wait for another answer, so that all questions are put together."""
        if self.choice is not None:
            return
        texts = {
            name: pa.array([cell if isinstance(cell, str) else None for cell in cells], pa.string())
            for name, cells in columns.items()
            if name in FREE_TEXT
        }
        for name, found in _found(texts, _may_hold(texts)).items():
            self._note(name, found)

    def masked(self, refusal: Refusal, canonical: Mapping[str, str | None]) -> Refusal:
        """A rejected row as it may be kept. ``canonical`` says what the columns of the file are: those
        that are stored and hold no free text (ids, times, numbers) stay, so that the row can be mended."""
        if self.choice == KEEP:
            return refusal
        cells = {
            header: self._inert(cell) if _may_be_text(canonical.get(header)) else cell
            for header, cell in refusal.cells.items()
        }
        if refusal.column and not _may_be_text(canonical.get(refusal.column)):
            return replace(refusal, cells=cells)
        value, reason = self._inert(refusal.value), self._inert(refusal.reason)
        return replace(refusal, cells=cells, value=value, reason=reason)

    def uses(self, columns: Iterable[ColumnUse]) -> tuple[ColumnUse, ...]:
        """The columns of the report, with samples that may be kept."""
        return tuple(
            use.model_copy(update={"samples": tuple(map(self._inert, use.samples))})
            if self.choice != KEEP and _may_be_text(use.canonical)
            else use
            for use in columns
        )

    def inert(self, questions: Sequence[Question]) -> list[Question]:
        """Questions whose samples may be kept; what this one shows itself is kept with the file only."""
        if self.choice == KEEP:
            return list(questions)
        return [
            question
            if question.key == QUESTION
            else replace(
                question,
                samples=tuple(map(self._inert, question.samples)),
                options={choice: self._inert(words) for choice, words in question.options.items()},
                values={about: tuple(map(self._inert, values)) for about, values in question.values.items()},
                columns=tuple(
                    replace(guess, samples=tuple(map(self._inert, guess.samples)))
                    for guess in question.columns
                ),
            )
            for question in questions
        ]

    def tell(self) -> None:
        """Say in the report what was done."""
        if self._addresses:
            self._notices.add("personal_ids", _ADDRESS_WORDS, self._addresses)
        if self.choice == KEEP:
            sentence = (
                "Personal data in the texts was not looked for: you chose to keep the texts as they are."
            )
            self._notices.add(QUESTION, sentence)
        elif self._counts:
            total = self._counts.total()
            verb = "was" if total == 1 else "were"
            self._notices.add(
                QUESTION, f"{counted(self._counts)} {verb} replaced in the texts. {_NOT_COMPLETE}"
            )

    def _inert(self, text: str) -> str:
        return replaced(text, self._key)

    def _note(self, name: str, found: Sequence[Found]) -> None:
        for _, text, passages in found:
            self._counts.update(passage.kind for passage in passages)
            if len(self._preview["before"]) < _PREVIEWED:
                before, after = _excerpts(text, passages, self._key)
                if before not in self._preview["before"]:
                    for part, words in (("column", name), ("before", before), ("after", after)):
                        self._preview[part].append(words)
        sentence = (
            f"The texts of this file hold what looks like personal data: {counted(self._counts)}. "
            "Replace them before anything is stored?"
        )
        values = {part: tuple(words) for part, words in self._preview.items()}
        self._doubts.restate(Question(QUESTION, sentence, _OPTIONS, values=values))


def counted(counts: Mapping[Personal, int]) -> str:
    """ "23 e-mail addresses and 2 phone numbers", the most frequent first."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], list(Personal).index(one[0])))
    words = [f"{count:,} {_WORDS[kind][count != 1]}" for kind, count in ordered]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _may_be_text(canonical: str | None) -> bool:
    """Whether a column of the file is free text, or not used at all; it may be several canonical ones."""
    return canonical is None or not canonical or bool(FREE_TEXT.intersection(canonical.split(", ")))


def _may_hold(columns: Mapping[str, pa.Array]) -> dict[str, Mask]:
    """Which texts of each column may hold something; columns where none may are absent."""
    texts = {name: column for name, column in columns.items() if column.null_count < len(column)}
    if not texts:
        return {}
    # All columns in one look: setting the search up costs as much as looking through a thousand texts.
    joined = pa.concat_arrays(texts.values())
    hits = _matches(joined, MAY_MATCH)
    if hits.any():
        hits[hits] = _matches(joined.filter(pa.array(hits)), MAY_HOLD)
    may = np.split(hits, len(texts))
    return {name: here for name, here in zip(texts, may, strict=True) if here.any()}


def _matches(texts: pa.Array, pattern: str) -> Mask:
    found: Mask = pc.match_substring_regex(texts, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return found


def _found(
    columns: Mapping[str, pa.Array], may_hold: Mapping[str, Mask], kept: Mask | None = None
) -> dict[str, list[Found]]:
    """What the texts of each column hold; columns without any finding are absent."""
    found: dict[str, list[Found]] = {}
    for name, column in columns.items():
        here = may_hold.get(name, np.zeros(len(column), np.bool_))
        for row in (here if kept is None else here & kept).nonzero()[0].tolist():
            text = column[row].as_py()
            if passages := find(text):
                found.setdefault(name, []).append((row, text, passages))
    return found


def _excerpts(text: str, passages: Sequence[Passage], key: str) -> tuple[str, str]:
    """The part of ``text`` around its first finding, as it is and as it would be stored."""
    first = passages[0]
    start, end = max(0, first.start - _AROUND), min(len(text), first.end + _AROUND)
    shown = [passage for passage in passages if passage.start < end]
    end = max(end, shown[-1].end)
    inside = [replace(one, start=one.start - start, end=one.end - start) for one in shown]
    before = text[start:end]
    cut = ("…" if start else "", "…" if end < len(text) else "")
    after = replaced(before, key, inside)
    return f"{cut[0]}{before}{cut[1]}", f"{cut[0]}{after}{cut[1]}"
