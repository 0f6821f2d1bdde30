"""Each wrong value in a checklist gives one clear sentence: where, what, and what it should be."""

import math
from typing import Any

import pytest

from core.criteria.checklist import MeasuredItem, read_checklist
from core.errors import InvalidDocument
from core.metrics.catalogue import CATALOGUE

RIGHT: dict[str, Any] = {
    "kind": "measured",
    "id": "answers",
    "metric": "answer_correctness",
    "source": "label",
    "bar": 0.9,
}
LATENCY = {"metric": "latency_p95", "source": "trace", "bar": 8000}
NO_BAR: dict[str, Any] = {"metric": "hallucinations_in_first", "bar": None}
A_SHARE = (
    "item 1: The bar must be above 0 % and below 100 %, which can never be shown; a file says 0.9 for 90 %."
)

FAULTS = [
    ({"bar": 0}, A_SHARE),
    ({"bar": 1}, A_SHARE),
    ({"bar": 90}, A_SHARE),  # the per cent sign forgotten
    ({"bar": -0.1}, A_SHARE),
    ({"bar": math.nan}, "item 1 › bar: this must be a number (given: 'nan')."),
    ({"bar": math.inf}, "item 1 › bar: this must be a number (given: 'inf')."),
    ({"bar": "90 %"}, "item 1 › bar: this must be a number (given: '90 %')."),
    ({"bar": None}, "item 1: Answer correctness needs a bar."),
    (
        {"metric": "accuracy"},
        f"item 1: There is no metric “accuracy”. Choose one of: {', '.join(CATALOGUE)}.",
    ),
    (
        {"source": "trace"},
        "item 1: Answer correctness takes the sources label, judge, eval, not “trace”.",
    ),
    (
        {"source": "spreadsheet"},
        "item 1 › source: this must be 'eval', 'label', 'judge', 'feedback' or 'trace' "
        "(given: 'spreadsheet').",
    ),
    ({"slice": {"colour": "red"}}, "item 1: The slice names “colour”, which traces do not have."),
    (
        {"source": "eval", "slice": {"channel": "web"}},
        "item 1: The slice names “channel”, which evals do not have.",
    ),
    (
        {"slice": {"latency_ms": "5"}},
        "item 1: The slice names “latency_ms”, which holds no words; name a column that does.",
    ),
    ({"slice": {"task_type": 5}}, "item 1 › slice › task_type: this must be text (given: '5')."),
    (
        LATENCY | {"direction": "above"},
        "item 1: p95 latency must stay below its bar: set the direction to that.",
    ),
    (LATENCY | {"direction": "below", "bar": 0}, "item 1: The bar must be above 0."),
    ({"direction": "over"}, "item 1 › direction: this must be 'above' or 'below' (given: 'over')."),
    (
        NO_BAR,
        "item 1: Hallucinations in the first traces needs “count”: how many of the first traces must be "
        "clean.",
    ),
    (NO_BAR | {"count": 0}, "item 1 › count: this must be greater than or equal to 1 (given: '0')."),
    (NO_BAR | {"count": 2.5}, "item 1 › count: this must be a whole number (given: '2.5')."),
    ({"minimum_n": -1}, "item 1 › minimum_n: this must be greater than or equal to 0 (given: '-1')."),
    ({"valid_days": 0}, "item 1 › valid_days: this must be greater than or equal to 1 (given: '0')."),
    ({"thresold": 0.9}, "item 1 › thresold: there is no such field (given: '0.9')."),
    (
        {"tier": "red"},
        "item 1 › tier: this must be 'roll_back', 'pause', 'blocks' or 'advisory' (given: 'red').",
    ),
    ({"kind": "guess"}, "item 1: “kind” must be measured or attested."),
    (
        {"id": "My item"},
        "item 1 › id: use small letters, digits, “-” and “_” only, at most 64 of them (given: 'My item').",
    ),
    (
        {"owner": "x" * 121},
        f"item 1 › owner: this must have at most 120 characters (given: '{'x' * 80}').",
    ),
]


@pytest.mark.parametrize(("change", "sentence"), FAULTS, ids=[str(change)[:50] for change, _ in FAULTS])
def test_a_wrong_value_of_an_item(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidDocument) as fault:
        read_checklist({"items": [RIGHT | change]})
    assert str(fault.value) == f"The checklist cannot be used: items › {sentence}"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"items": [RIGHT, RIGHT]}, "items: Two items have the id “answers”. Give each its own."),
        ({"stakes": "huge"}, "stakes: this must be 'low', 'medium' or 'high' (given: 'huge')."),
        ({"item": []}, "item: there is no such field."),
        ({"items": {}}, "items: this must be a list."),
        ([], "this must be a table of fields."),
        (None, "this must be a table of fields."),
        ({"items": [{"id": "x"}]}, "items › item 1: “kind” is missing: measured or attested."),
        (
            {"items": [{"kind": "attested", "id": "x"}]},
            "items › item 1 › sentence: this is missing.",
        ),
        (
            {"items": [{"kind": "attested", "id": "x", "sentence": "  "}]},
            "items › item 1 › sentence: this must not be blank (given: '  ').",
        ),
    ],
)
def test_a_wrong_checklist(body: Any, sentence: str) -> None:
    with pytest.raises(InvalidDocument) as fault:
        read_checklist(body)
    assert str(fault.value) == f"The checklist cannot be used: {sentence}"


def test_the_right_item_is_taken_and_the_place_of_a_wrong_one_is_named() -> None:
    checklist = read_checklist({"items": [RIGHT]})
    assert checklist.item("answers") == checklist.items[0]
    assert checklist.item("elsewhere") is None
    with pytest.raises(InvalidDocument, match="items › item 2: Answer correctness needs a bar"):
        read_checklist({"items": [RIGHT, {**RIGHT, "id": "more", "bar": None}]})


def test_several_faults_are_told_together() -> None:
    body = {"stakes": "huge", "items": [RIGHT | {"minimum_n": -1, "valid_days": 0}]}
    with pytest.raises(InvalidDocument) as fault:
        read_checklist(body)
    assert [word in str(fault.value) for word in ("stakes", "minimum_n", "valid_days")] == [True] * 3


def test_a_bar_that_moves_by_less_than_a_page_shows_is_refused() -> None:
    """Otherwise 90 % and 89.96 % would both read "90 %", and the bar would have moved unseen."""
    with pytest.raises(InvalidDocument, match=r"finer than the pages show: use steps of 0\.1 %"):
        read_checklist({"items": [RIGHT | {"bar": 0.8996}]})


def test_a_window_that_slides_cannot_show_clean_first_traces() -> None:
    first = {"metric": "hallucinations_in_first", "source": "label", "count": 20}
    item = {"id": "h", "kind": "measured", **first}
    with pytest.raises(InvalidDocument, match="counts from the lock on"):
        read_checklist({"items": [item | {"window_days": 7}]})
    (read,) = read_checklist({"items": [item]}).items
    assert isinstance(read, MeasuredItem) and read.direction == "below"


def test_a_metric_cannot_be_asked_to_be_bad() -> None:
    with pytest.raises(InvalidDocument, match="Answer correctness must stay above its bar"):
        read_checklist({"items": [RIGHT | {"direction": "below"}]})
