"""Parquet files: typed columns, batch by batch, as the text cells that every format shares."""

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import UnreadableFile
from core.intake.array_texts import decoded, is_text, joined, plain_texts
from core.intake.cell_terms import Fault, Reading
from core.intake.grid import too_wide
from core.intake.header import unique_names
from core.intake.tables import CHUNK_CHARACTERS, CHUNK_ROWS, Arrays, Chunk
from core.intake.typed_values import BINARY, NOT_FINITE, number_text, text_of

BATCH_ROWS, BATCH_BYTES = (5_000, 2_000, 1_000), 4 * 2**20
"""The most rows that are read at once: as many as the file says that they take no more than this."""

UNPACKED_BYTES, UNPACKED_RATIO = 400 * 2**20, 50
"""What the file itself says it unpacks to; more than both of these is refused."""

TEXT_BYTES, TEXT_RATIO = 256 * 2**20, 1_000
"""One text stored once may stand in every row, so what is read is counted as well."""

DICTIONARY_BYTES = 8 * 2**20
"""A dictionary grows with the different texts of a row group; larger columns are read as they stand."""

_EXPORT_AGAIN = "Export it again, or export it as CSV."

_WORDS = {NOT_FINITE: "(not a finite number)", BINARY: "(bytes)"}

Column = tuple[list[str | None], dict[int, Fault]]
"""The cells of a column, and the faults among them by place."""

_Piece = list[tuple[pa.Array, dict[int, Fault]]]
"""The same of every column of a batch, as arrays."""


@dataclass(frozen=True)
class _Batch:
    """The columns of ``count`` rows, each as texts or, where every cell has to be looked at, as it stands;
    ``as_it_stands`` tells which."""

    count: int
    columns: list[pa.Array]
    as_it_stands: list[bool]


class ParquetTable:
    """The rows of a Parquet file, numbered from 1; the headers are the names of its columns."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._reading = reading
        self._size = max(path.stat().st_size, 1)
        with _told_as_damage():
            metadata = pq.read_metadata(path)
            schema = metadata.schema.to_arrow_schema()
            self._check_declared(metadata, len(schema))
            # As a dictionary a text that stands in a million rows is held once (481 bytes can hold 100 GB).
            texts = [field.name for field in schema if is_text(field.type)]
            texts = [name for name in texts if _largest_part(metadata, name) <= DICTIONARY_BYTES]
            self._file = pq.ParquetFile(
                path, read_dictionary=texts, pre_buffer=False, page_checksum_verification=True
            )
        self._headers, notices = unique_names(schema.names)
        for sentence in notices:
            reading.notices.add("blank_header", sentence)
        self._total: int = max(metadata.num_rows, 1)
        self._beside = ThreadPoolExecutor(1, "parquet-reader")
        self._row = 0
        self._text_bytes = 0

    @property
    def share(self) -> float:
        return min(self._row / self._total, 1.0)

    def close(self) -> None:
        self._beside.shutdown()
        self._file.close()

    def chunks(self) -> Iterator[Chunk]:
        """Chunks of rows. Raises UnreadableFile where the file is damaged or grows out of all proportion."""
        with _told_as_damage():
            gathered = self._gathered()
            reading = self._beside.submit(next, gathered, None)
            while (batches := reading.result()) is not None:
                reading = self._beside.submit(next, gathered, None)
                yield self._chunk(batches)

    def _gathered(self) -> Iterator[list[_Batch]]:
        """Batches that make a chunk together. It is read while the one before is in use, so all that may
        be told about a cell is left to those that come up in ``_read_batch``."""
        waiting, rows, size = list[pa.RecordBatch](), 0, 0
        for piece, piece_size in self._pieces():
            waiting.append(piece)
            rows += piece.num_rows
            size += piece_size
            if rows >= CHUNK_ROWS or size > CHUNK_CHARACTERS:
                yield self._batches(waiting)
                waiting, rows, size = [], 0, 0
        if rows:
            yield self._batches(waiting)

    def _batches(self, pieces: list[pa.RecordBatch]) -> list[_Batch]:
        """The columns of ``pieces``, put together and as texts where that can be; so it costs least."""
        if self._reading.by_cell:
            return [_Batch(piece.num_rows, piece.columns, [True] * piece.num_columns) for piece in pieces]
        try:
            # Joining dictionaries would take longer than joining the texts that they stand for.
            parts = zip(*(map(decoded, piece.columns) for piece in pieces), strict=True)
            groups = [(sum(piece.num_rows for piece in pieces), [joined(list(part)) for part in parts])]
        except pa.ArrowNotImplementedError:  # a type of which Arrow joins no arrays
            groups = [(piece.num_rows, piece.columns) for piece in pieces]
        batches = []
        for count, columns in groups:
            texts = [plain_texts(decoded(array)) for array in columns]
            cells = [array if text is None else text for array, text in zip(columns, texts, strict=True)]
            batches.append(_Batch(count, cells, [text is None for text in texts]))
        return batches

    def _chunk(self, batches: list[_Batch]) -> Chunk:
        waiting = [self._read_batch(batch) for batch in batches]
        rows = sum(batch.count for batch in batches)
        numbers = list(range(self._row + 1, self._row + rows + 1))
        self._row += rows
        texts: Arrays = {}
        faults: dict[str, dict[int, Fault]] = {}
        for place, header in enumerate(self._headers):
            parts = [piece[place] for piece in waiting]
            texts[header] = joined([part for part, _ in parts])
            begin = 0
            for part, found in parts:
                if found:
                    moved = {begin + at: fault for at, fault in found.items()}
                    faults.setdefault(header, {}).update(moved)
                begin += len(part)
        if self._reading.by_cell:
            chunk = Chunk(numbers, {header: text.to_pylist() for header, text in texts.items()})
        else:
            chunk = Chunk(numbers, texts=texts)
        chunk.faults = faults
        return chunk

    def _read_batch(self, batch: _Batch) -> _Piece:
        """The cells of each column as an array of texts, and the faults among them by place."""
        piece: _Piece = []
        columns = zip(self._headers, batch.columns, batch.as_it_stands, strict=True)
        for header, array, is_as_it_stands in columns:
            if is_as_it_stands:
                cells, faults = self._cells(header, array)
                piece.append((pa.array(cells, pa.string()), faults))
            else:
                piece.append((array, {}))
        return piece

    def _pieces(self) -> Iterator[tuple[pa.RecordBatch, int]]:
        """Batches that hold about as much text as a chunk at most, and how much."""
        for batch in self._file.iter_batches(_rows_at_once(self._file.metadata), use_threads=False):
            size = _text_size(batch)
            self._count(batch, size)
            step = max(1, math.ceil(batch.num_rows / math.ceil(max(size, 1) / CHUNK_CHARACTERS)))
            for begin in range(0, batch.num_rows, step):
                piece = batch.slice(begin, step)
                yield piece, _text_size(piece) if step < batch.num_rows else size

    def _count(self, batch: pa.RecordBatch, size: int) -> None:
        """Add the ``size`` of the text of ``batch``. Raises UnreadableFile where it becomes too much."""
        most = max(TEXT_BYTES, TEXT_RATIO * self._size)
        if self._text_bytes + size <= most:
            self._text_bytes += size
            return
        step = BATCH_ROWS[-1]  # so that what is told does not depend on how many rows are read at once
        for begin in range(0, batch.num_rows, step):
            self._text_bytes += _text_size(batch.slice(begin, step))
            if self._text_bytes > most:
                raise _bomb(self._text_bytes)

    def _cells(self, header: str, array: pa.Array) -> Column:
        if pa.types.is_dictionary(array.type):
            # Every value in use is converted once, and its text is shared by all its rows.
            used, places = _used(array)
            texts, faults = self._cells(header, used)
            return [texts[place] for place in places], {
                row: faults[place] for row, place in enumerate(places) if place in faults
            }
        if pa.types.is_timestamp(array.type):
            self._tell_nanoseconds(header, array)
            return _times(array), {}
        return _typed(array)

    def _tell_nanoseconds(self, header: str, array: pa.Array) -> None:
        if array.type.unit == "ns":
            finer = np.count_nonzero(array.cast(pa.int64()).fill_null(0).to_numpy() % 1_000)
            if finer:
                sentence = f"Times in “{header}” finer than a microsecond, which were cut to it: {{count}}."
                self._reading.notices.add("nanoseconds", sentence, int(finer))

    def _check_declared(self, metadata: pq.FileMetaData, width: int) -> None:
        limits = self._reading.limits
        if width > limits.columns:
            raise too_wide(1, width, limits.columns)
        if metadata.num_rows > limits.rows:
            raise UnreadableFile(
                f"The file has {metadata.num_rows:,} rows; at most {limits.rows:,} can be read.",
                mend="Split it into several files.",
                code="too_many_rows",
            )
        groups = range(metadata.num_row_groups)
        unpacked = sum(metadata.row_group(group).total_byte_size for group in groups)
        if unpacked > max(UNPACKED_BYTES, UNPACKED_RATIO * self._size):
            raise _bomb(unpacked)


def _largest_part(metadata: pq.FileMetaData, name: str) -> int:
    """The bytes that the largest part of a column unpacks to; it holds every different text once."""
    at = [place for place in range(metadata.num_columns) if metadata.schema.column(place).path == name]
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    return max((group.column(place).total_uncompressed_size for group in groups for place in at), default=0)


def _rows_at_once(metadata: pq.FileMetaData) -> int:
    groups = [metadata.row_group(group) for group in range(metadata.num_row_groups)]
    a_row = max((group.total_byte_size / max(group.num_rows, 1) for group in groups), default=0)
    return next((rows for rows in BATCH_ROWS if rows * a_row <= BATCH_BYTES), BATCH_ROWS[-1])


def _text_size(batch: pa.RecordBatch) -> int:
    """About how many bytes the cells of ``batch`` take when every one stands for itself."""
    size = 0
    for array in batch.columns:
        if pa.types.is_dictionary(array.type) and is_text(array.type.value_type):
            lengths = pc.binary_length(array.dictionary).fill_null(0).to_numpy()
            size += int(lengths[array.indices.drop_null().to_numpy()].sum())
        else:
            size += array.nbytes
    return size


def _used(array: pa.DictionaryArray) -> tuple[pa.Array, Any]:
    """The values of a dictionary that occur, and for each row its place among them."""
    absent = len(array.dictionary)
    places, back = np.unique(array.indices.fill_null(absent).to_numpy(), return_inverse=True)
    taken = pa.array(places, mask=places == absent)
    return array.dictionary.take(taken), back


def _times(array: pa.Array) -> list[str | None]:
    """ISO times, in UTC where the column has a zone and without one where it has none."""
    local = array.cast(pa.int64()).cast(pa.timestamp(array.type.unit)).cast(pa.string()).to_pylist()
    mark = "Z" if array.type.tz else ""
    return [None if text is None else text + mark for text in local]


def _typed(array: pa.Array) -> Column:
    of = array.type
    if isinstance(of, pa.BaseExtensionType) and not isinstance(of, pa.UuidType):
        array, of = array.storage, array.type.storage_type
    if pa.types.is_floating(of) and of != pa.float64():
        # The shortest digits that mean this value in its own width, as every other tool shows it.
        values = [None if one is None else float(str(np.float32(one))) for one in array.to_pylist()]
        return _parted([None if one is None else number_text(one) for one in values])
    if pa.types.is_duration(of):
        whole = array.cast(pa.int64()).to_pylist()
        return [None if one is None else f"{one} {of.unit}" for one in whole], {}
    if pa.types.is_date(of) or pa.types.is_time(of):
        return array.cast(pa.string()).to_pylist(), {}
    if pa.types.is_binary(of) or pa.types.is_large_binary(of) or pa.types.is_fixed_size_binary(of):
        return _parted([BINARY if one else None for one in array.is_valid().to_pylist()])
    if pa.types.is_map(of) or pa.types.is_nested(of):
        return _parted([text_of(one) for one in array.to_pylist(maps_as_pydicts="strict")])
    return _parted([text_of(one) for one in array.to_pylist()])


def _parted(texts: list[str | Fault | None]) -> Column:
    """Texts and faults told apart; a faulty cell keeps a word for what it holds."""
    faults = {place: text for place, text in enumerate(texts) if isinstance(text, Fault)}
    return [_WORDS[text] if isinstance(text, Fault) else text for text in texts], faults


def _bomb(size: int) -> UnreadableFile:
    return UnreadableFile(
        f"The file is far larger than it looks: it unpacks to more than {size / 2**20:,.0f} MB.",
        mend="Export fewer columns, or leave out the texts that repeat in every row.",
        code="bomb",
    )


@contextmanager
def _told_as_damage() -> Iterator[None]:
    """Whatever Arrow says about a damaged file, in one sentence."""
    try:
        yield
    except MemoryError:  # Arrow's own is an ArrowException as well.
        raise
    except UnicodeDecodeError:
        raise UnreadableFile(
            "A text in the file is not UTF-8.", mend=_EXPORT_AGAIN, code="encoding"
        ) from None
    except (pa.ArrowException, OSError, OverflowError):
        raise UnreadableFile(
            "The Parquet file is damaged or cut off.", mend=_EXPORT_AGAIN, code="broken_file"
        ) from None
