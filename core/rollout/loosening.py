"""What a new version of a phase plan makes easier, in the words of those who must agree to it."""

from collections.abc import Sequence

from core.criteria.checklist import Checklist, Direction, Tier
from core.criteria.loosening import loosenings
from core.criteria.wording import days_words
from core.rollout.exposure import growth, reach
from core.rollout.plan import EarlyWarning, Phase, PhasePlan
from core.rollout.standing import reach_words
from core.rollout.wording import (
    FALLBACK_WORDS,
    rate_words,
    review_words,
    spend_words,
    threshold_words,
    warning_words,
)

_STRICTEST_FIRST = tuple(Tier)


def plan_loosenings(before: PhasePlan, after: PhasePlan) -> tuple[str, ...]:
    """One sentence for each thing that ``after`` makes easier than ``before``."""
    found = []
    for old in before.phases:
        new = after.phase(old.id)
        if new is None:
            found.append(f"The phase {old.name} is dropped.")
        else:
            found += [f"{old.name}: {sentence}" for sentence in _easier(before, old, after, new)]
    kept = [
        [phase.id for phase in one.phases if other.phase(phase.id)] for one, other in _both(before, after)
    ]
    if kept[0] != kept[1]:
        found.append("The phases come in another order.")
    found += _sooner(before, after)
    return tuple(found)


def _both(before: PhasePlan, after: PhasePlan) -> tuple[tuple[PhasePlan, PhasePlan], ...]:
    return (before, after), (after, before)


def _sooner(before: PhasePlan, after: PhasePlan) -> list[str]:
    """New phases that reach more users than the phase of the old plan that comes next, or the last one."""
    if not before.phases:
        return []
    found = []
    for place, phase in enumerate(after.phases):
        if before.phase(phase.id) is not None:
            continue
        behind = (before.phase(later.id) for later in after.phases[place + 1 :])
        bound = next((old for old in behind if old is not None), before.phases[-1])
        more = growth(reach(before, bound), reach(after, phase))
        if more is None or more > 1:
            found.append(f"The new phase {phase.name} reaches {reach_words(phase)}.")
    return found


def _easier(before: PhasePlan, old: Phase, after: PhasePlan, new: Phase) -> list[str]:
    sentences = []
    more = growth(reach(before, old), reach(after, new))
    was, now = reach_words(old), reach_words(new)
    if was != now and (more is None or more > 1):
        sentences.append(f"more users may meet it, {was} → {now}.")
    if old.minimum_days is not None and (new.minimum_days is None or new.minimum_days < old.minimum_days):
        shorter = days_words(new.minimum_days) if new.minimum_days else "no minimum"
        sentences.append(f"it is shorter, {days_words(old.minimum_days)} → {shorter}.")
    dropped = [one for one in old.criteria if one not in new.criteria]
    if dropped:
        sentences.append(f"it no longer has to show {', '.join(f'“{one}”' for one in dropped)}.")
    bars = [Checklist(items=phase.bars) for phase in (old, new)]
    # A phase has to show each of its own bars, whatever tier it is of.
    sentences += loosenings(bars[0], bars[1], {bar.id for bar in old.bars})
    return sentences + _easier_guardrails(old, new) + _easier_warnings(old.warnings, new.warnings)


def _easier_guardrails(old: Phase, new: Phase) -> list[str]:
    sentences = []
    if new.review_share < old.review_share:
        sentences.append(f"people review less, {review_words(old)} → {review_words(new)}.")
    if (new.confidence_threshold or 0) < (old.confidence_threshold or 0):
        sentences.append(f"the confidence threshold falls, {threshold_words(old)} → {threshold_words(new)}.")
    if old.fallback is not None and new.fallback is not old.fallback:
        other = FALLBACK_WORDS[new.fallback] if new.fallback else "none"
        sentences.append(f"another fallback, {FALLBACK_WORDS[old.fallback]} → {other}.")
    if old.rate_limit is not None and (new.rate_limit is None or new.rate_limit > old.rate_limit):
        sentences.append(f"the rate limit rises, {rate_words(old)} → {rate_words(new)}.")
    for what, was, now in (
        ("the spend of a user a day", old.spend_user_day, new.spend_user_day),
        ("the spend a day", old.spend_day, new.spend_day),
    ):
        if was is not None and (now is None or now > was):
            sentences.append(f"{what} that pauses rises, {spend_words(was)} → {spend_words(now)}.")
    if old.feedback_button and not new.feedback_button:
        sentences.append("there is no feedback button any more.")
    return sentences + _other_words(old, new)


def _other_words(old: Phase, new: Phase) -> list[str]:
    """Guardrails that are words: nobody can say which of two is the easier one, so another one counts as
    easier. Saying something where nothing was said is no easier."""
    sentences = []
    for what, was, now in (
        ("it may be for other users", old.segment, new.segment),
        ("it may be for other tasks", old.tasks, new.tasks),
        ("users may be told less", old.transparency, new.transparency),
        ("less may be watched", old.monitoring, new.monitoring),
    ):
        if was.split() and _plain(was) != _plain(now):
            sentences.append(f"{what}, “{was}” → {f'“{now}”' if now.split() else 'nothing'}.")
    return sentences


def _plain(words: str) -> str:
    """Without what changes nothing of the meaning: blanks, capitals and the full stop at the end."""
    return " ".join(words.split()).casefold().rstrip(".")


def _easier_warnings(old: Sequence[EarlyWarning], new: Sequence[EarlyWarning]) -> list[str]:
    return [
        f"an early warning is gone or weaker: {warning_words(one)}."
        for one in old
        if not any(_watches(one, other) for other in new)
    ]


def _watches(old: EarlyWarning, new: EarlyWarning) -> bool:
    """Whether ``new`` trips at least as soon as ``old``, and does at least as much."""
    if (old.metric, old.direction, old.window) != (new.metric, new.direction, new.window):
        return False
    if new.source not in (None, old.source):
        return False
    as_soon = new.bar >= old.bar if old.direction is Direction.BELOW else new.bar <= old.bar
    return as_soon and _STRICTEST_FIRST.index(new.tier) <= _STRICTEST_FIRST.index(old.tier)
