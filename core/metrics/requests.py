"""What can be asked of the evidence: pure descriptions that the store turns into queries."""

from dataclasses import dataclass

from core.metrics.measurement import Slice, Source, Window

CAP_PER_WITNESS = 5
"""At most this many traces of one user (or session) count (METHODS section 1)."""


@dataclass(frozen=True)
class TallyRequest:
    """Count the passes of ``metric`` as ``source`` answers it, in ``slice`` and ``window``.

    ``bar`` is needed by metrics whose passes depend on it (latency in ms). ``by`` groups the
    answer: ``"week"``, ``"day"`` or a canonical column; ``None`` gives one tally.
    """

    metric: str
    source: Source
    slice: Slice = Slice()
    window: Window = Window()
    bar: float | None = None
    by: str | None = None


@dataclass(frozen=True)
class FirstRequest:
    """Look at the first ``count`` traces of ``slice`` and ``window`` by (time, run id)."""

    metric: str
    source: Source
    count: int
    slice: Slice = Slice()
    window: Window = Window()
