"""What parent and child write for each other: the job on the way in, the outcome on the way out."""

import dataclasses
import re
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from core.errors import Question, QuestionsOpen, UnreadableFile
from core.intake.job import REJECTED_NAME, UPDATED_KEYS_NAME, Progress, ReadJob, ReadOutcome
from core.intake.report import ImportReport
from core.intake.schema import arrow_schema

JOB_NAME = "job.json"
OUTCOME_NAME = "outcome.json"
OUTCOME_BYTES = 16 * 2**20

_SEGMENT = re.compile(r"segment-[0-9]{5}\.parquet")
_JOB = TypeAdapter(ReadJob)
_PROGRESS = TypeAdapter(Progress)


class _Question(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    sentence: str
    options: dict[str, str]
    samples: tuple[str, ...]


class Outcome(BaseModel):
    """The result of a reading: rows, questions, a fault of the file, or a bug of ours (``where``)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: Literal["read", "questions", "fault", "bug"]
    report: ImportReport | None = None
    segments: tuple[str, ...] = ()
    has_updated_keys: bool = False
    has_rejected: bool = False
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
        segments=tuple(path.name for path in read.segments),
        has_updated_keys=read.updated_keys is not None,
        has_rejected=read.rejected is not None,
    )


def of_questions(error: QuestionsOpen) -> Outcome:
    questions = [_Question.model_validate(dataclasses.asdict(question)) for question in error.questions]
    return Outcome(status="questions", questions=tuple(questions))


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
        raise QuestionsOpen([Question(**question.model_dump()) for question in outcome.questions])
    if outcome.report is None:
        raise ReaderFailed(outcome.where or "the outcome has no report")
    return _checked(spool, outcome, outcome.report)


class ReaderFailed(Exception):
    """The reading process broke; the message is for the log and holds nothing of the file."""


def _checked(spool: Path, outcome: Outcome, report: ImportReport) -> ReadOutcome:
    """The outcome, once its segments have the agreed form and hold the rows that the report tells of."""
    segments = tuple(spool / name for name in outcome.segments if _SEGMENT.fullmatch(name))
    updated = spool / UPDATED_KEYS_NAME if outcome.has_updated_keys else None
    rejected = spool / REJECTED_NAME if outcome.has_rejected else None
    try:
        rows = sum(pq.read_metadata(path).num_rows for path in segments)
        alike = all(pq.read_schema(path).equals(arrow_schema(report.kind)) for path in segments)
        changed = len(np.load(updated, allow_pickle=False)) if updated else 0
    except (OSError, ValueError, pa.ArrowException) as error:
        raise ReaderFailed(f"unreadable segments: {type(error).__name__}") from None
    if not alike or rows != report.accepted + report.updated or changed != report.updated:
        raise ReaderFailed("the segments do not hold what the report says")
    return ReadOutcome(report.kind, report, segments, updated, rejected)


def progress_line(progress: Progress) -> str:
    return _PROGRESS.dump_json(progress).decode() + "\n"


def progress_of(line: bytes) -> Progress:
    """Raises ValueError when ``line`` is not a progress line."""
    return _PROGRESS.validate_json(line)
