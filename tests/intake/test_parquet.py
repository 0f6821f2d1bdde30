"""Parquet files: every type as the text that CSV would hold, and nothing that unpacks without end."""

import io
import json
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.parquet_rows import ParquetTable
from core.intake.reading import Answers, Limits

NAME = "traces.parquet"
TRACES = Answers(kind=Kind.TRACES)


def _file(columns: dict[str, Any], **options: Any) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target, **options)
    return target.getvalue()


CELLS = [
    (pa.array(["a", None, ""]), ["a", None, ""]),
    (pa.array(["a", None, "a"]).dictionary_encode(), ["a", None, "a"]),
    (pa.array(["a", None], pa.large_string()), ["a", None]),
    (pa.array(["a", None], pa.string_view()), ["a", None]),
    (pa.array([1, None, 2**63 - 1]), ["1", None, "9223372036854775807"]),
    (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
    (pa.array([1.0, None, 0.1, 1e-7, -0.0]), ["1", None, "0.1", "1e-07", "0"]),
    (pa.array([0.1, 3, None], pa.float32()), ["0.1", "3", None]),
    (pa.array([True, False, None]), ["true", "false", None]),
    (pa.array([Decimal("1.50"), Decimal("1E+2"), None], pa.decimal128(10, 2)), ["1.50", "100.00", None]),
    (pa.array([date(2025, 3, 1), None]), ["2025-03-01", None]),
    (pa.array([1740832215123, None], pa.timestamp("ms", "UTC")), ["2025-03-01 12:30:15.123Z", None]),
    (pa.array([1740832215], pa.timestamp("s", "Europe/Berlin")), ["2025-03-01 12:30:15.000Z"]),
    (pa.array([1740832215000001], pa.timestamp("us")), ["2025-03-01 12:30:15.000001"]),
    (pa.array([3_000], pa.duration("ms")), ["3000 ms"]),
    (pa.array([["a", "b"], None, []]), ['["a","b"]', None, "[]"]),
    (pa.array([{"a": [1, None]}, None]), ['{"a":[1,null]}', None]),
    (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), ['{"k":1}']),
    (pa.array([{"at": datetime(2025, 3, 1, tzinfo=UTC)}]), ['{"at":"2025-03-01T00:00:00+00:00"}']),
    (pa.array([uuid.UUID(int=1).bytes], pa.uuid()), ["00000000-0000-0000-0000-000000000001"]),
    (pa.nulls(2), [None, None]),
]


@pytest.mark.parametrize(("array", "texts"), CELLS, ids=[str(array.type) for array, _ in CELLS])
def test_every_type_becomes_its_text(tmp_path: Path, array: pa.Array, texts: list[str | None]) -> None:
    path = tmp_path / NAME
    path.write_bytes(_file({"x": array}))
    [chunk] = ParquetTable(path, Reading(Answers(), Limits(), Doubts(), Notices())).chunks()
    assert (chunk.cells, chunk.faults) == ({"x": texts}, {})
    assert chunk.rows == list(range(1, len(texts) + 1))


@pytest.mark.parametrize(("array", "texts"), CELLS, ids=[str(array.type) for array, _ in CELLS])
def test_every_type_is_put_together_over_row_groups(
    tmp_path: Path, array: pa.Array, texts: list[str | None]
) -> None:
    path = tmp_path / NAME
    times = 2_000 // len(array)
    path.write_bytes(_file({"x": pa.concat_arrays([array] * times)}, row_group_size=900))
    [chunk] = ParquetTable(path, Reading(Answers(), Limits(), Doubts(), Notices())).chunks()
    assert chunk.cells == {"x": texts * times}


def test_a_number_that_is_none_rejects_its_row_and_no_other_of_its_chunk(read: Any) -> None:
    count = 12_000
    latencies = [float("nan") if place in (3, 11_000) else place / 8 for place in range(count)]
    columns = {"run_id": [f"r{place}" for place in range(count)], "latency_ms": latencies}
    done = read(_file(columns, row_group_size=1_700), TRACES, name=NAME)
    assert [(problem.row, problem.code) for problem in done.report.problems] == [
        (4, "not_finite"), (11_001, "not_finite"),
    ]  # fmt: skip
    assert done.cells("latency_ms") == [one for one in latencies if one == one]


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (pa.array([float("nan"), 1.0]), "not_finite"),
        (pa.array([float("-inf"), 1.0]), "not_finite"),
        (pa.array([[float("nan")], [1.0]]), "not_finite"),
        (pa.array([b"x", None]), "binary"),
        (pa.array([[b"x"], None]), "binary"),
    ],
)
def test_values_without_text_reject_their_row_only_where_the_column_is_used(
    read: Any, array: pa.Array, code: str
) -> None:
    content = _file({"run_id": ["r1", "r2"], "extra": array})
    unused = read(content, TRACES, name=NAME)
    assert (unused.cells("run_id"), unused.codes) == (["r1", "r2"], [])
    used = read(content, Answers(kind=Kind.TRACES, columns={"extra": "query"}), name=NAME)
    assert (used.cells("run_id"), used.codes) == (["r2"], [code])
    assert used.report.problems[0].row == 1


def test_times_without_a_zone_are_asked_and_nanoseconds_told(read: Any) -> None:
    moment = 1_740_832_215_123_456_789
    content = _file({
        "run_id": ["r2", "r1"],
        "started_at": pa.array([moment, moment + 1], pa.timestamp("ns")),
    })  # fmt: skip
    with pytest.raises(QuestionsOpen) as asked:
        read(content, name=NAME)
    assert [question.key for question in asked.value.questions] == ["timezone"]
    done = read(content, Answers(timezone="UTC"), name=NAME)
    assert done.cells("run_id") == ["r2", "r1"]
    assert done.cells("started_at") == [datetime(2025, 3, 1, 12, 30, 15, 123_456, tzinfo=UTC)] * 2
    assert done.warned == ["nanoseconds"]
    whole = _file({"run_id": ["r1"], "started_at": pa.array([moment - 789], pa.timestamp("ns", "UTC"))})
    assert read(whole, name=NAME).warned == []


def test_dates_keep_their_day_in_every_zone(read: Any) -> None:
    days = pa.array([date(2026, 11, 10)], pa.date32())
    content = _file({"run_id": ["r1"], "started_at": days})
    for answers in (Answers(), Answers(timezone="Europe/Berlin")):
        assert read(content, answers, name=NAME).cells("started_at") == [datetime(2026, 11, 10, tzinfo=UTC)]


def test_rows_are_numbered_on_over_batches_and_row_groups(read: Any) -> None:
    count = 12_345
    ids = [f"r{number}" for number in range(count)]
    content = _file({"run_id": ids, "query": ["same"] * count}, row_group_size=5_000)
    done = read(content, name=NAME)
    assert done.report.accepted == count
    assert done.cells("row") == list(range(1, count + 1))
    assert done.cells("run_id") == ids


def test_columns_of_one_name_are_told_apart(read: Any) -> None:
    table = pa.Table.from_arrays(
        [pa.array(["r1"]), pa.array(["a"]), pa.array(["b"])], ["run_id", "query", "query"]
    )
    target = io.BytesIO()
    pq.write_table(table, target)
    with pytest.raises(QuestionsOpen) as asked:
        read(target.getvalue(), name=NAME)
    assert asked.value.questions[0].key == "columns.query"


def _repeated(rows: int, text: str) -> bytes:
    """``text`` in every row, stored once."""
    ids = pa.array(np.arange(rows).astype(str))
    return _file(
        {"run_id": ids, "response": pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), [text])}
    )


def test_a_text_that_repeats_is_read_while_it_stays_in_proportion(read: Any) -> None:
    done = read(_repeated(3_000, "x" * 10_000), name=NAME)
    assert done.report.accepted == 3_000
    assert json.dumps(done.cells("response")[-1]) == '"' + "x" * 10_000 + '"'


def test_a_text_that_repeats_beyond_all_proportion_is_a_bomb(read: Any) -> None:
    content = _repeated(20_000, "x" * 2**20)
    assert len(content) < 200_000
    with pytest.raises(UnreadableFile) as refused:
        read(content, name=NAME)
    assert refused.value.code == "bomb"


def test_limits_and_damage_are_told(read: Any) -> None:
    content = _file({"run_id": ["r1", "r2"], "query": ["a", "b"]})
    flipped = bytearray(content)
    flipped[30] ^= 0xFF
    for broken, limits, code in [
        (content, Limits(rows=1), "too_many_rows"),
        (content, Limits(columns=1), "too_many_columns"),
        (content[:-1], Limits(), "broken_file"),
        (content[: len(content) // 2], Limits(), "broken_file"),
        (b"PAR1", Limits(), "broken_file"),
        (b"PARE" + content[4:], Limits(), "encrypted"),
        (
            _file({"run_id": pa.array([], pa.string()), "query": pa.array([], pa.string())}),
            Limits(),
            "no_rows",
        ),
    ]:
        with pytest.raises(UnreadableFile) as refused:
            read(broken, name=NAME, limits=limits)
        assert refused.value.code == code
        assert refused.value.mend


def test_a_flipped_bit_is_found_by_its_checksum(read: Any) -> None:
    content = _file(
        {"run_id": [f"r{n}" for n in range(100)], "query": ["q" * 50] * 100},
        write_page_checksum=True, compression="none",
    )  # fmt: skip
    place = content.index(b"qqqq") + 5
    flipped = content[:place] + b"p" + content[place + 1 :]
    assert read(content, name=NAME).report.accepted == 100
    with pytest.raises(UnreadableFile) as refused:
        read(flipped, name=NAME)
    assert refused.value.code == "broken_file"
