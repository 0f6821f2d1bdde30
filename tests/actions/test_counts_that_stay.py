"""Verdicts and Health are the same to the last byte, whether counts stay on the disk or are counted anew."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from core.actions.as_json import decision_as_json
from core.actions.gates import gate
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER
from core.actions.warm_worker import warm_up
from core.actions.workspace import Workspace
from core.intake.answers import Answers
from core.store.kept_counts import FOLDER
from core.store.segment_cache import SegmentCache
from core.store.warehouse import Warehouse

Opened = Callable[..., Workspace]

ITEMS = [
    {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8},
    {"kind": "measured", "id": "accepted", "metric": "user_acceptance", "source": "feedback", "bar": 0.5},
    {"kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.7},
    {
        **{"kind": "measured", "id": "slow", "metric": "latency_p95", "source": "trace"},
        **{"direction": "below", "bar": 800, "slice": {"task_type": "billing"}},
    },
    {
        **{"kind": "measured", "id": "cost", "metric": "cost_per_task", "source": "trace"},
        **{"direction": "below", "bar": 0.5},
    },
]


@pytest.fixture
def opened(workspace: Workspace) -> Iterator[Opened]:
    """``opened(keeps_counts=…)``: the same workspace as a new process has it."""
    every: list[Warehouse] = []

    def open_one(**about: Any) -> Workspace:
        every.append(Warehouse(SegmentCache(workspace.home / "cache", 1 << 30), **about))
        return Workspace(workspace.home, workspace.database, every[-1])

    yield open_one
    for one in every:
        one.close()


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def traces(now: datetime, dice: Random, count: int) -> str:
    return lines(
        [
            {
                "run_id": f"run-{place}",
                "started_at": (now - timedelta(hours=dice.randrange(24 * 60))).isoformat(),
                "user_id": f"user-{dice.randrange(20)}",
                "task_type": dice.choice(["billing", "refund"]),
                "query": f"Question {place}",
                "response": "Answer",
                "user_feedback": dice.choice(["accepted", "accepted", "edited", "rejected"]),
                "latency_ms": dice.randrange(100, 1_000),
                "cost_usd": dice.randrange(1, 900) / 1000,
            }
            for place in range(count)
        ]
    )


def labels(dice: Random, count: int) -> str:
    by_ada = {"reviewer": "Ada", "sampling": "random"}
    rows = [{"run_id": f"run-{place}", "answer_right": dice.random() < 0.8} for place in range(count)]
    return lines([{**row, **by_ada} for row in rows])


def told(workspace: Workspace, now: datetime, slug: str) -> tuple[str, str]:
    """The gate's answer as the command writes it, and every number of Health to its last digit."""
    decision = json.dumps(decision_as_json(gate(workspace, LOCAL_CALLER, now, slug)))
    return decision, repr(view_health(workspace, LOCAL_CALLER, now, slug, Part()))


def kept(workspace: Workspace) -> list[Path]:
    return sorted((workspace.home / "cache" / FOLDER).rglob("*.json"))


def test_what_stays_on_the_disk_changes_no_byte(
    workspace: Workspace, feature: str, now: datetime, hand_in: Callable[..., Any],
    commit: Callable[..., int], results: Callable[..., str], opened: Opened,
) -> None:  # fmt: skip
    dice = Random(3)
    commit(ITEMS, lock=False)
    text = Answers(personal_text="keep")
    hand_in(results(18, 2))
    scenes = [
        lambda: hand_in(traces(now, dice, 150), "traces.jsonl", answers=text),
        lambda: hand_in(labels(dice, 90), "labels.jsonl", answers=Answers(kind="labels")),
    ]
    for hand_in_more in scenes:
        hand_in_more()
        anew = told(opened(keeps_counts=False), now, feature)
        warm_up(opened(), now, {}, goes_on=lambda: True)
        assert kept(workspace)
        assert told(opened(), now, feature) == anew
    for place, path in enumerate(kept(workspace)):
        # Taken away, cut off, or with other digits in it.
        if place % 3 == 0:
            path.unlink()
        else:
            content = path.read_bytes()
            path.write_bytes(
                content[:-9] if place % 3 == 1 else content.translate(bytes.maketrans(b"12", b"21"))
            )
    assert told(opened(), now, feature) == anew
