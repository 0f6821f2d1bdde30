"""A question that does not fit into the memory is asked again with more, up to half of the machine."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from core.errors import StoreUnavailable
from core.store.counting_room import ROOMS, CountingRoom
from core.store.kept_rows import Kept

# A list is held as a whole: 24 MB of numbers can go to no disk.
ONE_LIST = "SELECT LEN(LIST(range)) FROM RANGE(3_000_000)"
SMALL, LARGE = "20MB", "500MB"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as opened:
        opened.execute("SET GLOBAL temp_directory = $folder", {"folder": str(tmp_path)})
        yield opened


def limit(connection: duckdb.DuckDBPyConnection) -> str:
    (found,) = connection.execute("SELECT CURRENT_SETTING('memory_limit')").fetchone() or ("",)
    return str(found)


def test_it_begins_with_little_and_takes_more_once_that_is_needed(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    room = CountingRoom(connection, (SMALL, LARGE))
    little = limit(connection)
    asked: list[str] = []

    def ask() -> int:
        asked.append(limit(connection))
        (length,) = connection.execute(ONE_LIST).fetchone() or (0,)
        return int(length)

    assert room.given(lambda: 7) == 7
    assert limit(connection) == little
    assert room.given(ask) == 3_000_000
    assert (asked[0], len(asked)) == (little, 2)
    # What was needed once is needed again.
    assert room.given(ask) == 3_000_000
    assert asked[1:] == [limit(connection)] * 2 != [little] * 2


def test_where_there_is_no_more_a_sentence_says_what_to_do(connection: duckdb.DuckDBPyConnection) -> None:
    room = CountingRoom(connection, (SMALL,))
    with pytest.raises(StoreUnavailable, match="more memory") as told:
        room.given(lambda: connection.execute(ONE_LIST).fetchall())
    assert "shorter time" in told.value.mend


def test_tables_of_a_scan_take_more_as_well(connection: duckdb.DuckDBPyConnection) -> None:
    room = CountingRoom(connection, (SMALL, LARGE))
    kept = Kept(connection.cursor(), room)
    assert kept.rows("SELECT LEN(found) FROM (SELECT LIST(range) AS found FROM RANGE(3_000_000))") == [
        (3_000_000,)
    ]


def test_other_faults_pass_at_once(connection: duckdb.DuckDBPyConnection) -> None:
    room = CountingRoom(connection, (SMALL, LARGE))
    little = limit(connection)
    with pytest.raises(duckdb.CatalogException):
        room.given(lambda: connection.execute("FROM nothing_there"))
    assert limit(connection) == little


def test_the_rooms_are_ones_that_duckdb_understands(connection: duckdb.DuckDBPyConnection) -> None:
    for room in ROOMS:
        connection.execute(f"SET GLOBAL memory_limit = '{room}'")
    assert limit(connection)
