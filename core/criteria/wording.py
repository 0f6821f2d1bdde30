"""The words of a row: its label, its bar, and what was counted."""

import math

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.no_result import no_result_words
from core.criteria.scope_parts import RegressionRule
from core.metrics.catalogue import Better, Metric, Shape, metric
from core.metrics.measurement import Audit, Cluster, Measurement, Source
from core.statistics.costs import FEWEST_TASKS
from core.statistics.unanswered import rate_if_all_answered
from core.statistics.zero_faults import clean_cases_for, rate_still_possible
from core.units import Rounding, Unit, write, write_interval

_ROUND_RATES = (0.1, 0.05, 0.01, 0.005, 0.001)


def item_label(item: MeasuredItem) -> str:
    """What the row is about: "Answer correctness, billing"."""
    asked = metric(item.metric)
    label = asked.label
    if asked.shape is Shape.NONE_IN_FIRST:
        label = f"Hallucinations in the first {item.count} traces"
    return ", ".join([label, *(value for _, value in sorted(item.slice.items()))])


def label_of(item: MeasuredItem | AttestedItem) -> str:
    """What a row is about, measured or answered: "Answer correctness", "Every tool has an owner"."""
    return item_label(item) if isinstance(item, MeasuredItem) else item.sentence.rstrip(".?")


def item_sentence(item: MeasuredItem) -> str:
    """What the item demands: "Answer correctness, billing is above 80 %"."""
    if item.sentence:
        return item.sentence
    if metric(item.metric).shape is Shape.NONE_IN_FIRST:
        where = "".join(f", {value}" for _, value in sorted(item.slice.items()))
        return f"No hallucinations in the first {item.count} traces{where}"
    return f"{item_label(item)} is {bar_words(item)}"


def bar_words(item: MeasuredItem) -> str:
    """The bar as a person says it: "above 80 %", "below 8 s", "none in the first 100"."""
    asked = metric(item.metric)
    if asked.shape is Shape.NONE_IN_FIRST:
        return f"none in the first {item.count}"
    return f"{item.direction} {write(item.limit, asked.unit)}"


def days_words(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def regression_words(rule: RegressionRule) -> str:
    """ "3 points lower; never worse for segment = new; “refund twice” never fails"."""
    margin = rule.margin_points
    words = ["no margin is written down" if margin is None else f"{margin:g} percentage points lower"]
    if rule.slices:
        words.append(f"never worse for {', '.join(f'{one.column} = {one.value}' for one in rule.slices)}")
    words += [f"“{case}” never fails" for case in rule.critical_cases]
    return "; ".join(words)


def counted_words(finding: Measurement) -> str:
    """The counts, the value and its interval in one sentence, with what they are worth."""
    asked = metric(finding.metric)
    if finding.audit is not None and finding.audit.is_corrected:
        return _corrected_words(finding, finding.audit)
    if asked.shape is Shape.QUANTILE:
        head = f"{_beyond_words(finding, asked)}; {_quantile_name(asked)} is {value_words(finding)}."
    elif asked.shape is Shape.MEAN:
        head = f"{_tasks_words(finding, asked)}, on average: {value_words(finding)}."
    elif asked.graded:
        head = f"Over {finding.n:,} traces, on average: {value_words(finding)}."
    else:
        passes = finding.effective_passes if finding.tally.cluster is Cluster.CASE else finding.tally.passes
        cases = "cases " if finding.tally.cluster is Cluster.CASE else ""
        head = f"{passes:,.4g} of {finding.n:,} {cases}{asked.noun}: {value_words(finding)}."
    more = f"{_worth_words(finding)}{_kinds_words(finding)}{no_result_words(finding)}"
    return f"{head}{more}{unpicked_words(finding)}"


def unpicked_words(finding: Measurement) -> str:
    """That labels are left out because nobody said how their traces were picked; "" where none are."""
    left = finding.tally.unpicked
    if not left:
        return ""
    rows = "1 more labelled row is" if left == 1 else f"{left:,} more labelled rows are"
    return f" ({rows} not in the number: nobody said how they were picked, and of these somebody did.)"


def _corrected_words(finding: Measurement, audit: Audit) -> str:
    raw = write(audit.raw, finding.unit)
    return (
        f"The judge says {raw} of {audit.judged:,} traces; corrected with {audit.labels:,} human labels "
        f"the rate is {value_words(finding)}."
    )


def _kinds_words(finding: Measurement) -> str:
    """That a rate is weighted, where counting plainly would say something else."""
    if finding.weighting is None or len([one for one in finding.weighting.strata if one.reviewed]) < 2:
        return ""
    return " (Reviewed by kind of task: each kind weighs what it is of the traffic.)"


def silent_words(finding: Measurement) -> str:
    """How far the rate could move if everybody had reacted; "" where it is not of those who reacted."""
    silent, asked = finding.tally.unscored, finding.tally.rows
    if finding.source is not Source.FEEDBACK or not silent or metric(finding.metric).id == "reaction_rate":
        return ""
    answered = asked - silent
    could = rate_if_all_answered(finding.value * answered, answered, asked)
    return (
        f"{answered:,} of {asked:,} reacted; had all, it could be anything from "
        f"{write_interval(could.low, could.high, finding.unit)}."
    )


def clean_words(finding: Measurement) -> str:
    """What no fault at all still allows: the bound of one look, and the clean cases for a round rate."""
    asked = metric(finding.metric)
    if asked.shape is not Shape.RATE or asked.better is not Better.LOWER or finding.tally.passes:
        return ""
    if finding.audit is not None or not 1 <= finding.effective_n <= finding.n:
        return ""
    clean = math.floor(round(finding.effective_n, 6))
    possible = rate_still_possible(clean, finding.error)
    rate = next((one for one in _ROUND_RATES if one < possible), None)
    one_look = f"Looked at once it could still be up to {_up(possible)}"
    if rate is None:
        return f"{one_look}."
    more = math.ceil((clean_cases_for(rate, finding.error) - clean) * finding.n / finding.effective_n)
    return f"{one_look}; about {more:,} more clean traces would show under {write(rate, Unit.SHARE)}."


def _up(share: float) -> str:
    return f"{math.ceil(round(share * 1000, 6)) / 10:.1f} %"


def _tasks_words(finding: Measurement, asked: Metric) -> str:
    """What a mean is over: "Over 1,204 tasks", "For each of 950 successful tasks (of 1,204)"."""
    passes, tasks = round(finding.tally.passes), finding.tally.n
    if passes == tasks:
        return f"Over {tasks:,} tasks"
    return f"For each of {passes:,} {asked.noun} tasks (of {tasks:,})"


def _beyond_words(finding: Measurement, asked: Metric) -> str:
    """How many rows do not stay under the bar: "40 of 412 took 8 s or longer"."""
    beyond = finding.n - round(finding.tally.passes)
    bar = write(finding.bar or 0.0, asked.unit)
    match asked.unit:
        case Unit.MILLISECONDS:
            words = f"took {bar} or longer"
        case Unit.USD:
            words = f"cost {bar} or more"
        case _:
            words = f"used {bar} or more"
    return f"{beyond:,} of {finding.n:,} {words}"


def _quantile_name(asked: Metric) -> str:
    return "the median" if asked.level == 0.5 else f"p{asked.level * 100:g}"


def value_words(finding: Measurement) -> str:
    """The value with its interval: "48 % (30.2–66.2 %)"."""
    return f"{write(finding.value, finding.unit)} ({interval_words(finding)})"


def interval_words(finding: Measurement) -> str:
    """Both bounds rounded outward; a bound that this few cases cannot give is said in words.

    The interval of a mean covers too seldom under FEWEST_TASKS, so there it is not written.
    """
    if is_mean_of_few(finding):
        return f"too few to say: under {FEWEST_TASKS} tasks"
    low, high, unit = finding.low, finding.high, finding.unit
    if low is not None and high is not None:
        return write_interval(low, high, unit)
    if low is not None:
        return f"{write(low, unit, Rounding.DOWN)} or more"
    return "too few to say" if high is None else f"up to {write(high, unit, Rounding.UP)}"


def is_mean_of_few(finding: Measurement) -> bool:
    """Whether it is a mean of so few tasks that its interval would look surer than it is."""
    return metric(finding.metric).shape is Shape.MEAN and finding.tally.passes < FEWEST_TASKS


def _worth_words(finding: Measurement) -> str:
    tally = finding.tally
    if tally.cluster is Cluster.CASE:
        results = tally.n
        return f" ({results:,} results: repeats of a case are averaged.)" if results > finding.n else ""
    if finding.effective_n < 0.95 * finding.n:
        worth = f"{finding.effective_n:,.0f} independent cases"
        return f" (Worth {worth}: some {tally.cluster}s come up several times.)"
    return ""
