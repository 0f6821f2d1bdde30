"""Rows as they lie in the database: whoever checks them must not trip over a value put there by hand."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, type_coerce
from sqlalchemy.types import NullType


def raw(*what: Table | Column[Any]) -> list[ColumnElement[Any]]:
    """Columns (those of a table: all) under their own names, with what the driver gives for them."""
    columns = [column for one in what for column in (one.c if isinstance(one, Table) else [one])]
    return [type_coerce(column, NullType()).label(column.name) for column in columns]


def moment_of(value: Any) -> datetime | None:
    """The instant that a raw value stands for, as UTC; ``None`` where it stands for none."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
