"""Column types that hold their meaning: what comes out of either database equals what went in."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """An instant, to the microsecond: always aware, always UTC. A time without a zone is refused.

    SQLite keeps the text of the UTC time without its zone, which sorts as the instants do.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError(f"{value!r} has no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        # SQLite's text is read with its zone at once: tables of labels have tens of thousands of times.
        return _of_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


def _of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(f"{value}+00:00")


class JsonText(TypeDecorator[Any]):
    """A JSON value, kept as text: a database's own JSON type rewrites numbers and refuses NUL.

    Only ASCII is written, so that no character depends on the database. What would come back
    different (a tuple, a key that is not text, NaN) is refused.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        if value is None:
            return None
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
        if json.loads(text) != value:
            raise ValueError("the value would not come back from JSON as it is")
        return text

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Key64(TypeDecorator[int]):
    """A signed 64-bit key as :mod:`core.evidence.fingerprints` makes them, also when it comes from numpy."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        key = int(value)
        if not -(2**63) <= key < 2**63:
            raise ValueError(f"{key} does not fit in 64 bits")
        return key
