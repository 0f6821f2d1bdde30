"""What counted confidences and labels say: their distribution, the promise they keep, whether they notice.

METHODS 9 has the rules and :mod:`core.statistics.threshold` the arithmetic. Right is what people's labels
say, of samples picked without regard to quality, at most five labelled traces a user (section 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from core.statistics.calibration import Calibration, grouped_reliability
from core.statistics.exact import bounds
from core.statistics.interval import Interval
from core.statistics.threshold import Chosen, Cut, Guardrail, Lump, Shift, all_cuts, choose_threshold, shift

STEPS = 1000
"""Confidences are counted to this fraction of 1, rounded down: the finest step of a plan's threshold."""

HISTOGRAM_BINS = 20


@dataclass(frozen=True)
class Level:
    """The traces of one confidence (None: they state none): ``right`` of ``judged`` of ``rows``.

    ``confidence`` is rounded down to a step; ``stated`` is the sum of what the judged ones really state.
    """

    confidence: float | None
    rows: int
    judged: int = 0
    right: int = 0
    stated: float = 0.0


@dataclass(frozen=True)
class Counted:
    """Production traffic by confidence, each level once, with the labels that count.

    Left out of the labels are ``capped`` ones of users with more than five, and ``worst_first`` ones, picked
    because they looked bad. ``stratified`` ones are counted as they are. ``sampling_known`` is false where
    nobody said how the labelled traces were picked.
    """

    levels: tuple[Level, ...] = ()
    capped: int = 0
    worst_first: int = 0
    stratified: int = 0
    sampling_known: bool = True

    @property
    def rows(self) -> int:
        return sum(level.rows for level in self.levels)

    @property
    def stated(self) -> tuple[Level, ...]:
        """The levels of traces that state a confidence, the lowest first."""
        known = [level for level in self.levels if level.confidence is not None]
        return tuple(sorted(known, key=lambda level: level.confidence or 0.0))

    @property
    def rows_stated(self) -> int:
        return sum(level.rows for level in self.stated)

    @property
    def judged(self) -> int:
        """The labelled traces that state a confidence."""
        return sum(level.judged for level in self.stated)

    @property
    def lumps(self) -> tuple[Lump, ...]:
        return tuple(Lump(level.confidence, level.rows, level.judged, level.right) for level in self.levels)


@dataclass(frozen=True)
class HistogramBin:
    """``rows`` of the traffic state a confidence from ``low`` to below ``high``; the last bin includes 1."""

    low: float
    high: float
    rows: int


@dataclass(frozen=True)
class AtThreshold:
    """What a threshold does: ``alone`` of ``rows`` go out alone, ``right`` of the ``n`` judged ones of these.

    ``wrong`` is the interval of the share of wrong answers among them, of this threshold alone.
    """

    threshold: float
    alone: int
    rows: int
    right: int
    n: int
    wrong: Interval

    @property
    def share(self) -> float | None:
        return self.alone / self.rows if self.rows else None

    @property
    def wrong_share(self) -> float | None:
        return (self.n - self.right) / self.n if self.n else None


@dataclass(frozen=True)
class OnlyAbove:
    """All labelled traces state ``lowest`` or more, though ``share`` of the confident traffic states less."""

    lowest: float
    share: float


@dataclass(frozen=True)
class Promise:
    """The threshold that keeps ``target``, chosen at ``error`` from ``counted``, or why there is none."""

    target: float
    error: float
    counted: Counted
    chosen: Chosen

    @property
    def cut(self) -> Cut | None:
        """The threshold to set; None where none can be, or where confidence is no guardrail."""
        usable = self.counted.sampling_known and self.chosen.guardrail is Guardrail.USABLE
        return self.chosen.cut if usable else None

    @property
    def is_refuted(self) -> bool:
        """Whether confidence is shown to be no guardrail."""
        return self.counted.sampling_known and self.chosen.guardrail is Guardrail.NOT_USABLE


def histogram(counted: Counted, bins: int = HISTOGRAM_BINS) -> tuple[HistogramBin, ...]:
    """The confident traffic in ``bins`` of equal width, empty ones included."""
    rows = [0] * bins
    for level in counted.stated:
        step = round((level.confidence or 0.0) * STEPS)
        rows[min(floor(step * bins / STEPS), bins - 1)] += level.rows
    return tuple(HistogramBin(place / bins, (place + 1) / bins, n) for place, n in enumerate(rows))


def reliability_of(counted: Counted, error: float) -> Calibration:
    """Stated against right, in bins of about as many labelled traces."""
    judged = [level for level in counted.stated if level.judged]
    return grouped_reliability(
        # Rounded, because the sum of equal confidences need not be a whole number of them.
        [min(round(level.stated / level.judged, 9), 1.0) for level in judged],
        [level.right for level in judged],
        [level.judged for level in judged],
        error,
    )


def curve(counted: Counted, error: float) -> tuple[Cut, ...]:
    """Coverage against risk: every threshold with a labelled trace above it, the highest first."""
    return tuple(cut for cut in all_cuts(counted.lumps, error) if cut.n)


def promise(counted: Counted, target: float, error: float) -> Promise:
    """The threshold above which at least ``target`` of the answers are shown to be right."""
    return Promise(target, error, counted, choose_threshold(counted.lumps, target, error))


def at_threshold(counted: Counted, threshold: float, error: float) -> AtThreshold:
    """What goes out alone at ``threshold`` or above, and how much of that is wrong."""
    above = [level for level in counted.stated if _reaches(level, threshold)]
    right, n = sum(level.right for level in above), sum(level.judged for level in above)
    wrong = bounds(n - right, n, error)
    return AtThreshold(threshold, sum(level.rows for level in above), counted.rows, right, n, wrong)


def only_above(counted: Counted, error: float) -> OnlyAbove | None:
    """Whether the labelled traces leave out the less confident ones, by more than luck at ``error``."""
    judged = [level.confidence or 0.0 for level in counted.stated if level.judged]
    if not judged:
        return None
    lowest = min(judged)
    below = sum(level.rows for level in counted.stated if (level.confidence or 0.0) < lowest)
    share = below / counted.rows_stated
    by_luck = (1 - share) ** counted.judged
    return OnlyAbove(lowest, share) if by_luck < error else None


def noticed(before: Counted, after: Counted, threshold: float, error: float) -> Shift:
    """Whether confidence fell where answers got worse, between two periods."""
    return shift(before.lumps, after.lumps, _on_a_step(threshold), error)


def _reaches(level: Level, threshold: float) -> bool:
    return level.confidence is not None and level.confidence >= _on_a_step(threshold)


def _on_a_step(threshold: float) -> float:
    """The threshold as the levels have theirs: 0.29 * 1000 / 1000 must not fall just beside 0.29."""
    return round(threshold * STEPS) / STEPS


def merged(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Each confidence once, the lowest first, those without one last."""
    sums: dict[float | None, Level] = {}
    for one in levels:
        other = sums.get(one.confidence, Level(one.confidence, 0))
        sums[one.confidence] = Level(
            one.confidence,
            one.rows + other.rows,
            one.judged + other.judged,
            one.right + other.right,
            one.stated + other.stated,
        )
    return tuple(sorted(sums.values(), key=lambda level: (level.confidence is None, level.confidence or 0.0)))
