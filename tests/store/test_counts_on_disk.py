"""Counts on disk: the rows come back exactly as they were counted, or they are counted again."""

import logging
import math
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.store.counts_on_disk import CountsOnDisk
from core.store.kept_rows import Rows

SHELF = "1-abc"
ROWS: Rows = [("week 1", 3, 0.1), (None, 2, [1.5, None])]


class Count:
    """Counts how often it was asked to count."""

    def __init__(self, rows: Rows) -> None:
        self.rows, self.times = rows, 0

    def __call__(self) -> Rows:
        self.times += 1
        return self.rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "answers"


@pytest.fixture
def disk(folder: Path) -> CountsOnDisk:
    return CountsOnDisk(folder, 10**6)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def never() -> Rows:
    raise AssertionError("this was counted before")


def test_another_process_finds_what_one_counted(disk: CountsOnDisk, folder: Path) -> None:
    assert disk.rows(SHELF, "q", lambda: ROWS) == ROWS
    assert CountsOnDisk(folder, 10**6).rows(SHELF, "q", never) == ROWS
    (path,) = files(folder)
    assert path.suffix == ".json"
    assert os.name == "nt" or not path.stat().st_mode & 0o077


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.lists(PLAIN, max_size=4).map(tuple), max_size=4))
def test_every_value_comes_back_to_its_last_digit(rows: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        disk = CountsOnDisk(Path(folder), 10**6)
        disk.rows(SHELF, "q", lambda: rows)
        # The words of a value tell 1 from 1.0 and from True, and 0.0 from -0.0.
        assert repr(disk.rows(SHELF, "q", never)) == repr(rows)


def test_no_number_and_no_end_come_back(disk: CountsOnDisk) -> None:
    disk.rows(SHELF, "q", lambda: [(math.nan, math.inf, -math.inf)])
    ((nothing, high, low),) = disk.rows(SHELF, "q", never)
    assert math.isnan(nothing) and (high, low) == (math.inf, -math.inf)


@pytest.mark.parametrize("value", [date(2026, 1, 5), Decimal("0.1"), b"x", (1,), {"a": 1}, ["x" * 201]])
def test_what_is_not_plain_is_counted_every_time(disk: CountsOnDisk, folder: Path, value: Any) -> None:
    count = Count([(value,)])
    assert [disk.rows(SHELF, "q", count) for _ in range(2)] == [[(value,)]] * 2
    assert count.times == 2
    assert files(folder) == []


def test_another_question_and_another_state_have_their_own_answers(disk: CountsOnDisk) -> None:
    asked = [(SHELF, "q"), (SHELF, ("q", 1)), (SHELF, ("q", 1.0)), ("1-abd", "q"), (f"{SHELF}/labels-x", "q")]
    for place, (shelf, question) in enumerate(asked):
        disk.rows(shelf, question, lambda place=place: [(place,)])  # type: ignore[misc]
    assert [disk.rows(shelf, question, never)[0][0] for shelf, question in asked] == [0, 1, 2, 3, 4]


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def another_digit(content: bytes) -> bytes:
    return content.replace(b"0.1", b"0.2")


def too_deep(_content: bytes) -> bytes:
    return b"[" * 100_000


DAMAGE = [half, another_digit, too_deep, lambda _: b"", lambda _: b"\xff\x00", lambda _: b'{"rows": [[9]]}']


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_counted_again_and_told_of(
    disk: CountsOnDisk, folder: Path, caplog: pytest.LogCaptureFixture, damage: Callable[[bytes], bytes]
) -> None:
    disk.rows(SHELF, "q", lambda: ROWS)
    (path,) = files(folder)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    count = Count(ROWS)
    with caplog.at_level(logging.WARNING, "readygate"):
        assert disk.rows(SHELF, "q", count) == ROWS
    assert count.times == 1
    assert [path.name in record.getMessage() for record in caplog.records] == [True]
    assert path.read_bytes() == whole


def test_the_answer_to_another_question_is_not_taken_for_this_one(disk: CountsOnDisk, folder: Path) -> None:
    disk.rows(SHELF, "other", lambda: [(1,)])
    (other,) = files(folder)
    disk.rows(SHELF, "q", lambda: ROWS)
    (path,) = [path for path in files(folder) if path != other]
    path.write_bytes(other.read_bytes())
    assert disk.rows(SHELF, "q", lambda: ROWS) == ROWS


def test_files_that_are_none_of_its_own_stay_and_disturb_nothing(disk: CountsOnDisk, folder: Path) -> None:
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    (folder / "2-x").write_text("a file where a folder of another feature would be")
    assert disk.rows(SHELF, "q", lambda: ROWS) == ROWS
    disk.keep_only("2-", ())
    assert disk.rows(SHELF, "q", never) == ROWS
    assert (folder / "notes.txt").exists()


def test_where_nothing_can_be_written_everything_is_answered_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "answers").write_text("a file where the folder would be")
    disk = CountsOnDisk(tmp_path / "answers", 10**6)
    count = Count(ROWS)
    with caplog.at_level(logging.WARNING, "readygate"):
        assert [disk.rows(SHELF, "q", count) for _ in range(3)] == [ROWS] * 3
    assert count.times == 3
    assert len(caplog.records) == 1


def test_other_states_of_a_feature_go_and_those_of_others_stay(disk: CountsOnDisk) -> None:
    for shelf in ("1-abc", "1-old", "1-old/labels-x", "12-old", "1-abc/labels-x", "1-abc/labels-y"):
        disk.rows(shelf, "q", lambda: ROWS)
    disk.keep_only("1-", ("abc",))
    disk.keep_only("1-abc/labels-", ("y",))
    count = Count(ROWS)
    for shelf in ("1-abc", "12-old", "1-abc/labels-y"):
        assert disk.rows(shelf, "q", never) == ROWS
    for shelf in ("1-old", "1-old/labels-x", "1-abc/labels-x"):
        disk.rows(shelf, "q", count)
    assert count.times == 3


def test_the_least_recently_used_goes_first(folder: Path) -> None:
    disk = CountsOnDisk(folder, 2_000)
    for place in range(5):
        disk.rows(SHELF, place, lambda: [("x" * 150,)])
    for age, path in enumerate(sorted(files(folder), key=lambda path: path.stat().st_mtime_ns)):
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    disk.rows(SHELF, 0, never)  # used just now, though it is the oldest
    for place in range(5, 7):
        disk.rows(SHELF, place, lambda: [("x" * 150,)])
    assert sum(path.stat().st_size for path in files(folder)) <= 2_000
    assert disk.rows(SHELF, 0, never)
    count = Count([(1,)])
    disk.rows(SHELF, 1, count)
    assert count.times == 1


def test_an_answer_larger_than_all_room_is_not_kept(folder: Path) -> None:
    disk = CountsOnDisk(folder, 100)
    assert disk.rows(SHELF, "q", lambda: [(1,)] * 100) == [(1,)] * 100
    assert files(folder) == []


def test_several_at_once_get_the_same_and_leave_whole_files(folder: Path) -> None:
    disks = [CountsOnDisk(folder, 20_000) for _ in range(2)]

    def ask(place: int) -> Rows:
        if place % 25 == 0:
            disks[0].keep_only("1-", ())
        return disks[place % 2].rows(SHELF, place % 7, lambda: [(place % 7, "x" * 100)])

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, range(300)))
    assert found == [[(place % 7, "x" * 100)] for place in range(300)]
    assert not [path for path in files(folder) if path.suffix == ".part"]
