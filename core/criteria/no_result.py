"""Test cases without a result: named beside every rate, and never what a pass rests on."""

from core.criteria.checklist import MeasuredItem
from core.metrics.catalogue import metric
from core.metrics.measurement import Measurement, Source
from core.metrics.quality import EVAL_HAS_RESULT
from core.units import Rounding, Unit, write


def cases_without_result(finding: Measurement) -> int:
    """How many cases have results of which none says passed or failed: the judge broke, a limit was
    reached, the cell is blank. Of metrics that are not about every case nobody can say, so 0."""
    if finding.source is not Source.EVAL:
        return 0
    is_of_every_case = metric(finding.metric).reading(finding.source).eligible == EVAL_HAS_RESULT
    return finding.tally.unanswered if is_of_every_case else 0


def rate_if_they_failed(finding: Measurement) -> float:
    """The pass rate (0-1) of all cases, had every case without a result failed (METHODS 1, worst range)."""
    return finding.effective_passes / (finding.effective_n + cases_without_result(finding))


def no_result_words(finding: Measurement) -> str:
    """ " (40 more cases have no result; had they failed, it would be 60 %.)"; "" where every case has one."""
    without = cases_without_result(finding)
    if not without:
        return ""
    cases, they = ("1 more case has", "it") if without == 1 else (f"{without:,} more cases have", "they")
    worst = write(rate_if_they_failed(finding), Unit.SHARE, Rounding.DOWN)
    return f" ({cases} no result; had {they} failed, it would be {worst}.)"


def rests_on_them(item: MeasuredItem, finding: Measurement) -> bool:
    """Whether the cases without a result decide: had they failed, the rate would not be above the bar."""
    return bool(cases_without_result(finding)) and rate_if_they_failed(finding) <= item.limit
