"""What is counted for the early warnings of a phase: worked examples, and what has no counter."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.criteria.checklist import MeasuredItem, read_checklist
from core.errors import InvalidDocument
from core.metrics.measurement import Source
from core.rollout.alarms import (
    Watch,
    cases_between,
    rule_words,
    silence_words,
    tripped_words,
    watches,
    why_words,
)
from core.rollout.plan import Phase, read_plan
from core.statistics.alarms import PointsRule

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
ANSWERS: dict[str, Any] = {"metric": "answer_correctness", "source": "label", "bar": 0.85, "tier": "pause"}


def phase(*warnings: dict[str, Any], bars: tuple[dict[str, Any], ...] = ()) -> Phase:
    body = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05], "warnings": warnings, "bars": bars}
    return read_plan({"phases": [body]}).phases[0]


def bar(
    value: float, metric: str = "answer_correctness", source: str = "label", **more: Any
) -> dict[str, Any]:
    return {
        "kind": "measured",
        "id": f"b{value * 100:.0f}-{source}",
        "metric": metric,
        "source": source,
        "bar": value,
        **more,
    }


def items(*bars: dict[str, Any]) -> list[MeasuredItem]:
    return [one for one in read_checklist({"items": bars}).items if isinstance(one, MeasuredItem)]


def only(warned: Phase, *bars: dict[str, Any]) -> Watch:
    (found, *_), blind = watches(warned, items(*bars))
    assert blind == ()
    return found


@pytest.mark.parametrize(
    ("warning", "bars", "rule"),
    [
        (ANSWERS, (bar(0.9),), PointsRule(7, 1, 67)),
        (ANSWERS | {"bar": 0.8}, (bar(0.9),), PointsRule(6, 1, 45)),
        (ANSWERS | {"bar": 0.8}, (bar(0.85),), PointsRule(14, 3, 174)),
        (ANSWERS | {"bar": 0.95}, (bar(0.98),), PointsRule(29, 1, 122)),
        # Of several bars the strictest was agreed to; one of a slice or of another source says nothing.
        (ANSWERS, (bar(0.87), bar(0.9)), PointsRule(7, 1, 67)),
        (ANSWERS, (bar(0.9), bar(0.99, slice={"task_type": "billing"})), PointsRule(7, 1, 67)),
        (ANSWERS, (bar(0.9), bar(0.99, source="eval")), PointsRule(7, 1, 67)),
    ],
)
def test_the_rule_follows_from_the_bar_that_was_agreed_to(
    warning: dict[str, Any], bars: tuple[dict[str, Any], ...], rule: PointsRule
) -> None:
    """METHODS section 4, one false alarm in 5,000 cases."""
    found = only(phase(warning), *bars)
    assert (found.rule, found.assumed) == (rule, False)


def test_a_bar_of_the_phase_comes_before_that_of_the_checklist() -> None:
    found = only(phase(ANSWERS, bars=(bar(0.9),)), bar(0.95))
    assert found.rule == PointsRule(7, 1, 67)


@pytest.mark.parametrize("bars", [(), (bar(0.85),), (bar(0.8),)])
def test_where_no_bar_says_what_is_normal_two_thirds_are_assumed(bars: tuple[dict[str, Any], ...]) -> None:
    """None at all, or one that is no stricter than the warning itself."""
    found = only(phase(ANSWERS), *bars)
    assert (found.expected, found.alarm, found.assumed) == (pytest.approx(0.1), pytest.approx(0.15), True)
    assert (
        "two thirds of the bad cases that raise the alarm are taken for it: 10 %, against 15 %"
        in why_words(found)
    )


def test_all_that_act_share_the_false_alarms() -> None:
    roll_back, tells = ANSWERS | {"tier": "roll_back"}, ANSWERS | {"tier": "advisory"}
    tripwire = {"metric": "hallucination_rate", "bar": 0, "tier": "pause"}
    suite = {"metric": "eval_pass_rate", "bar": 0.8, "tier": "pause"}
    assert cases_between(phase(ANSWERS)) == 5_000
    assert cases_between(phase(ANSWERS, tells, tripwire, suite)) == 5_000
    assert cases_between(phase(ANSWERS, roll_back)) == 10_000
    assert cases_between(phase(tells)) == 5_000


def test_any_source_is_each_of_them_but_test_sets() -> None:
    found, _ = watches(phase({"metric": "answer_correctness", "bar": 0.85}), ())
    assert [one.source for one in found] == [Source.LABEL, Source.JUDGE]
    tripwires, _ = watches(phase({"metric": "hallucination_rate", "bar": 0}), ())
    assert [(one.source, one.rule) for one in tripwires] == [(Source.LABEL, None)]


@pytest.mark.parametrize(
    ("metric", "value", "expected", "alarm"),
    [("latency_p95", 8000, 0.05, 0.1), ("cost_p99", 0.5, 0.01, 0.02), ("latency_p50", 2000, 0.5, 0.75)],
)
def test_amounts_are_followed_by_the_share_over_their_bar(
    metric: str, value: float, expected: float, alarm: float
) -> None:
    found = only(phase({"metric": metric, "bar": value}))
    assert (found.expected, found.alarm) == (pytest.approx(expected), pytest.approx(alarm))
    assert "may lie over the bar" in why_words(found)


@pytest.mark.parametrize(
    ("warning", "why"),
    [
        ({"metric": "eval_pass_rate", "bar": 0.8}, "Test results are no traffic"),
        ({"metric": "answer_correctness", "source": "eval", "bar": 0.8}, "Test results are no traffic"),
        ({"metric": "retrieval_recall", "bar": 0.8}, "Its cases pass in parts"),
        ({"metric": "cost_per_task", "bar": 0.8}, "An average has no bar for a single case"),
    ],
)
def test_what_has_no_counter_says_why(warning: dict[str, Any], why: str) -> None:
    found, (blind,) = watches(phase(warning), ())
    assert found == () and blind.why.startswith(why)


@pytest.mark.parametrize(
    ("warning", "words"),
    [
        (ANSWERS, "Every wrong answer adds 7 points, every right one takes 1 off; at 67 we stop."),
        (ANSWERS | {"tier": "advisory"}, "every right one takes 1 off; at 67 we say so."),
        ({"metric": "error_rate", "bar": 0.2}, "Every case with “failed” adds"),
        (
            {"metric": "grounding_accuracy", "source": "label", "bar": 0.8},
            "Every case that is not supported adds",
        ),
        (
            {"metric": "latency_p95", "bar": 8000},
            "Every case of 8 s or more adds 13 points, every other takes",
        ),
        ({"metric": "hallucination_rate", "bar": 0}, "One is enough: at the first case we stop."),
    ],
)
def test_the_rule_in_words(warning: dict[str, Any], words: str) -> None:
    assert words in rule_words(only(phase(warning), bar(0.9)))


def test_a_tripwire_that_several_cases_tripped() -> None:
    found = only(phase({"metric": "hallucination_rate", "bar": 0}))
    assert tripped_words(found, NOW, 3).endswith("There are 3 cases, the first on 2 March 2026.")


@pytest.mark.parametrize("metric", ["answer_correctness", "latency_p95", "reaction_rate"])
def test_only_a_rate_that_should_be_low_can_have_a_tripwire(metric: str) -> None:
    with pytest.raises(InvalidDocument, match="bar of a warning must be above 0"):
        phase({"metric": metric, "bar": 0})


@pytest.mark.parametrize(
    ("hours", "words"), [(47, ""), (48, "48 hours"), (95, "95 hours"), (96, "4 days"), (485, "20 days")]
)
def test_how_long_nothing_has_come(hours: int, words: str) -> None:
    said = silence_words(NOW - timedelta(hours=hours), NOW)
    assert words in said and bool(said) == bool(words)
    assert silence_words(None, NOW) == ""
