"""Where failures pile up: the values of the columns that were declared beforehand, each against the rest.

All declared columns are looked at together, so that turning from column to column until one of them
shows something finds nothing by luck (METHODS 8).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from core.metrics.catalogue import Better, Metric, Shape
from core.metrics.change_words import interval_points
from core.statistics.concentration import (
    FALSE_DISCOVERIES,
    FEWEST_CASES,
    FEWEST_FAILURES,
    TIMES_THE_REST,
    Concentration,
    Part,
    Weight,
    adjusted_for_many,
    concentrations,
    look_here,
)
from core.units import Unit, write

DECLARED_COLUMNS = ("task_type", "user_segment", "user_role", "channel", "tool_selected")
"""The parts that are looked at in every feature; those that the checklist names join them."""

NOT_RECORDED = "(not recorded)"

_SILENCE = "reaction_rate"


@dataclass(frozen=True)
class PartFailures:
    """One value of a column: ``failures`` of ``n``, met by so many ``users`` (None: nobody is named)."""

    value: str
    n: int
    failures: int
    users: int | None


@dataclass(frozen=True)
class ColumnFailures:
    """A column's commonest values, of ``values`` in all, and the totals that each is held against."""

    column: str
    parts: tuple[PartFailures, ...]
    n: int
    failures: int
    sampling_known: bool = True
    values: int = 0


@dataclass(frozen=True)
class Pile:
    """One value of one column beside the rest."""

    column: str
    value: str
    found: Concentration


@dataclass(frozen=True)
class Piles:
    """The piles of one chosen column, the least likely by luck first, and what all columns offer to look at.

    ``is_declared`` says whether the column was declared beforehand: of another one a find is a hypothesis
    only. ``columns`` are those that were looked at together with it.
    """

    column: str
    n: int
    failures: int
    piles: tuple[Pile, ...]
    look_here: tuple[Pile, ...]
    is_declared: bool
    columns: tuple[str, ...]
    sampling_known: bool = True
    values: int = 0

    @property
    def concentrated(self) -> tuple[Pile, ...]:
        return tuple(pile for pile in self.piles if pile.found.weight is Weight.CONCENTRATED)


def can_pile(asked: Metric) -> bool:
    """Whether a row of the metric fails or does not: rates, but for that of users who stay silent."""
    return asked.shape is Shape.RATE and asked.id != _SILENCE


def failure_words(asked: Metric) -> str:
    """What a failure of the metric is, after a share: "wrong", "not accepted", "handed over"."""
    if asked.better is Better.LOWER:
        return asked.noun
    if asked.noun == "right":
        return "wrong"
    return f"not fully {asked.noun}" if asked.graded else f"not {asked.noun}"


def piles(chosen: str, declared: Sequence[str], counted: Mapping[str, ColumnFailures], error: float) -> Piles:
    """The chosen column's values against the rest, after looking at all ``declared`` columns.

    ``counted`` has the chosen column and those declared ones that part the rows at all. ``error`` is that of
    each end of the intervals. The order of columns and values changes nothing.
    """
    is_declared = chosen in declared
    together = sorted({*declared} & {*counted}) if is_declared else [chosen]
    found = _beside_the_rest([counted[name] for name in together], error)
    whole = counted[chosen]
    own = tuple(pile for pile in found if pile.column == chosen)
    return Piles(
        column=chosen,
        n=whole.n,
        failures=whole.failures,
        piles=own,
        look_here=_worth_a_look(found),
        is_declared=is_declared,
        columns=tuple(together),
        sampling_known=whole.sampling_known,
        values=whole.values,
    )


def pile_sentence(pile: Pile, asked: Metric) -> str:
    """One pile as a person says it, of failures of the metric ``asked``."""
    one, name = pile.found, pile.value or NOT_RECORDED
    if one.rate is None or one.rest_rate is None or not one.share_of_failures or one.share_of_cases is None:
        return f"{name}: no failure in {one.part.n:,}."
    return (
        f"{name}, {write(one.share_of_cases, Unit.SHARE)} of what was counted, holds "
        f"{write(one.share_of_failures, Unit.SHARE)} of the failures: {write(one.rate, Unit.SHARE)} "
        f"{failure_words(asked)} there ({one.part.failures:,} of {one.part.n:,}), "
        f"{write(one.rest_rate, Unit.SHARE)} elsewhere ({interval_points(one.apart.interval)}). "
        f"{luck_words(pile)}"
    )


def luck_words(pile: Pile) -> str:
    """Whether it can be luck, with the chance of a false find and the users behind it."""
    one, users = pile.found, pile.found.part.users
    if one.weight is Weight.TOO_FEW or one.adjusted is None:
        return f"Too few to say: fewer than {FEWEST_CASES} cases."
    chance = _q_words(one.adjusted)
    if one.weight is Weight.CONCENTRATED:
        met = "" if users is None else f", {_users(users)} met them"
        return f"Not luck ({chance}{met})."
    if one.adjusted > FALSE_DISCOVERIES or one.rate is None or one.rest_rate is None:
        return f"This can be luck ({chance})."
    if one.rate < TIMES_THE_REST * one.rest_rate:
        return f"Not luck ({chance}), but less than twice the rest."
    if one.part.failures < FEWEST_FAILURES:
        return f"Too few failures to say: fewer than {FEWEST_FAILURES}."
    return f"Only {_users(users or 0)} met them: one story each, and no concentration."


def _q_words(adjusted: float) -> str:
    """The chance after looking at all parts, with two digits that count: "q = 0.034", "q < 0.001"."""
    return "q < 0.001" if adjusted < 0.001 else f"q = {adjusted:.2g}"


def _users(number: int) -> str:
    return "1 user" if number == 1 else f"{number:,} users"


def _beside_the_rest(columns: Sequence[ColumnFailures], error: float) -> tuple[Pile, ...]:
    """Every value against the rest of its own column's rows; chances are adjusted over all of them."""
    found: list[Pile] = []
    for one in columns:
        named = {part.value: part for part in one.parts}
        parts = [Part(part.value, part.failures, part.n, part.users) for part in named.values()]
        if len(parts) > 1:
            apart = concentrations(parts, one.failures, one.n, error)
            found += [Pile(one.column, each.part.name, each) for each in apart]
    return _adjusted_together(found)


def _adjusted_together(found: Sequence[Pile]) -> tuple[Pile, ...]:
    """The piles with their chance after looking at all of them, the least likely by luck first.

    What stands out in its own column only because other columns were not counted is no longer shown.
    """
    tested = [place for place, pile in enumerate(found) if pile.found.adjusted is not None]
    together = adjusted_for_many([found[place].found.by_luck for place in tested])
    piles = list(found)
    for place, adjusted in zip(tested, together, strict=True):
        one = found[place].found
        is_luck = one.weight is Weight.CONCENTRATED and adjusted > FALSE_DISCOVERIES
        weight = Weight.NOT_SHOWN if is_luck else one.weight
        piles[place] = replace(found[place], found=replace(one, adjusted=adjusted, weight=weight))
    return tuple(sorted(piles, key=_least_likely))


def _least_likely(pile: Pile) -> tuple[float, str, str]:
    return pile.found.by_luck, pile.column, pile.value


def _worth_a_look(found: Sequence[Pile]) -> tuple[Pile, ...]:
    worth = {id(one) for one in look_here([pile.found for pile in found])}
    return tuple(pile for pile in found if id(pile.found) in worth)
