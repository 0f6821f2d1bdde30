"""One file from its first byte to segments and report; runs in the child process."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import fold
from core.evidence.fingerprints import Keys, content_keys
from core.intake.account import TIME_COLUMN, Account
from core.intake.cells import Reading, blank_to_missing
from core.intake.delimited import DelimitedTable
from core.intake.doubts import Doubts, Notices
from core.intake.drafts import Draft, draft
from core.intake.formats import Format, Sniffed, sniff
from core.intake.job import UPDATED_KEYS_NAME, OnProgress, Progress, ReadJob, ReadOutcome
from core.intake.json_rows import JsonTable
from core.intake.kinds import IDENTITY_COLUMNS, RowRules
from core.intake.ledger import Ledger
from core.intake.mapping import ColumnMapping
from core.intake.parquet_rows import ParquetTable
from core.intake.passing import PassRules
from core.intake.recognise import IDENTITY, recognise
from core.intake.rejects import RejectedRows
from core.intake.scales import Scales
from core.intake.schema import JOINED_KINDS
from core.intake.segments import SegmentWriter, typed_table
from core.intake.tables import Chunk, Refusal, Table
from core.intake.workbook import WorkbookTable

QUESTION_ROWS = 200_000
"""Once a question is open, this many more rows are looked at, to put all questions together."""

T = TypeVar("T")


def read_file(job: ReadJob, emit: OnProgress) -> ReadOutcome:
    """Read ``job.path`` into ``job.spool``. Raises UnreadableFile and QuestionsOpen.

    After an error the spool may hold parts; they mean nothing.
    """
    size = job.path.stat().st_size
    if size > job.limits.file_bytes:
        most = f"{job.limits.file_bytes / 2**30:.0f} GB"
        raise UnreadableFile(
            f"The file has {size / 2**30:.1f} GB; at most {most} can be read.",
            mend="Split it, or export a shorter time.",
            code="too_big",
        )
    reading = Reading(job.answers, job.limits, Doubts(), Notices())
    sniffed = sniff(job.path, job.file_name)
    if sniffed.encoding == "utf-16":
        reading.notices.add(
            "encoding", "The file is UTF-16 text (“Unicode text” in Excel); it was converted."
        )
    with closing(_open(job, sniffed, reading)) as table, closing(RejectedRows(job.spool)) as rejected:
        return _Import(job, reading, table, rejected).run(emit)


def _open(job: ReadJob, sniffed: Sniffed, reading: Reading) -> Table:
    named = frozenset(fold(header) for header in job.answers.columns)
    match sniffed.format:
        case Format.DELIMITED:
            return DelimitedTable(job.path, sniffed.encoding, named, reading)
        case Format.WORKBOOK:
            return WorkbookTable(job.path, named, reading)
        case Format.PARQUET:
            return ParquetTable(job.path, reading)
        case shape:
            return JsonTable(job.path, sniffed.encoding, shape, job.limits, reading.notices)


@dataclass
class _Parts:
    """What exists once the kind of the file is known."""

    mapping: ColumnMapping
    because: str
    rules: RowRules
    writer: SegmentWriter


class _Import:
    """The state of one import while its chunks pass."""

    def __init__(self, job: ReadJob, reading: Reading, table: Table, rejected: RejectedRows) -> None:
        self._job = job
        self._reading = reading
        self._table = table
        self._account = Account(job.file_name, reading.notices)
        self._rejected = rejected
        self._ledger = Ledger(job.known_keys)
        self._passing = PassRules(reading)
        self._scales = Scales()
        self._updated: list[Keys] = []
        self._parts: _Parts | None = None
        self._rows_with_questions = 0

    def run(self, emit: OnProgress) -> ReadOutcome:
        emit(Progress("reading", 0, 0.0))
        for chunk in self._table.chunks():
            self._take(chunk)
            emit(Progress("reading", self._account.read, self._table.share))
            if self._rows_with_questions > QUESTION_ROWS:
                break
        self._scales.tell(self._job.answers, self._reading.doubts)
        questions = self._reading.doubts.questions()
        if questions:
            raise QuestionsOpen(questions)
        if self._parts is None:
            raise UnreadableFile("The file has no rows.", mend="Export it again.", code="no_rows")
        emit(Progress("finishing", self._account.read, 1.0))
        return self._finish(self._parts)

    def _take(self, chunk: Chunk) -> None:
        count = len(chunk.rows) + len(chunk.refused) + chunk.skipped
        chunk.cells = {header: blank_to_missing(cells) for header, cells in chunk.cells.items()}
        self._account.note_rows(count, chunk.skipped, chunk.cells)
        if self._account.read > self._job.limits.rows:
            raise UnreadableFile(
                f"The file has more than {self._job.limits.rows:,} rows.",
                mend="Split it into several files.",
                code="too_many_rows",
            )
        refused = chunk.refused + (self._refused_of(chunk) if chunk.cells else [])
        for refusal in sorted(refused, key=lambda one: one.row):
            self._rejected.add(refusal)

    def _refused_of(self, chunk: Chunk) -> list[Refusal]:
        """Publish the good rows of the chunk and return the others."""
        parts = self._parts or self._begin(chunk)
        parts.mapping.add(chunk.cells)
        for question in parts.mapping.questions:
            self._reading.doubts.ask(question)
        self._passing.prepare(parts.mapping, chunk.cells)
        drafted = draft(chunk, parts.mapping, self._reading)
        parts.rules.settle(drafted)
        if self._reading.doubts.open:
            self._rows_with_questions += drafted.count
            return []
        return self._publish(drafted, parts)

    def _begin(self, chunk: Chunk) -> _Parts:
        """Decide what the file is from its first rows."""
        samples = {header: next(filter(None, cells), "") for header, cells in chunk.cells.items()}
        mapping, because = recognise(samples, self._job.answers)
        if mapping.questions:
            raise QuestionsOpen(mapping.questions)
        rules = RowRules(mapping.kind, self._job.path, self._passing)
        self._parts = _Parts(mapping, because, rules, SegmentWriter(self._job.spool, mapping.kind))
        return self._parts

    def _publish(self, drafted: Draft, parts: _Parts) -> list[Refusal]:
        """Write the good rows of a chunk that are new or changed; returns the rejected ones."""
        refused = [drafted.refusal(place) for place in drafted.faults]
        good = [place for place in range(drafted.count) if place not in drafted.faults]
        if not good:
            return refused
        kind = parts.mapping.kind
        columns = {name: _picked(column.values, good) for name, column in drafted.columns.items()}
        content = {
            name: _picked(column.texts, good)
            for name, column in drafted.columns.items()
            if name not in IDENTITY_COLUMNS[kind]
        }
        keys = np.array(parts.rules.keys(drafted, good), np.int64)
        row_keys = content_keys(content, len(good))
        rows = np.array(_picked(drafted.chunk.rows, good), np.int64)
        sorting = self._ledger.sort(keys, row_keys, rows)
        for index in np.flatnonzero(sorting.conflicting):
            first = int(sorting.first_rows[index])
            refused.append(drafted.conflict(good[index], first, IDENTITY[kind]))
        run_keys = np.array(parts.rules.run_keys(drafted, good), np.int64) if kind in JOINED_KINDS else None
        table = typed_table(kind, columns, keys, row_keys, rows, run_keys)
        parts.writer.add(table, sorting.new | sorting.updated)
        self._updated.append(keys[sorting.updated])
        self._account.note_good(columns[IDENTITY[kind]], columns.get(TIME_COLUMN[kind], []), sorting)
        for name, values in columns.items():
            self._scales.note(name, values)
        return refused

    def _finish(self, parts: _Parts) -> ReadOutcome:
        parts.writer.close()
        updated = np.concatenate(self._updated) if self._updated else np.array([], np.int64)
        updated_path: Path | None = None
        if len(updated):
            updated_path = self._job.spool / UPDATED_KEYS_NAME
            np.save(updated_path, updated, allow_pickle=False)
        rejected = self._rejected.written()
        report = self._account.report(parts.mapping, parts.because, self._rejected, self._passing.rule)
        segments = tuple(self._job.spool / name for name in parts.writer.names)
        return ReadOutcome(parts.mapping.kind, report, segments, updated_path, rejected)


def _picked(values: list[T], places: list[int]) -> list[T]:
    return values if len(places) == len(values) else [values[place] for place in places]
