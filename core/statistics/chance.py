"""How likely cases still to come will show, in one look, that a rate is above a target.

The chance climbs with the number of cases in a saw-tooth: one more case often asks for one more
pass. The smooth chances draw a rising line just above and just below the teeth, so that a search
finds the right stretch by bisection and counts only there.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, betainc

from core.statistics.search import turning_point

Counts = npt.NDArray[np.int64]
Chances = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Outlook:
    """``passes`` of ``n`` seen so far, further cases passing at ``truth``, and the question asked.

    ``passes`` and ``n`` may be fractions; further cases are whole ones.
    """

    passes: float
    n: float
    target: float
    truth: float
    error: float

    def chances(self, more: Counts) -> Chances:
        """The chance to be above the target after each number of further cases in ``more``."""
        needed = self._passes_needed(more)
        return np.asarray(bdtrc(needed - 1.0, more, self.truth), dtype=np.float64)

    def smooth_chance(self, more: int, *, spare: int) -> float:
        """A chance without teeth: never below the true one at ``spare`` 0, never above it at 1.

        The passes needed are a fraction here; whole passes are up to one more (``spare``).
        """
        needed = self._fractional_passes_needed(more) + spare
        if needed <= 0:
            return 1.0
        if needed >= more + 1:
            return 0.0
        return float(betainc(needed, more - needed + 1, self.truth))

    def _passes_needed(self, more: Counts) -> Counts:
        """The fewest further passes that show the rate above the target; more + 1 where none do.

        All of ``more`` at once, by bisection: passes are enough where the chance of so many at
        the target itself is below ``error``.
        """
        low, high = np.zeros_like(more), more + 1
        while np.any(low < high):
            middle = (low + high) // 2
            passes = self.passes + middle
            failures = self.n - self.passes + (more - middle)
            # Zero passes never show anything; betainc is undefined there.
            p_value = np.where(passes > 0, betainc(np.maximum(passes, 1e-300), failures + 1, self.target), 1)
            enough, searching = p_value < self.error, low < high
            high = np.where(searching & enough, middle, high)
            low = np.where(searching & ~enough, middle + 1, low)
        return low

    def _fractional_passes_needed(self, more: int) -> float:
        total = self.n + more

        def enough(passes: float) -> bool:
            return float(betainc(passes, total - passes + 1, self.target)) < self.error

        if not enough(total):
            return more + 1.0
        if enough(1e-300):  # target 0: any pass at all is enough
            return -self.passes
        return turning_point(enough, 1e-300, total) - self.passes
