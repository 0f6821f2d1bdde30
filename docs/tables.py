"""Writes the tables of these pages that follow from the code: `python docs/tables.py`.

Each stands between two comments, <!-- table: NAME --> and <!-- end of table -->. A test fails where a
page and the code differ.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from core.actions.people import Role  # noqa: E402
from core.actions.policy import ALLOWED, Act  # noqa: E402
from core.evidence.column import Column, fold  # noqa: E402
from core.evidence.columns import COLUMNS  # noqa: E402
from core.intake.sources.tools import HELD, TOOLS, Tool  # noqa: E402
from core.metrics.catalogue import CATALOGUE, Better, Metric, Shape  # noqa: E402
from core.rollout.lint import RULES  # noqa: E402
from core.units import Unit  # noqa: E402

PAGES = tuple(
    ROOT / "docs" / f"{name}.md" for name in ("formats", "methods", "plan-rules", "security", "sources")
)

_PLACE = re.compile(r"(<!-- table: ([\w ]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
_SIDES = {Better.HIGHER: "above", Better.LOWER: "below"}
_AMOUNTS = {Unit.MILLISECONDS: "time in ms", Unit.USD: "US dollars", Unit.COUNT: "count"}


def page_with_tables(text: str) -> str:
    """``text`` with every marked table written anew."""
    tables = {kind.value: _columns(columns) for kind, columns in COLUMNS.items()}
    tables |= {"metrics": _metrics(), "denominators": _denominators(), "plan rules": _plan_rules()}
    tables |= {"tools": _tools(), "roles": _roles()}
    return _PLACE.sub(lambda found: f"{found[1]}\n{tables[found[2]]}\n\n{found[3]}", text)


def _columns(columns: Sequence[Column]) -> str:
    rows = [
        (f"`{column.name}`" + (" (needed)" if column.required else ""), *_described(column))
        for column in columns
    ]
    return _table(("Column", "Holds", "Meaning", "Also known as"), rows)


def _described(column: Column) -> tuple[str, str, str]:
    holds = column.type.value
    if column.choices:
        stored = dict.fromkeys(word for _, word in column.choices)
        holds = " or ".join(f"`{word}`" for word in stored)
    if column.high is not None:
        holds += f", {column.low:g} to {column.high:g}"
    elif column.low is not None:
        holds += f", {column.low:g} or more"
    spellings = dict.fromkeys(spelling for spelling in column.spellings if spelling != fold(column.name))
    return holds, column.meaning, ", ".join(f"`{spelling}`" for spelling in spellings)


def _metrics() -> str:
    rows = [
        (f"`{metric.id}`", metric.label, metric.sentence, _sources(metric), _compared(metric))
        for metric in CATALOGUE.values()
    ]
    return _table(("Metric", "Name", "Meaning", "Sources", "Compared as"), rows)


def _compared(metric: Metric) -> str:
    match metric.shape:
        case Shape.NONE_IN_FIRST:
            return "none in the first so many traces"
        case Shape.QUANTILE:
            return f"{_AMOUNTS[metric.unit]}, below a bar"
        case Shape.MEAN:
            return f"mean in {_AMOUNTS[metric.unit]}, below a bar"
        case Shape.RATE:
            return f"{'mean ' if metric.graded else ''}share, {_SIDES[metric.better]} a bar"


def _roles() -> str:
    rows = [
        (act.value[0].upper() + act.value[1:], *("x" if role in ALLOWED[act] else "" for role in Role))
        for act in sorted(Act, key=lambda act: -len(ALLOWED[act]))
    ]
    return _table(("May", *Role), rows)


def _denominators() -> str:
    rows = [
        (
            f"`{metric.id}`",
            f"`{reading.source}`",
            reading.denominator,
            ", ".join(f"`{name}`" for name in reading.columns),
        )
        for metric in CATALOGUE.values()
        for reading in metric.readings
    ]
    return _table(("Metric", "Source", "What counts", "Columns it needs"), rows)


def _plan_rules() -> str:
    rows = [
        (
            f"`{rule.id}`",
            rule.title,
            "never" if rule.blocks_from is None else f"{rule.blocks_from} stakes on",
            rule.why,
            rule.mend,
        )
        for rule in RULES
    ]
    return _table(("Rule", "Name", "Blocks from", "Why it hurts", "How to mend it"), rows)


def _tools() -> str:
    rows = [
        (
            f"[{tool.name}](#{_anchor(tool)})",
            *("yes" if kind in tool.kinds else "–" for kind in HELD),
            tool.take,
            tool.formats,
        )
        for tool in TOOLS
    ]
    held = (word.capitalize() for word in HELD.values())
    return _table(("Tool", *held, "Take this file", "Formats"), rows)


def _anchor(tool: Tool) -> str:
    return re.sub(r"[^\w\- ]", "", tool.name.lower()).replace(" ", "-")


def _sources(metric: Metric) -> str:
    return ", ".join(f"`{reading.source}`" for reading in metric.readings)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(page_with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
