"""The gate, the page and the report in every format say the same, on 50 states made at random."""

import io
import json
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from core.actions.as_json import decision_as_json
from core.criteria.checklist import AttestedItem, MeasuredItem, Tier
from core.criteria.judge import AnswerGiven, PersonsAnswer, Row, WaiverHeld, judge_attested, judge_measured
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.criteria.wording import value_words
from core.decision.decide import Bar, CommitmentLine, Decision, Facts, decide
from core.decision.promises import Promise, promise_lines
from core.decision.release import ReleaseFacts
from core.decision.sign_off import SignatureLine, SignOff, SignOffs
from core.evidence.bundle_parts import BundlePart
from core.export.spreadsheets import Table, workbook_bytes
from core.metrics.catalogue import metric
from core.metrics.measurement import (
    Cluster,
    Finding,
    FirstTraces,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    Tally,
    WeekPoint,
    Why,
)
from core.report.document import json_bytes
from core.report.page import html_bytes
from core.report.pdf import pdf_bytes
from core.report.report import Beside, Header, Report, UploadLine
from core.report.tables import sheets_of
from core.report.wording import VERDICT_WORDS
from core.rollout.bundle import PartVersion, ReleaseBundle
from core.rollout.plan import Phase, PhasePlan
from core.rollout.releases import LiveSpan, Releases
from core.rollout.standing import Standing
from core.rollout.transitions import Rollout, State
from core.web.charts.whisker import whisker_rows
from core.web.screens.go_no_go_table import table_of
from core.web.wording import verdict_said

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
ANCHOR = f"{'5' * 64}:55"
NAMES = [
    "Ada", "Łukasz Żółw", "Ελένη", "Ольга", "你好", "שלום", "=1+1", "<b>x</b>", "a\u202eb\u200bc",
    "two\nlines", "{nb} \\ (x)", "👩\u200d💻 ok", "long " * 60, "W" * 200,
]  # fmt: skip
PLAN = PhasePlan(
    users=2_000,
    requests_per_day=500,
    phases=(
        Phase(id="beta", name="Beta", exposure_users=(50, 100)),
        Phase(id="early", name="Early access", exposure_share=(0.01, 0.05)),
    ),
)
METRICS = [
    ("answer_correctness", Source.LABEL),
    ("grounding_accuracy", Source.LABEL),
    ("hallucination_rate", Source.JUDGE),
    ("user_acceptance", Source.FEEDBACK),
    ("eval_pass_rate", Source.EVAL),
]
STATES = 50


class Made:
    """A state from a seed: the same seed gives the same state."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.text = NAMES[seed % len(NAMES)]

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def report(self) -> Report:
        decision = self.decision()
        weeks = {
            row.item.id: [WeekPoint(date(2026, 2, 2 + 7 * week), self.rate(*METRICS[0])) for week in range(3)]
            for row in decision.rows[:3]
            if isinstance(row.item, MeasuredItem)
        }
        upload = UploadLine(
            self.text, "traces", "canonical", "A", 12, "c" * 64, AT, self.text, self.one("", "gone")
        )
        answered = [row.label for row in decision.rows if row.item.kind == "attested"][:1]
        header = Header(AT, self.text, False, "0.7.0", ANCHOR, "All 55 entries were as written.")
        beside = Beside(
            (f"About 9 more for {self.text}.",), f"{self.text}: 4 %.", "12–30 a week.", "Beta",
            counted=tuple((label, f"3 of the {self.text} are handled.") for label in answered),
            must_haves=self.one("", f"1 of the 3 things is not in this one: {self.text}."),
            questions=tuple(f"Zoe: {self.text} ({number})?" for number in range(self.random.randint(0, 4))),
        )  # fmt: skip
        answer = decision_as_json(decision)
        return Report(header, self.text, self.text, decision, answer, (upload,), beside, weeks)

    def decision(self) -> Decision:
        rows = [self.measured(place) for place in range(self.random.randint(0, 6))]
        rows += [self.answered(place) for place in range(self.random.randint(0, 3))]
        locked = self.one(True, True, False)
        locks = (
            tuple(self.lock(number) for number in range(self.random.randint(1, 3), 0, -1)) if locked else ()
        )
        bar = Bar(
            2, "a" * 64, self.one(*Stakes), AT if locked else None, self.text if locked else None,
            amendments=max(len(locks) - 1, 0),
        )  # fmt: skip
        facts = Facts(
            "helper", rows, bar, "b" * 64,
            as_committed=self.one(*Verdict) if len(locks) > 1 else None,
            signatures=self.signatures() if locked else SignOffs(),
            standing=self.standing(),
            commitments=locks,
            suite_changes=self.one((), (f"{self.text} changed.",)),
            promises=promise_lines(self.promises(), AT) if locked else (),
            release=self.one(None, ReleaseFacts(), self.release()),
        )  # fmt: skip
        return decide(facts, AT)

    def rate(self, name: str, source: Source) -> Measurement:
        n = self.random.randint(1, 900)
        share = self.random.randint(0, n) / n
        return Measurement(
            metric=name, source=source, slice=Slice(), unit=metric(name).unit, value=share,
            low=self.one(None, max(0.0, share - 0.07)), high=self.one(None, min(1.0, share + 0.07)),
            tally=Tally((share * n,), (n,), Cluster.USER, rows=n, newest=AT - timedelta(days=self.one(0, 9))),
            effective_n=n, effective_passes=round(share * n), running=True, error=0.05,
        )  # fmt: skip

    def latency(self) -> Measurement:
        found = self.rate("latency_p95", Source.TRACE)
        value = self.one(812.4, 5_120.0, math.inf)
        return replace(
            found, value=value, low=self.one(None, 700.0), high=self.one(None, math.inf), bar=8_000
        )

    def measured(self, place: int) -> Row:
        tier, kind = self.one(*Tier), self.random.random()
        if kind < 0.15:
            latency = MeasuredItem(
                id=f"m{place}", metric="latency_p95", source=Source.TRACE, bar=8_000, tier=tier
            )
            return Row(
                latency, "p95 latency", "below 8 s", self.one(*Verdict), "It takes long.", self.latency()
            )
        if kind < 0.3:
            first = MeasuredItem(
                id=f"m{place}", metric="hallucinations_in_first", source=Source.LABEL, count=100
            )
            found = FirstTraces(
                first.metric,
                Source.LABEL,
                Slice(),
                100,
                60,
                self.random.randint(0, 60),
                self.one(0, 2),
                True,
                0.05,
            )
            return judge_measured(first, found, AT)
        name, source = METRICS[place % len(METRICS)]
        item = MeasuredItem(
            id=f"m{place}", metric=name, source=source, bar=self.one(0.1, 0.8, 0.95), tier=tier,
            slice=self.one({}, {"task_type": "billing"}), valid_days=self.one(None, None, 5),
        )  # fmt: skip
        nothing: Finding = NotMeasured(name, source, Slice(), Why.NO_ROWS, "No trace fits.")
        row = judge_measured(item, self.one(nothing, *(self.rate(name, source) for _ in range(3))), AT)
        held = WaiverHeld(AT + timedelta(days=9), self.text, self.text)
        return replace(row, waiver=held) if self.random.random() < 0.2 else row

    def answered(self, place: int) -> Row:
        answer = self.one(None, PersonsAnswer(self.one(*AnswerGiven), self.text, "", self.text, AT))
        return judge_attested(AttestedItem(id=f"p{place}", sentence=f"There is a plan {place}."), answer, AT)

    def line(self, number: int, about: str) -> SignatureLine:
        counts = self.one(True, False)
        choice = self.one("approve", "refuse")
        why_not = "" if counts else "older than 14 days"
        return SignatureLine(number, about, None, choice, self.text, self.text, AT, counts, why_not)

    def lock(self, number: int) -> CommitmentLine:
        lines = (self.line(number, "commitment"),)
        easier = self.one((), (f"{self.text} goes from above 80 % to above 75 %",))
        return CommitmentLine(
            number, AT, self.text, self.text, self.one(True, False), easier, True, number == 1, False, 2,
            lines, "d" * 64,
        )  # fmt: skip

    def signatures(self) -> SignOffs:
        def off(about: str, place: int) -> SignOff:
            return SignOff(
                about, None, f"The {about}", {}, "e" * 64, 1, (self.text,), (self.line(place, about),)
            )

        return SignOffs(off("commitment", 8), off("step", 9), None, people_sign_in=self.one(True, False))

    def standing(self) -> Standing:
        state = self.one(*State)
        phase = None if state is State.NOT_STARTED else self.one("beta", "early")
        began = None if phase is None else AT - timedelta(days=5)
        return Standing(PLAN, Rollout(state, phase, began, began), PLAN, timedelta(days=5), moves=1)

    def promises(self) -> list[Promise]:
        due = [AT.date() + timedelta(days=self.one(-3, 3)) for _ in range(self.random.randint(0, 2))]
        return [
            Promise(place, f"{self.text[:40]} reads ten answers", self.text[:40], day, None, "Lea", 1, AT)
            for place, day in enumerate(due)
        ]

    def release(self) -> ReleaseFacts:
        bundle = ReleaseBundle(name="2026-03", parts={BundlePart.MODEL: PartVersion(version="m-1")})
        return ReleaseFacts(Releases((LiveSpan(bundle, AT),), {bundle.name: bundle}), AT)


@dataclass(frozen=True)
class Told:
    """Everything that a format says, without any gap: paper breaks lines where it likes."""

    text: str

    def __contains__(self, words: object) -> bool:
        return squeezed(str(words)) in self.text


def squeezed(text: str) -> str:
    return "".join(text.split())


class _Html(HTMLParser):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(content.decode())

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def html_told(report: Report) -> Told:
    return Told(squeezed("".join(_Html(html_bytes(report)).said)))


def pdf_told(report: Report) -> Told:
    pages = PdfReader(io.BytesIO(pdf_bytes(report))).pages
    # The foot of each sheet stands between the words of two.
    return Told(squeezed("".join(page.extract_text().rpartition("\n")[0] for page in pages)))


def workbook_of(report: Report) -> bytes:
    return workbook_bytes({name: Table(*sheet) for name, sheet in sheets_of(report).items()})


PAPER: dict[str, Callable[[Report], Told]] = {"html": html_told, "pdf": pdf_told}


@pytest.mark.parametrize("first", range(0, STATES, 10))
def test_the_numbers_and_the_conditions_are_the_same_everywhere(first: int) -> None:
    for seed in range(first, first + 10):
        report = Made(seed).report()
        gate = report.answer
        assert json.loads(json_bytes(report))["body"]["decision"] == gate, seed
        page_agrees(report.decision, gate)
        workbook_agrees(report)
        for name, told in PAPER.items():
            paper_agrees(told(report), report, f"{name} of state {seed}")


def page_agrees(decision: Decision, gate: Any) -> None:
    """What the page draws, and what it gives away as a table."""
    table = table_of(decision, "Helper")
    shown = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [tuple(row[name] for name in IN_TABLES) for row in shown] == [
        in_table(row) for row in gate["rows"]
    ]
    measured = [row for row in gate["rows"] if row["kind"] == "measured"]
    for drawn, row in zip(whisker_rows(decision.rows), measured, strict=True):
        assert (drawn.label, drawn.verdict, drawn.bar_words) == (row["label"], row["verdict"], row["bar"])
        assert finite(drawn.value) == row["value"]
    assert verdict_said(decision.verdict, draft=gate["draft"]).endswith(word_of(gate))


def workbook_agrees(report: Report) -> None:
    """Read back with two readers, one of which has nothing to do with what wrote it; no cell is a formula."""
    content, gate = workbook_of(report), report.answer
    book = openpyxl.load_workbook(io.BytesIO(content))
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "n", "d", "inlineStr"}
    columns, *rows = book["Rows"].values
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    assert sorted(rounded(row[name] for name in IN_TABLES) for row in found) == sorted(
        rounded(in_table(row)) for row in gate["rows"]
    )
    _, *conditions = book["Conditions"].values
    met = {True: "yes", False: "no"}
    assert conditions == [(one["name"], met[one["met"]], one["sentence"]) for one in gate["conditions"]]
    answer = dict(row for row in book["Answer"].values if row[0] != "Why")
    assert answer["Verdict"].endswith(word_of(gate))
    assert answer["Fingerprint of this report"] == report.sha256
    asked = [value for name, value in book["Answer"].values if name == "Open question"]
    assert len(asked) == len(report.beside.questions)
    other = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert other.sheet_names == book.sheetnames
    assert len(other.get_sheet_by_name("Rows").to_python()) == len(rows) + 1


def paper_agrees(told: Told, report: Report, where: str) -> None:
    """Everything in words: the verdict, each row with its numbers, each condition, how it can be checked."""
    gate, decision = report.answer, report.decision
    wanted = [word_of(gate), report.sha256, ANCHOR, *(one["sentence"] for one in gate["conditions"])]
    for row in decision.rows:
        wanted += [row.label, row.why, VERDICT_WORDS[row.verdict] if not row.set_aside else "NOT APPLICABLE"]
        if isinstance(row.item, MeasuredItem):
            wanted += [f"bar: {row.bar}", *numbers_told(row.finding)]
    wanted += [one.sentence for one in decision.promises]
    wanted += decision.reasons[:2]
    wanted += [words for counted in report.beside.counted for words in counted]
    wanted += [*report.beside.questions, report.beside.must_haves]
    assert [words for words in wanted if is_plain(words) and words not in told] == [], where


def numbers_told(finding: Finding | None) -> list[str]:
    match finding:
        case Measurement():
            return [value_words(finding), f"n {finding.n:,}"]
        case FirstTraces():
            return [f"{finding.bad} bad of {finding.reviewed} reviewed"]
        case _:
            return ["not measured"]


IN_TABLES = ("Row", "Verdict", "Bar", "Value", "Low", "High", "n")


def in_table(row: Any) -> tuple[object, ...]:
    """A row of the gate's answer as it stands in a table."""
    verdict = VERDICT_WORDS[Verdict(row["verdict"])]
    return (row["label"], verdict, row["bar"], row["value"], row["low"], row["high"], row["n"])


def rounded(cells: Iterable[object]) -> list[str]:
    """A spreadsheet keeps fifteen digits of a number."""
    return [f"{cell:.15g}" if isinstance(cell, int | float) else str(cell) for cell in cells]


def word_of(gate: Any) -> str:
    return VERDICT_WORDS[Verdict(gate["verdict"])]


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def is_plain(text: str) -> bool:
    """Whether paper shows it as it is: what hides or cannot be set has tests of its own."""
    return len(text) <= 700 and all(
        one in "\n✓✕○↺“”–…·" or (one.isprintable() and ord(one) < 0x590) for one in text
    )


def test_the_states_are_of_every_kind() -> None:
    decisions = [Made(seed).decision() for seed in range(STATES)]
    assert {one.verdict for one in decisions} == set(Verdict)
    assert {one.standing.state for one in decisions} == set(State)
    assert {one.bar.is_draft for one in decisions} == {True, False}
    findings = {type(row.finding) for one in decisions for row in one.rows}
    assert findings == {Measurement, FirstTraces, NotMeasured, type(None)}
    for some in (lambda one: one.waived, lambda one: one.promises, lambda one: one.as_committed):
        assert 5 < sum(bool(some(one)) for one in decisions) < STATES


def test_nothing_that_people_wrote_vanishes_from_the_pdf() -> None:
    """What the type has is there as it is; what it has not stands as its number, and a note says so."""
    report = Made(0).report()
    every = tuple(replace(report.uploads[0], file=name) for name in NAMES)
    told = pdf_told(replace(report, uploads=every))
    otherwise = {
        "你好": "[U+4F60 U+597D]",
        "שלום": "[U+05E9 U+05DC U+05D5 U+05DD]",
        "a\u202eb\u200bc": "a�b�c [2 hidden characters]",
        "👩\u200d💻 ok": "[U+1F469 U+200D U+1F4BB] ok",
    }
    assert set(otherwise) <= set(NAMES)
    assert [name for name in NAMES if otherwise.get(name, name) not in told] == []
    note = "stand as their Unicode numbers"
    assert note in told
    assert note not in pdf_told(report)


def test_a_pdf_is_the_same_file_every_time_and_runs_nothing() -> None:
    report = Made(3).report()
    content = pdf_bytes(report)
    assert content == pdf_bytes(report)
    read = PdfReader(io.BytesIO(content))
    assert not {"/AA", "/Names", "/AcroForm"} & set(read.root_object)
    assert not isinstance(read.root_object["/OpenAction"], dict)  # where it opens, and nothing that it does
    assert read.metadata is not None
    assert read.metadata.creation_date == AT
    sheets = len(read.pages)
    for number, page in enumerate(read.pages, start=1):
        assert "/Annots" not in page
        assert f"page {number} of {sheets}" in page.extract_text()


def test_an_ordinary_answer_takes_the_first_sheet_alone() -> None:
    """Ten measured rows, five questions, two waivers: what is behind the answer begins on the next sheet."""
    made = Made(0)
    made.text = "Ada"
    rows = [judge_measured(item, made.rate(item.metric, item.source), AT) for item in ITEMS]
    rows = [
        replace(row, waiver=WaiverHeld(AT, "Lea", "Until then.")) if place < 2 else row
        for place, row in enumerate(rows)
    ]
    rows += [made.answered(place) for place in range(5)]
    signed = SignOffs(people_sign_in=True)
    facts = Facts("helper", rows, Bar(1, "a" * 64, Stakes.HIGH, AT, "Ada"), "b" * 64, signatures=signed)
    decision = decide(replace(facts, standing=Standing(PLAN)), AT)
    header = Header(AT, "Ada", True, "0.7.0", ANCHOR, "All 55 entries were as written.")
    report = Report(header, "Helper", "Ada", decision, decision_as_json(decision))
    first, second, *_ = (page.extract_text() for page in PdfReader(io.BytesIO(pdf_bytes(report))).pages)
    assert "Check it" in first
    assert second.startswith("Every row in full")


ITEMS = [
    MeasuredItem(id=f"i{place}", metric=name, source=source, bar=0.8, slice=part)
    for place, (name, source, part) in enumerate(
        (name, source, part)
        for name, source in METRICS
        for part in ({}, {"task_type": "billing and refunds"})
    )
]
