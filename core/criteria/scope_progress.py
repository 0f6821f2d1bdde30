"""How much of a scope is written down, part by part and section by section."""

from dataclasses import dataclass

from core.criteria.scope import DECISIONS, FRAGILE_QUESTIONS, SEGMENT_QUESTIONS, Scope

SECTIONS: dict[str, tuple[str, ...]] = {
    "The six decisions": tuple(DECISIONS),
    "Why, and what is at stake": ("stakes_profile", "worst_case", "investment"),
    "What it reads, and what it may do": ("sources", "permitted"),
    "What counts as worse, and who answers": ("regression_rule", "owners"),
    "The first people": ("cohort", "segment"),
    "Dates and self-check": ("calendar", "fragile"),
}
"""The parts of the page under their headings, in its order."""


@dataclass(frozen=True)
class SectionProgress:
    """``written`` parts of ``of`` are written down."""

    title: str
    written: int
    of: int


def progress_of(scope: Scope) -> tuple[SectionProgress, ...]:
    return tuple(
        SectionProgress(title, sum(is_written(scope, part) for part in parts), len(parts))
        for title, parts in SECTIONS.items()
    )


def is_written(scope: Scope, part: str) -> bool:
    """Whether nothing is open in ``part``, one of :data:`SECTIONS`; an unknown one raises KeyError."""
    if part in DECISIONS:
        return not scope.missing(part)
    segment, fragile, profile = scope.segment, scope.fragile.model_dump(), scope.stakes_profile
    permitted, calendar, investment = scope.permitted, scope.calendar, scope.investment
    return {
        "stakes_profile": None not in (profile.reach, profile.autonomy, profile.regulated),
        "worst_case": bool(scope.worst_case.words),
        "investment": bool(investment.words or investment.link),
        "sources": bool(scope.sources),
        "permitted": bool(permitted.actions) and permitted.same_roles_everywhere is not None,
        "regression_rule": scope.regression_rule.margin_points is not None,
        "owners": all(scope.owners.model_dump().values()),
        "cohort": bool(scope.cohort),
        "segment": bool(segment.who) and all(getattr(segment, key) is not None for key in SEGMENT_QUESTIONS),
        "calendar": bool(calendar.begins_on and calendar.steps),
        "fragile": all(fragile[key] is not None for key in FRAGILE_QUESTIONS),
    }[part]
