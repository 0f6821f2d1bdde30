"""The report as tables, for a spreadsheet: the same facts as on the page, one kind a sheet."""

from collections.abc import Sequence

from core.criteria.judge import Row
from core.decision.statement import numbers_of
from core.metrics.measurement import Measurement
from core.report.report import Report, groups_of, live_parts, name_of, signatures_of
from core.report.wording import TIER_WORDS, VERDICT_WORDS, verdict_said

Sheet = tuple[Sequence[str], Sequence[Sequence[object]]]
"""Column names, and rows with one value for each of them; a text may be anything that people wrote."""


def sheets_of(report: Report) -> dict[str, Sheet]:
    """Every sheet by its name, in their order."""
    decision = report.decision
    groups = groups_of(decision.rows)
    if decision.phase_rows:
        groups["To be shown by the current phase"] = list(decision.phase_rows)
    return {
        "Answer": (("What", "Value"), _answer(report)),
        "Rows": (_ROW, [_line(name, row) for name, rows in groups.items() for row in rows]),
        "Conditions": (
            ("Condition", "Met", "Sentence"),
            [(one.name, one.met, one.sentence) for one in decision.conditions],
        ),
        "Conditions of the GO": (
            (
                "Condition", "Owner", "Due", "State", "Asked by", "At", "Met by", "Met at", "Note",
                "Released by", "Reason of the release",
            ),
            [
                (
                    one.given.words, one.given.owner, one.given.due, one.state.value, one.given.given_by,
                    one.given.given_at, one.given.met_by or "", one.given.met_at, one.given.met_note or "",
                    one.given.released_by or "", one.given.released_reason or "",
                )
                for one in decision.promises
            ],
        ),
        "Release": (("Part", "Version", "Fingerprint"), live_parts(decision)),
        "Commitments": (
            ("What", "At", "By", "Reason", "After results were seen", "Makes easier", "Holds", "Fingerprint"),
            [
                (
                    name_of(one), one.at, one.by, one.reason, one.evidence_seen, "\n".join(one.loosens),
                    one.holds, one.sha256,
                )
                for one in decision.commitments
            ],
        ),
        "Signatures": (
            ("Signed", "By", "At", "Choice", "Reason", "Counts", "Why not"),
            [
                (title, one.by, one.at, one.choice, one.reason, one.counts, one.why_not)
                for title, one in signatures_of(decision)
            ],
        ),
        "Evidence": (
            ("File", "Kind", "Tool", "Release", "Rows", "Uploaded", "By", "Withdrawn", "SHA-256"),
            [
                (
                    one.file, one.kind, one.source, one.release, one.rows, one.at, one.by, one.withdrawn,
                    one.sha256,
                )
                for one in report.uploads
            ],
        ),
    }  # fmt: skip


_ROW = (
    "Row", "For", "Verdict", "Bar", "Value", "Low", "High", "Unit", "n", "Effective n", "Newest (UTC)",
    "Source", "If it fails", "More cases", "Why", "Waived until", "Waiver approved by", "Waiver's reason",
)  # fmt: skip


def _answer(report: Report) -> list[tuple[str, object]]:
    decision, header, beside = report.decision, report.header, report.beside
    bar = decision.bar
    first, release = decision.as_committed, decision.release
    return [
        ("Feature", report.name),
        ("Owner", report.owner),
        ("Verdict", verdict_said(decision.verdict, draft=bar.is_draft)),
        ("As first committed", VERDICT_WORDS[first] if first is not None else ""),
        *(("Why", reason) for reason in decision.reasons),
        *(("What would change it", sentence) for sentence in beside.would_change),
        ("Worst part", beside.worst_slice),
        *(("Readygate counts", f"{label}: {sentence}") for label, sentence in beside.counted),
        ("Not asked", beside.must_haves),
        *(("About the evidence", sentence) for sentence in decision.evidence_notes),
        *(("Open question", sentence) for sentence in beside.questions),
        (f"Risk of {beside.blast_of}" if beside.blast_of else "Risk of the next phase", beside.blast),
        ("May go on", decision.may_advance),
        ("Release", release.releases.live.name if release and release.releases.live else ""),
        ("Release live since (UTC)", release.since if release else None),
        *(("Overruled", line.sentence) for line in decision.overrides),
        ("As of (UTC)", decision.as_of),
        ("Stakes", bar.stakes.value),
        ("Locked at (UTC)", bar.locked_at),
        ("Locked by", bar.locked_by or ""),
        ("Amendments", bar.amendments),
        ("State of the rollout", decision.state),
        ("Phase", decision.phase or ""),
        ("Fingerprint of the checklist", bar.checklist_sha256 or ""),
        ("Fingerprint of the evidence", decision.evidence_sha256),
        ("Fingerprint of this report", report.sha256),
        ("Head of the audit log", header.anchor),
        ("To check it", f"readygate verify --anchor {header.anchor}"),
        ("The log", header.checked),
        ("Made at (UTC)", header.made_at),
        ("Made by", header.made_by + ("" if header.verified else " (identity not verified)")),
        ("Readygate", header.program),
    ]


def _line(group: str, row: Row) -> tuple[object, ...]:
    said = numbers_of(row.finding)
    unit = row.finding.unit.value if isinstance(row.finding, Measurement) else None
    numbers = (said["value"], said["low"], said["high"], unit, said["n"], said["effective_n"])
    rests_on = row.answer.at if row.answer is not None else row.finding.newest if row.finding else None
    # A spreadsheet knows no microseconds: the last one of a day would be shown as the day after.
    held = (
        (row.waiver.until.replace(microsecond=0), row.waiver.approved_by, row.waiver.reason)
        if row.waiver
        else (None,) * 3
    )
    source = row.finding.source.value if row.finding is not None else "person"
    return (
        row.label, group, VERDICT_WORDS[row.verdict], row.bar, *numbers, rests_on, source,
        TIER_WORDS[row.item.tier], row.more_cases, row.why, *held,
    )  # fmt: skip
