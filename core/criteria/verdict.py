"""The five verdicts, their one order, and the one way to put several together."""

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What the evidence says about a bar. Declared worst first: that is their order."""

    NO_GO = "no_go"
    NO_DATA = "no_data"
    STALE = "stale"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"
    GO = "go"


_WORST_FIRST = tuple(Verdict)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of ``verdicts``; of none at all it is NO DATA, never GO."""
    return min(verdicts, key=_WORST_FIRST.index, default=Verdict.NO_DATA)


def severity(verdict: Verdict) -> int:
    """0 for the worst verdict, growing as it gets better: a sort key."""
    return _WORST_FIRST.index(verdict)
