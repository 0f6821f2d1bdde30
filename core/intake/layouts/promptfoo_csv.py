"""promptfoo's results as CSV, in three generations: one record for each test by each prompt and provider."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from core.errors import UnreadableFile
from core.intake.formats import Format
from core.intake.layouts.layout import Layout, Opened, Records
from core.intake.layouts.promptfoo import RESULTS
from core.intake.peek import Peek
from core.intake.tables import Refusal

_VERDICT = re.compile(r"\[(PASS|FAIL|ERROR)\](?: \((-?[0-9.]+)((?:, .+?: -?[0-9.]+)*)\))?\s*")
_NAMED = re.compile(r", (.+?): (-?[0-9.]+)(?=, |$)")
_REASON = re.compile(r"\n\n(?:Pass|Fail) Reason: ")
_PROVIDER = re.compile(r"\[(.*?)\] ?(.*)", re.DOTALL)
_ESCAPED = ("'=", "'+", "'-", "'@")

_OF_BLOCK = {"Status": "status", "Score": "score", "Named Scores": "namedScores", "Grader Reason": "reason",
             "Comment": "comment"}  # fmt: skip
_RED_TEAM = (
    "Messages",
    "RedteamHistory",
    "RedteamTreeHistory",
    "pluginId",
    "strategyId",
    "sessionId",
    "sessionIds",
)
_METRIC = "Metric: "
_DESCRIPTION = "Description"


@dataclass(frozen=True)
class _Block:
    """The columns of one prompt by one provider: ``output`` is the first, ``columns`` are the others."""

    output: int
    provider: str
    prompt: str
    columns: Mapping[str, int]


@dataclass(frozen=True)
class _Shape:
    """What the header says: where the outputs, the variables and what else there is stand."""

    blocks: Sequence[_Block]
    variables: Mapping[str, int]
    others: Mapping[str, int]
    has_columns: bool

    def cell(self, cells: Sequence[str], place: int) -> str:
        text = cells[place] if place < len(cells) else ""
        # promptfoo writes a quote before what a spreadsheet would run.
        return text[1:] if self.has_columns and text.startswith(_ESCAPED) else text


def _fits(beginning: Peek) -> bool:
    if beginning.format is not Format.DELIMITED or not beginning.header:
        return False
    if _starts_of_blocks(beginning.header):
        return True
    try:
        rows = list(islice(csv.reader(io.StringIO(beginning.text.lstrip("\ufeff"), newline="")), 2))
    except csv.Error:
        return False
    return len(rows) == 2 and any(_VERDICT.match(cell) for cell in rows[1])


def _records(opened: Opened) -> Records:
    head = opened.source().block(2**20)
    gives_reasons = bool(_REASON.search(head))
    shape: _Shape | None = None
    header: list[str] = []
    for number, cells in _rows(opened):
        if not header:
            header = cells
        elif not any(cells):
            continue
        else:
            shape = shape or _shape(header, cells)
            if len(cells) > len(header):
                yield _too_long(number, cells)
                continue
            variables = {name: shape.cell(cells, place) for name, place in shape.variables.items()}
            test = {
                "vars": {name: text for name, text in variables.items() if text},
                **_others(shape, cells),
            }
            for block in shape.blocks:
                result = _result(shape, block, cells, gives_reasons=gives_reasons)
                if result is not None:
                    yield number, {**test, **result}


def _rows(opened: Opened) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row; the header is row 1, as a spreadsheet shows it."""
    before = csv.field_size_limit(opened.reading.limits.line_characters)
    try:
        yield from enumerate(csv.reader(opened.source().lines()), start=1)
    except csv.Error as error:
        raise UnreadableFile(
            f"The CSV breaks off or is damaged ({error}).", mend="Export it again.", code="unclosed_quote"
        ) from None
    finally:
        csv.field_size_limit(before)


def _starts_of_blocks(header: Sequence[str]) -> list[int]:
    """Where a column of outputs is followed by its status and score."""
    return [
        place
        for place in range(len(header) - 2)
        if tuple(header[place + 1 : place + 3]) == ("Status", "Score")
    ]


def _shape(header: Sequence[str], first: Sequence[str]) -> _Shape:
    starts = _starts_of_blocks(header)
    if starts:
        return _shape_with_columns(header, starts)
    outputs = [
        place
        for place, name in enumerate(header)
        if name.startswith('{"') or (place < len(first) and _VERDICT.match(first[place]))
    ]
    blocks = [_Block(place, *_labels(header[place]), {}) for place in outputs]
    named = {name: place for place, name in enumerate(header) if place not in outputs and name}
    others = {name: place for name, place in named.items() if name == _DESCRIPTION}
    return _Shape(blocks, {name: place for name, place in named.items() if name not in others}, others, False)


def _shape_with_columns(header: Sequence[str], starts: list[int]) -> _Shape:
    """The newest generation: each output has columns of its own, up to the next output."""
    red_team = next(
        (place for place, name in enumerate(header) if place > starts[-1] and name in _RED_TEAM), len(header)
    )
    blocks = []
    for start, end in zip(starts, [*starts[1:], red_team], strict=True):
        columns = {
            _OF_BLOCK[name]: place for place in range(start + 1, end) if (name := header[place]) in _OF_BLOCK
        }
        metrics = {
            name: place for place in range(start + 1, end) if (name := header[place]).startswith(_METRIC)
        }
        blocks.append(_Block(start, *_labels(header[start]), columns | metrics))
    before = {name: place for place, name in enumerate(header[: starts[0]]) if name}
    others = {name: place for name, place in before.items() if name == _DESCRIPTION}
    others |= {name: place for place, name in enumerate(header) if place >= red_team and name in _RED_TEAM}
    variables = {name: place for name, place in before.items() if name not in others}
    return _Shape(blocks, variables, others, True)


def _labels(header: str) -> tuple[str, str]:
    """Provider and prompt in the header of a column of outputs."""
    if header.startswith('{"'):
        try:
            found: Any = json.loads(header)
        except (ValueError, RecursionError):
            return "", header
        stated = found.get("label") or found.get("display") or found.get("raw") or ""
        return str(found.get("provider") or ""), str(stated)
    named = _PROVIDER.fullmatch(header)
    return (named[1], named[2]) if named else ("", header)


def _others(shape: _Shape, cells: Sequence[str]) -> dict[str, Any]:
    """The description of the test and what a red team notes about it."""
    found = {name: text for name, place in shape.others.items() if (text := shape.cell(cells, place))}
    description = found.pop(_DESCRIPTION, None)
    return {"description": description, "metadata": found or None}


def _result(
    shape: _Shape, block: _Block, cells: Sequence[str], *, gives_reasons: bool
) -> dict[str, Any] | None:
    """One result in the words of promptfoo's JSON; None where the prompt was not run with this test."""
    text = shape.cell(cells, block.output)
    labels = {"provider": {"label": block.provider}, "prompt": {"label": block.prompt}}
    if shape.has_columns:
        own = {name: shape.cell(cells, place) for name, place in block.columns.items()}
        if not own.get("status"):
            return None
        metrics = {
            name[len(_METRIC) :]: cell for name, cell in own.items() if name.startswith(_METRIC) and cell
        }
        others = {name: cell for name, cell in own.items() if cell and not name.startswith(_METRIC)}
        verdict = others.pop("status")
        return {**labels, **others, "metrics of columns": metrics or None, "verdict": verdict, "output": text}
    found = _VERDICT.match(text)
    if found is None:
        return None
    verdict, score, named_scores = found.groups()
    body = text[found.end() :]
    if verdict == "FAIL" and gives_reasons and not _REASON.search(body):
        # A failed check has its reason; what could not be run has its error only.
        verdict = "ERROR"
    metrics = dict(_NAMED.findall(named_scores or ""))
    reason, _, output = (
        body.partition("\n---\n") if "\n---\n" in body and verdict != "PASS" else ("", "", body)
    )
    output = _REASON.split(output, maxsplit=1)[0]
    return {**labels, "verdict": verdict, "score": score, "metrics of columns": metrics or None,
            "output": None if verdict == "ERROR" else output, "reason": reason or None}  # fmt: skip


def _too_long(number: int, cells: Sequence[str]) -> Refusal:
    reason = "The row has more cells than the header."
    shown = {f"column {place}": cell for place, cell in enumerate(cells, start=1)}
    return Refusal(number, None, "", reason, "Export the file again.", "too_many_fields", shown)


TABLE = Layout(RESULTS, _fits, _records)
