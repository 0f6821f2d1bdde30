"""Tool lists that were handed in: what the model is told about its tools; the newest counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from core.evidence.tool import Parameter, Tool
from core.store.tables import tool_list


@dataclass(frozen=True)
class ToolList:
    id: int
    feature_id: int
    file_name: str
    sha256: str
    added_by: str
    added_by_id: int | None
    added_at: datetime
    tools: tuple[Tool, ...]


def add(
    connection: Connection,
    *,
    feature_id: int,
    file_name: str,
    sha256: str,
    tools: tuple[Tool, ...],
    by: str,
    by_id: int | None,
    now: datetime,
) -> ToolList:
    row = {
        "feature_id": feature_id,
        "file_name": file_name,
        "sha256": sha256,
        "added_by": by,
        "added_by_id": by_id,
        "added_at": now,
        "tools": as_stored(tools),
    }
    return _read(connection.execute(insert(tool_list).values(row).returning(*tool_list.c)).one()._asdict())


def newest(connection: Connection, feature_id: int) -> ToolList | None:
    row = connection.execute(_of(feature_id).limit(1)).one_or_none()
    return None if row is None else _read(row._asdict())


def as_stored(tools: tuple[Tool, ...]) -> list[dict[str, Any]]:
    """The tools as JSON."""
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "parameters": [{"name": one.name, "description": one.description} for one in tool.parameters],
        }
        for tool in tools
    ]


def _read(row: dict[str, Any]) -> ToolList:
    tools = tuple(
        Tool(
            one["name"],
            one["description"],
            tuple(Parameter(each["name"], each["description"]) for each in one["parameters"]),
        )
        for one in row["tools"]
    )
    return ToolList(**row | {"tools": tools})


def _of(feature_id: int) -> Select[Any]:
    return select(tool_list).where(tool_list.c.feature_id == feature_id).order_by(tool_list.c.id.desc())
