"""The gate: gather the facts of a feature, let decide() judge them, tell the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.actions.measuring import by_week, find, window_until
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.rollout_facts import phase_rows, plan_findings, rollout_facts
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem, read_checklist
from core.criteria.judge import AnswerGiven, PersonsAnswer, Row, judge_attested, judge_measured
from core.criteria.stakes import ACCEPTED_ERROR, Stakes
from core.criteria.verdict import worst
from core.decision.decide import Bar, Decision, Facts, decide
from core.evidence.columns import Kind
from core.evidence.fingerprints import of_document
from core.metrics.measurement import WeekPoint
from core.store import attestations, commitments, documents, features, uploads
from core.store.attestations import Attestation
from core.store.commitments import Commitment
from core.store.database import Connection
from core.store.features import Feature


@dataclass(frozen=True)
class Withdrawal:
    """Evidence that was set aside after the lock: what, when, by whom and why."""

    file_name: str
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True)
class GateView:
    """What the Go / no-go page shows: the decision, the locks and withdrawals, and the weeks of each row."""

    decision: Decision
    commitments: tuple[Commitment, ...]
    withdrawn: tuple[Withdrawal, ...]
    weeks: Mapping[str, tuple[WeekPoint, ...]]


def gate(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> Decision:
    """The decision on a feature as of ``now``: the same evidence and documents give the same answer."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        return decide_on(workspace, connection, features.by_slug(connection, slug), now)


def view_gate(workspace: Workspace, caller: Caller, now: datetime, slug: str) -> GateView:
    """The decision with everything that the page draws around it."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, now)
        locks = _locks(connection, feature, now)
        since = locks[0].locked_at if locks else None
        weeks = {
            row.item.id: weeks_of(workspace, connection, feature, decision, row.item)
            for row in decision.rows
            if isinstance(row.item, MeasuredItem)
        }
        return GateView(decision, tuple(locks), _withdrawn(connection, feature, since), weeks)


def weeks_of(
    workspace: Workspace, connection: Connection, feature: Feature, decision: Decision, item: MeasuredItem
) -> tuple[WeekPoint, ...]:
    """The weeks of one row of ``decision``, measured as the row itself was."""
    window = window_until(decision.as_of, decision.bar.locked_at, item.window_days)
    return by_week(workspace, connection, feature, item, window, ACCEPTED_ERROR[decision.bar.stakes])


def _withdrawn(connection: Connection, feature: Feature, since: datetime | None) -> tuple[Withdrawal, ...]:
    return tuple(
        Withdrawal(
            upload.file_name, upload.withdrawn_at, upload.withdrawn_by or "", upload.withdrawn_reason or ""
        )
        for upload in uploads.withdrawn_since(connection, feature.id, since)
        if upload.withdrawn_at is not None
    )


def decide_on(workspace: Workspace, connection: Connection, feature: Feature, now: datetime) -> Decision:
    """The decision as part of another action, which has asked who may and has opened the transaction."""
    locks = _locks(connection, feature, now)
    if locks:
        rows, bar = _against(workspace, connection, feature, locks[0], now, amendments=len(locks) - 1)
    else:
        rows, bar = _against_draft(workspace, connection, feature, now)
    as_committed = None
    if len(locks) > 1:
        first_rows, _ = _against(workspace, connection, feature, locks[-1], now, amendments=0)
        as_committed = worst(row.verdict for row in first_rows if row.counts)
    standing = rollout_facts(connection, feature, now).standing
    facts = Facts(
        feature=feature.slug,
        rows=rows,
        bar=bar,
        evidence_sha256=_evidence_sha256(connection, feature),
        as_committed=as_committed,
        standing=standing,
        phase_rows=phase_rows(workspace, connection, feature, standing, bar, now),
        plan_findings=plan_findings(connection, feature, standing, bar),
    )
    return decide(facts, now)


def _locks(connection: Connection, feature: Feature, now: datetime) -> list[Commitment]:
    """The commitments made by ``now``, newest first."""
    return [lock for lock in commitments.history(connection, feature.id) if lock.locked_at <= now]


def _against(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    lock: Commitment,
    now: datetime,
    amendments: int,
) -> tuple[list[Row], Bar]:
    """The rows of a locked checklist: only evidence after its lock counts."""
    version = documents.version(connection, feature.id, documents.CHECKLIST, lock.checklist_number)
    stakes = Stakes(lock.stakes)
    bar = Bar(
        lock.checklist_number, lock.checklist_sha256, stakes, lock.locked_at, lock.locked_by, amendments
    )
    checklist = read_checklist(version.body)
    return _rows(workspace, connection, feature, checklist, stakes, lock.locked_at, now), bar


def _against_draft(
    workspace: Workspace, connection: Connection, feature: Feature, now: datetime
) -> tuple[list[Row], Bar]:
    """The rows of the newest draft: all evidence counts, and the verdict is marked as a draft's."""
    drafts = documents.history(connection, feature.id, documents.CHECKLIST)
    newest = next((draft for draft in drafts if draft.saved_at <= now), None)
    checklist = read_checklist(newest.body) if newest else Checklist(stakes=Stakes(feature.stakes))
    bar = Bar(
        newest.number if newest else None, newest.sha256 if newest else None, checklist.stakes, None, None
    )
    return _rows(workspace, connection, feature, checklist, checklist.stakes, None, now), bar


def _rows(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    checklist: Checklist,
    stakes: Stakes,
    since: datetime | None,
    now: datetime,
) -> list[Row]:
    answers = attestations.current(connection, feature.id, until=now)
    error = ACCEPTED_ERROR[stakes]
    rows = []
    for item in checklist.items:
        if isinstance(item, AttestedItem):
            rows.append(judge_attested(item, _answer(answers.get((item.id, item.sentence))), now))
        else:
            window = window_until(now, since, item.window_days)
            rows.append(judge_measured(item, find(workspace, connection, feature, item, window, error), now))
    return rows


def _answer(given: Attestation | None) -> PersonsAnswer | None:
    if given is None:
        return None
    return PersonsAnswer(
        AnswerGiven(given.answer), given.why, given.link, given.answered_by, given.answered_at
    )


def _evidence_sha256(connection: Connection, feature: Feature) -> str:
    """What was counted: the live files in the order of publishing, and all that decides how they are read.

    Test cases without results are nothing that could be counted.
    """
    live = [
        [
            upload.sequence,
            upload.kind,
            upload.sha256,
            upload.bundle,
            upload.asked_at.isoformat(),
            dict(upload.answers),
        ]
        for upload in uploads.of_feature(connection, feature.id)
        if upload.state == "done" and upload.kind != Kind.CASES
    ]
    return of_document(sorted(live, key=lambda one: one[0]))
