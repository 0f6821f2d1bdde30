"""The pictures of what may decide a row: failures of users who are alike, kinds of task, an AI judge."""

from drawing import AMBER, GREY, RED, TEAL, Figure, Whisker, figure_of, percent, says_at, whiskers

from core.metrics.judged import FEWEST_AGREED, is_audited, is_weak
from core.metrics.measurement import Audit
from core.statistics.clustered_bounds import clustered_bounds
from core.statistics.clusters import effective
from core.statistics.exact import bounds
from core.statistics.sequential import running_bounds

HIGH = 0.05
"""All pictures are drawn for high stakes."""


def one_failure() -> Figure:
    """The lower end of the range of 30 users with five traces each, as more and more of them fail once."""
    users, failed = 30, list(range(11))
    sizes = [5.0] * users
    courses: dict[str, list[float]] = {"usual": [], "gate": []}
    for count in failed:
        passes = [4.0] * count + [5.0] * (users - count)
        worth = effective(passes, sizes, HIGH)
        courses["usual"].append(running_bounds(worth.passes, worth.n, HIGH).low)
        courses["gate"].append(clustered_bounds(passes, sizes, HIGH, running=True).interval.low)
    data: list[Figure] = [
        {"x": failed, "y": lows, "mode": "lines+markers", "line": {"color": colour, "width": 3}}
        for lows, colour in zip(courses.values(), (RED, TEAL), strict=True)
    ]
    data.append({"x": [0, 10], "y": [0.9, 0.9], "mode": "lines", "line": {"color": GREY, "dash": "dash"}})
    usual, gate = courses["usual"], courses["gate"]
    return figure_of(
        data,
        300,
        xaxis={"title": {"text": "of 150 traces of 30 users so many fail, each of another user"}},
        yaxis={"title": {"text": "lower end of the range"}, "tickformat": ".0%", "range": [0.82, 1.0]},
        annotations=[
            says_at(10, 0.902, "bar 90 %", colour=GREY, anchor="right"),
            says_at(
                1.1,
                usual[1] + 0.004,
                f"usual effective n: a first failure lifts it from {percent(usual[0], 1)} to "
                f"{percent(usual[1], 1)}",
                colour=RED,
                anchor="left",
            ),
            says_at(0, gate[0] - 0.022, f"the gate: {percent(gate[0], 1)}, and never higher", anchor="left"),
        ],
    )


def kinds_in_the_gate() -> Figure:
    """The same reviews thrown together, weighted by traffic, and with one kind that nobody looked at."""
    right, reviewed, weights = (196.0, 160.0), (200.0, 200.0), (1.8, 0.2)
    cases = [1.0] * int(right[0]) + [0.0] * int(reviewed[0] - right[0])
    cases += [1.0] * int(right[1]) + [0.0] * int(reviewed[1] - right[1])
    by_traffic = [weights[0]] * 200 + [weights[1]] * 200
    weighted = clustered_bounds(
        [case * weight for case, weight in zip(cases, by_traffic, strict=True)],
        by_traffic,
        HIGH,
        running=True,
        weight_by_cluster=by_traffic,
        cases=400,
    ).interval
    plain = running_bounds(sum(right), 400, HIGH)
    orders = running_bounds(right[0], 200, HIGH)
    rate = 0.9 * 0.98 + 0.1 * 0.8
    rows: list[Whisker] = [
        ("thrown together", 0.89, plain, "356 of 400: the wrong mix", RED),
        ("each kind by its traffic", rate, weighted, f"{percent(rate, 1)}: shown above", TEAL),
        ("orders only, no refunds", 0.98, orders, "196 of 200: not enough, refunds unseen", AMBER),
    ]
    return _up_to_all(whiskers(rows, 0.8, 1.05, (0.9, "bar 90 %")))


def judge_in_the_gate() -> Figure:
    """What three judges get right of the good and of the bad answers, and whether a row may rest on them."""
    judges = {
        "judge A": Audit(0.87, 2000, 95, 5, 3, 27, is_corrected=False),
        "judge B": Audit(0.93, 2000, 98, 2, 12, 18, is_corrected=False),
        "judge C": Audit(0.90, 2000, 18, 0, 0, 4, is_corrected=False),
    }
    rows: list[Whisker] = []
    for name, audit in judges.items():
        weak, known = is_weak(audit), is_audited(audit)
        colour = AMBER if not known else RED if weak else TEAL
        verdict = "not audited" if not known else "too weak" if weak else "may decide"
        for of, right, wrong in (
            ("good", audit.both_pass, audit.pass_fail),
            ("bad", audit.both_fail, audit.fail_pass),
        ):
            n = right + wrong
            says = f"{right} of {n}" + (f": {verdict}" if of == "bad" else "")
            rows.append((f"{name}, of the {of} ones", right / n, bounds(right, n, HIGH), says, colour))
    return _up_to_all(whiskers(rows, 0.35, 1.12, (FEWEST_AGREED, f"at least {percent(FEWEST_AGREED)}")))


def _up_to_all(picture: Figure) -> Figure:
    """Room for words beyond 100 %, without a share that cannot be."""
    picture["layout"]["xaxis"]["tickvals"] = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    return picture
