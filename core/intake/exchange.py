"""What parent and child write for each other: the job on the way in, the outcome on the way out."""

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.errors import ColumnGuess, Question, QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.job import (
    PART_UPDATED_KEYS_NAME,
    REJECTED_NAME,
    UPDATED_KEYS_NAME,
    PartRows,
    Progress,
    ReadJob,
    ReadOutcome,
)
from core.intake.report import ImportReport
from core.intake.schema import arrow_schema

JOB_NAME = "job.json"
OUTCOME_NAME = "outcome.json"
OUTCOME_BYTES = 16 * 2**20

_SEGMENT = re.compile(r"segment-(?:[a-z]+-)?[0-9]{5}\.parquet")
_JOB = TypeAdapter(ReadJob)
_PROGRESS = TypeAdapter(Progress)


class _Guess(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str
    guess: str
    because: str
    samples: tuple[str, ...]


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    sentence: str
    options: dict[str, str]
    samples: tuple[str, ...]
    columns: tuple[_Guess, ...] = ()
    values: dict[str, tuple[str, ...]] = {}

    def as_question(self) -> Question:
        columns = tuple(ColumnGuess(**guess.model_dump()) for guess in self.columns)
        return Question(self.key, self.sentence, self.options, self.samples, columns, self.values)


class _Part(BaseModel):
    """Rows of another kind that stood inside the file's own; ``rows`` are those in the segments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    segments: tuple[str, ...]
    rows: int
    updated: int


class Outcome(BaseModel):
    """The result of a reading: rows, questions, a fault of the file, or a bug of ours (``where``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["read", "questions", "fault", "bug"]
    report: ImportReport | None = None
    answers: Answers = Answers()
    segments: tuple[str, ...] = ()
    has_updated_keys: bool = False
    has_rejected: bool = False
    parts: tuple[_Part, ...] = ()
    questions: tuple[_Question, ...] = ()
    sentence: str = ""
    mend: str = ""
    code: str = ""
    where: str = ""


def save_job(job: ReadJob) -> Path:
    """Write ``job`` into its spool folder."""
    path = job.spool / JOB_NAME
    absolute = dataclasses.replace(
        job,
        path=job.path.absolute(),
        spool=job.spool.absolute(),
        known_keys=job.known_keys.absolute() if job.known_keys else None,
    )
    path.write_bytes(_JOB.dump_json(absolute))
    return path


def load_job(path: Path) -> ReadJob:
    return _JOB.validate_json(path.read_bytes())


def of_read(read: ReadOutcome) -> Outcome:
    return Outcome(
        status="read",
        report=read.report,
        answers=read.answers,
        segments=tuple(path.name for path in read.segments),
        has_updated_keys=read.updated_keys is not None,
        has_rejected=read.rejected is not None,
        parts=tuple(_of_part(part) for part in read.parts),
    )


def _of_part(part: PartRows) -> _Part:
    return _Part(
        kind=part.kind,
        segments=tuple(path.name for path in part.segments),
        rows=part.rows,
        updated=part.updated,
    )


def of_questions(error: QuestionsOpen) -> Outcome:
    questions = [_Question.model_validate(dataclasses.asdict(question)) for question in error.questions]
    return Outcome(status="questions", questions=tuple(questions), sentence=error.because)


def of_fault(error: UnreadableFile) -> Outcome:
    return Outcome(status="fault", sentence=error.sentence, mend=error.mend, code=error.code)


def save_outcome(spool: Path, outcome: Outcome) -> None:
    (spool / OUTCOME_NAME).write_text(outcome.model_dump_json(), encoding="utf-8")


def load_outcome(spool: Path) -> ReadOutcome:
    """What the child left behind. Raises UnreadableFile or QuestionsOpen where that is the outcome,
    and ReaderFailed where the child left nothing that can be believed."""
    path = spool / OUTCOME_NAME
    try:
        if path.stat().st_size > OUTCOME_BYTES:
            raise ReaderFailed("the outcome is too large")
        outcome = Outcome.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ReaderFailed(f"no outcome: {type(error).__name__}") from None
    if outcome.status == "fault":
        raise UnreadableFile(outcome.sentence, mend=outcome.mend, code=outcome.code)
    if outcome.status == "questions":
        raise QuestionsOpen([question.as_question() for question in outcome.questions], outcome.sentence)
    if outcome.report is None:
        raise ReaderFailed(outcome.where or "the outcome has no report")
    return _checked(spool, outcome, outcome.report)


class ReaderFailed(Exception):
    """The reading process broke; the message is for the log and holds nothing of the file."""


def _checked(spool: Path, outcome: Outcome, report: ImportReport) -> ReadOutcome:
    """The outcome, once its segments have the agreed form and hold the rows that the report tells of."""
    updated = spool / UPDATED_KEYS_NAME if outcome.has_updated_keys else None
    rejected = spool / REJECTED_NAME if outcome.has_rejected else None
    rows = report.accepted + report.updated
    own = _checked_rows(spool, report.kind, outcome.segments, rows, report.updated, updated)
    parts = []
    for part in outcome.parts:
        name = PART_UPDATED_KEYS_NAME.format(kind=part.kind.value)
        changed = spool / name if part.updated else None
        parts.append(_checked_rows(spool, part.kind, part.segments, part.rows, part.updated, changed))
    return ReadOutcome(
        report.kind, report, own.segments, updated, rejected, tuple(parts), answers=outcome.answers
    )


def _checked_rows(
    spool: Path, kind: Kind, names: Sequence[str], rows: int, updated: int, updated_keys: Path | None
) -> PartRows:
    """The segments of one kind. Raises ReaderFailed where they do not hold just these rows."""
    segments = tuple(spool / name for name in names if _SEGMENT.fullmatch(name))
    try:
        found = sum(pq.read_metadata(path).num_rows for path in segments)
        alike = all(pq.read_schema(path).equals(arrow_schema(kind)) for path in segments)
        changed = len(np.load(updated_keys, allow_pickle=False)) if updated_keys else 0
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ReaderFailed(f"unreadable segments: {type(error).__name__}") from None
    if not alike or found != rows or changed != updated:
        raise ReaderFailed("the segments do not hold what the report says")
    return PartRows(kind, segments, updated_keys, rows, updated)


def progress_line(progress: Progress) -> str:
    return _PROGRESS.dump_json(progress).decode() + "\n"


def progress_of(line: bytes) -> Progress:
    """Raises ValueError when ``line`` is not a progress line."""
    return _PROGRESS.validate_json(line)
