"""One file from its first byte to segments and report; runs in the child process."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.account import Account
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.feedback import Feedback
from core.intake.formats import sniff
from core.intake.job import OnProgress, Progress, ReadJob, ReadOutcome
from core.intake.kinds import RowRules
from core.intake.lanes import Begun, Lane, PartLane
from core.intake.ledger import Ledger
from core.intake.likely_units import other_unit_of
from core.intake.mapping import ColumnMapping
from core.intake.missing_words import cells_without
from core.intake.needs import IDENTITY
from core.intake.opening import layout_for, open_table, with_remembered
from core.intake.other_units import OtherUnit
from core.intake.outcomes import OutcomeCounts
from core.intake.passing import PassRules
from core.intake.personal_texts import PersonalTexts
from core.intake.rejects import RejectedRows
from core.intake.report import shown
from core.intake.scales import Scales
from core.intake.scores_of_runs import RuleOfRuns
from core.intake.segments import SegmentWriter
from core.intake.sources.known import recognised
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head, Source
from core.intake.tables import Cells, Chunk, Refusal, Table
from core.intake.understanding import left_in_doubt, understand
from core.intake.unpacking import unpacked

QUESTION_ROWS = 200_000
"""Once a question is open, this many more rows are looked at, to put all questions together."""


def read_file(job: ReadJob, emit: OnProgress, *, by_cell: bool = False) -> ReadOutcome:
    """Read ``job.path`` into ``job.spool``. Raises UnreadableFile and QuestionsOpen.

    A compressed file is unpacked there first. With ``by_cell`` nothing is read as a whole, which is slow
    and must come to the same. After an error the spool may hold parts; they mean nothing.
    """
    with unpacked(job) as inner:
        outcome = _read_plain(inner, emit, by_cell)
    return replace(outcome, report=outcome.report.model_copy(update={"file": job.file_name}))


def _read_plain(job: ReadJob, emit: OnProgress, by_cell: bool) -> ReadOutcome:
    size = job.path.stat().st_size
    if size > job.limits.file_bytes:
        most = f"{job.limits.file_bytes / 2**30:.0f} GB"
        raise UnreadableFile(
            f"The file has {size / 2**30:.1f} GB; at most {most} can be read.",
            mend="Split it, or export a shorter time.",
            code="too_big",
        )
    sniffed = sniff(job.path, job.file_name)
    layout = layout_for(job, sniffed)
    settled = with_remembered(job, sniffed, layout)
    remembered = job.answers.differing_from(settled.job.answers)
    job = settled.job
    reading = Reading(job.answers, job.limits, Doubts(), Notices(), from_memory=remembered, by_cell=by_cell)
    if settled.notice:
        reading.notices.add("remembered", settled.notice)
    if sniffed.encoding == "utf-16":
        reading.notices.add(
            "encoding", "The file is UTF-16 text (“Unicode text” in Excel); it was converted."
        )
    with (
        closing(open_table(job, sniffed, layout, reading)) as table,
        closing(RejectedRows(job.spool)) as rejected,
        closing(PersonalTexts(reading, job.remembered, job.token_key)) as personal,
    ):
        return _Import(job, reading, table, rejected, personal, layout.name if layout else "").run(emit)


class _Import:
    """The state of one import while its chunks pass."""

    def __init__(
        self,
        job: ReadJob,
        reading: Reading,
        table: Table,
        rejected: RejectedRows,
        personal: PersonalTexts,
        layout: str,
    ) -> None:
        self._job = job
        self._layout = layout
        self._reading = reading
        self._table = table
        self._account = Account(job.file_name, reading.notices)
        self._rejected = rejected
        self._ledger = Ledger(job.known_keys)
        self._passing = PassRules(reading, job.remembered)
        self._outcomes = OutcomeCounts()
        self._scales = Scales()
        self._feedback = reading.feedback = Feedback(reading, job.remembered)
        self._facts = Facts(reading, job.remembered)
        self._personal = personal
        self._source: Source | None = None
        self._lane: Lane | None = None
        self._parts: dict[Kind, PartLane] = {}
        self._waiting: tuple[Lane, Begun, list[Refusal], Mapping[Kind, Chunk]] | None = None
        self._because = ""
        self._rows_with_questions = 0

    def run(self, emit: OnProgress) -> ReadOutcome:
        emit(Progress("reading", 0, 0.0))
        for chunk in self._table.chunks():
            self._take(chunk)
            emit(Progress("reading", self._account.read, self._table.share))
            if self._rows_with_questions > QUESTION_ROWS:
                break
        self._complete()
        self._scales.tell(self._job.answers, self._reading.doubts, self._reading.notices)
        if self._source is None:
            self._reading.shares.tell(self._reading.doubts)
        self._passing.tell()
        self._feedback.tell()
        if self._source is not None:
            self._facts.tell()
            self._source.tell()
        questions = self._reading.doubts.questions()
        if questions:
            raise QuestionsOpen(self._personal.inert(questions), self._because)
        self._personal.tell()
        if self._lane is None:
            raise UnreadableFile("The file has no rows.", mend="Export it again.", code="no_rows")
        emit(Progress("finishing", self._account.read, 1.0))
        return self._finish(self._lane)

    def _take(self, chunk: Chunk) -> None:
        count = len(chunk.rows) + len(chunk.refused) + chunk.skipped
        chunk.take_blank_as_missing()
        if self._lane is None or not self._lane.mapping.uses.keys() >= set(chunk.headers):
            # A new column may raise a question: questions stand in the order of the file.
            self._complete()
        self._account.note_rows(count, chunk)
        if self._account.read > self._job.limits.rows:
            raise UnreadableFile(
                f"The file has more than {self._job.limits.rows:,} rows.",
                mend="Split it into several files.",
                code="too_many_rows",
            )
        if chunk.headers:
            self._begin_rows(chunk)
        else:
            self._complete()
            self._reject(chunk.refused)

    def _reject(self, refused: list[Refusal]) -> None:
        became = self._became(refused)
        for refusal in sorted(refused, key=lambda one: one.row):
            self._rejected.add(self._personal.masked(refusal, became))

    def _begin_rows(self, chunk: Chunk) -> None:
        """Read the rows of the chunk, complete those before, and begin to publish these."""
        at_once = chunk.refused
        lane = self._lane or self._begin(chunk)
        parts: Mapping[Kind, Chunk] = {}
        if self._source is not None:
            taken = self._source.take(chunk)
            self._account.note_skipped(len(chunk.rows) - len(taken.chunk.rows))
            chunk, parts = taken.chunk, taken.parts
        lane.mapping.add(chunk.headers)
        for question in lane.mapping.questions:
            self._reading.doubts.ask(question)
        if lane.kind is Kind.EVALS or self._source is not None:
            self._passing.prepare(lane.mapping, _with_values(chunk, lane.mapping, self._reading))
        drafted = lane.drafted(chunk, self._reading)
        self._complete()
        if self._reading.doubts.open:
            lane.look(drafted)
            self._rows_with_questions += drafted.count
            self._reject(at_once)
        else:
            self._waiting = lane, lane.begin(drafted), at_once, parts
        if self._source is not None or lane.kind is not Kind.TRACES:
            # What is asked and told about the next rows may depend on these.
            self._complete()

    def _complete(self) -> None:
        """Publish the rows that were begun, if there are any, and reject those that do not count."""
        if self._waiting is None:
            return
        (lane, begun, at_once, parts), self._waiting = self._waiting, None
        done = lane.complete(begun)
        refused = {refusal.row for refusal in done.refused}
        for kind, part in parts.items():
            # What stands inside a row that does not count does not count either.
            self._part(kind).take(part.without(refused))
        if done.ids is not None and done.sorting is not None:
            self._account.note_good(done.ids, done.times, done.sorting)
            if lane.kind is Kind.EVALS:
                columns = {name: values.to_pylist() for name, values in done.columns.items()}
                self._outcomes.note(columns, ~(done.sorting.conflicting | done.sorting.repeated))
        if self._source is None:
            for name, values in done.columns.items():
                self._scales.note(name, values)
        self._reject(at_once + done.refused)

    def _became(self, refused: list[Refusal]) -> dict[str, str | None]:
        """What the columns of rejected rows are; None or "" for those that are not used."""
        headers = {header for refusal in refused for header in refusal.cells}
        if self._source is not None:
            return {header: self._source.became(header) for header in headers}
        columns = self._lane.mapping.columns if self._lane else {}
        return {header: columns[header].name if header in columns else None for header in headers}

    def _begin(self, chunk: Chunk) -> Lane:
        """Decide what the file is from its first rows: a tool's export, else what its columns say."""
        samples = {header: next(filter(None, chunk.cells[header]), "") for header in chunk.headers}
        head = Head(samples, self._layout, self._job.file_name)
        context = Context(self._feedback, self._facts, self._reading.notices)
        self._source = recognised(head, self._reading, context)
        if self._source is None:
            mapping, self._because = self._understood(chunk)
        else:
            mapping, self._because = ColumnMapping(self._source.kind), self._source.because
            if self._source.scored_elsewhere:
                self._passing = RuleOfRuns(self._reading, self._job.remembered, self._job.known_scores)
            self._reading = _of_a_tool(self._reading)
        without_ids = self._source is None and IDENTITY[mapping.kind] not in mapping.names()
        rules = RowRules(mapping.kind, self._job.path, self._passing, without_ids=without_ids)
        writer = SegmentWriter(self._job.spool, mapping.kind)
        self._lane = Lane(mapping, rules, writer, self._ledger, self._personal)
        return self._lane

    def _understood(self, chunk: Chunk) -> tuple[ColumnMapping, str]:
        """What the columns say; the question what they are shows no personal data either."""
        try:
            mapping, because = understand(chunk, self._reading)
        except QuestionsOpen as error:
            raise QuestionsOpen(self._personal.inert(error.questions)) from None
        for guess in () if self._reading.answers.columns else left_in_doubt(mapping, chunk.cells):
            self._reading.notices.add("like_seconds", _in_doubt_words(guess.header))
        for header, unit in mapping.units.items():
            self._reading.notices.add("converted_unit", _converted_words(header, unit))
        for header, column in mapping.columns.items():
            if header not in mapping.units and (units := other_unit_of(header, column.name)):
                self._reading.notices.add("other_unit", _other_unit_words(header, *units))
        return mapping, because

    def _part(self, kind: Kind) -> PartLane:
        """The lane of the rows of ``kind`` inside the file's own."""
        if kind not in self._parts:
            spool, path = self._job.spool, self._job.path
            ledger, reading = self._ledger, self._reading
            self._parts[kind] = PartLane(kind, spool, path, ledger, reading, self._personal)
        return self._parts[kind]

    def _finish(self, lane: Lane) -> ReadOutcome:
        spool = self._job.spool
        own = lane.finish(spool)
        lane.tell(self._reading.notices)
        parts = tuple(part.finish(spool, self._reading.notices) for part in self._parts.values())
        report = self._account.report(
            lane.mapping,
            self._because,
            self._rejected,
            self._passing.rule,
            source=self._source,
            fills=lane.fills.union(*(part.fills for part in self._parts.values())),
            outcomes=self._outcomes if lane.kind is Kind.EVALS else None,
            scored_elsewhere=self._passing.is_of_runs,
        )
        report = report.model_copy(update={"columns": self._personal.uses(report.columns)})
        rejected = self._rejected.written()
        answers = self._job.answers
        if self._feedback.rule is not None:
            # Kept with this upload as well, so that withdrawing an older one does not ask again.
            answers = answers.model_copy(update={"feedback": self._feedback.rule})
        if self._source is not None:
            answers = answers.model_copy(update={"facts": self._facts.used})
        if self._passing.rule is not None:
            answers = answers.model_copy(update={"pass_rule": self._passing.rule})
        if self._personal.choice is not None:
            answers = answers.model_copy(update={"personal_text": self._personal.choice})
        return ReadOutcome(lane.kind, report, own.segments, own.updated_keys, rejected, parts, answers)


def _with_values(chunk: Chunk, mapping: ColumnMapping, reading: Reading) -> Cells:
    """The cells of ``chunk``; in a table of one's own without the words for a missing value."""
    return chunk.cells if reading.of_tool else cells_without(chunk.cells, mapping.columns)


def _of_a_tool(reading: Reading) -> Reading:
    """Recognised tools write times without a zone in UTC, and numbers with a point."""
    answers = reading.answers.model_copy(update={"timezone": "UTC", "decimal": "point"})
    return replace(reading, answers=answers, of_tool=True)


def _in_doubt_words(header: str) -> str:
    return (
        f"“{shown(header)}” was not used: the name fits latency_ms, but the values look like seconds. To use"
        " it, withdraw this upload, upload the file again with “Let me check the columns first”, and choose"
        " latency_s, or latency_ms if they are milliseconds."
    )


def _converted_words(header: str, unit: OtherUnit) -> str:
    return f"The numbers in “{shown(header)}” were read as {unit.unit} and converted to {unit.of}."


def _other_unit_words(header: str, said: str, taken_as: str) -> str:
    return (
        f"“{shown(header)}” says “{said}”, and its numbers were taken as {taken_as}, as the columns were "
        "chosen. If that is wrong, withdraw this upload and convert the file first."
    )
