"""What differs between two bundles: part by part, sentence by sentence, line by line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import ReleaseBundle, WayBack, changed_parts, read_bundle
from core.rollout.bundle_changes import (
    LineChange,
    bundle_changes,
    parts_beside,
    text_passages,
)

A = read_bundle(
    {
        "name": "A",
        "parts": {
            "model": {"version": "gpt-x"},
            "prompt": {"version": "v3", "text": "Be brief."},
            "tools": {"text": '{"tools": ["refund"]}'},
        },
    }
)
TOOLS = A.part(BundlePart.TOOLS).fingerprint[:8]


def other(name: str = "B", /, **parts: dict[str, object]) -> ReleaseBundle:
    body = A.model_dump(mode="json")
    return read_bundle(body | {"name": name, "parts": body["parts"] | parts})


@pytest.mark.parametrize(
    ("parts", "changed", "sentence"),
    [
        ({"model": {"version": "gpt-y"}}, ("model", "gpt-x", "gpt-y", "changed"), "Model: gpt-x → gpt-y"),
        (
            {"prompt": {"version": "v3", "text": "Be kind."}},
            ("prompt", "v3", "v3, with other contents", "changed"),
            "System prompt and templates: v3 → v3, with other contents",
        ),
        (
            {"policy": {"version": "p1"}},
            ("policy", "not written down", "p1", "added"),
            "Guardrail policy: not written down → p1",
        ),
        (
            {"tools": {}},
            ("tools", f"contents {TOOLS}", "not written down", "removed"),
            f"Tool manifest: contents {TOOLS} → not written down",
        ),
    ],
)
def test_a_changed_part_is_told_with_both_versions(
    parts: dict[str, dict[str, object]], changed: tuple[str, str, str, str], sentence: str
) -> None:
    after = other(**parts)
    told = [
        (one.part.value, one.before, one.after, one.change)
        for one in parts_beside(A, after)
        if one.change
    ]  # fmt: skip
    assert told == [changed]
    assert bundle_changes(A, after) == ("Name: A → B", sentence)
    assert [part.value for part in changed_parts(A, after)] == [changed[0]], "and both mean the same by it"


def test_links_and_ways_back_are_changes_that_no_part_is() -> None:
    way = {"how": "Set the flag", "who": "Ben", "minutes": 10}
    after = other("A", model={"version": "gpt-x", "link": "https://x.example/1", "way_back": way})
    assert not [one for one in parts_beside(A, after) if one.change]
    assert bundle_changes(A, after) == (
        "Model, link: none → https://x.example/1",
        "Model, way back: not written down → alone, by Ben, within 10 min: Set the flag",
    )
    assert bundle_changes(A, A) == ()
    assert bundle_changes(None, A) == (
        "Model: gpt-x",
        "System prompt and templates: v3",
        f"Tool manifest: contents {TOOLS}",
    )


def test_what_neither_wrote_down_is_unknown_and_not_the_same() -> None:
    known = {one.part for one in parts_beside(A, other()) if one.is_known}
    assert known == {BundlePart.MODEL, BundlePart.PROMPT, BundlePart.TOOLS}
    together = WayBack(alone=False)
    assert bundle_changes(A, other("A", model={"version": "gpt-x", "way_back": together.model_dump()})) == (
        "Model, way back: not written down → only together with the whole release",
    )


def test_a_text_is_compared_line_by_line_with_its_neighbours() -> None:
    before = "\n".join(f"line {n}" for n in range(1, 41))
    after = before.replace("line 2\n", "line two\n").replace("line 30\n", "line 30\nline 30b\n")
    first, second = text_passages(before, after)
    assert (first.at, second.at) == ((1, 1), (28, 28))
    assert first.lines[:3] == (
        (LineChange.SAME, "line 1"),
        (LineChange.REMOVED, "line 2"),
        (LineChange.ADDED, "line two"),
    )
    assert [line for kind, line in second.lines if kind is not LineChange.SAME] == ["line 30b"]


def test_json_is_compared_by_its_fields() -> None:
    before, after = '{"tools":["refund","lookup"],"max":3}', '{"tools":["refund"],"max":3}'
    changed = [pair for one in text_passages(before, after) for pair in one.lines if pair[0] != "same"]
    assert (LineChange.REMOVED, '    "lookup"') in changed
    assert all('"max"' not in line for _, line in changed)
    assert text_passages('{"a": 1}', '{"a":1}'), "only the spelling differs: then that is shown"


@given(st.text(max_size=60), st.text(max_size=60))
def test_equal_texts_have_no_passages_and_others_rebuild_the_newer_one(before: str, after: str) -> None:
    passages = text_passages(before, after)
    assert bool(passages) == (before.splitlines() != after.splitlines())
    if "\n" not in before + after and passages:
        added = [line for one in passages for kind, line in one.lines if kind is LineChange.ADDED]
        assert set(added) <= set(after.splitlines())
