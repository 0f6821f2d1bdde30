"""The tree of steps: each under the one that called it, whatever the ids say."""

from datetime import UTC, datetime, timedelta

import pytest

from core.actions.traces import steps_in_tree
from core.store.traces import SpanRecord

BEGAN = datetime(2026, 3, 1, 10, tzinfo=UTC)


def span(span_id: str, parent_id: str | None = None, took: float | None = 1.0) -> SpanRecord:
    nothing = dict.fromkeys(SpanRecord.__dataclass_fields__)
    ended = None if took is None else BEGAN + timedelta(seconds=took)
    known = {"span_id": span_id, "parent_id": parent_id, "started_at": BEGAN, "ended_at": ended}
    return SpanRecord(**{**nothing, **known})


@pytest.mark.parametrize(
    ("spans", "tree"),
    [
        ([], []),
        ([("a", None), ("b", "a"), ("c", None), ("d", "b")], [("a", 0), ("b", 1), ("d", 2), ("c", 0)]),
        ([("b", "a"), ("c", "a"), ("a", None)], [("a", 0), ("b", 1), ("c", 1)]),
        ([("a", "not there"), ("b", "a")], [("a", 0), ("b", 1)]),
        ([("a", "a"), ("b", "a")], [("a", 0), ("b", 1)]),
        ([("a", "b"), ("b", "a"), ("c", None)], [("c", 0), ("a", 0), ("b", 1)]),
        ([("a", ""), ("b", "")], [("a", 0), ("b", 0)]),
    ],
)
def test_every_step_stands_once_below_its_caller(
    spans: list[tuple[str, str | None]], tree: list[tuple[str, int]]
) -> None:
    found = steps_in_tree([span(*one) for one in spans])
    assert [(step.span.span_id, step.depth) for step in found] == tree


def test_a_chain_of_many_steps_is_no_trouble() -> None:
    spans = [span(str(n), str(n - 1)) for n in range(5_000)]
    assert [step.depth for step in steps_in_tree(spans)] == list(range(5_000))


@pytest.mark.parametrize(("took", "expected"), [(1.5, 1500.0), (0, 0.0), (None, None), (-1, None)])
def test_how_long_a_step_took_is_known_or_not_but_never_negative(
    took: float | None, expected: float | None
) -> None:
    assert steps_in_tree([span("a", took=took)])[0].took_ms == expected
