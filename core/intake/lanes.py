"""One kind of rows on its way into segments: its mapping, its rules, its writer and what became of it."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.evidence.columns import TRACE_COLUMNS, Kind
from core.evidence.fingerprints import Keys, content_keys
from core.intake.account import TIME_COLUMN
from core.intake.cell_terms import Reading
from core.intake.doubts import Notices
from core.intake.drafts import Draft, draft
from core.intake.job import PART_UPDATED_KEYS_NAME, UPDATED_KEYS_NAME, PartRows
from core.intake.kinds import IDENTITY_COLUMNS, RowRules
from core.intake.ledger import Ledger, Places, Sorting
from core.intake.mapping import ColumnMapping
from core.intake.needs import IDENTITY
from core.intake.passing import PassRules
from core.intake.personal_texts import FirstLook, PersonalTexts
from core.intake.schema import JOINED_KINDS, arrow_schema
from core.intake.segments import SegmentWriter, typed_table
from core.intake.tables import Chunk, Refusal

_OF_A_RUN = {
    (Kind.SPANS, "ended_at"): ("latency_ms",),
    (Kind.SPANS, "input"): ("query",),
    (Kind.SPANS, "output"): ("response",),
    (Kind.SPANS, "tools_called"): ("tool_selected",),
    (Kind.SCORES, "value"): ("scores",),
    (Kind.SCORES, "label"): ("scores",),
}
"""What a column of a step or a score gives the run it belongs to, beside the column of the same name."""

_TRACE_NAMES = frozenset(column.name for column in TRACE_COLUMNS)
_OWN_NAMES = {Kind.SPANS: ("name",), Kind.SCORES: ("name", "value", "label", "source", "comment")}
"""Columns whose name means something else in a trace, or may come to."""

_PART_WORDS = {Kind.SPANS: "Steps", Kind.SCORES: "Scores"}


@dataclass
class Published:
    """What became of the rows of one chunk; ``sorting`` is None where none was good."""

    refused: list[Refusal]
    columns: dict[str, pa.Array] = field(default_factory=dict)
    ids: pa.Array | None = None
    times: pa.Array | None = None
    sorting: Sorting | None = None


@dataclass
class Begun:
    """The ``good`` rows of one chunk on their way: their ``columns``, and their keys and those of their
    content once they are ``hashed``. Where no row is good there is nothing to look at or to hash."""

    drafted: Draft
    good: Places
    columns: dict[str, pa.Array] = field(default_factory=dict)
    looked: FirstLook | None = None
    hashed: Future[tuple[Keys, Keys]] | None = None


class Lane:
    """The rows of one kind of one file. All lanes of a file share its ledger: keys of different kinds
    cannot meet, because a kind stands in its keys."""

    def __init__(
        self,
        mapping: ColumnMapping,
        rules: RowRules,
        writer: SegmentWriter,
        ledger: Ledger,
        personal: PersonalTexts,
    ) -> None:
        self.mapping = mapping
        self._personal = personal
        self._rules = rules
        self._writer = writer
        self._ledger = ledger
        self._beside = ThreadPoolExecutor(1, "hashing")
        self._updated: list[Keys] = []
        self._written = 0
        self._filled: set[str] = set()

    @property
    def kind(self) -> Kind:
        return self.mapping.kind

    @property
    def fills(self) -> set[str]:
        """The canonical columns that the good rows fill; for steps and scores, those of the trace that they
        are folded into."""
        if self.kind not in JOINED_KINDS:
            return self._filled
        also = (_OF_A_RUN.get((self.kind, name), ()) for name in self._filled)
        same = (self._filled & _TRACE_NAMES).difference(_OWN_NAMES[self.kind])
        return same.union(*also)

    def drafted(self, chunk: Chunk, reading: Reading) -> Draft:
        """The rows of ``chunk`` typed, with those marked that cannot count."""
        drafted = draft(chunk, self.mapping, reading)
        self._rules.settle(drafted)
        return drafted

    def tell(self, notices: Notices) -> None:
        """Put into words what the rows as a whole left odd."""
        self._rules.tell(self.mapping, notices)

    def look(self, drafted: Draft) -> None:
        """Note the personal data of rows that wait for an answer, so that all questions are put together."""
        self._personal.look({name: column.values for name, column in drafted.columns.items()})

    def publish(self, drafted: Draft) -> Published:
        """Write the good rows that are new or changed; the others are in ``refused``."""
        return self.complete(self.begin(drafted))

    def begin(self, drafted: Draft) -> Begun:
        """Begin to publish: what the rows alone decide goes on beside the caller's own work, up to the call
        of ``complete``. Chunks are completed in the order of the file."""
        good = drafted.good()
        if not len(good):
            return Begun(drafted, good)
        kind, types = self.kind, arrow_schema(self.kind)
        columns = {
            name: _picked(column.typed(types.field(name).type), good)
            for name, column in drafted.columns.items()
        }
        self._personal.note_ids(columns.get("user_id"))
        looked = self._personal.first_look(columns)
        content = {
            name: _picked(column.coded(), good)
            for name, column in drafted.columns.items()
            if name not in IDENTITY_COLUMNS[kind]
        }
        if (decided_by := self._rules.decided_by) is not None:
            content["pass_rule"] = pa.array([decided_by] * len(good), pa.string())
        hashed = self._beside.submit(
            lambda: (self._rules.keys(drafted, good), content_keys(content, len(good)))
        )
        return Begun(drafted, good, columns, looked, hashed)

    def complete(self, begun: Begun) -> Published:
        """Compare the rows with all that came before, and write those that count."""
        drafted, good, columns = begun.drafted, begun.good, begun.columns
        done = Published([drafted.refusal(place) for place in drafted.faults])
        if begun.looked is None or begun.hashed is None:
            return done
        kind = self.kind
        keys, row_keys = begun.hashed.result()
        rows = np.array(drafted.chunk.rows, np.int64)[good]
        sorting = self._ledger.sort(keys, row_keys, rows)
        for index in np.flatnonzero(sorting.conflicting):
            first = int(sorting.first_rows[index])
            done.refused.append(drafted.conflict(int(good[index]), first, IDENTITY[kind]))
        run_keys = self._rules.run_keys(drafted, good) if kind in JOINED_KINDS else None
        table = typed_table(kind, columns, keys, row_keys, rows, run_keys)
        kept = sorting.new | sorting.updated
        # The keys were taken from the texts as they came: the same bytes again are duplicates.
        self._writer.add(self._personal.settled(table, kept, begun.looked), kept)
        self._written += int(kept.sum())
        self._updated.append(keys[sorting.updated])
        self._note_filled(columns)
        done.columns, done.ids, done.sorting = columns, columns[IDENTITY[kind]], sorting
        done.times = columns.get(TIME_COLUMN[kind])
        return done

    def _note_filled(self, columns: dict[str, pa.Array]) -> None:
        for name, values in columns.items():
            if values.null_count < len(values):
                self._filled.add(name)
        kinds = columns.get("span_kind") if self.kind is Kind.SPANS else None
        if kinds is not None and pc.any(pc.equal(kinds, "tool")).as_py():
            self._filled.add("tools_called")

    def finish(self, spool: Path, updated_name: str = UPDATED_KEYS_NAME) -> PartRows:
        """Write what is left, and the keys of the rows that changed."""
        self._beside.shutdown()
        self._writer.close()
        updated = np.concatenate(self._updated) if self._updated else np.array([], np.int64)
        updated_path: Path | None = None
        if len(updated):
            updated_path = spool / updated_name
            np.save(updated_path, updated, allow_pickle=False)
        segments = tuple(spool / name for name in self._writer.names)
        return PartRows(self.kind, segments, updated_path, self._written, len(updated))


class PartLane:
    """Rows of another kind that stand inside the file's rows; the report's counts are not about them,
    so notices say how many were found and how many could not be used."""

    def __init__(
        self,
        kind: Kind,
        spool: Path,
        file: Path,
        ledger: Ledger,
        reading: Reading,
        personal: PersonalTexts,
    ) -> None:
        writer, rules = SegmentWriter(spool, kind, part=True), RowRules(kind, file, PassRules(reading))
        self._lane = Lane(ColumnMapping(kind), rules, writer, ledger, personal)
        self._reading = reading
        self._found = self._faulty = 0
        self._example = ""

    def take(self, chunk: Chunk) -> None:
        """Write the good rows of ``chunk``; count the others."""
        self._lane.mapping.add(chunk.cells)
        drafted = self._lane.drafted(chunk, self._reading)
        self._found += drafted.count
        if self._reading.doubts.open:
            self._lane.look(drafted)
            return
        refused = self._lane.publish(drafted).refused
        self._faulty += len(refused)
        if refused and not self._example:
            first = refused[0]
            where = f", {first.column}" if first.column else ""
            self._example = f"row {first.row:,}{where}: {first.reason}"

    @property
    def fills(self) -> set[str]:
        return self._lane.fills

    def finish(self, spool: Path, notices: Notices) -> PartRows:
        """Write what is left, and tell what was found."""
        words = _PART_WORDS[self._lane.kind]
        notices.add("parts", f"{words} found inside the rows: {{count}}.", self._found)
        if self._faulty:
            sentence = f"{words} inside the rows that cannot be used: {{count}} (the first: {self._example})"
            notices.add("part_faults", sentence, self._faulty)
        return self._lane.finish(spool, PART_UPDATED_KEYS_NAME.format(kind=self._lane.kind.value))


def _picked(values: pa.Array, places: Places) -> pa.Array:
    return values if len(places) == len(values) else values.take(pa.array(places))
