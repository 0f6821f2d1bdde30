"""The interval that every bound of this package comes in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """From ``low`` to ``high``; each end is wrong with at most the error it was asked for."""

    low: float
    high: float
