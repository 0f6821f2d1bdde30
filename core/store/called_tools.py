"""Which tools the traces call, and in how many of them."""

from sqlalchemy import Connection

from core.metrics.catalogue import Relation
from core.metrics.tool_list import CalledTool
from core.store.evidence_sql import PRODUCTION
from core.store.features import Feature
from core.store.warehouse import Warehouse

MOST_TOOLS = 1_000
"""So many tools are told, the most called first."""

_NAMES = "LIST_DISTINCT(LIST_CONCAT(COALESCE(tools_called, []), [tool_selected]))"
_CALLED = f"""SELECT name, COUNT(*) AS traces FROM (SELECT UNNEST({_NAMES}) AS name FROM evidence
    WHERE {PRODUCTION} AND (tool_selected IS NOT NULL OR LEN(tools_called) > 0))
    WHERE name IS NOT NULL GROUP BY name ORDER BY traces DESC, name LIMIT {MOST_TOOLS}"""
_RECORDING = f"""SELECT COUNT(*) FROM evidence
    WHERE {PRODUCTION} AND (tool_selected IS NOT NULL OR LEN(tools_called) > 0)"""


def called_tools(
    warehouse: Warehouse, connection: Connection, feature: Feature
) -> tuple[tuple[CalledTool, ...], int]:
    """(the tools, the most called first; how many traces record one). A trace counts once for each tool."""
    rows = warehouse.rows(connection, feature, Relation.TRACES, _CALLED)
    recording = warehouse.rows(connection, feature, Relation.TRACES, _RECORDING)
    return tuple(CalledTool(name, traces) for name, traces in rows), recording[0][0] if recording else 0
