"""Python's own way of writing values ("{'id': None}") -> values; never by running anything."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

LONGEST = 2**18
_DEEPEST = 50

_TOKEN = re.compile(
    r"""\s+
    |(?P<text>[bu]?'(?:[^'\\\n]|\\.)*'|[bu]?"(?:[^"\\\n]|\\.)*")
    |(?P<enum><[A-Za-z_.]+:\s*(?P<within>'[^'\\]*'|-?[0-9]+)>)
    |(?P<moment>(?:datetime\.)?(?:datetime|date)\((?P<parts>[0-9]+(?:,\s*[0-9]+){2,6})
        (?:,\s*fold=1)?(?:,\s*tzinfo=(?P<zone>[\w.]+(?:\([\w./'+:=-]*(?:\([\w.='+,\s-]*\))?\))?))?\))
    |(?P<call>(?:UUID|Decimal|Timestamp|np\.datetime64|numpy\.datetime64)
        \((?P<only>'[^'\\]*')(?:,\s*tz=[^()]*)?\))
    |(?P<wrap>(?:(?:(?:np|numpy)\.)?array
        |(?:np|numpy)\.(?:u?int|float)[0-9]*|(?:np|numpy)\.(?:str|bool)_?
        |(?:Trace|Weave)(?:Dict|List))\()
    |(?P<option>,\s*dtype=[^()\[\]]+(?=\)))
    |(?P<word>(?:np\.|numpy\.)?(?:True|False|None|nan|NaN|NaT|-?inf)_?(?!\w))
    |(?P<number>-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<open>[\[({])
    |(?P<close>[\])}])
    |(?P<mark>[,:])""",
    re.VERBOSE | re.DOTALL,
)
_WORDS = {"True": "true", "False": "false"}
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "f": "\f", "\n": ""}
_NO_ZONE = re.compile(r"(?:TzInfo\((?:0|UTC)?\)|(?:datetime\.)?(?:timezone\.utc|UTC)|.*\bUTC\b.*|tzutc\(\))")
_SECONDS = re.compile(r"(?:TzInfo\(|.*timedelta\((?:seconds=)?)(-?[0-9]+)\)+")
_HOURS = re.compile(r"TzInfo\(([+-])([0-9]{2}):([0-9]{2})\)")


def read(text: str) -> Any:
    """The value of ``text``, a literal list, tuple or dict, in which times, ids, amounts, members of enums
    and numpy's lists may stand; times are ISO texts, ids and amounts texts, NaN and infinities None.

    Raises ValueError where it is anything else, longer than ``LONGEST`` characters or nested deeper than
    50 levels.
    """
    if len(text) > LONGEST:
        raise ValueError("the literal is too long")
    written, brackets, at = list[str](), list[str](), 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError("this is no literal")
        at = token.end()
        if token["open"] or token["wrap"]:
            brackets.append(token["open"] or "")
            if len(brackets) > _DEEPEST:
                raise ValueError("the literal is nested too deeply")
        opened = brackets.pop() if token["close"] and brackets else None
        if _stands_alone(token, written, brackets):
            written.append(",")
        written.append(_as_json(token, written, opened))
    return json.loads("".join(written))


def _stands_alone(token: re.Match[str], before: list[str], brackets: list[str]) -> bool:
    """Whether the token begins a value with no comma before it, as texts and objects stand in a list that
    numpy prints."""
    begins = token["text"] is not None or token["open"] is not None
    last = next((one for one in reversed(before) if one.strip()), "")
    inside = brackets[:-1] if token["open"] else brackets
    return begins and bool(inside) and inside[-1] == "[" and last.endswith(('"', "}", "]"))


def _as_json(token: re.Match[str], before: list[str], opened: str | None) -> str:
    """The JSON of one token; a comma that ends a list in Python is dropped. ``opened`` is the bracket that
    a closing one belongs to, "" where it is that of a call."""
    if token["text"]:
        return json.dumps(_unescaped(token["text"]))
    if token["moment"]:
        return json.dumps(_moment(token))
    if token["call"] or token["enum"]:
        return json.dumps((token["only"] or token["within"]).strip("'"))
    if token["word"]:
        return _WORDS.get(token["word"].split(".")[-1].rstrip("_"), "null")
    if token["number"]:
        return _number(token["number"])
    if token["open"]:
        return "{" if token["open"] == "{" else "["
    if token["close"]:
        return _closed(token["close"], before, opened)
    if token["mark"] == ":":
        _as_key(before)
    if token["wrap"] or token["option"]:
        return ""
    # A space stays one, so that two numbers with nothing else between them are no longer number.
    return token["mark"] or " "


def _closed(bracket: str, before: list[str], opened: str | None) -> str:
    if opened == "":
        return ""
    while before and before[-1] in (",", "", " "):
        before.pop()
    return "}" if bracket == "}" else "]"


def _as_key(before: list[str]) -> None:
    """Numbers and words may be keys in Python; in JSON only texts are."""
    place = next((at for at in range(len(before) - 1, -1, -1) if before[at].strip()), None)
    if place is not None and before[place][0] not in '"{}[],:':
        before[place] = json.dumps(before[place])


def _number(written: str) -> str:
    """JSON has no points at the end or at the beginning of a number."""
    sign, digits = ("-", written[1:]) if written.startswith("-") else ("", written)
    whole, point, rest = digits.partition(".")
    if not point:
        return written
    fraction, exponent = re.fullmatch(r"([0-9]*)(.*)", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    return f"{sign}{whole or '0'}{'.' + fraction if fraction else ''}{exponent}"


def _moment(token: re.Match[str]) -> str:
    """The time in ISO form; as it is written where its zone is none that is known."""
    parts = [int(part) for part in token["parts"].split(",")]
    try:
        zone = _zone(token["zone"] or "")
        time = datetime(*parts, tzinfo=zone) if zone else datetime(*parts)  # type: ignore[arg-type,misc]  # noqa: DTZ001
    except (ValueError, OverflowError):
        return token["moment"]
    return time.date().isoformat() if len(parts) == 3 else time.isoformat()


def _zone(written: str) -> timezone | None:
    """The zone of a time; None where none is written. Raises ValueError for names of places."""
    if not written:
        return None
    if _NO_ZONE.fullmatch(written):
        return UTC
    seconds, hours = _SECONDS.fullmatch(written), _HOURS.fullmatch(written)
    if seconds:
        return timezone(timedelta(seconds=int(seconds[1])))
    if hours:
        offset = timedelta(hours=int(hours[2]), minutes=int(hours[3]))
        return timezone(-offset if hours[1] == "-" else offset)
    raise ValueError("the zone is not known")


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
