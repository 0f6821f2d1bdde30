"""Who stands behind the rows: users, else sessions, else days; and how many rows of each count."""

from collections.abc import Callable, Mapping

from core.evidence.fingerprints import key_of
from core.metrics.measurement import Cluster, Tally
from core.metrics.requests import CAP_PER_WITNESS

Import = Callable[..., str]
Ask = Callable[..., Tally]
AskGroups = Callable[..., Mapping[str | None, Tally]]


def many(count: int, *, user: str = "", session: str = "", feedback: str = "accepted") -> list[str]:
    prefix = f"{user}{session}{feedback}"
    return [f"{prefix}-{place} | {user} | {session} | {feedback}" for place in range(count)]


def drawn(*lines: list[str]) -> str:
    return "\n".join(
        ["run_id | user_id | session_id | user_feedback", *(row for part in lines for row in part)]
    )


CAPS = {1: (1, 0), CAP_PER_WITNESS: (5, 0), CAP_PER_WITNESS + 1: (5, 1), 40: (5, 35)}
"""Rows of one witness: how many count, how many are set aside."""


def test_at_most_five_rows_of_a_user_or_session_count(traces: Import, groups: AskGroups) -> None:
    users = [many(rows, user=f"u{rows}") for rows in CAPS]
    sessions = [many(rows, session=f"s{rows}") for rows in CAPS]
    traces(drawn(*users, *sessions))
    by_user = groups("user_acceptance", "feedback", by="user_id")
    by_session = groups("user_acceptance", "feedback", by="session_id")
    for rows, expected in CAPS.items():
        for found in (by_user[f"u{rows}"], by_session[f"s{rows}"]):
            assert (found.n, found.capped) == expected, rows
            assert found.rows == rows


def test_silent_rows_do_not_use_up_the_five(traces: Import, tally: Ask) -> None:
    traces(drawn(many(40, user="u1", feedback=""), many(3, user="u1")))
    found = tally("user_acceptance", "feedback")
    assert (found.n, found.capped, found.unscored) == (3, 0, 40)


def test_which_five_count_does_not_depend_on_the_outcome_or_the_order(traces: Import, tally: Ask) -> None:
    """The rows are queued by a hash of their ids, so that nobody chooses which five count."""
    runs = [f"run {place}" for place in range(20)]
    lines = [f"{run} | u1 | | {'accepted' if place % 2 else 'rejected'}" for place, run in enumerate(runs)]
    traces(drawn(lines))
    before = tally("user_acceptance", "feedback")
    traces(drawn([line.replace("| u1", "| u2") for line in reversed(lines)]))
    after = tally("user_acceptance", "feedback")
    five = sorted(range(20), key=lambda place: key_of(runs[place]))[:5]
    expected = sum(place % 2 for place in five)
    assert 0 < expected < 5
    assert (before.n, before.passes) == (after.n, after.passes) == (5, expected)


def test_rows_of_nobody_are_one_witness_a_day_and_all_of_them_count(traces: Import, tally: Ask) -> None:
    lines = [f"{day}-{place} | 2026-03-0{day}T10:00 | accepted" for day in (1, 2) for place in range(8)]
    traces("\n".join(["run_id | started_at | user_feedback", *lines]))
    found = tally("user_acceptance", "feedback")
    assert (found.cluster, found.n_by_cluster, found.capped) == (Cluster.DAY, (8, 8), 0)


def test_a_user_is_known_across_sessions_and_a_session_stands_in_for_a_user(
    traces: Import, tally: Ask
) -> None:
    traces(
        """
        run_id | user_id | session_id | user_feedback
        a      | u1      | s1         | accepted
        b      | u1      | s2         | accepted
        c      | u2      | s2         | accepted
        """
    )
    found = tally("user_acceptance", "feedback")
    assert (found.cluster, sorted(found.n_by_cluster)) == (Cluster.USER, [1, 2])


COARSEST = {
    "s9 | accepted": Cluster.SESSION,
    "| accepted": Cluster.DAY,
    "|": Cluster.USER,  # a row that does not count does not make the witnesses coarser
}


def test_the_coarsest_witness_names_the_clusters(traces: Import, tally: Ask) -> None:
    rows = [
        line
        for place, without_user in enumerate(COARSEST)
        for line in (f"a{place} | {place} | u1 | | accepted", f"b{place} | {place} | | {without_user}")
    ]
    traces("\n".join(["run_id | task_type | user_id | session_id | user_feedback", *rows]))
    for place, cluster in enumerate(COARSEST.values()):
        assert tally("user_acceptance", "feedback", {"task_type": str(place)}).cluster is cluster


def test_a_user_cannot_pose_as_a_day_or_a_case(traces: Import, tally: Ask) -> None:
    """Days and cases are not capped; the id of a user must not look like one."""
    traces(drawn(many(9, user="day:2026-03-02"), many(9, user="case:1")))
    found = tally("user_acceptance", "feedback")
    assert (found.cluster, found.n, found.capped) == (Cluster.USER, 10, 8)


def test_the_five_are_taken_in_each_group_of_an_answer(traces: Import, groups: AskGroups) -> None:
    lines = [f"{task}-{place} | u1 | {task} | accepted" for task in ("x", "y") for place in range(7)]
    traces("\n".join(["run_id | user_id | task_type | user_feedback", *lines]))
    by_task = groups("user_acceptance", "feedback", by="task_type")
    assert {task: (found.n, found.capped) for task, found in by_task.items()} == {"x": (5, 2), "y": (5, 2)}
    assert groups("user_acceptance", "feedback")[None].n == 5
