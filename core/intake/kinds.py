"""What a row of each kind must have, and what identifies it."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

from core.evidence import fingerprints
from core.evidence.column import CellType, fold
from core.evidence.columns import Kind
from core.evidence.failure_words import fold_words
from core.evidence.fingerprints import Keys
from core.intake.arrays import Mask
from core.intake.cell_terms import Fault
from core.intake.doubts import Notices
from core.intake.drafts import Draft
from core.intake.ledger import Places
from core.intake.mapping import ColumnMapping
from core.intake.passing import PassRules
from core.intake.recognise import IDENTITY, LABEL_CONTENT
from core.intake.schema import JOINED_KINDS
from core.intake.without_ids import NOTICES, name_rows

IDENTITY_COLUMNS = {
    Kind.TRACES: ("run_id",),
    Kind.EVALS: ("eval_run_id", "case_id", "attempt"),
    Kind.LABELS: ("run_id", "reviewer", "is_judge"),
    Kind.FAILURES: ("run_id", "failure_type"),
    Kind.SPANS: ("run_id", "span_id"),
    Kind.SCORES: ("run_id", "score_id"),
    Kind.CASES: ("suite", "case_id"),
}
"""The columns that make the key of a row; all the others are its content."""

_PART_OF_RUN = (Kind.FAILURES, Kind.SPANS, Kind.SCORES)

_TOTALS = {"total", "totals", "grandtotal", "subtotal", "sum", "average", "mean", "summe", "gesamt"}
"""Ids (folded) of rows that sum up the others."""

_ALSO_TOTALS = _TOTALS | {
    "avg", "median", "count", "ø", "σ", "gesamtsumme", "zwischensumme", "insgesamt", "durchschnitt",
    "mittelwert", "anzahl", "somme", "moyenne", "totaux", "suma", "promedio", "media",
}  # fmt: skip
_NOTES = {
    "note", "notes", "remark", "remarks", "comment", "comments", "hinweis", "bemerkung", "anmerkung", "notiz",
}  # fmt: skip
"""Words with which an id begins that is none. Test cases may be called so, runs are not."""

_SAYS_A_RUN = ("started_at", "query", "response")
"""Where a file has one of these columns, a run fills something."""

_WORDS = re.compile(r"[^\W\d_]+ [\w ,./&–-]+")
"""Words for people, such as “Week 45”: ids have no spaces."""
_AFTER_A_WORD = re.compile(r"[\s:=(]")

_NO_ID = Fault("missing_id", "The id is blank.", "Fill in the id of the row.")
_NO_RUN = Fault("missing_id", "The id of the run is blank.", "Fill in the run that the row belongs to.")
_NO_PLACE = Fault(
    "missing_id",
    "The score names neither its run nor its step.",
    "Fill in the run, or the step, that was scored.",
)
_TOTAL = Fault("row_not_a_record", "This is a total, not a record.", "Delete the row.")
_NOTE = Fault("row_not_a_record", "This is a note about the table, not a record.", "Delete the row.")
_HEADING = Fault(
    "row_not_a_record",
    "The row has nothing but this text, like a heading between groups of rows.",
    "Delete the row. If it is a run, fill in when it was, what was asked or what was answered.",
)
_ID_ALONE = "Runs that have an id and nothing else: {count}. They count as runs of which nothing is known."
_SAYS_NOTHING = Fault(
    "says_nothing",
    "The label answers none of the questions and names no failure type.",
    f"Fill one of: {', '.join(LABEL_CONTENT)}.",
)
_NO_TYPE = Fault(
    "says_nothing", "The failure has no type.", "Fill in what kind of failure it was, such as “wrong tool”."
)


class RowRules:
    """The rules of one kind, with what has to be remembered from row to row."""

    def __init__(self, kind: Kind, path: Path, passing: PassRules, *, without_ids: bool = False) -> None:
        self._kind = kind
        self._path = path
        self._passing = passing
        self._without_ids = without_ids
        self._attempts: dict[tuple[str, str], int] = {}
        self._file_run = ""
        self._ids_alone = 0

    def settle(self, draft: Draft) -> None:
        """Reject rows that are no records and fill in what follows from the others."""
        if self._without_ids:
            name_rows(draft, self._kind)
        self._require_identity(draft)
        if self._kind is Kind.EVALS:
            self._passing.apply(draft)
            self._name_the_run(draft)
            self._number_the_attempts(draft)
        elif self._kind is Kind.LABELS:
            said = [draft.missing(name) for name in LABEL_CONTENT]
            for place in np.flatnonzero(np.logical_and.reduce(said)).tolist():
                draft.blame(place, None, _SAYS_NOTHING)
        elif self._kind is Kind.FAILURES:
            for place, failure_type in enumerate(draft.values("failure_type")):
                if failure_type is None:
                    draft.blame(place, "failure_type", _NO_TYPE)

    def tell(self, mapping: ColumnMapping, notices: Notices) -> None:
        """Say of how many runs nothing is known, though the file could say something of them, and by what
        rows without an id are known."""
        if self._without_ids:
            notices.add("no_ids", NOTICES[self._kind])
        if self._ids_alone and not mapping.names().isdisjoint(_SAYS_A_RUN):
            notices.add("id_alone", _ID_ALONE, self._ids_alone)

    @property
    def decided_by(self) -> str | None:
        """The rule that will decide about the rows by scores which they do not hold: part of what they say,
        so that the same file with another rule is a change. None where the rows hold all of it."""
        rule = self._passing.rule if self._passing.is_of_runs else None
        return None if rule is None else rule.model_dump_json()

    def keys(self, draft: Draft, places: Places) -> Keys:
        """The key of each row at ``places``."""
        if self._kind is Kind.TRACES:
            ids = draft.columns["run_id"].canonical()
            return fingerprints.keys_of(ids if len(places) == len(ids) else ids.take(pa.array(places)))
        key_of = self._key_of(draft)
        return np.array([key_of(place) for place in places.tolist()], np.int64)

    def run_keys(self, draft: Draft, places: Places) -> list[int | None]:
        """The key of the trace that each row at ``places`` belongs to; for kinds with a run id. None for
        a score that names its step alone: the steps tell which run it is of."""
        runs = draft.values("run_id")
        return [
            None if runs[place] is None else fingerprints.key_of(runs[place]) for place in places.tolist()
        ]

    def _key_of(self, draft: Draft) -> Callable[[int], int]:
        first, *others = (draft.values(name) for name in IDENTITY_COLUMNS[self._kind])
        if self._kind is Kind.CASES:
            (cases,) = others
            return lambda place: fingerprints.key_of(self._kind.value, first[place] or "", cases[place] or "")
        if self._kind in _PART_OF_RUN:
            # The kind stands before the ids: a step and a score may have the same one.
            (second,) = others
            word = self._kind.value
            if self._kind is Kind.FAILURES:
                # "Wrong tool" and "wrong tool" are one type, so a corrected row is an update of the first.
                second = [fold_words(failure_type or "") for failure_type in second]
            steps = draft.values("span_id") if self._kind is Kind.SCORES else first
            return lambda place: (
                fingerprints.key_of(word, first[place], second[place] or "")
                if first[place] is not None
                # A score of a step alone; four parts, so that it is no score of a run.
                else fingerprints.key_of(word, "", steps[place] or "", second[place] or "")
            )
        second, third = others
        if self._kind is Kind.EVALS:
            return lambda place: fingerprints.key_of(first[place], second[place], third[place])
        # What is said of a trace that was picked as bad stands beside what the same reviewer says of it in a
        # sample: in its place, it would take the trace out of the rates.
        ways = draft.values("sampling")
        return lambda place: fingerprints.key_of(
            first[place],
            second[place] or "",
            "judge" if third[place] else "person",
            *(("worst",) if ways[place] == "worst" else ()),
        )

    def _require_identity(self, draft: Draft) -> None:
        identity = IDENTITY[self._kind]
        if self._kind in JOINED_KINDS:
            self._require_run(draft)
        missing, bare = draft.missing(identity), self._without_texts(draft)
        if not (missing | bare).any():
            return
        alone = self._alone(draft)
        ids = draft.values(identity)
        for place in np.flatnonzero(missing | bare).tolist():
            one = ids[place]
            if one is None:
                if place not in draft.columns[identity].faults:
                    draft.blame(place, identity, _NO_ID)
            elif (fault := self._no_record(one, alone[place])) is not None:
                draft.blame(place, identity, fault)
            elif alone[place]:
                self._ids_alone += 1

    def _without_texts(self, draft: Draft) -> Mask:
        """Where no text and no time is filled but the id: a total has an id and numbers."""
        texts = [
            draft.missing(column.name)
            for column in draft.mapping.columns.values()
            if column.type in (CellType.TEXT, CellType.TIME) and column.name != IDENTITY[self._kind]
        ]
        if texts:
            bare: Mask = np.logical_and.reduce(texts)
            return bare
        # A list of test cases may have nothing but their names and what came out.
        return np.full(draft.count, self._kind is Kind.TRACES)

    def _alone(self, draft: Draft) -> Mask:
        """Where a trace has nothing but its id, as a heading between groups of rows."""
        names = draft.mapping.names() - {IDENTITY[self._kind]}
        alone = np.full(draft.count, self._kind is Kind.TRACES)
        for name in names if self._kind is Kind.TRACES else ():
            alone &= draft.missing(name)
        # A cell with a fault is filled, and is told by that fault.
        alone[list(draft.faults)] = False
        return alone

    def _no_record(self, one: str, is_alone: bool) -> Fault | None:
        """Why the id of a row without texts is that of no record; None where it may be."""
        if fold(one) in _TOTALS:
            return _TOTAL
        if self._kind is Kind.EVALS:
            return None
        words = _AFTER_A_WORD.split(one.strip(), maxsplit=1)
        if fold(words[0]) in _ALSO_TOTALS:
            return _TOTAL
        if fold(one.partition(":")[0]) in _NOTES:
            return _NOTE
        return _HEADING if is_alone and _WORDS.fullmatch(one.strip()) else None

    def _require_run(self, draft: Draft) -> None:
        """A step or a score belongs to a run, besides having an id of its own; a score may name the step
        instead, whose run is known once the step is."""
        runs = draft.values("run_id")
        steps = draft.values("span_id") if self._kind is Kind.SCORES else [None] * draft.count
        none_given = _NO_PLACE if self._kind is Kind.SCORES else _NO_RUN
        for place, (run, step) in enumerate(zip(runs, steps, strict=True)):
            if run is None and step is None and place not in draft.columns["run_id"].faults:
                draft.blame(place, "run_id", none_given)

    def _name_the_run(self, draft: Draft) -> None:
        """Rows without an eval run belong to the run that this file is, known by its bytes."""
        runs = list(draft.values("eval_run_id"))
        if None in runs:
            self._file_run = self._file_run or f"run-{fingerprints.of_file(self._path)[:12]}"
            runs = [self._file_run if run is None else run for run in runs]
        draft.fill("eval_run_id", runs)

    def _number_the_attempts(self, draft: Draft) -> None:
        """Rows without an attempt are numbered by occurrence of their case, in the order of the file."""
        attempts = list(draft.values("attempt"))
        cases = zip(draft.values("eval_run_id"), draft.values("case_id"), strict=True)
        for place, case in enumerate(cases):
            before = self._attempts.get(case, 0)
            self._attempts[case] = before + 1
            if attempts[place] is None:
                attempts[place] = before
        draft.fill("attempt", attempts)
