"""`readygate pause` and `rollback`, and what the gate and the list of features say of the rollout."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.actions.people import LOCAL_CALLER
from core.actions.rollout_past import PastStart, record_past
from core.actions.workspace import open_workspace
from core.cli import caller as who

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]
Results = Callable[..., Path]
PLAN = {"template": "guardrail_escalation", "owner": "Ada", "fallback": "non_ai", "users": 20_000}


@pytest.fixture
def running(readygate: Readygate, feature: MakeFeature, results: Results, home: Path) -> Callable[..., str]:
    """``running()``: a feature that is GO as a draft and in its first phase since last week."""

    def make() -> str:
        slug = feature()
        path = home.parent / "plan.json"
        path.write_text(json.dumps({"plan": PLAN}), encoding="utf-8")
        assert readygate("apply", path, "--feature", slug).code == 0
        assert readygate("import", results(40), "--feature", slug).code == 0
        workspace = open_workspace(home)
        now = datetime.now(UTC)
        started = PastStart("beta", (now - timedelta(days=7)).date())
        record_past(workspace, LOCAL_CALLER, now, slug, [started])
        workspace.close()
        return slug

    return make


def test_a_pause_turns_the_gate_to_1(
    readygate: Readygate, running: Callable[..., str], either_database: str
) -> None:
    slug = running()
    told = readygate("gate", slug, "--json")
    assert told.code == 0
    assert (told.json["state"], told.json["phase"], told.json["exposure"]) == ("running", "beta", 0.005)
    assert (
        readygate("pause", slug, "--reason", "A look at billing").out == "helper: paused in the phase beta.\n"
    )
    told = readygate("gate", slug, "--json", "--phase", "next")
    assert (told.code, told.json["verdict"]) == (1, "go")
    assert (told.json["state"], told.json["phase"], told.json["exposure"]) == ("paused", "beta", 0.0)
    assert "the rollout is paused, whatever the verdict" in told.err
    assert "PAUSED" in readygate("gate", slug).out
    listed = readygate("features", "--json").json[0]
    assert (listed["state"], listed["phase"]) == ("paused", "beta")
    assert " paused " in readygate("features").out


def test_a_roll_back_in_json(readygate: Readygate, running: Callable[..., str]) -> None:
    slug = running()
    told = readygate("rollback", slug, "--reason", "Wrong refunds", "--json")
    assert told.code == 0
    at = told.json.pop("at")
    assert datetime.fromisoformat(at).tzinfo is not None
    assert told.json == {
        "feature": "helper",
        "state": "rolled_back",
        "phase": "beta",
        "by": who.caller().name,
        "reason": "Wrong refunds",
    } | {"at": at}
    assert readygate("gate", slug).code == 1


def test_a_pause_needs_no_reason_and_a_roll_back_does(
    readygate: Readygate, running: Callable[..., str]
) -> None:
    slug = running()
    assert readygate("rollback", slug).code == 64
    assert readygate("rollback", slug, "--reason", " ").code == 64
    assert readygate("pause", slug).code == 0


def test_what_is_stopped_already_says_so(readygate: Readygate, running: Callable[..., str]) -> None:
    slug = running()
    readygate("pause", slug)
    told = readygate("pause", slug, "--json")
    assert told.code == 64
    assert told.json["error"]["code"] == "conflict"
    assert "The rollout is paused since" in told.err
    assert readygate("rollback", slug, "--reason", "Wrong").code == 0
    assert "The rollout was rolled back since" in readygate("pause", slug).err


def test_where_nothing_runs_there_is_nothing_to_stop(readygate: Readygate, feature: MakeFeature) -> None:
    told = readygate("pause", feature())
    assert (told.code, told.out) == (64, "")
    assert "Nothing is rolled out yet." in told.err
    assert readygate("pause", "nothing-there").code == 64
