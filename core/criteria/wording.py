"""The words of a row: its label, its bar, and what was counted."""

from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import Metric, Shape, metric
from core.metrics.measurement import Cluster, Measurement
from core.units import Rounding, Unit, write, write_interval


def item_label(item: MeasuredItem) -> str:
    """What the row is about: "Answer correctness, billing"."""
    asked = metric(item.metric)
    label = asked.label
    if asked.shape is Shape.NONE_IN_FIRST:
        label = f"Hallucinations in the first {item.count} traces"
    return ", ".join([label, *(value for _, value in sorted(item.slice.items()))])


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


def counted_words(finding: Measurement) -> str:
    """The counts, the value and its interval in one sentence, with what they are worth."""
    asked = metric(finding.metric)
    if asked.shape is Shape.QUANTILE:
        head = f"{_beyond_words(finding, asked)}; {_quantile_name(asked)} is {value_words(finding)}."
    elif asked.graded:
        head = f"Over {finding.n:,} traces, on average: {value_words(finding)}."
    else:
        passes = finding.effective_passes if finding.tally.cluster is Cluster.CASE else finding.tally.passes
        cases = "cases " if finding.tally.cluster is Cluster.CASE else ""
        head = f"{passes:,.4g} of {finding.n:,} {cases}{asked.noun}: {value_words(finding)}."
    return f"{head}{_worth_words(finding)}"


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
    """Both bounds rounded outward; a bound that this few cases cannot give is said in words."""
    low, high, unit = finding.low, finding.high, finding.unit
    if low is not None and high is not None:
        return write_interval(low, high, unit)
    if low is not None:
        return f"{write(low, unit, Rounding.DOWN)} or more"
    return "too few to say" if high is None else f"up to {write(high, unit, Rounding.UP)}"


def _worth_words(finding: Measurement) -> str:
    tally = finding.tally
    if tally.cluster is Cluster.CASE:
        results = tally.n
        return f" ({results:,} results: repeats of a case are averaged.)" if results > finding.n else ""
    if finding.effective_n < 0.95 * finding.n:
        worth = f"{finding.effective_n:,.0f} independent cases"
        return f" (Worth {worth}: some {tally.cluster}s come up several times.)"
    return ""
