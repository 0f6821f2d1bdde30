"""Words that stand for a missing value in a table of one's own: “NULL”, “None”, “NaN”, “n/a”.

Programs write them where they have nothing to say. Taken as text, an error column full of “NULL” would be a
file of nothing but errors. What is taken as missing is always told, by column and word.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa

from core.evidence.column import CellType, Column
from core.intake.arrays import Mask, offsets, valid, without
from core.intake.doubts import Notices
from core.intake.report import shown

_NOTHING = frozenset(("null", "none", "nan", "[object object]"))
_OF_VALUES = _NOTHING | {"n/a", "-", "–"}
"""Words that are no value of any kind; in a text they may be what somebody said."""

_NONE_IS_SAID = (
    "tool_selected", "tool_expected", "tools_expected", "tools_called", "tools_considered",
    "guardrail_decisions", "fix", "severity", "note",
)  # fmt: skip
_BUT_NONE = _NOTHING - {"none"}
"""Where people write “none” they mean it: no tool is to be called, nothing was done about a failure."""

_VERDICTS = (
    "passed", "human_label", "schema_valid", "tool_right", "context_right", "answer_right", "grounded",
    "hallucination",
)  # fmt: skip
"""“n/a” as a verdict can mean that the question does not apply: neither missing nor wrong, so it is asked."""

_LENGTHS = np.zeros(max(len(word.encode()) for word in _OF_VALUES) + 2, np.bool_)
_LENGTHS[[len(word.encode()) for word in _OF_VALUES]] = True
_FIRST_BYTES = np.zeros(256, np.bool_)
_FIRST_BYTES[list(b" nN[-" + "–".encode()[:1])] = True
_SPACE = b" "[0]


def words_for(column: Column | None) -> frozenset[str]:
    """The words, in lower case, that stand for a missing value of ``column``; None: it is not known."""
    if column is None or column.name in _VERDICTS:
        return _NOTHING
    if column.name in _NONE_IS_SAID:
        return _BUT_NONE
    is_free = not column.choices and column.type in (CellType.TEXT, CellType.TEXT_LIST, CellType.JSON)
    return _NOTHING if is_free else _OF_VALUES


def says_nothing(cell: str, words: frozenset[str] = _OF_VALUES) -> bool:
    """Whether the cell holds nothing but one of ``words``."""
    return cell.strip(" ").casefold() in words


def left_out(cells: Sequence[str | None], words: frozenset[str]) -> tuple[list[str | None], Counter[str]]:
    """``cells`` with such words missing, and how often each was there."""
    found = (
        {cell for cell in set(cells) if cell is not None and says_nothing(cell, words)} if words else set()
    )
    if not found:
        return list(cells), Counter()
    counts = Counter(cell.strip(" ") for cell in cells if cell in found)
    return [None if cell in found else cell for cell in cells], counts


def left_out_of_array(cells: pa.Array, words: frozenset[str]) -> tuple[pa.Array, Counter[str]]:
    """The same for an array of texts: only what is as long and begins like one of them is looked at."""
    places = np.flatnonzero(_may_be_one(cells)) if words else ()
    if not len(places):
        return cells, Counter()
    coded = cells.take(pa.array(places)).dictionary_encode()
    texts = coded.dictionary.to_pylist()
    are_words: Mask = np.array([says_nothing(text, words) for text in texts], np.bool_)
    codes = coded.indices.to_numpy()
    counts = Counter(texts[code].strip(" ") for code in codes[are_words[codes]].tolist())
    missing = np.zeros(len(cells), np.bool_)
    missing[places[are_words[codes]]] = True
    return without(cells, missing), counts


def _may_be_one(cells: pa.Array) -> Mask:
    if not len(cells) or cells.buffers()[2] is None:
        return np.zeros(len(cells), np.bool_)
    begin, end = offsets(cells)[:-1], offsets(cells)[1:]
    letters = np.frombuffer(cells.buffers()[2], np.uint8)
    if not len(letters):
        return np.zeros(len(cells), np.bool_)
    first = letters[np.minimum(begin, len(letters) - 1)]
    may_be: Mask = _FIRST_BYTES[first] & (end > begin)
    if may_be.any():
        fits = _LENGTHS[np.minimum(end - begin, len(_LENGTHS) - 1)]
        # Spaces around a word may be any number.
        spaced = (first == _SPACE) | (letters[np.maximum(end - 1, 0)] == _SPACE)
        may_be &= (fits | spaced) & valid(cells)
    return may_be


def tell(header: str, counts: Mapping[str, int], notices: Notices) -> None:
    """Say how many cells of a column were taken as missing, and for which words."""
    notices.add_words("missing_words", f"Cells of “{shown(header)}” taken as missing: {{count}}.", counts)


def cells_without(
    cells: Mapping[str, Sequence[str | None]], columns: Mapping[str, Column]
) -> dict[str, list[str | None]]:
    """All ``cells`` with such words missing; ``columns`` says which headers are known, and as what."""
    return {header: left_out(column, words_for(columns.get(header)))[0] for header, column in cells.items()}


def filled_of(cells: Iterable[str | None]) -> Iterable[str]:
    """Those of ``cells`` that hold a value."""
    return (cell for cell in cells if cell and not says_nothing(cell))
