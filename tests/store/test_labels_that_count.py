"""Which labels speak for their trace: a review of the worst never changes what the others say."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.columns import VERDICT_COLUMNS
from core.store.labels import that_count

SCHEMA = pa.schema(
    {
        "key": pa.int64(),
        "is_judge": pa.bool_(),
        "sampling": pa.string(),
        "settled": pa.bool_(),
        **dict.fromkeys(VERDICT_COLUMNS, pa.bool_()),
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
            "answer_right": FLAGS,
            "grounded": FLAGS,
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


def said(*answers: bool | None, settled: bool = False, sampling: str = "random") -> list[dict[str, Any]]:
    one = {"key": 1, "is_judge": False, "settled": settled, "sampling": sampling}
    return [one | {"answer_right": answer} for answer in answers]


DECIDED = said(True, settled=True)


@pytest.mark.parametrize(
    ("labels", "count"),
    [
        pytest.param([*said(True, False), *DECIDED], [True], id="a disagreement that is settled"),
        pytest.param([*said(False), *DECIDED], [False, True], id="nobody disagreed: a label more"),
        pytest.param([*said(False, False), *DECIDED], [False, False, True], id="both said no"),
        pytest.param([*said(False, None), *DECIDED], [False, None, True], id="no opinion is no disagreement"),
        pytest.param(DECIDED, [True], id="only the decision was handed in"),
        pytest.param(
            [*said(False), *said(True, sampling="worst"), *DECIDED],
            [False, True],
            id="a review of the worst disputes nothing of the others",
        ),
    ],
)
def test_a_decision_stands_alone_where_there_was_something_to_decide(
    labels: list[dict[str, Any]], count: list[bool | None]
) -> None:
    assert [one["answer_right"] for one in counting(labels)] == count
