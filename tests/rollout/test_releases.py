"""Which releases count beside the live one, from when to when, and when a part changed."""

from datetime import UTC, datetime

import pytest

from core.evidence.bundle_parts import BundlePart
from core.metrics.measurement import ReleaseScope
from core.rollout.bundle import ReleaseBundle, changed_parts, read_bundle, without_texts
from core.rollout.releases import LiveSpan, Releases, changes

P = BundlePart
T = [datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 10)]


def bundle(name: str, **parts: str) -> ReleaseBundle:
    return read_bundle(
        {"name": name, "parts": {part: {"version": version} for part, version in parts.items()}}
    )


A = bundle("A", model="m1", prompt="p1")
B = bundle("B", model="m2", prompt="p1")
C = bundle("C", model="m2", prompt="p2")
CANDIDATE = bundle("candidate", model="m3", prompt="p2")


def releases(*spans: tuple[ReleaseBundle, int], also: tuple[ReleaseBundle, ...] = ()) -> Releases:
    ends = [T[day] for _, day in spans[1:]]
    found = [LiveSpan(one, T[day], end) for (one, day), end in zip(spans, [*ends, None], strict=True)]
    return Releases(tuple(found), {one.name: one for one in (*(one for one, _ in spans), *also)})


ALL = releases((A, 0), (B, 2), (C, 4), also=(CANDIDATE,))


@pytest.mark.parametrize(
    ("found", "parts", "names", "times"),
    [
        (ALL, (P.MODEL,), ("B", "C"), ((T[2], None),)),
        (ALL, (P.PROMPT,), ("C", "candidate"), ((T[4], None),)),
        (ALL, (P.MODEL, P.PROMPT), ("C",), ((T[4], None),)),
        (ALL, (P.TOOLS,), ("A", "B", "C", "candidate"), ((T[0], None),)),
        (ALL, (), ("A", "B", "C", "candidate"), ((T[0], None),)),
        # Going back: the first stay counts again, and what was live between does not.
        (releases((A, 0), (B, 2), (A, 4)), (P.MODEL,), ("A",), ((T[0], T[2]), (T[4], None))),
        # Two that went live at one moment: the first was live for no time at all.
        (releases((A, 0), (B, 2), (A, 2)), (P.MODEL,), ("A",), ((T[0], None),)),
    ],
)
def test_the_evidence_of_releases_that_agree_counts(
    found: Releases, parts: tuple[BundlePart, ...], names: tuple[str, ...], times: object
) -> None:
    assert found.scope(parts) == ReleaseScope(names, times)  # type: ignore[arg-type]


def test_without_a_live_release_there_is_no_scope() -> None:
    assert Releases((), {"A": A}).scope((P.MODEL,)) is None
    assert Releases((), {"A": A}).live is None


def test_when_a_part_became_what_it_is() -> None:
    assert (ALL.changed_at(P.MODEL), ALL.changed_at(P.PROMPT), ALL.changed_at(P.TOOLS)) == (T[2], T[4], None)
    assert releases((A, 0), (B, 2), (A, 4)).changed_at(P.MODEL) == T[4]
    then = ALL.then(CANDIDATE, T[6])
    assert then.live == CANDIDATE and then.changed_at(P.MODEL) == T[6]
    assert then.spans[-2].until == T[6] and ALL.live == C


def test_a_part_is_told_by_its_version_or_by_its_contents() -> None:
    text = read_bundle({"name": "T", "parts": {"prompt": {"version": "p1", "text": "Be kind."}}})
    other = read_bundle({"name": "U", "parts": {"prompt": {"version": "p1", "text": "Be brief."}}})
    bare = read_bundle({"name": "V", "parts": {"prompt": {"text": "Be brief."}, "tools": {"version": "t1"}}})
    assert [one.words for one in changes(text, other)] == [
        "System prompt and templates: p1, with other contents"
    ]
    prompt, tools = changes(other, bare)
    assert prompt.was == "p1" and prompt.now.startswith("contents ")
    assert tools.words == "Tool manifest: not written down → t1"
    # A hash in place of a text is the same part.
    assert changed_parts(text, without_texts(text)) == ()
    assert without_texts(text).part(P.PROMPT).text == "" and without_texts(text).sha256 == text.sha256
