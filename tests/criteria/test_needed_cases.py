"""How many cases a bar will need: METHODS section 1, told while the bar is being set."""

from typing import Any

import pytest

from core.criteria.checklist import MeasuredItem, read_checklist
from core.criteria.planning import measured_rows, needed_for
from core.criteria.stakes import Stakes


def item(bar: float | None, source: str = "eval", **more: Any) -> MeasuredItem:
    about = {"id": "x", "metric": "answer_correctness", "source": source, "bar": bar}
    return MeasuredItem.model_validate(about | more)


@pytest.mark.parametrize(
    ("bar", "one_look", "running"), [(0.75, 11, 16), (0.80, 14, 20), (0.90, 29, 43), (0.95, 59, 88)]
)
def test_the_fewest_cases_if_all_pass(bar: float, one_look: int, running: int) -> None:
    for source, fewest in (("eval", one_look), ("label", running)):
        needed = needed_for(item(bar, source), Stakes.HIGH)
        assert needed is not None
        assert needed.fewest == fewest


@pytest.mark.parametrize(("bar", "truth", "one_look"), [(0.80, 0.90, 94), (0.90, 0.95, 203)])
def test_the_likely_cases_at_a_truth_half_way_to_perfect(bar: float, truth: float, one_look: int) -> None:
    needed = needed_for(item(bar), Stakes.HIGH)
    running = needed_for(item(bar, "label"), Stakes.HIGH)
    assert needed is not None and running is not None
    assert (needed.likely, needed.truth) == (one_look, pytest.approx(truth))
    # METHODS section 14: 1.8 times as many where one may look at any time.
    assert running.likely == round(1.8 * one_look)


def test_a_rate_that_must_stay_below_its_bar_needs_as_many_as_its_mirror_image() -> None:
    above, below = (
        needed_for(item(0.9, "label"), Stakes.HIGH),
        needed_for(item(0.1, "label", metric="hallucination_rate"), Stakes.HIGH),
    )
    assert above is not None and below is not None
    assert (below.fewest, below.likely) == (above.fewest, above.likely)
    assert below.truth == pytest.approx(0.05)


def test_a_latency_needs_what_its_quantile_needs() -> None:
    latency = item(8000, "trace", metric="latency_p95", direction="below")
    needed = needed_for(latency, Stakes.HIGH)
    assert needed == needed_for(item(0.95, "label"), Stakes.HIGH)
    assert needed is not None and needed.fewest == 88


def test_lower_stakes_need_less() -> None:
    fewest = [needed_for(item(0.9), stakes) for stakes in (Stakes.LOW, Stakes.MEDIUM, Stakes.HIGH)]
    assert [needed and needed.fewest for needed in fewest] == [16, 22, 29]


def test_an_item_that_counts_the_first_traces_is_its_own_number() -> None:
    first = item(None, "label", metric="hallucinations_in_first", count=100)
    assert needed_for(first, Stakes.HIGH) is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            item(0.9),
            "At least 29 cases if all of them pass; about 203 if the true rate is 95 %.",
        ),
        (
            item(0.1, "label", metric="hallucination_rate"),
            "At least 43 cases if all of them pass; about 365 if the true rate is 5 %.",
        ),
        (
            item(0.999),
            "At least 2,995 cases, and far more as soon as one fails: the bar is very tight.",
        ),
    ],
)
def test_sentences(asked: MeasuredItem, sentence: str) -> None:
    needed = needed_for(asked, Stakes.HIGH)
    assert needed is not None and needed.sentence == sentence


@pytest.mark.parametrize(("rows", "likely"), [(1, 203), (3, 298), (6, 356)])
def test_rows_that_must_pass_together_are_planned_together(rows: int, likely: int) -> None:
    """METHODS section 4: 90 % against a true 95 %, each row with a chance of 1 - 0.2/rows."""
    needed = needed_for(item(0.9), Stakes.HIGH, rows)
    assert needed is not None and needed.likely == likely
    together = f", so that all {rows} measured rows pass together with a chance of 80 %."
    assert needed.sentence.endswith(together) is (rows > 1)


def test_the_rows_of_a_checklist_are_the_measured_ones_that_decide() -> None:
    measured = {"kind": "measured", "metric": "answer_correctness", "source": "eval", "bar": 0.9}
    items = [
        measured | {"id": "a"},
        measured | {"id": "b", "tier": "advisory"},
        {"kind": "attested", "id": "c", "sentence": "Is there a runbook?"},
    ]
    assert measured_rows(read_checklist({"items": items})) == 1
