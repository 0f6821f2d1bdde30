"""What must hold for every verdict: a failure never helps, and what is no number never helps.

Amounts that are asked for count failures as well (a minimum of cases, twenty users, the labels of an audit):
there a failure may complete the amount, and what the cases show without it comes to light.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge import FEWEST_WITNESSES, judge_measured
from core.criteria.verdict import Verdict, severity
from core.metrics.measure import measure_quantile, measure_rate
from core.metrics.measurement import Cluster, Measurement, NotMeasured, Source, Tally
from core.metrics.requests import TallyRequest

NOW = datetime(2026, 3, 2, tzinfo=UTC)
NO_NUMBERS = [math.nan, math.inf, -math.inf]

sources = st.sampled_from([Source.EVAL, Source.LABEL, Source.JUDGE])
errors = st.sampled_from([0.05, 0.1, 0.2])
bars = st.sampled_from([0.01, 0.2, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99])
directions = st.sampled_from(Direction)


def item_of(source: Source, bar: float, direction: Direction = Direction.ABOVE) -> MeasuredItem:
    return MeasuredItem(
        id="rate",
        metric="answer_correctness" if direction is Direction.ABOVE else "hallucination_rate",
        source=source if direction is Direction.ABOVE else Source.LABEL,
        bar=round(bar, 3),
        direction=direction,
        valid_days=30,
    )


def finding_of(item: MeasuredItem, passes: int, n: int, error: float) -> Measurement | NotMeasured:
    """Unclustered: every row is a case, or a user, of its own."""
    cluster = Cluster.CASE if item.source is Source.EVAL else Cluster.USER
    tally = Tally((1.0,) * passes + (0.0,) * (n - passes), (1,) * n, cluster, rows=n, newest=NOW)
    return measure_rate(TallyRequest(item.metric, item.source, bar=item.bar), tally, error)


def verdict_of(item: MeasuredItem, passes: int, n: int, error: float) -> Verdict:
    return judge_measured(item, finding_of(item, passes, n, error), NOW).verdict


@given(st.integers(FEWEST_WITNESSES, 400), st.floats(0, 1), sources, bars, errors)
def test_one_more_failure_never_moves_toward_go(
    n: int, share: float, source: Source, bar: float, error: float
) -> None:
    item, passes = item_of(source, bar), round(n * share)
    before, after = verdict_of(item, passes, n, error), verdict_of(item, passes, n + 1, error)
    assert severity(after) <= severity(before)


@given(st.integers(1, 400), st.floats(0, 1), sources, bars, errors)
def test_a_pass_that_turns_out_a_failure_never_moves_toward_go(
    n: int, share: float, source: Source, bar: float, error: float
) -> None:
    item, passes = item_of(source, bar), max(1, round(n * share))
    before, after = verdict_of(item, passes, n, error), verdict_of(item, passes - 1, n, error)
    assert severity(after) <= severity(before)


@given(st.integers(FEWEST_WITNESSES, 400), st.floats(0, 1), sources, bars, errors)
def test_one_more_fault_never_helps_a_rate_that_must_stay_low(
    n: int, share: float, source: Source, bar: float, error: float
) -> None:
    item, faults = item_of(source, bar, Direction.BELOW), round(n * share)
    before, after = verdict_of(item, faults, n, error), verdict_of(item, faults + 1, n + 1, error)
    assert severity(after) <= severity(before)


def of_users(
    item: MeasuredItem, passes: Sequence[int], sizes: Sequence[int], error: float
) -> Measurement | NotMeasured:
    """Users with a few traces each."""
    tally = Tally(tuple(map(float, passes)), tuple(sizes), Cluster.USER, rows=sum(sizes), newest=NOW)
    return measure_rate(TallyRequest(item.metric, item.source, bar=item.bar), tally, error)


@st.composite
def users(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """(passes, traces) of 21 users or more, at most five of each: enough that none more is asked for."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=21, max_size=90))
    kind = draw(st.sampled_from(["all right", "all wrong", "any", "whole users"]))
    if kind == "any":
        return [draw(st.integers(0, size)) for size in sizes], sizes
    share = {"all right": 1.0, "all wrong": 0.0}.get(kind)
    if share is not None:
        return [round(size * share) for size in sizes], sizes
    return [size * draw(st.sampled_from([0, 1, 1, 1, 1])) for size in sizes], sizes


@settings(max_examples=150)
@given(users(), bars, directions, errors, st.integers(0, 89), st.booleans())
def test_whosever_it_is_a_good_case_never_hurts_and_a_bad_one_never_helps(
    seen: tuple[list[int], list[int]],
    bar: float,
    direction: Direction,
    error: float,
    place: int,
    is_new_user: bool,
) -> None:
    """Also where a case turns out the other way. ``best`` is one case better, ``worst`` one case worse."""
    item = item_of(Source.LABEL, bar, direction)
    passes, sizes = seen
    place %= len(sizes)

    def with_one_more(passing: int) -> Verdict:
        if is_new_user:
            found = of_users(item, [*passes, passing], [*sizes, 1], error)
        else:
            more_passes, more = list(passes), list(sizes)
            more_passes[place] += passing
            more[place] += 1
            found = of_users(item, more_passes, more, error)
        return judge_measured(item, found, NOW).verdict

    good = 1 if direction is Direction.ABOVE else 0
    now = judge_measured(item, of_users(item, passes, sizes, error), NOW).verdict
    best, worst = with_one_more(good), with_one_more(1 - good)
    assert severity(worst) <= severity(now) <= severity(best)


@given(users(), bars, directions, st.integers(0, 9))
def test_the_order_of_users_changes_nothing(
    seen: tuple[list[int], list[int]], bar: float, direction: Direction, seed: int
) -> None:
    item = item_of(Source.LABEL, bar, direction)
    together = list(zip(*seen, strict=True))
    shuffled = random.Random(seed).sample(together, len(together))
    first = judge_measured(item, of_users(item, *seen, 0.05), NOW)
    again = judge_measured(
        item, of_users(item, [k for k, _ in shuffled], [n for _, n in shuffled], 0.05), NOW
    )
    assert (first.verdict, first.more_cases) == (again.verdict, again.more_cases)


@given(st.integers(0, 300), st.floats(0, 1), sources, bars, directions)
def test_stricter_stakes_never_turn_doubt_into_an_answer(
    n: int, share: float, source: Source, bar: float, direction: Direction
) -> None:
    item, passes = item_of(source, bar, direction), round(n * share)
    strict, loose = verdict_of(item, passes, n, 0.05), verdict_of(item, passes, n, 0.2)
    if strict in (Verdict.GO, Verdict.NO_GO):
        assert loose is strict


@given(st.integers(1, 300), st.floats(0, 1), bars, errors)
def test_an_eval_set_that_grew_is_judged_at_least_as_strictly(
    n: int, share: float, bar: float, error: float
) -> None:
    """Looking again costs: what passes at any time passes in one look."""
    item, passes = item_of(Source.EVAL, bar), round(n * share)
    found = finding_of(item, passes, n, error)
    assert isinstance(found, Measurement)
    grown = replace(found.tally, looks=2)
    again = measure_rate(TallyRequest(item.metric, item.source, bar=bar), grown, error)
    if judge_measured(item, again, NOW).verdict is Verdict.GO:
        assert judge_measured(item, found, NOW).verdict is Verdict.GO


FIELDS = ["value", "low", "high", "effective_n", "effective_passes", "error", "bar"]


@given(
    st.integers(1, 200),
    st.floats(0, 1),
    sources,
    bars,
    directions,
    st.sets(st.sampled_from(FIELDS), min_size=1),
    st.sampled_from(NO_NUMBERS),
)
def test_what_is_no_number_never_improves_a_verdict(
    n: int, share: float, source: Source, bar: float, direction: Direction, fields: set[str], odd: float
) -> None:
    """It is refused, or the verdict is what it was without it."""
    item = item_of(source, bar, direction)
    found = finding_of(item, round(n * share), n, 0.05)
    assert isinstance(found, Measurement)
    before = judge_measured(item, found, NOW).verdict
    try:
        after = judge_measured(item, replace(found, **dict.fromkeys(fields, odd)), NOW).verdict
    except ValueError:
        return
    assert severity(after) <= severity(before)


@pytest.mark.parametrize("odd", NO_NUMBERS)
def test_counts_that_are_no_numbers_are_refused_before_they_are_judged(odd: float) -> None:
    request = TallyRequest("answer_correctness", Source.LABEL, bar=0.5)
    tally = Tally((1.0, odd), (1, 1), Cluster.USER, rows=2, newest=NOW)
    with pytest.raises(ValueError, match="passes must lie between 0 and n"):
        measure_rate(request, tally, 0.05)


@pytest.mark.parametrize("odd", NO_NUMBERS)
def test_a_latency_that_is_no_number_never_improves_a_verdict(odd: float) -> None:
    """The verdict rests on how many traces were under the bar, not on the value that is shown."""
    item = MeasuredItem(
        id="l", metric="latency_p95", source=Source.TRACE, direction=Direction.BELOW, bar=8000
    )
    request = TallyRequest(item.metric, item.source, bar=8000)

    def verdict(slow: int, values: tuple[float | None, ...]) -> Verdict:
        passes = (1.0,) * (200 - slow) + (0.0,) * slow
        tally = Tally(passes, (1,) * 200, Cluster.USER, rows=200, newest=NOW)
        return judge_measured(item, measure_quantile(request, tally, values, 0.05), NOW).verdict

    assert verdict(100, (odd, odd, odd)) is verdict(100, (9000.0, 9000.0, None)) is Verdict.NO_GO


@given(st.integers(1, 300), st.floats(0, 1), sources, bars, errors)
def test_the_same_finding_gives_the_same_row(
    n: int, share: float, source: Source, bar: float, error: float
) -> None:
    item = item_of(source, bar)
    found = finding_of(item, round(n * share), n, error)
    assert judge_measured(item, found, NOW) == judge_measured(item, found, NOW)


@given(st.integers(0, 300), st.floats(0, 1), sources, bars, directions, errors)
def test_more_cases_are_told_only_where_they_would_settle_it(
    n: int, share: float, source: Source, bar: float, direction: Direction, error: float
) -> None:
    item = item_of(source, bar, direction)
    row = judge_measured(item, finding_of(item, round(n * share), n, error), NOW)
    assert (row.more_cases is None) == (row.more_cases_to is None)
    if row.more_cases is not None:
        assert row.verdict is Verdict.NOT_ENOUGH_EVIDENCE
        assert row.more_cases > 0
        said = f"{row.more_cases:,}" in row.why or f"at least {FEWEST_WITNESSES}" in row.why
        assert said
