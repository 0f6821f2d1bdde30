"""The running account of one file: counts, columns, span of time and doubts, told as a report."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from core.evidence.columns import Kind
from core.intake.doubts import Notices
from core.intake.ledger import Sorting
from core.intake.lookalikes import Lookalikes
from core.intake.mapping import ColumnMapping
from core.intake.names import clean_name
from core.intake.outcomes import OutcomeCounts
from core.intake.pass_rule import PassRule
from core.intake.rejects import RejectedRows
from core.intake.report import ColumnUse, ImportReport, Use, shown
from core.intake.sources.source import Source
from core.intake.tables import Chunk

SOURCE = "canonical"

TIME_COLUMN = {
    Kind.TRACES: "started_at",
    Kind.EVALS: "started_at",
    Kind.LABELS: "labelled_at",
    Kind.FAILURES: "found_at",
    Kind.SPANS: "started_at",
    Kind.SCORES: "scored_at",
    Kind.CASES: "",
}
"""The column whose span the report states; "" where rows of the kind have no time."""

_MANY_REJECTED, _AT_LEAST = 0.1, 5
"""More than this share of the rows, and at least so many: what is left may be another kind of rows."""

_SAMPLES = 3
_SAMPLED = 100


@dataclass
class _ColumnSeen:
    filled: int = 0
    samples: list[str] = field(default_factory=list)


class Account:
    """Counts every row once; ``report`` fails if one is missing."""

    def __init__(self, file_name: str, notices: Notices) -> None:
        self._file, odd = clean_name(file_name)
        if odd:
            notices.add("file_name", f"The file's name is unusual; it is kept as “{self._file}”.")
        self._notices = notices
        self._columns: dict[str, _ColumnSeen] = {}
        self._ids = Lookalikes()
        self._earliest: datetime | None = None
        self._latest: datetime | None = None
        self.accepted = self.updated = self._known = self._repeated = self._skipped = 0
        self.read = 0

    def note_rows(self, count: int, chunk: Chunk) -> None:
        """``count`` rows were read, of which those in ``chunk`` could be cut into cells."""
        self.read += count
        self._skipped += chunk.skipped
        for header in chunk.headers:
            seen = self._columns.setdefault(header, _ColumnSeen())
            seen.filled += chunk.count_filled(header)
            if len(seen.samples) < _SAMPLES:
                some = [shown(cell) for cell in chunk.first_cells(header, _SAMPLED) if cell is not None]
                fresh = dict.fromkeys([*seen.samples, *some])
                seen.samples = list(fresh)[:_SAMPLES]

    def note_skipped(self, count: int) -> None:
        """So many of the rows noted are no records, which the source tells with its reason."""
        self._skipped += count

    def note_good(self, ids: pa.Array, times: pa.Array | None, sorting: Sorting) -> None:
        """The rows of a chunk that are evidence, sorted into new, updated and known."""
        self._ids.note(ids)
        if times is not None and times.null_count < len(times):
            span = pc.min_max(times).as_py()
            first, last = span["min"].astimezone(UTC), span["max"].astimezone(UTC)
            self._earliest = first if self._earliest is None else min(self._earliest, first)
            self._latest = last if self._latest is None else max(self._latest, last)
        self.accepted += int(sorting.new.sum())
        self.updated += int(sorting.updated.sum())
        self._known += int(sorting.known.sum())
        self._repeated += int(sorting.repeated.sum())

    def report(
        self,
        mapping: ColumnMapping,
        because: str,
        rejected: RejectedRows,
        rule: PassRule | None,
        *,
        source: Source | None = None,
        fills: Iterable[str] = (),
        outcomes: OutcomeCounts | None = None,
        scored_elsewhere: bool = False,
    ) -> ImportReport:
        """The finished report; ``source`` is the tool that the file was recognised to be of."""
        self._warn()
        self._warn_of_rejected(rejected.count)
        told = outcomes.told(self._notices) if outcomes is not None else None
        return ImportReport(
            file=self._file,
            kind=mapping.kind,
            source=source.name if source else SOURCE,
            because=because,
            read=self.read,
            accepted=self.accepted,
            duplicate=self._known + self._repeated,
            updated=self.updated,
            rejected=rejected.count,
            skipped=self._skipped,
            columns=tuple(self._uses_by(source) if source else self._uses(mapping)),
            warnings=self._notices.listed(),
            problems=tuple(rejected.problems),
            earliest=self._earliest,
            latest=self._latest,
            pass_rule=rule,
            fills=tuple(sorted(fills)),
            outcomes=told,
            scored_elsewhere=scored_elsewhere,
        )

    def _uses(self, mapping: ColumnMapping) -> Iterable[ColumnUse]:
        for header, how in mapping.uses.items():
            column = mapping.columns.get(header)
            seen = self._columns.get(header, _ColumnSeen())
            yield ColumnUse(
                header=header,
                canonical=column.name if column else None,
                how=how,
                samples=tuple(seen.samples),
                filled=seen.filled,
            )

    def _uses_by(self, source: Source) -> Iterable[ColumnUse]:
        for header, seen in self._columns.items():
            became = source.became(header)
            yield ColumnUse(
                header=header,
                canonical=became or None,
                how=Use.BY_TOOL if became else Use.UNKNOWN,
                samples=tuple(seen.samples),
                filled=seen.filled,
            )

    def _warn(self) -> None:
        alike = self._ids.count()
        if alike:
            sentence = "Ids that look like another id (by case, spaces or the unseen), kept apart: {count}."
            self._notices.add("lookalike_ids", sentence, alike)
        if self._repeated:
            sentence = "Rows that repeat an earlier row of the file, counted once: {count}."
            self._notices.add("duplicate_row", sentence, self._repeated)
        if self._known and (self.accepted or self.updated):
            self._notices.add("partly_known", "Rows that were imported before: {count}.", self._known)

    def _warn_of_rejected(self, rejected: int) -> None:
        rows = self.read - self._skipped
        if rejected >= _AT_LEAST and rejected > _MANY_REJECTED * rows:
            self._notices.add(
                "many_rejected",
                f"{rejected:,} of {rows:,} rows were rejected. What is left may not stand for the whole: mend"
                " them and upload them again before you trust the rates.",
            )
