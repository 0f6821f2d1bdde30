"""The list of tools that the model is given: handed in, looked at by rule, and held against the traces."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.evidence.fingerprints import of_bytes, of_document
from core.intake.tool_lists import read_tools
from core.metrics.tool_list import ToolFinding, ToolUse, lint_tools, tool_use
from core.store import audit, features, tool_lists
from core.store.called_tools import called_tools
from core.store.tool_lists import ToolList

_LONGEST_FILE_NAME = 120


@dataclass(frozen=True)
class ToolsView:
    """The newest list (None: none was handed in) with its findings; ``use`` holds it against the traces."""

    newest: ToolList | None
    findings: tuple[ToolFinding, ...]
    use: ToolUse


def view_tools(workspace: Workspace, caller: Caller, slug: str) -> ToolsView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        newest = tool_lists.newest(connection, feature.id)
        called, traces = called_tools(workspace.warehouse, connection, feature)
    tools = newest.tools if newest else ()
    return ToolsView(newest, lint_tools(tools), tool_use(tools, called, traces))


def add_tool_list(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, *, file_name: str, content: bytes
) -> ToolList:
    """Hand in a tool list (JSON); it takes the place of the one before. Raises UnreadableFile."""
    require(workspace, caller, Act.NAME_FAILURES, slug)
    tools = read_tools(content)
    name = "".join(one for one in file_name if one.isprintable())[-_LONGEST_FILE_NAME:] or "tools.json"
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        added = tool_lists.add(
            connection,
            feature_id=feature.id,
            file_name=name,
            sha256=of_bytes(content),
            tools=tools,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="tool list added",
            subject=f"feature/{slug}",
            payload={
                "id": added.id,
                "file_name": name,
                "sha256": added.sha256,
                "tools": len(tools),
                "content": of_document(tool_lists.as_stored(tools)),
                "person": caller.person_id,
            },
            now=now,
        )
    return added
