"""The comparison on the Release page: nothing in common, a case that broke, many cases, hostile names."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from streamlit.testing.v1 import AppTest

from core.actions.people import LOCAL_CALLER
from core.actions.scopes import save_scope
from core.criteria.scope import Scope
from core.criteria.scope_parts import RegressionRule, WatchedSlice
from core.web.screens.release_flips import PER_PAGE

SLUG = "helper"
HOSTILE = "B *bold* [x](javascript:1) $a$"
Words = Callable[[AppTest], str]


def hand_in(site: Any, release: str, passed: Mapping[str, bool], **cells: Any) -> None:
    rows = ({"case_id": name, "passed": ok, **cells} for name, ok in passed.items())
    site.upload(SLUG, f"{len(passed)}.jsonl", "".join(json.dumps(row) + "\n" for row in rows), bundle=release)


def test_two_releases_from_nothing_in_common_to_many_cases(site: Any, words: Words) -> None:
    site.feature(SLUG)
    assert "Is it worse?" not in words(site.open("release", SLUG))
    hand_in(site, "A", {"a": True})
    assert "A comparison takes two." in words(site.open("release", SLUG))
    hand_in(site, HOSTILE, {"b": True})
    apart = words(site.open("release", SLUG, was="A", **{"is": HOSTILE}))
    assert "No case has results of both releases" in apart
    assert "1 case has no result of A (b)." in apart
    # The critical case and the kind that may not get worse stop what is not worse as a whole.
    names = [f"c{place:04d}" for place in range(200)]
    broke = set(names[: PER_PAGE + 5])
    said = {"task_type": "billing", "query": "Where is *it*?", "response": "There, <b>look</b>"}
    hand_in(site, "A", {name: name in broke or place % 2 == 0 for place, name in enumerate(names)}, **said)
    hand_in(site, HOSTILE, {name: name not in broke for name in names}, **said)
    rule = RegressionRule(
        margin_points=3,
        slices=(WatchedSlice(column="task_type", value="Billing"),),
        critical_cases=("c0007",),
    )
    scope = Scope(regression_rule=rule)
    save_scope(site.workspace, LOCAL_CALLER, site.now, SLUG, scope, based_on=None)
    at = site.open("release", SLUG, was="A", set="none", **{"is": HOSTILE})
    assert not at.exception
    shown = words(at)
    assert "BETTER AS A WHOLE" in shown
    assert "1 case that may never fail passed before and fails now: c0007." in shown
    assert "margin 3 points (written down in the scope)" in shown
    assert "Not both releases have results of a set “none”. All sets are shown." in shown
    assert f"25 cases; 1 to {PER_PAGE} are shown." in shown
    assert [str(one.value) for one in at.metric][:2] == ["25", "88"]
    assert "Where is *it*?" in shown
    assert "There, <b>look</b>" in shown
    at.segmented_control(key="compare_flip").set_value("fixed").run()
    assert at.query_params["flip"] == "fixed"
    assert "88 cases; 1 to 20 are shown." in words(at)
    last = site.open("release", SLUG, was="A", flip="fixed", at="5", **{"is": HOSTILE})
    assert "88 cases; 81 to 88 are shown." in words(last)
