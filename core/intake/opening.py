"""A file opened as a table of text cells, whatever its format."""

from contextlib import closing
from dataclasses import replace

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.column import fold
from core.intake.answers import OWN_TABLE, Answers
from core.intake.cell_terms import Reading
from core.intake.delimited import DelimitedTable
from core.intake.doubts import Doubts, Notices
from core.intake.formats import Format, Sniffed
from core.intake.job import ReadJob
from core.intake.json_table import JsonTable
from core.intake.layouts.known import layout_of
from core.intake.layouts.layout import Layout, Opened
from core.intake.mended import MendedTable
from core.intake.nested import NestedTable
from core.intake.parquet_rows import ParquetTable
from core.intake.peek import peek
from core.intake.records import RecordTable
from core.intake.remembered import Settled, settle
from core.intake.tables import Table
from core.intake.workbook import WorkbookTable

_JSON = (Format.JSON_LINES, Format.JSON_SEQUENCE, Format.JSON_LIST, Format.JSON_WRAPPED)

_Headers = tuple[str, ...] | None


def layout_for(job: ReadJob, sniffed: Sniffed) -> Layout | None:
    """The layout of the tool's document that the file is; None for a table, and where the user says
    that it is one."""
    if job.answers.source == OWN_TABLE:
        return None
    return layout_of(peek(job.path, job.file_name, sniffed))


def open_table(job: ReadJob, sniffed: Sniffed, layout: Layout | None, reading: Reading) -> Table:
    """The table of the file, with the parts of nested cells that the user's answers name."""
    rule = job.answers.pass_rule
    names = {*job.answers.columns, *(bar.column for bar in (rule.bars if rule else ()))}
    return NestedTable(_opened(job, sniffed, layout, reading), names)


def with_remembered(job: ReadJob, sniffed: Sniffed, layout: Layout | None) -> Settled:
    """``job`` with its answers filled from those of an earlier file that fit this one."""
    seen: dict[object, _Headers] = {}

    def headers_of(answers: Answers) -> _Headers:
        # What else is answered does not change where the table and its header are.
        named = frozenset(answers.columns) if answers.header_row is None else None
        place = (answers.sheet, answers.rows, answers.header_row, answers.merged_cells, named)
        if place not in seen:
            seen[place] = _headers(replace(job, answers=answers), sniffed, layout)
        return seen[place]

    return settle(job, headers_of, keys_may_be_absent=sniffed.format in _JSON)


def _headers(job: ReadJob, sniffed: Sniffed, layout: Layout | None) -> _Headers:
    """The headers of the first rows; None where the file cannot be opened so, or raises a question."""
    reading = Reading(job.answers, job.limits, Doubts(), Notices())
    try:
        with closing(_opened(job, sniffed, layout, reading)) as table:
            chunk = next(iter(table.chunks()), None)
    except (UnreadableFile, QuestionsOpen):
        return None
    return None if chunk is None or reading.doubts.open else tuple(chunk.cells)


def _opened(job: ReadJob, sniffed: Sniffed, layout: Layout | None, reading: Reading) -> Table:
    if layout is not None:
        return RecordTable(layout, Opened(job.path, job.file_name, sniffed, reading))
    named = frozenset(fold(header) for header in job.answers.columns)
    if sniffed.format is not Format.DELIMITED:
        reading.delimiter = ""
    match sniffed.format:
        case Format.DELIMITED:
            return MendedTable(DelimitedTable(job.path, sniffed.encoding, named, reading), reading)
        case Format.WORKBOOK:
            return MendedTable(WorkbookTable(job.path, named, reading), reading)
        case Format.PARQUET:
            return ParquetTable(job.path, reading)
        case shape:
            return JsonTable(job.path, sniffed.encoding, shape, reading)
