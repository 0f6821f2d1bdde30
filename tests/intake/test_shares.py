"""Confidences that are written in per cent: with a sign they are read, without one they are asked about."""

from typing import Any

import pytest

from core.errors import QuestionsOpen
from core.intake.job import Remembered
from core.intake.reading import Answers


def _file(cells: list[str], column: str = "confidence") -> str:
    return f"run_id;query;{column}\n" + "".join(f"r{at};q;{cell}\n" for at, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("cell", "decimal", "share"),
    [
        ("85%", None, 0.85), ("85 %", None, 0.85), ("0%", None, 0.0), ("100%", None, 1.0),
        ("58.3%", None, 0.583),
        ("58,3%", "comma", 0.583), ("-0%", None, 0.0),
    ],
)  # fmt: skip
def test_a_percent_sign_says_what_the_number_is(read: Any, cell: str, decimal: Any, share: float) -> None:
    done = read(_file(["", cell, cell]), Answers(decimal=decimal))
    assert done.cells("confidence") == [None, share, share]
    assert done.sentences("percent_signs") == [
        "Cells of “confidence” with a percent sign, read as shares (85% is 0.85): 2."
    ]


@pytest.mark.parametrize("cells", [["85%", "0.85"], ["85%", "0.850"]])
def test_a_share_in_per_cent_is_the_same_content(read: Any, cells: list[str]) -> None:
    [one, other] = [read(f"run_id,query,confidence\nr1,q,{cell}\n").cells("row_key") for cell in cells]
    assert one == other


@pytest.mark.parametrize("cells", [["80", "91"], ["0", "1", "100"], ["", "55.5"]])
def test_a_column_that_may_be_per_cent_is_asked_about(read: Any, cells: list[str]) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_file(cells))
    [question] = asked.value.questions
    assert question.key == "percent"
    assert set(question.samples) == {cell for cell in cells if cell not in ("", "0", "1")}
    done = read(_file(cells), Answers(percent="percent"))
    assert done.cells("confidence") == [float(cell) / 100 if cell else None for cell in cells]
    assert read(_file(cells), Answers(percent="not_percent")).codes.count("out_of_range") == len(
        question.samples
    )


@pytest.mark.parametrize("cells", [["80", "0.9"], ["80", "85%"], ["80", "-1"], ["80", "101"], ["2", "5"]])
def test_other_numbers_beside_them_reject_rows_with_what_to_write(read: Any, cells: list[str]) -> None:
    problems = read(_file(cells)).report.problems
    assert {problem.code for problem in problems} == {"out_of_range"}
    assert all("0.85 for 85 %" in problem.fix for problem in problems)


def test_a_share_in_a_column_of_per_cent_rejects_its_row(read: Any) -> None:
    done = read(_file(["80", "0.9"]), Answers(percent="percent"))
    assert (done.codes, done.cells("confidence")) == (["out_of_range"], [0.8])


def test_an_answer_for_an_earlier_file_is_asked_again_where_it_cannot_hold(read: Any) -> None:
    earlier = Remembered(("run_id", "query", "confidence"), Answers(percent="percent"))
    assert read(_file(["80"]), remembered=(earlier,)).cells("confidence") == [0.8]
    with pytest.raises(QuestionsOpen) as asked:
        read(_file(["0.8"]), remembered=(earlier,))
    assert [question.key for question in asked.value.questions] == ["percent"]


def test_a_percent_sign_elsewhere_says_what_to_write(read: Any) -> None:
    [problem] = read(_file(["85%"], "latency_ms")).report.problems
    assert "Write 0.85 or 85 in place of 85%" in problem.fix
