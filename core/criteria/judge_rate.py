"""Judging a measurement against its bar: the answer of its bounds, and how much more would settle it."""

import math

from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge_amount import compare_mean, foretell
from core.criteria.judgement import Judgement
from core.criteria.not_yet import FEWEST_WITNESSES, not_yet
from core.criteria.verdict import Verdict
from core.criteria.wording import bar_words, clean_words, counted_words
from core.metrics.catalogue import Shape, metric
from core.metrics.measure import bounds_behind
from core.metrics.measurement import Cluster, Measurement
from core.statistics.clustered_bounds import ClusteredBounds, Counts
from core.statistics.comparison import Answer, answer_of
from core.statistics.sample_size import more_cases


def judge_measurement(item: MeasuredItem, finding: Measurement) -> Judgement:
    """GO only where the bounds clear the bar on its good side and nothing else keeps it from passing."""
    wanted = _wanted(item)
    sentences = counted_words(finding), clean_words(finding), f"The bar is {bar_words(item)}."
    said = " ".join(sentence for sentence in sentences if sentence)
    if metric(item.metric).shape is Shape.MEAN:
        answer = compare_mean(finding, item.limit)
        if answer is Answer.UNDECIDED:
            return _undecided_mean(finding, item.limit, wanted, said)
    else:
        target, found = _target(item, finding), bounds_behind(finding)
        answer = answer_of(found.interval, target)
        if answer is Answer.UNDECIDED:
            return _undecided(finding, found, target, wanted, said)
    if answer is not wanted:
        return Judgement(Verdict.NO_GO, said)
    if (missing := not_yet(item, finding)) is not None:
        sentence, more = missing
        to = Verdict.GO if more is not None else None
        return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, f"{said} {sentence}", more, to)
    return Judgement(Verdict.GO, said)


def _target(item: MeasuredItem, finding: Measurement) -> float:
    """The share that the passes are compared with: the bar itself, or the quantile of a latency bar."""
    asked = metric(finding.metric)
    return asked.level if asked.shape is Shape.QUANTILE else item.limit


def _wanted(item: MeasuredItem) -> Answer:
    """The answer that means GO. "p95 under the bar" means "more than 95 % of rows are under the bar"."""
    if metric(item.metric).shape is Shape.QUANTILE or item.direction is Direction.ABOVE:
        return Answer.ABOVE
    return Answer.BELOW


def _undecided(
    finding: Measurement, found: ClusteredBounds, target: float, wanted: Answer, so_far: str
) -> Judgement:
    counts = _leaning(finding, found, target)
    further = more_cases(counts.passes, counts.n, target, finding.error, running=finding.running)
    if further.count is None and finding.n < FEWEST_WITNESSES and wanted is Answer.ABOVE:
        fewest = further.fewest or 0
        return Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{so_far} So few cases, right at the bar, foretell nothing: at least {fewest:,} more.",
            fewest,
            Verdict.GO,
        )
    if further.count is None:
        return Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{so_far} Too close to call: improve the feature; more cases alone will hardly settle it.",
        )
    more, words = _more_words(finding, counts, max(further.count, 1))
    if further.towards is not wanted:
        why = f"{so_far} Not enough evidence; at today's rate it will fail, after {words}."
        return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, why, more, Verdict.NO_GO)
    why = f"{so_far} Not enough evidence: {words} if this rate holds.{_each_once(finding, counts)}"
    return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, why, more, Verdict.GO)


def _leaning(finding: Measurement, found: ClusteredBounds, target: float) -> Counts:
    """The counts behind the bound that is in the way, on the side that the rate leans to."""
    plain = Counts(finding.effective_passes, finding.effective_n)
    rate = plain.passes / plain.n
    counts = found.low_from if rate > target else found.high_from
    # What is set aside for a bound may carry the counts across the target; then they foretell nothing.
    same_side = counts.n > 0 and (counts.passes / counts.n > target) == (rate > target)
    return counts if same_side and rate != target else plain


def _more_words(finding: Measurement, counts: Counts, further: int) -> tuple[int, str]:
    """``further`` independent cases as rows: repeats by the same users make more of them necessary."""
    if finding.audit is not None and finding.audit.is_corrected:
        labels = math.ceil(further * finding.audit.labels / counts.n)
        return labels, f"about {labels:,} more human label{'' if labels == 1 else 's'} of judged traces"
    more = math.ceil(round(further * finding.n / counts.n, 6))
    noun = "case" if finding.tally.cluster is Cluster.CASE else "trace"
    words = f"about {more:,} more {noun}{'' if more == 1 else 's'}"
    witnesses = len(finding.tally.n_by_cluster)
    if finding.tally.cluster is Cluster.CASE or finding.n < 1.05 * witnesses:
        return more, words
    users = math.ceil(round(further * witnesses / counts.n, 6))
    return more, f"{words} by about {users:,} more {finding.tally.cluster}{'' if users == 1 else 's'}"


def _each_once(finding: Measurement, counts: Counts) -> str:
    """Why so many users are needed where the ones there are have passed, or all but a few of them."""
    witnesses = len(finding.tally.n_by_cluster)
    if finding.tally.cluster is Cluster.CASE or finding.n < 1.05 * witnesses:
        return ""
    if counts.passes not in (0, counts.n):
        return ""
    one = finding.tally.cluster
    return f" So far each {one} counts once: too few fail to tell how alike the traces of one {one} are."


def _undecided_mean(finding: Measurement, bar: float, wanted: Answer, so_far: str) -> Judgement:
    sentence, more, towards = foretell(finding, bar)
    to = None if towards is None else Verdict.GO if towards is wanted else Verdict.NO_GO
    return Judgement(Verdict.NOT_ENOUGH_EVIDENCE, f"{so_far} {sentence}", more, to)
