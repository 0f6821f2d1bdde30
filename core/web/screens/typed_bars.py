"""Bars and shares as people type them (per cent, seconds) and as documents keep them (0 to 1, ms)."""

from core.metrics.catalogue import Metric
from core.units import Unit


def percent(share: float) -> float:
    """0.855 as 85.5; rounded, because 0.29 * 100 is not 29 to a computer."""
    return round(share * 100, 6)


def share(typed: float) -> float:
    """85.5 (per cent) as 0.855."""
    return round(typed / 100, 8)


def shown_bar(asked: Metric, bar: float) -> float:
    """The bar as people type it: per cent, seconds, else as it is."""
    if asked.unit is Unit.SHARE:
        return percent(bar)
    return bar / 1_000 if asked.unit is Unit.MILLISECONDS else bar


def stored_bar(asked: Metric, typed: float) -> float:
    """The bar as a document keeps it."""
    if asked.unit is Unit.SHARE:
        return share(typed)
    return typed * 1_000 if asked.unit is Unit.MILLISECONDS else typed
