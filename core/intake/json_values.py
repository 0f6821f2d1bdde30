"""One JSON value read strictly, and turned into the text cells that every format shares."""

import json
import math
import re
from typing import Any

_PARSER_WORDS = {
    "Unterminated string": "a text has no closing quote",
    "Expecting value": "a value is missing, or is written without quotes",
    "Expecting property name": "a key is missing, or is not in double quotes",
    "Expecting ',' delimiter": "a comma is missing, or a quote stands inside a text",
    "Expecting ':' delimiter": "a colon is missing behind a key",
    "Extra data": "something stands behind the end of the value",
    "Invalid control character": "a text holds a line end or a tab",
    "Invalid \\": "a backslash stands before something that it cannot",
    "Illegal trailing comma": "a comma stands before a closing bracket",
}
"""How the messages of Python's parser begin, and what they mean."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class Faulty(Exception):
    """A value that cannot be used, in the words of an import report."""

    def __init__(self, code: str, reason: str, fix: str, column: str | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.fix, self.column = code, reason, fix, column


class _Digits(str):
    """A number as it is written, so that no digit of an id or an amount is lost."""

    __slots__ = ()


def decode(raw: str) -> Any:
    """The value of ``raw``; numbers keep their digits. Raises Faulty on anything but strict JSON."""
    try:
        value = _DECODER.decode(raw.strip())
    except json.JSONDecodeError as error:
        raise Faulty("bad_json", f"The JSON breaks: {in_plain_words(error)}.", _cause(raw)) from None
    except RecursionError:
        raise Faulty("too_deep", "The value is nested too deeply.", "Export flat objects.") from None
    if _SURROGATE.search(raw):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise Faulty("bad_json", "The text holds half a character.", "Export this row again.") from None
    return value


def in_plain_words(error: json.JSONDecodeError) -> str:
    """What is wrong, for people who do not write parsers."""
    return next((words for begin, words in _PARSER_WORDS.items() if error.msg.startswith(begin)), error.msg)


def lenient(raw: str) -> Any:
    """The value of ``raw`` as tools write JSON: NaN and infinities are null, of two equal keys the last
    counts, half characters become “�”. Raises json.JSONDecodeError and RecursionError."""
    value = _LENIENT.decode(raw.strip())
    return whole_characters(value) if _SURROGATE.search(raw) else value


def whole_characters(value: Any) -> Any:
    """``value`` with “�” for every half of a character: tools cut long texts in the middle of an emoji,
    and half a one cannot be stored."""
    written = json.dumps(value, ensure_ascii=False)
    return json.loads(written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def flat_cells(value: Any, depth: int) -> dict[str, str | None]:
    """The cells of one object: text as it is, ``true`` / ``false``, digits, lists and objects as JSON."""
    if not isinstance(value, dict):
        raise Faulty("not_an_object", "The row is not a JSON object.", "Write every row as {…}.")
    cells = {key: cell if isinstance(cell, str) else _cell(cell, key, depth) for key, cell in value.items()}
    if "" in cells:
        cells["key without a name"] = cells.pop("")
    return cells


def compact(value: Any) -> str:
    """JSON text of ``value`` without spaces, non-ASCII text as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def plain(value: Any, depth: int) -> Any:
    """``value`` with its digits as numbers; raises Faulty where it is nested deeper than ``depth``."""
    if depth < 0:
        raise Faulty("too_deep", "The value is nested too deeply.", "Export flat objects.")
    if isinstance(value, _Digits):
        return _number(value)
    if isinstance(value, dict):
        return {key: plain(part, depth - 1) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part, depth - 1) for part in value]
    return value


def _cell(value: Any, key: str, depth: int) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return compact(plain(value, depth))
    except Faulty as fault:
        fault.column = key
        raise


def _number(digits: str) -> int | float:
    try:
        if digits.lstrip("-").isdigit():
            return int(digits)
    except ValueError:  # Python refuses to read integers of thousands of digits.
        raise Faulty("out_of_range", "A number has too many digits.", "Shorten it.") from None
    number = float(digits)
    if not math.isfinite(number):
        raise Faulty("out_of_range", f"The number {digits[:40]} is too large.", "Shorten it.")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Faulty("duplicate_key", "A key stands twice in one object.", "Keep one of them.", twice)
    return value


def _no_constant(name: str) -> Any:
    raise Faulty("bad_json", f"{name} is not a JSON value.", "Leave the value out or write null.")


def _cause(raw: str) -> str:
    if re.match(r"\s*\{\s*'", raw):
        return "This is Python text, not JSON: write it with json.dumps."
    if not raw.lstrip().startswith(("{", "[")):
        return 'Write it as JSON, such as {"helpful": 1}.'
    if not raw.rstrip().endswith(("}", "]")):
        return "The row looks cut off; export the file again."
    return "Export this row again."


_LENIENT = json.JSONDecoder(parse_constant=lambda _: None)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_Digits, parse_float=_Digits, parse_constant=_no_constant
)
