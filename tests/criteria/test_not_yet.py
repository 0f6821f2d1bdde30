"""Why evidence that clears its bar still cannot pass: what is said of an AI judge of a fault."""

from dataclasses import replace

import pytest

from core.criteria.checklist import MeasuredItem
from core.criteria.not_yet import not_yet
from core.metrics.measure import measure_rate
from core.metrics.measurement import Audit, Cluster, Measurement, Source, Tally
from core.metrics.requests import TallyRequest

RATES = {
    # Of a rate that should be high what passes is good, of a fault it is the fault.
    "answer_correctness": "it passes 90 % of what people pass and fails 50 % of what they fail",
    "hallucination_rate": "it passes 50 % of what people pass and fails 90 % of what they fail",
}


def judged(metric: str, audit: Audit) -> str:
    tally = Tally((1.0,) * 60, (1,) * 60, Cluster.USER, rows=60)
    found = measure_rate(TallyRequest(metric, Source.JUDGE), tally, 0.05)
    assert isinstance(found, Measurement)
    item = MeasuredItem(id="judged", metric=metric, source=Source.JUDGE, bar=0.5)
    reason = not_yet(item, replace(found, audit=audit))
    assert reason is not None
    return reason[0]


@pytest.mark.parametrize(("metric", "sentence"), RATES.items())
def test_a_weak_judge_passes_what_is_good_whatever_the_metric_counts(metric: str, sentence: str) -> None:
    audit = Audit(0.5, 60, both_pass=18, pass_fail=2, fail_pass=10, both_fail=10, is_corrected=True)
    assert sentence in judged(metric, audit)


@pytest.mark.parametrize(("metric", "word"), [("answer_correctness", "pass"), ("hallucination_rate", "fail")])
def test_labels_that_all_say_the_same_say_it_in_the_sense_of_the_metric(metric: str, word: str) -> None:
    audit = Audit(0.5, 60, both_pass=30, pass_fail=10, fail_pass=0, both_fail=0, is_corrected=False)
    assert f"all 40 labels by hand {word}" in judged(metric, audit)
