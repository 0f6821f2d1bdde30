"""`readygate metrics`: every group and part that can be asked for, with the numbers counted by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.actions.workspace import open_workspace
from core.rollout.transitions import Move, Transition
from core.store import features, transitions

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]

FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""A Monday."""


@pytest.fixture
def traces(readygate: Readygate, feature: MakeFeature, tmp_path: Path) -> None:
    """40 traces, one a day and user: 20 days beta in release r1 (5 failed), then public in r2 (1 failed)."""
    lines = ["run_id,started_at,user_id,user_segment,task_type,release_bundle,response,error"]
    for day in range(40):
        segment, release = ("beta", "r1") if day < 20 else ("public", "r2")
        task = "billing" if day % 2 else "returns"
        error = "broke" if day in (0, 1, 2, 3, 4, 30) else ""
        moment = FIRST + timedelta(days=day)
        lines.append(f"r{day},{moment.isoformat()},u{day},{segment},{task},{release},fine,{error}")
    path = tmp_path / "traces.csv"
    path.write_text("\n".join(lines))
    feature()
    assert readygate("import", path, "--feature", "helper").code == 0


def errors(readygate: Readygate, *words: str) -> dict[str, tuple[int, float]]:
    """(n, passes) by slice of the error rate."""
    told = readygate("metrics", "helper", "--metric", "error_rate", "--json", *words)
    assert told.code == 0, told.err
    return {row["slice"]: (row["n"], row["passes"]) for row in told.json["rows"]}


PARTS_AND_GROUPS: list[tuple[str, dict[str, tuple[int, float]]]] = [
    ("", {"all": (40, 6)}),
    ("--by segment", {"beta": (20, 5), "public": (20, 1)}),
    ("--by user_segment", {"beta": (20, 5), "public": (20, 1)}),
    ("--by task_type", {"billing": (20, 2), "returns": (20, 4)}),
    ("--by release", {"r1": (20, 5), "r2": (20, 1)}),
    ("--by bundle", {"r1": (20, 5), "r2": (20, 1)}),
    ("--release r2", {"all": (20, 1)}),
    ("--where segment=beta", {"user_segment = beta": (20, 5)}),
    (
        "--where segment=beta --where task_type=billing",
        {"task_type = billing, user_segment = beta": (10, 2)},
    ),
    ("--where segment=public --by task_type", {"billing": (10, 0), "returns": (10, 1)}),
    ("--since 2026-01-25", {"all": (20, 1)}),
]


@pytest.mark.usefixtures("either_database", "traces")
def test_parts_and_groups(readygate: Readygate) -> None:
    found = {words: errors(readygate, *words.split()) for words, _ in PARTS_AND_GROUPS}
    assert found == dict(PARTS_AND_GROUPS)


@pytest.mark.usefixtures("traces")
def test_lines_say_which_releases_they_count(readygate: Readygate) -> None:
    asked = ("metrics", "helper", "--metric", "error_rate")
    (row,) = readygate(*asked, "--json").json["rows"]
    assert sorted(row["releases"]) == ["r1", "r2"]
    told = readygate(*asked).err
    assert "several releases together (r1, r2). --release NAME counts one of them." in told
    assert readygate(*asked, "--release", "r2", "--json").json["rows"][0]["releases"] == ["r2"]
    for narrowed in (("--release", "r2"), ("--by", "release")):
        assert "several releases" not in readygate(*asked, *narrowed).err


def moved(home: Path, *moves: tuple[Move, str, int]) -> None:
    workspace = open_workspace(home)
    with workspace.database.writing() as connection:
        feature_id = features.by_slug(connection, "helper").id
        for move, phase, day in moves:
            at = FIRST + timedelta(days=day, hours=-1)
            one = Transition(move, phase, at, "Ada", "as planned")
            transitions.add(
                connection, feature_id=feature_id, moved=one, plan_number=None, verdict=None, now=at
            )
    workspace.close()


@pytest.mark.usefixtures("traces")
def test_by_phase_takes_the_time_in_which_each_ran(readygate: Readygate, home: Path) -> None:
    """Ten days nobody had it, then beta, wider, a roll back, and beta once more."""
    moved(
        home,
        (Move.START, "beta", 2),
        (Move.ADVANCE, "wider", 10),
        (Move.PAUSE, "wider", 12),
        (Move.RESUME, "wider", 14),
        (Move.ROLL_BACK, "wider", 20),
        (Move.START, "beta", 30),
    )
    assert errors(readygate, "--by", "phase") == {
        "beta": (8, 3), "wider": (10, 0), "beta (time 2)": (10, 1),
    }  # fmt: skip
    assert errors(readygate, "--by", "phase", "--since", "2026-01-08")["beta"] == (7, 2)


@pytest.mark.usefixtures("traces")
def test_before_any_phase_there_is_nothing_by_phase(readygate: Readygate) -> None:
    assert errors(readygate, "--by", "phase") == {}


@pytest.mark.usefixtures("traces")
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--where", "colour=red"], "Metrics cannot be sliced by “colour”"),
        (["--where", "segment"], "is not COLUMN=VALUE"),
        (["--where", "=beta"], "is not COLUMN=VALUE"),
        (["--by", "latency_ms"], "Metrics cannot be grouped by “latency_ms”"),
    ],
)
def test_what_cannot_be_asked_is_wrong_usage(words: list[str], says: str, readygate: Readygate) -> None:
    told = readygate("metrics", "helper", *words)
    assert told.code == 64
    assert says in told.err
