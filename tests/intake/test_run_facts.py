"""What teams keep beside their runs: found under usual names, asked about once, remembered for a feature."""

import json
from typing import Any

import pytest

from core.errors import InvalidDocument, Question, QuestionsOpen
from core.intake.answers import Answers, FeedbackRule
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.job import Limits, Remembered
from core.intake.sources.run_facts import Facts, suggested_fact

NO_REACTION = Answers(feedback=FeedbackRule(score=""))
HEADERS = ("id", "timestamp", "sessionId", "bookmarked", "release", "input", "output", "metadata", "tags")


def export(*metadata: dict[str, Any], tags: list[str] | None = None) -> str:
    """A Langfuse traces export with these metadata."""
    rows = (
        {
            **dict.fromkeys(HEADERS),
            "id": f"t-{place}",
            "timestamp": "2026-06-01T08:00:00Z",
            "bookmarked": False,
            "input": "hello",
            "metadata": json.dumps(one),
            "tags": tags,
        }
        for place, one in enumerate(metadata)
    )
    return "\n".join(map(json.dumps, rows))


def asked(read: Any, content: str, answers: Answers = NO_REACTION, **more: Any) -> Question:
    with pytest.raises(QuestionsOpen) as raised:
        read(content, answers, name="traces.jsonl", **more)
    (question,) = raised.value.questions
    assert question.key == "facts"
    return question


def test_usual_names_are_not_asked_about(read: Any) -> None:
    found = read(export({"segment": "gold"}, {"segment": "trial", "fallback": "yes"}), name="traces.jsonl")
    assert found.cells("user_segment") == ["gold", "trial"]
    assert found.cells("fallback") == [None, True]


def test_tags_with_a_colon_are_keys(read: Any) -> None:
    found = read(export({}, {}, tags=["tier:gold", "beta"]), name="traces.jsonl")
    assert found.cells("user_segment") == ["gold", "gold"]


TWO_TEAMS = export({"squad": "north", "gave_up": "no"}, {"squad": "south", "gave_up": "yes"})


def test_unknown_keys_are_asked_about_with_their_values(read: Any) -> None:
    question = asked(read, TWO_TEAMS)
    assert question.values == {"metadata.squad": ("north", "south"), "metadata.gave_up": ("no", "yes")}
    assert question.options["user_segment"] and question.options[""] == "not used"


def test_the_answer_fills_the_columns_and_what_is_left_out_is_not_asked_again(read: Any) -> None:
    question = asked(read, TWO_TEAMS)
    answers = NO_REACTION.with_answer(question, '{"metadata.squad": "user_segment"}')
    assert answers.facts == {"metadata.squad": "user_segment", "metadata.gave_up": ""}
    found = read(TWO_TEAMS, answers, name="traces.jsonl")
    assert found.cells("user_segment") == ["north", "south"]
    assert found.cells("fallback") == [None, None]
    assert found.outcome.answers.facts == answers.facts


def test_the_answer_is_remembered_whatever_the_columns_of_the_next_file(read: Any) -> None:
    earlier = Remembered(
        ("another", "header"),
        Answers(facts={"metadata.squad": "user_segment", "metadata.gave_up": "fallback"}),
    )
    found = read(TWO_TEAMS, NO_REACTION, name="traces.jsonl", remembered=(earlier,))
    assert found.cells("user_segment") == ["north", "south"]
    assert found.cells("fallback") == [False, True]
    assert found.outcome.answers.facts["metadata.gave_up"] == "fallback"


def test_after_an_answer_only_a_key_that_its_name_gives_away_is_asked_about(read: Any) -> None:
    earlier = Remembered((), Answers(facts={"metadata.squad": ""}))
    quiet = export({"squad": "north", "colour": "red"}, {"squad": "south", "colour": "blue"})
    assert read(quiet, NO_REACTION, name="traces.jsonl", remembered=(earlier,)).report.accepted == 2
    telling = export({"squad": "north", "customer_tier": "a"}, {"squad": "south", "customer_tier": "b"})
    question = asked(read, telling, remembered=(earlier,))
    assert list(question.values) == ["metadata.customer_tier"]


def test_a_key_that_was_given_another_meaning_loses_its_usual_one(read: Any) -> None:
    answers = NO_REACTION.model_copy(update={"facts": {"metadata.source": "", "metadata.plan": "user_role"}})
    content = export({"source": "crawler", "plan": "pro"}, {"source": "mail", "plan": "free"})
    found = read(content, answers, name="traces.jsonl")
    assert found.cells("channel") == [None, None]
    assert (found.cells("user_role"), found.cells("user_segment")) == (["pro", "free"], [None, None])


@pytest.mark.parametrize(
    "metadata",
    [
        [{"langgraph_step": "1"}, {"langgraph_step": "2"}],  # written by a library
        [{"order_id": "a"}, {"order_id": "b"}],  # an id names no group
        [{"note": "a long story about what happened " * 3}, {"note": "another long story " * 5}],
        [{"shape": {}}, {"shape": []}],
        [{"always": "same"}, {"always": "same"}],
        [{f"key{n}": str(n)} for n in range(500)],
        [None, "text", 7, [1, 2]],
    ],
)
def test_what_cannot_split_the_runs_is_never_asked_about(read: Any, metadata: list[Any]) -> None:
    found = read(export(*metadata), NO_REACTION, name="traces.jsonl")
    assert found.report.accepted == len(metadata)


def test_values_that_cannot_be_the_column_are_left_out_and_counted(read: Any) -> None:
    answers = NO_REACTION.model_copy(update={"facts": {"metadata.sure": "confidence"}})
    found = read(export({"sure": 0.5}, {"sure": "very"}, {"sure": 7}), answers, name="traces.jsonl")
    assert found.cells("confidence") == [0.5, None, None]
    assert "Values that cannot be confidence (a number from 0 to 1), left out: 2." in [
        notice.sentence for notice in found.report.warnings
    ]


def test_a_flag_has_to_be_yes_or_no(read: Any) -> None:
    found = read(export({"fallback": "yes"}, {"fallback": "maybe"}), name="traces.jsonl")
    assert found.cells("fallback") == [True, None]
    assert "Values that cannot be fallback (yes or no), left out: 1." in [
        notice.sentence for notice in found.report.warnings
    ]


@pytest.mark.parametrize(
    ("used", "stated", "segment"),
    [
        ({}, '{"plan": "gold", "squad": "north"}', "gold"),
        ({"metadata.squad": "user_segment"}, '{"plan": "gold", "squad": "north"}', "north"),
        ({"metadata.squad": "user_segment"}, {"plan": "gold", "squad": ""}, "gold"),
        ({"metadata.plan": ""}, {"plan": "gold"}, None),
        ({}, {"plan": ["gold"]}, None),
        ({}, "{}", None),
        ({}, None, None),
    ],
)
def test_one_fact_is_read_by_the_same_names_and_asks_about_no_key(
    used: dict[str, str], stated: Any, segment: str | None
) -> None:
    reading = Reading(Answers(facts=used), Limits(), Doubts(), Notices())
    facts = Facts(reading)
    assert facts.one("user_segment", "metadata", stated) == segment
    facts.tell()
    assert (reading.doubts.open, reading.notices.listed()) == (False, ())


@pytest.mark.parametrize(
    ("key", "values", "column"),
    [
        ("metadata.customer_tier", ["gold"], "user_segment"),
        ("metadata.gold_tool", ["lookup"], "tool_expected"),
        ("metadata.model_confidence", ["0.4"], "confidence"),
        ("metadata.model_confidence", ["high"], ""),
        ("tags.handed_over", ["yes"], ""),
        ("tags.handover", ["yes", "no"], "escalated"),
        ("metadata.colour", ["red"], ""),
    ],
)
def test_what_a_key_most_likely_holds(key: str, values: list[str], column: str) -> None:
    assert suggested_fact(key, values) == column


@pytest.mark.parametrize("choice", ["[]", "no json", '{"metadata.squad": 7}', '{"metadata.squad": "colour"}'])
def test_an_answer_that_cannot_be_one_is_refused_in_words(choice: str) -> None:
    question = Question("facts", "?", {}, values={"metadata.squad": ("north",)})
    with pytest.raises(InvalidDocument):
        Answers().with_answer(question, choice)
