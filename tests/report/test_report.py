"""A report says what the gate says, in every format, and nothing that people wrote in it is alive."""

import html
import io
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from core.actions.as_json import decision_as_json
from core.criteria.checklist import AttestedItem, MeasuredItem, Tier
from core.criteria.judge import AnswerGiven, PersonsAnswer, Row, WaiverHeld, judge_attested, judge_measured
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.decision.decide import Bar, CommitmentLine, Decision, Facts, decide
from core.decision.sign_off import SignatureLine, SignOff, SignOffs
from core.evidence.fingerprints import of_bytes
from core.export.spreadsheets import Table, workbook_bytes
from core.metrics.measurement import Cluster, Finding, Measurement, NotMeasured, Slice, Source, Tally, Why
from core.report.document import json_bytes
from core.report.page import html_bytes
from core.report.report import Header, Report, UploadLine, groups_of, signatures_of
from core.report.tables import sheets_of
from core.report.whisker import whisker
from core.report.wording import VERDICT_WORDS
from core.units import Unit

AT = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
ANCHOR = f"{'5' * 64}:55"
CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpus"
ALLOWED_TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "span", "p", "h1", "h2", "h3", "ul", "li", "br",
    "table", "tr", "th", "td", "strong", "code", "bdi", "mark", "footer", "svg", "line", "circle",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "width", "height", "aria-hidden",
    "x1", "x2", "y1", "y2", "cx", "cy", "r",
}  # fmt: skip
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src="http://leak.example/a" onerror="alert(1)">',
    "![x](http://leak.example/a) [c](javascript:alert(1))",
    '"><svg onload=alert(1)><iframe src=//leak.example></iframe>',
    "</style></title></bdi><style>@import url(http://leak.example)</style>",
    "<!-- --><![CDATA[ x ]]><meta http-equiv=refresh content='0;url=http://leak.example'>",
    "&lt;b&gt; &#60;b&#62; &amp;",
    "=cmd|' /C calc'!A0",
    "+1+1", "@SUM(A1)", "-2+3", "\t=1+1", "＝1+1",
    "pay \u202eroftni\u202c \u200bnow",
    "two\nlines\x00and a nul\x1b[31m",
    "z\u0351\u036b\u0343a\u0489lgo",
    "{{7*7}} ${7*7} <%= 7*7 %>",
]  # fmt: skip


def found_on(passes: int, n: int) -> Measurement:
    share = passes / n
    return Measurement(
        metric="answer_correctness",
        source=Source.LABEL,
        slice=Slice(),
        unit=Unit.SHARE,
        value=share,
        low=max(0.0, share - 0.1),
        high=min(1.0, share + 0.1),
        tally=Tally((float(passes),), (n,), Cluster.USER, rows=n, newest=AT),
        effective_n=n,
        effective_passes=passes,
        running=True,
        error=0.05,
    )


def measured_row(name: str, finding: Finding, bar: float, tier: Tier, text: str) -> Row:
    item = MeasuredItem(
        id=name,
        metric="answer_correctness",
        source=Source.LABEL,
        bar=bar,
        tier=tier,
        slice={"task_type": text},
    )
    return judge_measured(item, finding, AT)


def answered_row(name: str, answer: PersonsAnswer | None, text: str) -> Row:
    return judge_attested(AttestedItem(id=name, sentence=text or "It is."), answer, AT)


def report_of(decision: Decision, text: str = "Ada") -> Report:
    upload = UploadLine(text, "traces", text, text, 12, "c" * 64, AT, text, f"withdrawn by {text}: {text}")
    header = Header(AT, text, False, "0.4.0", ANCHOR, "All 55 entries were as written.")
    return Report(header, text, text, decision, decision_as_json(decision), (upload,))


def hostile_report(text: str) -> Report:
    """Every text that a person or a file can bring is ``text``."""
    answer = PersonsAnswer(AnswerGiven.NO, text, text, text, AT)
    waived = WaiverHeld(AT + timedelta(days=9), text, text)
    measured, answered = (
        measured_row("a", found_on(3, 9), 0.8, Tier.BLOCKS, "billing"),
        answered_row("b", answer, "x"),
    )
    rows = [replace(row, label=text, bar=text, why=text) for row in (measured, answered)]
    rows.append(replace(rows[0], waiver=waived))
    line = SignatureLine(1, "commitment", None, "approve", text, text, AT, False, text)
    refusal = SignatureLine(2, "step", "start:beta", "refuse", text, text, AT, True, "")
    locks = tuple(
        CommitmentLine(
            number, AT, text, text, True, (text,), number == 2, number == 2, False, 2, (line,), "d" * 64
        )
        for number in (2, 1)
    )
    step = SignOff("step", "start:beta", text, {"x": 1}, "e" * 64, 2, (text,), (refusal,))
    facts = Facts(
        text, rows, Bar(2, "a" * 64, Stakes.HIGH, AT, text, amendments=1), "b" * 64,
        as_committed=Verdict.NO_GO, signatures=SignOffs(step=step, people_sign_in=True), commitments=locks,
        suite_changes=(text,),
    )  # fmt: skip
    return report_of(decide(facts, AT), text)


class Page(HTMLParser):
    """What a browser would make of the file: its elements, and its text outside the style."""

    def __init__(self, content: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self._in_style = False
        self.feed(content.decode("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._in_style else data


def corpus_texts() -> list[str]:
    """What hostile exports hold in their cells, where the shared corpus is at hand."""
    found = []
    for path in sorted(CORPUS.glob("txt_*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            found += [value[:2_000] for value in json.loads(line).values() if isinstance(value, str)]
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_people_wrote_is_alive_in_the_page(text: str) -> None:
    inert(text)


def test_nothing_of_the_hostile_exports_is_alive_in_the_page() -> None:
    texts = corpus_texts()
    if not texts:
        pytest.skip("The shared corpus of hostile files is not beside the project.")
    for text in texts:
        inert(text)


@given(st.text(max_size=40) | st.text(alphabet="<>&'\"=/ scriptonlad:\u202e\u200b\n", max_size=40))
@settings(max_examples=30)
def test_no_text_at_all_is_alive_in_the_page(text: str) -> None:
    inert(text)


def inert(text: str) -> None:
    content = html_bytes(hostile_report(text))
    page = Page(content)
    assert page.tags <= ALLOWED_TAGS
    assert page.attributes <= ALLOWED_ATTRIBUTES
    assert content.count(b"<style>") == 1
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]", content)
    assert not set(content.decode()) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff"
    )


def test_markup_is_read_as_it_was_written_and_what_hides_is_marked() -> None:
    markup = "<script>alert(1)</script> &amp; 'x'"
    assert markup in Page(html_bytes(hostile_report(markup))).text
    shown = Page(html_bytes(hostile_report("pay \u202eroftni\u202c \u200bnow"))).text
    assert "pay �roftni� �now 3 hidden characters" in shown


def test_the_page_may_not_run_or_fetch_anything() -> None:
    content = html_bytes(hostile_report("x")).decode()
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in content
    assert content.index("Content-Security-Policy") < content.index("<style>")
    assert not re.search(r"url\(|https?:|src=|href=|@import", content)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_the_workbook_is_a_formula(text: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook_of(hostile_report(text))))
    assert book.sheetnames == [
        "Answer", "Rows", "Conditions", "Conditions of the GO", "Release", "Commitments", "Signatures",
        "Evidence",
    ]  # fmt: skip
    kinds = {cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row}
    assert kinds <= {"s", "inlineStr", "n", "d"}


def test_libreoffice_opens_it_and_calculates_nothing(tmp_path: Path) -> None:
    """Where LibreOffice is there: another program than the one that wrote the file says what it reads."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("There is no LibreOffice on this machine, so no workbook was opened with it.")
    for place, text in enumerate(HOSTILE):
        (tmp_path / f"{place}.xlsx").write_bytes(workbook_of(hostile_report(text)))
    subprocess.run(
        [
            program,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            "fods",
            "--outdir",
            str(tmp_path),
            *map(str, tmp_path.glob("*.xlsx")),
        ],
        check=True,
        capture_output=True,
        timeout=150,
    )
    for place, text in enumerate(HOSTILE):
        opened = (tmp_path / f"{place}.fods").read_text(encoding="utf-8")
        assert "table:formula" not in opened
        if text.isascii() and text.isprintable():
            assert text in html.unescape(re.sub(r"</?text:[^>]*>", "", opened))


def workbook_of(report: Report) -> bytes:
    return workbook_bytes({name: Table(*sheet) for name, sheet in sheets_of(report).items()})


WORDS = st.sampled_from(["billing", "refunds", "the rest"])
FINDINGS = st.builds(
    lambda n, share: found_on(round(n * share), n), st.integers(1, 500), st.floats(0, 1)
) | st.just(NotMeasured("answer_correctness", Source.LABEL, Slice(), Why.NO_ROWS, "No label fits."))
ANSWERS = st.none() | st.builds(
    PersonsAnswer, st.sampled_from(AnswerGiven), st.just("Read it."), st.just(""), st.just("Ada"), st.just(AT)
)
ROWS = st.lists(
    st.builds(
        measured_row,
        st.just("m"),
        FINDINGS,
        st.sampled_from([0.1, 0.5, 0.8, 0.95]),
        st.sampled_from(Tier),
        WORDS,
    )
    | st.builds(answered_row, st.just("p"), ANSWERS, WORDS),
    max_size=6,
)
BARS = st.sampled_from(
    [Bar(1, "a" * 64, Stakes.HIGH, None, None), Bar(2, "a" * 64, Stakes.LOW, AT, "Ada", amendments=1)]
)


@given(ROWS, BARS, st.sampled_from(Verdict))
def test_every_format_says_what_the_gate_says(rows: list[Row], bar: Bar, first: Verdict) -> None:
    committed = None if bar.is_draft else first
    decision = decide(Facts("helper", rows, bar, "b" * 64, as_committed=committed), AT)
    report = report_of(decision)
    answer = decision_as_json(decision)
    text, cells = Page(html_bytes(report)).text, list(values(workbook_of(report)))
    said = json.loads(json_bytes(report))

    assert said["body"]["decision"] == answer
    assert said["sha256"] == of_bytes(rfc8785.dumps(said["body"])) == report.sha256
    for where in (text, "\n".join(cells)):
        draft = "Draft: would be " if bar.is_draft else ""
        assert f"{draft}{VERDICT_WORDS[Verdict(answer['verdict'])]}" in where
        assert report.sha256 in where
        assert ANCHOR in where
        for row in answer["rows"]:
            assert row["why"] in where
            assert row["bar"] in where or row["kind"] == "attested"
        for condition in answer["conditions"]:
            assert condition["sentence"] in where
    if committed is not None:
        both = (
            f"As first committed: {VERDICT_WORDS[committed]} · as amended: {VERDICT_WORDS[decision.verdict]}"
        )
        assert both in text
    assert ("It may go on yet" in text) is False
    assert ("It may go on" in text.replace("It may not go on", "")) == answer["may_advance"]


def values(workbook: bytes) -> Iterator[str]:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True):
            yield from (str(value) for value in row if value is not None)


@given(ROWS)
def test_every_row_stands_in_one_group(rows: list[Row]) -> None:
    kept = [id(row) for group in groups_of(rows).values() for row in group]
    assert sorted(kept) == sorted(map(id, rows))


@given(ROWS, st.text(max_size=10), st.text(max_size=10), st.integers(0, 10**6))
def test_who_makes_it_and_when_changes_the_header_alone(
    rows: list[Row], who: str, program: str, seconds: int
) -> None:
    decision = decide(Facts("helper", rows, Bar(1, "a" * 64, Stakes.HIGH, None, None), "b" * 64), AT)
    answer = decision_as_json(decision)
    made = [
        Report(header, "Helper", "Ada", decision, answer)
        for header in (
            Header(AT, "Ada", True, "0.4.0", ANCHOR, "."),
            Header(AT + timedelta(seconds=seconds), who, False, program, f"{'6' * 64}:9", ".."),
        )
    ]
    bodies = [json.dumps(json.loads(json_bytes(one))["body"], sort_keys=True) for one in made]
    assert bodies[0] == bodies[1]
    assert made[0].sha256 == made[1].sha256


@pytest.mark.parametrize(
    ("passes", "bar", "good_is_above"), [(5, 0.8, True), (0, 0.001, True), (10, 0.999, True)]
)
def test_a_share_stands_where_it_is_on_the_scale(passes: int, bar: float, good_is_above: bool) -> None:
    place = whisker(measured_row("m", found_on(passes, 10), bar, Tier.BLOCKS, "x"))
    assert place is not None
    assert (place.value, place.bar, place.good_is_above) == (passes / 10, bar, good_is_above)
    assert 0 <= place.low <= (place.value or 0) <= place.high <= 1


def test_another_unit_has_its_bar_in_the_middle_and_an_endless_value_at_the_end() -> None:
    item = MeasuredItem(id="p95", metric="latency_p95", source=Source.TRACE, bar=8_000)
    place = whisker(Row(item, "p95", "below 8 s", Verdict.NO_DATA, ""))
    assert place is not None
    assert (place.bar, place.value, place.good_is_above) == (0.5, None, False)


def test_without_anything_decided_there_is_still_a_page() -> None:
    decision = decide(Facts("helper", [], Bar(None, None, Stakes.LOW, None, None), "b" * 64), AT)
    report = Report(
        Header(AT, "Ada", False, "0.4.0", ANCHOR, "."), "Helper", "", decision, _as_json(decision)
    )
    text = Page(html_bytes(report)).text
    assert "NO DATA" in text
    assert "Nothing was uploaded." in text
    assert "(identity not verified)" in text


def test_while_an_amendment_waits_the_signatures_on_what_holds_count() -> None:
    """The amendment lists them as of before it; the commitment that holds has the last word."""
    signed = SignatureLine(1, "commitment", None, "approve", "", "Lea", AT, True, "", commitment=1)
    before = replace(signed, counts=False, why_not="signed before amendment 1")
    lock = SignOff("commitment", None, "The lock", {"n": 1}, "d" * 64, 1, (), (signed,), 1)
    amendment = SignOff("commitment", None, "Amendment 1", {"n": 2}, "e" * 64, 2, (), (before,), 2)
    facts = Facts(
        "helper", [], Bar(1, "a" * 64, Stakes.LOW, AT, "Ada"), "b" * 64,
        signatures=SignOffs(commitment=lock, amendment=amendment, people_sign_in=True),
    )  # fmt: skip
    assert [line for _, line in signatures_of(decide(facts, AT))] == [signed]


def test_the_last_moment_of_a_day_stays_on_its_day_in_a_spreadsheet() -> None:
    until = datetime(2026, 12, 6, 23, 59, 59, 999_999, UTC)
    row = replace(
        measured_row("a", found_on(3, 9), 0.8, Tier.BLOCKS, "x"),
        waiver=WaiverHeld(until, "Lea", "Until then."),
    )
    decision = decide(Facts("helper", [row], Bar(None, None, Stakes.LOW, None, None), "b" * 64), AT)
    names, (line,) = sheets_of(report_of(decision))["Rows"]
    assert line[list(names).index("Waived until")] == until.replace(microsecond=0)


def _as_json(decision: Decision) -> dict[str, Any]:
    return decision_as_json(decision)
