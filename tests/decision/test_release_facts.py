"""The live release as a condition of going on, and as part of what is signed."""

from datetime import UTC, datetime

import pytest

from core.decision.conditions import Condition
from core.decision.release import NO_BUNDLE, NamedByTraces, ReleaseFacts
from core.decision.sign_off import changed_since
from core.decision.signed_bundle import is_of_bundle
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.rollout.releases import LiveSpan, Releases

THEN = datetime(2026, 11, 12, tzinfo=UTC)


def facts(bundle: ReleaseBundle, **more: object) -> ReleaseFacts:
    releases = Releases((LiveSpan(bundle, THEN),), {bundle.name: bundle})
    return ReleaseFacts(releases, THEN, **more)  # type: ignore[arg-type]


def bundle(name: str, model: str) -> ReleaseBundle:
    return read_bundle({"name": name, "parts": {"model": {"version": model}}})


X = facts(bundle("A", "gpt-x"))


@pytest.mark.parametrize(
    ("naming", "others", "met"), [(0, 0, True), (100, 10, True), (100, 11, False), (1, 1, False)]
)
def test_more_than_a_tenth_of_the_traces_may_not_name_another_release(
    naming: int, others: int, met: bool
) -> None:
    (one,) = facts(bundle("A", "x"), named=NamedByTraces(naming, others, "B")).conditions
    assert (one.name, one.met) == ("release", met)
    assert one.sentence == "Release A is live since 12 Nov 2026." if met else "“B”" in one.sentence


def test_what_the_release_owes_stands_beside_it() -> None:
    assert [(one.met, one.sentence) for one in ReleaseFacts().conditions] == [(False, NO_BUNDLE)]
    owed = Condition("rollback", False, "Never rehearsed.")
    assert [one.name for one in facts(bundle("A", "x"), rollback=owed).conditions] == ["release", "rollback"]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (X, facts(bundle("B", "gpt-y")), "the release bundle changed after it: Model (gpt-x → gpt-y)"),
        (X, facts(bundle("B", "gpt-x")), "a release of another name is live, with the same parts: B"),
        (ReleaseFacts(), X, "the first release went live after it: A"),
    ],
)
def test_a_signature_says_which_release_it_was_for(was: ReleaseFacts, now: ReleaseFacts, said: str) -> None:
    def statement(of: ReleaseFacts, verdict: str) -> dict[str, object]:
        signed = of.as_statement
        return {"verdict": verdict, "rows": [], **({"bundle": signed} if signed else {})}

    assert changed_since(statement(was, "go"), statement(now, "stale")) == said
    assert is_of_bundle(said)
    assert not is_of_bundle("the waivers changed after it")
    assert changed_since(statement(now, "go"), statement(now, "go")) == ""
