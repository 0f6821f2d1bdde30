"""What the beginning of a file shows: places in JSON, the header of a table, names in an archive."""

import json
import zipfile
from pathlib import Path

import pytest

from core.intake.formats import Format, Sniffed
from core.intake.peek import Peek, peek


def paths(text: str) -> frozenset[str]:
    return Peek("a.json", Format.JSON_LINES, text).paths


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1, "b": {"c": [1, {"d": 2}]}}', {"a", "b", "b.c", "b.c[].d"}),
        ('[{"a": 1}, {"b": 2}]', {"[].a", "[].b"}),
        ('{"a": 1}\n{"b": 2}\n', {"a", "b"}),
        ('{"a": "x: {\\"no\\": 1}", "b\\"c": 2}', {"a", 'b"c'}),
        ('{"a": {"b": 1', {"a", "a.b"}),
        ('{"a": "cut off in the mid', {"a"}),
        ("}}]]{", set()),
        ("", set()),
        ('{"a": [[1, 2], [{"b": 1}]]}', {"a", "a[][].b"}),
    ],
)
def test_places_of_values(text: str, found: set[str]) -> None:
    assert paths(text) == found


def test_only_the_upper_levels_are_told_however_deep_a_file_is() -> None:
    shallow = paths('{"a":' * 50 + "1" + "}" * 50)
    assert max(place.count(".") for place in shallow) == 4
    assert paths("[" * 500_000) == set()


def test_a_header_with_line_ends_and_quotes_in_its_cells() -> None:
    head = Peek("a.csv", Format.DELIMITED, '\ufeffid,"[openai] say\n""hi""",Status\n1,2,3\n')
    assert head.header == ("id", '[openai] say\n"hi"', "Status")
    assert head.paths == frozenset()


def test_the_names_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.eval"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("header.json", json.dumps({}))
    assert peek(path, "a.eval", Sniffed(Format.WORKBOOK)).members == {"header.json"}
    path.write_bytes(path.read_bytes()[:-10])
    assert peek(path, "a.eval", Sniffed(Format.WORKBOOK)).members == frozenset()


def test_a_file_of_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"größe": 1}', encoding="utf-16")
    assert peek(path, "a.json", Sniffed(Format.JSON_LINES, "utf-16")).has("größe")
