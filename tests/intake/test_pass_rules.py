"""Pass rules over metrics: what is asked, what is computed, what is remembered, what the report counts."""

import json
from typing import Any

import pytest

from core.errors import InvalidDocument, Question, QuestionsOpen, UnreadableFile
from core.intake.answers import Answers
from core.intake.job import Remembered
from core.intake.pass_rule import Bar, PassRule
from core.intake.report import Outcomes


def results(*metrics: dict[str, Any] | None, **more: list[Any]) -> str:
    """Eval results as JSON lines, with these metrics."""
    rows = []
    for place, found in enumerate(metrics):
        row: dict[str, Any] = {"case_id": f"c{place}", "metrics": found}
        row |= {name: values[place] for name, values in more.items()}
        rows.append(json.dumps(row))
    return "\n".join(rows) + "\n"


def asked(read: Any, text: str, *args: Any, **more: Any) -> Question:
    with pytest.raises(QuestionsOpen) as open_ones:
        read(text, *args, name="results.jsonl", **more)
    (question,) = open_ones.value.questions
    return question


RULE = PassRule(
    column="faithfulness", at_least=0.8, further=(Bar(column="toxicity", at_most=0.2),), need="all"
)
ANY = RULE.model_copy(update={"need": "any"})
ONE = PassRule(column="faithfulness", at_least=0.8)
SCORED = results(
    {"faithfulness": 0.8, "toxicity": 0.2},
    {"faithfulness": 0.9, "toxicity": 0.3},
    {"faithfulness": 0.1, "toxicity": 0.9},
    {"faithfulness": None, "toxicity": 0.1},
    {"toxicity": 0.1},
    None,
)


def test_the_metrics_are_offered_with_what_is_known_of_them(read: Any) -> None:
    text = results(
        {"faithfulness": 0.5, "toxicity": 0.1, "exact": 1, "hallucinated": True, "grade": "A"},
        {"faithfulness": 0.75, "toxicity": 0, "exact": 0, "hallucinated": False, "words": 12},
    )
    question = asked(read, text)
    assert question.key == "pass_rule"
    assert question.options == {
        "faithfulness": "“faithfulness” decides; its values are for example 0.5, 0.75.",
        "toxicity": "“toxicity” decides; its values are for example 0.1, 0; lower is better.",
        "exact": "“exact” decides; its values are for example 1, 0.",
        "hallucinated": "“hallucinated” decides; its values are for example 1, 0; lower is better.",
        "words": "“words” decides; its values are for example 12; 1 of 2 rows do not have it.",
    }
    assert question.values == {
        "faithfulness": ("at_least", "", "to 1"),
        "toxicity": ("at_most", "", "to 1"),
        "exact": ("at_least", "1", "to 1"),
        "hallucinated": ("at_most", "0", "to 1"),
        "words": ("at_least", "", "above 10"),
    }


def test_the_direction_that_the_file_states_is_taken(read: Any) -> None:
    text = results({"drift": 0.5}, {"drift": 0.75}, lower_is_better=[["drift"], None])
    assert asked(read, text).values == {"drift": ("at_most", "", "to 1")}


def test_the_question_shows_metrics_that_come_late(read: Any) -> None:
    text = results(*[{"early": 0.5}] * 10_000, {"late": 1})
    assert list(asked(read, text).options) == ["early", "late"]


@pytest.mark.parametrize(
    ("rule", "passed"),
    [
        (ONE, [True, True, False, None, None, None]),
        (RULE, [True, False, False, None, None, None]),
        (ANY, [True, True, False, None, None, None]),
        (PassRule(column="Toxicity", at_most=0.1), [False, False, False, True, True, None]),
    ],
)
def test_a_rule_decides_and_a_missing_score_is_never_a_pass(
    read: Any, rule: PassRule, passed: list[bool | None]
) -> None:
    done = read(SCORED, Answers(pass_rule=rule), name="results.jsonl")
    assert done.cells("passed") == passed
    assert done.report.pass_rule == rule
    assert "missing_values" in done.warned


def test_an_error_wins_over_any_score_and_the_report_counts_each_outcome(read: Any) -> None:
    scores = [{"faithfulness": one} for one in (0.9, 0.9, 0.9, 0.9, 0.1, None, 0.9)]
    text = results(
        *scores,
        error=[None, "HTTP 500", None, None, None, None, None],
        error_kind=[None, None, "judge", "limit", None, None, None],
        of_whole_suite=[None] * 6 + [True],
    )
    done = read(text, Answers(pass_rule=ONE), name="results.jsonl")
    assert done.cells("passed") == [True, None, None, None, False, None, True]
    assert done.report.outcomes == Outcomes(
        total=6, passed=1, failed=1, run_errors=1, judge_errors=1, limit_errors=1, unscored=1
    )
    (notice,) = [one for one in done.report.warnings if one.code == "errors_unscored"]
    assert notice.sentence == (
        "Results for which something did not work: 3 (run errors 1: a run that failed counts as not passed, "
        "judge errors 1: left out of the rates, limit errors 1: left out of the rates)."
    )


def test_files_without_results_have_no_outcomes(read: Any) -> None:
    assert read("run_id,query\nr1,q\n").report.outcomes is None


def test_a_rule_may_join_a_column_and_a_metric(read: Any) -> None:
    rule = PassRule(column="score", at_least=3, further=(Bar(column="toxicity", at_most=0.2),))
    done = read(
        results({"toxicity": 0.1}, {"toxicity": 0.9}, score=[4, 4]), Answers(pass_rule=rule), name="a.jsonl"
    )
    assert (done.cells("score"), done.cells("passed")) == ([4.0, 4.0], [True, False])


def test_a_rule_on_a_metric_that_comes_late_counts_from_the_first_row(read: Any) -> None:
    done = read(
        results(*[{"early": 1}] * 10_000, {"late": 1}),
        Answers(pass_rule=PassRule(column="late", at_least=1)),
        name="a.jsonl",
    )
    assert done.cells("passed") == [None] * 10_000 + [True]


def test_a_rule_on_a_metric_that_no_row_has_is_refused(read: Any) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(SCORED, Answers(pass_rule=PassRule(column="relevancy", at_least=1)), name="a.jsonl")
    assert refused.value.code == "pass_rule_column"
    assert refused.value.mend == "The file has: faithfulness, toxicity."


# What is remembered of earlier files

OTHER_HEADERS = ("case_id", "metrics", "query")


def test_a_rule_is_remembered_for_files_with_the_same_metrics(read: Any) -> None:
    earlier = (Remembered(OTHER_HEADERS, Answers(pass_rule=RULE)),)
    done = read(SCORED, name="results.jsonl", remembered=earlier)
    assert done.cells("passed")[:3] == [True, False, False]
    assert done.outcome.answers.pass_rule == RULE
    (notice,) = [one for one in done.report.warnings if one.code == "pass_rule_remembered"]
    assert notice.sentence == (
        "As you answered for an earlier file: passed is where “faithfulness” is at least 0.8 and “toxicity”"
        " is at most 0.2."
    )


@pytest.mark.parametrize("headers", [OTHER_HEADERS, ("case_id", "metrics")])
@pytest.mark.parametrize(
    "metrics", [[{"faithfulness": 0.9}, {"faithfulness": 0.1}], [{"faithfulness": 90, "toxicity": 10}] * 2]
)
def test_a_remembered_rule_is_asked_again_where_it_does_not_fit(
    read: Any, metrics: list[dict[str, Any]], headers: tuple[str, ...]
) -> None:
    earlier = (Remembered(headers, Answers(pass_rule=RULE)),)
    assert asked(read, results(*metrics), remembered=earlier).key == "pass_rule"


@pytest.mark.parametrize("headers", [OTHER_HEADERS, ("case_id", "metrics")])
@pytest.mark.parametrize(
    ("rule", "scores", "is_asked"),
    [
        (PassRule(column="right", at_least=1), [1, 0], False),
        (PassRule(column="right", at_least=1), [1, 0.9], True),
        (PassRule(column="right", at_least=1), [1, 3], False),
        (PassRule(column="right", at_least=0.8), [1, 0.9], False),
        (PassRule(column="right", at_most=0), [1, 0], False),
        (PassRule(column="right", at_most=0), [0, 0.1], True),
        (PassRule(column="other", at_least=0, further=(Bar(column="right", at_least=1),)), [1, 0.9], True),
    ],
)
def test_a_remembered_bar_for_yes_and_no_is_asked_again_where_scores_lie_between(
    read: Any, headers: tuple[str, ...], rule: PassRule, scores: list[float], is_asked: bool
) -> None:
    text = results(*[{"right": score, "other": 0.5} for score in scores])
    earlier = (Remembered(headers, Answers(pass_rule=rule)),)
    if is_asked:
        assert asked(read, text, remembered=earlier).key == "pass_rule"
    else:
        done = read(text, name="results.jsonl", remembered=earlier)
        assert done.report.pass_rule == rule
        said = " ".join(one.sentence for one in done.report.warnings).casefold()
        assert "as you answered for an earlier file" in said
        assert f"passed {'is ' if headers == OTHER_HEADERS else ''}where {rule}" in said


def test_a_bar_for_yes_and_no_that_the_user_gives_for_this_file_counts(read: Any) -> None:
    done = read(
        results({"a": 0.9}, {"a": 1}), Answers(pass_rule=PassRule(column="a", at_least=1)), name="a.jsonl"
    )
    assert done.cells("passed") == [False, True]


@pytest.mark.parametrize(
    ("names", "first", "last"),
    [
        (["tool_selection", "includes"], "includes", "tool_selection"),
        (["latency_ms", "helpfulness"], "helpfulness", "latency_ms"),
        (["safety", "tone", "exactMatch"], "exactMatch", "safety"),
        (["tool_call_accuracy", "tone"], "tone", "tool_call_accuracy"),
        (["compassion", "inequality", "pass"], "pass", "inequality"),
        (["format_match", "answer_correctness", "cost"], "answer_correctness", "cost"),
        (["passed_harm_check", "Accuracy"], "Accuracy", "passed_harm_check"),
    ],
)
def test_the_score_that_speaks_of_the_answer_is_offered_first(
    read: Any, names: list[str], first: str, last: str
) -> None:
    order = list(asked(read, results(*[dict.fromkeys(names, n) for n in (0, 1)])).options)
    assert (order[0], order[-1]) == (first, last)


def test_the_newest_rule_that_fits_is_taken(read: Any) -> None:
    rules = [PassRule(column="absent", at_least=1), ONE, RULE]
    earlier = tuple(Remembered(OTHER_HEADERS, Answers(pass_rule=rule)) for rule in rules)
    assert read(SCORED, name="results.jsonl", remembered=earlier).report.pass_rule == ONE


# The answer in words


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("faithfulness at_least 0.8", ONE),
        ("faithfulness at_least 0.8 and toxicity at_most 0.2", RULE),
        ("faithfulness at_least 0.8 or toxicity at_most 0.2", ANY),
        ("pros and cons at_least 1 or x at_most 2",
         PassRule(column="pros and cons", at_least=1, further=(Bar(column="x", at_most=2),), need="any")),
        ("at_least at_least -1e-3", PassRule(column="at_least", at_least=-0.001)),
    ],
)  # fmt: skip
def test_a_rule_in_words(words: str, rule: PassRule) -> None:
    question = Question("pass_rule", "?", {"faithfulness": "…"})
    assert Answers().with_answer(question, words).pass_rule == rule


@pytest.mark.parametrize(
    "words",
    ["", "x", "x at_least", "x at_least one", "x at_least 1 and", "x at_least 1 and y", "x at_least nan",
     "x at_least 1 and y at_most 2 or z at_most 3"],
)  # fmt: skip
def test_words_that_are_no_rule_are_told(words: str) -> None:
    with pytest.raises(InvalidDocument):
        Answers().with_answer(Question("pass_rule", "?", {"x": "…"}), words)


# A column of verdicts that says nothing


def test_a_blank_column_of_verdicts_is_no_verdict(read: Any) -> None:
    question = asked(read, results({"a": 0.5}, {"a": 1}, passed=[None, None]))
    assert list(question.options) == ["a"]


def test_where_every_row_failed_to_run_there_is_nothing_to_ask(read: Any) -> None:
    done = read(results({"a": 0.5}, passed=[None], error=["timeout"]), name="a.jsonl")
    assert done.cells("passed") == [None]
