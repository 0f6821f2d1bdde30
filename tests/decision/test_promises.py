"""Conditions of a GO: how each stands at every moment, and what one that lapses does to the decision."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, severity
from core.decision.decide import Bar, Decision, Facts, decide
from core.decision.promises import (
    MOST_CONDITIONS,
    AskedCondition,
    Promise,
    PromiseState,
    checked_conditions,
    promise_lines,
)
from core.decision.waiting import waits_for
from core.errors import WrongUsage
from core.metrics.measurement import Source

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
DUE = date(2026, 3, 9)
OVER = datetime(2026, 3, 10, tzinfo=UTC)

PROMISE = Promise(
    id=7, words="Legal reads ten answers", owner="Lena", due=DUE, step="start:beta", given_by="Lea",
    given_by_id=3, given_at=NOW,
)  # fmt: skip
MET = replace(PROMISE, met_by="Ada", met_at=NOW + DAY, met_note="Minutes of 3 March")
LATE = replace(PROMISE, met_by="Ada", met_at=OVER + DAY, met_note="Minutes of 11 March")
RELEASED = replace(PROMISE, released_by="Sam", released_at=NOW + DAY, released_reason="No longer asked")
WITHDRAWN = replace(PROMISE, withdrawn_at=NOW + DAY)


def row(verdict: Verdict, name: str = "one") -> Row:
    item = MeasuredItem(id=name, metric="answer_correctness", source=Source.LABEL, bar=0.9)
    return Row(item, name, "above 90 %", verdict, f"{verdict}.")


def decided(*promises: Promise, at: datetime, verdict: Verdict = Verdict.GO) -> Decision:
    bar = Bar(1, "a" * 64, Stakes.HIGH, NOW, "Ada")
    return decide(
        Facts("helper", [row(verdict)], bar, "b" * 64, promises=promise_lines(promises, at)),
        at,
    )


@pytest.mark.parametrize(
    ("promise", "at", "state"),
    [
        (PROMISE, NOW, PromiseState.OPEN),
        (PROMISE, OVER - SECOND, PromiseState.OPEN),
        (PROMISE, OVER, PromiseState.LAPSED),
        (MET, NOW, PromiseState.OPEN),
        (MET, NOW + DAY, PromiseState.MET),
        (MET, OVER, PromiseState.MET),
        (LATE, OVER, PromiseState.LAPSED),
        (LATE, OVER + DAY, PromiseState.MET),
        (RELEASED, OVER, PromiseState.RELEASED),
        (WITHDRAWN, NOW, PromiseState.OPEN),
        (WITHDRAWN, OVER, PromiseState.WITHDRAWN),
    ],
)
def test_each_stands_at_a_moment_as_it_was_known_then(
    promise: Promise, at: datetime, state: PromiseState
) -> None:
    (line,) = promise_lines([promise], at)
    assert line.state is state
    assert (line.given.met_by is None) == (state is not PromiseState.MET), "nobody knows what comes later"


def test_before_it_was_given_it_is_not_there() -> None:
    assert promise_lines([PROMISE], NOW - SECOND) == ()


def test_the_day_ends_in_utc_wherever_whoever_asks_is() -> None:
    east = OVER.astimezone(timezone(timedelta(hours=10)))
    assert PROMISE.state(east) is PromiseState.LAPSED


def test_an_open_condition_is_told_and_keeps_nothing_back() -> None:
    decision = decided(PROMISE, at=NOW)
    assert decision.verdict is Verdict.GO
    (told,) = (one for one in decision.conditions if one.name == "promises")
    assert told.met
    assert told.sentence == (
        "The GO holds on 1 condition: “Legal reads ten answers” (Lena, until 9 Mar 2026)."
    )
    assert [one.item.id for one in decision.rows] == ["one"]


def test_one_that_lapses_is_a_row_of_its_own_and_the_first_reason() -> None:
    decision = decided(PROMISE, at=OVER, verdict=Verdict.NO_GO)
    assert decision.verdict is Verdict.NO_GO
    first = decision.rows[0]
    assert (first.label, first.verdict, first.counts) == (
        "Condition of the GO: Legal reads ten answers", Verdict.NO_GO, True,
    )  # fmt: skip
    for told in ("Lea signed on 2 Mar 2026", "Lena had to see to it by 9 Mar 2026"):
        assert told in decision.reasons[0]
    assert [one.name for one in decision.lacking if one.name == "promises"] == ["promises"]
    assert "a condition of the GO" in waits_for(decision)


@pytest.mark.parametrize("promise", [MET, RELEASED, WITHDRAWN])
def test_one_that_has_ended_leaves_no_trace_in_the_decision(promise: Promise) -> None:
    with_it, without = decided(promise, at=OVER), decided(at=OVER)
    assert (with_it.verdict, with_it.rows, with_it.conditions) == (
        without.verdict, without.rows, without.conditions,
    )  # fmt: skip
    assert len(with_it.promises) == 1


@given(
    verdict=st.sampled_from(list(Verdict)),
    promises=st.lists(st.sampled_from([PROMISE, MET, LATE, RELEASED, WITHDRAWN]), max_size=4),
    days=st.integers(0, 12),
)
def test_conditions_never_make_a_verdict_better(verdict: Verdict, promises: list[Promise], days: int) -> None:
    at = NOW + timedelta(days=days)
    found = decided(*promises, at=at, verdict=verdict)
    lapsed = any(one.state(at) is PromiseState.LAPSED for one in promises)
    assert found.verdict is (Verdict.NO_GO if lapsed else verdict)
    assert severity(found.verdict) <= severity(verdict)


def asked(words: str = "Legal reads ten answers", owner: str = "Lena", due: date = DUE) -> AskedCondition:
    return AskedCondition(words, owner, due)


def test_conditions_are_kept_on_one_line_from_today_on() -> None:
    kept = checked_conditions([asked("  Legal  reads\nten answers "), asked(due=NOW.date())], NOW)
    assert [one.words for one in kept] == ["Legal reads ten answers"] * 2


@pytest.mark.parametrize(
    ("conditions", "told"),
    [
        ([asked()] * (MOST_CONDITIONS + 1), "A GO takes 5 conditions at most."),
        ([asked("Legal")], "“Legal” is no condition that everybody understands."),
        ([asked(owner="  ")], "Nobody is named for “Legal reads ten answers”."),
        ([asked(due=NOW.date() - DAY)], "cannot be due on 2026-03-01."),
        ([asked(due=NOW.date() + 366 * DAY)], "cannot be due on 2027-03-03."),
        ([asked(due=date.min)], "cannot be due on 0001-01-01."),
    ],
)
def test_what_is_no_condition_is_said(conditions: list[AskedCondition], told: str) -> None:
    with pytest.raises(WrongUsage, match=told.replace("(", r"\(")):
        checked_conditions(conditions, NOW)
