"""docs/sources.md: a section for every tool, and samples that are read as files of that tool."""

import re
from pathlib import Path

import pytest

from core.errors import QuestionsOpen
from core.intake.answers import Answers
from core.intake.importing import read_file
from core.intake.job import ReadJob
from core.intake.report import ImportReport
from core.intake.sources.tools import TOOLS, Tool

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
POINTS = ["Get it", "Read from it", "Not in it", "Watch out", "Asked once"]
NAMES = {"csv": "sample.csv", "json": "sample.json"}

every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def sample_of(tool: Tool) -> tuple[str, str]:
    """The name and the text of the one sample in the tool's section."""
    ((language, text),) = re.findall(r"```(\w+)\n(.*?)```", SECTIONS[tool.name], re.DOTALL)
    return NAMES[language], text


def imported(path: Path, spool: Path) -> ImportReport:
    """The report of the file; its questions are answered as a user might who knows nothing more."""
    answers = Answers()
    for _ in range(3):
        try:
            job = ReadJob(path=path, file_name=path.name, answers=answers, known_keys=None, spool=spool)
            return read_file(job, lambda _: None).report
        except QuestionsOpen as error:
            for question in error.questions:
                first = next(iter(question.options), "")
                choice = {"pass_rule": f"{first} at_least 1", "feedback": "", "facts": "{}"}[question.key]
                answers = answers.with_answer(question, choice)
    raise AssertionError("the sample asks again and again")


def test_the_tools_stand_in_the_order_of_the_table() -> None:
    names = [tool.name for tool in TOOLS]
    assert [heading for heading in SECTIONS if heading in names] == names


@every_tool
def test_every_tool_says_the_same_five_things(tool: Tool) -> None:
    assert re.findall(r"^- \*\*([\w ]+)\*\*", SECTIONS[tool.name], re.MULTILINE) == POINTS


@every_tool
def test_the_sample_is_read_as_a_file_of_the_tool(tool: Tool, tmp_path: Path) -> None:
    name, text = sample_of(tool)
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    report = imported(path, tmp_path)
    assert report.source in tool.sources
    assert report.kind in tool.kinds
    assert (report.accepted, report.rejected, report.skipped) == (report.read, 0, 0)
    assert report.read > 0


@every_tool
def test_every_sample_is_short_and_says_whether_it_is_real(tool: Tool) -> None:
    _, text = sample_of(tool)
    assert len(text.splitlines()) <= 10
    words = SECTIONS[tool.name].partition("```")[0].rstrip().rpartition("\n\n")[2]
    assert re.search(r"\b(real|made)\b", words)
