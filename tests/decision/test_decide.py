"""The one function that says go: which rows count, what they are told as, and what else must hold."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.checklist import AttestedItem, MeasuredItem, Tier
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, worst
from core.decision.decide import ANSWERS_ALONE, Bar, Decision, Facts, decide
from core.metrics.measurement import Source

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
GO, NO_GO, STALE, NO_DATA = Verdict.GO, Verdict.NO_GO, Verdict.STALE, Verdict.NO_DATA
NOT_ENOUGH = Verdict.NOT_ENOUGH_EVIDENCE

DRAFT = Bar(1, "a" * 64, Stakes.HIGH, None, None)
LOCKED = Bar(1, "a" * 64, Stakes.HIGH, NOW, "Ada")


def row(
    name: str,
    verdict: Verdict,
    *,
    tier: Tier = Tier.BLOCKS,
    protected: bool = False,
    set_aside: bool = False,
) -> Row:
    item = MeasuredItem(
        id=name, metric="answer_correctness", source=Source.LABEL, bar=0.9, tier=tier, protected=protected
    )
    return Row(item, name, "above 90 %", verdict, f"{verdict}.", set_aside=set_aside)


def decision(rows: Sequence[Row], bar: Bar = DRAFT, signatures: Sequence[str] = ()) -> Decision:
    return decide(Facts("helper", rows, bar, "b" * 64, signatures=signatures), NOW)


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("other", Verdict)
def test_the_worst_counting_row_is_the_verdict(verdict: Verdict, other: Verdict) -> None:
    assert decision([row("one", verdict), row("other", other)]).verdict is worst([verdict, other])


@pytest.mark.parametrize("verdict", Verdict)
def test_advisory_and_not_applicable_rows_never_count(verdict: Verdict) -> None:
    beside = [
        row("advice", verdict, tier=Tier.ADVISORY),
        row("aside", verdict, set_aside=True),
    ]
    assert decision([row("one", GO), *beside]).verdict is GO
    assert decision([row("one", NO_GO), *beside]).verdict is NO_GO
    assert decision(beside).verdict is NO_DATA


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier is not Tier.ADVISORY])
def test_every_other_tier_counts(tier: Tier) -> None:
    assert decision([row("one", GO), row("other", NO_GO, tier=tier)]).verdict is NO_GO


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row("advice", GO, tier=Tier.ADVISORY)],
        [row("aside", GO, set_aside=True)],
        [row("one", GO, set_aside=True), row("other", NO_GO, tier=Tier.ADVISORY)],
    ],
)
def test_nothing_that_counts_is_no_data(rows: list[Row]) -> None:
    found = decision(rows, LOCKED, ["Ada"])
    assert (found.verdict, found.may_advance, found.deciding) == (NO_DATA, False, ())
    assert found.reasons == ("No item of the checklist decides anything yet. Fill in the checklist first.",)


def test_the_reasons_are_the_rows_that_decided_and_name_a_protected_slice_first() -> None:
    found = decision(
        [
            row("average", NO_GO),
            row("fine", GO),
            row("billing", NO_GO, protected=True),
            row("old", STALE, protected=True),
            row("advice", NO_GO, tier=Tier.ADVISORY),
        ]
    )
    assert found.reasons == ("Protected. billing: no_go.", "average: no_go.")
    assert [one.label for one in found.deciding] == ["billing", "average"]
    assert [one.label for one in found.rows] == ["billing", "average", "old", "fine", "advice"]


def test_a_protected_slice_that_holds_is_no_reason_against() -> None:
    found = decision([row("average", GO), row("billing", GO, protected=True)])
    assert found.reasons == ("billing: go.", "average: go.")


def test_an_average_cannot_buy_off_a_protected_slice() -> None:
    assert decision([*(row(f"r{n}", GO) for n in range(9)), row("b", NO_GO, protected=True)]).verdict is NO_GO


def test_rows_of_the_same_rank_keep_the_order_of_the_checklist() -> None:
    for order in permutations("abc"):
        assert [one.label for one in decision([row(name, GO) for name in order]).rows] == list(order)


def test_a_question_counts_like_a_bar() -> None:
    question = Row(AttestedItem(id="q", sentence="Ready?"), "Ready?", "yes", NO_DATA, "Nobody answered.")
    found = decision([row("one", GO), question])
    assert (found.verdict, found.reasons) == (NO_DATA, ("Ready?: Nobody answered.",))


ANSWERED = Row(AttestedItem(id="q", sentence="Ready?"), "Ready?", "yes", GO, "Yes, says Ada.")

CONDITIONS = [
    # rows, bar, signatures: which conditions are met, in order: verdict, locked, measured, signatures
    ([row("one", GO)], DRAFT, [], [True, False, True, False]),
    ([row("one", GO)], LOCKED, [], [True, True, True, False]),
    ([row("one", GO)], DRAFT, ["Ada"], [True, False, True, True]),
    ([row("one", NO_GO)], LOCKED, ["Ada"], [False, True, True, True]),
    ([row("one", NOT_ENOUGH)], LOCKED, ["Ada"], [False, True, True, True]),
    ([], LOCKED, ["Ada"], [False, True, False, True]),
    ([ANSWERED], LOCKED, ["Ada"], [True, True, False, True]),
    ([row("one", GO), ANSWERED], LOCKED, ["Ada", "Bob"], [True, True, True, True]),
]


def test_a_go_on_peoples_word_alone_says_so_first() -> None:
    assert decision([ANSWERED], LOCKED).reasons == (ANSWERS_ALONE, "Ready?: Yes, says Ada.")
    assert ANSWERS_ALONE not in decision([row("one", GO), ANSWERED], LOCKED).reasons


@pytest.mark.parametrize(("rows", "bar", "signatures", "met"), CONDITIONS)
def test_all_conditions_must_be_met_to_advance(
    rows: list[Row], bar: Bar, signatures: list[str], met: list[bool]
) -> None:
    found = decision(rows, bar, signatures)
    assert [condition.name for condition in found.conditions] == [
        "verdict",
        "locked",
        "measured",
        "signatures",
    ]
    assert [condition.met for condition in found.conditions] == met
    assert found.may_advance == all(met)


def test_the_conditions_in_words() -> None:
    unmet, met = decision([row("one", NO_GO)]), decision([row("one", GO)], LOCKED, ["Ada", "Bob"])
    assert [condition.sentence for condition in unmet.conditions] == [
        "Not every deciding row is GO.",
        "The checklist is a draft: lock it, then gather evidence.",
        "At least one deciding row is measured.",
        "Not signed. Without sign-in nobody's identity is verified: ready for sign-off at most.",
    ]
    assert [condition.sentence for condition in met.conditions] == [
        "Every deciding row is GO.",
        "The checklist is locked.",
        "At least one deciding row is measured.",
        "Signed by Ada, Bob.",
    ]


def test_a_decision_carries_what_it_rests_on() -> None:
    facts = Facts("helper", [row("one", GO)], LOCKED, "b" * 64, as_committed=NO_GO)
    found = decide(facts, NOW)
    assert (found.feature, found.bar, found.evidence_sha256) == ("helper", LOCKED, "b" * 64)
    assert (found.as_of, found.as_committed) == (NOW, NO_GO)
    assert (found.bar.is_draft, DRAFT.is_draft) == (False, True)


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(Verdict),
        tier=st.sampled_from(Tier),
        protected=st.booleans(),
        set_aside=st.booleans(),
    ),
    max_size=8,
)


@given(rows)
def test_the_same_facts_give_the_same_decision(given_rows: list[Row]) -> None:
    assert decision(given_rows) == decision(list(given_rows))


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_checklist_never_changes_the_verdict(given_rows: list[Row], random: Random) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    one, other = decision(given_rows), decision(shuffled)
    assert one.verdict is other.verdict
    assert sorted(one.reasons) == sorted(other.reasons)


@given(rows)
def test_go_takes_a_counting_row_and_nothing_that_stands_against(given_rows: list[Row]) -> None:
    found = decision(given_rows)
    counting = [one.verdict for one in given_rows if one.counts]
    assert (found.verdict is GO) == (bool(counting) and set(counting) == {GO})
    assert found.reasons
    assert not found.may_advance  # a draft without a signature
