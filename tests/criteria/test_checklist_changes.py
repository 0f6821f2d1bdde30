"""What an edit of a checklist changes, in sentences; and the templates that a checklist starts from."""

from typing import Any

import pytest

from core.criteria.changes import changed_items
from core.criteria.checklist import (
    AttestedItem,
    Checklist,
    MeasuredItem,
    Tier,
    read_checklist,
)
from core.criteria.gallery import template, templates
from core.criteria.stakes import Stakes
from core.criteria.wording import bar_words, item_sentence
from core.errors import WrongUsage

ANSWERS: dict[str, Any] = {
    "kind": "measured",
    "id": "answers",
    "metric": "answer_correctness",
    "source": "label",
    "bar": 0.8,
}
QUESTION: dict[str, Any] = {"kind": "attested", "id": "question", "sentence": "Is there a runbook?"}


def checklist(*items: dict[str, Any], stakes: str = "low") -> Checklist:
    return read_checklist({"stakes": stakes, "items": list(items)})


@pytest.mark.parametrize(
    ("before", "after", "sentences"),
    [
        (checklist(ANSWERS), checklist(ANSWERS), []),
        (checklist(), checklist(), []),
        (checklist(), checklist(ANSWERS), ["Added: Answer correctness is above 80 %"]),
        (checklist(ANSWERS, QUESTION), checklist(QUESTION), ["Removed: Answer correctness is above 80 %"]),
        # The order of the items is no part of what they demand.
        (checklist(ANSWERS, QUESTION), checklist(QUESTION, ANSWERS), []),
        (
            checklist(ANSWERS),
            checklist(ANSWERS | {"bar": 0.7}),
            ["Answer correctness, bar: above 80 % → above 70 %"],
        ),
        (
            checklist(ANSWERS),
            checklist(ANSWERS | {"tier": "advisory", "minimum_n": 50}),
            ["Answer correctness, if it fails: blocks → advisory", "Answer correctness, least cases: 0 → 50"],
        ),
        (
            checklist(ANSWERS),
            checklist(ANSWERS | {"slice": {"task_type": "billing"}}),
            ["Answer correctness, only where: everything → task_type = billing"],
        ),
        (
            checklist(ANSWERS),
            checklist(ANSWERS | {"source": "eval"}),
            ["Answer correctness, measured from: reviewers' labels → eval results"],
        ),
        (checklist(stakes="low"), checklist(stakes="high"), ["Stakes: low → high"]),
        (
            checklist(ANSWERS, stakes="high"),
            checklist(QUESTION, stakes="low"),
            ["Stakes: high → low", "Added: Is there a runbook?", "Removed: Answer correctness is above 80 %"],
        ),
    ],
)
def test_changed_items(before: Checklist, after: Checklist, sentences: list[str]) -> None:
    assert list(changed_items(before, after)) == sentences


def test_an_item_that_becomes_a_question_shows_it() -> None:
    sentences = changed_items(checklist(ANSWERS), checklist(QUESTION | {"id": "answers"}))
    assert "Answer correctness, kind: measured → attested" in sentences


def test_every_template_loads_and_explains_itself() -> None:
    found = templates()
    assert [card.id for card in found] == [template(card.id).id for card in found]
    for card in found:
        assert card.name and card.for_whom and card.about
        assert card.checklist.template == card.id
        assert any(item.decides for item in card.checklist.items)


def test_every_item_of_a_template_says_where_it_is_from_and_what_failing_means() -> None:
    for card in templates():
        for item in card.checklist.items:
            assert item.when_it_fails and item.good_evidence, item.id
            if isinstance(item, MeasuredItem):
                assert item.threshold_source, item.id


def test_ready_for_everyone_is_the_six_bars() -> None:
    items = template("ready_for_everyone").checklist.items
    bars = [
        (item.metric, item.source.value, bar_words(item)) for item in items if isinstance(item, MeasuredItem)
    ]
    assert bars == [
        ("tool_selection_accuracy", "label", "above 90 %"),
        ("answer_correctness", "label", "above 80 %"),
        ("user_acceptance", "feedback", "above 75 %"),
        ("latency_p95", "trace", "below 8 s"),
        ("hallucinations_in_first", "label", "none in the first 100"),
    ]
    assert [item.sentence for item in items if isinstance(item, AttestedItem)] == [
        "The ten most frequent failure modes are handled."
    ]
    assert {item.tier for item in items} == {Tier.BLOCKS}


def test_the_bars_as_sentences() -> None:
    items = template("ready_for_everyone").checklist.items
    assert [item_sentence(item) for item in items if isinstance(item, MeasuredItem)] == [
        "Tool selection accuracy is above 90 %",
        "Answer correctness is above 80 %",
        "User acceptance is above 75 %",
        "p95 latency is below 8 s",
        "No hallucinations in the first 100 traces",
    ]


@pytest.mark.parametrize("stakes", Stakes)
def test_a_template_takes_the_stakes_of_the_feature(stakes: Stakes) -> None:
    card = template("ready_for_everyone")
    assert card.with_stakes(stakes).stakes is stakes
    assert card.with_stakes(stakes).items == card.checklist.items


def test_an_unknown_template_is_refused_with_those_there_are() -> None:
    with pytest.raises(WrongUsage, match=r"no template “x”\. Choose one of: .*ready_for_everyone"):
        template("x")
