"""The report as one HTML file: no script, no request, everything that people wrote as text."""

from collections.abc import Iterable, Sequence
from html import escape

from core.criteria.checklist import MeasuredItem
from core.criteria.judge import Row
from core.criteria.wording import value_words
from core.decision.decide import CommitmentLine, Decision
from core.metrics.measurement import SOURCE_WORDS, FirstTraces, Measurement
from core.report.hidden_characters import printable
from core.report.markup import tag, words
from core.report.report import Report, UploadLine, groups_of, name_of, signatures_of
from core.report.style import CSS
from core.report.whisker import drawn, whisker
from core.report.wording import (
    TIER_WORDS,
    VERDICT_SIGNS,
    VERDICT_WORDS,
    moment_words,
    verdict_said,
)
from core.rollout.standing import STATE_WORDS, reach_words, standing_words

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_REASONS = 3


def html_bytes(report: Report) -> bytes:
    """The file, in UTF-8. Without a network it looks the same; printed it takes a page or two of A4."""
    decision = report.decision
    title = f"{report.name}: {verdict_said(decision.verdict, draft=decision.bar.is_draft)}"
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(printable(title))}</title><style>{CSS}</style>"
    )
    body = [
        _top(report),
        _answer(decision),
        _as_committed(decision),
        *_rows(decision),
        _conditions(decision),
        _commitments(decision),
        _signatures(decision),
        _waivers(decision),
        _overruled(decision),
        _uploads(report.uploads),
        _checking(report),
    ]
    page = f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{"".join(body)}</body></html>\n'
    return page.encode("utf-8")


def _top(report: Report) -> str:
    decision = report.decision
    when = tag("span", f"as of {moment_words(decision.as_of)}", css="quiet")
    stands = words(standing_words(decision.standing))
    owner = f"Owner: {words(report.owner)} · " if report.owner else ""
    return tag("div", tag("h1", words(report.name)), when, css="top") + tag(
        "p", owner, stands, css="quiet small"
    )


def _answer(decision: Decision) -> str:
    """The verdict, the rule and the numbers that decided it, and what it was judged against."""
    bar = decision.bar
    word = verdict_said(decision.verdict, draft=bar.is_draft)
    if bar.locked_at is None:
        held = "Judged against a draft: its bars can still move, and all evidence counts."
    else:
        by = words(bar.locked_by or "")
        held = f"Judged against the checklist locked on {moment_words(bar.locked_at)} by {by}."
    parts = [tag("p", VERDICT_SIGNS[decision.verdict], " ", word, css=f"word {decision.verdict}")]
    step = decision.standing.next
    if step is not None:
        parts.append(tag("p", f"Next step: {words(step.name)}, {words(reach_words(step))}", css="quiet"))
    if decision.standing.is_stopped:
        stopped = STATE_WORDS[decision.standing.state]
        parts.append(tag("p", tag("strong", f"The rollout is {stopped}, whatever the verdict.")))
    if decision.override is not None:
        parts.append(tag("p", tag("strong", words(decision.override.sentence))))
    parts += [tag("p", words(reason)) for reason in decision.reasons[:_REASONS]]
    more = len(decision.reasons) - _REASONS
    parts += [tag("p", f"and {more} more, below", css="quiet")] * (more > 0)
    parts.append(tag("p", held, f" Stakes: {bar.stakes}.", css="small"))
    return tag("div", *parts, css=f"card {decision.verdict}")


def _as_committed(decision: Decision) -> str:
    """Both verdicts, once the bars were amended: whoever reads one has to read the other."""
    if decision.as_committed is None:
        return ""
    first, now = VERDICT_WORDS[decision.as_committed], VERDICT_WORDS[decision.verdict]
    parts = [
        tag("p", "As first committed: ", tag("strong", first), " · as amended: ", tag("strong", now)),
        *(tag("div", _said(line), css="small") for line in decision.commitments if line.number > 1),
    ]
    return tag("div", *parts, css="both")


def _said(line: CommitmentLine) -> str:
    """ "Amendment 1, 14 Oct 2026, 09:05 UTC, by Ada, after results were seen: the reason"."""
    seen = ", " + tag("strong", "after results were seen") if line.evidence_seen else ""
    reason = f": {words(line.reason)}" if line.reason else ""
    who = f"{tag('strong', name_of(line))}, {moment_words(line.at)}, by {words(line.by)}{seen}{_holds(line)}"
    said = f"{who}{reason}"
    easier = "".join(tag("li", words(one)) for one in line.loosens)
    return f"{said}<br>It makes easier:{tag('ul', easier)}" if easier else said


def _rows(decision: Decision) -> Iterable[str]:
    if not decision.rows:
        return
    yield tag("h2", "What decides")
    for name, rows in groups_of(decision.rows).items():
        yield tag("h3", name)
        yield tag("table", *(_row(row) for row in rows), css="rows")
    yield tag(
        "p",
        "Line: where the true value can still lie. Dot: the value so far. Tick: the bar. Shares stand on a "
        "scale from 0 to 100 %; in other units the bar stands in the middle.",
        css="quiet small",
    )


def _row(row: Row) -> str:
    protected = " · protected" if isinstance(row.item, MeasuredItem) and row.item.protected else ""
    source = f" · {SOURCE_WORDS[row.finding.source]}" if row.finding is not None else ""
    about = f"{TIER_WORDS[row.item.tier]}{protected}{source}"
    told = [tag("strong", words(row.label)), tag("div", words(row.why), css="small")]
    if row.waiver is not None:
        until = moment_words(row.waiver.until)
        by, why = words(row.waiver.approved_by), words(row.waiver.reason)
        told.append(tag("div", f"Waived until {until} by {by}: {why}", css="small"))
    told.append(tag("div", about, css="quiet small"))
    cells = [
        tag("td", _chip(row), css="verdict"),
        tag("td", *told),
    ]
    if isinstance(row.item, MeasuredItem):
        picture = drawn(whisker(row), row.verdict.value)
        cells.append(tag("td", tag("div", picture, css=row.verdict.value), css="picture"))
        cells.append(tag("td", *_numbers(row), css="value small"))
    return tag("tr", *cells)


def _chip(row: Row) -> str:
    if row.set_aside:
        return tag("span", "NOT APPLICABLE", css="chip quiet")
    waived = tag("div", "waived", css="quiet small") if row.waiver is not None else ""
    return (
        tag("span", f"{VERDICT_SIGNS[row.verdict]} {VERDICT_WORDS[row.verdict]}", css=f"chip {row.verdict}")
        + waived
    )


def _numbers(row: Row) -> list[str]:
    match row.finding:
        case Measurement() as found:
            lines = [value_words(found), f"n {found.n:,}"]
        case FirstTraces() as first:
            lines = [f"{first.bad:,} bad of {first.reviewed:,} reviewed"]
        case _:
            lines = ["not measured"]
    return [tag("div", words(line), css="number") for line in (*lines, f"bar: {row.bar}")]


def _conditions(decision: Decision) -> str:
    lines = [tag("li", "✓ " if one.met else "○ ", words(one.sentence)) for one in decision.conditions]
    may = "It may go on" if decision.may_advance else "It may not go on yet"
    if decision.lacking and decision.may_advance:
        may = "It may go on because it was overruled, against what is open here"
    return tag("h2", may) + tag("ul", *lines, css="signs")


def _commitments(decision: Decision) -> str:
    if not decision.commitments:
        return ""
    lines = [tag("li", _said(line)) for line in decision.commitments]
    changed = [tag("li", words(one)) for one in decision.suite_changes]
    return tag("h2", "Commitment") + tag("ul", *lines, *changed)


def _holds(line: CommitmentLine) -> str:
    if line.holds:
        return " (holds now)"
    if line.waits:
        return " (not in force: it waits for signatures)"
    return "" if line.in_force else " (never in force)"


def _signatures(decision: Decision) -> str:
    lines = [
        tag(
            "li",
            f"{words(line.by)} · {'approved' if line.choice == 'approve' else 'refused'} · {words(title)} · "
            f"{moment_words(line.at)}",
            f": {words(line.reason)}" if line.reason else "",
            "" if line.counts else tag("strong", f" · does not count: {words(line.why_not)}"),
        )
        for title, line in signatures_of(decision)
    ]
    offs = decision.sign_offs
    said = [f"{one.title}: {one.sentence}" for one in offs.open] if offs.people_sign_in else []
    stands = [tag("p", words(one), css="small") for one in said or [offs.sentence]]
    return tag("h2", "Signatures") + tag("ul", *lines) * bool(lines) + "".join(stands)


def _waivers(decision: Decision) -> str:
    if not decision.waived:
        return ""
    counted = f"{len(decision.waived)} set aside, each with its true verdict above"
    lines = [
        tag(
            "li",
            f"{words(row.label)}: {VERDICT_WORDS[row.verdict]}; until {moment_words(row.waiver.until)}, "
            f"approved by {words(row.waiver.approved_by)}: {words(row.waiver.reason)}",
        )
        for row in decision.waived
        if row.waiver is not None
    ]
    return tag("h2", f"Waivers ({counted})") + tag("ul", *lines)


def _overruled(decision: Decision) -> str:
    """Every overruling there ever was; one on which a step was taken is never left out."""
    if not decision.overrides:
        return ""
    lines = [
        tag("li", words(line.sentence), f" Since then: {words(line.changed)}." * bool(line.changed))
        for line in decision.overrides
    ]
    return tag("h2", "Overruled") + tag("ul", *lines)


def _uploads(uploads: Sequence[UploadLine]) -> str:
    if not uploads:
        return tag("h2", "Evidence") + tag("p", "Nothing was uploaded.")
    head = tag(
        "tr", *(tag("th", name) for name in ("File", "Kind", "Rows", "Uploaded", "SHA-256 of the file"))
    )
    lines = []
    for one in uploads:
        release = f" · release {words(one.release)}" if one.release else ""
        gone = tag("div", tag("strong", words(one.withdrawn))) if one.withdrawn else ""
        lines.append(
            tag(
                "tr",
                tag("td", words(one.file), gone),
                tag("td", words(f"{one.kind}{f', {one.source}' if one.source else ''}"), release),
                tag("td", f"{one.rows:,}"),
                tag("td", moment_words(one.at), tag("div", words(one.by), css="quiet")),
                tag("td", tag("code", words(one.sha256))),
            )
        )
    table = tag("table", head, *lines, css="small")
    return tag("h2", "Evidence") + tag("div", table, css="wide")


def _checking(report: Report) -> str:
    """The fingerprints, how anybody can hold them against the program, and who made the report."""
    decision, header = report.decision, report.header
    prints = {
        "checklist": decision.bar.checklist_sha256 or "none",
        **{f"{name_of(one).lower()}": one.sha256 for one in decision.commitments if one.sha256},
        "evidence": decision.evidence_sha256,
        "this report": report.sha256,
    }
    lines = [
        tag("tr", tag("td", words(name)), tag("td", tag("code", words(one)))) for name, one in prints.items()
    ]
    check = tag("code", f"readygate verify --anchor {words(header.anchor)}")
    by = words(header.made_by) + ("" if header.verified else " (identity not verified)")
    return (
        tag("h2", "Fingerprints")
        + tag("table", *lines, css="small")
        + tag(
            "p",
            "Head of the audit log, which tells of this report: ",
            tag("code", words(header.anchor)),
            css="small",
        )
        + tag("p", "Nothing up to then was changed if this says so: ", check, css="small")
        + tag("p", words(header.checked), css="small quiet")
        + tag(
            "footer",
            tag(
                "p",
                f"Made on {moment_words(header.made_at)} by {by} with Readygate {words(header.program)}. "
                "The same checklist, the same evidence and the same moment always give the same verdict.",
                css="small quiet",
            ),
        )
    )
