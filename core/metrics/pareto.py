"""Failures counted by a word (type or root cause), the largest first, each share with its interval.

The shares are of the failures that somebody found, never of all traffic: a log that was gathered by
looking at the worst traces first says what goes wrong, not how often.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from core.evidence.failure_words import PERCEPTION_CAUSES, PROMPT, fold_words
from core.statistics import exact

FEWEST_CAUSES = 10
"""With fewer failures that have a root cause nothing is said about where to look first."""


@dataclass(frozen=True)
class Failure:
    """One kind of failure in one run, whoever noted it; ``root_cause`` is None where nobody knows it."""

    run_id: str
    failure_type: str
    root_cause: str | None = None
    fix: str | None = None


@dataclass(frozen=True)
class ParetoBar:
    """One word: its ``count``, its share of the ``of`` failures with (low, high), and the ``traces``
    it was found in. ``cumulative`` is the share of this bar and all larger ones together (0 to 1)."""

    word: str
    count: int
    of: int
    share: float
    low: float
    high: float
    cumulative: float
    traces: int


@dataclass(frozen=True)
class PerceptionSplit:
    """How many of the ``with_cause`` failures lie in what the model sees, and how many in the prompt.

    Intervals are exact, each end wrong with at most the error asked for. ``leads`` is "perception" or
    "prompt" where an exact test between the two agrees at that error, else None.
    """

    with_cause: int
    perception: int
    perception_low: float
    perception_high: float
    prompt: int
    prompt_low: float
    prompt_high: float
    leads: str | None


def one_each(failures: Sequence[Failure]) -> list[Failure]:
    """Each run and type once: spellings that differ in case or spaces only are one type.

    The first that names it decides its cause and fix; what it leaves blank is taken from the others.
    """
    merged: dict[tuple[str, str], Failure] = {}
    spelling: dict[str, str] = {}
    for failure in failures:
        folded = fold_words(failure.failure_type)
        word = spelling.setdefault(folded, " ".join(failure.failure_type.split()))
        before = merged.get((failure.run_id, folded))
        merged[failure.run_id, folded] = Failure(
            failure.run_id,
            word,
            (before and before.root_cause) or failure.root_cause,
            (before and before.fix) or failure.fix,
        )
    return list(merged.values())


def by_type(failures: Sequence[Failure], error: float) -> tuple[ParetoBar, ...]:
    """The failures of :func:`one_each` by type; ``error`` is that of each end of the intervals."""
    return _bars(failures, lambda failure: failure.failure_type, error)


def by_cause(failures: Sequence[Failure], error: float) -> tuple[ParetoBar, ...]:
    """The failures that have a root cause by it; the shares are of these alone."""
    known = [failure for failure in failures if failure.root_cause and fold_words(failure.root_cause)]
    return _bars(known, lambda failure: failure.root_cause or "", error)


def perception_first(
    failures: Sequence[Failure],
    error: float,
    seen_words: Collection[str] = PERCEPTION_CAUSES,
    prompt_words: Collection[str] = (PROMPT,),
) -> PerceptionSplit | None:
    """Perception against prompt; None with fewer than ten failures that have a root cause.

    ``seen_words`` and ``prompt_words`` are the folded root causes of each side.
    """
    causes = [fold_words(failure.root_cause) for failure in failures if failure.root_cause]
    causes = [cause for cause in causes if cause]
    n = len(causes)
    if n < FEWEST_CAUSES:
        return None
    seen = sum(cause in seen_words for cause in causes)
    prompt = sum(cause in prompt_words for cause in causes)
    of_seen, of_prompt = exact.bounds(seen, n, error), exact.bounds(prompt, n, error)
    return PerceptionSplit(
        n,
        seen,
        of_seen.low,
        of_seen.high,
        prompt,
        of_prompt.low,
        of_prompt.high,
        _leader(seen, prompt, error),
    )


def _leader(seen: int, prompt: int, error: float) -> str | None:
    """Which of the two is more frequent beyond chance: the exact bounds of its part of both together."""
    between = exact.bounds(seen, seen + prompt, error)
    if between.low > 0.5:
        return "perception"
    return "prompt" if between.high < 0.5 else None


def _bars(
    failures: Sequence[Failure], word_of: Callable[[Failure], str], error: float
) -> tuple[ParetoBar, ...]:
    counts: Counter[str] = Counter()
    runs: defaultdict[str, set[str]] = defaultdict(set)
    spelling: dict[str, str] = {}
    for failure in failures:
        folded = fold_words(word_of(failure))
        spelling.setdefault(folded, " ".join(word_of(failure).split()))
        counts[folded] += 1
        runs[folded].add(failure.run_id)
    of, bars, so_far = len(failures), [], 0
    for folded, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        so_far += count
        interval = exact.bounds(count, of, error)
        bars.append(
            ParetoBar(
                word=spelling[folded],
                count=count,
                of=of,
                share=count / of,
                low=interval.low,
                high=interval.high,
                cumulative=so_far / of,
                traces=len(runs[folded]),
            )
        )
    return tuple(bars)
