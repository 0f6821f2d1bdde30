from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from core.store.database import Database
from core.store.types import JsonText, Key64, UtcTime

sample = Table(
    "sample",
    MetaData(),
    Column("time", UtcTime),
    Column("body", JsonText),
    Column("key", Key64),
    Column("size", BigInteger),
    prefixes=["TEMPORARY"],
)


def there_and_back(connection: Connection, **values: Any) -> Any:
    connection.exec_driver_sql("DROP TABLE IF EXISTS sample")
    sample.create(connection)
    connection.execute(insert(sample).values(**values))
    return connection.execute(select(*(sample.c[name] for name in values))).one()


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
        (
            datetime(2026, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            datetime(2025, 12, 31, 20, 0, tzinfo=UTC),
        ),
        (
            datetime(1969, 7, 20, 20, 17, 40, 999_999, tzinfo=UTC),
            datetime(1969, 7, 20, 20, 17, 40, 999_999, UTC),
        ),
        (None, None),
    ],
)
def test_a_time_comes_back_as_the_same_instant_in_utc(
    database: Database, written: datetime | None, expected: datetime | None
) -> None:
    with database.writing() as connection:
        (read,) = there_and_back(connection, time=written)
    assert read == expected
    assert read is None or read.tzinfo is UTC


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - the fault that is tested
    with database.writing() as connection, pytest.raises(StatementError, match="has no time zone"):
        there_and_back(connection, time=naive)


@pytest.mark.parametrize("key", [0, -1, 2**63 - 1, -(2**63), np.int64(-(2**63)), np.int64(7)])
def test_a_key_of_64_bits_comes_back_exactly(database: Database, key: int) -> None:
    with database.writing() as connection:
        assert there_and_back(connection, key=key) == (int(key),)


@pytest.mark.parametrize("key", [2**63, -(2**63) - 1])
def test_a_key_beyond_64_bits_is_refused(database: Database, key: int) -> None:
    with database.writing() as connection, pytest.raises(StatementError, match="does not fit in 64 bits"):
        there_and_back(connection, key=key)


@pytest.mark.parametrize("size", [2**31, 2**53 + 1, 2**63 - 1])
def test_a_large_count_comes_back_exactly(database: Database, size: int) -> None:
    with database.writing() as connection:
        assert there_and_back(connection, size=size) == (size,)


@pytest.mark.parametrize(
    "body", [("a", "b"), {1: "a number as a key"}, float("nan"), float("inf"), {"a": {1}}]
)
def test_what_json_would_change_is_refused(database: Database, body: object) -> None:
    with database.writing() as connection, pytest.raises(StatementError):
        there_and_back(connection, body=body)


JSON = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner | st.none()),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
def test_json_comes_back_exactly(database: Database, body: Any) -> None:
    with database.writing() as connection:
        (read,) = there_and_back(connection, body=body)
    # repr also tells 1 from 1.0, 0.0 from -0.0, and one order of keys from another.
    assert repr(read) == repr(body)
