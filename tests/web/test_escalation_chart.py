"""The escalation picture: valid Plotly, every bar at its height, unknown shares as words only."""

import plotly.graph_objects as go
import pytest

from core.rollout.gallery import plan_template
from core.rollout.plan import Fallback, PhasePlan, read_plan
from core.web.charts.escalation import escalation_alt, escalation_charts, escalation_steps

HOSTILE = "<img src=x> $x$ <b>"


@pytest.fixture
def default() -> PhasePlan:
    return plan_template("guardrail_escalation").filled(
        owner="Ada", fallback=Fallback.NON_AI, requests_per_day=20_000, users=20_000
    )


def bars(figure: object) -> list[list[float]]:
    """The tops of the bars of each trace, in the order of drawing, its base included."""
    return [[round(trace.base + y, 6) for y in trace.y] for trace in go.Figure(figure).data]


def notes(figure: object) -> list[str]:
    return [note.text for note in go.Figure(figure).layout.annotations]


def test_exposure_grows_while_review_and_threshold_shrink(default: PhasePlan) -> None:
    (figure,) = escalation_charts(escalation_steps(default))
    high, low, track, review, _, threshold = bars(figure)
    assert high == [0.005, 0.05, 0.25, 1.0]
    assert low == [0.0025, 0.01, 0.05, 1.0]
    assert track == [1.0] * 4
    assert review == [1.0, 0.05, 0.0, 0.0]
    assert threshold == [0.95, 0.9, 0.85, 0.8]
    assert go.Figure(figure).layout.yaxis.type == "log"
    assert {"50–100 users", "1–5 %", "everyone", "100 %", "95 %", "20 a day", "28 days"} <= set(notes(figure))


def test_a_share_that_nobody_knows_has_no_bar(default: PhasePlan) -> None:
    unknown = default.model_copy(update={"users": None})
    (figure,) = escalation_charts(escalation_steps(unknown))
    assert [go.Figure(figure).data[end].y[0] for end in (0, 1)] == [0, 0]
    assert "50–100 users<br>(share unknown)" in notes(figure)


def test_many_phases_stand_in_rows_on_one_scale() -> None:
    phases = [{"id": f"p{n}", "name": f"P{n}", "exposure_share": [n / 1000, n / 100]} for n in range(1, 9)]
    figures = [go.Figure(one) for one in escalation_charts(escalation_steps(read_plan({"phases": phases})))]
    assert [len(figure.data[0].y) for figure in figures] == [6, 2]
    assert figures[0].layout.yaxis.range == figures[1].layout.yaxis.range


def test_peoples_text_is_inert_and_the_words_say_everything(default: PhasePlan) -> None:
    plan = read_plan(
        {"phases": [{"id": "a", "name": HOSTILE, "exposure_users": [3, 3], "minimum_days": None}]}
    )
    (figure,) = escalation_charts(escalation_steps(plan))
    assert not any("<img" in note or "$" in note for note in notes(figure))
    assert escalation_alt(escalation_steps(default)).startswith(
        "The phases from left to right. Beta: 50–100 users, review 100 %, threshold 95 %, "
        "fallback way without AI, rate limit 20 a day, feedback button, early warnings 2, "
        "minimum 21 days. Early access: 1–5 %"
    )
