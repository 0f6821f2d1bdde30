"""The words of one number of the Health page: what it is worth, how it stands, why, and where it is from."""

from core.actions.gauges import Gauge, Part
from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.criteria.wording import bar_words
from core.metrics.measurement import Measurement
from core.units import Rounding, write
from core.web.screens.health_filters import part_words
from core.web.screens.provenance import counted_lines, worth_words
from core.web.wording import SOURCE_WORDS, write_moment

SOURCE_SHORT = {
    "eval": "evals",
    "label": "labels",
    "judge": "AI judge",
    "feedback": "users",
    "trace": "traces",
}
"""The sources in a word, where a row or a column head has no room for more."""

STANDS = {
    Verdict.GO: "Meets its bar",
    Verdict.NO_GO: "Misses its bar",
    Verdict.NOT_ENOUGH_EVIDENCE: "Not settled",
    Verdict.STALE: "Out of date",
    Verdict.NO_DATA: "Not measured",
}
"""How a number stands against its bar. The words of a verdict are for Go / no-go: here filters and what
came before the lock count as well, so the two need not agree."""

STANDS_MEAN = {
    Verdict.GO: "Its whole interval is on the good side of the bar.",
    Verdict.NO_GO: "Its whole interval is on the bad side of the bar.",
    Verdict.NOT_ENOUGH_EVIDENCE: "The cases so far do not settle on which side of the bar it is.",
    Verdict.STALE: "The evidence is older than the checklist lets it count, or of another release.",
    Verdict.NO_DATA: "There is no evidence for it.",
}


def name_of(gauge: Gauge) -> str:
    """The metric, and the slice that the row is of: "Answer correctness, billing"."""
    return ", ".join([gauge.metric.label, *(value for _, value in gauge.within.where)])


def write_bar(gauge: Gauge) -> str:
    """The bar as a person says it, "above 80 %"; empty where there is none."""
    item = gauge.row.item if gauge.row is not None else None
    return bar_words(item) if isinstance(item, MeasuredItem) else ""


def count_words(found: Measurement) -> str:
    """``n 1,780``, with what it is worth where that differs."""
    if found.effective_n < 0.95 * found.n:
        return f"n {found.n:,}, worth {worth_words(found.effective_n)}"
    return f"n {found.n:,}"


def why(gauge: Gauge) -> str:
    """Why a number stands as it does, in one sentence."""
    row, found = gauge.row, gauge.measured
    if row is None or found is None:
        return "No bar in the checklist for this source." if found else why_not(gauge)
    item = row.item
    if row.verdict is Verdict.STALE or not isinstance(item, MeasuredItem) or item.bar is None:
        return row.why
    above = item.direction is Direction.ABOVE
    if row.verdict is Verdict.GO:
        end = found.low if above else found.high
        if end is not None and (end > item.bar if above else end < item.bar):
            worst = write(end, found.unit, Rounding.DOWN if above else Rounding.UP)
            return f"Even the worse end of its interval, {worst}, is {write_bar(gauge)}."
        return STANDS_MEAN[Verdict.GO]
    if row.verdict is Verdict.NO_GO:
        end = found.high if above else found.low
        if end is not None and (end < item.bar if above else end > item.bar):
            best = write(end, found.unit, Rounding.UP if above else Rounding.DOWN)
            return f"Even the better end of its interval, {best}, is not {write_bar(gauge)}."
        return STANDS_MEAN[Verdict.NO_GO]
    if said := lacks(row):
        return said
    worse = found.low if above else found.high
    if worse is not None and (worse > item.bar if above else worse < item.bar):
        return f"Its interval is {write_bar(gauge)}, but rests on too few cases or {found.tally.cluster}s."
    return f"Its interval has both sides of the bar ({write_bar(gauge)}) in it."


def lacks(row: Row) -> str:
    """What keeps a row from passing beside its numbers, which stand above it already.

    How many more cases it takes is left to Go / no-go: there only what came after the lock counts.
    """
    if row.more_cases is not None:
        return ""
    before, found, rest = row.why.partition(f"The bar is {row.bar}.")
    return (rest if found else before).strip()


def why_not(gauge: Gauge) -> str:
    """Why it is not measured, and what to upload; empty where it is."""
    return "" if isinstance(gauge.finding, Measurement) else gauge.finding.sentence


def provenance(gauge: Gauge, part: Part) -> list[str]:
    """What a number is, of what, and how far it can be trusted, in sentences."""
    counted = f"Counted: {gauge.metric.reading(gauge.source).denominator}"
    found = gauge.measured
    if found is None:
        return [counted, why_not(gauge)]
    newest = f" Newest: {write_moment(found.newest)}." if found.newest is not None else ""
    within = "".join(f", {value} only" for _, value in gauge.within.where)
    lines = [
        counted,
        *counted_lines(found),
        f"Of {part_words(part)}{within}.{newest}",
        "Releases: " + (", ".join(found.tally.bundles[:5]) or "not recorded") + ".",
    ]
    if gauge.row is not None:
        stands = f"{STANDS[gauge.row.verdict]} ({write_bar(gauge)})."
        lines.append(f"{stands} {lacks(gauge.row)}".strip())
    return lines


COLUMNS = (
    *("Metric", "Slice", "Source", "Value", "Low", "High", "Unit", "n", "Effective n", "Bar"),
    *("Against the bar", "Why", "Newest", "Releases", "Of", "Not measured because"),
)
"""The columns of the file with every number."""


def line(gauge: Gauge, part: Part) -> tuple[object, ...]:
    """A number as a row of the file."""
    found, row = gauge.measured, gauge.row
    stands = STANDS[row.verdict] if row is not None else None
    within = ", ".join(value for _, value in gauge.within.where) or None
    head = (gauge.metric.label, within, SOURCE_WORDS[gauge.source])
    unit, bar, of = gauge.metric.unit.value, write_bar(gauge) or None, part_words(part)
    if found is None:
        return (*head, None, None, None, unit, 0, None, bar, stands, None, None, None, of, why_not(gauge))
    numbers = (found.value, found.low, found.high, unit, found.n, found.effective_n)
    releases = ", ".join(found.tally.bundles)
    return (*head, *numbers, bar, stands, why(gauge), found.newest, releases, of, None)
