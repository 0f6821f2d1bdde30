"""Two releases on the same cases: what counts, what it shows, and how it is said."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.metrics.before_after import BeforeAfter, Outcome, before_after
from core.metrics.before_after_words import (
    flaky_words,
    interval_words,
    left_out_sentences,
    not_run_sentence,
    remarks,
    stop_sentences,
    verdict_sentence,
)
from core.metrics.paired_cases import ComparedCase, Flip, TriedCase, pair_cases

AT = datetime(2026, 1, 1, tzinfo=UTC)


def case(case_id: str, *tries: bool, **said: object) -> TriedCase:
    return TriedCase(case_id, said.pop("suite", None), tries, AT, **said)  # type: ignore[arg-type]


def sides(broke: int, fixed: int, n: int, fails: int = 0) -> tuple[list[TriedCase], list[TriedCase]]:
    """``n`` cases of which some broke, were fixed, or fail on both sides; the others pass on both."""
    flips = [(True, False)] * broke + [(False, True)] * fixed + [(False, False)] * fails
    flips += [(True, True)] * (n - len(flips))
    old = [case(f"c{place:04d}", before) for place, (before, _) in enumerate(flips)]
    new = [case(f"c{place:04d}", after) for place, (_, after) in enumerate(flips)]
    return old, new


def compared(broke: int, fixed: int, n: int, margin: float | None = None, error: float = 0.05) -> BeforeAfter:
    return before_after(pair_cases(*sides(broke, fixed, n)), margin=margin, error=error)


@pytest.mark.parametrize(
    ("broke", "fixed", "n", "margin", "outcome", "sentence"),
    [
        (6, 16, 161, 0.05, Outcome.BETTER,
         "Of 161 cases 6 broke and 16 were fixed: 95 % sure that it is at least 1.5 points better."),
        (9, 6, 120, 0.05, Outcome.NOT_ENOUGH,
         "9 broke, 6 fixed of 120: could be up to 8 points worse. Not enough evidence."),
        (0, 0, 100, 0.05, Outcome.NO_WORSE,
         "Of 100 cases 0 broke and 0 were fixed: 95 % sure that it is at most 2.7 points worse."),
        # Real repeats of an unchanged agent: by the interval alone it would be called better at 10 %.
        (0, 4, 50, 0.05, Outcome.NO_WORSE,
         "Of 50 cases 0 broke and 4 were fixed: 95 % sure that it is not worse; too few cases changed to "
         "call it better."),
        (0, 0, 100, 0.02, Outcome.NOT_ENOUGH,
         "None broke, none fixed of 100: could be up to 2.7 points worse. Not enough evidence."),
        (20, 4, 120, 0.05, Outcome.WORSE,
         "Of 120 cases 20 broke and 4 were fixed: 95 % sure that it is at least 7 points worse."),
        (30, 10, 1000, 0.05, Outcome.WITHIN,
         "Of 1,000 cases 30 broke and 10 were fixed: 95 % sure that it is worse, and that by at most 3.2 "
         "points: within the 5 points that were agreed."),
        (30, 10, 1000, None, Outcome.WORSE,
         "Of 1,000 cases 30 broke and 10 were fixed: 95 % sure that it is at least 0.9 points worse."),
        (0, 1, 1, 0.05, Outcome.NOT_ENOUGH,
         "None broke, 1 fixed of 1: could be up to 46 points worse. Not enough evidence."),
        (0, 0, 0, 0.05, Outcome.NOTHING,
         "No case has results of both releases, so there is nothing to compare."),
    ],
)  # fmt: skip
def test_the_verdict_and_its_sentence(
    broke: int, fixed: int, n: int, margin: float | None, outcome: Outcome, sentence: str
) -> None:
    found = compared(broke, fixed, n, margin)
    assert (found.outcome, verdict_sentence(found)) == (outcome, sentence)


def test_a_bound_near_the_margin_is_never_rounded_across_it() -> None:
    near = compared(9, 6, 120, 0.08)
    assert near.outcome is Outcome.NOT_ENOUGH
    assert "up to 8.3 points worse" in verdict_sentence(near)


def test_the_margin_is_a_suggestion_unless_somebody_wrote_it_down() -> None:
    assert interval_words(compared(6, 16, 161)) == (
        "Change +6.2 points (+1.5 to +11.4 points; 90 % interval); margin 5 points (a suggestion, as the "
        "scope names none); n 161."
    )
    assert "margin 3 points (written down in the scope)" in interval_words(compared(6, 16, 161, 0.03))


def test_what_does_not_count_is_told_with_its_reason() -> None:
    old = [
        case("same", True, question="a"),
        case("unsaid", True, question="b"),
        case("edited", True, question="c"),
        case("known", True),
        case("ungraded", True),
        case("gone", True),
    ]
    new = [
        case("same", True, question="a"),
        case("unsaid", True),
        case("edited", True, question="z"),
        case("known", True),
        case("ungraded", run_again=2),
        case("fresh", False),
    ]
    pairs = pair_cases(old, new, changed={"known"})
    assert [one.case_id for one in pairs.cases] == ["same", "unsaid"]
    left = pairs.left_out
    assert (left.only_before, left.only_after, left.changed, left.run_again, left.n) == (
        ("gone",),
        ("fresh",),
        ("edited", "known"),
        ("ungraded",),
        5,
    )
    assert left_out_sentences(left, "A", "B") == (
        "1 case has no result of B (gone).",
        "1 case has no result of A (fresh).",
        "2 cases have other contents now than before (edited, known).",
        "1 case has no outcome on one side because the grader failed: run them again (ungraded).",
    )


def test_questions_of_a_simulated_user_do_not_part_the_cases() -> None:
    old = [case(f"c{place}", True, True, varies=True) for place in range(9)] + [case("x", True, question="q")]
    new = [case(f"c{place}", True, True, varies=True) for place in range(9)] + [case("x", True, question="r")]
    pairs = pair_cases(old, new)
    assert (len(pairs.cases), pairs.by_id) == (10, True)
    assert any("simulated user" in words for words in remarks(before_after(pairs, margin=None, error=0.05)))
    # One case that was rewritten between two runs is no simulated user: it alone does not count.
    steady = [case(f"c{place}", True, True, question="q") for place in range(9)]
    pairs = pair_cases(
        [*steady, case("y", True, True, varies=True)], [*steady, case("y", True, True, question="q")]
    )
    assert (len(pairs.cases), pairs.left_out.changed, pairs.by_id) == (9, ("y",), False)


def test_an_id_of_several_sets_is_matched_within_its_set() -> None:
    old = [case("1", True, suite="gold"), case("1", False, suite="hard"), case("2", True, suite="gold")]
    new = [case("1", False, suite="gold"), case("1", True, suite="hard"), case("2", True)]
    pairs = pair_cases(old, new)
    assert sorted((one.before.suite or "", one.flip) for one in pairs.cases) == [
        ("gold", Flip.BROKE),
        ("gold", Flip.PASSES_STILL),
        ("hard", Flip.FIXED),
    ]


@pytest.mark.parametrize(
    ("before", "after", "flip", "counted"),
    [
        ((True,), (True, False, False), Flip.PASSES_STILL, 1),
        ((True, True), (True, False, False), Flip.BROKE, 2),
        ((False, True, True), (True,), Flip.FIXED, 1),
        ((True, False), (False, True), Flip.FAILS_STILL, 2),
    ],
)
def test_as_many_tries_of_both_sides_count_the_first_ones(
    before: Sequence[bool], after: Sequence[bool], flip: Flip, counted: int
) -> None:
    one = ComparedCase(case("c", *before), case("c", *after))
    assert (one.flip, one.counted) == (flip, counted)


def test_from_three_tries_on_the_means_decide() -> None:
    """Each case fails one try of four on either side: no whole case passes, and yet nothing got worse."""
    old = [case(f"c{p}", *[t != p % 4 for t in range(4)]) for p in range(60)]
    steady = [case(f"c{p}", *[t != (p + 1) % 4 or p == 0 for t in range(4)]) for p in range(60)]
    found = before_after(pair_cases(old, steady), margin=0.05, error=0.05)
    assert found.repeats is not None
    assert found.outcome is Outcome.NO_WORSE
    assert verdict_sentence(found).startswith(
        "The mean of 60 cases, each tried several times, rose 0.4 points:"
    )
    assert flaky_words(found) == "60 of 60 cases tried several times are flaky (100 %)."
    worse = [case(f"c{p}", *[t > 1 + (p % 7 == 0) for t in range(4)]) for p in range(60)]
    found = before_after(pair_cases(old, worse), margin=0.05, error=0.05)
    assert (found.outcome, found.is_worse) == (Outcome.WORSE, True)
    # Where all changed alike there is no spread: the cases as wholes decide.
    same = [case(f"c{p}", True, True, True) for p in range(200)]
    found = before_after(pair_cases(same, same), margin=0.05, error=0.05)
    assert (found.repeats, found.outcome) == (None, Outcome.NO_WORSE)


def test_a_broken_critical_case_stops_what_is_better_as_a_whole() -> None:
    old, new = sides(6, 16, 161, fails=3)
    pairs = pair_cases(
        [*old, case("k", True)], [*new, case("k", run_again=1)], critical={"c0000", "c0030", "k"}
    )
    found = before_after(pairs, margin=0.05, error=0.05)
    assert (found.outcome, found.broken_critical, found.is_worse) == (Outcome.BETTER, ("c0000",), True)
    assert stop_sentences(found) == ("1 case that may never fail passed before and fails now: c0000.",)
    assert not_run_sentence(found.pairs.not_run) == (
        "1 critical case passed before and has no result now: k."
    )
    # One that failed before as well is an inherited failure, and is shown apart.
    inherited = before_after(pair_cases(old, new, critical={"c0022"}), margin=0.05, error=0.05)
    assert (inherited.pairs.of(Flip.FAILS_STILL)[0].is_critical, inherited.is_worse) == (True, False)


def test_a_watched_part_that_got_worse_stops_the_rest() -> None:
    old, new = sides(0, 0, 300)
    old += [case(f"b{p}", True, task_type=" Billing") for p in range(20)]
    new += [case(f"b{p}", p > 5, task_type=" Billing") for p in range(20)]
    pairs = pair_cases(old, new, kinds={f"c{p:04d}": ("Refunds", "beta") for p in range(300)})
    found = before_after(
        pairs,
        margin=0.05,
        error=0.05,
        watched=[("task_type", "billing"), ("user_segment", "beta"), ("route", "x")],
    )
    assert [(one.column, one.value, one.n, one.outcome) for one in found.parts] == [
        ("task_type", "billing", 20, Outcome.WORSE),
        ("user_segment", "beta", 300, Outcome.NO_WORSE),
        ("task_type", "Refunds", 300, Outcome.NO_WORSE),
    ]
    assert found.outcome is not Outcome.WORSE
    assert found.is_worse
    assert stop_sentences(found) == (
        "Task type billing got worse, which may not happen whatever the whole does: 6 broke, 0 fixed of 20.",
    )


def test_runs_that_stopped_are_named_where_they_decide() -> None:
    old = [case("a", False, stopped=1), case("b", True)]
    new = [case("a", True), case("b", False, stopped=1)]
    told = remarks(before_after(pair_cases(old, new), margin=None, error=0.05))
    assert any(one.startswith("1 of those that were fixed stopped without an answer before.") for one in told)
    assert any(one.startswith("1 of those that broke stopped without an answer now.") for one in told)


@pytest.mark.parametrize(
    ("broke", "fixed", "n", "needed"),
    [(9, 6, 120, 310), (0, 0, 5, 248), (0, 0, 100, None), (20, 4, 120, None)],
)
def test_how_many_cases_would_show_it(broke: int, fixed: int, n: int, needed: int | None) -> None:
    assert compared(broke, fixed, n, 0.05).cases_needed == needed


@given(
    st.lists(
        st.tuples(st.lists(st.booleans(), max_size=4), st.lists(st.booleans(), max_size=4)), max_size=40
    ),
    st.sampled_from([None, 0.03, 0.05, 0.2]),
    st.sampled_from([0.05, 0.1, 0.2]),
)
def test_whatever_the_tries_every_case_is_accounted_for(
    tried: list[tuple[list[bool], list[bool]]], margin: float | None, error: float
) -> None:
    old = [case(f"c{place}", *before) for place, (before, _) in enumerate(tried)]
    new = [case(f"c{place}", *after) for place, (_, after) in enumerate(tried)]
    pairs = pair_cases(old, new)
    found = before_after(pairs, margin=margin, error=error)
    assert sum(len(pairs.of(flip)) for flip in Flip) + pairs.left_out.n == len(tried)
    whole = found.whole
    assert whole.found.broke + whole.found.mended + whole.fails_still + whole.passes_still == found.n
    assert (found.outcome is Outcome.NOTHING) == (not pairs.cases)
    assert verdict_sentence(found)
    # The same in another order, and nothing else, is the same answer.
    assert before_after(pair_cases(reversed(old), reversed(new)), margin=margin, error=error) == found
    # The better of the two never looks worse seen from the other side.
    back = before_after(pair_cases(new, old), margin=margin, error=error)
    assert not (found.outcome is Outcome.BETTER and back.outcome in (Outcome.BETTER, Outcome.NO_WORSE))
