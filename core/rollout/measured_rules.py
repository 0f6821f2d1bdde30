"""Lint rules that hold a plan against what was measured; they only advise."""

from collections.abc import Iterator

from core.criteria.checklist import Checklist
from core.criteria.wording import item_label
from core.rollout.evidence import outlooks
from core.rollout.plan import PhasePlan
from core.rollout.rule import Hit, Rule
from core.rollout.seen import ConfidenceSeen, Seen
from core.rollout.traffic import number_words, with_measured

_FAR_BELOW = 0.5
"""Traffic under half of what was expected makes a plan's days wrong."""


def _traffic_below_plan(plan: PhasePlan, checklist: Checklist, seen: Seen) -> Iterator[Hit]:
    counted = seen.traffic.once_everyone_has_it if seen.traffic is not None else None
    if counted is None or plan.requests_per_day is None or counted >= _FAR_BELOW * plan.requests_per_day:
        return
    as_counted = with_measured(plan, seen.traffic)
    stuck = [
        f"{item_label(one.item)} in {phase.name}"
        for phase in plan.phases
        if phase.id not in seen.over
        for one in outlooks(as_counted, phase, checklist)
        if not one.can_settle
    ]
    rest = f" and {len(stuck) - 1} more" if len(stuck) > 1 else ""
    cannot = f" At that traffic {stuck[0]}{rest} cannot be settled." if stuck else ""
    yield Hit(
        f"The plan expects {plan.requests_per_day:,} requests a day; what was counted lately makes about "
        f"{number_words(counted)} once everyone has the feature.{cannot}"
    )


def _confidence_unproven(plan: PhasePlan, checklist: Checklist, seen: Seen) -> Iterator[Hit]:
    words = {
        ConfidenceSeen.NOT_STATED: "no trace states a confidence",
        ConfidenceSeen.NOT_SHOWN: "the labels do not show yet that confident answers are right more often",
        ConfidenceSeen.USELESS: "the labels show that confidence does not tell right answers from wrong ones",
    }
    if seen.confidence is None or seen.confidence is ConfidenceSeen.USABLE:
        return
    set_in = [phase.name for phase in plan.phases if phase.confidence_threshold is not None]
    if set_in:
        rest = f" and {len(set_in) - 1} more" if len(set_in) > 1 else ""
        yield Hit(f"{set_in[0]}{rest} rely on a confidence threshold, and {words[seen.confidence]}.")


def _too_close_to_call(plan: PhasePlan, checklist: Checklist, seen: Seen) -> Iterator[Hit]:
    for label in seen.too_close:
        yield Hit(f"{label} stands right at its bar: no number of cases will settle it.")


def _by_documents(plan: PhasePlan, checklist: Checklist) -> Iterator[Hit]:
    """The documents alone say nothing about it."""
    return iter(())


RULES: tuple[Rule, ...] = (
    Rule(
        "traffic_below_plan",
        "Less traffic than planned",
        "With fewer cases a day every row takes longer than the plan says.",
        "Plan with the traffic that was counted, review more, or give it to more users.",
        None,
        _by_documents,
        _traffic_below_plan,
    ),
    Rule(
        "confidence_unproven",
        "A threshold on trust",
        "A threshold only protects users if the answers below it are wrong more often.",
        "Record the confidence, label answers above and below the threshold, and look at Health, Confidence.",
        None,
        _by_documents,
        _confidence_unproven,
    ),
    Rule(
        "too_close_to_call",
        "Too close to call",
        "A feature that is just as good as its bar never shows that it is better.",
        "Improve the feature, or change the bar by an amendment with its reason.",
        None,
        _by_documents,
        _too_close_to_call,
    ),
)
