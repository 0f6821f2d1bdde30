"""Python's own way of writing values ("{'id': None}") -> values; never by running anything."""

import json
import re
from typing import Any

LONGEST = 2**18
_DEEPEST = 50

_TOKEN = re.compile(
    r"""\s+
    |(?P<text>[bu]?'(?:[^'\\\n]|\\.)*'|[bu]?"(?:[^"\\\n]|\\.)*")
    |(?P<enum><[A-Za-z_.]+:\s*(?P<within>'[^'\\]*'|-?[0-9]+)>)
    |(?P<call>(?:UUID|Decimal|Timestamp)\((?P<only>'[^'\\]*')\))
    |(?P<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<word>True|False|None|nan)\b
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<mark>[,:])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "False": "false", "None": "null", "nan": "null"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "\n": ""}


def read(text: str) -> Any:
    """The value of ``text``, a literal list, tuple or dict. Raises ValueError where it is anything else,
    longer than ``LONGEST`` characters or nested deeper than 50 levels."""
    if len(text) > LONGEST:
        raise ValueError("the literal is too long")
    written, at, depth = list[str](), 0, 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError("this is no literal")
        at = token.end()
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth > _DEEPEST:
            raise ValueError("the literal is nested too deeply")
        written.append(_as_json(token, written))
    return json.loads("".join(written))


def _as_json(token: re.Match[str], before: list[str]) -> str:
    """The JSON of one token; a comma that ends a list in Python is dropped."""
    if token["text"]:
        return json.dumps(_unescaped(token["text"]))
    if token["call"] or token["enum"]:
        return json.dumps((token["only"] or token["within"]).strip("'"))
    if token["number"]:
        return token["number"].rstrip(".")
    if token["word"]:
        return _WORDS[token["word"]]
    if token["open"]:
        return "{" if token["open"] == "{" else "["
    if token["close"]:
        while before and before[-1] in (",", ""):
            before.pop()
        return "}" if token["close"] == "}" else "]"
    return token["mark"] or ""


def _unescaped(literal: str) -> str:
    inner = literal.lstrip("bu")[1:-1]
    return _ESCAPE.sub(_character, inner) if "\\" in inner else inner


def _character(escape: re.Match[str]) -> str:
    what = escape[1]
    if len(what) > 1:
        code = int(what[1:], 16)
        # Half a character or none at all; kept as it is written.
        return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else escape[0]
    return _ESCAPED.get(what, what)
