"""Publishing what was read: the one transaction that makes an import count, and what follows it."""

import gzip
import logging
from datetime import datetime, timedelta

import numpy as np

from core.actions.early_warnings import act_on, noticed
from core.actions.instrumentation import cannot_compute
from core.actions.suites_apart import require_own_results, shared_cases
from core.actions.workspace import Workspace
from core.evidence.columns import Kind
from core.evidence.fingerprints import of_document
from core.intake.job import PartRows, ReadOutcome
from core.intake.report import ImportReport
from core.store import audit, case_sets, failures, features, labels, row_digests, segments, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload

_CLOCKS_DIFFER = timedelta(minutes=10)
_TIMED = (Kind.TRACES, Kind.EVALS)
"""Kinds whose rows count from a lock on by their own time, or else by that of their upload."""
_TABLES = (Kind.LABELS, Kind.FAILURES)
"""Kinds whose rows are stored as rows of the database, not as segments."""
_LOG = logging.getLogger("readygate")


def publish(
    workspace: Workspace,
    connection: Connection,
    feature: Feature,
    upload: Upload,
    outcome: ReadOutcome,
    now: datetime,
) -> Upload:
    """Store the rows, finish the upload and audit it; rows of other kinds inside the file's come along.

    Where nothing is new no row is stored and the evidence stays as it was. Where an early warning trips
    on what is new, the rollout stops with the same commit. Raises InvalidDocument where it may not be stored.
    """
    report = outcome.report
    require_own_results(connection, feature, upload, outcome)
    parts = [PartRows(outcome.kind, outcome.segments, outcome.updated_keys), *outcome.parts]
    new = [part for part in parts if part.segments]
    for part in new:
        _store(connection, feature, upload, part)
    if new:
        features.bump_evidence_version(connection, feature.id)
    rejected = gzip.compress(outcome.rejected.read_bytes()) if outcome.rejected else None
    named = {use.canonical for use in report.columns if use.filled and use.canonical}
    body = report.model_dump(mode="json")
    listed = {name for use in report.columns for name in (use.canonical or "").split(", ")}
    body["cannot_compute"] = cannot_compute(outcome.kind, named.union(report.fills), listed)
    # Not so where all rows are duplicates but hold steps or scores that are new.
    body["nothing_new"] = not new
    body["warnings"] += _notices(report, now) + _about_cases(connection, feature, upload, outcome)
    uploads.finish(
        connection,
        upload.id,
        kind=outcome.kind,
        source=report.source,
        report=body,
        rejected_rows=rejected,
        rows_done=report.read,
        answers=outcome.answers.model_dump(mode="json"),
        now=now,
    )
    # Before the audit row, behind which all others who write have to wait.
    tripped = noticed(workspace, connection, features.by_id(connection, feature.id), now) if new else ()
    counts = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")
    audit.append(
        connection,
        actor=upload.asked_by,
        action="evidence imported",
        subject=f"feature/{feature.slug}",
        payload={
            "upload": upload.id,
            "sha256": upload.sha256,
            "kind": outcome.kind.value,
            **{name: body[name] for name in counts},
            # How the file was read decides what is counted; the choices themselves may quote it.
            "choices": sorted(outcome.answers.model_dump(exclude_defaults=True)),
            "read_with": of_document(outcome.answers.model_dump(mode="json")),
            **row_digests.row_digests(connection, upload.id).get(upload.id, {}),
        },
        now=now,
    )
    act_on(connection, feature, tripped, upload.id, now)
    return uploads.by_id(connection, upload.id)


def at_hand(workspace: Workspace, outcome: ReadOutcome) -> None:
    """Have the segments at hand that :func:`publish` has stored, once that is committed: whoever judges them
    would have to fetch them from the database."""
    parts = (PartRows(outcome.kind, outcome.segments, None), *outcome.parts)
    workspace.warehouse.adopt(path for part in parts if part.kind not in _TABLES for path in part.segments)


def make_ready(workspace: Workspace, slug: str) -> None:
    """Merge the runs of a feature now, so that the first page does not wait; call it after the commit.

    The evidence is published by then, so a fault here is logged and not raised: the page tries again.
    """
    try:
        with workspace.database.reading() as connection:
            workspace.warehouse.warm(connection, features.by_slug(connection, slug))
    except Exception as error:
        # The message may quote uploaded text: only the kind of fault is kept.
        _LOG.error("the runs of %s were not merged ahead: %s", slug, type(error).__name__)


def _store(connection: Connection, feature: Feature, upload: Upload, rows: PartRows) -> None:
    match rows.kind:
        case Kind.LABELS:
            labels.publish(connection, feature.id, upload.id, rows.segments)
        case Kind.FAILURES:
            failures.publish(connection, feature.id, upload.id, rows.segments)
        case kind:
            segments.publish(connection, feature.id, upload.id, kind, rows.segments)
            if rows.updated_keys is not None:
                segments.supersede(connection, upload.id, kind, np.load(rows.updated_keys))


def _about_cases(
    connection: Connection, feature: Feature, upload: Upload, outcome: ReadOutcome
) -> list[dict[str, str]]:
    """Of a set of test cases: that it says nothing yet. Of results: which of the cases they leave out."""
    if outcome.kind is Kind.CASES:
        cases = outcome.report.accepted + outcome.report.updated
        sentence = "1 test case, no results yet" if cases == 1 else f"{cases:,} test cases, no results yet"
        sentence += ". Run them in your eval tool, and upload its results."
        return [{"code": "no_results", "sentence": sentence}] if cases else []
    if outcome.kind is not Kind.EVALS or outcome.report.duplicate:
        # Rows that were known before are not read again, so nobody can say which cases are missing.
        return []
    here = case_sets.tested(outcome.segments)
    notices = shared_cases(connection, feature, upload, here)
    for one in case_sets.of_feature(connection, feature.id) if here else ():
        is_same = one.cases & here or (one.suite is not None and one.suite == upload.suite)
        missing = len(one.cases - here)
        if is_same and missing:
            name = uploads.by_id(connection, one.upload_id).file_name
            of = f"{missing:,} of the {len(one.cases):,} cases of the set “{name}”"
            sentence = f"{of} {'is' if missing == 1 else 'are'} not in this file."
            notices.append({"code": "missing_cases", "sentence": sentence})
    return notices


def _notices(report: ImportReport, now: datetime) -> list[dict[str, str]]:
    """What only the moment of the import can tell: rows without a time take this one, and rows of the
    future most often have a wrong time zone."""
    if report.latest is None and report.kind in _TIMED and report.accepted + report.updated:
        sentence = "No row says when it happened: all of them count as of this upload."
        return [{"code": "undated", "sentence": sentence}]
    if report.latest is None or report.latest <= now + _CLOCKS_DIFFER:
        return []
    latest = f"{report.latest:%Y-%m-%d %H:%M} UTC"
    sentence = (
        f"Some rows are dated in the future (up to {latest}) and count only from then on. "
        "Is the time zone right? If not, withdraw the upload and import the file again."
    )
    return [{"code": "future", "sentence": sentence}]
