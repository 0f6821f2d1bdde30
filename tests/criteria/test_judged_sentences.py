"""Whole sentences of judged rows: counts against a bar, in one look and at any time."""

from collections.abc import Callable

import pytest

from core.criteria.judge import Row
from core.criteria.verdict import Verdict

Judge = Callable[..., Row]

GO, NO_GO, NOT_ENOUGH = Verdict.GO, Verdict.NO_GO, Verdict.NOT_ENOUGH_EVIDENCE

ONE_LOOK = [
    # passes, n, bar, error: verdict, about so many more cases, towards; the sentence
    (
        (93, 100, 0.90, 0.05),
        (NOT_ENOUGH, 415, GO),
        "93 of 100 cases right: 93 % (87.2–96.7 %). The bar is above 90 %. "
        "Not enough evidence: about 415 more cases if this rate holds.",
    ),
    (
        (85, 100, 0.80, 0.05),
        (NOT_ENOUGH, 237, GO),
        "85 of 100 cases right: 85 % (77.8–90.6 %). The bar is above 80 %. "
        "Not enough evidence: about 237 more cases if this rate holds.",
    ),
    (
        (20, 20, 0.90, 0.05),
        (NOT_ENOUGH, 26, GO),
        "20 of 20 cases right: 100 % (86–100 %). The bar is above 90 %. "
        "Not enough evidence: about 26 more cases if this rate holds.",
    ),
    (
        (20, 20, 0.90, 0.20),
        (GO, None, None),
        "20 of 20 cases right: 100 % (92.2–100 %). The bar is above 90 %.",
    ),
    (
        (28, 28, 0.90, 0.05),
        (NOT_ENOUGH, 1, GO),
        "28 of 28 cases right: 100 % (89.8–100 %). The bar is above 90 %. "
        "Not enough evidence: about 1 more case if this rate holds.",
    ),
    (
        (29, 29, 0.90, 0.05),
        (GO, None, None),
        "29 of 29 cases right: 100 % (90.1–100 %). The bar is above 90 %.",
    ),
    (
        (12, 25, 0.80, 0.05),
        (NO_GO, None, None),
        "12 of 25 cases right: 48 % (30.5–65.9 %). The bar is above 80 %.",
    ),
    (
        (90, 100, 0.90, 0.05),
        (NOT_ENOUGH, None, None),
        "90 of 100 cases right: 90 % (83.6–94.5 %). The bar is above 90 %. "
        "Too close to call: improve the feature; more cases alone will hardly settle it.",
    ),
    (
        (122, 150, 0.85, 0.05),
        (NOT_ENOUGH, 436, NO_GO),
        "122 of 150 cases right: 81.3 % (75.3–86.4 %). The bar is above 85 %. "
        "Not enough evidence; at today's rate it will fail, after about 436 more cases.",
    ),
]

AT_ANY_TIME = [
    (
        (43, 43, 0.90, 0.05),
        (GO, None, None),
        "43 of 43 right: 100 % (90.1–100 %). The bar is above 90 %.",
    ),
    (
        (42, 42, 0.90, 0.05),
        (NOT_ENOUGH, 24, GO),
        "42 of 42 right: 100 % (89.8–100 %). The bar is above 90 %. "
        "Not enough evidence: about 24 more traces if this rate holds.",
    ),
    (
        (93, 100, 0.90, 0.05),
        (NOT_ENOUGH, 999, GO),
        "93 of 100 right: 93 % (83.6–98.6 %). The bar is above 90 %. "
        "Not enough evidence: about 999 more traces if this rate holds.",
    ),
    (
        (176, 200, 0.80, 0.05),
        (GO, None, None),
        "176 of 200 right: 88 % (80.2–94.4 %). The bar is above 80 %.",
    ),
    (
        (12, 25, 0.80, 0.05),
        (NO_GO, None, None),
        "12 of 25 right: 48 % (21.8–74.9 %). The bar is above 80 %.",
    ),
    (
        (90, 100, 0.90, 0.05),
        (NOT_ENOUGH, None, None),
        "90 of 100 right: 90 % (79.4–97.2 %). The bar is above 90 %. "
        "Too close to call: improve the feature; more cases alone will hardly settle it.",
    ),
]

BELOW = [
    (
        (0, 43, 0.10),
        (GO, None, None),
        "0 of 43 invented something: 0 % (0–9.9 %). Looked at once it could still be up to 6.8 %; "
        "about 16 more clean traces would show under 5 %. The bar is below 10 %.",
    ),
    (
        (3, 100, 0.10),
        (NOT_ENOUGH, 9, GO),
        "3 of 100 invented something: 3 % (0.1–10.3 %). The bar is below 10 %. "
        "Not enough evidence: about 9 more traces if this rate holds.",
    ),
    (
        (20, 100, 0.10),
        (NOT_ENOUGH, 27, NO_GO),
        "20 of 100 invented something: 20 % (9.3–33.1 %). The bar is below 10 %. "
        "Not enough evidence; at today's rate it will fail, after about 27 more traces.",
    ),
    (
        (29, 100, 0.10),
        (NO_GO, None, None),
        "29 of 100 invented something: 29 % (16.3–43.3 %). The bar is below 10 %.",
    ),
]

LATENCY = [
    (
        (0, 88),
        (GO, None, None),
        "0 of 88 took 8 s or longer; p95 is 3 s (3–3 s). The bar is below 8 s.",
    ),
    (
        (0, 87),
        (NOT_ENOUGH, 48, GO),
        "0 of 87 took 8 s or longer; p95 is 3 s (3 s or more). The bar is below 8 s. "
        "Not enough evidence: about 48 more traces if this rate holds.",
    ),
    (
        (4, 200),
        (NOT_ENOUGH, 174, GO),
        "4 of 200 took 8 s or longer; p95 is 3 s (3–9 s). The bar is below 8 s. "
        "Not enough evidence: about 174 more traces if this rate holds.",
    ),
    (
        (2, 200),
        (GO, None, None),
        "2 of 200 took 8 s or longer; p95 is 3 s (3–3 s). The bar is below 8 s.",
    ),
    (
        (30, 200),
        (NO_GO, None, None),
        "30 of 200 took 8 s or longer; p95 is 9 s (9–9 s). The bar is below 8 s.",
    ),
]

Counts = tuple[int, int, float, float]
Expected = tuple[Verdict, int | None, Verdict | None]


def told(row: Row) -> tuple[Expected, str]:
    return (row.verdict, row.more_cases, row.more_cases_to), row.why


@pytest.mark.parametrize(("seen", "expected", "sentence"), ONE_LOOK)
def test_an_eval_set_in_one_look(judged: Judge, seen: Counts, expected: Expected, sentence: str) -> None:
    passes, n, bar, error = seen
    assert told(judged(passes, n, bar, error=error)) == (expected, sentence)


@pytest.mark.parametrize(("seen", "expected", "sentence"), AT_ANY_TIME)
def test_production_at_any_time(judged: Judge, seen: Counts, expected: Expected, sentence: str) -> None:
    passes, n, bar, error = seen
    assert told(judged(passes, n, bar, error=error, source="label")) == (expected, sentence)


@pytest.mark.parametrize(("seen", "expected", "sentence"), BELOW)
def test_a_rate_that_must_stay_below_its_bar(
    judged: Judge, seen: tuple[int, int, float], expected: Expected, sentence: str
) -> None:
    assert told(judged(*seen, source="label", metric="hallucination_rate")) == (expected, sentence)


@pytest.mark.parametrize(("seen", "expected", "sentence"), LATENCY)
def test_a_latency(judged_latency: Judge, seen: tuple[int, int], expected: Expected, sentence: str) -> None:
    """Production is looked at any time: at least 88 traces, all in time."""
    assert told(judged_latency(*seen)) == (expected, sentence)


def test_an_eval_set_that_grew_after_a_look_gets_no_second_one(judged: Judge) -> None:
    assert judged(29, 29, 0.9).verdict is GO
    assert judged(29, 29, 0.9, tally={"looks": 2}).verdict is NOT_ENOUGH
    assert judged(43, 43, 0.9, tally={"looks": 2}).verdict is GO


def test_the_label_and_the_bar_of_a_row(judged: Judge) -> None:
    row = judged(29, 29, 0.9, slice={"task_type": "billing", "user_segment": "new"})
    assert (row.label, row.bar) == ("Answer correctness, billing, new", "above 90 %")


def test_repeats_by_the_same_users_are_told_and_make_more_traces_necessary(
    judged: Judge,
) -> None:
    apart = judged(93, 100, 0.9, source="label")
    together = judged(
        93,
        100,
        0.9,
        source="label",
        tally={"passes_by_cluster": (5.0,) * 18 + (3.0, 0.0), "n_by_cluster": (5,) * 20},
    )
    assert together.more_cases is not None and apart.more_cases is not None
    assert together.more_cases > apart.more_cases
    assert "independent cases: some users come up several times.)" in together.why


def test_repeats_of_a_case_are_told(judged: Judge) -> None:
    row = judged(30, 30, 0.5, tally={"passes_by_cluster": (5.0,) * 30, "n_by_cluster": (5,) * 30})
    assert row.why == (
        "30 of 30 cases right: 100 % (90.4–100 %). (150 results: repeats of a case are averaged.) "
        "The bar is above 50 %."
    )


@pytest.mark.parametrize(
    ("last", "counted"), [(5.0, "150 of 150 right: 100 %"), (4.0, "149 of 150 right: 99.3 %")]
)
def test_users_who_all_pass_are_told_how_many_more_users_it_takes(
    judged: Judge, last: float, counted: str
) -> None:
    """30 users with 5 traces each: each counts once, and a first failure does not change that."""
    tally = {"passes_by_cluster": (5.0,) * 29 + (last,), "n_by_cluster": (5,) * 30}
    assert told(judged(0, 1, 0.9, source="label", tally=tally)) == (
        (NOT_ENOUGH, 270, GO),
        f"{counted} (86.1–100 %). (Worth 30 independent cases: some users come up several times.) The bar is "
        "above 90 %. Not enough evidence: about 270 more traces by about 54 more users if this rate holds. "
        "So far each user counts once: too few fail to tell how alike the traces of one user are.",
    )


def test_users_who_fail_are_told_how_many_more_users_it_takes(judged: Judge) -> None:
    tally = {"passes_by_cluster": (3.0,) * 12 + (4.0,) * 18, "n_by_cluster": (5,) * 30}
    row = judged(0, 1, 0.8, source="label", tally=tally)
    assert (row.verdict, row.more_cases_to) == (NOT_ENOUGH, NO_GO)
    assert row.why.endswith(
        "at today's rate it will fail, after about 453 more traces by about 91 more users."
    )
