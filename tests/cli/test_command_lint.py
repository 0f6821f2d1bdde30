"""`readygate lint`: findings in words and in JSON, and an exit code that a pipeline can use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]
PLAN = {"template": "guardrail_escalation", "owner": "Ada", "fallback": "non_ai"}
TRAFFIC = {"requests_per_day": 20_000, "users": 20_000}


@pytest.fixture
def planned(readygate: Readygate, feature: MakeFeature, tmp_path: Path) -> Callable[..., str]:
    """``planned(**plan)``: a feature with this [plan] section; returns the slug."""

    def make(**plan: Any) -> str:
        slug = feature()
        path = tmp_path / "plan.json"
        path.write_text(json.dumps({"plan": plan}), encoding="utf-8")
        assert readygate("apply", path, "--feature", slug).code == 0
        return slug

    return make


def test_a_sound_plan_leaves_with_0(
    readygate: Readygate, planned: Callable[..., str], either_database: str
) -> None:
    told = readygate("lint", planned(**PLAN, **TRAFFIC))
    assert (told.code, told.out, told.err) == (0, "helper: nothing in the phase plan will hurt.\n", "")
    assert readygate("lint", "helper", "--json").json == {"feature": "helper", "findings": []}


def test_advice_leaves_with_0_and_is_told(readygate: Readygate, planned: Callable[..., str]) -> None:
    told = readygate("lint", planned(**PLAN))
    assert told.code == 0
    assert told.out.startswith("advice   traffic_unknown")
    assert "how many requests a day" in told.out


def test_a_finding_that_blocks_leaves_with_1(readygate: Readygate, planned: Callable[..., str]) -> None:
    slug = planned(**{**PLAN, "fallback": None}, **TRAFFIC)
    told = readygate("lint", slug)
    assert told.code == 1
    assert told.out.startswith("blocks   no_fallback")
    findings = readygate("lint", slug, "--json").json["findings"]
    assert [finding["phase"] for finding in findings] == ["beta", "early_access", "gradual", "full"]
    assert findings[0] == {
        "rule": "no_fallback",
        "severity": "blocks",
        "phase": "beta",
        "sentence": "Beta does not say what happens to an unsure answer.",
        "why": "A threshold without a way out leaves the user with nothing.",
        "mend": "Say what happens instead: the way without AI, a question to the user, or a mark of doubt.",
        "set": {"fallback": "non_ai"},
    }


def test_no_plan_never_looks_like_a_sound_one(readygate: Readygate, feature: MakeFeature) -> None:
    told = readygate("lint", feature())
    assert told.code == 1
    assert "There is no phase plan yet." in told.out


def test_an_unknown_feature_is_wrong_usage(readygate: Readygate) -> None:
    assert readygate("lint", "nothing-there").code == 64
