"""Releases: which evidence counts for what is live, what a change of a part makes stale, and by which way."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.actions.applying import AppliedFile, apply, read_apply_file
from core.actions.as_json import decision_as_json
from core.actions.audit_words import told
from core.actions.bundles import (
    preview_live,
    put_live,
    read_bundle_file,
    save_bundle,
    view_release,
)
from core.actions.checklists import answer_item
from core.actions.erasure import ask_erasure, erase
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.criteria.dependencies import parts_of
from core.criteria.judge import AnswerGiven, Row
from core.criteria.verdict import Verdict
from core.errors import Conflict, UserError, WrongUsage
from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import ReleaseBundle, read_bundle
from core.store import audit
from core.store.record_checks import check_records
from core.store.segment_cache import SegmentCache
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Results = Callable[..., str]

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SUITE = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.5}
LATENCY = {"kind": "measured", "id": "latency", "metric": "latency_p95", "source": "trace", "bar": 8_000}
OWNER = {"kind": "attested", "id": "blocker_owner", "sentence": "One named person owns the result."}
RULES = {"kind": "attested", "id": "rules", "sentence": "The rules are agreed.", "depends_on": ["policy"]}
LEGAL = {"kind": "attested", "id": "legal", "sentence": "Legal has agreed.", "depends_on": ["nothing"]}
A = {"name": "A", "parts": {part.value: {"version": "v1"} for part in BundlePart}}


def traces(moment: datetime, release: str | None = None, rows: int = 80, first: int = 0) -> str:
    return "".join(
        json.dumps(
            {
                "run_id": f"run-{first + place}",
                "started_at": (moment + timedelta(seconds=place)).isoformat(),
                "user_id": f"user-{first + place}",
                "query": "Where is my parcel?",
                "response": "On its way.",
                "latency_ms": 900,
                **({"release_bundle": release} if release else {}),
            }
        )
        + "\n"
        for place in range(rows)
    )


class Releases:
    """A feature and its releases; every step takes a minute."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now

    def at(self) -> datetime:
        self.now += MINUTE
        return self.now

    def save(self, bundle: ReleaseBundle) -> int:
        number = view_release(self.workspace, LOCAL_CALLER, self.now, self.slug).number
        return save_bundle(self.workspace, LOCAL_CALLER, self.at(), self.slug, bundle, based_on=number).number

    def live(self, name: str, at: datetime | None = None) -> None:
        put_live(self.workspace, LOCAL_CALLER, self.at(), self.slug, name, at=at)

    def rows(self) -> dict[str, Row]:
        decision = gate(self.workspace, LOCAL_CALLER, self.now, self.slug)
        return {row.item.id: row for row in decision.rows}

    def stale(self) -> dict[str, str]:
        """Why each row is stale that is."""
        return {name: row.why for name, row in self.rows().items() if row.verdict is Verdict.STALE}


@pytest.fixture
def feature_of(workspace: Workspace, feature: str, now: datetime) -> Releases:
    return Releases(workspace, feature, now - 5 * DAY)


@pytest.fixture
def full(feature_of: Releases, commit: Commit, hand_in: HandIn, results: Results) -> Releases:
    """Release A is live with all eight parts, every row is GO: by results and traces of A, and by answers."""
    made = feature_of
    commit([SUITE, LATENCY, OWNER, RULES, LEGAL], at=made.at())
    made.save(read_bundle(A))
    made.live("A")
    hand_in(results(40), at=made.at(), bundle="A")
    hand_in(traces(made.now), "traces.jsonl", at=made.at())
    for item in (OWNER, RULES, LEGAL):
        answer_item(
            made.workspace, LOCAL_CALLER, made.at(), made.slug, str(item["id"]), answer=AnswerGiven.YES,
            why="Seen",
        )  # fmt: skip
    assert {row.verdict for row in made.rows().values()} == {Verdict.GO}
    return made


def with_part(part: BundlePart) -> dict[str, Any]:
    """Release A with another version of one part, under a name of its own."""
    return {"name": f"A and {part.value}", "parts": {**A["parts"], part.value: {"version": "v2"}}}  # type: ignore[dict-item]


def by_form(made: Releases, body: Mapping[str, Any]) -> None:
    made.save(read_bundle(body))
    made.live(body["name"])


def by_file(made: Releases, body: Mapping[str, Any]) -> None:
    made.save(read_bundle_file("release.json", json.dumps({"bundle": body}).encode()))
    made.live(body["name"])


def by_apply(made: Releases, body: Mapping[str, Any]) -> None:
    wanted = AppliedFile.model_validate({"bundle": {**body, "live": True}})
    did = apply(made.workspace, LOCAL_CALLER, made.at(), wanted, slug=made.slug).did
    assert len(did) == 2
    assert apply(made.workspace, LOCAL_CALLER, made.at(), wanted, slug=made.slug).did == ()


def by_going_back(made: Releases, body: Mapping[str, Any]) -> None:
    """It was live once, for a while, and is put live again."""
    by_form(made, body)
    made.live("A")
    made.live(body["name"])


@SQLITE
@pytest.mark.parametrize("way", [by_form, by_file, by_apply, by_going_back])
def test_a_change_of_each_part_makes_exactly_the_dependent_rows_stale_and_says_why(
    full: Releases, way: Callable[[Releases, Mapping[str, Any]], None]
) -> None:
    depends = {name: parts_of(row.item) for name, row in full.rows().items()}
    assert {part for parts in depends.values() for part in parts} == set(BundlePart)
    for part in BundlePart:
        body = with_part(part)
        expected = {name for name, parts in depends.items() if part in parts}
        if way is by_form:
            before = preview_live(full.workspace, LOCAL_CALLER, full.now, full.slug, read_bundle(body))
            assert {one.item_id for one in before.stale} == expected
            assert before.sentence == f"This will make {len(expected)} of 5 rows stale."
        way(full, body)
        stale = full.stale()
        assert set(stale) == expected
        said = f"{part.label[1:]} changed on 25 Feb 2026 (v1 → v2)"
        assert all(said in why for why in stale.values()), stale
        if way is by_form:
            view = view_release(full.workspace, LOCAL_CALLER, full.now, full.slug)
            assert {one.item_id for one in view.stale} == expected
        full.live("A")
    assert full.stale() == {}, "what is live again is what all of it is of"


@SQLITE
def test_the_same_value_again_saves_nothing_and_stales_nothing(full: Releases) -> None:
    again = read_bundle(A)
    assert full.save(again) == 1
    said = preview_live(full.workspace, LOCAL_CALLER, full.now, full.slug, again).sentence
    assert said == "The parts are those that are live now: nothing becomes stale."
    full.live("A")
    view = view_release(full.workspace, LOCAL_CALLER, full.now, full.slug)
    assert (view.number, len(view.history), full.stale()) == (1, 1, {})
    # A link or a way back is no part of what ships: it may be added later, and nothing is stale for it.
    linked = {**A, "parts": {**A["parts"], "model": {"version": "v1", "link": "https://example.com"}}}  # type: ignore[dict-item]
    assert full.save(read_bundle(linked)) == 2
    assert full.stale() == {}


def test_what_was_live_keeps_its_parts_and_its_moment(
    feature_of: Releases, now: datetime, workspace: Workspace
) -> None:
    made = feature_of
    made.save(read_bundle(A))
    made.save(read_bundle({"name": "A", "parts": {"model": {"version": "v9"}}}))
    made.live("A", at=made.now - DAY)
    with pytest.raises(WrongUsage, match="A was live with other parts: give this one another name"):
        made.save(read_bundle(A))
    made.save(read_bundle({"name": "B", "parts": {"model": {"version": "v2"}}}))
    for at, words in ((made.now - 2 * DAY, "which is later"), (made.now + DAY, "still to come")):
        with pytest.raises(WrongUsage, match=words):
            made.live("B", at=at)
    with pytest.raises(WrongUsage, match="There is no release “C”"):
        made.live("C")
    with pytest.raises(Conflict, match="saved version 3 of the bundle"):
        save_bundle(
            workspace,
            LOCAL_CALLER,
            made.at(),
            made.slug,
            read_bundle(with_part(BundlePart.MODEL)),
            based_on=1,
        )
    made.live("B", at=made.now - MINUTE)
    view = view_release(workspace, LOCAL_CALLER, made.now, made.slug)
    assert [(one.name, one.is_live, one.was_live) for one in view.registered] == [
        ("B", True, True),
        ("A", False, True),
    ]
    first, second = view.history[1], view.history[0]
    assert (first.until, second.until, first.is_afterwards) == (second.since, None, True)
    assert [one.words for one in second.changes] == ["Model: v9 → v2"]


def test_evidence_counts_for_the_release_it_names_or_that_was_live_at_its_moment(
    feature_of: Releases, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    made = feature_of
    commit([SUITE], at=made.at())
    began = made.now
    hand_in(results(30), at=made.at())
    made.now += DAY
    made.save(read_bundle({"name": "A", "parts": {"model": {"version": "gpt-x"}}}))
    made.live("A")
    day = f"{made.now.day} {made.now:%b %Y}"
    assert made.stale() == {"suite": f"All 30 cases are from before {day}, when the first release went live."}
    hand_in(results(25, first=100, eval_run_id="run-2"), at=made.at())
    row = made.rows()["suite"]
    assert (row.verdict, row.finding.n) == (Verdict.GO, 25)  # type: ignore[union-attr]
    assert row.why.endswith(f"Not counted: 30 cases are from before {day}, when the first release went live.")
    made.now += DAY
    made.save(read_bundle({"name": "Release B", "parts": {"model": {"version": "gpt-y"}}}))
    made.live("Release B")
    changed = f"{made.now.day} {made.now:%b %Y}"
    assert made.stale()["suite"].startswith("30 cases are from before")
    assert (
        f"The model changed on {changed} (gpt-x → gpt-y): 25 cases are of release A." in made.stale()["suite"]
    )
    hand_in(results(50, first=200, eval_run_id="run-3"), at=made.at(), bundle="nightly-7")
    assert (
        "50 cases are of “nightly-7”, which is not registered: save it on the Release page."
        in made.stale()["suite"]
    )
    made.save(read_bundle({"name": "nightly-7", "parts": {"model": {"version": "gpt-y"}}, "note": "As B"}))
    row = made.rows()["suite"]
    assert (row.verdict, row.finding.n) == (Verdict.GO, 50), "its parts agree with the live ones"  # type: ignore[union-attr]
    hand_in(results(10, first=300, eval_run_id="run-4"), at=made.at(), bundle="Release B")
    row = made.rows()["suite"]
    assert (row.verdict, row.finding.n) == (Verdict.GO, 60), "and so both count together"  # type: ignore[union-attr]
    assert began < made.now


def test_the_gate_asks_for_a_live_release_that_the_traces_name(feature_of: Releases, hand_in: HandIn) -> None:
    made = feature_of

    def said() -> tuple[bool, str]:
        decision = gate(made.workspace, LOCAL_CALLER, made.now, made.slug)
        (one,) = (one for one in decision.conditions if one.name == "release")
        return one.met, one.sentence

    assert said() == (False, "No release bundle is live: say on the Release page what ships.")
    made.save(read_bundle(A))
    made.live("A")
    hand_in(traces(made.now, "A"), "traces.jsonl", at=made.at())
    day = f"{made.now.day} {made.now:%b %Y}"
    assert said() == (True, f"Release A is live since {day}.")
    hand_in(traces(made.now, "B", 5, first=100), "more.jsonl", at=made.at())
    made.now += MINUTE * 5
    assert said()[0], "a tenth of them may name another"
    hand_in(traces(made.now, "B", 10, first=200), "most.jsonl", at=made.at())
    made.now += MINUTE * 5
    met, sentence = said()
    assert not met
    assert sentence.startswith(
        "15 of the 95 newest traces that name a release name another than A, most of them “B”"
    )
    view = view_release(made.workspace, LOCAL_CALLER, made.now, made.slug)
    assert [(one.name, one.traces, one.is_registered, one.is_live) for one in view.recognised] == [
        ("B", 15, False, False),
        ("A", 80, True, True),
    ]
    made.now += 8 * DAY
    assert said()[0], "what was a week ago is no sign of what is live"


@SQLITE
def test_a_release_comes_from_a_file_with_its_texts_beside_it(
    feature_of: Releases, tmp_path: Path, now: datetime
) -> None:
    made = feature_of
    (tmp_path / "prompt.txt").write_text("Be kind.", encoding="utf-8")
    file = tmp_path / "release.toml"
    file.write_text(
        '[bundle]\nname = "2026-11"\nlive = true\n'
        '[bundle.parts.prompt]\nversion = "v4"\nfile = "prompt.txt"\n',
        encoding="utf-8",
    )
    wanted = read_apply_file(file)
    assert apply(made.workspace, LOCAL_CALLER, made.at(), wanted, slug=made.slug).did == (
        "saved the release bundle “2026-11” as version 1",
        "put the release “2026-11” live",
    )
    view = view_release(made.workspace, LOCAL_CALLER, made.now, made.slug)
    assert view.live_bundle is not None and view.live_bundle.part(BundlePart.PROMPT).text == "Be kind."
    assert view.live is not None and view.live.name == "2026-11"
    said = decision_as_json(gate(made.workspace, LOCAL_CALLER, made.now, made.slug))["release"]
    assert said == {
        "name": "2026-11",
        "since": view.live.live_at.isoformat(),
        "sha256": view.live_bundle.sha256,
    }
    for wrong, words in (
        ("../prompt.txt", "lies elsewhere"),
        ("nowhere.txt", "cannot be opened"),
    ):
        file.write_text(f'[bundle]\nname = "x"\n[bundle.parts.prompt]\nfile = "{wrong}"\n', encoding="utf-8")
        with pytest.raises(UserError, match=words):
            read_apply_file(file)
    # A file on a page comes alone: what it names elsewhere nobody has handed in.
    with pytest.raises(UserError, match="there is no such field"):
        read_bundle_file("x.toml", file.read_bytes())
    for name, content in (("x.toml", b"name ="), ("x.json", b"[1]"), ("x.json", b"\xff")):
        with pytest.raises(UserError):
            read_bundle_file(name, content)


@SQLITE
def test_what_the_log_tells_of_releases_is_held_against_their_rows(
    feature_of: Releases, workspace: Workspace
) -> None:
    made = feature_of
    made.save(read_bundle(A))
    put_live(workspace, LOCAL_CALLER, made.at(), made.slug, "A", reason="Asked for by Anna Zebra")
    made.save(read_bundle(with_part(BundlePart.TOOLS)))
    made.live("A and tools")

    def broken() -> list[tuple[str, str, tuple[str, ...]]]:
        with workspace.database.reading() as connection:
            return [(one.kind, one.fault, one.fields) for one in check_records(connection).broken]

    def by_hand(statement: str) -> None:
        with workspace.database.writing() as connection:
            connection.execute(text(statement))

    assert broken() == []
    by_hand("UPDATE live_bundle SET live_at = '2026-01-01 00:00:00.000000' WHERE name = 'A'")
    assert broken() == [("live_bundle", "changed", ("live_at",))]
    by_hand("DELETE FROM live_bundle WHERE name = 'A'")
    assert broken() == [("live_bundle", "missing", ())]
    by_hand("DELETE FROM document_version WHERE kind = 'bundle' AND number = 2")
    assert ("document", "missing", ()) in broken()
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{made.slug}", 4)
    sentences = [told(event) for event in events]
    assert sentences[0].sentence == "said that the release “A and tools” is live"
    assert sentences[0].details[1:] == ("Instead of A", "Tool manifest: v1 → v2")
    assert sentences[1].sentence == "saved the release bundle “A and tools” as version 2"
    assert sentences[1].details == ("Against A, which is live: Tool manifest: v1 → v2",)
    assert sentences[2].details[-1] == "Reason: Asked for by Anna Zebra"


@SQLITE
def test_an_erasure_finds_a_person_in_reasons_and_in_texts_of_a_release(
    feature_of: Releases, workspace: Workspace, hand_in: HandIn, home: Path
) -> None:
    anna, made = "anna-zebra@example.com", feature_of
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    made.workspace = with_secret = Workspace(home, workspace.database, warehouse)
    hand_in(f"run_id,user_id,query\nr1,{anna},Where?\n", "traces.csv", at=made.at())
    made.save(read_bundle({"name": "A", "parts": {"prompt": {"text": f"Write to {anna}."}}}))
    put_live(with_secret, LOCAL_CALLER, made.at(), made.slug, "A", reason=f"{anna} asked for it")
    asked = ask_erasure(
        with_secret, LOCAL_CALLER, made.at(), made.slug, wanted=anna, reason="Request number 17"
    )
    erased = erase(with_secret, LOCAL_CALLER, made.at(), made.slug, asked.id)
    assert erased["left"] == 1, "the prompt is what was live: it is counted, so that it can be told"
    with workspace.database.reading() as connection:
        (reason,) = connection.scalars(text("SELECT reason FROM live_bundle")).all()
        assert reason == "[erased] asked for it"
        assert check_records(connection).broken == ()
    warehouse.close()
