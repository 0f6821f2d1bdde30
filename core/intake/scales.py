"""Two units or two scales in one column: told by a gap that one honest column would not have."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.intake.answers import Answers
from core.intake.doubts import Doubts

_SHARE = 0.05
_BETWEEN = 0.01


@dataclass(frozen=True)
class _Gap:
    """At least ``least`` values below ``small`` and from ``large`` on, hardly any between: two units."""

    small: float
    large: float
    least: int


_GAPS = {"latency_ms": _Gap(30, 300, least=2), "score": _Gap(1, 10, least=1)}


class Scales:
    """Counts small, middling and large values of the columns whose unit is often mixed up."""

    def __init__(self) -> None:
        self._counts = {name: [0, 0, 0] for name in _GAPS}
        self._samples: dict[str, dict[int, float]] = {name: {} for name in _GAPS}

    def note(self, name: str, values: Sequence[float | None]) -> None:
        gap = _GAPS.get(name)
        if gap is None:
            return
        for value in values:
            # 0 and the whole score 1 belong to either scale.
            if value is None or value <= 0 or value == gap.small:
                continue
            place = 0 if value < gap.small else 1 if value < gap.large else 2
            self._counts[name][place] += 1
            self._samples[name].setdefault(place, value)

    def tell(self, answers: Answers, doubts: Doubts) -> None:
        """Ask about every column with two clear groups, unless the user said that it is right."""
        for name, (small, middling, large) in self._counts.items():
            total = small + middling + large
            mixed = (
                min(small, large) >= max(_GAPS[name].least, _SHARE * total) and middling <= _BETWEEN * total
            )
            if mixed and name not in answers.as_stated:
                for sample in self._samples[name].values():
                    doubts.note(f"as_stated.{name}", f"{sample:g}")
