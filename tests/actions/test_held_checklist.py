"""What a feature is held to: a draft that is edited after the lock changes no number anywhere."""

from collections.abc import Callable
from datetime import datetime, timedelta

from core.actions.failures import failure_pareto
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.metrics.measurement import Measurement
from core.store.uploads import Upload

RESULTS = "case_id,passed\n" + "\n".join(f"c{n},{'yes' if n % 5 else 'no'}" for n in range(40))


def errors(workspace: Workspace, slug: str, now: datetime) -> set[float]:
    """The error of every number that is shown."""
    told = [finding for _, finding in metrics_of(workspace, LOCAL_CALLER, now, slug)]
    measured = {finding.error for finding in told if isinstance(finding, Measurement)}
    assert measured, "something is measured"
    health = view_health(workspace, LOCAL_CALLER, now, slug, Part())
    return {*measured, health.error, failure_pareto(workspace, LOCAL_CALLER, now, slug).error}


def test_the_stakes_of_the_lock_hold_until_the_next_one(
    workspace: Workspace,
    feature: str,
    hand_in: Callable[..., Upload],
    commit: Callable[..., int],
    now: datetime,
) -> None:
    hand_in(RESULTS, "results.csv")
    commit(stakes="high", at=now - timedelta(days=6))
    assert errors(workspace, feature, now) == {0.05}
    commit(stakes="low", at=now - timedelta(days=5), lock=False)
    assert errors(workspace, feature, now) == {0.05}
    commit(stakes="low", at=now - timedelta(days=4), reason="Less is at stake.")
    assert errors(workspace, feature, now) == {0.2}
