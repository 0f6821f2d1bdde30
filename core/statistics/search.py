"""The smallest whole number for which a condition holds, by bisection."""

from collections.abc import Callable


def first_true(holds: Callable[[int], bool], start: int, end: int) -> int | None:
    """The smallest number from ``start`` to ``end`` where ``holds``; ``None`` where not even ``end`` does.

    The condition must hold for every number after the first.
    """
    if not holds(end):
        return None
    while start < end:
        middle = (start + end) // 2
        start, end = (start, middle) if holds(middle) else (middle + 1, end)
    return end
