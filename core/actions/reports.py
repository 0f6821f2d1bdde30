"""Reports: a decision as a file to send, print or keep, with the head of the audit log as its anchor."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import Anchor
from core.actions.gates import decide_on
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.program import program_version
from core.actions.workspace import Workspace
from core.export.spreadsheets import Table, workbook_bytes
from core.report.document import json_bytes
from core.report.page import html_bytes
from core.report.report import Header, Report, UploadLine
from core.report.tables import sheets_of
from core.store import audit, audit_search, features, uploads
from core.store.audit import ChainState
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload


class ReportFormat(StrEnum):
    HTML = "html"
    XLSX = "xlsx"
    JSON = "json"


@dataclass(frozen=True)
class MadeReport:
    """A report as a file. ``sha256`` is the fingerprint of what it says, the same in every format."""

    file_name: str
    content: bytes
    sha256: str
    anchor: Anchor


def make_report(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    form: ReportFormat,
    *,
    as_of: datetime | None = None,
) -> MadeReport:
    """The decision on a feature as of ``as_of`` (now, where it is None) as a file; the log notes it.

    The anchor is the log's head at the entry that notes the report. The same state gives the same report
    whoever makes it and when, but for its header.
    """
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        decision = decide_on(workspace, connection, feature, as_of or now)
        report = Report(
            header=Header(now, caller.name, caller.verified, program_version(), "", _checked(connection)),
            name=feature.name,
            owner=feature.owner,
            decision=decision,
            answer=decision_as_json(decision),
            uploads=_uploads(connection, feature),
        )
    payload = {
        "format": form.value,
        "verdict": decision.verdict.value,
        "sha256": report.sha256,
        "as_of": decision.as_of.isoformat(),
    }
    with workspace.database.writing() as connection:
        audit.append(
            connection,
            actor=caller.name,
            action="report made",
            subject=f"feature/{slug}",
            payload=payload,
            now=now,
        )
        head = audit_search.head(connection) or (0, audit.NO_EVENT)
    anchor = Anchor(*head)
    whole = replace(report, header=replace(report.header, anchor=str(anchor)))
    name = f"{slug}-report-{decision.as_of.astimezone(UTC):%Y-%m-%d}.{form.value}"
    return MadeReport(name, _WRITERS[form](whole), report.sha256, anchor)


def log_head(workspace: Workspace, caller: Caller, slug: str) -> Anchor | None:
    """The head of the audit log now, to note down; it says nothing of what stands in it."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        head = audit_search.head(connection)
    return Anchor(*head) if head else None


def _xlsx(report: Report) -> bytes:
    return workbook_bytes({name: Table(*sheet) for name, sheet in sheets_of(report).items()})


_WRITERS: dict[ReportFormat, Callable[[Report], bytes]] = {
    ReportFormat.HTML: html_bytes,
    ReportFormat.XLSX: _xlsx,
    ReportFormat.JSON: json_bytes,
}


def _uploads(connection: Connection, feature: Feature) -> tuple[UploadLine, ...]:
    """Every file that was published, in its order, those that were withdrawn as well."""
    published = [one for one in uploads.of_feature(connection, feature.id) if one.sequence is not None]
    return tuple(_upload(one) for one in sorted(published, key=lambda one: one.sequence or 0))


def _upload(one: Upload) -> UploadLine:
    gone = f"withdrawn by {one.withdrawn_by}: {one.withdrawn_reason}" if one.withdrawn_at is not None else ""
    return UploadLine(
        file=one.file_name,
        kind=one.kind or "",
        source=one.source or "",
        release=one.bundle or "",
        rows=one.rows_done,
        sha256=one.sha256,
        at=one.asked_at,
        by=one.asked_by,
        withdrawn=gone,
    )


def _checked(connection: Connection) -> str:
    """What following the chain of the log says, just before the report is noted in it."""
    chain: ChainState = audit.verify(connection)
    if not chain.ok:
        return (
            f"Careful: the audit log is broken at entry {chain.first_broken_seq:,}. It was changed from "
            "outside, and so may have been what this report rests on."
        )
    return f"The log was followed when the report was made: all its {chain.events:,} entries were as written."
