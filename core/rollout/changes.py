"""What an edit of a phase plan changes, in the words of the people who read it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.criteria.wording import item_sentence
from core.rollout.plan import Fallback, Phase, PhasePlan
from core.rollout.wording import (
    FALLBACK_WORDS,
    duration_words,
    exposure_words,
    rate_words,
    review_words,
    spend_words,
    threshold_words,
    warning_words,
)

_SAID_BY = {
    "exposure": exposure_words,
    "human review": review_words,
    "confidence threshold": threshold_words,
    "rate limit": rate_words,
    "spend of a user a day that pauses": lambda phase: spend_words(phase.spend_user_day),
    "spend a day that pauses": lambda phase: spend_words(phase.spend_day),
    "minimum duration": duration_words,
}
"""Guardrails that have words of their own."""

_PLAIN = {
    "name": "name",
    "segment": "who",
    "why_forgiving": "why it is forgiving",
    "tasks": "tasks allowed",
    "fallback": "fallback",
    "transparency": "what users are told",
    "feedback_button": "feedback button",
    "monitoring": "monitoring",
    "owner": "owner",
    "criteria": "success criteria",
}
_SETTINGS = {"owner": "Owner", "requests_per_day": "Requests a day", "users": "Users"}


def changed_plan(before: PhasePlan, after: PhasePlan) -> Sequence[str]:
    """One sentence a change: a setting, a phase added, removed or moved, or a field of one, old → new."""
    sentences = [
        f"{label}: {_said(getattr(before, name))} → {_said(getattr(after, name))}"
        for name, label in _SETTINGS.items()
        if getattr(before, name) != getattr(after, name)
    ]
    for phase in after.phases:
        old = before.phase(phase.id)
        if old is None:
            sentences.append(f"Added phase: {phase.name} ({exposure_words(phase)})")
        else:
            sentences += [f"{old.name}, {change}" for change in _changes(old, phase)]
    removed = [phase.name for phase in before.phases if after.phase(phase.id) is None]
    sentences += [f"Removed phase: {name}" for name in removed]
    if _order(before, after) != _order(after, before):
        sentences.append("Order: " + " → ".join(phase.name for phase in after.phases))
    return sentences


@dataclass(frozen=True)
class Beside:
    """One field in two versions, in words; ``change`` is "changed", "added", "removed" or "" (the same).

    ``phase`` is empty for what is of the whole plan.
    """

    phase: str
    field: str
    before: str
    after: str
    change: str


def side_by_side(before: PhasePlan, after: PhasePlan) -> tuple[Beside, ...]:
    """Every field of two versions beside each other, the phases in the order of ``after``, gone ones last."""
    found = [
        _beside("", label, _said(getattr(before, name)), _said(getattr(after, name)))
        for name, label in _SETTINGS.items()
    ]
    order = [" → ".join(phase.name for phase in plan.phases) or "none" for plan in (before, after)]
    found.append(_beside("", "Phases", *order))
    gone = [phase.id for phase in before.phases if after.phase(phase.id) is None]
    for phase_id in [*(phase.id for phase in after.phases), *gone]:
        old, new = before.phase(phase_id), after.phase(phase_id)
        found += _phase_beside(old, new)
    return tuple(found)


def _phase_beside(old: Phase | None, new: Phase | None) -> list[Beside]:
    was, now = _fields(old), _fields(new)
    name = next((phase.name for phase in (new, old) if phase is not None), "")
    rows = [_beside(name, label, was.get(label, ""), now.get(label, "")) for label in was or now]
    if old is None or new is None:
        return [replace(row, change="added" if old is None else "removed") for row in rows]
    if old != new and not any(row.change for row in rows):
        rows.append(Beside(name, "details of its bars or warnings", "", "", "changed"))
    return rows


def _fields(phase: Phase | None) -> dict[str, str]:
    """What a phase says, field by field, in words; nothing of a phase that is not there."""
    if phase is None:
        return {}
    words = {name: say(phase) for name, say in _SAID_BY.items()}
    words |= {label: _said(getattr(phase, name)) for name, label in _PLAIN.items()}
    words["early warnings"] = "; ".join(map(warning_words, phase.warnings)) or "none"
    words["own bars"] = "; ".join(map(item_sentence, phase.bars)) or "none"
    return words


def _beside(phase: str, field: str, before: str, after: str) -> Beside:
    return Beside(phase, field[:1].upper() + field[1:], before, after, "" if before == after else "changed")


def _order(one: PhasePlan, other: PhasePlan) -> list[str]:
    """The ids of ``one`` that ``other`` has as well, in order."""
    return [phase.id for phase in one.phases if other.phase(phase.id) is not None]


def _changes(old: Phase, new: Phase) -> list[str]:
    pairs = [(name, say(old), say(new)) for name, say in _SAID_BY.items()]
    pairs += [(label, _said(getattr(old, name)), _said(getattr(new, name))) for name, label in _PLAIN.items()]
    changes = [f"{name}: {was} → {now}" for name, was, now in pairs if was != now]
    changes += _listed(
        "early warning", [*map(warning_words, old.warnings)], [*map(warning_words, new.warnings)]
    )
    own = [[item_sentence(bar) for bar in phase.bars] for phase in (old, new)]
    changes += _listed("own bar", *own)
    # A field of a bar that its sentence does not show (its owner, say) is a change all the same.
    return changes or (["details of its bars or warnings"] if old != new else [])


def _listed(what: str, old: Sequence[str], new: Sequence[str]) -> list[str]:
    added = [f"{what} added: {words}" for words in new if words not in old]
    return added + [f"{what} removed: {words}" for words in old if words not in new]


def _said(value: Any) -> str:
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case Fallback():
            return FALLBACK_WORDS[value]
        case tuple():
            return " and ".join(str(part) for part in value)
        case _:
            return str(value)
