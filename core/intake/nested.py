"""Objects inside cells: their parts as columns with dotted names, such as “request.user.id”.

A list of messages has two parts: “messages.question”, the last one of the user, and “messages.answer”, the
last one of the assistant.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from core.intake.json_values import Faulty, compact, decode, plain
from core.intake.sources.conversations import ASSISTANT, USER, answer_in, messages_in, question_in, speaker_of
from core.intake.tables import Cells, Chunk, Table, TableOver

LOOKED_AT = 200
"""How many rows are looked at to find which parts there are."""

DEEPEST = 5
_QUESTION, _ANSWER = "question", "answer"
_LONGEST_NAME = 200
_DEPTH = 200


class NestedTable(TableOver):
    """A table with those of its nested parts that ``named`` asks for, as columns of their own."""

    def __init__(self, table: Table, named: Collection[str]) -> None:
        super().__init__(table)
        self._named = [name for name in named if "." in name]

    def chunks(self) -> Iterator[Chunk]:
        for chunk in self._table.chunks():
            for name in self._named:
                if name not in chunk.cells and (header := holder(name, chunk.cells)):
                    chunk.cells[name] = _parts(chunk.cells[header], name[len(header) + 1 :])
            yield chunk


def spoken_parts(header: str) -> tuple[str, str]:
    """What the question and the answer in the messages under ``header`` are called."""
    return f"{header}.{_QUESTION}", f"{header}.{_ANSWER}"


def leaves(cells: Cells, most: int) -> Cells:
    """Every part of the objects in the first rows that is no object itself, under its dotted name.

    At most ``most`` of them, in the order in which they first appear; lists stay JSON text.
    """
    found: Cells = {}
    for header, column in cells.items():
        for place, cell in enumerate(column[:LOOKED_AT]):
            parts = _spoken(cell)
            said = [(f"{header}.{part}", words) for part, words in parts.items()]
            for name, value in said or _walked(header, _object(cell), DEEPEST):
                if name in cells or (name not in found and len(found) >= most):
                    continue
                found.setdefault(name, [None] * len(column[:LOOKED_AT]))[place] = value
    return found


def _walked(name: str, value: dict[str, Any] | None, depth: int) -> Iterator[tuple[str, str | None]]:
    for key, part in (value or {}).items():
        dotted = f"{name}.{key}"
        if len(dotted) > _LONGEST_NAME:
            continue
        if isinstance(part, dict) and part and depth > 1:
            yield from _walked(dotted, part, depth - 1)
        else:
            yield dotted, _text(part)


def holder(name: str, headers: Collection[str]) -> str | None:
    """The longest header that is the beginning of the dotted ``name``."""
    parts = name.split(".")
    beginnings = (".".join(parts[:count]) for count in range(len(parts) - 1, 0, -1))
    return next((header for header in beginnings if header in headers), None)


def _parts(cells: Sequence[str | None], path: str) -> list[str | None]:
    if path in (_QUESTION, _ANSWER):
        return [_text(_spoken(cell).get(path) or _part(_object(cell), [path])) for cell in cells]
    return [_text(_part(_object(cell), path.split("."))) for cell in cells]


def _spoken(cell: str | None) -> dict[str, str | None]:
    """The question and the answer in a list of messages; nothing where the cell is no such list."""
    if cell is None or not cell.lstrip().startswith("["):
        return {}
    try:
        messages = messages_in(decode(cell))
    except Faulty:
        return {}
    by_user = [one for one in messages if speaker_of(one) in USER]
    by_model = [one for one in messages if speaker_of(one) in ASSISTANT]
    if not (by_user or by_model):
        return {}
    question = question_in(by_user) if by_user else None
    return {_QUESTION: question, _ANSWER: answer_in(by_model) if by_model else None}


def _part(value: Any, path: list[str]) -> Any:
    """What stands at ``path``; a key may hold points itself, so the longest one that fits is taken."""
    if not path:
        return value
    if not isinstance(value, dict):
        return None
    for count in range(len(path), 0, -1):
        key = ".".join(path[:count])
        if key in value:
            return _part(value[key], path[count:])
    return None


def _object(cell: str | None) -> dict[str, Any] | None:
    if cell is None or not cell.lstrip().startswith("{"):
        return None
    try:
        value = decode(cell)
    except Faulty:
        return None
    return value if isinstance(value, dict) else None


def _text(value: Any) -> str | None:
    """The cell of a part, written as :func:`core.intake.json_values.flat_cells` writes one."""
    if value is None or isinstance(value, str):
        # Numbers are texts of their digits here, so an id keeps all of them.
        return None if value is None else str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return compact(plain(value, _DEPTH))
    except Faulty:
        return None
