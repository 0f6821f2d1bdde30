"""Where a condition begins to hold, by bisection: among whole numbers, or along a line."""

from collections.abc import Callable

CLOSE = 1e-12
"""How close to the turning point a search along a line comes."""


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


def turning_point(holds: Callable[[float], bool], start: float, end: float) -> float:
    """The point from ``start`` to ``end``, to within ``CLOSE``, from which on the condition holds.

    It must not hold at ``start``, must hold at ``end``, and must hold everywhere after the first
    such point. (Loading SciPy's root finders takes longer than a whole gate does without them.)
    """
    while end - start > CLOSE:
        middle = (start + end) / 2
        if not start < middle < end:  # neighbouring floats
            break
        start, end = (start, middle) if holds(middle) else (middle, end)
    return end
