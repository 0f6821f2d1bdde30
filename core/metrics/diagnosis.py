"""Where to look: sentences that several metrics together support, never one that a point value suggests.

Every rule asks for bounds: what "is high" must have its lower bound there, what "is low" its upper
bound. So a sentence appears only when the evidence carries it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from core.metrics.measurement import Measurement, Source
from core.units import Share


class Side(StrEnum):
    """``AT_LEAST`` is shown by a lower bound at the limit or above, ``UNDER`` by an upper bound below it."""

    AT_LEAST = "at least"
    UNDER = "under"


@dataclass(frozen=True)
class Condition:
    """What one metric must be shown to be."""

    metric: str
    side: Side
    limit: Share

    def is_shown_by(self, found: Measurement | None) -> bool:
        if found is None or found.low is None or found.high is None:
            return False
        if not found.tally.sampling_known:
            # Nobody knows what such an interval is an interval of: perhaps the worst were reviewed.
            return False
        if found.source is Source.JUDGE:
            # What a judge says is off by its own mistakes, and its interval does not know them.
            return False
        return found.low >= self.limit if self.side is Side.AT_LEAST else found.high < self.limit


@dataclass(frozen=True)
class Rule:
    """A sentence and the conditions that carry it; ``overrides`` names rules that it says more than."""

    id: str
    conditions: tuple[Condition, ...]
    sentence: str
    overrides: tuple[str, ...] = ()


@dataclass(frozen=True)
class Diagnosis:
    """A rule that holds, and the measurements that show it, in the order of its conditions."""

    rule: Rule
    because: tuple[Measurement, ...]


def _at_least(metric: str, limit: Share) -> Condition:
    return Condition(metric, Side.AT_LEAST, limit)


def _under(metric: str, limit: Share) -> Condition:
    return Condition(metric, Side.UNDER, limit)


_TOOL, _RECALL = "tool_selection_accuracy", "retrieval_recall"
_ANSWER, _GROUNDED, _ACCEPTED = "answer_correctness", "grounding_accuracy", "user_acceptance"

RULES = (
    Rule(
        "fetches_too_little",
        (_under(_RECALL, 0.7), _under(_ANSWER, 0.6)),
        "Answers are wrong, and much of what they need is not fetched: look at retrieval first.",
        overrides=("right_tool_wrong_answer", "keeps_to_too_little", "grounded_but_wrong"),
    ),
    Rule(
        "has_all_it_needs",
        (_at_least(_TOOL, 0.9), _at_least(_RECALL, 0.9), _under(_ANSWER, 0.6)),
        "The right tool is picked and the right documents are there, but answers are wrong: look at "
        "synthesis, the prompt and the model.",
        overrides=("right_tool_wrong_answer",),
    ),
    Rule(
        "right_tool_wrong_answer",
        (_at_least(_TOOL, 0.9), _under(_ANSWER, 0.6)),
        "The right tool is picked but answers are wrong: look at retrieval and synthesis.",
    ),
    Rule(
        "wrong_tool",
        (_under(_TOOL, 0.8),),
        "The wrong tool is picked often: look at how tools are described and chosen before anything else.",
    ),
    Rule(
        "has_sources_but_strays",
        (_at_least(_RECALL, 0.9), _under(_GROUNDED, 0.8)),
        "What answers need is fetched, but answers often go beyond it: look at the prompt, at how much is "
        "passed on, and at the model, not at retrieval.",
    ),
    Rule(
        "keeps_to_too_little",
        (_under(_RECALL, 0.7), _at_least(_GROUNDED, 0.9)),
        "Answers keep to what was fetched, but much of what they need is not: look at retrieval. Grounding "
        "alone looks good here.",
    ),
    Rule(
        "grounded_but_wrong",
        (_at_least(_GROUNDED, 0.9), _under(_ANSWER, 0.7)),
        "Answers are supported by their sources and still wrong: look at which sources are fetched, and "
        "whether they are right and up to date.",
    ),
    Rule(
        "right_but_not_useful",
        (_at_least(_ANSWER, 0.85), _under(_ACCEPTED, 0.7)),
        "Answers are right but users do not take them: right but not useful. Ask users what they miss: "
        "speed, form, tone, or a different question.",
    ),
    Rule(
        "liked_but_wrong",
        (_at_least(_ACCEPTED, 0.8), _under(_ANSWER, 0.7)),
        "Users take answers that are often wrong: they cannot tell. Show sources and add review before "
        "more users come.",
    ),
    Rule(
        "right_without_sources",
        (_at_least(_ANSWER, 0.85), _under(_GROUNDED, 0.8)),
        "Answers are right but often not supported by their sources: look at citations and context; right "
        "by luck does not last.",
    ),
)


def diagnose(found: Mapping[str, Measurement]) -> tuple[Diagnosis, ...]:
    """The rules that the measurements (by metric id, one source each) carry, the most telling first."""
    carried = [
        Diagnosis(rule, tuple(found[condition.metric] for condition in rule.conditions))
        for rule in RULES
        if all(condition.is_shown_by(found.get(condition.metric)) for condition in rule.conditions)
    ]
    # An eval set is harder than the traffic by design: answers to one say nothing about tools in the other.
    held = [one for one in carried if len({shown.source is Source.EVAL for shown in one.because}) == 1]
    overridden = {name for diagnosis in held for name in diagnosis.rule.overrides}
    return tuple(diagnosis for diagnosis in held if diagnosis.rule.id not in overridden)
