"""The health of a feature: each metric apart, by each source, with its weeks, its bar and its slices."""

from datetime import datetime

from core.actions.gauges import (
    Gauge,
    Health,
    Part,
    QualityGauge,
)
from core.actions.part_reader import PartReader
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.metrics.catalogue import AMOUNTS, BEHAVIOUR, QUALITY, Metric
from core.metrics.diagnosis import diagnose
from core.metrics.drift import investigate
from core.metrics.measurement import Source
from core.metrics.requests import TallyRequest
from core.store import features

MOST_CHOICES = 200


def view_health(workspace: Workspace, caller: Caller, now: datetime, slug: str, part: Part) -> Health:
    """Every metric by every source over ``part``; the five also by week."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        reader = PartReader.of(workspace, connection, slug, part, now)
        quality = tuple(_quality(reader, asked) for asked in QUALITY)
        found = {one.metric.id: one.main.measured for one in quality if one.main and one.main.measured}
        return Health(
            quality=quality,
            amounts=tuple(gauge for asked in AMOUNTS for gauge in reader.gauges(asked)),
            behaviour=tuple(gauge for asked in BEHAVIOUR for gauge in reader.gauges(asked)),
            diagnoses=diagnose(found),
            error=reader.error,
            is_committed=reader.is_committed,
            evidence_version=reader.feature.evidence_version,
        )


def values_of(workspace: Workspace, caller: Caller, slug: str) -> dict[str, list[str]]:
    """What a part may be chosen from: the values of segment, task and bundle in all evidence, sorted.

    Of a column with very many values the commonest are offered.
    """
    require(caller, Act.SEE)
    columns = {"segment": "user_segment", "task": "task_type", "bundle": "bundle"}
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        found = {}
        for name, column in columns.items():
            in_traces = workspace.warehouse.values_of(connection, feature, column, MOST_CHOICES)
            results = TallyRequest("eval_pass_rate", Source.EVAL, by=column)
            in_results = workspace.warehouse.tallies(connection, feature, results)
            values = {value for value, _ in in_traces} | {value for value in in_results if value}
            found[name] = sorted(values, key=str.casefold)
        return found


def evidence_version(workspace: Workspace, caller: Caller, slug: str) -> int:
    """A number that changes whenever the feature's evidence does."""
    require(caller, Act.SEE)
    with workspace.database.reading() as connection:
        return features.by_slug(connection, slug).evidence_version


def _main_first(gauge: Gauge) -> tuple[bool, bool]:
    """What the checklist holds the feature to stands large, then what is measured; else their own order."""
    return gauge.row is None or gauge.measured is None, gauge.measured is None


def _quality(reader: PartReader, asked: Metric) -> QualityGauge:
    gauges = sorted(reader.gauges(asked), key=_main_first)
    main = gauges[0] if gauges else None
    weeks = reader.trend(asked, main.source, "week") if main and main.measured else ()
    return QualityGauge(asked, main, tuple(gauges[1:]), weeks, investigate(weeks))
