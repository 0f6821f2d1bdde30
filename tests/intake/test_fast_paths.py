"""Reading whole columns and blocks comes to exactly what reading cell by cell comes to."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.column import CellType
from core.evidence.columns import COLUMNS, Kind
from core.evidence.fingerprints import content_keys, key_of, keys_of
from core.intake import quick_json
from core.intake.answers import Answers, FeedbackRule
from core.intake.arrays import blank_to_missing
from core.intake.cell_terms import Reading
from core.intake.cells import blank_to_missing as blank_cells_to_missing
from core.intake.cells import convert
from core.intake.doubts import Doubts, Notices
from core.intake.importing import read_file
from core.intake.job import Limits, ReadJob
from core.intake.missing_words import left_out, left_out_of_array, words_for
from core.intake.schema import arrow_type
from core.intake.times import convert as convert_times
from core.intake.whole_columns import read_column

_QUIET = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _outcome(path: Path, answers: Answers, limits: Limits, *, by_cell: bool) -> Any:
    """Everything that a reading leaves behind, in a form that can be compared."""
    with tempfile.TemporaryDirectory() as folder:
        job = ReadJob(path, path.name, answers, None, Path(folder), limits)
        try:
            done = read_file(job, lambda _: None, by_cell=by_cell)
        except UnreadableFile as error:
            return "fault", error.code, error.sentence, error.mend
        except QuestionsOpen as error:
            return "questions", error.questions
        rows = [
            [pq.read_table(segment) for segment in segments]
            for segments in (done.segments, *(part.segments for part in done.parts))
        ]
        tables = [pa.concat_tables(parts).to_pylist() if parts else [] for parts in rows]
        rejected = _rejected_rows(done.rejected)
        return "read", done.report.model_dump(mode="json"), tables, rejected, done.answers


def _rejected_rows(path: Path | None) -> list[list[tuple[str, str]]]:
    """The filled cells of each rejected row. A key that comes up later in a JSON file is a blank cell of the
    rows that are read together with it, and how many these are is no difference."""
    if path is None:
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [[(name, cell) for name, cell in row.items() if cell] for row in csv.DictReader(file)]


def _assert_alike(path: Path, answers: Answers | None = None, limits: Limits | None = None) -> Any:
    answers, limits = answers or Answers(), limits or Limits()
    quick = _outcome(path, answers, limits, by_cell=False)
    assert quick == _outcome(path, answers, limits, by_cell=True)
    return quick


def _shared(*folders: str) -> list[Path]:
    root = Path(__file__).resolve().parents[2].parent / "shared"
    return sorted(
        path
        for folder in folders
        for path in (root / folder).rglob("*")
        if path.is_file() and path.stat().st_size < 3_000_000 and path.name != "PROVENANCE.txt"
    )


def test_the_whole_corpus_comes_to_the_same() -> None:
    files = [path for path in _shared("corpus") if not {"bomb", "deep"} & set(re.split(r"[_.]", path.name))]
    if not files:
        pytest.skip("the shared folder of samples is not beside this repository")
    for path in files:
        _assert_alike(path, Answers(kind=Kind.TRACES, timezone="UTC"))


def test_all_samples_come_to_the_same() -> None:
    files = _shared("samples")
    if not files:
        pytest.skip("the shared folder of samples is not beside this repository")
    for path in files:
        _assert_alike(path)


_COLUMNS = {column.name: column for column in COLUMNS[Kind.TRACES]}
_READ_AT_ONCE = [
    _COLUMNS[name]
    for name in (
        "run_id", "query", "user_feedback", "latency_ms", "confidence", "input_tokens", "escalated",
        "tools_called", "scores", "started_at",
    )
] + [next(column for column in COLUMNS[Kind.SCORES] if column.name == "value")]  # fmt: skip

_NASTY_WORDS = """
0 -0 0.0 -0.0 00 007 1 1.0 1. .5 +5 -5 1.50 2.5 1e5 1E-7 5e-05 0.0001 0.00009 123456789012345 1234567890123456
12345678901234567890 9223372036854775807 9223372036854775808 0.1234567890123456 1,5 1,234
NaN inf 1e999 ١٢ NULL none n/a - – 85 85% 100 12,5% %
true false yes NO 1b ✓ accepted Edited [] ["a"] ["a",1] {"a":1} {"a":NaN} a;b Ã© â€œ total
2025-03-04T10:00:00Z 2025-03-04T10:00:00.123Z 2025-03-04T10:00:00.1234567Z 2025-03-04T10:00:00+01:00
2025-03-04T10:00:00-00:30 2025-03-04T10:00:00+24:00 2025-02-30T10:00:00Z 2025-03-04T24:00:00Z
2025-03-04T23:59:60Z 2025-03-04T10:00:00 2025-03-04T10:00 2025-03-04 45717 1999-12-31T23:59:59Z
2099-12-31T23:59:59.999999Z 2100-01-01T00:00:00Z 2099-12-31T23:30:00-01:00 0000-01-01T00:00:00Z
9999-12-31T23:59:59-05:00 03/04/2025 1-Nov-26 2025-03-04T9:00Z 1741082400 1741082400000 45717.5
"""
_WITH_SPACE = [
    "", " ", "\t", "[object Object]", " NULL  ", "n/a ", "null\n",
    "\u00a0", "\x1c", "\u200b", "5\n", " 5", "5 ", "a\x00b", "a\x7f", "\x85", "x" * 201,
    "2025-03-04 10:00:00Z", "2025-03-04T10:00:00 Z", "2025-03-04T10:00:00Z\n", "x" * 32_767,
]  # fmt: skip
_NASTY = st.sampled_from(_NASTY_WORDS.split() + _WITH_SPACE)
_CELLS = st.lists(
    st.none() | _NASTY | st.text(max_size=6) | st.floats().map(repr) | st.integers().map(str)
    | st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    max_size=12,
)  # fmt: skip
# Columns that a machine wrote all in one way, here and there with a cell that somebody mended by hand.
_WHOLE_NUMBER = st.integers(0, 10**16).map(str)
_DECIMAL = st.builds("{}.{}".format, st.integers(0, 10**8), st.integers(0, 10**7))
_TIME = st.builds(
    "2025-{:02}-{:02}T{:02}:10:00.{:03}Z".format,
    st.integers(1, 12), st.integers(1, 31), st.integers(0, 24), st.integers(0, 999),
)  # fmt: skip
_ONE_WAY = st.sampled_from([_WHOLE_NUMBER, _DECIMAL, _TIME]).flatmap(
    lambda one: st.lists(st.none() | one | one | one, max_size=8) | st.lists(one | _NASTY, max_size=4)
)
_ANSWERS = st.builds(
    Answers,
    timezone=st.sampled_from([None, "UTC", "Europe/Berlin"]),
    decimal=st.sampled_from([None, "comma", "point"]),
    percent=st.sampled_from([None, "percent", "not_percent"]),
)


def _read_with(answers: Answers) -> Reading:
    return Reading(answers, replace(Limits(), cell_characters=100_000), Doubts(), Notices())


@settings(_QUIET, max_examples=300)
@given(column=st.sampled_from(_READ_AT_ONCE), cells=_CELLS | _ONE_WAY, answers=_ANSWERS)
@example(column=_COLUMNS["run_id"], cells=["â€œ"], answers=Answers())
@example(column=_COLUMNS["latency_ms"], cells=["1.2.3", "55"], answers=Answers())
@example(column=_COLUMNS["latency_ms"], cells=["55", "1.2.3"], answers=Answers())
@example(column=_COLUMNS["latency_ms"], cells=["1.5", "2.50"], answers=Answers())
@example(column=_COLUMNS["latency_ms"], cells=["1/5", "1.5"], answers=Answers())
@example(
    column=_COLUMNS["started_at"], cells=["2025-03-04T10:00:00Z", "2025-03-04 10:00:00Z"], answers=Answers()
)
def test_a_column_at_once_is_the_column_cell_by_cell(
    column: Any, cells: list[str | None], answers: Answers
) -> None:
    cells = blank_cells_to_missing(
        [cell if cell is None else cell.encode(errors="replace").decode() for cell in cells]
    )
    at_once, by_cell = _read_with(answers), _read_with(answers)
    found = read_column("header", column, pa.array(cells, pa.string()), at_once)
    if column.type is CellType.TIME:
        expected = convert_times("header", cells, by_cell)
    else:
        expected = convert("header", column, cells, by_cell)
    if found is None:
        return  # then it is read cell by cell
    of = arrow_type(column.type)
    assert found.typed(of).equals(pa.array(expected.values, of))
    assert (found.values, found.texts, found.faults) == (expected.values, expected.texts, expected.faults)
    assert found.missing().tolist() == [value is None for value in expected.values]
    assert at_once.doubts.questions() == by_cell.doubts.questions()
    assert at_once.notices.listed() == by_cell.notices.listed()
    assert at_once.epoch_units == by_cell.epoch_units
    assert at_once.shares == by_cell.shares


def test_plain_columns_are_read_at_once() -> None:
    plain = {
        "run_id": ["r-1", "r-2"], "query": ["Grüße,\nwie geht es?", None], "latency_ms": ["12.5", "3"],
        "started_at": ["2025-03-04T10:00:00.5Z", None], "input_tokens": ["7", "12"],
    }  # fmt: skip
    for name, cells in plain.items():
        found = read_column(name, _COLUMNS[name], pa.array(cells, pa.string()), _read_with(Answers()))
        assert found is not None, name
        assert not found.faults


_REACTIONS = st.sampled_from(
    ["", "accepted", "TRUE", "like", "👍🏽", "meh", "none", "1", "0", "5", "yes", "n/a"]
)


@_QUIET
@given(st.lists(st.tuples(*[_NASTY] * 4, _REACTIONS), min_size=1, max_size=6))
def test_rows_with_words_for_nothing_and_costs_of_nothing_come_to_the_same(rows: list[Any]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows(
        [("run_id", "error", "cost_usd", "tokens in", "confidence", "feedback"), *_numbered(rows)]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_text(text.getvalue(), newline="")
        _assert_alike(path, Answers(kind=Kind.TRACES, decimal="point"))
        rule = FeedbackRule(score="feedback", accepted=("1",), rejected=("0",))
        _assert_alike(path, Answers(kind=Kind.TRACES, decimal="point", feedback=rule))


def _numbered(rows: list[Any]) -> list[Any]:
    return [(f"r{place}", *row) for place, row in enumerate(rows)]


@_QUIET
@given(st.lists(st.none() | _NASTY | st.text(st.characters(exclude_categories=["Cs"]), max_size=3)))
def test_blank_cells_are_found_in_arrays(cells: list[str | None]) -> None:
    array = blank_to_missing(pa.array([*cells, "end"], pa.string()))
    assert array.to_pylist() == [*blank_cells_to_missing(cells), "end"]
    sliced = blank_to_missing(pa.array(["first", *cells], pa.string())[1:])
    assert sliced.to_pylist() == blank_cells_to_missing(cells)


@_QUIET
@given(cells=_CELLS, column=st.sampled_from(_READ_AT_ONCE), skipped=st.integers(0, 3))
def test_words_for_a_missing_value_are_found_in_arrays(
    cells: list[str | None], column: Any, skipped: int
) -> None:
    cells = [cell if cell is None else cell.encode(errors="replace").decode() for cell in cells]
    expected, told = left_out(cells, words_for(column))
    array, counts = left_out_of_array(
        pa.array(["x"] * skipped + cells, pa.string())[skipped:], words_for(column)
    )
    assert (array.to_pylist(), list(counts.items())) == (expected, list(told.items()))


def test_rows_with_blank_cells_beyond_the_header_come_to_the_same(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("run_id,query\n" + "".join(f"r{at},q,,\n" for at in range(150)) + "s,q,x,\n")
    assert _assert_alike(path)[1]["accepted"] == 150


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@_QUIET
@given(st.lists(st.tuples(st.none() | _TEXTS, st.none() | _TEXTS), max_size=8), st.integers(1, 200))
def test_keys_of_arrays_are_those_of_lists(rows: list[tuple[str | None, str | None]], times: int) -> None:
    rows = rows * times  # so that cells repeat, and columns are told by their different cells
    columns = {"ä": [row[0] for row in rows], "b": [row[1] for row in rows]}
    arrays = {name: pa.array(["x", *cells], pa.string())[1:] for name, cells in columns.items()}
    expected = [
        content_keys({name: [cells[place]] for name, cells in columns.items()}, 1)[0]
        for place in range(len(rows))
    ]
    assert content_keys(arrays, len(rows)).tolist() == expected
    coded = {name: cells.dictionary_encode() for name, cells in arrays.items()}
    assert content_keys(coded, len(rows)).tolist() == expected
    ids = [row[0] or "" for row in rows]
    assert keys_of(pa.array(["x", *ids], pa.string())[1:]).tolist() == [key_of(one) for one in ids]


def test_the_keys_of_stored_rows_do_not_change() -> None:
    columns = {"query": ["Where?", None], "latency_ms": ["1.0", "2.5"], "response": [None, "é"]}
    assert content_keys(columns, 2).tolist() == [-4645119963381514023, -4624309209724720360]
    assert keys_of(pa.array(["run-1"])).tolist() == [key_of("run-1")]


_PIECES = st.lists(
    st.sampled_from(
        [
            "a",
            "é",
            '"',
            '""',
            ",",
            ",",
            "\n",
            "\n",
            "\r\n",
            "\r",
            " ",
            ";",
            "\0",
            '"x,y"',
            '"x\ny"',
            "\ufeff",
            "r,1,2.5\n",
        ]
    ),
    max_size=25,
)
_TYPED = Answers(kind=Kind.TRACES, timezone="UTC", as_stated=("latency_ms",), personal_text="keep")
_TRACES = Answers(kind=Kind.TRACES, timezone="UTC", header_row=1)


@settings(_QUIET, max_examples=150)
@given(pieces=_PIECES, block=st.sampled_from([24, 60, 8 * 2**20]))
@example(pieces=["r,1,2.5\n", "a", "b,,\n", ",,\n", '"x""y",1,2\n', 's,"a\nb",\n'], block=24)
@example(pieces=['a,"x"y,1\n'], block=60)
def test_delimited_text_in_blocks_is_read_as_by_the_csv_module(pieces: list[str], block: int) -> None:
    text = "run_id,query,latency_ms\n" + "".join(pieces)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traces.csv"
        path.write_bytes(text.encode())
        _assert_alike(path, _TRACES, Limits(line_characters=block))


def test_long_files_of_all_line_ends_and_gaps_come_to_the_same(tmp_path: Path) -> None:
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(["run_id", "query", "latency_ms", "tools_called"])
    for number in range(400):
        writer.writerow([f"r{number % 390}", f'text "{number}"\r\nmore, of it', number / 8, '["a", "b"]'])
        if number % 90 == 0:
            sheet.write("\r\n,,,\r\nr,too,few\r\n")
    path = tmp_path / "traces.csv"
    for text in (
        sheet.getvalue(),
        sheet.getvalue().rstrip(),
        "sep=,\n" + sheet.getvalue(),
        "\ufeff" + sheet.getvalue(),
    ):
        path.write_bytes(text.encode())
        for longest in (600, 4_000, 2**20):
            outcome = _assert_alike(path, Answers(), Limits(line_characters=longest))
            assert outcome[1]["rejected"] == 15
            assert outcome[1]["skipped"] == 10


def test_a_last_line_without_an_end_is_no_mixture_of_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "traces.csv"
    path.write_text("run_id,query\na,b\nc,d")
    assert _assert_alike(path)[1]["warnings"] == []


_VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-9, 9), st.floats(), _TEXTS,
    st.integers(-9, 9).map(float),
    st.sampled_from(["2025-01-01", '"latency_ms": 5', "\\", "\n", "🙂"]), st.lists(_TEXTS, max_size=2),
    st.lists(st.none() | st.integers(), max_size=2), st.dictionaries(_TEXTS, st.integers(), max_size=1),
)  # fmt: skip
_OBJECT = st.dictionaries(
    st.sampled_from(["run_id", "query", "latency_ms", "tools_called", "ä", "", "a b"]) | _TEXTS,
    _VALUE,
    max_size=4,
)
_ALIKE = st.fixed_dictionaries(
    {"run_id": _TEXTS, "query": st.none() | _TEXTS, "latency_ms": st.floats(0, 1e6) | st.integers(0, 9**17)},
    optional={"tools_called": st.lists(_TEXTS, max_size=2), "escalated": st.booleans()},
)
_ODD_LINES = r"""
{}
{"run_id":"a","run_id":"b"}
{"run_id":"a"}{"run_id":"b"}
{"run_id":"a"
"query":"b"}
{"run_id":"\ud800"}
{"run_id":1.0}
{"run_id":1}
{"run_id":1e3}
{"run_id":-0}
{"run_id":-0.0}
{"run_id":12345678901234567890}
{"run_id":1.0e400}
[1]
{"run_id":01}
{"run\u005fid":1}
{"run_id":"x\u0000"}
{"latency_ms": 5 }
{"latency\u005fms":5}
{"latency_ms":5.0}
{"latency_ms":1e3}
{"latency_ms":1.50,"session_id":1e5}
{"session_id":-0}
{"session_id":100}
{"session_id":12345678901234567890}
{"session_id":1.0}
{"session_id":null,"ä":0.10}
{"query":"\\"session_id\\": 5"}
"""
_LINE = st.one_of(
    _ALIKE.map(json.dumps),
    _ALIKE.map(lambda one: json.dumps(one, ensure_ascii=False)),
    _OBJECT.map(json.dumps),
    st.sampled_from([*_ODD_LINES.splitlines(), " ", '{"run_id":"a"}\r', '{"a":\r1}', "\ufeff{}"]),
)


@settings(_QUIET, max_examples=150)
@example(lines=['{"run_id": null}', '{"run_id": false, "query": null}'], block=80, end="\n")
@given(
    lines=st.lists(_LINE, min_size=1, max_size=12),
    block=st.sampled_from([80, 8 * 2**20]),
    end=st.sampled_from(["\n", ""]),
)
def test_json_lines_in_blocks_are_read_as_line_by_line(lines: list[str], block: int, end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traces.jsonl"
        first = '{"run_id": "first", "latency_ms": 1.5}'
        path.write_bytes(("\n".join([first, *lines]) + end).encode(errors="replace"))
        _assert_alike(path, _TYPED, Limits(line_characters=block))


_NUMBERS = st.sampled_from(["1.50", "0.1", "-0.0", "1e3", "-7", "12345678901234567890", "null", "5"])
_PADDED = st.tuples(st.sampled_from([0, 900]), _NUMBERS, _NUMBERS, st.sampled_from([0, 40, 700]))


@settings(_QUIET, max_examples=100)
@example(lines=[(900, "1.50", "0.1", 0)] * 3 + [(0, "0.1", "1.50", 700)], block=8 * 2**20, end="\n")
@example(lines=[(900, "1.50", "0.1", 40)] * 40, block=4_000, end="")
@given(
    lines=st.lists(_PADDED, min_size=1, max_size=40),
    block=st.sampled_from([2_000, 8 * 2**20]),
    end=st.sampled_from(["\n", ""]),
)
def test_digits_are_found_wherever_they_stand_in_long_lines(
    lines: list[tuple[int, str, str, int]], block: int, end: str
) -> None:
    """Ids that are numbers keep their digits; long texts stand before them, or behind them, or not at all."""
    written = [
        f'{{"run_id":"r{place}","query":"{"x" * before}","session_id":{one},"user_id": {other},'
        f'"response":"{"y" * behind}"}}'
        for place, (before, one, other, behind) in enumerate(lines)
    ]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(quick_json, "_FIRST_LINES", 1_000)
        path = Path(folder) / "traces.jsonl"
        path.write_text("\n".join(written) + end)
        _assert_alike(path, _TYPED, Limits(line_characters=block))


_ARRAYS = st.one_of(
    st.tuples(st.just(pa.string()), st.lists(st.none() | _TEXTS, min_size=6, max_size=6)),
    st.tuples(
        st.just(pa.dictionary(pa.int32(), pa.string())), st.lists(st.none() | _TEXTS, min_size=6, max_size=6)
    ),
    st.tuples(
        st.just(pa.float64()), st.lists(st.none() | st.floats() | st.integers(-9, 9), min_size=6, max_size=6)
    ),
    st.tuples(
        st.just(pa.int64()), st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=6, max_size=6)
    ),
    st.tuples(st.just(pa.bool_()), st.lists(st.none() | st.booleans(), min_size=6, max_size=6)),
    st.tuples(
        st.just(pa.list_(pa.string())),
        st.lists(st.none() | st.lists(st.none() | _TEXTS, max_size=2), min_size=6, max_size=6),
    ),
)


@_QUIET
@given(st.lists(_ARRAYS, max_size=4))
def test_parquet_columns_are_read_as_cell_by_cell(arrays: Sequence[tuple[pa.DataType, list[Any]]]) -> None:
    names = ["query", "latency_ms", "tools_called", "user_feedback"]
    columns = {name: pa.array(cells, of) for name, (of, cells) in zip(names, arrays, strict=False)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "traces.parquet"
        pq.write_table(pa.table({"run_id": [f"r{place}" for place in range(6)], **columns}), path)
        _assert_alike(path, _TYPED)


def test_texts_that_are_not_utf_8_are_told_in_parquet(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 1, pa.array([b"a\xff"], pa.binary()).buffers())
    pq.write_table(pa.table({"run_id": ["a"], "query": bad}), tmp_path / "a.parquet")
    assert _assert_alike(tmp_path / "a.parquet")[:2] == ("fault", "encoding")
