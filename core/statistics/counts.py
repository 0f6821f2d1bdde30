"""What may enter a calculation: finite counts, shares from 0 to 1, errors up to one half.

Every refusal is a ``ValueError``: a number that is not a number must never become an answer.
"""

import math
from collections.abc import Sequence

import numpy as np


def check_counts(passes: float, n: float) -> None:
    """Refuse anything but 0 <= passes <= n, both finite; fractions are fine."""
    if not (math.isfinite(passes) and math.isfinite(n)):
        raise ValueError(f"passes and n must be finite, not {passes} of {n}")
    if not 0 <= passes <= n:
        raise ValueError(f"passes must lie between 0 and n, not {passes} of {n}")


def check_share(value: float, name: str) -> None:
    """Refuse anything but a share from 0 to 1."""
    if not 0 <= value <= 1:  # also true of NaN
        raise ValueError(f"{name} must be a share from 0 to 1, not {value}")


def check_error(error: float) -> None:
    """Refuse an error that is not above 0 and at most 0.5: beyond, the two bounds would cross."""
    if not 0 < error <= 0.5:  # also true of NaN
        raise ValueError(f"error must be above 0 and at most 0.5, not {error}")


def check_groups(passes: Sequence[float], n: Sequence[float]) -> None:
    """Refuse passes and ns of groups (cases, clusters) that do not match one for one."""
    if len(passes) != len(n):
        raise ValueError(f"{len(passes)} groups have passes, but {len(n)} have an n")
    passed, sizes = np.asarray(passes, dtype=np.float64), np.asarray(n, dtype=np.float64)
    sound = np.isfinite(sizes) & (passed >= 0) & (passed <= sizes)  # NaN compares as false
    if not sound.all():
        first = int(np.argmin(sound))
        raise ValueError(f"passes must lie between 0 and n, not {passes[first]} of {n[first]}")


def check_finite(values: Sequence[float], name: str) -> None:
    """Refuse NaN and infinities among ``values``: neither is a measurement."""
    found = np.asarray(values, dtype=np.float64)
    if not np.isfinite(found).all():
        first = int(np.argmin(np.isfinite(found)))
        raise ValueError(f"{name} must be finite, not {found[first]}")


def check_whole(values: Sequence[float], name: str) -> None:
    """Refuse anything but whole numbers from 0 on, where a method counts cases one by one."""
    check_finite(values, name)
    for value in values:
        if value < 0 or value != int(value):
            raise ValueError(f"{name} must be a whole number from 0 on, not {value}")
