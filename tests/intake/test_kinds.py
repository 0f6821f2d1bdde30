"""Traces, evals and labels: how a file is recognised, and the rules of each kind."""

from typing import Any

import pytest

from core.errors import QuestionsOpen, UnreadableFile
from core.evidence.columns import Kind
from core.evidence.fingerprints import key_of
from core.intake.job import Remembered
from core.intake.reading import Answers, PassRule


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ("run_id,query", Kind.TRACES), ("id,timestamp,input,output", Kind.TRACES),
        ("Trace ID,Prompt,Completion", Kind.TRACES), ("run_id,started_at", Kind.TRACES),
        ("case_id,passed", Kind.EVALS), ("test_id,input,output,success", Kind.EVALS),
        ("case_id,id,query,passed", Kind.EVALS), ("case_id,tools_expected,tools_called", Kind.EVALS),
        ("run_id,answer_right,reviewer", Kind.LABELS), ("run_id,date,correct,corrected_answer", Kind.LABELS),
        ("run_id,failure_type", Kind.FAILURES),
    ],
)  # fmt: skip
def test_kinds_are_recognised_by_their_headers(read: Any, headers: str, kind: Kind) -> None:
    cells = {"query": "q", "timestamp": "2025-03-01T10:00:00Z", "started_at": "2025-03-01T10:00:00Z",
             "passed": "true", "success": "yes", "answer_right": "1", "correct": "0",
             "date": "2025-03-01T10:00:00Z"}  # fmt: skip
    row = ",".join(cells.get(header, "x") for header in headers.split(","))
    report = read(f"{headers}\n{row}\n").report
    assert (report.kind, report.accepted) == (kind, 1)
    assert report.because


@pytest.mark.parametrize(
    ("headers", "kinds"),
    [
        ("run_id,query,response,answer_right", ["traces", "labels"]),
        ("id,input,output,score", ["traces", "evals"]),
        ("id,correct", ["evals", "labels"]),
        ("id,input,output,correct", ["traces", "evals", "labels"]),
    ],
)
def test_files_that_fit_two_kinds_are_asked_about(read: Any, headers: str, kinds: list[str]) -> None:
    row = ",".join("1" for _ in headers.split(","))
    with pytest.raises(QuestionsOpen) as asked:
        read(f"{headers}\n{row}\n")
    (question,) = asked.value.questions
    assert (question.key, list(question.options)) == ("kind", kinds)
    assert ("imported twice" in question.sentence) == ({"traces", "labels"} <= set(kinds))


@pytest.mark.parametrize(
    "headers", ["a,b", "run_id,type", "run_id,score", "query,response", "passed,score", "reviewer,note"]
)
def test_files_that_fit_no_kind_are_asked_about_column_by_column(read: Any, headers: str) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(f"{headers}\nx,y\n")
    question = asked.value.questions[0]
    assert question.key == "columns"
    assert [guess.header for guess in question.columns] == headers.split(",")


@pytest.mark.parametrize("text", ["mood\nx\n", "Dear all\n\nplease find the export below\n"])
def test_a_file_without_columns_is_refused(read: Any, text: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(text)
    assert refused.value.code == "unknown_columns"
    assert "id for each row" in refused.value.mend


def test_the_sheet_of_weekly_counts_is_sent_to_its_page(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read("Week,Measure,Count,Out of,Note\n2026-11-02,Support tickets,12,100,\n")
    assert refused.value.code == "outside_counts"
    assert "Health page, under “Outside counts”" in refused.value.mend


@pytest.mark.parametrize(
    ("one", "mend"),
    [
        ("1.234567890123457e+18", "Do not delete rows"), ("1.23456789012346E+18", "Do not delete rows"),
        ("1234567890123450000", "Do not delete rows"), ("1234567890123456789", "Keep one of the two rows."),
        ("r1", "Keep one of the two rows."), ("1000", "Keep one of the two rows."),
    ],
)  # fmt: skip
def test_ids_that_a_spreadsheet_rounded_are_no_rows_to_delete(read: Any, one: str, mend: str) -> None:
    [problem] = read(f"run_id,query\n{one},q\n{one},other\n").report.problems
    assert problem.code == "duplicate_id"
    assert mend in problem.fix


def test_columns_are_accounted_for(read: Any) -> None:
    answers = Answers(columns={"Who asked": "user_id", "secret": ""})
    report = read("run_id,prompt,Who asked,secret,mood\nr1,a,u1,s,good\nr2,,u2,s,bad\n", answers).report
    assert [(use.header, use.canonical, use.how.value, use.filled) for use in report.columns] == [
        ("run_id", "run_id", "own name", 2), ("prompt", "query", "known spelling", 1),
        ("Who asked", "user_id", "your answer", 2), ("secret", None, "left out by you", 2),
        ("mood", None, "not used", 2),
    ]  # fmt: skip
    assert report.columns[4].samples == ("good", "bad")


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("Sum: 10 runs,,,,9.5", "row_not_a_record"), ("Ø,,,,0.9", "row_not_a_record"),
        ("Mittelwert,,,,0.9", "row_not_a_record"), ("Total 10 runs,,,,9.5", "row_not_a_record"),
        ("avg,,,,0.9", "row_not_a_record"), ("Notes: exported by Ann,,,,", "row_not_a_record"),
        ("Week 45,,,,", "row_not_a_record"), ("Billing and refunds,,,,", "row_not_a_record"),
        # These may be runs: an id with something else, and an id that looks like one.
        ("Week 45,2026-11-01T09:00:00Z,,,", ""), ("Sum: 10 runs,,What is the sum?,,", ""),
        ("Billing,,,,0.9", ""), ("t3,,,,", ""), ("notes-1,,,,0.9", ""),
    ],
)  # fmt: skip
def test_totals_headings_and_notes_of_a_sheet_are_no_runs(read: Any, row: str, code: str) -> None:
    done = read(f"run_id,started_at,query,response,cost_usd\nr1,2026-11-01T09:00:00Z,q,a,0.1\n{row}\n")
    assert done.codes == [code] * bool(code)
    assert (done.report.accepted, done.report.rejected) == ((1, 1) if code else (2, 0))
    assert [problem.row for problem in done.report.problems] == [3] * bool(code)


def test_totals_are_told_without_a_column_of_texts_but_not_among_test_cases(read: Any) -> None:
    assert read("run_id,cost_usd\nr1,0.1\nTotal,0.1\n").codes == ["row_not_a_record"]
    assert read("case_id,passed,response\nsum,yes,4\nmedian,no,\n").report.accepted == 2
    assert read("case_id,passed\nsum,yes\nmedian,no\n").report.accepted == 2


def test_runs_with_an_id_alone_are_told(read: Any) -> None:
    done = read("run_id,query\nr1,q\nr2,\nr3,\n")
    assert done.report.accepted == 3
    assert done.sentences("id_alone") == [
        "Runs that have an id and nothing else: 2. They count as runs of which nothing is known."
    ]
    assert read("run_id,error\nr1,\nr2,timeout\n").warned == []


def test_traces_are_keyed_by_their_id(read: Any) -> None:
    assert read("run_id,query\nr1,q\n").cells("key") == [key_of("r1")]


EVALS = "case_id,passed,response\nc1,yes,a\nc1,no,b\nc2,yes,a\nc1,yes,a\n"


def test_repeats_of_a_case_are_numbered_and_the_run_is_named_by_the_bytes(read: Any) -> None:
    first, again, other = read(EVALS), read(EVALS), read(EVALS + "c3,no,a\n")
    assert first.cells("attempt") == [0, 1, 0, 2]
    (run,) = set(first.cells("eval_run_id"))
    assert run.startswith("run-")
    assert len(run) == 16
    assert first.cells("key") == again.cells("key")
    assert set(first.cells("key")).isdisjoint(other.cells("key"))
    assert first.cells("key")[1] == key_of(run, "c1", 1)


def test_stated_runs_and_attempts_are_kept(read: Any) -> None:
    done = read("eval_run_id,case_id,trial,passed\nnight,c1,5,1\nnight,c1,,0\n,c1,7,1\n")
    assert done.cells("attempt") == [5, 1, 7]
    assert done.cells("eval_run_id")[:2] == ["night", "night"]
    assert done.cells("eval_run_id")[2].startswith("run-")


SCORES = "case_id,score,accuracy,error\nc1,0.9,0.1,\nc2,0.5,0.9,\nc3,,0.9,\nc4,0,0,timeout\n"


def test_scores_without_a_rule_are_asked_about(read: Any) -> None:
    with pytest.raises(QuestionsOpen) as asked:
        read(SCORES)
    (question,) = asked.value.questions
    assert (question.key, list(question.options)) == ("pass_rule", ["score", "accuracy"])
    answers = Answers().with_answer(question, "score at_least 0.5")
    assert answers.pass_rule == PassRule(column="score", at_least=0.5)


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        (PassRule(column="score", at_least=0.5), [True, True, None, None]),
        (PassRule(column="score", at_least=0.51), [True, False, None, None]),
        (PassRule(column="Score", at_most=0.5), [False, True, None, None]),
        (PassRule(column="accuracy", at_least=0.5), [False, True, True, None]),
    ],
)
def test_a_pass_rule_decides_and_is_kept_in_the_report(
    read: Any, rule: PassRule, passed: list[bool | None]
) -> None:
    done = read(SCORES, Answers(pass_rule=rule))
    assert done.cells("passed") == passed
    assert done.report.pass_rule == rule
    assert ("missing_values" in done.warned) == (None in passed[:3])


def test_a_rule_on_a_column_of_its_own_keeps_the_score(read: Any) -> None:
    answers = Answers(pass_rule=PassRule(column="quality", at_least=3))
    done = read("case_id,quality,error_kind\nc1,4,\nc2,2,\nc3,many,\n", answers)
    assert (done.cells("score"), done.cells("passed")) == ([4.0, 2.0], [True, False])
    assert [(problem.code, problem.column) for problem in done.report.problems] == [
        ("not_a_number", "quality")
    ]


def test_a_rule_on_a_column_that_is_not_there(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(SCORES, Answers(pass_rule=PassRule(column="grade point", at_least=1)))
    assert refused.value.code == "pass_rule_column"


def test_what_the_tool_stated_is_never_computed_again(read: Any) -> None:
    answers = Answers(pass_rule=PassRule(column="score", at_least=0.5))
    done = read("case_id,passed,score,error\nc1,no,0.9,\nc2,yes,0.1,\nc3,,0.9,429\n", answers)
    assert done.cells("passed") == [False, True, None]
    assert done.report.pass_rule is None
    assert "pass_rule_unused" in done.warned
    assert "missing_values" not in done.warned


def test_mixed_scales_are_asked_about_once(read: Any) -> None:
    text = "case_id,score\nc1,0.9\nc2,85\nc3,1\nc4,70\n"
    answers = Answers(pass_rule=PassRule(column="score", at_least=0.5))
    with pytest.raises(QuestionsOpen) as asked:
        read(text, answers)
    (question,) = asked.value.questions
    assert question.key == "as_stated.score"
    assert read(text, answers.with_answer(question, "yes")).report.accepted == 4


def test_a_label_must_say_something(read: Any) -> None:
    done = read("run_id,answer_right,failure_type,note\nr1,yes,,\nr2,,invented,\nr3,,,only a note\n")
    assert done.cells("run_id") == ["r1", "r2"]
    assert done.codes == ["says_nothing"]


def test_labels_of_several_people_and_of_a_judge_stand_side_by_side(read: Any) -> None:
    done = read(
        "run_id,answer_right,reviewer,is_judge\nr1,yes,ann,\nr1,no,ben,no\nr1,no,ann,yes\nr1,no,,\nr1,yes,ben,\n"
    )
    assert done.cells("key") == [
        key_of("r1", "ann", "person"), key_of("r1", "ben", "person"), key_of("r1", "ann", "judge"),
        key_of("r1", "", "person"),
    ]  # fmt: skip
    (problem,) = done.report.problems
    assert (problem.code, problem.row) == ("duplicate_id", 6)
    assert "Row 3" in problem.reason


def test_verdict_words_are_not_read_where_they_have_two_meanings(read: Any) -> None:
    done = read("run_id,answer_right,hallucination\nr1,wrong,yes\nr2,right,wrong\n")
    assert (done.cells("answer_right"), done.cells("hallucination")) == ([False], [True])
    assert done.codes == ["unknown_label"]


def test_a_verdict_that_appears_late_is_kept_and_a_score_that_appears_late_is_asked_about(read: Any) -> None:
    early = "".join(f'{{"case_id": "c{i}", "score": 0.2}}\n' for i in range(10_000))
    answers = Answers(pass_rule=PassRule(column="score", at_least=0.5))
    done = read(early + '{"case_id": "late", "score": 0.2, "passed": true}\n', answers, name="a.jsonl")
    assert done.cells("passed") == [False] * 10_000 + [True]
    unscored = "".join(f'{{"case_id": "c{i}", "tools_expected": ["a"]}}\n' for i in range(10_000))
    with pytest.raises(QuestionsOpen) as asked:
        read(unscored + '{"case_id": "late", "score": 0.2}\n', name="a.jsonl")
    assert [question.key for question in asked.value.questions] == ["pass_rule"]


def test_a_failure_is_one_whatever_the_case_and_spaces_of_its_type(read: Any) -> None:
    same = read("run_id,failure_type,fix\nr1,Wrong tool,x\nr1,wrong  TOOL,x\nr2,wrong tool,x\n").report
    assert (same.accepted, same.duplicate, same.rejected) == (2, 1, 0)
    other = read("run_id,failure_type,fix\nr1,Wrong tool,x\nr1,wrong tool,y\n").report
    assert (other.accepted, other.duplicate, other.rejected) == (1, 0, 1)


@pytest.mark.parametrize(
    ("bar", "scores", "is_asked"),
    [
        (0.8, (90, 40), True),
        (80, (0.9, 0.4), True),
        (0.8, (0.9, 0.4), False),
        (0.8, (0, 5), False),
        (80, (90, 1), False),
        (0.8, (0, 0), False),
    ],
)
def test_a_remembered_pass_rule_is_asked_again_where_the_scores_are_of_another_scale(
    read: Any, bar: float, scores: tuple[float, float], is_asked: bool
) -> None:
    rule = Answers(pass_rule=PassRule(column="score", at_least=bar))
    earlier = (Remembered(("case_id", "score"), rule),)
    text = "case_id,score\n" + "".join(f"c{place},{score}\n" for place, score in enumerate(scores))
    if is_asked:
        with pytest.raises(QuestionsOpen) as asked:
            read(text, remembered=earlier)
        assert [question.key for question in asked.value.questions] == ["pass_rule"]
    else:
        assert read(text, remembered=earlier).report.accepted == 2
    # Said about this very file, it is taken at its word.
    assert read(text, rule).report.accepted == 2
