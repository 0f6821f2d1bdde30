"""Where failures pile up: each part against the rest, among parts that were declared beforehand.

METHODS 8. Fisher's exact one-sided test a part, and Benjamini-Hochberg (1995) over all parts that are
large enough, so that looking at many of them does not find something every time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.statistics.counts import check_error, check_share, check_whole
from core.statistics.differences import Difference, difference

FEWEST_CASES = 20
FEWEST_FAILURES = 3
FEWEST_USERS = 3
TIMES_THE_REST = 2.0
FALSE_DISCOVERIES = 0.1
"""At most this share of the parts that are called concentrated is so by luck."""


class Weight(StrEnum):
    CONCENTRATED = "concentrated"
    NOT_SHOWN = "not shown"
    TOO_FEW = "too few"


@dataclass(frozen=True)
class Part:
    """A part of the cases; ``users`` who met its failures, None where users are not known.

    One user's nine failures are one story, so fewer than three users are never called a concentration.
    """

    name: str
    failures: int
    n: int
    users: int | None = None


@dataclass(frozen=True)
class Concentration:
    """One part beside the rest. All shares 0 to 1; ``None`` where there is nothing to divide by.

    ``by_luck`` is the chance of so many failures in a part of this size (hypergeometric tail);
    ``adjusted`` the same after looking at all parts (None for parts that are too small for it).
    ``apart`` is the failure rate inside minus that of the rest, with its interval.
    """

    part: Part
    rate: float | None
    rest_rate: float | None
    apart: Difference
    share_of_failures: float | None
    share_of_cases: float | None
    by_luck: float
    adjusted: float | None
    weight: Weight


def concentrations(parts: Sequence[Part], failures: int, n: int, error: float) -> tuple[Concentration, ...]:
    """Each part against the rest of ``failures`` of ``n``, the least likely by luck first.

    The order of the parts and their overlap do not matter; ``error`` is that of each end of the
    intervals. Parts under ``FEWEST_CASES`` are TOO_FEW whatever they hold.
    """
    # Loading all of SciPy's distributions takes most of a second, and only few questions need them.
    from scipy.stats import false_discovery_control, hypergeom

    check_error(error)
    check_whole((failures, n), "failures and n")
    for part in parts:
        _check(part, failures, n)
    by_luck = [
        float(min(1.0, hypergeom.sf(part.failures - 1, n, failures, part.n))) if part.n else 1.0
        for part in parts
    ]
    tested = [place for place, part in enumerate(parts) if part.n >= FEWEST_CASES]
    adjusted: dict[int, float] = {}
    if tested and failures:
        qs = false_discovery_control([by_luck[place] for place in tested])
        adjusted = {place: float(q) for place, q in zip(tested, qs, strict=True)}
    found = [
        _beside_the_rest(part, failures, n, by_luck[place], adjusted.get(place), error)
        for place, part in enumerate(parts)
    ]
    return tuple(sorted(found, key=lambda one: (one.by_luck, one.part.name)))


def look_here(found: Sequence[Concentration]) -> tuple[Concentration, ...]:
    """The parts worth a look whatever their size: at least three failures, the least likely first."""
    worth = [one for one in found if one.part.failures >= FEWEST_FAILURES]
    return tuple(sorted(worth, key=lambda one: (one.by_luck, one.part.name)))


def adjusted_for_many(chances: Sequence[float]) -> tuple[float, ...]:
    """Chances by luck after looking at all of them (Benjamini-Hochberg q), in the order given.

    Calling all with q at most x makes a share of x of the calls false, on average, also under positive
    dependence.
    """
    from scipy.stats import false_discovery_control

    for chance in chances:
        check_share(chance, "chance")
    return tuple(float(q) for q in false_discovery_control(list(chances))) if chances else ()


def _beside_the_rest(
    part: Part, failures: int, n: int, by_luck: float, adjusted: float | None, error: float
) -> Concentration:
    rest_failures, rest_n = failures - part.failures, n - part.n
    rate = part.failures / part.n if part.n else None
    rest_rate = rest_failures / rest_n if rest_n else None
    return Concentration(
        part=part,
        rate=rate,
        rest_rate=rest_rate,
        apart=difference(part.failures, part.n, rest_failures, rest_n, error),
        share_of_failures=part.failures / failures if failures else None,
        share_of_cases=part.n / n if n else None,
        by_luck=by_luck,
        adjusted=adjusted,
        weight=_weight(part, rate, rest_rate, adjusted),
    )


def _weight(part: Part, rate: float | None, rest_rate: float | None, adjusted: float | None) -> Weight:
    if part.n < FEWEST_CASES:
        return Weight.TOO_FEW
    many = part.failures >= FEWEST_FAILURES and (part.users is None or part.users >= FEWEST_USERS)
    beyond_luck = adjusted is not None and adjusted <= FALSE_DISCOVERIES
    if rate is None or rest_rate is None or rate < TIMES_THE_REST * rest_rate:
        return Weight.NOT_SHOWN
    return Weight.CONCENTRATED if many and beyond_luck else Weight.NOT_SHOWN


def _check(part: Part, failures: int, n: int) -> None:
    check_whole((part.failures, part.n), f"the counts of {part.name}")
    outside = n - part.n
    if part.failures > part.n or part.failures > failures or failures - part.failures > outside:
        raise ValueError(
            f"{part.name} cannot have {part.failures} failures of {part.n} among {failures} of {n}"
        )
