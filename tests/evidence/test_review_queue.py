"""Which traces a review looks at: worked examples of each queue, and what holds of all of them."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.fingerprints import key_of
from core.evidence.review_queue import (
    FEEDS_RATES,
    MOST_OF_REASON,
    MOST_OF_USER,
    SAMPLING,
    Candidate,
    Queue,
    Wanted,
    allotted,
    badness,
    choose,
    pools,
)


def trace(number: int, **facts: Any) -> Candidate:
    return Candidate(**{"run_id": f"r{number}", "key": key_of(f"r{number}"), "user": f"u{number}", **facts})


def runs(candidates: list[Candidate], queue: Queue, **wanted: Any) -> list[str]:
    return [one.run_id for one in choose(candidates, Wanted(queue, **wanted))]


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({"feedback": "rejected"}, 0),
        ({"is_escalated": True}, 0),
        ({"judge_fails": True}, 1),
        ({"has_error": True}, 2),
        ({"misses_context": True}, 3),
        ({"confidence": 0.49}, 4),
        ({"confidence": 0.5}, None),
        ({"feedback": "edited"}, 5),
        ({"latency_ms": 10_001.0}, 6),
        ({"latency_ms": 10_000.0}, None),
        ({"feedback": "accepted"}, None),
        ({}, None),
    ],
)
def test_what_looks_bad_and_how_bad(facts: dict[str, Any], place: int | None) -> None:
    found = badness(trace(1, **facts))
    assert (None if found is None else found[0]) == place
    assert found is None or found[2].endswith(".")


def test_the_worst_come_worst_first_and_nothing_is_looked_at_twice() -> None:
    there = [
        trace(1, latency_ms=20_000.0),
        trace(2, confidence=0.3),
        trace(3, confidence=0.1),
        trace(4, feedback="rejected"),
        trace(5, feedback="rejected", reviewers=("Ada",)),
        trace(6, judge_fails=True),
        trace(7),
    ]
    assert runs(there, Queue.WORST) == ["r4", "r6", "r3", "r2", "r1"]


def test_one_user_and_one_reason_do_not_fill_the_worst() -> None:
    there = [trace(number, feedback="rejected", user="same") for number in range(10)]
    assert len(runs(there, Queue.WORST)) == MOST_OF_USER
    there = [trace(number, feedback="rejected") for number in range(30)]
    there += [trace(100 + number, latency_ms=11_000.0 + number) for number in range(3)]
    found = choose(there, Wanted(Queue.WORST, size=8))
    assert Counter(one.why for one in found)["The user rejected the answer."] == MOST_OF_REASON
    # Where there is nothing else, the rest is of the same reason after all.
    assert len(runs(there, Queue.WORST, size=20)) == 20


def test_confident_and_wrong_starts_with_the_surest() -> None:
    there = [
        trace(1, confidence=0.85, judge_right=False),
        trace(2, confidence=0.99, feedback="rejected"),
        trace(3, confidence=0.79, feedback="rejected"),
        trace(4, confidence=0.99, judge_right=True),
        trace(5, feedback="rejected"),
    ]
    assert runs(there, Queue.CONFIDENT_WRONG) == ["r2", "r1"]


def test_a_judge_disagrees_with_people_first_and_then_with_users() -> None:
    there = [
        trace(1, judge_right=True, feedback="rejected"),
        trace(2, judge_right=False, people_right=True, reviewers=("Bob",)),
        trace(3, judge_right=True, feedback="accepted"),
        trace(4, judge_right=True, feedback="edited"),
        trace(5, judge_right=False, people_right=True, reviewers=("Ada",)),
    ]
    assert runs(there, Queue.JUDGE_DISAGREES, reviewer="Ada") == ["r2", "r1"]


def test_a_second_reviewer_gets_a_share_of_what_others_labelled_for_the_rates() -> None:
    there = [trace(number, reviewers=("Ada",), is_sampled=True) for number in range(100)]
    there += [trace(200 + number, reviewers=("Ada",)) for number in range(100)]
    found = runs(there, Queue.SECOND, share=0.1, reviewer="Bob", seed=4)
    assert len(found) == 10
    assert all(int(run[1:]) < 100 for run in found)
    assert runs(there, Queue.SECOND, share=0.1, reviewer="Ada") == []
    assert len(runs(there[:3], Queue.SECOND, share=0.1, reviewer="Bob")) == 1


@pytest.mark.parametrize(
    ("there", "size", "drawn"),
    [
        ({"a": 900, "b": 100}, 100, {"a": 90, "b": 20}),
        ({"a": 900, "b": 5}, 100, {"a": 99, "b": 5}),
        ({"a": 500, "b": 500}, 100, {"a": 50, "b": 50}),
        ({"a": 10, "b": 10, "c": 10}, 6, {"a": 2, "b": 2, "c": 2}),
        ({"a": 10}, 50, {"a": 10}),
        ({}, 10, {}),
    ],
)
def test_each_kind_of_task_gets_its_part_and_a_floor(
    there: dict[str, int], size: int, drawn: dict[str, int]
) -> None:
    assert allotted(there, size) == drawn


SOME = st.lists(
    st.builds(
        trace,
        st.integers(0, 500),
        task_type=st.sampled_from(["", "billing", "shipping"]),
        feedback=st.sampled_from([None, "accepted", "rejected"]),
        is_sampled=st.booleans(),
        confidence=st.one_of(st.none(), st.floats(0, 1)),
    ),
    max_size=60,
    unique_by=lambda one: one.run_id,
)


@given(SOME, st.sampled_from([Queue.ALL, Queue.RANDOM, Queue.STRATIFIED]), st.integers(0, 9))
def test_what_feeds_rates_is_drawn_without_regard_to_how_it_looks(
    there: list[Candidate], queue: Queue, seed: int
) -> None:
    wanted = Wanted(queue, size=10, seed=seed)
    plain = [Candidate(one.run_id, one.key, one.task_type, is_sampled=one.is_sampled) for one in there]
    assert choose(there, wanted) == choose(plain, wanted)
    # In whatever order the evidence hands them out.
    assert choose(there[::-1], wanted) == choose(there, wanted)


@given(SOME, st.sampled_from(sorted(SAMPLING)), st.integers(1, 30))
def test_a_queue_has_each_trace_once(there: list[Candidate], queue: Queue, size: int) -> None:
    if queue is Queue.SETTLED:
        return
    found = runs(there, queue, size=size, reviewer="Ada")
    assert len(found) == len(set(found))
    assert set(found) <= {one.run_id for one in there}


@given(SOME, st.sampled_from(sorted(set(SAMPLING) - {Queue.SETTLED, Queue.STRATIFIED})))
def test_a_pool_is_as_large_as_the_largest_review_of_it(there: list[Candidate], queue: Queue) -> None:
    found = runs(there, queue, size=len(there) + 1, share=1.0, reviewer="Ada")
    assert pools(there, "Ada")[queue] == len(found)


def test_only_reviews_that_nobody_picked_feed_rates() -> None:
    feeding = {queue for queue, way in SAMPLING.items() if way in FEEDS_RATES}
    assert feeding == {Queue.ALL, Queue.RANDOM, Queue.STRATIFIED, Queue.SECOND}


def test_another_seed_draws_others() -> None:
    there = [trace(number) for number in range(200)]
    assert runs(there, Queue.RANDOM, size=20, seed=1) != runs(there, Queue.RANDOM, size=20, seed=2)
