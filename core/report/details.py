"""Behind the first page: every row in full, everything that was promised, waived, signed and uploaded."""

from collections.abc import Iterator

from core.decision.decide import CommitmentLine, Decision
from core.decision.sign_off import APPROVE, REFUSE
from core.report.blocks import (
    Block,
    Bullets,
    Grid,
    Heading,
    Line,
    Paragraph,
    RowLines,
    code,
    line,
    quiet,
    strong,
)
from core.report.first_page import HOW_TO_READ, may_words, release_line
from core.report.report import Report, UploadLine, groups_of, live_parts, name_of, signatures_of
from core.report.row_lines import in_full
from core.report.wording import VERDICT_WORDS, moment_words

_CHOICE_WORDS = {APPROVE: "approved", REFUSE: "refused"}


def details(report: Report) -> Iterator[Block]:
    """Every part that has something to tell, in the order in which a reader asks."""
    decision = report.decision
    yield from _rows(decision)
    yield from _conditions(decision)
    yield from _promises(decision)
    yield from _questions(report)
    yield from _release(decision)
    yield from _commitments(decision)
    yield from _signatures(decision)
    yield from _waivers(decision)
    yield from _overruled(decision)
    yield from _uploads(report)
    yield from _checking(report)


def _rows(decision: Decision) -> Iterator[Block]:
    if not decision.rows and not decision.phase_rows:
        return
    yield Heading("Every row in full")
    groups = groups_of(decision.rows)
    if decision.phase_rows:
        groups[f"What {decision.standing.name} must show beside the checklist"] = list(decision.phase_rows)
    for name, rows in groups.items():
        yield Heading(name, 3)
        yield RowLines(tuple(in_full(row, decision.as_of) for row in rows))
    yield Paragraph(line(quiet(HOW_TO_READ)), small=True)


def _conditions(decision: Decision) -> Iterator[Block]:
    yield Heading(may_words(decision))
    signs = tuple(line("✓ " if one.met else "○ ", one.sentence) for one in decision.conditions)
    yield Bullets(signs, dots=False)


def _promises(decision: Decision) -> Iterator[Block]:
    if decision.promises:
        yield Heading("Conditions of the GO")
        yield Bullets(tuple(line(one.sentence) for one in decision.promises))


def _questions(report: Report) -> Iterator[Block]:
    if report.beside.questions:
        yield Heading("Questions that wait for an answer")
        yield Bullets(tuple(map(line, report.beside.questions)))


def _release(decision: Decision) -> Iterator[Block]:
    """The parts that ship together, as they are live."""
    live = live_parts(decision)
    if decision.release is None:
        return
    yield Heading("Release")
    yield Paragraph(line(release_line(decision.release)))
    if live:
        rows = tuple(tuple((line(one),) for one in part) for part in live)
        yield Grid(("Part", "Version", "SHA-256 of the part"), rows, (0.26, 0.24, 0.50))


def _commitments(decision: Decision) -> Iterator[Block]:
    if not decision.commitments:
        return
    yield Heading("Commitment")
    changed = tuple(line(one) for one in decision.suite_changes)
    yield Bullets(tuple(each for one in decision.commitments for each in _commitment(one)) + changed)


def _commitment(one: CommitmentLine) -> Iterator[Line]:
    """ "Amendment 1, 14 Oct 2026, 09:05 UTC, by Ada, after results were seen: the reason"."""
    seen = (", ", strong("after results were seen")) if one.evidence_seen else ()
    reason = f": {one.reason}" if one.reason else ""
    who = f", {moment_words(one.at)}, by {one.by}"
    yield line(strong(name_of(one)), who, *seen, _holds(one), reason)
    yield from (line(f"{name_of(one)} makes easier: {each}") for each in one.loosens)


def _holds(one: CommitmentLine) -> str:
    if one.holds:
        return " (holds now)"
    if one.waits:
        return " (not in force: it waits for signatures)"
    return "" if one.in_force else " (never in force)"


def _signatures(decision: Decision) -> Iterator[Block]:
    yield Heading("Signatures")
    lines = tuple(
        line(
            f"{one.by} · {_CHOICE_WORDS[one.choice]} · {title} · {moment_words(one.at)}",
            f": {one.reason}" if one.reason else "",
            strong("" if one.counts else f" · does not count: {one.why_not}"),
        )
        for title, one in signatures_of(decision)
    )
    if lines:
        yield Bullets(lines)
    offs = decision.sign_offs
    asked = [f"{one.title}: {one.sentence}" for one in offs.open] if offs.people_sign_in else []
    yield from (Paragraph(line(one), small=True) for one in asked or [offs.sentence])


def _waivers(decision: Decision) -> Iterator[Block]:
    if not decision.waived:
        return
    yield Heading(f"Waivers ({len(decision.waived)} set aside, each with its true verdict above)")
    yield Bullets(
        tuple(
            line(
                f"{row.label}: {VERDICT_WORDS[row.verdict]}; until {moment_words(row.waiver.until)}, "
                f"approved by {row.waiver.approved_by}: {row.waiver.reason}"
            )
            for row in decision.waived
            if row.waiver is not None
        )
    )


def _overruled(decision: Decision) -> Iterator[Block]:
    """Every overruling there ever was; one on which a step was taken is never left out."""
    if not decision.overrides:
        return
    yield Heading("Overruled")
    since = ((one, f" Since then: {one.changed}." if one.changed else "") for one in decision.overrides)
    yield Bullets(tuple(line(one.sentence, changed) for one, changed in since))


def _uploads(report: Report) -> Iterator[Block]:
    yield Heading("Evidence")
    if not report.uploads:
        yield Paragraph(line("Nothing was uploaded."))
        return
    yield Grid(
        ("File", "Kind", "Rows", "Uploaded", "SHA-256 of the file"),
        tuple(map(_upload, report.uploads)),
        (0.25, 0.17, 0.09, 0.19, 0.30),
    )


def _upload(one: UploadLine) -> tuple[tuple[Line, ...], ...]:
    kind = f"{one.kind}, {one.source}" if one.source else one.kind
    release = f" · release {one.release}" if one.release else ""
    gone = (line(strong(one.withdrawn)),) if one.withdrawn else ()
    return (
        (line(one.file), *gone),
        (line(kind, release),),
        (line(f"{one.rows:,}"),),
        (line(moment_words(one.at)), line(quiet(one.by))),
        (line(code(one.sha256)),),
    )


def _checking(report: Report) -> Iterator[Block]:
    """The fingerprints, how anybody can hold them against the program, and who made the report."""
    decision, header = report.decision, report.header
    prints = {
        "checklist": decision.bar.checklist_sha256 or "none",
        **{name_of(one).lower(): one.sha256 for one in decision.commitments if one.sha256},
        "evidence": decision.evidence_sha256,
        "this report": report.sha256,
    }
    yield Heading("Fingerprints")
    yield Grid((), tuple(((line(name),), (line(code(one)),)) for name, one in prints.items()), (0.2, 0.8))
    yield Paragraph(
        line("Head of the audit log, which tells of this report: ", code(header.anchor)), small=True
    )
    check = code(f"readygate verify --anchor {header.anchor}")
    yield Paragraph(line("Nothing up to then was changed if this says so: ", check), small=True)
    yield Paragraph(line(quiet(header.checked)), small=True)
    by = header.made_by + ("" if header.verified else " (identity not verified)")
    made = (
        f"Made on {moment_words(header.made_at)} by {by} with Readygate {header.program}. "
        "The same checklist, the same evidence and the same moment always give the same verdict."
    )
    yield Paragraph(line(quiet(made)), small=True)
