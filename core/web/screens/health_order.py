"""Which rows the board of the Health page has, in which order, and which number stands only once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.actions.gauges import Gauge, Health
from core.metrics.catalogue import Shape
from core.web.screens.health_gauges import SOURCE_SHORT


@dataclass(frozen=True)
class BoardRow:
    """One measured number; ``same`` says of which other number it is the same one, or which has no row."""

    gauge: Gauge
    is_large: bool = False
    same: str = ""


@dataclass(frozen=True)
class BoardGroup:
    """Rows that stand together."""

    title: str
    rows: tuple[BoardRow, ...]


def board_of(view: Health) -> tuple[BoardGroup, ...]:
    """The measured numbers in the order of the board: the five apart, then the rest; slices under theirs."""
    same = _same_numbers([gauge for gauge in view.gauges if gauge.measured is not None])

    def rows(gauges: Sequence[Gauge], *, large: bool = False) -> Iterator[BoardRow]:
        for place, gauge in enumerate(gauges):
            words = same.get(gauge.key, "")
            if gauge.measured is None or words is None:
                continue
            yield BoardRow(gauge, large and place == 0, words)
            yield from (
                BoardRow(part) for part in view.slices if part.key == gauge.key and part.measured is not None
            )

    five = [
        BoardGroup(one.metric.label, tuple(rows([one.main, *one.others], large=True)))
        for one in view.quality
        if one.main is not None
    ]
    more = [
        BoardGroup("Time and money", tuple(rows(view.amounts))),
        BoardGroup("Behaviour and safety", tuple(rows(view.behaviour))),
    ]
    return tuple(group for group in [*five, *more] if group.rows)


def _same_numbers(measured: Sequence[Gauge]) -> dict[str, str | None]:
    """What is said of numbers that count just the same, by their keys; None for one that has no row.

    A number stands once: a second time only where the checklist has another bar for it.
    """
    said: dict[str, str | None] = {}
    for place, gauge in enumerate(measured):
        twin = next((other for other in measured[:place] if _counts_the_same(gauge, other)), None)
        if twin is None:
            continue
        if gauge.row is not None:
            said[gauge.key] = f"The same number as {twin.metric.label} from {SOURCE_SHORT[twin.source]}."
        else:
            said[gauge.key] = None
            said[twin.key] = (
                f"{gauge.metric.label} is the same number: the results have one verdict a case. "
                "So it stands here once."
            )
    return said


def _counts_the_same(one: Gauge, other: Gauge) -> bool:
    return (
        one.metric.shape is other.metric.shape is Shape.RATE
        and one.metric.better is other.metric.better
        and one.metric.reading(one.source) == other.metric.reading(other.source)
    )
