"""One reading of one file: what goes into the child process, and what comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.report import ImportReport

SEGMENT_NAME = "segment-{:05d}.parquet"
PART_SEGMENT_NAME = "segment-{kind}-{:05d}.parquet"
UPDATED_KEYS_NAME = "updated_keys.npy"
PART_UPDATED_KEYS_NAME = "updated_keys-{kind}.npy"
REJECTED_NAME = "rejected.csv"
"""What a reading leaves in its spool folder."""


@dataclass(frozen=True)
class Limits:
    """What a file may cost. Text is counted in characters; times are wall-clock seconds;
    ``sheet_cells`` are those of the rectangle around everything that a sheet holds.

    A reading may take ``seconds`` plus ``seconds_per_megabyte`` for every 10^6 bytes of the file:
    about five times what a small, busy machine was measured to need. A packed file may hold far more than
    its size tells, so that each 10^6 rows that it has brought give it ``seconds_per_million_rows`` more.
    """

    file_bytes: int = 5 * 2**30
    workbook_bytes: int = 50 * 2**20
    sheet_cells: int = 20_000_000
    rows: int = 20_000_000
    columns: int = 500
    cell_characters: int = 2**20
    line_characters: int = 8 * 2**20
    id_characters: int = 200
    memory_bytes: int = 1_500 * 2**20
    seconds: float = 120
    seconds_per_megabyte: float = 0.2
    seconds_per_million_rows: float = 60
    json_depth: int = 200

    def seconds_for(self, size: int) -> float:
        """How long a file of ``size`` bytes may take."""
        return self.seconds + self.seconds_per_megabyte * size / 1e6

    def seconds_for_rows(self, rows: int) -> float:
        """How much longer it may take after so many rows were read."""
        return self.seconds_per_million_rows * min(rows, self.rows) / 1e6


@dataclass(frozen=True)
class Remembered:
    """What a user answered for an earlier file of the feature, which had these headers in this order."""

    headers: tuple[str, ...]
    answers: Answers


@dataclass(frozen=True)
class KnownScore:
    """A score that runs of the feature already have: so many of them (``runs``) as a number. ``smallest``
    (of those that are not 0) and ``largest`` are sizes without their sign; ``binary``: all are 0 or 1.
    """

    name: str
    runs: int
    samples: tuple[float, ...]
    smallest: float
    largest: float
    binary: bool


@dataclass(frozen=True)
class ReadJob:
    """``path`` is the uploaded file, ``file_name`` what the user calls it, ``spool`` a private folder.

    ``known_keys`` is an .npz with the int64 arrays ``key`` and ``row_key`` of the rows the feature
    already holds of this kind; where a key stands twice, the later one is the one that counts.
    ``remembered`` are earlier answers, the newest first; they settle what this file leaves open.
    ``token_key`` is the feature's secret that tokens for personal data are made with. ``known_scores``
    are the scores of the feature's runs; only a file whose results are scored elsewhere needs them.
    """

    path: Path
    file_name: str
    answers: Answers
    known_keys: Path | None
    spool: Path
    limits: Limits = field(default_factory=Limits)
    remembered: tuple[Remembered, ...] = ()
    token_key: str = field(default="", repr=False)
    known_scores: tuple[KnownScore, ...] = ()


@dataclass(frozen=True)
class Progress:
    """``share`` of the file that has been read, 0 to 1; ``None`` where it is not known."""

    stage: str
    rows: int
    share: float | None


@dataclass(frozen=True)
class ReadOutcome:
    """``segments`` hold the new and the changed rows; ``updated_keys`` (.npy) the keys of the changed.

    ``rejected`` is a CSV of every rejected row, with the reason and the row as it was. ``parts`` are
    rows of other kinds that the file's rows contain (the steps and scores inside a trace); the
    report counts the file's own rows only. ``answers`` are those the file was read with: the user's
    own, and what was remembered.
    """

    kind: Kind
    report: ImportReport
    segments: tuple[Path, ...]
    updated_keys: Path | None
    rejected: Path | None
    parts: tuple["PartRows", ...] = ()
    answers: Answers = field(default_factory=Answers)


@dataclass(frozen=True)
class PartRows:
    """Rows of ``kind`` that came inside other rows; the files are as in :class:`ReadOutcome`.

    ``rows`` counts those in the segments, ``updated`` those of them that changed.
    """

    kind: Kind
    segments: tuple[Path, ...]
    updated_keys: Path | None
    rows: int = 0
    updated: int = 0


OnProgress = Callable[[Progress], None]
IsCancelled = Callable[[], bool]
