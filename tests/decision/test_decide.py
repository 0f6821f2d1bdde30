"""The one function that says go: which rows count, what they are told as, and what else must hold."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.criteria.checklist import AttestedItem, MeasuredItem, Tier, read_checklist
from core.criteria.judge import Row
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict, worst
from core.decision.decide import ANSWERS_ALONE, Bar, Decision, Facts, decide
from core.decision.sign_off import SignatureLine, SignOff, SignOffs
from core.decision.waiting import waits_for
from core.metrics.measurement import Source
from core.rollout.alarms import OpenAlarm
from core.rollout.lint import lint
from core.rollout.plan import read_plan
from core.rollout.standing import Standing, standing_of
from core.rollout.transitions import Move, Transition

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


PLAN = read_plan(
    {
        "phases": [
            {"id": "beta", "name": "Beta", "exposure_users": [5, 9], "minimum_days": 14, "criteria": ["one"]},
            {"id": "full", "name": "Full", "exposure_share": [1, 1], "minimum_days": None},
        ]
    }
)


def stands(*moves: str) -> Standing:
    """The rollout after ``moves``, each "move phase day", seen NOW."""
    said = [words.split() for words in moves]
    made = [
        Transition(Move(move), phase, NOW + timedelta(days=int(day)), "Ada", "") for move, phase, day in said
    ]
    return standing_of(made, PLAN, PLAN, NOW)


NOT_STARTED = stands()


def signed(*names: str) -> SignOffs:
    """The lock and the next step, each signed by these people; without any, nobody signs in at all."""
    if not names:
        return SignOffs()

    def by_all(about: str, step: str | None) -> SignOff:
        lines = tuple(
            SignatureLine(place, about, step, "approve", "", name, NOW, True, "", place)
            for place, name in enumerate(names, 1)
        )
        return SignOff(about, step, "The lock", {}, "c" * 64, 1, (), lines)

    return SignOffs(by_all("commitment", None), by_all("step", "start:beta"), people_sign_in=True)


def decision(
    rows: Sequence[Row], bar: Bar = DRAFT, signatures: Sequence[str] = (), standing: Standing = NOT_STARTED
) -> Decision:
    facts = Facts("helper", rows, bar, "b" * 64, signatures=signed(*signatures), standing=standing)
    return decide(facts, NOW)


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

NAMES = ["verdict", "locked", "measured", "plan", "state", "alarms", "duration", "criteria", "signatures"]
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
    assert [condition.name for condition in found.conditions] == NAMES
    of_rows = {"verdict", "locked", "measured", "signatures"}
    assert [condition.met for condition in found.conditions if condition.name in of_rows] == met
    assert all(condition.met for condition in found.conditions if condition.name not in of_rows)
    assert found.may_advance == all(met)
    assert found.lacking == tuple(condition for condition in found.conditions if not condition.met)


@pytest.mark.parametrize(
    ("tier", "waits"),
    [
        (Tier.ROLL_BACK, ("an answer to an alarm",)),
        (Tier.PAUSE, ("an answer to an alarm",)),
        (Tier.ADVISORY, ()),
    ],
)
def test_an_alarm_that_nobody_acknowledged_keeps_it_back(tier: Tier, waits: tuple[str, ...]) -> None:
    alarm = OpenAlarm(1, "Error rate above 5 %", tier, "nothing", "It reached 67 after 105 cases.", NOW)
    facts = Facts(
        "helper",
        [row("one", GO)],
        LOCKED,
        "b" * 64,
        signatures=signed("Ada"),
        standing=stands(),
        alarms=[alarm],
    )
    found = decide(facts, NOW)
    assert (found.verdict, found.alarms, waits_for(found)) == (GO, (alarm,), waits)
    assert found.may_advance == (not waits)
    told = "Early warning. It reached 67 after 105 cases."
    assert (found.reasons[0] == told) == bool(waits)


def test_the_conditions_in_words() -> None:
    unmet, met = decision([row("one", NO_GO)]), decision([row("one", GO)], LOCKED, ["Ada", "Bob"])
    assert [condition.sentence for condition in unmet.conditions] == [
        "Not every deciding row is GO.",
        "The checklist is a draft: lock it, then gather evidence.",
        "At least one deciding row is measured.",
        "Nothing in the phase plan blocks.",
        "The rollout has not begun.",
        "No early warning waits for an answer.",
        "No phase is under way that would have to run longer.",
        "No phase is under way that would have to show more.",
        "Not signed. Without sign-in nobody's identity is verified: ready for sign-off at most.",
    ]
    assert [condition.sentence for condition in met.conditions] == [
        "Every deciding row is GO.",
        "The checklist is locked.",
        "At least one deciding row is measured.",
        "Nothing in the phase plan blocks.",
        "The rollout has not begun.",
        "No early warning waits for an answer.",
        "No phase is under way that would have to run longer.",
        "No phase is under way that would have to show more.",
        "Signed by Ada, Bob.",
    ]


ROLLOUT = [
    # where it stands: the conditions of the rollout that lack, and their sentences
    (
        Standing(),
        {"plan": "There is no phase plan, so there is no phase to start."},
        ["a phase plan"],
    ),
    (stands("start beta -14"), {}, []),
    (
        stands("start beta -13"),
        {"duration": "Beta has to run for the rest of today; pauses do not count."},
        ["the rest of today"],
    ),
    (
        stands("start beta -20", "pause beta -19"),
        {
            "state": "The rollout is paused: it has to be resumed first.",
            "duration": "Beta has to run for 12 days after today; pauses do not count.",
        },
        ["a resume", "12 days after today"],
    ),
    (
        stands("start beta -20", "roll_back beta -1"),
        {"state": "The rollout was rolled back: it has to be started again."},
        ["a new start"],
    ),
    (stands("start full -1"), {}, []),
    (
        stands("start full -9", "complete full -1"),
        {"state": "The rollout is complete: there is no next phase."},
        ["a new start"],
    ),
    (
        stands("start gone -9"),
        {
            "plan": "The current phase, gone, is no longer in the phase plan: put it back.",
            "duration": "No plan says how long the current phase, gone, has to run.",
        },
        ["a mend of the phase plan", "a phase that the plan knows"],
    ),
]


@pytest.mark.parametrize(("standing", "lacks", "waits"), ROLLOUT)
def test_what_the_rollout_itself_waits_for(
    standing: Standing, lacks: dict[str, str], waits: list[str]
) -> None:
    found = decision([row("one", GO)], LOCKED, ["Ada"], standing)
    assert {condition.name: condition.sentence for condition in found.lacking} == lacks
    assert waits_for(found) == tuple(waits)
    assert found.verdict is GO, "the verdict is about the rows only"


def test_a_phase_shows_its_criteria_and_its_own_bars() -> None:
    advice = row("one", NOT_ENOUGH, tier=Tier.ADVISORY)
    own = row("one", NO_DATA)
    facts = Facts(
        "helper",
        [row("two", GO), advice],
        LOCKED,
        "b" * 64,
        signatures=signed("Ada"),
        standing=stands("start beta -20"),
        phase_rows=[own],
    )
    found = decide(facts, NOW)
    assert [(condition.name, condition.sentence) for condition in found.lacking] == [
        ("criteria", "Beta has still to show: one (not enough evidence); one (no data).")
    ]
    assert found.verdict is GO
    assert waits_for(found) == ("what Beta must show",)


def test_a_blocking_finding_of_the_plan_blocks_and_advice_does_not() -> None:
    findings = lint(PLAN, read_checklist({"stakes": "high"}))
    assert any(finding.blocks for finding in findings)

    def lacking(which: bool) -> list[str]:
        chosen = [finding for finding in findings if finding.blocks is which]
        facts = Facts(
            "helper", [row("one", GO)], LOCKED, "b" * 64, signatures=signed("Ada"), standing=stands(),
            plan_findings=chosen,
        )  # fmt: skip
        return [condition.name for condition in decide(facts, NOW).lacking]

    assert (lacking(True), lacking(False)) == (["plan"], [])


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (NO_GO, "one and 1 more to be mended"),
        (STALE, "newer evidence for one and 1 more"),
        (NO_DATA, "an answer to “one” and 1 more"),
    ],
)
def test_what_the_rows_wait_for_in_few_words(verdict: Verdict, words: str) -> None:
    found = decision([row("one", verdict), row("two", verdict)], LOCKED, ["Ada"])
    assert waits_for(found) == (words,)


def test_without_a_deciding_row_it_waits_for_a_checklist() -> None:
    assert waits_for(decision([], LOCKED, ["Ada"]))[0] == "a checklist that decides"


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
