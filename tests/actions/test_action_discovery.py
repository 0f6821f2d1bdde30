"""New kinds of failure through the import: of the newest release, each incident once."""

from collections.abc import Callable
from datetime import UTC, datetime

from core.actions.discovery import DiscoveryView, view_discovery
from core.actions.gauges import Part
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.metrics.discovery import Stage
from core.rollout.transitions import PhasePeriod
from core.store.uploads import Upload
from core.web.screens.health_discovery import basis_words, outlook_words

HandIn = Callable[..., Upload]


def traces(*releases: tuple[str, int, int]) -> str:
    """(release, runs, day of February on which they begin): one run a user."""
    lines = ["run_id,started_at,user_id,release_bundle,query"]
    for release, runs, day in releases:
        lines += [
            f"{release}-{n},2026-02-{day + n // 10:02d}T10:00:00Z,{release}u{n},{release},Where?"
            for n in range(runs)
        ]
    return "\n".join(lines)


def log(*noted: tuple[str, str, str, int]) -> str:
    """(run, kind, cause, day of February)."""
    rows = [f"{run},{kind},{cause},2026-02-{day:02d}T12:00:00Z" for run, kind, cause, day in noted]
    return "\n".join(["run_id,failure_type,root_cause,found_at", *rows])


def looked_at(workspace: Workspace, slug: str, now: datetime, part: Part | None = None) -> DiscoveryView:
    return view_discovery(workspace, LOCAL_CALLER, now, slug, part or Part())


def test_only_the_newest_release_counts_unless_another_is_asked_for(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(traces(("r1", 30, 1), ("r2", 30, 10)), "traces.csv")
    old = [(f"r1-{n}", "late", "", 3) for n in range(25)]
    new = [(f"r2-{n}", "wrong tool" if n < 24 else "rude", "", 12 + n // 20) for n in range(25)]
    hand_in(log(*old, *new, ("gone-1", "late", "", 3)), "log.csv")

    view = looked_at(workspace, feature, now)
    assert (view.release, view.other_releases, view.unmatched) == ("r2", 25, 1)
    assert (view.curve.counted.n, view.curve.counted.kinds, view.curve.counted.once) == (25, 2, 1)
    assert view.curve.stage is Stage.STILL_FINDING
    assert outlook_words(view).startswith(
        "1 of 25 failures were one of a kind: about 1 in 25 of the next will be something nobody has seen yet"
    )
    assert "25 failures of other releases left out" in basis_words(view)
    assert "1 failure in runs that were not uploaded left out" in basis_words(view)

    earlier = looked_at(workspace, feature, now, Part(bundle="r1"))
    assert (earlier.curve.counted.n, earlier.other_releases) == (25, 25)


def test_one_incident_is_one_failure_and_twenty_are_needed(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(traces(("r1", 60, 1)), "traces.csv")
    hand_in(log(*((f"r1-{n}", "late", "index down", 3) for n in range(40))), "log.csv")
    view = looked_at(workspace, feature, now)
    assert (view.curve.noted, view.curve.counted.n) == (40, 1)
    assert outlook_words(view) == "1 failure of 1 kind so far. A forecast needs 20: note 19 more."
    assert "40 notes are 1 incident:" in basis_words(view)


def test_without_failures_there_is_nothing_to_say(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    assert looked_at(workspace, feature, now).curve.counted.n == 0
    hand_in(traces(("r1", 3, 1)), "traces.csv")
    view = looked_at(workspace, feature, now)
    assert (view.release, view.curve.counted.n, view.curve.stage) == ("r1", 0, Stage.TOO_EARLY)


def test_a_phase_that_is_over_has_the_failures_of_its_own_days(
    workspace: Workspace, feature: str, hand_in: HandIn, now: datetime
) -> None:
    hand_in(traces(("r1", 60, 1)), "traces.csv")
    hand_in(log(*((f"r1-{n}", "late" if n < 4 else "rude", "", 3 + n) for n in range(10))), "log.csv")
    began, ended = (datetime(2026, 2, day, tzinfo=UTC) for day in (4, 7))
    view = looked_at(workspace, feature, now, Part(phase=PhasePeriod("beta", began, ended)))
    assert (view.curve.counted.n, view.curve.counted.kinds) == (3, 1)
