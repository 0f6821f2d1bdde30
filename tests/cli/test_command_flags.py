"""`readygate flags`: who gets a feature, shown or written into a file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Readygate = Callable[..., Any]
MakeFeature = Callable[..., str]


def test_what_is_not_started_is_off_in_both_forms(
    readygate: Readygate, feature: MakeFeature, either_database: str
) -> None:
    slug = feature()
    flag = json.loads(readygate("flags", slug).out)["flags"][slug]
    assert (flag["defaultVariant"], flag["state"], "targeting" in flag) == ("off", "ENABLED", False)
    plain = json.loads(readygate("flags", slug, "--format", "json").out)
    assert (plain["on"], plain["state"], plain["phase"]) == (False, "not_started", None)


def test_the_file_holds_what_is_shown_and_nothing_is_left_beside_it(
    readygate: Readygate, feature: MakeFeature, tmp_path: Path
) -> None:
    slug, target = feature(), tmp_path / "out" / "flags.json"
    target.parent.mkdir()
    for _ in range(2):
        told = readygate("flags", slug, "-o", target)
        assert (told.code, "Nobody gets it: the rollout is not started." in told.out) == (0, True)
    written = json.loads(target.read_text(encoding="utf-8"))
    assert written.keys() == {"$schema", "flags"}
    assert list(target.parent.iterdir()) == [target]
    assert readygate("flags", slug, "-o", target, "--json").json["on"] is False


@pytest.mark.parametrize("hours", ["0", "-1", "8761"])
def test_hours_that_cannot_be_are_wrong_usage(readygate: Readygate, feature: MakeFeature, hours: str) -> None:
    assert readygate("flags", feature(), "--valid-hours", hours).code == 64


def test_a_place_that_cannot_be_written_is_wrong_usage(
    readygate: Readygate, feature: MakeFeature, tmp_path: Path
) -> None:
    slug = feature()
    for target in (tmp_path, tmp_path / "nowhere" / "flags.json"):
        assert readygate("flags", slug, "-o", target).code == 64


def test_an_unknown_feature_is_wrong_usage(readygate: Readygate) -> None:
    assert readygate("flags", "nowhere").code == 64
