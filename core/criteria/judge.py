"""Judging one item: a finding against a committed bar, or a person's answer against its age.

Nothing passes by default. Every verdict carries the sentence that explains it, with the value, the
interval, the n and the bar.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.judge_rate import judge_measurement
from core.criteria.judgement import Judgement
from core.criteria.not_yet import FEWEST_WITNESSES
from core.criteria.verdict import Verdict
from core.criteria.wording import bar_words, days_words, item_label
from core.metrics.measurement import Finding, FirstTraces, Measurement, NotMeasured
from core.statistics.zero_faults import most_bad_among, rate_still_possible
from core.units import Rounding, Unit, write

__all__ = [
    "FEWEST_WITNESSES",
    "AnswerGiven",
    "PersonsAnswer",
    "Row",
    "WaiverHeld",
    "judge_attested",
    "judge_measured",
]


class AnswerGiven(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class PersonsAnswer:
    """What a person answered to an attested item; ``files`` are the hashes of what is attached to it.

    ``by_id`` is who it was; None without a sign-in.
    """

    answer: AnswerGiven
    why: str
    link: str
    by: str
    at: datetime
    by_id: int | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class WaiverHeld:
    """The waiver that sets a row aside until a moment: who approved it, and why it was asked for."""

    until: datetime
    approved_by: str
    reason: str


@dataclass(frozen=True)
class Row:
    """One item with its verdict. ``more_cases`` more cases would settle it ``more_cases_to``.

    A row with a ``waiver`` keeps its verdict and has no say. ``of_other_release``: it is STALE because all
    that is known of it is of another release than the live one.
    """

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
    waiver: WaiverHeld | None = None
    of_other_release: bool = False

    @property
    def counts(self) -> bool:
        """Whether the row has a say in the decision."""
        return self.item.decides and not self.set_aside and self.waiver is None


def judge_measured(item: MeasuredItem, finding: Finding, now: datetime) -> Row:
    """The row of a criterion. ``finding`` was measured with the stakes' error and the item's bar."""
    match finding:
        case NotMeasured():
            judgement = Judgement(Verdict.NO_DATA, finding.sentence)
        case _ if (expired := _expired(item, finding, now)) is not None:
            judgement = Judgement(Verdict.STALE, expired)
        case FirstTraces():
            judgement = _judge_first(finding)
        case Measurement():
            judgement = judge_measurement(item, finding)
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
        why = f"Answered {age} ago by {answer.by}; it counts for {days_words(item.valid_days)}."
    elif answer.answer is AnswerGiven.YES:
        verdict, why = Verdict.GO, f"Yes, says {answer.by}: {answer.why}"
    elif answer.answer is AnswerGiven.NO:
        verdict, why = Verdict.NO_GO, f"No, says {answer.by}: {answer.why}"
    else:
        verdict, why, set_aside = Verdict.GO, f"Not applicable, says {answer.by}: {answer.why}", True
    return Row(item, item.sentence, "yes", verdict, why, answer=answer, set_aside=set_aside)


def _expired(item: MeasuredItem, finding: Measurement | FirstTraces, now: datetime) -> str | None:
    """Of evidence that no longer counts how old it is and how old it may be, else ``None``."""
    if item.valid_days is None or finding.newest is None:
        return None
    age = now - finding.newest
    if age <= timedelta(days=item.valid_days):
        return None
    return f"The newest evidence is {days_words(age.days)} old; it counts for {days_words(item.valid_days)}."


def _judge_first(finding: FirstTraces) -> Judgement:
    """METHODS section 2: passes only when all of the fixed first traces were reviewed and none is bad."""
    wanted, reviewed = finding.wanted, finding.reviewed
    if finding.bad:
        invent = "invents" if finding.bad == 1 else "invent"
        return Judgement(
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
        return Judgement(
            Verdict.NOT_ENOUGH_EVIDENCE,
            f"{reviewed} of the first {wanted} traces are reviewed, none bad.{bound} {to_review}.",
            wanted - reviewed,
            Verdict.GO,
        )
    possible = write(rate_still_possible(wanted, finding.error), Unit.SHARE, Rounding.UP)
    return Judgement(
        Verdict.GO,
        f"All of the first {wanted} traces are reviewed and none is bad. "
        f"The true rate could still be up to {possible}.",
    )
