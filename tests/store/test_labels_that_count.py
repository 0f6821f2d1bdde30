"""Which labels speak for their trace: a review of the worst never changes what the others say."""

from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from core.store.labels import that_count

SCHEMA = pa.schema(
    {
        "key": pa.int64(),
        "is_judge": pa.bool_(),
        "sampling": pa.string(),
        "settled": pa.bool_(),
        "id": pa.int64(),
    }
)
FLAGS = st.sampled_from([None, False, True])
LABELS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.integers(0, 3),
            "is_judge": FLAGS,
            "settled": FLAGS,
            "sampling": st.sampled_from([None, "random", "stratified", "complete", "worst"]),
        }
    ),
    max_size=12,
)


def counting(labels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    numbered = [{**one, "id": place} for place, one in enumerate(labels)]
    return that_count(pa.Table.from_pylist(numbered, SCHEMA)).to_pylist()


def in_rates(labels: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**one, "id": 0} for one in counting(labels) if one["sampling"] != "worst"]


@given(LABELS, LABELS, st.integers(0, 12))
def test_labels_of_the_worst_never_change_which_others_count(
    labels: list[dict[str, Any]], more: list[dict[str, Any]], place: int
) -> None:
    worst = [{**one, "sampling": "worst"} for one in more]
    assert in_rates([*labels[:place], *worst, *labels[place:]]) == in_rates(labels)


@given(LABELS)
def test_every_trace_that_was_labelled_keeps_a_voice(labels: list[dict[str, Any]]) -> None:
    def voices(rows: list[dict[str, Any]]) -> set[tuple[int, bool]]:
        return {(one["key"], bool(one["is_judge"])) for one in rows}

    assert voices(counting(labels)) == voices(labels)
