"""The beginning of a file: enough to tell the document of one tool from that of another."""

import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from core.intake.formats import HEAD_BYTES, Format, Sniffed

_DEEPEST = 5
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]', re.DOTALL)
_MEMBERS = 10_000


@dataclass(frozen=True)
class Peek:
    """``text`` is the head of a text file (up to 1 MiB, cut anywhere), "" for other files; ``members``
    are the names inside a ZIP container."""

    file_name: str
    format: Format
    text: str
    members: frozenset[str] = frozenset()

    @cached_property
    def paths(self) -> frozenset[str]:
        """Where the head of a JSON file has values, five levels deep: “results.results[].success”.

        Lists add "[]"; the objects of JSON lines and those of a list at the top have no prefix but
        "[]" for the list: “[].input”.
        """
        is_json = self.format not in (Format.DELIMITED, Format.WORKBOOK, Format.PARQUET)
        return frozenset(_paths(self.text)) if is_json else frozenset()

    @cached_property
    def header(self) -> tuple[str, ...]:
        """The cells of the first row of a file with commas between them; empty for other files."""
        if self.format is not Format.DELIMITED:
            return ()
        try:
            return tuple(next(csv.reader(io.StringIO(self.text.lstrip("\ufeff"))), ()))
        except csv.Error:
            return ()

    def has(self, *paths: str) -> bool:
        """Whether the head has a value at each of ``paths``."""
        return self.paths.issuperset(paths)


def peek(path: Path, file_name: str, sniffed: Sniffed) -> Peek:
    """The beginning of the file at ``path``. A damaged container has no members here."""
    if sniffed.format is Format.WORKBOOK:
        return Peek(file_name, sniffed.format, "", _members(path))
    if sniffed.format is Format.PARQUET:
        return Peek(file_name, sniffed.format, "")
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return Peek(file_name, sniffed.format, head.decode(sniffed.encoding, errors="replace"))


def _members(path: Path) -> frozenset[str]:
    try:
        with zipfile.ZipFile(path) as package:
            return frozenset(package.namelist()[:_MEMBERS])
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return frozenset()


def _paths(text: str) -> set[str]:
    """Every place in the JSON ``text``, which may break off anywhere."""
    found: set[str] = set()
    open_places: list[tuple[str, bool]] = []  # the place of each open value, and whether it is a list
    key, text_before = "", ""
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in "{[":
            # Deeper down nothing is noted: names that grow with each level would take for ever.
            is_near = len(open_places) <= _DEEPEST
            place = _place(open_places, key) if is_near else ""
            if is_near and open_places and not open_places[-1][1]:
                found.add(place)
            open_places.append((f"{place}[]" if word == "[" and is_near else place, word == "["))
            key = text_before = ""
        elif word in "}]":
            if open_places:
                open_places.pop()
            key = text_before = ""
        elif word == ":":
            key = _unquoted(text_before)
            if len(open_places) <= _DEEPEST:
                found.add(_place(open_places, key))
        elif word == ",":
            key = text_before = ""
        else:
            text_before = word
    return found


def _place(open_places: list[tuple[str, bool]], key: str) -> str:
    """Where the value at hand stands: under ``key`` of the innermost object, or in the innermost list."""
    within, is_list = open_places[-1] if open_places else ("", True)
    if is_list or not key:
        return within
    return f"{within}.{key}" if within else key


@lru_cache(maxsize=1_000)
def _unquoted(word: str) -> str:
    """The name of a key, which every record has again."""
    try:
        value: Any = json.loads(word)
    except json.JSONDecodeError:
        return word[1:-1]
    return str(value)
