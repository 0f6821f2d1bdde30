"""Two groups of the evidence compared on the same kinds of tasks: what changed, and what only the mix did.

Nobody was assigned to a group by chance, so all of this is about "the same kinds of tasks" and never
about a cause (METHODS 6).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from core.metrics.catalogue import Better, Metric
from core.metrics.change_words import change_words, interval_points, is_seen, points, signed_points
from core.statistics.differences import Change, judge_change
from core.statistics.interval import Interval
from core.statistics.like_for_like import (
    MOST_LEFT_OUT,
    LikeForLike,
    Stratum,
    compare_by_user,
    compare_like_for_like,
)
from core.units import Rounding, Unit, write

MARGIN = 0.05
"""A change that is smaller than this is no drop, unless another margin is agreed."""

MOST_KINDS = 50
FEWEST_CASES = 10
"""With fewer counted cases on one side nothing is said about a change."""

_SEED = 6
_WORTH_TELLING = 0.01


class Outcome(StrEnum):
    """What is said about the new group beside the old one, on the same kinds of tasks."""

    WORSE = "worse"
    HELD = "held"
    BETTER = "better"
    NOT_ENOUGH = "not enough evidence"


class Because(StrEnum):
    """Why there is no verdict."""

    WIDE = "wide"
    LEFT_OUT = "left out"
    FEW_CASES = "few cases"
    FEW_USERS = "few users"
    SAMPLING = "sampling"


@dataclass(frozen=True)
class LotCount:
    """One lot of whole users in one group and one kind of task; ``kind`` is "" where nobody said it."""

    lot: int
    is_new: bool
    kind: str
    n: float
    passes: float


@dataclass(frozen=True)
class KindLine:
    """One kind of task in both groups; ``is_compared`` where both have it and it has a name."""

    kind: str
    new_passes: float
    new_n: float
    old_passes: float
    old_n: float
    is_compared: bool


@dataclass(frozen=True)
class Comparison:
    """The new group beside the old one; all changes are of the metric's rate, new minus old.

    ``found`` has the raw change, its two parts and the share left out. ``interval`` is that of the change on
    the same kinds of tasks: where users come up several times, or in both groups, the wider of that of
    Mantel and Haenszel and the bootstrap of users. ``users`` and ``in_both`` count users (or what stands for
    them).
    """

    metric: Metric
    kinds: tuple[KindLine, ...]
    found: LikeForLike
    interval: Interval
    outcome: Outcome
    because: Because | None
    margin: float
    users: int
    in_both: int
    by_user: bool
    sampling_known: bool = True

    @property
    def new_n(self) -> float:
        return sum(line.new_n for line in self.kinds)

    @property
    def old_n(self) -> float:
        return sum(line.old_n for line in self.kinds)

    @property
    def new_rate(self) -> float:
        """The plain rate of the new group, whatever its kinds of tasks; 0 without a case."""
        return sum(line.new_passes for line in self.kinds) / self.new_n if self.new_n else 0.0

    @property
    def old_rate(self) -> float:
        return sum(line.old_passes for line in self.kinds) / self.old_n if self.old_n else 0.0


@lru_cache(maxsize=64)
def compare_groups(
    asked: Metric,
    counts: tuple[LotCount, ...],
    users: int,
    in_both: int,
    sampling_known: bool,
    margin: float,
    error: float,
) -> Comparison:
    """Both groups within kinds of tasks, whatever the order of ``counts``.

    Tasks without a kind, and kinds beyond the ``MOST_KINDS`` commonest, cannot be compared and count as left
    out. ``users`` and ``in_both`` are how many witnesses the counts come from, and are in both groups.
    """
    kinds = _kinds(counts)
    found = compare_like_for_like(_strata(kinds), margin, error)
    n = sum(line.new_n + line.old_n for line in kinds)
    repeated = in_both > 0 or n > users
    interval: Interval | None = found.same_kinds.interval
    if repeated and interval is not None and found.same_kinds.value is not None:
        interval = _wider(interval, _by_user(counts, kinds, error))
    because = _because(kinds, found, interval) if sampling_known else Because.SAMPLING
    outcome = Outcome.NOT_ENOUGH
    if because is None and interval is not None:
        outcome = _outcome(interval, asked, margin)
        because = Because.WIDE if outcome is Outcome.NOT_ENOUGH else None
    everything = Interval(-1.0, 1.0)
    return Comparison(
        asked,
        kinds,
        found,
        interval or everything,
        outcome,
        because,
        margin,
        users,
        in_both,
        repeated,
        sampling_known,
    )


def outcome_word(one: Comparison) -> str:
    """The outcome in a word: a rate that should be low does not "drop" where it gets worse."""
    higher = one.metric.better is Better.HIGHER
    return {
        Outcome.WORSE: "Dropped" if higher else "Got worse",
        Outcome.HELD: "Held",
        Outcome.BETTER: "Rose" if higher else "Got better",
        Outcome.NOT_ENOUGH: "Not enough evidence",
    }[one.outcome]


def comparison_sentence(one: Comparison, new: str, old: str) -> str:
    """What the page says first, about the metric's rate of the groups as they are called."""
    raw, same, mix = one.found.raw.value, one.found.same_kinds.value, one.found.mix
    if raw is None:
        return f"There is no case of {new if not one.new_n else old} to compare."
    label = one.metric.label
    whether = _whether(one, raw, one.found.raw.interval)
    overall = f"Whether it changed overall {whether}" if whether else f"It {change_words(raw)} overall"
    head = f"{label}: {new} against {old}. {overall}"
    if same is None or mix is None:
        return f"{head}; the two have no kind of task in common, so nothing can be compared like for like."
    turns = raw * same < 0 and min(abs(raw), abs(same)) >= _WORTH_TELLING
    link = "; but on like-for-like tasks it" if turns else "; on like-for-like tasks it"
    whether = _whether(one, same, one.interval)
    if whether:
        return f"{head}; on like-for-like tasks that {whether}.{_mix_words(one, mix)}"
    words = change_words(same)
    if turns:
        words = words.replace("rose", "ROSE").replace("fell", "FELL")
    return f"{head}{link} {words}.{_mix_words(one, mix)}"


def _whether(one: Comparison, change: float, interval: Interval) -> str:
    """What is said of a change that is too small to be seen where nothing is decided; else empty.

    Without a verdict "did not change" would be a finding that nobody has made.
    """
    if is_seen(change) or one.outcome is not Outcome.NOT_ENOUGH:
        return ""
    sizes = f"n {one.new_n:,.0f} against {one.old_n:,.0f}"
    return f"cannot be told yet ({interval_points(interval)}, {sizes})"


def verdict_sentence(one: Comparison) -> str:
    """What the interval shows against the margin, or why it shows nothing."""
    margin = points(one.margin)
    match one.outcome, one.because:
        case Outcome.WORSE, _:
            return "Worse on the same kinds of tasks: the whole interval lies on the worse side of no change."
        case Outcome.BETTER, _:
            return (
                "Better on the same kinds of tasks: the whole interval lies on the better side of no change."
            )
        case Outcome.HELD, _:
            return f"Held: on the same kinds of tasks it is not worse by {margin} or more."
        case _, Because.LEFT_OUT:
            share = write(one.found.left_out, Unit.SHARE, Rounding.UP)
            return (
                f"No verdict: {share} of one group is in kinds of tasks that the other does not have, or "
                f"that nobody named; above {write(MOST_LEFT_OUT, Unit.SHARE)} like is not compared with like."
            )
        case _, Because.FEW_CASES:
            return f"No verdict: one of the two has fewer than {FEWEST_CASES} cases."
        case _, Because.SAMPLING:
            return (
                "No verdict: nobody said how the labelled traces were picked, and the two groups may have "
                "been picked differently. Label a random sample, and say so in the column sampling."
            )
        case _, Because.FEW_USERS:
            return (
                "No verdict: users come up several times or in both groups, and there are too few of them to "
                "tell their habits from the change. It takes 20 users or more, with tasks in common."
            )
        case _:
            return (
                f"Not enough evidence: the interval reaches across no change and beyond the margin of "
                f"{margin}. More cases of both groups narrow it."
            )


def _mix_words(one: Comparison, mix: float) -> str:
    """What the mix did, only where it did something worth telling."""
    if abs(mix) < _WORTH_TELLING:
        return ""
    better = 1 if one.metric.better is Better.HIGHER else -1
    kind = "harder" if mix * better < 0 else "easier"
    excuses = (one.found.raw.value or 0.0) * better < 0 and one.outcome in (Outcome.HELD, Outcome.BETTER)
    return f" The new group{' simply' * excuses} brings {kind} work ({signed_points(mix)} by the mix)."


def _kinds(counts: Sequence[LotCount]) -> tuple[KindLine, ...]:
    """Both groups by kind, the commonest first; those that both have and that are named are compared."""
    sums: dict[str, list[float]] = {}
    for one in sorted(counts, key=lambda one: (one.kind, one.is_new, one.lot)):
        cell = sums.setdefault(one.kind, [0.0, 0.0, 0.0, 0.0])
        place = 0 if one.is_new else 2
        cell[place] += one.passes
        cell[place + 1] += one.n
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1][1] - pair[1][3], pair[0]))
    compared = {kind for kind, cell in ranked if kind and cell[1] > 0 and cell[3] > 0}
    kept = {kind for kind, _ in [pair for pair in ranked if pair[0] in compared][:MOST_KINDS]}
    return tuple(
        KindLine(kind, min(cell[0], cell[1]), cell[1], min(cell[2], cell[3]), cell[3], kind in kept)
        for kind, cell in ranked
    )


def _strata(kinds: Sequence[KindLine]) -> list[Stratum]:
    """One stratum a kind that is compared; of every other kind each group stands alone, and is left out."""
    strata = []
    for line in kinds:
        if line.is_compared:
            strata.append(Stratum(line.new_passes, line.new_n, line.old_passes, line.old_n))
        else:
            strata.append(Stratum(line.new_passes, line.new_n, 0, 0))
            strata.append(Stratum(0, 0, line.old_passes, line.old_n))
    return strata


def _by_user(counts: Sequence[LotCount], kinds: Sequence[KindLine], error: float) -> Interval | None:
    """The bootstrap of lots of whole users, over the kinds that are compared."""
    places = {line.kind: place for place, line in enumerate(line for line in kinds if line.is_compared)}
    lots: dict[int, list[list[float]]] = {}
    for one in counts:
        table = lots.setdefault(one.lot, [[0.0] * 4 for _ in places])
        if one.kind in places:
            cell, place = table[places[one.kind]], 0 if one.is_new else 2
            cell[place] += min(one.passes, one.n)
            cell[place + 1] += one.n
    users = [[Stratum(*cell) for cell in table] for _, table in sorted(lots.items())]
    return compare_by_user(users, error, seed=_SEED)


def _wider(one: Interval, other: Interval | None) -> Interval | None:
    """What both allow: where nothing varies a bootstrap would be sure of everything."""
    if other is None:
        return None
    return Interval(min(one.low, other.low), max(one.high, other.high))


def _because(kinds: Sequence[KindLine], found: LikeForLike, interval: Interval | None) -> Because | None:
    if found.left_out > MOST_LEFT_OUT or found.same_kinds.value is None:
        return Because.LEFT_OUT
    fewest = min(sum(line.new_n for line in kinds), sum(line.old_n for line in kinds))
    if fewest < FEWEST_CASES:
        return Because.FEW_CASES
    return Because.FEW_USERS if interval is None else None


def _outcome(interval: Interval, asked: Metric, margin: float) -> Outcome:
    """The interval read in the metric's good direction."""
    if asked.better is Better.LOWER:
        interval = Interval(-interval.high, -interval.low)
    if interval.low > 0:
        return Outcome.BETTER
    change = judge_change(interval, margin)
    return {Change.WORSE: Outcome.WORSE, Change.NO_WORSE: Outcome.HELD}.get(change, Outcome.NOT_ENOUGH)
