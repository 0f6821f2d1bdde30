"""The way to a verdict, step by step: what is done, what comes next, and who has to do it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.criteria.checklist import Checklist, read_checklist
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.conditions import Condition
from core.decision.journey import JourneyFacts, journey, more_words
from core.decision.steps import STEP_GROUPS, STEP_KEYS, StepState, grouped, next_step
from core.evidence.columns import Kind
from core.metrics.measurement import NotMeasured, Slice, Source, Why
from core.rollout.plan import PhasePlan, read_plan
from core.rollout.standing import Standing, standing_of
from core.rollout.transitions import Move, Transition

EMPTY = JourneyFacts(
    decided=0,
    rows=(),
    verdict=Verdict.NO_DATA,
    is_locked=False,
    has_unlocked_changes=False,
    kinds=frozenset(),
    reader="Ada",
)


def items() -> Checklist:
    """``label`` and ``suite`` are measured, ``legal`` and ``drill`` are answered by people."""
    return read_checklist(
        {
            "items": [
                {
                    "kind": "measured",
                    "id": "label",
                    "metric": "answer_correctness",
                    "source": "label",
                    "bar": 0.8,
                },
                {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8},
                {"kind": "attested", "id": "legal", "sentence": "Legal has agreed.", "owner": "Lea"},
                {"kind": "attested", "id": "drill", "sentence": "The way back was tried."},
            ]
        }
    )


def row(item_id: str, verdict: Verdict, **said: Any) -> Row:
    item = items().item(item_id)
    assert item is not None
    finding = None
    if item.kind == "measured":
        finding = NotMeasured(item.metric, item.source, Slice(), Why.NO_ROWS, "Nothing yet.")
    label = {"label": "Answer correctness", "suite": "Eval pass rate"}.get(item_id, item.sentence)
    return Row(item, label, "the bar", verdict, "why", finding=finding, **said)


NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
PLAN = read_plan(
    {
        "phases": [
            {"id": "beta", "name": "Beta", "exposure_users": [50, 100], "minimum_days": 14},
            {"id": "full", "name": "Full", "exposure_share": [1, 1], "minimum_days": 7},
        ]
    }
)


def stands(*moves: str, plan: PhasePlan = PLAN) -> Standing:
    """After ``moves``, each "move phase day", seen NOW."""
    said = [words.split() for words in moves]
    made = [
        Transition(Move(move), phase, NOW + timedelta(days=int(day)), "Ada", "") for move, phase, day in said
    ]
    return standing_of(made, plan, plan, NOW)


DONE = stands("start full -30", "complete full -2")
READY = replace(
    EMPTY,
    decided=6,
    rows=(row("label", Verdict.GO), row("suite", Verdict.GO), row("legal", Verdict.GO)),
    verdict=Verdict.GO,
    is_locked=True,
    kinds=frozenset({Kind.TRACES, Kind.LABELS, Kind.EVALS}),
    standing=DONE,
)
NEED = {"more_cases": 460, "more_cases_to": Verdict.GO}


def asked(facts: JourneyFacts) -> str | None:
    step = next_step(journey(facts))
    return step and f"{step.page}: {step.ask}"


def with_rows(*rows: Row, verdict: Verdict = Verdict.NOT_ENOUGH_EVIDENCE) -> JourneyFacts:
    return replace(READY, rows=rows, verdict=verdict)


@pytest.mark.parametrize(
    ("facts", "ask"),
    [
        (EMPTY, "scope: decide the scope (0 of 6 decided)"),
        (replace(EMPTY, decided=6), "checklist: fill the checklist"),
        (replace(READY, standing=Standing()), "phase_plan: plan the phases"),
        (replace(READY, plan_blocking=1), "phase_plan: mend the phase plan (1 finding blocks)"),
        (replace(READY, plan_blocking=2), "phase_plan: mend the phase plan (2 findings block)"),
        (replace(READY, is_locked=False), "checklist: lock the checklist"),
        (replace(READY, has_unlocked_changes=True), "checklist: lock the changes of the checklist"),
        (replace(READY, has_unlocked_plan=True), "checklist: lock the changes of the phase plan"),
        (replace(READY, questions=1), "evidence: answer what 1 upload asks"),
        (replace(READY, kinds=frozenset()), "evidence: upload traces and labels and eval results"),
        (replace(READY, kinds=frozenset({Kind.TRACES, Kind.EVALS})), "evidence: upload labels"),
        (
            with_rows(row("label", Verdict.NO_GO), row("suite", Verdict.NOT_ENOUGH_EVIDENCE, **NEED)),
            "go_no_go: mend what fails: Answer correctness",
        ),
        (with_rows(row("drill", Verdict.NO_DATA)), "checklist: get 1 answer from people"),
        (with_rows(row("label", Verdict.STALE)), "evidence: bring newer evidence for Answer correctness"),
        (
            with_rows(row("label", Verdict.NOT_ENOUGH_EVIDENCE, **NEED)),
            "evidence: about 460 more labelled answers for Answer correctness",
        ),
        (
            with_rows(row("suite", Verdict.NOT_ENOUGH_EVIDENCE, more_cases=1, more_cases_to=Verdict.GO)),
            "evidence: about 1 more eval case for Eval pass rate",
        ),
        (
            with_rows(
                row("label", Verdict.NOT_ENOUGH_EVIDENCE, **NEED), row("suite", Verdict.NO_DATA)
            ),
            "evidence: evidence for Eval pass rate",
        ),
        (
            with_rows(row("label", Verdict.NOT_ENOUGH_EVIDENCE, more_cases=9, more_cases_to=Verdict.NO_GO)),
            "go_no_go: a better Answer correctness: at today's rate it will fail",
        ),
        (
            with_rows(row("label", Verdict.NOT_ENOUGH_EVIDENCE)),
            "evidence: a look at why Answer correctness is not settled",
        ),
        (READY, None),
    ],
)  # fmt: skip
def test_the_next_step_is_the_first_that_is_open(facts: JourneyFacts, ask: str | None) -> None:
    assert asked(facts) == ask


def test_what_needs_somebody_else_waits_behind_what_one_can_do_oneself() -> None:
    legal = row("legal", Verdict.NO_DATA)
    only_legal = with_rows(row("label", Verdict.GO), legal, verdict=Verdict.NO_DATA)
    step = next(step for step in journey(only_legal) if step.key == "answers")
    assert (step.state, step.who) == (StepState.SOMEONE_ELSE, "Lea")
    assert asked(only_legal) == "checklist: get 1 answer from people", "nothing else is left to do"
    more = with_rows(row("label", Verdict.NOT_ENOUGH_EVIDENCE, **NEED), legal)
    assert asked(more) == "evidence: about 460 more labelled answers for Answer correctness"
    hers = next(step for step in journey(replace(only_legal, reader="Lea")) if step.key == "answers")
    assert hers.state is StepState.OPEN
    mixed = with_rows(legal, row("drill", Verdict.STALE), verdict=Verdict.NO_DATA)
    assert next(step for step in journey(mixed) if step.key == "answers").state is StepState.OPEN


def test_steps_that_the_reader_may_not_take_need_someone_else_and_done_ones_stay_done() -> None:
    facts = replace(EMPTY, not_mine=frozenset(STEP_KEYS))
    steps = journey(facts)
    assert {step.state for step in steps} == {StepState.SOMEONE_ELSE}
    first = next_step(steps)
    assert first is not None and first.key == "scope", "it is still said what comes next"
    assert {step.state for step in journey(replace(READY, not_mine=frozenset(STEP_KEYS)))} == {StepState.DONE}


def test_a_stopped_rollout_is_looked_into_before_anything_is_signed() -> None:
    steps = journey(replace(READY, signed=(0, 2), standing=stands("start full -30", "pause full -2")))
    assert [getattr(next_step(steps, is_stopped=stops), "key", None) for stops in (False, True)] == [
        "sign",
        "rollout",
    ]
    more = journey(replace(EMPTY, standing=stands("start full -30", "pause full -2")))
    assert getattr(next_step(more, is_stopped=True), "key", None) == "scope", "what is open comes first"


def test_an_item_set_aside_by_its_answer_is_answered() -> None:
    facts = with_rows(row("drill", Verdict.GO, set_aside=True), row("suite", Verdict.GO), verdict=Verdict.GO)
    assert next(step for step in journey(facts) if step.key == "answers").words == "People's answers: 1 of 1"


def test_a_go_on_a_draft_is_not_the_end() -> None:
    steps = {step.key: step for step in journey(replace(READY, is_locked=False))}
    assert steps["go"].state is StepState.OPEN
    assert [step.key for step in journey(READY) if step.state is not StepState.DONE] == []
    unexplained = replace(READY, verdict=Verdict.NO_DATA)
    assert asked(unexplained) == "go_no_go: read what keeps the verdict from GO"


OPEN_CONDITIONS = tuple(
    Condition(name, False, "Not yet.") for name in ("release", "regressions", "rollback", "red_team")
)


def met(name: str) -> tuple[Condition, ...]:
    return (Condition(name, True, "It holds."),)


def test_the_steps_keep_their_order() -> None:
    everything = replace(
        with_rows(
            row("label", Verdict.NO_GO), row("suite", Verdict.STALE), row("drill", Verdict.NO_DATA)
        ),
        questions=2,
        asked=1,
        conditions=OPEN_CONDITIONS,
        signed=(1, 2),
    )  # fmt: skip
    assert tuple(step.key for step in journey(everything)) == STEP_KEYS


@pytest.mark.parametrize(
    ("changed", "key", "words", "state"),
    [
        ({"conditions": OPEN_CONDITIONS}, "rehearsal", "Way back: not rehearsed", StepState.OPEN),
        ({"conditions": met("rollback")}, "rehearsal", "Way back: rehearsed", StepState.DONE),
        ({"conditions": met("red_team")}, "red_team", None, None),
        ({"conditions": met("regressions")}, "regressions", None, None),
        ({}, "sign", None, None),
        ({"signed": (1, 3)}, "sign", "Signatures: 1 of 3", StepState.OPEN),
        ({"signed": (1, 3), "not_mine": {"sign"}}, "sign", "Signatures: 1 of 3", StepState.SOMEONE_ELSE),
        ({"signed": (3, 3)}, "sign", "Signatures: 3 of 3", StepState.DONE),
    ],
)  # fmt: skip
def test_what_the_release_and_the_signatures_still_lack(
    changed: dict[str, Any], key: str, words: str | None, state: StepState | None
) -> None:
    steps = {step.key: step for step in journey(replace(READY, **changed))}
    assert (steps[key].words, steps[key].state) == (words, state) if words else key not in steps


def test_signatures_come_after_everything_that_they_are_about() -> None:
    waiting = replace(READY, signed=(0, 2), standing=stands())
    assert asked(waiting) == "go_no_go: get 2 signatures"
    assert asked(replace(waiting, asked=1)) == "go_no_go: answer 1 question before signing"


@pytest.mark.parametrize("facts", [EMPTY, READY, replace(READY, conditions=OPEN_CONDITIONS, signed=(0, 1))])
def test_each_step_is_in_one_part_of_the_way(facts: JourneyFacts) -> None:
    steps = journey(facts)
    parts = grouped(steps)
    assert [step for _, there in parts for step in there] == list(steps)
    assert [name for name, _ in parts] == list(STEP_GROUPS)


@pytest.mark.parametrize("source", list(Source))
def test_every_source_has_words_for_its_cases(source: Source) -> None:
    item = items().item("suite")
    waiting = row("suite", Verdict.NOT_ENOUGH_EVIDENCE, **NEED)
    assert item is not None
    said = more_words(replace(waiting, item=item.model_copy(update={"source": source})))
    assert said.startswith("about 460 more ")


@pytest.mark.parametrize(
    ("standing", "words", "ask"),
    [
        (stands(), "Rollout: not started", "start Beta (50–100 users)"),
        (stands("start beta -5"), "Rollout: phase 1 of 2 running", "let Beta run for 8 days after today"),
        (stands("start beta -20"), "Rollout: phase 1 of 2 running", "go on to Full (everyone)"),
        (stands("start full -20"), "Rollout: phase 2 of 2 running", "complete the rollout"),
        (
            stands("start beta -20", "pause beta -1"),
            "Rollout: phase 1 of 2 paused",
            "find out what happened, then resume or roll back",
        ),
        (
            stands("start beta -20", "roll_back beta -1"),
            "Rollout: rolled back",
            "mend what led to the roll back, then start again",
        ),
    ],
)
def test_the_rollout_comes_last(standing: Standing, words: str, ask: str) -> None:
    facts = replace(READY, standing=standing)
    assert journey(facts)[-1].words == words
    assert asked(facts) == f"phase_plan: {ask}"
    waiting = with_rows(row("label", Verdict.NOT_ENOUGH_EVIDENCE, **NEED))
    assert asked(replace(waiting, standing=standing)) != asked(facts), "what the gate waits for comes first"
    unexplained = replace(facts, verdict=Verdict.NO_DATA)
    assert asked(unexplained) == "go_no_go: read what keeps the verdict from GO"


def test_a_rollout_that_is_complete_is_done() -> None:
    step = journey(READY)[-1]
    assert (step.words, step.state) == ("Rollout: complete", StepState.DONE)
