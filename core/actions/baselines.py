"""How the path without AI does on each metric: typed in, shown beside the feature's own, never judged."""

import math
from dataclasses import dataclass
from datetime import datetime

from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.workspace import Workspace
from core.errors import InvalidDocument, WrongUsage
from core.metrics.catalogue import CATALOGUE, Metric, Shape
from core.statistics.exact import bounds
from core.store import audit, baselines, features
from core.store.baselines import KeptBaseline
from core.units import Unit

LARGEST = 10**9
LONGEST = 300
_ERROR = 0.05


@dataclass(frozen=True)
class Baseline:
    """``value`` is in the metric's base unit; ``low`` and ``high`` (90 % interval) where it is of so many
    cases. As stated: nothing verifies it."""

    kept: KeptBaseline
    metric: Metric | None
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class BaselineView:
    """``current`` has at most one for each metric; ``earlier`` were replaced or taken back, newest first."""

    current: tuple[Baseline, ...]
    earlier: tuple[Baseline, ...]
    may_record: bool

    def of(self, metric_id: str) -> Baseline | None:
        return next((one for one in self.current if one.kept.metric == metric_id), None)


def view_baselines(workspace: Workspace, caller: Caller, slug: str) -> BaselineView:
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        kept = baselines.history(connection, features.by_slug(connection, slug).id)
    order = list(CATALOGUE)
    live = [_shown(one) for one in kept if one.replaced_at is None]
    live.sort(key=lambda one: order.index(one.kept.metric) if one.kept.metric in CATALOGUE else len(order))
    earlier = tuple(_shown(one) for one in kept if one.replaced_at is not None)
    return BaselineView(tuple(live), earlier, may(workspace, caller, Act.RECORD_COUNTS, slug))


def record_baseline(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    metric: str,
    path: str,
    source: str,
    passes: int | None = None,
    cases: int | None = None,
    value: float | None = None,
) -> Baseline:
    """Keep how ``path`` (the work without AI) does on ``metric``: ``passes`` of ``cases``, or a ``value``.

    ``source`` says where the number is from. What the metric had before stays in the history.
    """
    require(workspace, caller, Act.RECORD_COUNTS, slug)
    _check(metric, passes, cases, value)
    path, source = _words("path without AI", path), _words("source of the number", source)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        before = [one.id for one in baselines.current(connection, feature.id) if one.metric == metric]
        kept = baselines.record(
            connection,
            feature.id,
            metric=metric,
            passes=passes,
            cases=cases,
            value=None if value is None else float(value),
            path=path,
            source=source,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="baseline recorded",
            subject=f"feature/{slug}",
            payload={
                "baseline": kept.id,
                "metric": metric,
                "passes": passes,
                "cases": cases,
                "value": kept.value,
                "path": path,
                "source": source,
                "replaces": before,
            },
            now=now,
        )
    return _shown(kept)


def withdraw_baseline(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, baseline_id: int
) -> None:
    """Take a number back: it stays in the history, and is shown beside nothing any more."""
    require(workspace, caller, Act.RECORD_COUNTS, slug)
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        if not baselines.drop(connection, feature.id, baseline_id, now):
            raise WrongUsage(
                "This baseline was replaced or taken back already.", mend="Look at the list again."
            )
        audit.append(
            connection,
            actor=caller.name,
            action="baseline taken back",
            subject=f"feature/{slug}",
            payload={"baseline": baseline_id},
            now=now,
        )


def is_counted(metric: Metric) -> bool:
    """Whether a baseline of the metric can be so many of so many."""
    return metric.shape in (Shape.RATE, Shape.NONE_IN_FIRST)


def _check(metric: str, passes: int | None, cases: int | None, value: float | None) -> None:
    asked = CATALOGUE.get(metric)
    if asked is None:
        raise WrongUsage(f"There is no metric “{metric}”.", mend="Choose one from the list.")
    if passes is not None and cases is not None and value is None:
        if not is_counted(asked):
            raise InvalidDocument(f"{asked.label} is no share of cases.", mend="Give its value instead.")
        if not 0 <= passes <= cases <= LARGEST or cases == 0:
            raise InvalidDocument(
                f"{passes:,} of {cases:,} is no share.", mend="The first number is at most the second."
            )
        return
    if value is None or passes is not None or cases is not None:
        raise InvalidDocument("The number is missing.", mend="Give how many of how many, or a value.")
    most = 1.0 if asked.unit is Unit.SHARE else float(LARGEST)
    if not math.isfinite(value) or not 0 <= value <= most:
        raise InvalidDocument(
            f"{value:g} cannot be a value of {asked.label}.",
            mend="A share lies between 0 % and 100 %; other values are not negative.",
        )


def _words(name: str, text: str) -> str:
    text = text.strip()
    if not text or len(text) > LONGEST or "\x00" in text:
        raise InvalidDocument(
            f"The {name} is missing or too long.", mend=f"Name it in at most {LONGEST} characters."
        )
    return text


def _shown(kept: KeptBaseline) -> Baseline:
    asked = CATALOGUE.get(kept.metric)
    if kept.passes is None or kept.cases is None:
        return Baseline(kept, asked, kept.value or 0.0, None, None)
    interval = bounds(kept.passes, kept.cases, _ERROR)
    return Baseline(kept, asked, kept.passes / kept.cases, interval.low, interval.high)
