"""Whose bar it is, after somebody has changed what an item demands."""

from typing import Any

import pytest

from core.criteria.bar_source import with_own_source
from core.criteria.checklist import AttestedItem, MeasuredItem

FROM_TEMPLATE = MeasuredItem.model_validate(
    {
        "id": "answers",
        "metric": "answer_correctness",
        "source": "label",
        "bar": 0.8,
        "threshold_source": "Template: ready for everyone.",
        "good_evidence": "200 reviewed traces.",
    }
)
KEPT = (FROM_TEMPLATE.threshold_source, FROM_TEMPLATE.good_evidence)


def told(old: MeasuredItem, **edit: Any) -> tuple[str, str]:
    """The source of the bar and the good evidence after Ada's ``edit``."""
    body = with_own_source(old, old.model_dump(mode="json") | edit, "Ada")
    return body["threshold_source"], body["good_evidence"]


@pytest.mark.parametrize(
    ("edit", "source", "keeps_evidence"),
    [
        ({"bar": 0.7}, "Set by Ada, changed from above 80 %", True),
        ({"direction": "below"}, "Set by Ada, changed from above 80 %", True),
        (
            {"source": "eval"},
            "Set by Ada, changed from above 80 %, measured from reviewers' labels",
            False,
        ),
        ({"slice": {"task_type": "billing"}}, "Set by Ada, changed from above 80 %, on all traffic", True),
        ({"metric": "grounded_rate"}, "Set by Ada, changed from Answer correctness above 80 %", False),
    ],
)
def test_a_changed_demand_is_the_editors(edit: dict[str, Any], source: str, keeps_evidence: bool) -> None:
    assert told(FROM_TEMPLATE, **edit) == (source, KEPT[1] if keeps_evidence else "")


@pytest.mark.parametrize(
    "edit", [{}, {"owner": "Ben"}, {"tier": "advisory"}, {"minimum_n": 50}, {"valid_days": 30}]
)
def test_what_demands_the_same_keeps_its_source(edit: dict[str, Any]) -> None:
    assert told(FROM_TEMPLATE, **edit) == KEPT


def test_words_that_the_edit_itself_changed_are_kept() -> None:
    edit = {"source": "eval", "threshold_source": "Our SLA.", "good_evidence": "The golden set."}
    assert told(FROM_TEMPLATE, **edit) == ("Our SLA.", "The golden set.")


def test_the_old_part_of_the_traffic_is_named() -> None:
    old = FROM_TEMPLATE.model_copy(update={"slice": {"task_type": "billing"}})
    assert told(old, slice={})[0] == "Set by Ada, changed from above 80 %, only where task_type = billing"


def test_a_count_is_a_bar_too() -> None:
    old = MeasuredItem.model_validate(
        {"id": "made_up", "metric": "hallucinations_in_first", "source": "label", "count": 100}
    )
    assert told(old, count=50)[0] == "Set by Ada, changed from none in the first 100"


def test_long_names_still_fit_the_field() -> None:
    old = FROM_TEMPLATE.model_copy(update={"slice": {"task_type": "a" * 600}})
    body = with_own_source(old, old.model_dump(mode="json") | {"slice": {}}, "Ada")
    assert MeasuredItem.model_validate(body).threshold_source.startswith("Set by Ada")


def test_new_items_and_questions_are_left_alone() -> None:
    question = AttestedItem(id="question", sentence="Is there a runbook?")
    body = question.model_dump(mode="json") | {"sentence": "Is there a plan?"}
    assert with_own_source(question, body, "Ada") == body
    assert with_own_source(None, body, "Ada") == body
