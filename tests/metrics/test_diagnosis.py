"""Diagnoses: a sentence appears only where the intervals carry it, and the most telling one wins."""

from dataclasses import replace

import pytest

from core.metrics.catalogue import CATALOGUE, Shape
from core.metrics.diagnosis import RULES, Side, diagnose
from core.metrics.measurement import Cluster, Measurement, Slice, Source, Tally
from core.units import Unit

TOOL, RECALL = "tool_selection_accuracy", "retrieval_recall"
ANSWER, GROUNDED, ACCEPTED = "answer_correctness", "grounding_accuracy", "user_acceptance"


def found(metric: str, low: float | None, high: float | None) -> Measurement:
    tally = Tally((1.0,), (1,), Cluster.USER)
    value = ((low or 0.0) + (high if high is not None else 1.0)) / 2
    return Measurement(
        metric, Source.LABEL, Slice(), Unit.SHARE, value, low, high, tally, 1, 1, True, 0.05
    )  # fmt: skip


def told(**bounds: tuple[float | None, float | None]) -> list[str]:
    measured = {metric: found(metric, low, high) for metric, (low, high) in bounds.items()}
    return [diagnosis.rule.id for diagnosis in diagnose(measured)]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, []),
        # 95 % of the tools are right and 40 % of the answers.
        ({TOOL: (0.93, 0.97), ANSWER: (0.35, 0.45)}, ["right_tool_wrong_answer"]),
        ({TOOL: (0.90, 0.97), ANSWER: (0.35, 0.599)}, ["right_tool_wrong_answer"]),
        ({TOOL: (0.899, 0.97), ANSWER: (0.35, 0.45)}, []),  # the point value alone says nothing
        ({TOOL: (0.93, 0.97), ANSWER: (0.35, 0.6)}, []),
        ({TOOL: (0.93, 0.97)}, []),
        ({TOOL: (None, 0.97), ANSWER: (None, 0.45)}, []),
        # 90 % of the answers are right and 60 % are taken.
        ({ANSWER: (0.85, 0.94), ACCEPTED: (0.55, 0.69)}, ["right_but_not_useful"]),
        ({ANSWER: (0.84, 0.94), ACCEPTED: (0.55, 0.69)}, []),
        # Retrieval tells more than "retrieval or synthesis".
        ({TOOL: (0.93, 0.97), RECALL: (0.4, 0.5), ANSWER: (0.35, 0.45)}, ["fetches_too_little"]),
        ({TOOL: (0.93, 0.97), RECALL: (0.95, 0.99), ANSWER: (0.35, 0.45)}, ["has_all_it_needs"]),
        ({TOOL: (0.93, 0.97), RECALL: (0.6, 0.95), ANSWER: (0.35, 0.45)}, ["right_tool_wrong_answer"]),
        ({TOOL: (0.6, 0.79)}, ["wrong_tool"]),
        ({ACCEPTED: (0.85, 0.95), ANSWER: (0.5, 0.69)}, ["liked_but_wrong"]),
        ({ANSWER: (0.9, 0.95), GROUNDED: (0.6, 0.75)}, ["right_without_sources"]),
        # Retrieval beside grounding: what is fetched, and whether answers keep to it.
        ({RECALL: (0.9, 0.99), GROUNDED: (0.6, 0.79)}, ["has_sources_but_strays"]),
        ({RECALL: (0.89, 0.99), GROUNDED: (0.6, 0.79)}, []),
        ({RECALL: (0.5, 0.69), GROUNDED: (0.9, 0.99)}, ["keeps_to_too_little"]),
        ({GROUNDED: (0.9, 0.99), ANSWER: (0.5, 0.69)}, ["grounded_but_wrong"]),
        ({RECALL: (0.5, 0.69), GROUNDED: (0.9, 0.99), ANSWER: (0.4, 0.59)}, ["fetches_too_little"]),
    ],
)
def test_what_the_intervals_carry(
    bounds: dict[str, tuple[float | None, float | None]], expected: list[str]
) -> None:
    assert told(**bounds) == expected


@pytest.mark.parametrize("picked_unknown", [TOOL, ANSWER])
def test_an_interval_of_traces_picked_nobody_knows_how_carries_nothing(picked_unknown: str) -> None:
    measured = {TOOL: found(TOOL, 0.93, 0.97), ANSWER: found(ANSWER, 0.3, 0.5)}
    tally = replace(measured[picked_unknown].tally, sampling_known=False)
    assert diagnose(measured) != ()
    assert diagnose(measured | {picked_unknown: replace(measured[picked_unknown], tally=tally)}) == ()


@pytest.mark.parametrize("judged", [TOOL, ANSWER])
def test_what_an_ai_judge_says_carries_nothing(judged: str) -> None:
    measured = {TOOL: found(TOOL, 0.93, 0.97), ANSWER: found(ANSWER, 0.3, 0.5)}
    assert diagnose(measured | {judged: replace(measured[judged], source=Source.JUDGE)}) == ()


def test_a_diagnosis_shows_what_carries_it() -> None:
    (diagnosis,) = diagnose({TOOL: found(TOOL, 0.93, 0.97), ANSWER: found(ANSWER, 0.3, 0.5)})
    assert [measurement.metric for measurement in diagnosis.because] == [TOOL, ANSWER]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_can_hold_and_is_about_rates(rule) -> None:
    bounds = {
        condition.metric: (condition.limit, 1.0)
        if condition.side is Side.AT_LEAST
        else (0.0, condition.limit - 0.001)
        for condition in rule.conditions
    }
    assert rule.id in told(**bounds)
    assert all(CATALOGUE[metric].shape is Shape.RATE for metric in bounds)
    assert set(rule.overrides) <= {other.id for other in RULES}
    assert rule.sentence.endswith(".")


@pytest.mark.parametrize("from_eval_set", [TOOL, ANSWER])
def test_an_eval_set_and_the_traffic_are_not_held_against_each_other(from_eval_set: str) -> None:
    """Its cases are harder by design: wrong answers there do not go with right tools here."""
    measured = {TOOL: found(TOOL, 0.93, 0.97), ANSWER: found(ANSWER, 0.3, 0.5)}
    of_evals = {name: replace(one, source=Source.EVAL) for name, one in measured.items()}
    assert diagnose(measured | {from_eval_set: of_evals[from_eval_set]}) == ()
    assert [one.rule.id for one in diagnose(of_evals)] == ["right_tool_wrong_answer"]
