"""What the Health page shows, as data: gauges, the part of the evidence they are of, slices."""

from dataclasses import dataclass, replace
from datetime import datetime

from core.actions.measuring import clipped, window_until
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.evidence.weeks import week_start
from core.metrics.catalogue import Metric
from core.metrics.diagnosis import Diagnosis
from core.metrics.drift import Drift
from core.metrics.measurement import Measurement, NotMeasured, Slice, Source, WeekPoint, Window
from core.rollout.transitions import PhasePeriod

FEWEST_IN_A_SLICE = 10
"""A slice that is worth fewer independent cases is shown grey."""

SLICE_COLUMNS = (
    "task_type",
    "user_segment",
    "user_role",
    "channel",
    "route",
    "tool_selected",
    "model",
    "prompt_version",
    "release_bundle",
    "phase",
    "user_id",
)
"""What can part the evidence on the page: columns of the traces, and ``phase``, by the rollout's periods."""


@dataclass(frozen=True)
class Part:
    """The part of the evidence that every number is of; ``None`` anywhere means no limit.

    ``weeks`` counts back from the current week, which is included; weeks begin on Monday (UTC). ``phase``
    is the period in which a phase of the rollout ran.
    """

    segment: str | None = None
    task: str | None = None
    bundle: str | None = None
    source: Source | None = None
    weeks: int | None = None
    role: str | None = None
    channel: str | None = None
    phase: PhasePeriod | None = None

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return self != Part()

    @property
    def slice(self) -> Slice:
        pairs = {
            "user_segment": self.segment,
            "task_type": self.task,
            "user_role": self.role,
            "channel": self.channel,
        }
        return Slice.of({name: value for name, value in pairs.items() if value is not None})

    def window(self, now: datetime) -> Window:
        since = None if self.weeks is None else week_start(now, self.weeks - 1)
        window = replace(window_until(now, since, None), bundle=self.bundle)
        return window if self.phase is None else clipped(window, self.phase.began, self.phase.ended)


@dataclass(frozen=True)
class Gauge:
    """One metric by one source; ``row`` judges it against its bar of the checklist, where it has one.

    ``within`` is the slice that the checklist names, inside the part that the page is of. ``weeks`` are
    those that a row of the board draws.
    """

    metric: Metric
    source: Source
    finding: Measurement | NotMeasured
    row: Row | None = None
    within: Slice = Slice()
    weeks: tuple[WeekPoint, ...] = ()

    @property
    def key(self) -> str:
        """The metric and its source as the address names them: ``latency_p95.trace``."""
        return f"{self.metric.id}.{self.source}"

    @property
    def is_protected(self) -> bool:
        """Whether the checklist keeps the average from buying this slice off."""
        item = self.row.item if self.row is not None else None
        return isinstance(item, MeasuredItem) and item.protected and bool(item.slice)

    @property
    def measured(self) -> Measurement | None:
        return self.finding if isinstance(self.finding, Measurement) else None

    @property
    def bar(self) -> float | None:
        return self.row.item.bar if self.row is not None and isinstance(self.row.item, MeasuredItem) else None


@dataclass(frozen=True)
class QualityGauge:
    """One of the five: ``main`` is the source shown large, ``others`` the rest, never mixed with it.

    Without ``main`` the metric does not take the source that was asked for. ``weeks`` and ``drift`` are
    of ``main``.
    """

    metric: Metric
    main: Gauge | None
    others: tuple[Gauge, ...]
    weeks: tuple[WeekPoint, ...]
    drift: Drift | None


@dataclass(frozen=True)
class Health:
    """What the Health page shows of one part of the evidence; ``error`` is that of the stakes.

    ``slices`` are the slices that the checklist names, each with the bar that it has there.
    """

    quality: tuple[QualityGauge, ...]
    amounts: tuple[Gauge, ...]
    behaviour: tuple[Gauge, ...]
    diagnoses: tuple[Diagnosis, ...]
    error: float
    is_committed: bool
    evidence_version: int
    slices: tuple[Gauge, ...] = ()

    @property
    def newest(self) -> dict[Source, datetime]:
        """The moment of the newest row of each source that counts anywhere on the page."""
        found: dict[Source, datetime] = {}
        for gauge in self.gauges:
            moment = gauge.finding.newest
            if moment is not None:
                found[gauge.source] = max(moment, found.get(gauge.source, moment))
        return found

    @property
    def gauges(self) -> tuple[Gauge, ...]:
        """Every gauge, the five first."""
        five = [
            gauge for one in self.quality for gauge in ([one.main] if one.main else []) + list(one.others)
        ]
        return (*five, *self.amounts, *self.behaviour)

    @property
    def is_empty(self) -> bool:
        return all(gauge.measured is None for gauge in self.gauges)


@dataclass(frozen=True)
class SliceCell:
    """One metric in one slice; no finding where the source's rows do not say the column."""

    finding: Measurement | NotMeasured | None
    bar: float | None

    @property
    def counts(self) -> Measurement | None:
        """The measurement, if it is worth enough independent cases to say anything."""
        found = self.finding
        return found if isinstance(found, Measurement) and found.effective_n >= FEWEST_IN_A_SLICE else None

    @property
    def stands(self) -> str:
        """``above``, ``below``, ``unclear`` (against the bar), ``no bar``, ``too few``, ``not measured``."""
        if not isinstance(self.finding, Measurement):
            return "not measured"
        found = self.counts
        if found is None:
            return "too few"
        if self.bar is None:
            return "no bar"
        if found.low is not None and found.low > self.bar:
            return "above"
        return "below" if found.high is not None and found.high < self.bar else "unclear"


@dataclass(frozen=True)
class SliceRow:
    """One value of the column; ``""`` stands for rows that do not say it."""

    value: str
    cells: tuple[SliceCell, ...]


@dataclass(frozen=True)
class SliceTable:
    """The five metrics (each by its main source) for every value of ``column``, the worst row first."""

    column: str
    heads: tuple[tuple[Metric, Source], ...]
    rows: tuple[SliceRow, ...]
