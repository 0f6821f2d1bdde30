"""What reading a scope shows: advice on what will hurt, in the order of the page."""

from datetime import date

from core.criteria.advice import Advice
from core.criteria.register_review import on_owners, on_permissions, on_sources
from core.criteria.scope import FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, Scope
from core.criteria.scope_parts import Autonomy, Reach
from core.criteria.stakes import Stakes

MOST_FIRST_PEOPLE = 10
"""A first cohort above this is advised against: nobody talks to so many people every day."""


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


def advice_on(scope: Scope, today: date, stakes: Stakes) -> tuple[Advice, ...]:
    """What will hurt, in the order of the page; none of it decides anything.

    ``stakes`` are the feature's. A scope in which nothing is written has no advice: it is open.
    """
    if scope == Scope():
        return ()
    return (
        *_on_stakes(scope, stakes),
        *_on_regression(scope),
        *on_sources(scope.sources, today),
        *on_permissions(scope.permitted),
        *on_owners(scope.owners),
        *_on_cohort(scope),
        *_on_segment(scope),
        *_on_worst_case(scope),
        *fragile_signs(scope),
    )


def fragile_signs(scope: Scope) -> tuple[Advice, ...]:
    """The signs of a fragile proof of concept that were answered with yes."""
    answers = scope.fragile.model_dump()
    return tuple(Advice(key, *_FRAGILE[key]) for key in FRAGILE_QUESTIONS if answers[key])


def _on_stakes(scope: Scope, stakes: Stakes) -> list[Advice]:
    profile = scope.stakes_profile
    if profile.regulated and stakes is not Stakes.HIGH:
        return [
            Advice(
                "stakes_regulated",
                f"The field is regulated, and the stakes are only {stakes}.",
                "At lower stakes weaker evidence passes. Set the stakes to high, or write down why not.",
            )
        ]
    if stakes is Stakes.LOW and profile.reach is Reach.EXTERNAL and profile.autonomy is Autonomy.ACTS:
        return [
            Advice(
                "stakes_acts_outside",
                "It acts by itself on customers or the public, and the stakes are only low.",
                "Nobody stands between a mistake and the customer. Take medium stakes at least, or let a "
                "person agree first.",
            )
        ]
    return []


def _on_regression(scope: Scope) -> list[Advice]:
    if scope.decision("regression").answer and scope.regression_rule.margin_points is None:
        return [
            Advice(
                "regression_no_margin",
                "Nobody has said how much worse counts as a regression.",
                "After the numbers are known, every drop looks small. Write down the margin before.",
            )
        ]
    return []


def _on_worst_case(scope: Scope) -> list[Advice]:
    worst = scope.worst_case
    if worst.words and worst.usd is None and worst.people is None:
        return [
            Advice(
                "worst_case_no_number",
                "The worst case has no number.",
                "Words do not tell a nuisance from a disaster. Say what it would cost: money, people.",
            )
        ]
    return []


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
