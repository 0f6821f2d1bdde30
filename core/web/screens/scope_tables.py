"""The tables of the scope: people, sources, permissions, slices, calendar; typed in place, checked as one.

A cell is text on its way, also where it stands for a number or a day: an editor of numbers would
quietly change what somebody types. What cannot be read is refused with its line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from core.criteria.calendar import SIGN_WORDS, STEP_WORDS
from core.criteria.registers import ACTION_WORDS, LEVEL_WORDS, SOURCE_WORDS
from core.criteria.scope_parts import SLICE_WORDS, WATCHABLE

Cells = dict[str, str]
"""One line of a table: what each cell says, by the name of its field; blank where nothing is said."""

_YES_NO: dict[Any, str] = {True: "Yes", False: "No"}
_LONG = {"head_rules": 2_000}


@dataclass(frozen=True)
class Table:
    """One table of a part: ``lines`` of the part's body holds its lines, ``words`` are its columns.

    ``choices`` are the columns with a list to choose from, each value with its words; ``days`` are
    the columns that hold a day.
    """

    lines: str
    words: Mapping[str, str]
    hint: str
    choices: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    days: frozenset[str] = frozenset()

    def cells(self, row: Mapping[str, Any]) -> Cells:
        """What is saved as the cells of one line."""
        found = {}
        for name in self.words:
            value = row[name]
            if value is None:
                found[name] = ""
            elif name in self.choices:
                found[name] = self.choices[name][value]
            else:
                found[name] = value.isoformat() if isinstance(value, date) else str(value)
        return found

    def body(self, cells: Cells) -> dict[str, Any]:
        """The cells of one line as a document takes them; what is blank is left out."""
        found: dict[str, Any] = {}
        for name, text in cells.items():
            if text:
                values = {words: value for value, words in self.choices.get(name, {}).items()}
                found[name] = values.get(text, text)
        return found


TABLES: dict[str, Table] = {
    "cohort": Table(
        "people",
        {
            "user_id": "User id",
            "role": "Role",
            "use_case": "Main use case",
            "feedback_channel": "Feedback channel",
        },
        "One line a person.",
    ),
    "sources": Table(
        "lines",
        SOURCE_WORDS,
        "One line a source. The days are a whole number.",
        days=frozenset({"updated_on"}),
    ),
    "permitted": Table(
        "actions",
        ACTION_WORDS,
        "One line an action.",
        choices={"level": LEVEL_WORDS, "reversible": _YES_NO},
    ),
    "regression_rule": Table(
        "slices",
        SLICE_WORDS,
        "One line a slice, such as user_segment and new customers.",
        choices={"column": {name: name for name in WATCHABLE}},
    ),
    "calendar": Table(
        "steps", STEP_WORDS, "One line a step; the weeks count from 0.", choices={"shown_by": SIGN_WORDS}
    ),
}
"""The table of each part that has one."""

WHOLE = frozenset({"cohort", "sources"})
"""The parts that are their table and nothing else."""


def table_key(part: str) -> str:
    return f"scope_{part}_table"


def fill_table(part: str, rows: Sequence[Cells]) -> None:
    """Begin with ``rows``: the editor keeps only what differs from the lines that it was given."""
    st.session_state[f"scope_{part}_rows"] = [dict(row) for row in rows]
    st.session_state.pop(table_key(part), None)


def draw_table(part: str) -> None:
    table = TABLES[part]
    rows = st.session_state[f"scope_{part}_rows"]
    blank = {name: None if name in table.choices or name in table.days else "" for name in table.words}
    # Of a table without rows Streamlit could not tell that its columns hold text.
    frame = pd.DataFrame(
        {
            label: pd.array([row[name] or blank[name] for row in rows], dtype="string")
            for name, label in table.words.items()
        }
    )
    for name in table.days:
        days = [date.fromisoformat(row[name]) if row[name] else None for row in rows]
        # Objects, because a line that is added without a day has to fit in as well.
        frame[table.words[name]] = pd.Series(days, dtype="object")
    st.data_editor(
        frame,
        key=table_key(part),
        num_rows="dynamic",
        hide_index=True,
        column_config={label: _column(table, name, label) for name, label in table.words.items()},
    )
    st.caption(f"{table.hint} Click the last, empty line to add one; mark a line to delete it.")


def entered_rows(part: str) -> list[Cells]:
    """The lines as they stand, with what was changed, added and deleted; blank lines are none."""
    table, state = TABLES[part], st.session_state
    edits: Mapping[str, Any] = state.get(table_key(part)) or {}
    rows = [dict(row) for row in state[f"scope_{part}_rows"]]
    names = {label: name for name, label in table.words.items()}
    for place, changed in (edits.get("edited_rows") or {}).items():
        rows[int(place)] |= {names[label]: value for label, value in changed.items() if label in names}
    deleted = set(edits.get("deleted_rows") or [])
    rows = [row for place, row in enumerate(rows) if place not in deleted]
    for added in edits.get("added_rows") or []:
        rows.append({names[label]: value for label, value in added.items() if label in names})
    said = [{name: _said(table, name, row.get(name)) for name in table.words} for row in rows]
    return [row for row in said if any(row.values())]


def _said(table: Table, name: str, value: Any) -> str:
    text = "" if value is None else str(value).strip()
    return text[:10] if name in table.days else text


def _column(table: Table, name: str, label: str) -> Any:
    if name in table.choices:
        return st.column_config.SelectboxColumn(label, options=list(table.choices[name].values()))
    if name in table.days:
        return st.column_config.DateColumn(label)
    return st.column_config.TextColumn(label, max_chars=_LONG.get(name, 200))
