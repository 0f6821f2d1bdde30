"""What reading a scope shows: advice on what will hurt, and what one version changes against another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, CohortMember, Scope

MOST_FIRST_PEOPLE = 10
"""A first cohort above this is advised against: nobody talks to so many people every day."""


@dataclass(frozen=True)
class Advice:
    """Something in the scope that will hurt: what it is, and why it matters with what to do."""

    key: str
    sentence: str
    reason: str


_FRAGILE = {
    "selected_examples": (
        "It has been shown on selected examples only.",
        "Real questions are shorter, odder and ruder. Review the first 100 real ones before you widen.",
    ),
    "one_persons_prompting": (
        "Success depends on one person's prompting.",
        "Nobody else can repair it. Put prompt and examples under version control, and let others run them.",
    ),
    "owner_unclear": (
        "It is unclear who owns it.",
        "Without an owner nobody stops it in time. Name one person in the second decision.",
    ),
    "systems_partly_connected": (
        "The systems of record are connected only in part.",
        "It will answer from what it sees. Say in the third decision what it must not answer yet.",
    ),
    "quality_by_impression": (
        "Quality is judged by impression.",
        "Impressions follow the last demo. Write a checklist with bars and lock it.",
    ),
    "rollout_discussed_last": (
        "The rollout was the last thing to be talked about.",
        "Phases, fallback and ownership decide what a failure costs. Write the phase plan now.",
    ),
}
_NOT_FORGIVING = {
    "tolerates_mistakes": "The first segment does not tolerate a wrong answer.",
    "low_stakes": "Much is lost in the first segment when an answer is wrong.",
    "gives_feedback": "The first segment will not tell when an answer is wrong.",
    "cannot_amplify": "The first segment can spread a failure further.",
}


def advice_on(scope: Scope) -> tuple[Advice, ...]:
    """What will hurt, in the order of the page; none of it decides anything."""
    return (*_on_cohort(scope), *_on_segment(scope), *fragile_signs(scope))


def fragile_signs(scope: Scope) -> tuple[Advice, ...]:
    """The signs of a fragile proof of concept that were answered with yes."""
    answers = scope.fragile.model_dump()
    return tuple(Advice(key, *_FRAGILE[key]) for key in FRAGILE_QUESTIONS if answers[key])


def _on_cohort(scope: Scope) -> list[Advice]:
    people = len(scope.cohort)
    if not people:
        return []
    found = []
    roles = {member.role.casefold() for member in scope.cohort if member.role}
    if len(roles) <= 1:
        role = next((member.role for member in scope.cohort if member.role), "no role written down")
        found.append(
            Advice(
                "cohort_one_role",
                f"The early cohort has one role only ({role}).",
                "People of one role ask one kind of question; what the others would break stays unseen. "
                "Take about three people of different roles.",
            )
        )
    if people > MOST_FIRST_PEOPLE:
        found.append(
            Advice(
                "cohort_large",
                f"The early cohort has {people} people.",
                f"Nobody listens to more than {MOST_FIRST_PEOPLE} people every day, so the first failures "
                "drown. Begin with about three and grow when the failures repeat themselves.",
            )
        )
    silent = sum(not member.feedback_channel for member in scope.cohort)
    if silent:
        has = "has" if silent == 1 else "have"
        found.append(
            Advice(
                "cohort_silent",
                f"{silent} of {people} in the early cohort {has} no feedback channel.",
                "The early cohort is there to be heard. Say how each of them tells you what went wrong.",
            )
        )
    return found


def _on_segment(scope: Scope) -> list[Advice]:
    answers = scope.segment.model_dump()
    found = [
        Advice(
            f"segment_{key}",
            _NOT_FORGIVING[key],
            "The first users should forgive: begin with people for whom all four answers are yes, "
            "or say in the worst case what this risk costs.",
        )
        for key in SEGMENT_QUESTIONS
        if answers[key] is False
    ]
    if scope.segment.who and not scope.segment.stays_until_criteria_hold:
        found.append(
            Advice(
                "segment_stays",
                "Nobody has promised to stay with the first segment until the criteria hold.",
                "The wish to widen comes with the first good week. Promise now to wait for the verdict.",
            )
        )
    return found


_FIELDS = {"answer": "answer", "owner": "owner", "decided_on": "date"}
_SEGMENT = {"who": "First segment", "stays_until_criteria_hold": "Stays until the criteria hold"}
_WORST = {"words": "Worst case", "usd": "Worst case, US dollars", "people": "Worst case, people hurt"}


def changed_scope(before: Scope, after: Scope) -> Sequence[str]:
    """One sentence a change, old → new, in the order of the page."""
    sentences = []
    if before.success_signal != after.success_signal:
        sentences.append(
            f"Main success signal: {_said(before.success_signal)} → {_said(after.success_signal)}"
        )
    for key, asked in DECISIONS.items():
        was, now = before.decision(key).model_dump(mode="json"), after.decision(key).model_dump(mode="json")
        sentences += [f"{asked.title}, {change}" for change in _changes(was, now, _FIELDS)]
    sentences += _changed_people(before.cohort, after.cohort)
    for part, words in (
        ("segment", _SEGMENT | SEGMENT_QUESTIONS),
        ("worst_case", _WORST),
        ("fragile", FRAGILE_QUESTIONS),
    ):
        was, now = getattr(before, part).model_dump(mode="json"), getattr(after, part).model_dump(mode="json")
        sentences += _changes(was, now, words)
    return sentences


def _changes(was: Mapping[str, Any], now: Mapping[str, Any], words: Mapping[str, str]) -> list[str]:
    return [
        f"{label.rstrip('?')}: {_said(was[name])} → {_said(now[name])}"
        for name, label in words.items()
        if was[name] != now[name]
    ]


def _changed_people(before: Sequence[CohortMember], after: Sequence[CohortMember]) -> list[str]:
    was, now = ({member.user_id: member for member in people} for people in (before, after))
    sentences = [f"Early cohort, added: {name}" for name in now if name not in was]
    sentences += [f"Early cohort, removed: {name}" for name in was if name not in now]
    sentences += [f"Early cohort, changed: {name}" for name in now if name in was and was[name] != now[name]]
    return sentences


def _said(value: Any) -> str:
    match value:
        case None | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case str():
            return f"“{value}”"
        case float() if value.is_integer():
            return f"{value:,.0f}"
        case _:
            return f"{value:,}"
