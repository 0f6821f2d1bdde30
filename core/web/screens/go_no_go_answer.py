"""The first screen of Go / no-go: the verdict, for which step, why, and what would change it."""

from collections.abc import Sequence

from core.actions.forecasts import ForecastView
from core.actions.waivers import WaiverLine
from core.criteria.checklist import Direction, MeasuredItem
from core.criteria.judge import Row
from core.criteria.verdict import Verdict, severity
from core.criteria.wording import interval_words
from core.decision.decide import ANSWERS_ALONE, Decision
from core.decision.waiting import waits_for
from core.decision.would_change import would_change
from core.metrics.measurement import Measurement, NotMeasured
from core.rollout.blast import Blast, blast_in_short
from core.rollout.forecast import Outcome
from core.rollout.standing import STATE_WORDS, Standing, reach_words
from core.rollout.transitions import State
from core.units import write
from core.web.safe import lit, lit_number
from core.web.screens import waivers
from core.web.widgets import verdict_box
from core.web.wording import (
    DRAFT_ICON,
    stakes_words,
    verdict_said,
    verdict_words,
    write_count,
    write_date,
    write_moment,
)

TOP_REASONS = 2
_LONGEST = 220


def answer(decision: Decision, waived: Sequence[WaiverLine], ahead: ForecastView) -> None:
    """The verdict in its box. Everything that an executive needs in the first minute, and no more."""
    draft = decision.bar.is_draft
    icon = DRAFT_ICON if draft else verdict_words(decision.verdict).icon
    step = f"**{lit(step_words(decision.standing))}** {_bars(decision)}{_stopped(decision)}"
    lines = reasons(decision)
    if coming := _what_next(decision, ahead):
        lines.append(f"**{coming[0]}** {lit(coming[1])}")
    counts = f":small[{lit(' '.join(_counts(decision, waived, ahead)))}]"
    parts = [f"# {icon} {verdict_said(decision.verdict, draft=draft)}", step, *lines, counts]
    verdict_box(decision.verdict, "\n\n".join(parts), draft=draft)


def step_words(standing: Standing) -> str:
    """What the verdict is for: "for Phase 3 · Gradual rollout (5–25 % of users)"."""
    coming = standing.next
    if standing.state is State.COMPLETE:
        return "for a rollout that is complete"
    if standing.state is State.PAUSED:
        return f"for {standing.name}"
    if coming is None:
        return "for the end of the rollout" if standing.is_in_last_phase else "for a first phase"
    place = standing.plan.phases.index(coming) + 1
    return f"for Phase {place} · {coming.name} ({reach_words(coming)})"


def days_of(ahead: ForecastView) -> dict[str, tuple[int, int]]:
    """How many days more of today's traffic a row takes, by the id of its item."""
    current = [phase for phase in ahead.phases[:1] if phase.is_current]
    return {
        one.item.id: one.days
        for phase in current
        for one in phase.criteria
        if one.outcome is Outcome.DAYS and one.days is not None
    }


def next_blast(decision: Decision, ahead: ForecastView) -> Blast | None:
    """The blast radius of the step that is decided about: the next phase, in the last one that phase."""
    phase = decision.standing.next or decision.standing.phase
    return ahead.blast(phase.id) if phase is not None else None


def reason_words(row: Row) -> str:
    """A row as a reason, as Markdown: what it is, its value, interval, n and bar; else its own sentence."""
    label = f"**{lit(row.label.rstrip('.?'))}**"
    protected = " (protected)" if isinstance(row.item, MeasuredItem) and row.item.protected else ""
    found = row.finding
    if isinstance(found, NotMeasured):
        # Its second sentence says what to do, which stands below the reasons.
        return f"{label}{protected}: {lit(_cut(row.why.partition('. ')[0].rstrip('.')))}."
    if row.verdict is Verdict.STALE or not isinstance(found, Measurement):
        return f"{label}{protected}: {lit(_cut(row.why))}"
    numbers = f"({interval_words(found)}), n {found.n:,}. The bar is {row.bar}."
    return f"{label}{protected}: **{lit_number(write(found.value, found.unit))}** {lit_number(numbers)}"


def reasons(decision: Decision) -> list[str]:
    """The two strongest, worst first; of a GO the row that came closest to its bar."""
    if decision.verdict is not Verdict.GO:
        told = [_reason(decision, reason) for reason in decision.reasons[:TOP_REASONS]]
        return told + _beside(decision)[: TOP_REASONS - len(told)]
    alone = [lit(reason) for reason in decision.reasons if reason == ANSWERS_ALONE]
    closest = min(
        (row for row in decision.rows if row.counts and _room(row) is not None), key=_nearness, default=None
    )
    return alone + ([] if closest is None else [f"Closest to its bar: {reason_words(closest)}"])


def _beside(decision: Decision) -> list[str]:
    """The rows that would keep it from GO even if the deciding ones were mended, the worst first."""
    others = [
        one for one in decision.rows if one.counts and one.verdict not in (decision.verdict, Verdict.GO)
    ]
    return [
        f"{verdict_words(row.verdict).word} besides: {reason_words(row)}"
        for row in sorted(others, key=lambda one: severity(one.verdict))
    ]


def _room(row: Row) -> float | None:
    """How far the near end of the interval is from the bar, as a share of the bar; None without either."""
    found, item = row.finding, row.item
    if not isinstance(found, Measurement) or not isinstance(item, MeasuredItem) or not item.bar:
        return None
    near = found.low if item.direction is Direction.ABOVE else found.high
    return None if near is None else abs(near - item.bar) / item.bar


def _nearness(row: Row) -> float:
    return _room(row) or 0.0


def _reason(decision: Decision, reason: str) -> str:
    """The alarm or the row that a reason tells of, in short; a reason of neither as it is."""
    alarm = next((one for one in decision.alarms if reason.endswith(one.sentence)), None)
    if alarm is not None:
        return f"**Early warning**: {lit(f'{alarm.name}, since {write_moment(alarm.noticed_at)}.')}"
    told = (row for row in decision.deciding if reason.endswith(f"{row.label.rstrip('.')}: {row.why}"))
    row = next(told, None)
    return lit(_cut(reason)) if row is None else reason_words(row)


def _what_next(decision: Decision, ahead: ForecastView) -> tuple[str, str] | None:
    """What would change the verdict, of the strongest reason only; of a GO what the step still waits for."""
    if decision.verdict is Verdict.GO:
        lacks = waits_for(decision)
        return ("Waits for:", f"{'; '.join(lacks)}.") if lacks else ("Nothing else is open.", "It may go on.")
    said = would_change(decision, days_of(ahead))
    if not said:
        return None
    more = len(said) - 1
    rest = f" And {more} more row{'' if more == 1 else 's'}." if more else ""
    head = "What to do:" if decision.verdict is Verdict.NO_GO else "What is missing:"
    return head, _cut(said[0]) + rest


def _stopped(decision: Decision) -> str:
    """A rollout that was stopped says no to whoever asks the gate, whatever the rows say."""
    standing = decision.standing
    if not standing.is_stopped:
        return ""
    return f". **The rollout is {STATE_WORDS[standing.state]}, whatever the verdict.**"


def _bars(decision: Decision) -> str:
    """Whether the bars are those of the first lock; an amendment never hides a worse verdict."""
    bar = decision.bar
    stakes = stakes_words(bar.stakes).word.lower()
    if bar.locked_at is None:
        return f"· {stakes}, a draft: all evidence counts until it is locked"
    if not bar.amendments:
        return f"· {stakes}, as committed {write_date(bar.locked_at)}"
    first = decision.as_committed
    said = f" (as first committed: {verdict_words(first).word})" if first is not None else ""
    return f"· {stakes}, as amended {write_date(bar.locked_at)}{said}"


def _counts(decision: Decision, waived: Sequence[WaiverLine], ahead: ForecastView) -> list[str]:
    """How many rows are where, how many are waived, and what the next step risks."""
    sentences = [tally(decision)]
    if counted := waivers.count_words(waived):
        sentences.append(f"{counted}.")
    blast = next_blast(decision, ahead)
    if blast is not None and (words := blast_in_short(blast)):
        sentences.append(f"At {reach_words(blast.phase)}: {words}.")
    return [sentence for sentence in sentences if sentence]


_STANDS = {
    Verdict.NO_GO: ("fails", "fail"),
    Verdict.NO_DATA: ("has no evidence", "have no evidence"),
    Verdict.STALE: ("is stale", "are stale"),
    Verdict.NOT_ENOUGH_EVIDENCE: ("needs more evidence", "need more evidence"),
    Verdict.GO: ("is GO", "are GO"),
}


def tally(decision: Decision) -> str:
    """ "2 of 9 blocking rows fail, 1 needs more evidence, 6 are GO." """
    counting = [row for row in decision.rows if row.counts]
    if not counting:
        return ""
    parts: list[str] = []
    for verdict, (one, many) in _STANDS.items():
        n = sum(row.verdict is verdict for row in counting)
        if n == len(counting) > 1:
            return f"All {n} blocking rows {many}."
        if n:
            of = "" if parts else f" of {write_count(len(counting), 'blocking row')}"
            parts.append(f"{n}{of} {one if n == 1 else many}")
    return f"{', '.join(parts)}."


def _cut(text: str) -> str:
    """A sentence that has to be read in seconds; all of it stands further down."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
