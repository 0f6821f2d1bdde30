"""Cells of every type: what is read, what is rejected and with which code, and what is asked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import QuestionsOpen
from core.intake.reading import Answers


def _one(column: str, cell: str) -> str:
    return f'run_id\tquery\t{column}\nr1\tq\t"{cell.replace(chr(34), chr(34) * 2)}"\nr2\tq\t\n'


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("latency_ms", "1200", 1200.0), ("latency_ms", " 1.5e3 ", 1500.0), ("latency_ms", "-0", 0.0),
        ("latency_ms", ".5", 0.5), ("confidence", "1", 1.0), ("confidence", "0", 0.0),
        ("input_tokens", "12", 12), ("input_tokens", "12.0", 12),
        ("input_tokens", "9223372036854775807", 2**63 - 1),
        ("escalated", "TRUE", True), ("escalated", "No", False), ("escalated", "1", True),
        ("schema_valid", "Pass", True), ("schema_valid", "incorrect", False),
        ("schema_valid", "P", True), ("schema_valid", "f", False), ("schema_valid", "OK", True),
        ("schema_valid", "✅", True), ("schema_valid", "❌", False), ("schema_valid", "✔\ufe0f", True),
        ("user_feedback", "Thumbs Up", "accepted"), ("user_feedback", "👎", "rejected"),
        ("user_feedback", "Übernommen", "accepted"), ("user_feedback", "uebernommen", "accepted"),
        ("user_feedback", "geändert", "edited"), ("user_feedback", "VERWORFEN", "rejected"),
        ("user_feedback", "Acceptée", "accepted"), ("user_feedback", "modifié", "edited"),
        ("user_feedback", "refuse", "rejected"), ("user_feedback", "aceptado", "accepted"),
        ("user_feedback", "editado", "edited"), ("user_feedback", "rechazada", "rejected"),
        ("tools_called", '["a", "b; c"]', ["a", "b; c"]), ("tools_called", "a; b|c\nd", ["a", "b", "c", "d"]),
        ("tools_called", "lookup", ["lookup"]), ("tools_called", "[]", []),
        ("tools_called", "a, b", ["a, b"]),
        ("scores", '{"b": 1.0, "a": [0.5]}', '{"a":[0.5],"b":1}'),
        ("response", "  kept as it is ", "  kept as it is "), ("response", "   ", None),
        ("response", "a\x07b\x00c", "abc"), ("response", "tab\tand\nline", "tab\tand\nline"),
    ],
)  # fmt: skip
def test_values_that_are_read(read: Any, column: str, cell: str, value: object) -> None:
    assert read(_one(column, cell)).cells(column) == [value, None]


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("latency_ms", "1,234", "not_a_number"), ("latency_ms", "$5", "not_a_number"),
        ("latency_ms", "5 ms", "not_a_number"), ("latency_ms", "n. a.", "not_a_number"),
        ("latency_ms", "inf", "not_a_number"), ("latency_ms", "1e999", "out_of_range"),
        ("latency_ms", "٣", "not_a_number"), ("latency_ms", "0x10", "not_a_number"),
        ("latency_ms", "-1", "out_of_range"), ("confidence", "1.01", "out_of_range"),
        ("confidence", "9", "out_of_range"), ("confidence", "185%", "out_of_range"),
        ("latency_ms", '{"s": 1}', "wrong_type"),
        ("input_tokens", "12.5", "not_whole"), ("input_tokens", "9223372036854775808", "out_of_range"),
        ("input_tokens", "9" * 5_000, "out_of_range"), ("input_tokens", "many", "not_a_number"),
        ("schema_valid", "n/a", "unknown_label"), ("escalated", "?", "unknown_label"),
        ("escalated", "wrong", "unknown_label"), ("escalated", "F", "unknown_label"),
        ("escalated", "OK", "unknown_label"), ("user_feedback", "meh", "unknown_label"),
        ("tools_called", "['a']", "bad_list"), ("tools_called", '[{"nom": "a"}]', "bad_list"),
        ("scores", "not json", "bad_json"), ("scores", '{"a": NaN}', "bad_json"),
        ("scores", '{"a": 1, "a": 2}', "duplicate_key"),
    ],
)  # fmt: skip
def test_values_that_reject_their_row(read: Any, column: str, cell: str, code: str) -> None:
    # In a comma file “1,234” is as likely a thousand as a decimal.
    text = _one(column, cell).replace("\t", ",") if cell == "1,234" else _one(column, cell)
    done = read(text)
    (problem,) = done.report.problems
    assert (problem.code, problem.row, problem.column) == (code, 2, column)
    assert problem.reason
    assert problem.fix
    assert len(problem.value) <= 80
    assert done.cells("run_id") == ["r2"]


@pytest.mark.parametrize(
    ("one_id", "code"),
    [("", "missing_id"), ("  ", "missing_id"), ("x" * 201, "bad_id"), ("a\tb", "bad_id"), ("a\nb", "bad_id")],
)
def test_ids_that_cannot_be(read: Any, one_id: str, code: str) -> None:
    done = read(f'run_id,query\n"{one_id}",q\nr2,q\n')
    assert (done.codes, done.cells("run_id")) == ([code], ["r2"])


def test_ids_are_text_as_it_stands(read: Any) -> None:
    ids = ["000123", "123", "1e5", "0x10", "'); DROP TABLE trace;--", " r1 ", "x" * 200]
    done = read("run_id,query\n" + "".join(f'"{one}",q\n' for one in ids))
    assert done.cells("run_id") == ids


@pytest.mark.parametrize(
    ("ids", "count"),
    [
        (["a", "b"], 0), (["R1", "r1"], 2), (["café", "cafe\u0301"], 2), (["r1", "r1\u200b", " r1"], 3),
        (["ra1", "rа1"], 0),
    ],
)  # fmt: skip
def test_ids_that_look_alike_are_told(read: Any, ids: list[str], count: int) -> None:
    done = read("run_id,query\n" + "".join(f"{one},q\n" for one in ids))
    assert done.report.accepted == len(ids)
    told = [notice.sentence for notice in done.report.warnings if notice.code == "lookalike_ids"]
    assert [sentence.split()[-1] for sentence in told] == ([f"{count}."] if count else [])


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2025-03-01T10:00:00Z", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("2025-03-01 10:00:00.123456+00:00", datetime(2025, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2025-03-01T10:00:00+01:00", datetime(2025, 3, 1, 9, tzinfo=UTC)),
        ("2025-03-01T10:00-0530", datetime(2025, 3, 1, 15, 30, tzinfo=UTC)),
        ("2025-03-01 10:00 UTC", datetime(2025, 3, 1, 10, tzinfo=UTC)),
        ("1740832215", datetime(2025, 3, 1, 12, 30, 15, tzinfo=UTC)),
        ("1740832215.25", datetime(2025, 3, 1, 12, 30, 15, 250000, tzinfo=UTC)),
        ("1740832215123", datetime(2025, 3, 1, 12, 30, 15, 123000, tzinfo=UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("2026-11-01 9:00 UTC", datetime(2026, 11, 1, 9, tzinfo=UTC)),
        ("2026-11-01 9:00 PM +01:00", datetime(2026, 11, 1, 20, tzinfo=UTC)),
        ("1-Nov-26", datetime(2026, 11, 1, tzinfo=UTC)),
        ("01-nov-2026", datetime(2026, 11, 1, tzinfo=UTC)),
        ("1 November 2026", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Sept 3, 2026", datetime(2026, 9, 3, tzinfo=UTC)),
    ],
)
def test_times_that_need_no_answer(read: Any, cell: str, instant: datetime) -> None:
    assert read(_one("started_at", cell)).cells("started_at") == [instant, None]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("today", "not_a_time"), ("10:30", "not_a_time"), ("20250301", "not_a_time"),
        ("2025-02-30T10:00:00Z", "not_a_time"), ("2025-03-01T25:00:00Z", "not_a_time"),
        ("1999-12-31T23:59:59Z", "time_out_of_range"), ("2100-01-01T00:00:00Z", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"), ("57134-10-12T00:12:03Z", "time_out_of_range"),
        ("1740832215123456789", "time_out_of_range"), ("12", "not_a_time"),
        ("31-Feb-26", "not_a_time"), ("2026-11-01 13:00 PM", "not_a_time"), ("1-Foo-26", "not_a_time"),
        ("Nov 1, 26", "not_a_time"), ("11/1/26 9:00", "not_a_time"), ("1-Nov-1998", "time_out_of_range"),
        ("Nov 1, 2026 9:00+01:00", "not_a_time"),
    ],
)  # fmt: skip
def test_times_that_reject_their_row(read: Any, cell: str, code: str) -> None:
    assert read(_one("started_at", cell)).codes == [code]


def test_a_bad_date_is_told_how_to_write_it(read: Any) -> None:
    [problem] = read(_one("started_at", "yesterday")).report.problems
    assert problem.fix == "Write it like 2025-03-01 or 2025-03-01 10:00."


@pytest.mark.parametrize(
    ("cell", "keys", "answers", "instant"),
    [
        ("2025-03-01T10:00:00", ["timezone"], Answers(timezone="Europe/Berlin"), (2025, 3, 1, 9)),
        ("2025-07-01T00:00", ["timezone"], Answers(timezone="America/New_York"), (2025, 7, 1, 4)),
        ("01/02/2025", ["date_order"], Answers(date_order="day_first"), (2025, 2, 1)),
        ("01/02/2025", ["date_order"], Answers(date_order="month_first"), (2025, 1, 2)),
        ("01/02/2025 00:00", ["date_order", "timezone"],
         Answers(timezone="Asia/Tokyo", date_order="day_first"), (2025, 1, 31, 15)),
        ("1.2.2025 10:30", ["date_order", "timezone"],
         Answers(timezone="UTC", date_order="day_first"), (2025, 2, 1, 10, 30)),
        ("45717.5", ["excel_dates", "timezone"],
         Answers(timezone="UTC", excel_dates="1900"), (2025, 3, 1, 12)),
        ("44255.5", ["excel_dates", "timezone"],
         Answers(timezone="UTC", excel_dates="1904"), (2025, 3, 1, 12)),
        ("45717", ["excel_dates"], Answers(excel_dates="1900"), (2025, 3, 1)),
        ("11/1/2026 9:00", ["date_order", "timezone"],
         Answers(timezone="UTC", date_order="month_first"), (2026, 11, 1, 9)),
        ("11/1/2026 3:00 PM", ["date_order", "timezone"],
         Answers(timezone="UTC", date_order="month_first"), (2026, 11, 1, 15)),
        ("11/1/2026 12:05:06\u202fam", ["date_order", "timezone"],
         Answers(timezone="UTC", date_order="month_first"), (2026, 11, 1, 0, 5, 6)),
        ("2026-11-01 9:00", ["timezone"], Answers(timezone="Europe/Berlin"), (2026, 11, 1, 8)),
        ("Nov 1, 2026 3:00 PM", ["timezone"], Answers(timezone="UTC"), (2026, 11, 1, 15)),
        ("November 1, 2026 at 12:00 PM", ["timezone"], Answers(timezone="UTC"), (2026, 11, 1, 12)),
        ("1-Nov-26 9:05", ["timezone"], Answers(timezone="UTC"), (2026, 11, 1, 9, 5)),
    ],
)  # fmt: skip
def test_times_with_two_readings_are_asked_about(
    read: Any, cell: str, keys: list[str], answers: Answers, instant: tuple[int, int, int]
) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_one("started_at", cell))
    assert [question.key for question in asked.value.questions] == keys
    assert asked.value.questions[0].samples == (cell,)
    assert read(_one("started_at", cell), answers).cells("started_at") == [
        datetime(*instant, tzinfo=UTC),
        None,
    ]


@pytest.mark.parametrize("cell", ["2/31/2026 9:00", "31-Feb-2026", "2026-11-01 0:30 AM"])
def test_a_day_or_an_hour_that_there_is_not_has_its_own_sentence(read: Any, cell: str) -> None:
    answers = Answers(timezone="UTC", date_order="month_first")
    [problem] = read(_one("started_at", cell), answers).report.problems
    assert problem.reason == "There is no such day, or no such time of day."


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("cell", ["2026-11-10", "10.11.2026", "46336", "46336.0"])
def test_a_date_without_a_clock_time_keeps_its_day_in_every_zone(
    read: Any, cell: str, zone: str | None
) -> None:
    answers = Answers(timezone=zone, date_order="day_first", excel_dates="1900")
    assert read(_one("started_at", cell), answers).cells("started_at") == [
        datetime(2026, 11, 10, tzinfo=UTC),
        None,
    ]


def test_a_day_on_which_the_clocks_change_at_midnight_is_a_day_like_others(read: Any) -> None:
    done = read(_one("started_at", "2018-11-04"), Answers(timezone="America/Sao_Paulo"))
    assert done.cells("started_at") == [datetime(2018, 11, 4, tzinfo=UTC), None]


def test_times_beside_dates_are_asked_about_and_use_the_zone(read: Any) -> None:
    text = "run_id,started_at\nr1,2026-11-10\nr2,2026-11-10 00:30\nr3,2026-11-10T00:30:00Z\n"
    with pytest.raises(QuestionsOpen) as asked:
        read(text)
    [question] = asked.value.questions
    assert (question.key, question.samples) == ("timezone", ("2026-11-10 00:30",))
    assert read(text, Answers(timezone="Europe/Berlin")).cells("started_at") == [
        datetime(2026, 11, 10, tzinfo=UTC),
        datetime(2026, 11, 9, 23, 30, tzinfo=UTC),
        datetime(2026, 11, 10, 0, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize("cell", ["2025-03-30T02:30:00", "2025-10-26T02:30:00"])
def test_an_hour_that_happened_never_or_twice_rejects_its_row(read: Any, cell: str) -> None:
    done = read(_one("started_at", cell), Answers(timezone="Europe/Berlin"))
    assert done.codes == ["not_a_time"]
    assert read(_one("started_at", cell), Answers(timezone="UTC")).report.accepted == 2


@pytest.mark.parametrize(
    ("cell", "answer", "value"), [("3,5", "comma", 3.5), ("1,234", "comma", 1.234), ("7", "comma", 7.0)]
)
def test_a_decimal_comma_after_the_answer(read: Any, cell: str, answer: Any, value: float) -> None:
    assert read(_one("latency_ms", cell), Answers(decimal=answer)).cells("latency_ms") == [value, None]


@pytest.mark.parametrize("decimal", ["comma", "point"])
def test_the_mend_of_a_number_is_one_that_this_file_is_read_with(read: Any, decimal: Any) -> None:
    done = read(_one("latency_ms", "many"), Answers(decimal=decimal))
    [problem] = done.report.problems
    assert f"with a {decimal} for decimals" in problem.fix


@pytest.mark.parametrize("cell", ["3,5", "1,234"])
def test_a_decimal_comma_is_asked_about_where_commas_do_not_separate(read: Any, cell: str) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(_one("latency_ms", cell))
    assert [question.key for question in asked.value.questions] == ["decimal"]


def test_a_decimal_comma_is_asked_about_in_a_workbook(read: Any, workbook: Any) -> None:
    book = workbook({"Sheet1": [["run_id", "query", "cost_usd"], ["r1", "q", "0,012"], ["r2", "q", "1,234"]]})
    with pytest.raises(QuestionsOpen) as asked:
        read(book, name="a.xlsx")
    [question] = asked.value.questions
    assert (question.key, question.samples) == ("decimal", ("0,012", "1,234"))
    done = read(book, Answers(decimal="comma"), name="a.xlsx")
    assert done.cells("cost_usd") == [0.012, 1.234]


@pytest.mark.parametrize("cell", ["0,012", "-0,5", "00,125", "3,5"])
def test_what_cannot_be_thousands_is_asked_about_in_a_comma_file(read: Any, cell: str) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(f'run_id,query,latency_ms\nr1,q,"{cell}"\n')
    assert [question.key for question in asked.value.questions] == ["decimal"]


def test_cells_as_long_as_excel_can_hold_may_be_cut_and_longer_ones_cannot(read: Any) -> None:
    done = read(f"run_id,query,response\nr1,{'q' * 32_767},{'a' * 32_768}\nr2,{'q' * 32_767},short\n")
    [notice] = [notice.sentence for notice in done.report.warnings if notice.code == "cut_cells"]
    assert notice == (
        "Cells of “query” with exactly 32,767 characters, the most that Excel keeps; their ends may be"
        " missing: 2."
    )
    assert done.report.accepted == 2
