"""Texts of eval cases made from traces go when their time is over, never those of a locked set; what is
counted stays, and nothing of the texts is left anywhere."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import select, text, update

from core.actions.age_limits import set_days, view_limits
from core.actions.audit_verify import verify_log
from core.actions.audit_words import told
from core.actions.bundles import put_live, save_bundle, view_release
from core.actions.case_exports import cases_of, export_cases
from core.actions.case_lists import CaseFilter, CaseLine, open_case, view_cases
from core.actions.case_retention import ExpiredCases, expire_cases
from core.actions.erasure import ask_erasure, erase
from core.actions.eval_cases import promote, retire_case, save_case
from core.actions.eval_results import view_eval_results
from core.actions.eval_suites import lock_suite, view_suites
from core.actions.gates import gate
from core.actions.legal_holds import lift_hold, place_hold
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.token_keys import token_key
from core.actions.usual_limits import Kept
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.bundle_parts import BundlePart
from core.evidence.eval_case import EvalCase, Part
from core.evidence.free_text import KEPT_BACK, erased_on, expired_on, expired_text
from core.intake.answers import Answers
from core.rollout.bundle import PartVersion, ReleaseBundle
from core.store import audit, case_sets, eval_cases, features
from core.store.segment_cache import SegmentCache
from core.store.tables import METADATA, eval_case
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]
Commit = Callable[..., int]

CANARY = "canary-zebra"
DAY, YEARS = timedelta(days=1), timedelta(days=1_100)


@pytest.fixture
def workspace(database: Any, home: Path) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


class Cases:
    """A feature with cases made from traces; a text says in itself of which run it is."""

    def __init__(self, workspace: Workspace, slug: str, hand_in: HandIn) -> None:
        self.workspace, self.slug, self._hand_in = workspace, slug, hand_in

    def promoted(self, run: str, at: datetime, **fields: Any) -> EvalCase:
        """From a trace that is withdrawn with its texts, so that the case alone still holds them."""
        row = {"run_id": run, "user_id": f"user-{run}", "query": f"trace of {run}", "tool_expected": "look"}
        content = json.dumps({**row, "started_at": at.isoformat()}) + "\n"
        self._hand_in(content, f"{run}.jsonl", at=at, answers=Answers(personal_text="keep"))
        said = {"query": f"{CANARY} {run} asks", "ground_truth": f"{CANARY} {run} is right"}
        said |= {"expected_behavior": f"{CANARY} {run} does", "failure_observed": f"{CANARY} {run} failed"}
        return promote(
            self.workspace, LOCAL_CALLER, at, self.slug, run, **{**said, **fields}, no_personal_data=True,
            alike_ok=True,
        )  # fmt: skip

    def edited(self, case: EvalCase, at: datetime, **changes: Any) -> EvalCase:
        edited = replace(case, **changes)
        return save_case(
            self.workspace, LOCAL_CALLER, at, self.slug, edited, based_on=case.number, alike_ok=True
        )

    def locked(self, at: datetime) -> Any:
        return lock_suite(self.workspace, LOCAL_CALLER, at, self.slug)

    def expired(self, at: datetime) -> ExpiredCases:
        [done] = expire_cases(self.workspace, at, self.slug)
        return done

    def listed(self, who: Caller = LOCAL_CALLER) -> dict[str, CaseLine]:
        lines = view_cases(self.workspace, who, self.slug, CaseFilter()).lines
        return {line.case.case_id: line for line in lines}

    def judged(self, at: datetime) -> Any:
        found = gate(self.workspace, LOCAL_CALLER, at, self.slug)
        return found.verdict, found.rows, found.conditions, found.evidence_sha256

    def is_sound(self, at: datetime) -> bool:
        found = verify_log(self.workspace, LOCAL_CALLER, at)
        assert found.findings == ()
        return found.ok


@pytest.fixture
def cases(workspace: Workspace, feature: str, hand_in: HandIn) -> Cases:
    return Cases(workspace, feature, hand_in)


def hits(workspace: Workspace, words: str) -> list[str]:
    """Where the words still stand: in files of the home, in cells of the database, in packed contents."""
    found = [
        str(path.relative_to(workspace.home))
        for path in sorted(workspace.home.rglob("*"))
        if path.is_file() and words in unpacked(path.read_bytes())
    ]
    with workspace.database.reading() as connection:
        for name, table in METADATA.tables.items():
            for row in connection.execute(select(table)):
                for column, cell in row._mapping.items():
                    said = unpacked(cell) if isinstance(cell, bytes) else str(cell)
                    found += [f"{name}.{column}"] * (words in said)
    return found


def unpacked(content: bytes) -> str:
    if content.startswith(b"PAR1"):
        return str(pq.read_table(pa.BufferReader(content)).to_pylist())
    plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    return plain.decode(errors="replace")


def last_entry(workspace: Workspace) -> audit.AuditEvent:
    with workspace.database.reading() as connection:
        return audit.timeline(connection, None, 1)[0]


def test_texts_of_an_old_case_are_gone_everywhere_and_the_case_says_so(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    case = cases.promoted("r1", now - YEARS)
    young = cases.promoted("r2", now - DAY)
    assert hits(workspace, f"{CANARY} r1")
    before = cases.judged(now)
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert hits(workspace, f"{CANARY} r1") == []
    assert hits(workspace, f"{CANARY} r2") != []
    assert cases.judged(now) == before
    line = cases.listed()[case.case_id]
    day = now.date().isoformat()
    assert (expired_on(line.case.query), expired_on(line.case.ground_truth), line.expired_at) == (
        day,
        day,
        now,
    )
    assert (line.origin, line.case.failure_type, line.case.tools_expected) == ("promoted", None, ("look",))
    assert cases.listed()[young.case_id].expired_at is None
    entry = last_entry(workspace)
    assert (entry.actor, entry.action) == ("Readygate", "case texts expired")
    assert told(entry).details == (
        "C-001 (version 1). No locked set held them; results and verdicts stayed.",
    )
    assert cases.is_sound(now)


def test_a_second_run_changes_nothing(cases: Cases, now: datetime, everything: Callable[[], Any]) -> None:
    cases.promoted("r1", now - YEARS)
    cases.expired(now)
    before = everything()
    assert cases.expired(now + DAY) == ExpiredCases(cases.slug)
    assert everything() == before


def test_what_people_wrote_by_hand_is_kept(cases: Cases, workspace: Workspace, now: datetime) -> None:
    case = EvalCase("", f"{CANARY} by hand", ground_truth="Yes.")
    save_case(workspace, LOCAL_CALLER, now - YEARS, cases.slug, case)
    assert cases.expired(now) == ExpiredCases(cases.slug)
    assert hits(workspace, f"{CANARY} by hand")


def test_the_time_counts_from_the_last_saving_and_an_older_version_goes_before(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    first = cases.promoted("r1", now - YEARS)
    cases.edited(first, now - DAY, query=f"{CANARY} r1 asks anew")
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert hits(workspace, f"{CANARY} r1 asks anew")
    view = open_case(workspace, LOCAL_CALLER, cases.slug, first.case_id)
    assert view is not None
    assert [bool(expired_on(one.case.query)) for one in view.versions] == [False, True]
    assert cases.listed()[first.case_id].expired_at is None
    assert cases.is_sound(now)


def test_to_retire_a_case_is_no_reason_to_keep_its_texts_longer(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    case = cases.promoted("r1", now - YEARS)
    retire_case(
        workspace, LOCAL_CALLER, now - DAY, cases.slug, case.case_id, based_on=1, reason="No test any more"
    )
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert hits(workspace, CANARY) == []


def test_what_a_locked_set_holds_stays_until_it_is_locked_without_it(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    """Its texts were in the file that the first lock was published as, too."""
    old, young = cases.promoted("r1", now - YEARS), cases.promoted("r2", now - 2 * DAY)
    lock = cases.locked(now - YEARS)
    digest = lock.digest
    assert cases.expired(now) == ExpiredCases(cases.slug, bound=1)
    assert view_limits(workspace, LOCAL_CALLER, now, cases.slug).cases_bound == 1
    assert [one.case_id for one in cases_of(workspace, LOCAL_CALLER, cases.slug, "Eval set")] == [
        old.case_id,
        young.case_id,
    ]
    retire_case(workspace, LOCAL_CALLER, now, cases.slug, old.case_id, based_on=1, reason="No test any more")
    assert cases.expired(now) == ExpiredCases(cases.slug, bound=1)
    cases.locked(now)
    before = cases.judged(now)
    assert "segment.content" in hits(workspace, f"{CANARY} r1")
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert hits(workspace, f"{CANARY} r1") == []
    assert "segment.content" in hits(workspace, f"{CANARY} r2")
    assert cases.judged(now) == before
    [line] = view_suites(workspace, LOCAL_CALLER, cases.slug).lines
    assert [one.digest for one in line.earlier] == [digest]
    limits = view_limits(workspace, LOCAL_CALLER, now, cases.slug)
    assert (limits.cases_bound, limits.cases_expired) == (0, 1)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, cases.slug)
        withdrawn = case_sets.cases_of_uploads(connection, feature.id, [lock.upload_id])
    assert withdrawn == {old.case_id, young.case_id}
    assert cases.is_sound(now)


def test_what_a_commitment_rests_on_stays_though_the_set_was_locked_anew(
    cases: Cases, workspace: Workspace, now: datetime, commit: Commit
) -> None:
    old = cases.promoted("r1", now - YEARS)
    cases.promoted("r2", now - 2 * DAY)
    cases.locked(now - YEARS)
    commit(at=now - YEARS)
    retire_case(workspace, LOCAL_CALLER, now, cases.slug, old.case_id, based_on=1, reason="No test any more")
    cases.locked(now)
    assert cases.expired(now) == ExpiredCases(cases.slug, bound=1)
    commit(at=now, reason="The set is another one now")
    assert cases.expired(now + DAY) == ExpiredCases(cases.slug, cases=1)


def test_files_leave_expired_cases_out_and_say_how_many(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    cases.promoted("r1", now - YEARS)
    cases.expired(now)
    with pytest.raises(WrongUsage, match="no case with its texts left"):
        export_cases(workspace, LOCAL_CALLER, now, cases.slug, format_name="jsonl")
    cases.promoted("r2", now - DAY)
    made = export_cases(workspace, LOCAL_CALLER, now, cases.slug, format_name="jsonl")
    assert (made.cases, made.left_out, b"expired on" in made.content) == (1, 1, False)
    assert told(last_entry(workspace)).details == ("1 left out: their texts are gone.",)
    assert view_suites(workspace, LOCAL_CALLER, cases.slug).without_texts == 1
    assert len(cases.locked(now).cases) == 1


def test_nobody_saves_or_retires_a_case_without_texts(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    """Else the mark would stand in a set as if somebody had asked it."""
    case = cases.promoted("r1", now - YEARS)
    cases.expired(now)
    with pytest.raises(WrongUsage, match="The texts of C-001 are gone"):
        cases.edited(case, now, query="Something else?")
    with pytest.raises(WrongUsage, match="The texts of C-001 are gone"):
        retire_case(workspace, LOCAL_CALLER, now, cases.slug, case.case_id, based_on=1, reason="No test")


def test_whoever_may_not_read_texts_learns_that_they_are_gone(cases: Cases, now: datetime) -> None:
    cases.promoted("r1", now - YEARS)
    cases.promoted("r2", now - DAY)
    cases.expired(now)
    viewer = Caller("Vic", frozenset({Role.VIEWER}))
    first, second = (line.case.query for line in cases.listed(viewer).values())
    assert (bool(expired_on(first)), second) == (True, KEPT_BACK)


def test_a_legal_hold_stops_it_until_it_is_lifted(cases: Cases, workspace: Workspace, now: datetime) -> None:
    cases.promoted("r1", now - YEARS)
    placed = place_hold(workspace, LOCAL_CALLER, now, cases.slug, reason="File 17 of May")
    assert "legal hold" in cases.expired(now).held
    assert hits(workspace, CANARY)
    lift_hold(workspace, LOCAL_CALLER, now, cases.slug, placed.id, reason="The matter is closed")
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)


def test_a_feature_that_keeps_cases_for_ever_loses_none(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    cases.promoted("r1", now - YEARS)
    assert set_days(workspace, LOCAL_CALLER, now, cases.slug, Kept.CASES, None)
    assert last_entry(workspace).action == "case days set"
    assert expire_cases(workspace, now + YEARS) == []
    assert cases.is_sound(now)


def test_whoever_is_erased_later_is_erased_from_expired_cases_too(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    """The mark of the erasure stands for the stronger reason, and the records still hold."""
    case = cases.promoted("r1", now - YEARS)
    cases.expired(now)
    asked = ask_erasure(
        workspace, LOCAL_CALLER, now, cases.slug, wanted="user-r1", reason="Request number 17"
    )
    erase(workspace, LOCAL_CALLER, now, cases.slug, asked.id)
    assert erased_on(cases.listed()[case.case_id].case.query)
    assert cases.expired(now + YEARS) == ExpiredCases(cases.slug)
    assert cases.is_sound(now)


def test_what_was_erased_before_keeps_that_mark(cases: Cases, workspace: Workspace, now: datetime) -> None:
    case = cases.promoted("r1", now - YEARS)
    asked = ask_erasure(
        workspace, LOCAL_CALLER, now, cases.slug, wanted="user-r1", reason="Request number 17"
    )
    erase(workspace, LOCAL_CALLER, now, cases.slug, asked.id)
    assert cases.expired(now) == ExpiredCases(cases.slug)
    assert erased_on(cases.listed()[case.case_id].case.query)


@pytest.mark.parametrize("change", ["text", "day", "asked"])
def test_texts_taken_away_by_hand_are_found_and_are_no_expiry(
    change: str, cases: Cases, workspace: Workspace, now: datetime
) -> None:
    cases.promoted("r1", now - YEARS)
    cases.promoted("r2", now - DAY)
    cases.expired(now)
    mark = expired_text(now.date().isoformat())
    by_hand: dict[str, Any] = {
        "text": {"query": mark},
        "day": {"texts_expired_at": now},
        "asked": {"asked_sha256": "0" * 64},
    }
    with workspace.database.writing() as connection:
        which = update(eval_case).where(eval_case.c.case_id == "C-002")
        connection.execute(which.values(by_hand[change]))
    [found] = verify_log(workspace, LOCAL_CALLER, now).findings
    assert (found.record.kind, found.record.fault) == ("eval_case", "changed")


class Release:
    """Releases A and then B are live, and each was tried on the cases."""

    def __init__(self, workspace: Workspace, slug: str, hand_in: HandIn) -> None:
        self._workspace, self._slug, self._hand_in = workspace, slug, hand_in

    def live(self, name: str, at: datetime, **passed: bool) -> None:
        bundle = ReleaseBundle(name=name, parts={BundlePart.PROMPT: PartVersion(version=name)})
        based_on = view_release(self._workspace, LOCAL_CALLER, at, self._slug).number
        save_bundle(self._workspace, LOCAL_CALLER, at, self._slug, bundle, based_on=based_on)
        put_live(self._workspace, LOCAL_CALLER, at, self._slug, name)
        rows = [{"case_id": one.replace("_", "-"), "passed": ok} for one, ok in passed.items()]
        content = "".join(json.dumps(row) + "\n" for row in rows)
        self._hand_in(content, f"{name}.jsonl", at=at + timedelta(hours=1), bundle=name)


@pytest.fixture
def release(workspace: Workspace, feature: str, hand_in: HandIn) -> Release:
    return Release(workspace, feature, hand_in)


def regressions(cases: Cases, at: datetime) -> Any:
    found = gate(cases.workspace, LOCAL_CALLER, at, cases.slug)
    return next(one for one in found.conditions if one.name == "regressions")


def test_a_critical_case_that_broke_still_stops_the_release_when_its_texts_are_gone(
    cases: Cases, release: Release, now: datetime
) -> None:
    """It is in no set, so its texts go; were it critical no more, the limit would have helped."""
    cases.promoted("r1", now - YEARS, is_critical=True)
    cases.promoted("r2", now - YEARS)
    release.live("A", now - 5 * DAY, C_001=True, C_002=True)
    release.live("B", now - 2 * DAY, C_001=False, C_002=True)
    before = regressions(cases, now)
    assert (before.met, "C-001" in before.sentence) == (False, True)
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=2)
    assert regressions(cases, now) == before


def test_a_version_whose_texts_are_gone_still_asked_for_the_same(
    cases: Cases, release: Release, now: datetime
) -> None:
    """Between the releases somebody put a tag on the case. Were its first version now another question, the
    case would be left out of the comparison, with the failure that it shows."""
    first = cases.promoted("r1", now - YEARS, is_critical=True)
    release.live("A", now - 5 * DAY, C_001=True)
    cases.edited(first, now - 4 * DAY, tags=("orders",))
    release.live("B", now - 2 * DAY, C_001=False)
    before = regressions(cases, now)
    assert not before.met
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert regressions(cases, now) == before


def test_two_versions_whose_texts_are_gone_still_asked_for_something_else(
    cases: Cases, release: Release, now: datetime
) -> None:
    first = cases.promoted("r1", now - 2 * YEARS)
    cases.promoted("r2", now - DAY)
    release.live("A", now - YEARS - 2 * DAY, C_001=True, C_002=True)
    cases.edited(first, now - YEARS, ground_truth="Another answer")
    release.live("B", now - 2 * DAY, C_001=False, C_002=True)
    before = regressions(cases, now)
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
    assert regressions(cases, now) == before


def test_nothing_goes_where_something_would_come_nearer_to_go(
    cases: Cases, release: Release, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second line of defence, if ever a verdict read a text: here an expired case is critical no more."""
    cases.promoted("r1", now - YEARS, is_critical=True)
    release.live("A", now - 5 * DAY, C_001=True)
    release.live("B", now - 2 * DAY, C_001=False)
    before = regressions(cases, now)
    assert not before.met
    kept = KeptCaseThatForgets.patched(monkeypatch)
    assert cases.expired(now) == ExpiredCases(cases.slug, bound=1)
    kept.undo()
    assert regressions(cases, now) == before
    assert hits(cases.workspace, CANARY)


class KeptCaseThatForgets:
    """A program in which what is left of a case says that it is retired."""

    @staticmethod
    def patched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        read = eval_cases._kept

        def forgets(row: Any) -> eval_cases.KeptCase:
            kept = read(row)
            return replace(kept, is_retired=kept.is_retired or not kept.has_texts)

        monkeypatch.setattr(eval_cases, "_kept", forgets)
        return monkeypatch


def test_results_and_graders_are_counted_as_before(
    cases: Cases, workspace: Workspace, now: datetime, release: Release
) -> None:
    cases.promoted("r1", now - YEARS, part=Part.ADVERSARIAL)
    release.live("A", now - 5 * DAY, C_001=True)
    before = view_eval_results(workspace, LOCAL_CALLER, now, cases.slug)
    cases.expired(now)
    after = view_eval_results(workspace, LOCAL_CALLER, now, cases.slug)
    assert (after.results, after.hard, after.graders) == (before.results, before.hard, before.graders)
    assert before.hard == 1


def test_an_upgrade_removes_nothing_from_what_was_there(
    cases: Cases, workspace: Workspace, now: datetime
) -> None:
    """The database as the version before left it: the feature keeps its cases for ever."""
    cases.promoted("r1", now - YEARS)
    added = (("feature", "case_days"), ("eval_case", "texts_expired_at"), ("eval_case", "asked_sha256"))
    with workspace.database.writing() as connection:
        for table, column in added:
            connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0013'"))
    assert workspace.database.migrate()
    assert view_limits(workspace, LOCAL_CALLER, now, cases.slug).days[Kept.CASES] is None
    assert expire_cases(workspace, now) == []
    assert cases.listed()["C-001"].case.query == f"{CANARY} r1 asks"
    assert set_days(workspace, LOCAL_CALLER, now, cases.slug, Kept.CASES, 30)
    assert cases.expired(now) == ExpiredCases(cases.slug, cases=1)
