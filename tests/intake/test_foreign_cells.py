"""Cells as other tools write them: JSON once or twice encoded, Python's own writing, words in objects."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.intake.sources import python_text
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.foreign_cells import fields_of, list_of, number_of, text_of, value_of

_LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=12)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(_LITERALS, max_size=4) | st.dictionaries(st.text(max_size=6), _LITERALS, max_size=4))
def test_what_python_writes_is_read_back(value: Any) -> None:
    assert python_text.read(repr(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("('a', 1,)", ["a", 1]),
        ("{'id': UUID('1b4e28ba-2fa1-11d2-883f')}", {"id": "1b4e28ba-2fa1-11d2-883f"}),
        ("[<Status.OK: 'ok'>, Decimal('0.10'), nan]", ["ok", "0.10", None]),
        (r"['it\'s', '\u00e9', '\x41', 'a\\n']", ["it's", "é", "A", "a\\n"]),
        ("{<Status.OK: 'ok'>: 4, 3: 'x', True: 1}", {"ok": 4, "3": "x", "true": 1}),
        ("[datetime.datetime(2026, 6, 1, 8, 0, tzinfo=TzInfo(0))]", ["2026-06-01T08:00:00+00:00"]),
        ("[datetime.datetime(2026, 6, 1, 8, 0, 1, 5, tzinfo=TzInfo(UTC))]",
         ["2026-06-01T08:00:01.000005+00:00"]),
        ("[datetime.datetime(2026, 6, 1, 8, 0, tzinfo=datetime.timezone.utc)]",
         ["2026-06-01T08:00:00+00:00"]),
        ("[datetime.datetime(2026, 6, 1, 8, 0, tzinfo=TzInfo(-05:30))]", ["2026-06-01T08:00:00-05:30"]),
        ("[datetime.datetime(2026, 6, 1, 8, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=7200)))]",
         ["2026-06-01T08:00:00+02:00"]),
        ("[datetime.datetime(2026, 6, 1, 8, 0), datetime.date(2026, 6, 1)]",
         ["2026-06-01T08:00:00", "2026-06-01"]),
        ("[datetime.datetime(2026, 13, 1, 8, 0)]", ["datetime.datetime(2026, 13, 1, 8, 0)"]),
        ("[Timestamp('2026-06-01 08:00:00+0000', tz='UTC'), NaT]", ["2026-06-01 08:00:00+0000", None]),
        ("{'a': array([{'x': 1},\n       {'y': 'z'}], dtype=object)}", {"a": [{"x": 1}, {"y": "z"}]}),
        ("[array([], dtype=float64), np.float64(0.5), np.True_, np.str_('a')]", [[], 0.5, True, "a"]),
        ("['a' 'b']", ["a", "b"]), ("[{'x': 1} {'y': 2}]", [{"x": 1}, {"y": 2}]),
        ("[inf, -inf, 1., .5, -.5]", [None, None, 1, 0.5, -0.5]),
        ("TraceDict({'a': TraceList([1])})", {"a": [1]}),
    ],
)  # fmt: skip
def test_other_ways_python_writes(text: str, value: Any) -> None:
    assert python_text.read(text) == value


@pytest.mark.parametrize(
    "text",
    ["[open('x')]", "[1 + 1]", "[1 2]", "array(", "{'a' 'b'}", "[array([1], dtype=object]",
     "[datetime.now()]", "[datetime.datetime(2026, 6, open('x'))]",
     "{'a': b}", "[" * 60 + "]" * 60, "['a'", "[1]]", "[f'{x}']", "x",
     "[" + "1," * python_text.LONGEST + "]"],
)  # fmt: skip
def test_what_is_no_literal_is_never_run(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        python_text.read(text)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (r'"cut \ud83d"', "cut �"),
        (r'{"a\ude42": ["\ud83d", "🙂"]}', {"a�": ["�", "🙂"]}),
        (r'"\ud83d\ude42"', "🙂"),
        (r'"{\"q\": \"cut \\ud83d\"}"', {"q": "cut �"}),
        (r"{'a': 'cut \ud83d'}", {"a": r"cut \ud83d"}),
    ],
)
def test_half_a_character_is_never_kept(cell: str, value: Any) -> None:
    assert value_of(cell) == value


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('""', None), ("null", None), ("NaN", None), ("[object Object]", None), ("  ", None), (None, None),
        ('"2026-05-04T09:12:33.101Z"', "2026-05-04T09:12:33.101Z"), ('"', '"'),
        ('"a" and "b"', '"a" and "b"'),
        (True, "true"), (12, "12"), ({"a": "é"}, '{"a":"é"}'), ("007", "007"),
    ],
)  # fmt: skip
def test_cells_as_text(cell: Any, text: str | None) -> None:
    assert text_of(cell) == text


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ('{"a":1}', {"a": 1}), ('"{\\"a\\":1}"', {"a": 1}), ('{""a"": ""b""}', {"a": "b"}),
        ("{'a': None}", {"a": None}), ('"words"', "words"), ("12", "12"),
        ("{broken", "{broken"), ('""', None),
        ('{"a": NaN}', {"a": None}),
    ],
)  # fmt: skip
def test_cells_as_values(cell: str, value: Any) -> None:
    assert value_of(cell) == value


def test_numbers_lists_and_both_spellings_of_a_field() -> None:
    assert [number_of(cell) for cell in ("1.5", '"2"', 3, True, "x", None, "inf")] == [
        1.5, 2, 3, None, None, None, None,
    ]  # fmt: skip
    assert [list_of(cell) for cell in ("[1]", "x", "{}", None)] == [[1], ["x"], [], []]
    assert fields_of({"total_cost": None, "totalCost": 2, "_type": 1}) == {"totalCost": 2, "_type": 1}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("plain", "plain"),
        ({"question": "Why?", "channel": "chat"}, "Why?"),
        ({"user_input": "Why?"}, "Why?"),
        ({"input": {"messages": [{"role": "user", "content": "Why?"}]}}, "Why?"),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "First"},
          {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Last"}], "Last"),
        ([{"type": "human", "content": [{"type": "text", "text": "Look"}, {"type": "image_url"}]}], "Look"),
        ({"order": 12}, '{"order":12}'),
        ([1, 2], "[1,2]"),
        ({}, None),
        ("", None),
    ],
)  # fmt: skip
def test_the_words_of_a_question(cell: Any, words: str | None) -> None:
    assert question_in(cell) == words


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ({"answer": "Because.", "confidence": 0.9}, "Because."),
        ({"choices": [{"message": {"role": "assistant", "content": "Because."}}]}, "Because."),
        ({"messages": [{"type": "human", "content": "Why?"}, {"type": "ai", "content": "Because."}]},
         "Because."),
        ({"role": "assistant", "content": "Because."}, "Because."),
        ('"Because."', "Because."),
    ],
)  # fmt: skip
def test_the_words_of_an_answer(cell: Any, words: str) -> None:
    assert answer_in(cell) == words
