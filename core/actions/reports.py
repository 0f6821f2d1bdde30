"""Reports: a decision as a file to send, print or keep, with the head of the audit log as its anchor."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from core.actions.as_json import decision_as_json
from core.actions.audit_verify import Anchor
from core.actions.behind_rows import WorstPart, worst_part
from core.actions.counted_beside import counted_beside
from core.actions.forecasts import ForecastView, view_forecast
from core.actions.gates import decide_on, weeks_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.program import program_version
from core.actions.questions import view_questions
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, MeasuredItem
from core.decision.decide import Decision
from core.decision.would_change import would_change
from core.export.spreadsheets import Table, workbook_bytes
from core.report.document import json_bytes
from core.report.page import html_bytes
from core.report.report import Beside, Header, Report, UploadLine
from core.report.tables import sheets_of
from core.report.wording import moment_words
from core.rollout.blast import blast_words
from core.store import audit, audit_search, features, uploads
from core.store.audit import ChainState
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload


class ReportFormat(StrEnum):
    PDF = "pdf"
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
    forecast = view_forecast(workspace, caller, as_of or now, slug)
    worst = worst_part(workspace, caller, as_of or now, slug)
    questions = _questions(workspace, caller, as_of or now, slug)
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
            beside=_beside(decision, forecast, worst),
            weeks={
                row.item.id: weeks_of(workspace, connection, feature, decision, row.item)
                for row in decision.rows
                if isinstance(row.item, MeasuredItem)
            },
        )
    counted = _counted(workspace, caller, as_of or now, slug, decision)
    report = replace(report, beside=replace(report.beside, counted=counted, questions=questions))
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


def _pdf(report: Report) -> bytes:
    # What draws a PDF takes most of a second to load: only who makes one waits for it.
    from core.report.pdf import pdf_bytes

    return pdf_bytes(report)


def _xlsx(report: Report) -> bytes:
    return workbook_bytes({name: Table(*sheet) for name, sheet in sheets_of(report).items()})


_WRITERS: dict[ReportFormat, Callable[[Report], bytes]] = {
    ReportFormat.PDF: _pdf,
    ReportFormat.HTML: html_bytes,
    ReportFormat.XLSX: _xlsx,
    ReportFormat.JSON: json_bytes,
}


def _beside(decision: Decision, forecast: ForecastView, worst: WorstPart | None) -> Beside:
    """What the verdict waits for, and what the step that is decided about risks."""
    current = next((one for one in forecast.phases if one.is_current), None)
    days = {one.item.id: one.days for one in current.criteria if one.days is not None} if current else {}
    phase = decision.standing.next or decision.standing.phase
    blast = forecast.blast(phase.id) if phase is not None else None
    return Beside(
        would_change=would_change(decision, days),
        worst_slice=worst.sentence if worst is not None else "",
        blast=blast_words(blast) if blast is not None else "",
        blast_of=blast.phase.name if blast is not None else "",
        must_haves=decision.not_asked,
    )


def _counted(
    workspace: Workspace, caller: Caller, until: datetime, slug: str, decision: Decision
) -> tuple[tuple[str, str], ...]:
    """(the row's label, what Readygate counts of the answer), where it counts anything."""
    found = (
        (row.label, counted_beside(workspace, caller, until, slug, row.item))
        for row in decision.rows
        if isinstance(row.item, AttestedItem)
    )
    return tuple((label, one.sentence) for label, one in found if one is not None and one.sentence)


def _questions(workspace: Workspace, caller: Caller, until: datetime, slug: str) -> tuple[str, ...]:
    """The questions that had no answer then, the oldest first."""
    lines = reversed(view_questions(workspace, caller, until, slug).lines)
    waiting = (one for one in lines if one.answered_at is None or one.answered_at > until)
    return tuple(f"{one.asked_by}, {moment_words(one.asked_at)}: {one.words}" for one in waiting)


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
