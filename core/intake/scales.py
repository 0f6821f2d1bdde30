"""Two units or two scales in one column: told by a gap that one honest column would not have."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from core.intake.answers import Answers
from core.intake.doubts import Doubts, Notices
from core.intake.other_units import BY_NAME

_SHARE = 0.05
_BETWEEN = 0.01


@dataclass(frozen=True)
class _Gap:
    """At least ``least`` values below ``small`` and from ``large`` on, hardly any between: two units."""

    small: float
    large: float
    least: int


_SECONDS_BELOW = 60
"""Latencies that are all below this and have decimals look like seconds: no model answers in 12.4 ms."""

_LIKE_SECONDS = (
    "All latencies are below 60, with decimals, as seconds are; they were taken as milliseconds. If they are"
    " seconds, withdraw this upload, rename the column to latency_s and upload the file again."
)

_GAPS = {"latency_ms": _Gap(30, 300, least=2), "score": _Gap(1, 10, least=1)}


class Scales:
    """Counts small, middling and large values of the columns whose unit is often mixed up."""

    def __init__(self) -> None:
        self._counts = {name: [0, 0, 0] for name in _GAPS}
        self._samples: dict[str, dict[int, float]] = {name: {} for name in _GAPS}
        self._longest, self._with_decimals = 0.0, False

    def note(self, name: str, values: pa.Array) -> None:
        """``values`` are those of a canonical column, whatever their type."""
        gap = _GAPS.get(name)
        if gap is None:
            return
        numbers = values.drop_null().to_numpy()
        if name == "latency_ms" and len(numbers):
            self._longest = max(self._longest, float(numbers.max()))
            self._with_decimals = self._with_decimals or bool((numbers % 1 != 0).any())
        # 0 and the whole score 1 belong to either scale.
        numbers = numbers[(numbers > 0) & (numbers != gap.small)]
        places = (numbers >= gap.small).astype(np.int64) + (numbers >= gap.large)
        for place in (0, 1, 2):
            here = numbers[places == place]
            self._counts[name][place] += len(here)
            if len(here):
                self._samples[name].setdefault(place, float(here[0]))

    def tell(self, answers: Answers, doubts: Doubts, notices: Notices) -> None:
        """Ask about every column with two clear groups, unless the user said that it is right."""
        is_said = "latency_ms" in answers.as_stated or not BY_NAME.keys().isdisjoint(answers.columns.values())
        looks_so = self._with_decimals and self._longest < _SECONDS_BELOW
        if looks_so and not (is_said or notices.told("other_unit")):
            notices.add("like_seconds", _LIKE_SECONDS)
        for name, (small, middling, large) in self._counts.items():
            total = small + middling + large
            mixed = (
                min(small, large) >= max(_GAPS[name].least, _SHARE * total) and middling <= _BETWEEN * total
            )
            if mixed and name not in answers.as_stated:
                for sample in self._samples[name].values():
                    doubts.note(f"as_stated.{name}", f"{sample:g}")
