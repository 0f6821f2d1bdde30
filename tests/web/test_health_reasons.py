"""Why a number of the board stands as it does, in one sentence."""

from datetime import UTC, datetime

import pytest

from core.actions.gauges import Gauge
from core.actions.phase_metrics import PhaseRow
from core.criteria.checklist import MeasuredItem
from core.criteria.judge import judge_measured
from core.criteria.verdict import Verdict
from core.metrics.catalogue import metric
from core.metrics.measure import measure_rate
from core.metrics.measurement import Cluster, Source, Tally
from core.metrics.requests import TallyRequest
from core.rollout.plan import PhasePlan
from core.rollout.standing import standing_of
from core.rollout.transitions import Move, Transition, periods
from core.web.screens.health_gauges import why
from core.web.screens.health_phases import running_words

NOW = datetime(2026, 3, 2, tzinfo=UTC)
BEGAN = datetime(2026, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moves", "sentence"),
    [
        ([], "Beta runs since 2 Feb 2026. Its own baseline"),
        ([Move.PAUSE], "Beta began on 2 Feb 2026 and is paused since 2 Mar 2026. Its own baseline"),
        ([Move.PAUSE, Move.RESUME], "Beta runs since 2 Feb 2026. Its own baseline"),
        ([Move.COMPLETE], "Beta began on 2 Feb 2026; the rollout is complete. Its own baseline"),
        ([Move.ROLL_BACK], "No phase runs now; Beta was rolled back on 2 Mar 2026."),
    ],
)
def test_a_phase_that_is_stopped_is_not_said_to_run(moves: list[Move], sentence: str) -> None:
    moved = [Transition(Move.START, "beta", BEGAN, "Ada", "")]
    moved += [Transition(move, "beta", NOW, "Ada", "") for move in moves]
    rows = [PhaseRow("Beta", period, True, ()) for period in periods(moved)]
    standing = standing_of(moved, PhasePlan(), PhasePlan(), NOW)
    assert running_words(rows, standing).startswith(sentence)


@pytest.mark.parametrize(
    ("users", "bar", "minimum", "sentence"),
    [
        # Every one of them is right, which clears the bar; what lacks are witnesses, or cases.
        (15, 0.5, 0, "Its interval is above 50 %, but rests on too few cases or users."),
        (60, 0.5, 100, "Its interval is above 50 %, but rests on too few cases or users."),
        (15, 0.9, 0, "Its interval has both sides of the bar (above 90 %) in it."),
    ],
)
def test_an_interval_that_clears_its_bar_is_not_said_to_hold_both_sides(
    users: int, bar: float, minimum: int, sentence: str
) -> None:
    item = MeasuredItem(
        id="answers", metric="answer_correctness", source=Source.LABEL, bar=bar, minimum_n=minimum
    )
    tally = Tally((1.0,) * users, (1,) * users, Cluster.USER, rows=users)
    finding = measure_rate(TallyRequest(item.metric, item.source), tally, 0.1)
    row = judge_measured(item, finding, NOW)
    assert row.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert why(Gauge(metric(item.metric), item.source, finding, row)) == sentence
