"""Tables with foreign names: asked about once, with guesses and reasons, read alike in every format."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from core.errors import InvalidDocument, Question, QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.intake.answers import Answers
from core.intake.job import Remembered

BERLIN = ZoneInfo("Europe/Berlin")
EVIDENCE = ["run_id", "started_at", "user_id", "query", "response", "latency_ms", "cost_usd", "user_feedback"]


def rows(first: int, count: int = 30) -> Iterator[dict[str, Any]]:
    """Runs as a German support team would note them; ``zeit`` is local time in Berlin."""
    for number in range(first, first + count):
        yield {
            "id": f"V-{number:05d}",
            "zeit": datetime(2026, 2, 1 + number % 27, 9, number % 60, tzinfo=BERLIN),
            "nutzer": f"N{number % 7}",
            "frage": f"Wo bleibt meine Bestellung {number}?",
            "antwort": f"Sie kommt in {number} Tagen; bitte warten Sie so lange auf die Lieferung.",
            "dauer": 900.5 + number,
            "kosten": 0.0125,
            "reaktion": "accepted" if number % 3 else "rejected",
        }


GERMAN = [
    "Vorgangsnummer",
    "Datum",
    "Nutzer",
    "Frage",
    "Antwort",
    "Dauer (ms)",
    "Preis",
    "Rückmeldung",
    "Filiale",
]


def cells(row: dict[str, Any]) -> list[str]:
    def comma(number: float) -> str:
        return str(number).replace(".", ",")

    when = row["zeit"].strftime("%d.%m.%Y %H:%M")
    texts = [row["nutzer"], row["frage"], row["antwort"]]
    return [row["id"], when, *texts, comma(row["dauer"]), comma(row["kosten"]), row["reaktion"], "Nord"]


def as_csv(first: int) -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows([GERMAN, *map(cells, rows(first))])
    return text.getvalue().encode("utf-8-sig")


def as_workbook(first: int) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Auszug"
    sheet.append(["Auszug aus dem Ticketsystem"])
    sheet.append([])
    sheet.append(GERMAN)
    for row in rows(first):
        sheet.append(cells(row))
    notes = book.create_sheet("Hinweise")
    notes.append(["Kürzel", "Bedeutung"])
    notes.append(["V", "Vorgang"])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def as_nested_json(first: int) -> bytes:
    entries = [
        {
            "vorgang": {"nummer": row["id"], "beginn": row["zeit"].isoformat(), "dauer_ms": row["dauer"]},
            "nutzer": {"kennung": row["nutzer"], "land": "DE"},
            "dialog": {"frage": {"text": row["frage"]}, "antwort": {"text": row["antwort"]}},
            "abrechnung": {"preis": row["kosten"]},
            "reaktion": row["reaktion"],
        }
        for row in rows(first)
    ]
    return json.dumps({"auszug": {"stand": "heute", "eintraege": entries}}).encode()


NESTED = {
    "vorgang.nummer": "run_id",
    "vorgang.beginn": "started_at",
    "vorgang.dauer_ms": "latency_ms",
    "nutzer.kennung": "user_id",
    "dialog.frage.text": "query",
    "dialog.antwort.text": "response",
    "abrechnung.preis": "cost_usd",
    "reaktion": "user_feedback",
}

USER_SAYS = {
    "sheet": "Auszug",
    "header_row": "3",
    "timezone": "Europe/Berlin",
    "date_order": "day_first",
    "decimal": "comma",
}

Make = Callable[[int], bytes]
FORMATS = [
    pytest.param(as_csv, "auszug.csv", {}, id="csv"),
    pytest.param(as_workbook, "auszug.xlsx", {}, id="xlsx"),
    pytest.param(as_nested_json, "auszug.json", NESTED, id="json"),
]


def asked(read: Any, *arguments: Any, **options: Any) -> list[Question]:
    with pytest.raises(QuestionsOpen) as open_ones:
        read(*arguments, **options)
    return list(open_ones.value.questions)


def mapping_answer(question: Question, **corrections: str) -> str:
    columns = {guess.header: guess.guess for guess in question.columns} | corrections
    return json.dumps({"kind": next(iter(question.options)), "columns": columns})


def answered(
    read: Any, content: bytes, name: str, corrections: dict[str, str]
) -> tuple[Any, list[list[str]]]:
    """The file read after its questions were answered as a user would, and the keys of every round."""
    answers, rounds = Answers(), list[list[str]]()
    while True:
        try:
            return read(content, answers, name=name), rounds
        except QuestionsOpen as open_ones:
            rounds.append([question.key for question in open_ones.questions])
            assert len(rounds) < 5
            for question in open_ones.questions:
                if question.columns:
                    choice = mapping_answer(question, **corrections)
                else:
                    choice = USER_SAYS[question.key]
                answers = answers.with_answer(question, choice)


def evidence(done: Any) -> list[dict[str, Any]]:
    return [{name: row[name] for name in EVIDENCE} for row in done.table.to_pylist()]


def test_three_formats_of_the_same_rows_are_the_same_evidence(read: Any) -> None:
    expected = [
        {
            "run_id": row["id"],
            "started_at": row["zeit"],
            "user_id": row["nutzer"],
            "query": row["frage"],
            "response": row["antwort"],
            "latency_ms": row["dauer"],
            "cost_usd": row["kosten"],
            "user_feedback": row["reaktion"],
        }
        for row in rows(0)
    ]
    for make, name, corrections in (format.values for format in FORMATS):
        done, rounds = answered(read, make(0), name, corrections)
        assert "columns" in rounds[-1], name
        assert evidence(done) == expected, name
        assert (done.report.kind, done.report.accepted, done.report.rejected) == (Kind.TRACES, 30, 0)


@pytest.mark.parametrize(("make", "name", "corrections"), FORMATS)
def test_the_second_file_of_the_same_kind_asks_nothing(
    read: Any, make: Make, name: str, corrections: dict[str, str]
) -> None:
    first, _ = answered(read, make(0), name, corrections)
    headers = tuple(use.header for use in first.report.columns)
    second = read(make(30), name=name, remembered=(Remembered(headers, first.outcome.answers),))
    assert [row["run_id"] for row in evidence(second)] == [row["id"] for row in rows(30)]
    assert evidence(second)[0]["started_at"] == next(rows(30))["zeit"]
    [notice] = [notice.sentence for notice in second.report.warnings if notice.code == "remembered"]
    assert notice.startswith("Read as you answered for an earlier file with the same columns:")
    for key in (key for key in ("timezone", "sheet") if getattr(first.outcome.answers, key)):
        assert USER_SAYS[key] in notice
    assert second.outcome.answers == first.outcome.answers


def test_the_rounds_of_questions_are_few(read: Any) -> None:
    assert answered(read, as_csv(0), "a.csv", {})[1] == [["columns", "date_order", "timezone", "decimal"]]
    assert answered(read, as_workbook(0), "a.xlsx", {})[1] == [
        ["sheet"], ["header_row"], ["columns", "date_order", "timezone", "decimal"],
    ]  # fmt: skip
    assert answered(read, as_nested_json(0), "a.json", NESTED)[1] == [["columns"]]


def test_guesses_come_with_their_reasons_and_samples(read: Any) -> None:
    question = asked(read, as_csv(0))[0]
    assert next(iter(question.options)) == "traces"
    assert set(question.options) == {"traces", "evals", "labels", "failures"}
    guesses = {guess.header: guess for guess in question.columns}
    assert {header: guess.guess for header, guess in guesses.items()} == {
        "Vorgangsnummer": "run_id", "Datum": "started_at", "Nutzer": "user_id", "Frage": "query",
        "Antwort": "response", "Dauer (ms)": "latency_ms", "Preis": "cost_usd",
        "Rückmeldung": "user_feedback", "Filiale": "",
    }  # fmt: skip
    assert guesses["Frage"].because == "“Frage” is a German word for it."
    assert guesses["Dauer (ms)"].because == "The name contains “Dauer”."
    assert list(guesses["Vorgangsnummer"].samples) == ["V-00000", "V-00001", "V-00002"]
    assert "8 of 9 columns" in question.sentence


def test_a_sheet_says_how_large_it_is_and_how_it_begins(read: Any) -> None:
    [question] = asked(read, as_workbook(0), name="a.xlsx")
    assert question.options["Auszug"].startswith("“Auszug”: 32 rows that are filled, within A1:I33")
    assert "with Vorgangsnummer, Datum, Nutzer" in question.options["Auszug"]
    assert "with Kürzel, Bedeutung" in question.options["Hinweise"]


def test_a_title_above_a_foreign_header_is_seen_in_text_files_too(read: Any) -> None:
    text = "Auszug, Stand heute\n\nVorgang;Frage\nV1;Wo?\nV2;Wann?\n"
    [question] = asked(read, text)
    assert (question.key, list(question.options)) == ("header_row", ["3", "1"])
    assert asked(read, text, Answers(header_row=3))[0].key == "columns"


def test_a_header_that_stands_first_is_not_asked_about(read: Any) -> None:
    assert asked(read, "Vorgang;Frage\nV1;Wo?\nV2;Wann?\n")[0].key == "columns"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Frage": "user_id"}, "No column is run_id"),
        ({"Vorgang": "run_id", "Frage": "run_id"}, "“Vorgang” and “Frage” cannot both be run_id"),
        (
            {"Vorgang": "run_id", "Frage": "answer_right"},
            "“Frage” cannot be answer_right: traces have no such",
        ),
        ({"Vorgang": "run_id", "Anderes": "query"}, "The file has no column “Anderes”"),
    ],
)
def test_a_mapping_that_cannot_be_is_told_in_one_sentence(
    read: Any, columns: dict[str, str], words: str
) -> None:
    [question] = asked(read, "Vorgang;Frage\nV1;Wo?\n")
    with pytest.raises(InvalidDocument) as wrong:
        Answers().with_answer(question, json.dumps({"kind": "traces", "columns": columns}))
    assert words in wrong.value.sentence
    assert wrong.value.mend


@pytest.mark.parametrize("kind", ["labels", "failures"])
def test_a_kind_needs_more_than_an_id(read: Any, kind: str) -> None:
    [question] = asked(read, "Vorgang;Frage\nV1;Wo?\n")
    with pytest.raises(InvalidDocument, match="failure_type"):
        Answers().with_answer(question, json.dumps({"kind": kind, "columns": {"Vorgang": "run_id"}}))


def test_an_answer_that_is_no_mapping_is_told(read: Any) -> None:
    [question] = asked(read, "Vorgang;Frage\nV1;Wo?\n")
    with pytest.raises(InvalidDocument, match="cannot be read"):
        Answers().with_answer(question, "traces")


def test_columns_that_are_not_named_are_left_out(read: Any) -> None:
    [question] = asked(read, "Vorgang;Frage\nV1;Wo?\n")
    answers = Answers().with_answer(question, '{"kind": "traces", "columns": {"Vorgang": "run_id"}}')
    assert answers == Answers(kind=Kind.TRACES, columns={"Vorgang": "run_id", "Frage": ""})


def test_a_known_file_with_one_similar_name_asks_once_and_without_one_never(read: Any) -> None:
    assert read("run_id,query,mood\nr1,q,fine\n").report.accepted == 1
    text = "run_id,query,Nutzer\nr1,q,u1\n"
    [question] = asked(read, text)
    assert [guess.guess for guess in question.columns] == ["run_id", "query", "user_id"]
    answers = Answers().with_answer(question, mapping_answer(question))
    assert read(text, answers).cells("user_id") == ["u1"]
    left_out = Answers().with_answer(question, mapping_answer(question, Nutzer=""))
    assert read(text, left_out).report.accepted == 1


def test_the_columns_of_any_file_can_be_checked(read: Any) -> None:
    text = "run_id,query\nr1,q\n"
    [question] = asked(read, text, Answers(check_columns=True))
    assert [guess.because for guess in question.columns] == ["This is its own name."] * 2
    answers = Answers(check_columns=True).with_answer(question, mapping_answer(question))
    assert not answers.check_columns
    assert read(text, answers).report.accepted == 1


def test_other_units_are_proposed_as_such_or_not_at_all(read: Any) -> None:
    text = "Vorgang;Dauer (Sek);Kosten (€);Latenz\nV1;1,5;0,02;1,5\nV2;2,5;0,03;2,5\n"
    guesses = {guess.header: guess for guess in asked(read, text)[0].columns}
    assert [guesses[header].guess for header in ("Dauer (Sek)", "Kosten (€)", "Latenz")] == [
        "latency_s",
        "",
        "",
    ]
    assert "converted to milliseconds" in guesses["Dauer (Sek)"].because
    assert "US dollars" in guesses["Kosten (€)"].because


def test_nested_parts_keep_their_digits_and_read_absent_ones_as_blank(read: Any) -> None:
    lines = [
        '{"a": {"id": 12345678901234567890, "q.x": "one"}}',
        '{"a": {"id": 1.50}, "b": 1}',
        '{"a": "no object"}',
        '{"a": {"id": {"deeper": true}, "q.x": null}}',
    ]
    answers = Answers(kind=Kind.TRACES, columns={"a.id": "run_id", "a.q.x": "query"})
    done = read("\n".join(lines), answers, name="a.jsonl")
    assert done.cells("run_id") == ["12345678901234567890", "1.5", '{"deeper":true}']
    assert done.cells("query") == ["one", None, None]
    assert done.codes == ["missing_id"]


def test_objects_in_the_cells_of_a_text_file_have_parts_too(read: Any) -> None:
    text = 'id;meta\nr1;"{""user"": {""id"": ""u1""}}"\n'
    answers = Answers(kind=Kind.TRACES, columns={"meta.user.id": "user_id"})
    assert read(text, answers).cells("user_id") == ["u1"]


def test_two_lists_of_rows_are_asked_about(read: Any) -> None:
    good, bad = '[{"id": "r1", "query": "q"}]', '[{"id": "r2", "query": "q"}]'
    text = f'{{"meta": {{"n": 1}}, "good": {good}, "deep": {{"bad": {bad}}}}}'
    [question] = asked(read, text, name="a.json")
    assert question.key == "rows"
    assert question.options == {
        "good": "“good”: 1 row with id, query.",
        "deep.bad": "“deep.bad”: 1 row with id, query.",
    }
    for place, run in (("good", "r1"), ("deep.bad", "r2")):
        assert read(text, Answers().with_answer(question, place), name="a.json").cells("run_id") == [run]


def test_an_object_with_an_id_is_a_row_whatever_lists_it_holds(read: Any) -> None:
    text = '{"id": "r1", "query": "q", "steps": [{"name": "a"}, {"name": "b"}]}'
    assert read(text, name="a.json").cells("run_id") == ["r1"]


def test_a_day_above_twelve_is_proposed_but_asked(read: Any) -> None:
    questions = asked(read, "run_id,started_at\nr1,01/02/2026\nr2,02/13/2026\n", Answers(timezone="UTC"))
    [question] = questions
    assert list(question.options) == ["month_first", "day_first"]
    assert "“02/13/2026” can be read in this way only" in question.options["month_first"]


def test_yes_and_no_are_read_in_four_languages(read: Any) -> None:
    done = read("run_id,answer_right\na,ja\nb,Nein\nc,oui\nd,non\ne,sí\nf,no\n")
    assert done.cells("answer_right") == [True, False, True, False, True, False]


def remembered(headers: str, answers: Answers) -> tuple[Remembered, ...]:
    return (Remembered(tuple(headers.split(",")), answers),)


ONCE = Answers(kind=Kind.TRACES, columns={"a": "run_id", "b": "query", "c": ""}, timezone="Asia/Tokyo")


@pytest.mark.parametrize("headers", ["a,b,c", "c,b,a", "a,new,b,c"])
def test_remembered_answers_hold_for_the_same_columns_and_for_more(read: Any, headers: str) -> None:
    text = f"{headers}\n{headers}\n"
    assert read(text, remembered=remembered("a,b,c", ONCE)).cells("run_id") == ["a"]


@pytest.mark.parametrize("headers", ["a,b", "b,c", "x,b,c"])
def test_remembered_answers_do_not_hold_for_other_columns(read: Any, headers: str) -> None:
    assert asked(read, f"{headers}\n{headers}\n", remembered=remembered("a,b,c", ONCE))[0].key == "columns"


def test_the_newest_exact_answers_win_and_the_own_ones_over_all(read: Any) -> None:
    other = Answers(kind=Kind.TRACES, columns={"b": "run_id", "a": "query", "c": ""})
    text = "a,b,c\n1,2,3\n"
    both = remembered("a,b,c", ONCE) + remembered("a,b,c", other)
    assert read(text, remembered=both).cells("run_id") == ["1"]
    assert read(text, remembered=both[::-1]).cells("run_id") == ["2"]
    own = Answers(kind=Kind.EVALS, columns={"c": "case_id", "b": "passed", "a": ""})
    assert asked(read, text, Answers(kind=Kind.EVALS), remembered=both)[0].key == "columns"
    with_own = read("a,b,c\n1,yes,3\n", own, remembered=both)
    assert (with_own.report.kind, with_own.cells("case_id"), with_own.warned) == (Kind.EVALS, ["3"], [])


def test_own_answers_that_say_it_all_are_not_filled_from_older_ones(read: Any) -> None:
    older = ONCE.model_copy(update={"decimal": "comma"})
    both = remembered("a,b,c", ONCE) + remembered("a,b,c", older)
    done = read("a,b,c\n1,2,3\n", ONCE, remembered=both)
    assert (done.outcome.answers, done.warned) == (ONCE, [])


def test_an_own_word_that_there_is_no_header_stands_above_a_remembered_row(read: Any) -> None:
    answers = Answers(kind=Kind.TRACES, header_row=2, columns={"column 1": "run_id", "column 2": "query"})
    own = answers.model_copy(update={"header_row": 0})
    assert read("r1,q\nr2,q\n", own, remembered=remembered("r2,q", answers)).cells("run_id") == ["r1", "r2"]


def test_checking_the_columns_again_shows_the_remembered_ones(read: Any) -> None:
    again = asked(read, "a,b,c\n1,2,3\n", Answers(check_columns=True), remembered=remembered("a,b,c", ONCE))
    assert [guess.guess for guess in again[0].columns] == ["run_id", "query", ""]


def test_json_that_lacks_an_unused_key_is_still_the_same(read: Any) -> None:
    answers = Answers(kind=Kind.TRACES, columns={"x.id": "run_id", "b": "query", "c": "user_id"})
    lines = '{"x": {"id": "r1"}, "b": "q"}\n{"x": {"id": "r2"}, "b": "q", "c": "u"}\n'
    done = read(lines, name="a.jsonl", remembered=remembered("x,b,c,d,x.id", answers))
    assert done.cells("run_id") == ["r1", "r2"]
    assert done.outcome.answers == answers


def test_a_remembered_header_row_counts_only_where_it_holds_the_same_names(read: Any) -> None:
    answers = Answers(kind=Kind.TRACES, header_row=3, columns={"Vorgang": "run_id", "Frage": "query"})
    text = "Titel\n\nVorgang,Frage\nV1,Wo?\n"
    assert read(text, remembered=remembered("Vorgang,Frage", answers)).cells("run_id") == ["V1"]
    moved = "Titel\nVorgang,Frage\nV1,Wo?\nV2,Wann?\n"
    assert asked(read, moved, remembered=remembered("Vorgang,Frage", answers))[0].key == "header_row"


def test_times_of_the_summer_and_the_winter_are_both_berlin(read: Any) -> None:
    when = datetime(2026, 1, 5, 12, tzinfo=BERLIN)
    assert when.utcoffset() == timedelta(hours=1)
    text = "run_id,started_at\nr1,2026-01-05 12:00\nr2,2026-07-05 12:00\n"
    done = read(text, remembered=remembered("run_id,started_at", Answers(timezone="Europe/Berlin")))
    assert [time.hour for time in done.cells("started_at")] == [11, 10]


def test_a_remembered_order_of_day_and_month_is_asked_again_where_a_date_contradicts_it(read: Any) -> None:
    once = Answers(date_order="day_first", timezone="UTC")
    alike = remembered("run_id,started_at", once)
    ambiguous = "run_id,started_at\nr1,03/04/2026\n"
    done = read(ambiguous, remembered=alike)
    assert [time.month for time in done.cells("started_at")] == [4]
    assert "the day before the month" in "".join(notice.sentence for notice in done.report.warnings)
    [question] = asked(read, ambiguous + "r2,03/25/2026\n", remembered=alike)
    assert (question.key, next(iter(question.options))) == ("date_order", "month_first")
    own = Answers(date_order="month_first")
    done = read(ambiguous + "r2,03/25/2026\n", own, remembered=alike)
    assert [time.month for time in done.cells("started_at")] == [3, 3]
    assert read(ambiguous + "r2,03/25/2026\n", once).report.rejected == 1


@pytest.mark.parametrize("header", ["span_id", "parent_id", "context.span_id", "annotation_name", "run_type"])
def test_rows_that_are_parts_of_runs_are_not_taken_for_runs(read: Callable[..., Any], header: str) -> None:
    """Steps and remarks have a trace id too; counted as runs they would swell every n."""
    with pytest.raises(QuestionsOpen) as caught:
        read(f"trace_id,started_at,{header},query\nt1,2026-02-01T09:00:00Z,s1,hello\n")
    [question] = caught.value.questions
    assert f"the column “{header}” says that each row is only a part of a run" in question.sentence
    # Whoever says that they are runs is believed.
    assert (
        read(
            f"trace_id,started_at,{header},query\nt1,2026-02-01T09:00:00Z,s1,hello\n",
            Answers(kind=Kind.TRACES, columns={header: ""}),
        ).report.accepted
        == 1
    )


@pytest.mark.parametrize("kind", [Kind.SPANS, Kind.SCORES])
def test_steps_and_scores_come_from_recognised_tools_only(read: Callable[..., Any], kind: Kind) -> None:
    with pytest.raises(UnreadableFile) as caught:
        read("trace_id,score\nt1,1\n", Answers(kind=kind))
    assert caught.value.code == "wrong_type"
    assert "traces, evals, labels, failures" in caught.value.mend


@pytest.mark.parametrize(
    ("header", "name", "said"),
    [
        ("Duration (s)", "latency_ms", "“Duration (s)” says “s”, and its numbers were taken as milliseconds"),
        ("Preis €", "cost_usd", "“Preis €” says “€”, and its numbers were taken as US dollars"),
        ("Duration (ms)", "latency_ms", None),
    ],
)
def test_a_unit_that_the_name_contradicts_is_told_for_good(
    header: str, name: str, said: str | None, read: Any
) -> None:
    """Whoever chose the column so, in a hurry, is told in the report of every such file."""
    text = f"run_id,{header}\n" + "".join(f"r{place},{place + 1}.5\n" for place in range(5))
    answers = Answers(kind=Kind.TRACES, columns={"run_id": "run_id", header: name})
    told = [one.sentence for one in read(text, answers).report.warnings if one.code == "other_unit"]
    assert [sentence[: len(said or "")] for sentence in told] == ([said] if said else [])


SECONDS = "run_id,query,latency\nr1,q,1.2\nr2,q,12.4\nr3,q,\n"


@pytest.mark.parametrize(
    ("name", "taken", "codes"),
    [
        ("latency_s", [1200.0, 12400.0, None], ["converted_unit"]),
        ("latency_ms", [1.2, 12.4, None], ["like_seconds"]),
        ("latency_ns", [0.000001, 0.000012, None], ["converted_unit"]),
    ],
)
def test_a_latency_that_looks_like_seconds_is_asked_and_told(
    read: Any, name: str, taken: list[float | None], codes: list[str]
) -> None:
    unused = read(SECONDS)
    assert (unused.uses["latency"], unused.warned) == (None, ["like_seconds"])
    with pytest.raises(QuestionsOpen) as asked:
        read(SECONDS, Answers(check_columns=True))
    (question,) = asked.value.questions
    assert [(guess.guess, guess.because[:50]) for guess in question.columns[2:]] == [
        ("latency_s", "The name fits latency_ms, but the values look like")
    ]
    columns = {"run_id": "run_id", "query": "query", "latency": name}
    answer = Answers().with_answer(question, json.dumps({"kind": "traces", "columns": columns}))
    done = read(SECONDS, answer)
    assert (done.cells("latency_ms"), done.warned) == (taken, codes)
    assert done.uses["latency"] == "latency_ms"


def test_two_latencies_in_different_units_are_two_of_one_column(read: Any) -> None:
    columns = {"a": "latency_s", "b": "latency_ms"}
    with pytest.raises(ValueError, match="cannot both be “latency_ms”"):
        Answers(columns=columns)
    with pytest.raises(ValueError, match="no column “latency_s” of labels"):
        Answers(kind=Kind.LABELS, columns={"a": "latency_s"})


@pytest.mark.parametrize(
    ("latencies", "warned"),
    [("1.2 1.5 2.1", ["like_seconds"]), ("3 12 9", []), ("1.5 900", []), ("812.4 900.5", [])],
)
def test_milliseconds_that_look_like_seconds_are_told(read: Any, latencies: str, warned: list[str]) -> None:
    rows = "".join(f"r{place},q,{one}\n" for place, one in enumerate(latencies.split()))
    assert read(f"run_id,query,latency_ms\n{rows}").warned == warned


def test_runs_without_an_id_are_known_by_what_stands_in_their_row(read: Any, tmp_path: Any) -> None:
    text = "Date,Question,Answer\n2026-11-01,q,a\n2026-11-01,q,b\n2026-11-01,q,a\n,,\n,,x\n"
    question = asked(read, text)[0]
    assert "No column is run_id: each row will be known by what stands in it" in question.sentence
    columns = {guess.header: guess.guess for guess in question.columns}
    answers = Answers().with_answer(question, json.dumps({"kind": "traces", "columns": columns}))
    assert answers.known_by == "content"
    done = read(text, answers)
    report = done.report
    assert (report.accepted, report.duplicate, report.rejected, report.skipped) == (3, 1, 0, 1)
    assert {"no_ids", "duplicate_row"} <= set(done.warned)
    assert len({*done.cells("run_id")}) == 3
    known = done.known_keys(tmp_path / "keys.npz")
    assert read(text, answers, known_keys=known).report.duplicate == 4
    # The same rows in another file, with a blank column more, are the same runs.
    rows = '{"Answer": "b", "Question": "q", "Date": "2026-11-01", "channel": null}\n'
    assert read(rows, answers, name="a.jsonl").cells("run_id") == done.cells("run_id")[1:2]
    # Nobody said so: they are asked about.
    with pytest.raises(QuestionsOpen):
        read(text, answers.model_copy(update={"known_by": None}))


def test_test_cases_without_an_id_are_known_by_their_question(read: Any) -> None:
    text = "Question,Answer,Correct?\nWhere is it?,a,yes\nwhere  is it?,b,no\nWho?,c,yes\n,d,yes\n"
    question = asked(read, text)[0]
    columns = {guess.header: guess.guess for guess in question.columns}
    done = read(text, Answers().with_answer(question, json.dumps({"kind": "evals", "columns": columns})))
    assert done.cells("case_id")[0] == done.cells("case_id")[1] != done.cells("case_id")[2]
    assert (done.cells("attempt"), done.codes) == ([0, 1, 0], ["missing_id"])


@pytest.mark.parametrize("kind", ["labels", "failures", "traces"])
def test_rows_that_need_an_id_say_how_to_get_one(read: Any, kind: str) -> None:
    question = asked(read, "Question,Right?,Failure\nq,yes,x\n")[0]
    with pytest.raises(InvalidDocument) as refused:
        Answers().with_answer(question, json.dumps({"kind": kind, "columns": {}}))
    assert "add a column with a number for each row, such as 1, 2, 3" in refused.value.mend


def test_a_log_of_messages_is_asked_for_its_questions_and_answers(read: Any) -> None:
    said = [("system", "Be kind."), ("user", "Where?"), ("assistant", "Here."), ("user", "Thanks! And when?")]
    messages = [{"role": role, "content": words} for role, words in said]
    last = {"role": "assistant", "content": [{"type": "text", "text": "On Monday."}]}
    rows = [{"id": "x1", "messages": [*messages, last]}, {"id": "x2", "messages": messages[:2]}]
    rows += [{"id": "x3", "messages": None}, {"id": "x4", "messages": ["a", "b"]}]
    text = "".join(json.dumps(row | {"timestamp": "2026-11-01T09:00:00Z"}) + "\n" for row in rows)
    question = asked(read, text)[0]
    guesses = {guess.header: guess.guess for guess in question.columns}
    assert guesses["messages.question"] == "query"
    assert guesses["messages.answer"] == "response"
    assert guesses["messages"] == ""
    answers = Answers().with_answer(question, json.dumps({"kind": "traces", "columns": guesses}))
    done = read(text, answers, name="a.jsonl")
    assert done.cells("query") == ["Thanks! And when?", "Where?", None, None]
    assert done.cells("response") == ["On Monday.", None, None, None]
    # Where questions and answers have columns of their own, nothing is asked.
    assert read(text.replace('"id"', '"query": "q", "id"'), name="a.jsonl").report.accepted == 4
