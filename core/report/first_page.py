"""The first page of a report: the whole answer on one sheet of A4, for whoever has a minute."""

from collections.abc import Iterator, Sequence

from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.decision.decide import CommitmentLine, Decision
from core.decision.promises import PromiseState
from core.decision.release import ReleaseFacts
from core.decision.sign_off import SignOff
from core.report.blocks import (
    Block,
    Card,
    Grid,
    Heading,
    Line,
    Notice,
    Paragraph,
    RowLines,
    line,
    quiet,
    strong,
)
from core.report.report import Report, groups_of, name_of
from core.report.row_lines import in_short, said
from core.report.wording import VERDICT_SIGNS, VERDICT_WORDS, moment_words, verdict_said
from core.rollout.standing import STATE_WORDS, reach_words

_REASONS = 2
_CHANGES = 2
_WAITS = 3
_AMENDMENTS = 2
_QUESTIONS = 2


def first_page(report: Report) -> Iterator[Block]:
    """Everything that one has to know before one signs; the details stand behind it."""
    decision = report.decision
    yield _answer(report)
    if decision.as_committed is not None:
        yield _both_verdicts(decision, decision.as_committed)
    yield from _rows(report)
    yield Grid((), tuple(((line(quiet(name)),), told) for name, told in _facts(report)), (0.17, 0.83))


def _answer(report: Report) -> Card:
    """The verdict, the rules and the numbers that decided it, and what it was judged against."""
    decision = report.decision
    word = f"{VERDICT_SIGNS[decision.verdict]} {verdict_said(decision.verdict, draft=decision.bar.is_draft)}"
    return Card(decision.verdict.value, word, tuple(_answer_lines(report)))


def _answer_lines(report: Report) -> Iterator[Line]:
    decision = report.decision
    standing = decision.standing
    if standing.next is not None:
        yield line(quiet(f"Next step: {standing.next.name}, {reach_words(standing.next)}"))
    if standing.is_stopped:
        yield line(strong(f"The rollout is {STATE_WORDS[standing.state]}, whatever the verdict."))
    if decision.override is not None:
        yield line(strong(decision.override.sentence))
    yield from (line(reason) for reason in decision.reasons[:_REASONS])
    more = len(decision.reasons) - _REASONS
    if more > 0:
        yield line(quiet(f"and {more} more, below"))
    changes = report.beside.would_change
    if changes:
        left = len(changes) - _CHANGES
        rest = f" And {left} more." if left > 0 else ""
        yield line(strong("What would change it: "), " ".join(changes[:_CHANGES]), rest)
    yield line(quiet(_held(decision)))


def _held(decision: Decision) -> str:
    bar = decision.bar
    if bar.locked_at is None:
        held = "Judged against a draft: its bars can still move, and all evidence counts."
    else:
        held = (
            f"Judged against the checklist locked on {moment_words(bar.locked_at)} by {bar.locked_by or ''}."
        )
    return f"{held} Stakes: {bar.stakes}."


def _both_verdicts(decision: Decision, first: Verdict) -> Notice:
    """Both verdicts, once the bars were amended: whoever reads one has to read the other."""
    now = VERDICT_WORDS[decision.verdict]
    both = line("As first committed: ", strong(VERDICT_WORDS[first]), " · as amended: ", strong(now))
    marked = [name_of(one) for one in decision.commitments if one.is_marked]
    easier = line(f"Made easier after results were seen: {', '.join(marked)}.")
    return Notice((both, easier) if marked else (both,))


def _rows(report: Report) -> Iterator[Block]:
    """Every measured row with its pictures; what people answered is told below them."""
    decision, weeks = report.decision, report.weeks
    if not decision.rows:
        return
    yield Heading("What decides")
    for name, rows in groups_of(decision.rows).items():
        measured = [row for row in rows if row.item.kind == "measured"]
        if measured:
            yield Heading(name, 3)
            yield RowLines(
                tuple(in_short(row, decision.as_of, weeks.get(row.item.id, ())) for row in measured)
            )
    if any(row.item.kind == "measured" for row in decision.rows):
        yield Paragraph(line(quiet(HOW_TO_READ + (_WEEKS if weeks else ""))), small=True)


HOW_TO_READ = (
    "Line: where the true value can still lie. Dot: the value so far. Tick: the bar. Shares stand on a scale "
    "from 0 to 100 %; in other units the bar stands in the middle."
)
_WEEKS = " Beside it the weeks and the bar, each row on a scale of its own."


def _facts(report: Report) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """(what, in which words), those that have something to tell."""
    decision, beside = report.decision, report.beside
    answered = [row for row in decision.rows if row.item.kind == "attested"]
    if answered:
        yield "Answered by people", (*_answered(answered), *_counted(report))
    if beside.worst_slice:
        yield "Worst part", (line(beside.worst_slice),)
    if decision.waived:
        yield "Waived", tuple(map(_waived, decision.waived))
    amended = [one for one in decision.commitments if one.number > 1]
    if amended:
        yield "Amended", tuple(_amended(amended))
    if beside.must_haves:
        yield "Not asked", (line(beside.must_haves),)
    if decision.evidence_notes:
        yield "About the evidence", tuple(map(line, decision.evidence_notes))
    if beside.questions:
        yield "Open questions", tuple(_asked(beside.questions))
    open_ones = [one for one in decision.promises if one.state in (PromiseState.OPEN, PromiseState.LAPSED)]
    if open_ones:
        yield "Conditions of the GO", tuple(line(one.sentence) for one in open_ones)
    if decision.alarms:
        yield "Alarms", tuple(line(one.sentence) for one in decision.alarms)
    if beside.blast:
        yield f"Risk of {beside.blast_of}", (line(beside.blast),)
    if decision.release is not None:
        yield "Release", (line(release_line(decision.release)),)
    yield may_words(decision), tuple(_open(decision))
    yield "Signatures", tuple(_signed(decision))
    yield "Evidence", (line(_evidence(report)),)
    yield "Check it", (line(f"Fingerprint {report.sha256} · head of the log {report.header.anchor}"),)


def release_line(release: ReleaseFacts) -> str:
    """Which release is live, and since when; what of it does not hold stands among the conditions."""
    live = release.releases.live
    if live is None or release.since is None:
        return "No release is live."
    return f"{live.name}, live since {moment_words(release.since)}"


def _answered(rows: list[Row]) -> Iterator[Line]:
    """How many said yes, then each that nobody, or not everybody, can say yes to."""
    yes = [row for row in rows if row.verdict is Verdict.GO and not row.set_aside]
    aside = sum(row.set_aside for row in rows)
    rest = f"; {aside} not applicable" if aside else ""
    yield line(f"{len(yes)} of {len(rows)} say yes{rest}.")
    for row in rows:
        if row.verdict is not Verdict.GO:
            advisory = "" if row.item.decides else " (advisory)"
            yield line(strong(said(row)), f" {row.label}{advisory}")


def _counted(report: Report) -> Iterator[Line]:
    """What was counted of the same, so that nobody signs on a yes alone."""
    for label, sentence in report.beside.counted:
        yield line(quiet(f"Readygate counts for “{label}”: "), sentence)


def _asked(questions: Sequence[str]) -> Iterator[Line]:
    """The oldest questions without an answer."""
    yield from map(line, questions[:_QUESTIONS])
    if len(questions) > _QUESTIONS:
        yield line(quiet(f"and {len(questions) - _QUESTIONS} more, below"))


def _waived(row: Row) -> Line:
    held = row.waiver
    until = f" until {moment_words(held.until)} by {held.approved_by}: {held.reason}" if held else ""
    return line(strong(said(row)), f" {row.label}", until)


def _amended(lines: Sequence[CommitmentLine]) -> Iterator[Line]:
    """The newest amendments: when, by whom, why, and whether results were known by then."""
    for one in lines[:_AMENDMENTS]:
        seen = ", after results were seen" if one.evidence_seen else ""
        yield line(f"{name_of(one)}, {moment_words(one.at)}, by {one.by}{seen}: {one.reason}")
    if len(lines) > _AMENDMENTS:
        yield line(quiet(f"and {len(lines) - _AMENDMENTS} more, below"))


def may_words(decision: Decision) -> str:
    """Whether the next step may be taken, in the words of a heading."""
    if decision.lacking and decision.may_advance:
        return "It may go on because it was overruled, against what is open here"
    return "It may go on" if decision.may_advance else "It may not go on yet"


def _open(decision: Decision) -> Iterator[Line]:
    """What lacks before the next step, the first few; a met condition is told behind."""
    lacking = decision.lacking
    if not lacking:
        yield line("Every condition is met.")
    yield from (line(f"○ {one.sentence}") for one in lacking[:_WAITS])
    if len(lacking) > _WAITS:
        yield line(quiet(f"and {len(lacking) - _WAITS} more, below"))


def _signed(decision: Decision) -> Iterator[Line]:
    offs = decision.sign_offs
    if not offs.people_sign_in or not offs.open:
        yield line(offs.sentence)
    else:
        yield from (line(f"{one.title}: {one.sentence}", quiet(_by(one))) for one in offs.open)


def _by(one: SignOff) -> str:
    """ " (Lea on 2 Mar 2026, 14:05 UTC)" for the approvals that count."""
    given = ", ".join(f"{each.by} on {moment_words(each.at)}" for each in one.approvals)
    return f" ({given})" if given else ""


def _evidence(report: Report) -> str:
    live = [one for one in report.uploads if not one.withdrawn]
    gone = len(report.uploads) - len(live)
    if not report.uploads:
        return "Nothing was uploaded."
    rows = sum(one.rows for one in live)
    newest = max((one.at for one in live), default=None)
    until = f", the newest of {moment_words(newest)}" if newest else ""
    files = f"{len(live)} file{'' if len(live) == 1 else 's'} with {rows:,} rows{until}"
    return f"{files}; {gone} withdrawn" if gone else files
