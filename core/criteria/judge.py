"""Judging one item: a finding against a committed bar, or a person's answer against its age.

Nothing passes by default. Every verdict carries the sentence that explains it, with the value, the
interval, the n and the bar.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.criteria.checklist import AttestedItem, Direction, MeasuredItem
from core.criteria.verdict import Verdict
from core.criteria.wording import bar_words, counted_words, days_words, item_label
from core.metrics.catalogue import Shape, metric
from core.metrics.measurement import Cluster, Finding, FirstTraces, Measurement, NotMeasured, Source
from core.statistics.comparison import Answer, compare
from core.statistics.sample_size import more_cases
from core.statistics.zero_faults import most_bad_among, rate_still_possible
from core.units import Rounding, Unit, write

FEWEST_WITNESSES = 20
"""Under so many users (sessions, days) production evidence cannot pass (METHODS section 1)."""


class AnswerGiven(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class PersonsAnswer:
    """What a person answered to an attested item."""

    answer: AnswerGiven
    why: str
    link: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Row:
    """One item with its verdict. ``more_cases`` more cases would settle it ``more_cases_to``."""

    item: MeasuredItem | AttestedItem
    label: str
    bar: str
    verdict: Verdict
    why: str
    finding: Finding | None = None
    answer: PersonsAnswer | None = None
    more_cases: int | None = None
    more_cases_to: Verdict | None = None
    set_aside: bool = False

    @property
    def counts(self) -> bool:
        """Whether the row has a say in the decision."""
        return self.item.decides and not self.set_aside


@dataclass(frozen=True)
class _Judgement:
    verdict: Verdict
    why: str
    more_cases: int | None = None
    more_cases_to: Verdict | None = None


def judge_measured(item: MeasuredItem, finding: Finding, now: datetime) -> Row:
    """The row of a criterion. ``finding`` was measured with the stakes' error and the item's bar."""
    match finding:
        case NotMeasured():
            judgement = _Judgement(Verdict.NO_DATA, finding.sentence)
        case _ if (age := _expired(item, finding, now)) is not None:
            judgement = _Judgement(
                Verdict.STALE,
                f"The newest evidence is {days_words(age)} old; it counts for {item.valid_days}.",
            )
        case FirstTraces():
            judgement = _judge_first(finding)
        case Measurement():
            judgement = _judge_measurement(item, finding)
    return Row(
        item=item,
        label=item_label(item),
        bar=bar_words(item),
        verdict=judgement.verdict,
        why=judgement.why,
        finding=finding,
        more_cases=judgement.more_cases,
        more_cases_to=judgement.more_cases_to,
    )


def judge_attested(item: AttestedItem, answer: PersonsAnswer | None, now: datetime) -> Row:
    """The row of an attested item: unanswered is NO DATA, an answer past its days is STALE."""
    set_aside = False
    if answer is None:
        verdict, why = Verdict.NO_DATA, "Nobody has answered this yet. Answer it on the Checklist page."
    elif item.valid_days is not None and now - answer.at > timedelta(days=item.valid_days):
        verdict = Verdict.STALE
        age = days_words((now - answer.at).days)
        why = f"Answered {age} ago by {answer.by}; it counts for {item.valid_days}."
    elif answer.answer is AnswerGiven.YES:
        verdict, why = Verdict.GO, f"Yes, says {answer.by}: {answer.why}"
    elif answer.answer is AnswerGiven.NO:
        verdict, why = Verdict.NO_GO, f"No, says {answer.by}: {answer.why}"
    else:
        verdict, why, set_aside = Verdict.GO, f"Not applicable, says {answer.by}: {answer.why}", True
    return Row(item, item.sentence, "yes", verdict, why, answer=answer, set_aside=set_aside)


def _expired(item: MeasuredItem, finding: Measurement | FirstTraces, now: datetime) -> int | None:
    """The age in days of evidence that no longer counts, else ``None``."""
    if item.valid_days is None or finding.newest is None:
        return None
    age = now - finding.newest
    return age.days if age > timedelta(days=item.valid_days) else None


def _judge_first(finding: FirstTraces) -> _Judgement:
    """METHODS section 2: passes only when all of the fixed first traces were reviewed and none is bad."""
    wanted, reviewed = finding.wanted, finding.reviewed
    if finding.bad:
        invent = "invents" if finding.bad == 1 else "invent"
        return _Judgement(
            Verdict.NO_GO,
            f"{finding.bad} of the first {wanted} traces {invent} something ({reviewed} reviewed). "
            "The bar is none.",
        )
    if reviewed < wanted:
        to_review = f"{wanted - reviewed} more to review"
        if finding.there < wanted:
            to_review += f", {wanted - finding.there} of them still to come"
        bound = ""
        if finding.sampling_known and reviewed:
            most = most_bad_among(finding.there, reviewed, 0, finding.error)
            bound = f" Up to {most} of the {finding.there} could still be bad." if most else ""
        return _Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{reviewed} of the first {wanted} traces are reviewed, none bad.{bound} {to_review}.",
            wanted - reviewed,
            Verdict.GO,
        )
    possible = write(rate_still_possible(wanted, finding.error), Unit.SHARE, Rounding.UP)
    return _Judgement(
        Verdict.GO,
        f"All of the first {wanted} traces are reviewed and none is bad. "
        f"The true rate could still be up to {possible}.",
    )


def _judge_measurement(item: MeasuredItem, finding: Measurement) -> _Judgement:
    target = _target(item, finding)
    answer = compare(
        finding.effective_passes, finding.effective_n, target, finding.error, running=finding.running
    ).answer
    wanted = _wanted(item)
    counted = counted_words(finding)
    bar = f"The bar is {bar_words(item)}."
    if answer is Answer.UNDECIDED:
        return _undecided(finding, target, wanted, f"{counted} {bar}")
    if answer is not wanted:
        return _Judgement(Verdict.NO_GO, f"{counted} {bar}")
    if (missing := _not_yet(item, finding)) is not None:
        sentence, more = missing
        return _Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{counted} {bar} {sentence}",
            more,
            Verdict.GO if more is not None else None,
        )
    return _Judgement(Verdict.GO, f"{counted} {bar}")


def _target(item: MeasuredItem, finding: Measurement) -> float:
    """The share that the passes are compared with: the bar itself, or the quantile of a latency bar."""
    asked = metric(finding.metric)
    if asked.shape is Shape.QUANTILE:
        return asked.level
    return item.limit


def _wanted(item: MeasuredItem) -> Answer:
    """The answer that means GO. "p95 under the bar" means "more than 95 % of rows are under the bar"."""
    if metric(item.metric).shape is Shape.QUANTILE or item.direction is Direction.ABOVE:
        return Answer.ABOVE
    return Answer.BELOW


def _undecided(finding: Measurement, target: float, wanted: Answer, so_far: str) -> _Judgement:
    further = more_cases(
        finding.effective_passes, finding.effective_n, target, finding.error, running=finding.running
    )
    if further.count is None and finding.n < FEWEST_WITNESSES and wanted is Answer.ABOVE:
        fewest = further.fewest or 0
        return _Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{so_far} So few cases, right at the bar, foretell nothing: at least {fewest:,} more.",
            fewest,
            Verdict.GO,
        )
    if further.count is None:
        return _Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{so_far} Too close to call: improve the feature; more cases alone will hardly settle it.",
        )
    # Projections are in independent cases; repeats by the same users make more rows necessary.
    more = math.ceil(further.count * finding.n / finding.effective_n)
    to = Verdict.GO if further.towards is wanted else Verdict.NO_GO
    noun = "case" if finding.tally.cluster is Cluster.CASE else "trace"
    words = f"about {more:,} more {noun}{'' if more == 1 else 's'}"
    if to is Verdict.NO_GO:
        return _Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{so_far} Not enough evidence; at today's rate it will fail, after {words}.",
            more,
            to,
        )
    why = f"{so_far} Not enough evidence: {words} if this rate holds."
    return _Judgement(Verdict.NOT_ENOUGH_EVIDENCE, why, more, to)


def _not_yet(item: MeasuredItem, finding: Measurement) -> tuple[str, int | None] | None:
    """Why evidence that is good enough by its interval still cannot pass, and how much is missing."""
    witnesses = len(finding.tally.n_by_cluster)
    if len(finding.tally.bundles) > 1:
        releases = " and ".join(finding.tally.bundles[:3])
        return (
            f"The evidence mixes releases ({releases}), and a pass must be of one release: "
            "upload results of the live one only, or lock again to count what comes after.",
            None,
        )
    if finding.source is Source.JUDGE:
        return "An AI judge alone cannot pass a row: review a sample by hand.", None
    if not finding.tally.sampling_known:
        return (
            "Nobody said how these traces were picked for review, so they cannot pass. "
            "Say it in a “sampling” column: complete, random, stratified or worst.",
            None,
        )
    if finding.n < item.minimum_n:
        missing = item.minimum_n - finding.n
        return f"The checklist asks for at least {item.minimum_n:,} cases: {missing:,} more.", missing
    if finding.tally.cluster is not Cluster.CASE and witnesses < FEWEST_WITNESSES:
        missing = FEWEST_WITNESSES - witnesses
        return (
            f"There are only {witnesses} {finding.tally.cluster}s; at least {FEWEST_WITNESSES} are needed.",
            missing,
        )
    return None
