"""One YAML document as plain values, built from its events: no tags, bounded aliases, bounded depth."""

import re
from collections.abc import Iterator
from typing import Any

import yaml

from core.errors import UnreadableFile

_DEEPEST = 100
_MOST_VALUES = 2_000_000
"""How many values a document may stand for, an alias counted as often as it is used."""

_PLAIN_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))}
_WORDS: dict[str, bool | None] = {
    "true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None,
}  # fmt: skip
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(
    r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][+-]?[0-9]{1,3})?|-?[1-9][0-9]*(?:\.[0-9]+)?[eE][+-]?[0-9]{1,3}"
)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Open:
    """A list or a mapping that is not closed yet; ``size`` counts the values in it."""

    def __init__(self, value: list[Any] | dict[str, Any], anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.size = 1
        self.key: str | None = None


def read_yaml(text: str) -> Any:
    """The value of the first document in ``text``. Scalars are what they are in JSON; all else is text, so
    that no date and no id with a leading zero is changed. Raises UnreadableFile."""
    try:
        return _built(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1:,}" if mark is not None else ""
        raise UnreadableFile(
            f"The YAML of the file is damaged{where}.",
            mend="Export it again, as JSON if you can.",
            code="bad_yaml",
        ) from None


def _built(events: Iterator[yaml.Event]) -> Any:
    anchors: dict[str, tuple[Any, int]] = {}
    stack: list[_Open] = []
    total = 0
    for event in events:
        match event:
            case yaml.DocumentEndEvent():
                return None
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                _check_tag(event.tag)
                if len(stack) >= _DEEPEST:
                    raise _refused("it is nested too deeply", "too_deep")
                is_list = isinstance(event, yaml.SequenceStartEvent)
                stack.append(_Open([] if is_list else {}, event.anchor))
                continue
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = stack.pop()
                value, size, anchor = done.value, done.size, done.anchor
            case yaml.ScalarEvent():
                _check_tag(event.tag)
                value, size, anchor = _scalar(event), 1, event.anchor
            case yaml.AliasEvent():
                if event.anchor not in anchors:
                    raise _refused("it refers to a part of itself that does not exist yet", "bad_yaml")
                (value, size), anchor = anchors[event.anchor], None
            case _:
                continue
        if anchor:
            anchors[anchor] = (value, size)
        total += 1
        if not stack:
            return value
        _put(stack[-1], value, size)
        if max(total, stack[-1].size) > _MOST_VALUES:
            raise _refused("it stands for far more values than it looks", "bomb")
    return None


def _put(holder: _Open, value: Any, size: int) -> None:
    """``value`` into the list or the mapping; in a mapping every other value is a key."""
    holder.size += size
    if isinstance(holder.value, list):
        holder.value.append(value)
    elif holder.key is None:
        holder.key = _key(value)
    elif holder.key == "<<":
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            # What the mapping says itself stands before what it takes over.
            holder.value = {**part, **holder.value} if isinstance(part, dict) else holder.value
        holder.key = None
    else:
        holder.value[holder.key] = value
        holder.key = None


def _key(value: Any) -> str:
    if isinstance(value, dict | list):
        raise _refused("a list or an object stands where a name belongs", "bad_yaml")
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    # A plain scalar has no style: None or "", by the parser that reads it.
    if event.style or not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _check_tag(tag: str | None) -> None:
    if tag not in _PLAIN_TAGS:
        raise _refused(f"it asks for an object of a program ({tag})", "bad_yaml")


def _refused(words: str, code: str) -> UnreadableFile:
    return UnreadableFile(f"The YAML file is not read: {words}.", mend="Export it as JSON.", code=code)
