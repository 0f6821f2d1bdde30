"""Compressed files are read where their name says that they are compressed, and only under limits."""

import gzip
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.errors import UnreadableFile
from core.evidence.columns import Kind
from core.intake.reading import Answers, Limits, ReadJob, read_in_child
from core.intake.unpacking import UNPACKED_NAME, seconds_for

CSV = "run_id,query\na,Where?\nb,When?\n"
LINES = '{"run_id":"a","query":"Where?"}\n{"run_id":"b","query":"When?"}\n'


def _gzip(content: bytes) -> bytes:
    # Without the time of packing, so that the same content gives the same bytes.
    return gzip.compress(content, mtime=0)


def _zstd(text: str) -> bytes:
    return pa.compress(text.encode(), codec="zstd", asbytes=True)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("traces.csv.gz", _gzip(CSV.encode())),
        ("TRACES.CSV.GZ", _gzip(CSV.encode())),
        ("traces.jsonl.gz", _gzip(LINES.encode())),
        ("traces.csv.zst", _zstd(CSV)),
        ("traces.gz", _gzip(CSV.encode())),
        ("two.csv.gz", _gzip(CSV.encode()[:20]) + _gzip(CSV.encode()[20:])),
    ],
    ids=("csv", "upper case", "lines", "zstd", "no ending inside", "two members"),
)
def test_a_compressed_file_is_read_as_the_one_inside(read: Any, name: str, content: bytes) -> None:
    found, plain = read(content, name=name), read(CSV)
    assert (found.report.kind, found.report.read, found.report.accepted) == (Kind.TRACES, 2, 2)
    assert found.report.file == name
    assert found.cells("row_key") == plain.cells("row_key")
    assert found.cells("query") == ["Where?", "When?"]
    assert not (found.spool / UNPACKED_NAME).exists()


def test_a_compressed_parquet_file(read: Any, tmp_path: Path) -> None:
    path = tmp_path / "traces.parquet"
    pq.write_table(pa.table({"run_id": ["a"], "query": ["Where?"]}), path)
    found = read(_gzip(path.read_bytes()), name="traces.parquet.gz")
    assert found.cells("query") == ["Where?"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        pytest.param("traces.csv", _gzip(CSV.encode()), "compressed", id="gzip without the name"),
        pytest.param("traces.csv", _zstd(CSV), "compressed", id="zstd without the name"),
        pytest.param("traces.csv.gz", CSV.encode(), "wrong_type", id="the name without gzip"),
        pytest.param("traces.csv.zst", CSV.encode(), "wrong_type", id="the name without zstd"),
        pytest.param("a.csv.gz.gz", _gzip(_gzip(CSV.encode())), "compressed", id="twice"),
        pytest.param("folder.tar.gz", _gzip(b"x" * 600), "compressed", id="an archive"),
        pytest.param("cut.csv.gz", _gzip(CSV.encode())[:-9], "broken_file", id="cut off"),
        pytest.param("cut.csv.gz", _gzip(CSV.encode())[:12] + b"\xff" * 40, "broken_file", id="damaged"),
        pytest.param("empty.csv.gz", _gzip(b""), "empty_file", id="nothing inside"),
    ],
)
def test_what_is_refused(read: Any, name: str, content: bytes, code: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(content, name=name)
    assert refused.value.code == code
    assert refused.value.mend


def test_more_than_a_file_may_have_is_refused(read: Any) -> None:
    # Chance letters hardly shrink, so the ratio says nothing.
    text = "".join(random.Random(7).choices("abcdefghijklmnop", k=40_000))
    limits = Limits(file_bytes=30_000)
    with pytest.raises(UnreadableFile) as refused:
        read(_gzip(text.encode()), name="big.csv.gz", limits=limits)
    assert refused.value.code == "too_big"


def test_a_bomb_ends_in_the_child_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(_gzip(b"run_id,query\n" + b"a" * 2**27))
    assert path.stat().st_size < 2**18
    spool = tmp_path / "spool"
    job = ReadJob(path, path.name, Answers(), None, spool, Limits())
    with pytest.raises(UnreadableFile) as refused:
        read_in_child(job, lambda _: None, lambda: False)
    assert refused.value.code == "bomb"
    assert list(spool.iterdir()) == []


def test_a_compressed_file_may_take_as_long_as_what_it_unpacks_to(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(_gzip(bytes(random.Random(7).randbytes(100_000))))
    size = path.stat().st_size
    packed = ReadJob(path, "x.csv.gz", Answers(), None, tmp_path)
    plain = ReadJob(path, "x.csv", Answers(), None, tmp_path)
    assert seconds_for(packed) == pytest.approx(Limits().seconds_for(10 * size))
    assert seconds_for(plain) == pytest.approx(Limits().seconds_for(size))
