"""JSON by columns, as pandas writes it unless told otherwise: {"question": {"0": …, "1": …}, …}."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records
from core.intake.peek import Peek

PLAIN = ""
"""No tool is known by this shape alone: what comes out is a table as any other."""


def _fits(beginning: Peek) -> bool:
    """Whether every value at the top is an object whose first key is 0; the head may break off in one."""
    if beginning.format not in (Format.JSON_WRAPPED, Format.JSON_SEQUENCE, Format.JSON_LINES):
        return False
    if not beginning.text.lstrip("\ufeff \t\r\n").startswith("{"):
        return False
    tops = {path for path in beginning.paths if "." not in path and not path.endswith("[]")}
    without = {path for path in tops if f"{path}.0" not in beginning.paths}
    # A column whose name holds a point stands at two places; both are inside a column then.
    return len(tops) > 1 and len(without) <= (0 if _is_whole(beginning) else 1)


def _is_whole(beginning: Peek) -> bool:
    return beginning.text.rstrip().endswith("}")


def _records(opened: Opened) -> Records:
    found = opened.whole()
    if not isinstance(found, dict) or not all(isinstance(column, dict) for column in found.values()):
        raise UnreadableFile(
            "The JSON is neither a list of rows nor a list of values for each column.",
            mend="In pandas: write it with to_json(path, orient='records').",
            code="wrong_type",
        )
    yield from by_columns(found)


def by_columns(columns: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a table that stands column by column, each with the keys of its rows."""
    places = dict.fromkeys(place for column in columns.values() for place in column)
    for number, place in enumerate(places, start=1):
        yield number, {name: column.get(place) for name, column in columns.items()}


COLUMNS = Layout(PLAIN, _fits, _records)
