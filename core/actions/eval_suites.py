"""Locked versions of the eval set: locking publishes the set as evidence, so that a commitment binds it."""

import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.actions.case_naming import eval_sets
from core.actions.committed import suite_digest
from core.actions.people import Caller
from core.actions.policy import Act, may, require
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.columns import CASE_COLUMNS, Kind
from core.evidence.eval_case import EvalCase, Part
from core.evidence.fingerprints import of_bytes, of_document
from core.intake.report import ImportReport, Notice
from core.metrics.eval_results import ADVISED_CASES, USUAL_RERUN_DAYS
from core.store import audit, eval_cases, eval_suites, features, published_cases, uploads
from core.store.database import Connection
from core.store.eval_suites import KeptSuite
from core.store.features import Feature
from core.store.handed_in_cases import PUBLISHED_HERE

USUAL_NAME = "Eval set"
LONGEST_NAME = 100
LONGEST_RERUN = 366
_COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")


@dataclass(frozen=True)
class SuiteChanges:
    """What locking a set now would change against its last lock, as ids of cases."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.removed)


@dataclass(frozen=True)
class SuiteLine:
    """A set by its last lock, what has changed since, and its earlier locks."""

    lock: KeptSuite
    changes: SuiteChanges
    earlier: tuple[KeptSuite, ...]


@dataclass(frozen=True)
class SuitesView:
    """``cases`` are those that a lock could take; ``critical`` of them break a release on their own. Of
    ``without_texts`` more the texts have expired or were erased."""

    lines: tuple[SuiteLine, ...]
    cases: int
    by_part: tuple[tuple[Part, int], ...]
    critical: int
    without_texts: int
    may_lock: bool
    may_edit: bool


def view_suites(workspace: Workspace, caller: Caller, slug: str) -> SuitesView:
    """The sets that were ever locked, and what a new lock would hold."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        sets = eval_sets(connection, feature)
    current = [one.case for one in sets.own if one.counts]
    lines = tuple(
        SuiteLine(
            lock,
            suite_changes(lock, current),
            tuple(one for one in sets.locked if one.name == lock.name and one.number < lock.number),
        )
        for lock in sets.suites
    )
    counts = tuple((part, sum(case.part is part for case in current)) for part in Part)
    critical = sum(case.is_critical for case in current)
    return SuitesView(
        lines,
        len(current),
        counts,
        critical,
        sum(not (one.has_texts or one.is_retired) for one in sets.own),
        may(workspace, caller, Act.LOCK_SUITE, slug),
        may(workspace, caller, Act.EDIT_CASES, slug),
    )


def suite_changes(lock: KeptSuite, current: Sequence[EvalCase]) -> SuiteChanges:
    """What the parts of the set have become since it was locked."""
    then = dict(lock.cases)
    now = {case.case_id: case.number for case in current if case.part in lock.parts}
    return SuiteChanges(
        tuple(one for one in now if one not in then),
        tuple(one for one, number in now.items() if then.get(one, number) != number),
        tuple(one for one in then if one not in now),
    )


def lock_suite(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    name: str = USUAL_NAME,
    parts: Sequence[Part] = tuple(Part),
    rerun_days: int | None = USUAL_RERUN_DAYS,
    reason: str = "",
) -> KeptSuite:
    """Lock the cases of these parts as the next version of the set ``name`` and publish it as evidence.

    The version before is withdrawn as evidence and stays on record. Raises WrongUsage where there is no
    case, nothing has changed, or a handed-in set has the name.
    """
    require(workspace, caller, Act.LOCK_SUITE, slug)
    name = _name(name)
    if rerun_days is not None and not 1 <= rerun_days <= LONGEST_RERUN:
        raise WrongUsage(
            f"{rerun_days} days is no pace for a set.", mend=f"Choose 1 to {LONGEST_RERUN} days, or none."
        )
    workspace.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=workspace.spool) as folder,
        workspace.database.writing() as connection,
    ):
        feature = features.locked(connection, slug)
        chosen = tuple(part for part in Part if part in parts)
        cases = [one for one in eval_cases.current(connection, feature.id) if one.part in chosen]
        before = eval_suites.newest(connection, feature.id, name)
        _refuse(connection, feature, name, chosen, cases, before, rerun_days)
        number = before.number + 1 if before else 1
        if before is not None and before.upload_id is not None:
            _withdraw(connection, caller, now, before)
        upload_id, sha256 = _publish(connection, feature, caller, now, Path(folder), name, number, cases)
        lock = eval_suites.add(
            connection,
            feature.id,
            name=name,
            digest=suite_digest(name, [sha256]),
            upload_id=upload_id,
            rerun_days=rerun_days,
            by=caller.name,
            by_id=caller.person_id,
            reason=reason.strip(),
            parts=chosen,
            cases=[(case.case_id, case.number) for case in cases],
            now=now,
        )
        _tell(connection, feature, caller, now, lock, before, cases)
    note_verdict(workspace, now, slug)
    return lock


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or "\x00" in name:
        raise WrongUsage(
            "The set needs a name.",
            mend=f"Name it in at most {LONGEST_NAME} characters, such as “{USUAL_NAME}”.",
        )
    return name


def _refuse(
    connection: Connection,
    feature: Feature,
    name: str,
    parts: tuple[Part, ...],
    cases: Sequence[EvalCase],
    before: KeptSuite | None,
    rerun_days: int | None,
) -> None:
    if not cases:
        raise WrongUsage("There is no case to lock.", mend="Write a case, or promote a failure, first.")
    is_same = before is not None and (before.parts, before.rerun_days) == (parts, rerun_days)
    if before is not None and is_same and suite_changes(before, cases).is_empty:
        raise WrongUsage(
            f"Nothing has changed since version {before.number} of “{name}” was locked.",
            mend="Lock it again after a case was added, changed or retired.",
        )
    for one in uploads.of_feature(connection, feature.id):
        is_file = one.state == "done" and one.kind == Kind.CASES and one.source != PUBLISHED_HERE
        if is_file and name == (one.suite or one.file_name):
            raise WrongUsage(
                f"The set that was handed in as “{one.file_name}” has the name “{name}”.",
                mend="Choose another name, or withdraw that upload.",
            )


def _withdraw(connection: Connection, caller: Caller, now: datetime, before: KeptSuite) -> None:
    upload = uploads.by_id(connection, before.upload_id or "")
    if upload.state != "done":
        return
    reason = f"Version {before.number + 1} of the set was locked."
    uploads.withdraw(connection, upload.id, by=caller.name, reason=reason, now=now)
    audit.append(
        connection,
        actor=caller.name,
        action="upload withdrawn",
        subject=f"upload/{upload.id}",
        payload={"file": upload.file_name, "reason": reason},
        now=now,
    )


def _publish(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    folder: Path,
    name: str,
    number: int,
    cases: Sequence[EvalCase],
) -> tuple[str, str]:
    """The set as an upload of test cases that is done: (its id, the hash of its content)."""
    content = published_cases.content_of(cases)
    upload_id, sha256 = uuid.uuid4().hex, of_bytes(content)
    file_name = f"{name}, version {number}"
    uploads.add(
        connection,
        upload_id=upload_id,
        feature_id=feature.id,
        file_name=file_name,
        sha256=sha256,
        size=len(content),
        asked_by=caller.name,
        asked_by_id=caller.person_id,
        suite=name,
        now=now,
    )
    asked = {"upload": upload_id, "file": file_name, "sha256": sha256, "bytes": len(content)}
    _audit(connection, feature, caller, now, "import asked", asked)
    rows = published_cases.publish(connection, feature.id, upload_id, folder, name, number, cases)
    features.bump_evidence_version(connection, feature.id)
    body = _report(file_name, rows, cases).model_dump(mode="json")
    body |= {"cannot_compute": [], "nothing_new": False}
    uploads.finish(
        connection,
        upload_id,
        kind=Kind.CASES,
        source=PUBLISHED_HERE,
        report=body,
        rejected_rows=None,
        rows_done=rows,
        now=now,
    )
    counts = {count: body[count] for count in _COUNTS}
    imported = {"upload": upload_id, "sha256": sha256, "kind": Kind.CASES.value, **counts}
    _audit(connection, feature, caller, now, "evidence imported", imported)
    return upload_id, sha256


def _report(file_name: str, rows: int, cases: Sequence[EvalCase]) -> ImportReport:
    words = "1 test case" if rows == 1 else f"{rows:,} test cases"
    sentence = f"{words} of a set that was locked here. Run them in your eval tool, and upload its results."
    fills = [
        column.name for column in CASE_COLUMNS if any(getattr(case, column.name, None) for case in cases)
    ]
    return ImportReport(
        file=file_name,
        kind=Kind.CASES,
        source=PUBLISHED_HERE,
        because="This set was locked on the Evals page.",
        read=rows,
        accepted=rows,
        duplicate=0,
        updated=0,
        rejected=0,
        skipped=0,
        columns=(),
        warnings=(Notice(code="no_results", sentence=sentence),),
        problems=(),
        earliest=None,
        latest=None,
        pass_rule=None,
        fills=tuple(fills),
    )


def _tell(
    connection: Connection,
    feature: Feature,
    caller: Caller,
    now: datetime,
    lock: KeptSuite,
    before: KeptSuite | None,
    cases: Sequence[EvalCase],
) -> None:
    changes = suite_changes(before, cases) if before else SuiteChanges((), (), ())
    payload = {
        "suite": lock.name,
        "number": lock.number,
        "digest": lock.digest,
        "upload": lock.upload_id,
        "cases": len(lock.cases),
        "cases_sha256": of_document([list(one) for one in lock.cases]),
        "parts": [part.value for part in lock.parts],
        "rerun_days": lock.rerun_days,
        "reason": lock.reason,
        "added": len(changes.added) if before else len(cases),
        "changed": len(changes.changed),
        "removed": len(changes.removed),
        "advised": ADVISED_CASES,
    }
    _audit(connection, feature, caller, now, "eval set locked", payload)


def _audit(
    connection: Connection, feature: Feature, caller: Caller, now: datetime, action: str, payload: object
) -> None:
    audit.append(
        connection,
        actor=caller.name,
        action=action,
        subject=f"feature/{feature.slug}",
        payload=payload,
        now=now,
    )
