"""What a lint rule is: an entry of data with a function that finds where a plan breaks it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.criteria.checklist import Checklist
from core.criteria.stakes import Stakes
from core.rollout.edits import SetPhase
from core.rollout.plan import PhasePlan
from core.rollout.seen import Seen


@dataclass(frozen=True)
class Hit:
    """One place where a rule is broken: what is so there, in which phase, and the edit that mends it.

    ``phase_id`` is empty for the plan as a whole; ``edit`` is ``None`` where only a person can mend it.
    """

    sentence: str
    phase_id: str = ""
    edit: SetPhase | None = None


@dataclass(frozen=True)
class Rule:
    """One rule: ``why`` it hurts and how to ``mend`` it, a sentence each.

    ``blocks_from`` are the lowest stakes at which it blocks; ``None``: it only advises. ``check`` reads the
    documents, ``measured`` holds them against what was measured.
    """

    id: str
    title: str
    why: str
    mend: str
    blocks_from: Stakes | None
    check: Callable[[PhasePlan, Checklist], Iterator[Hit]]
    measured: Callable[[PhasePlan, Checklist, Seen], Iterator[Hit]] | None = None

    def blocks_at(self, stakes: Stakes) -> bool:
        rising = list(Stakes)
        return self.blocks_from is not None and rising.index(stakes) >= rising.index(self.blocks_from)
