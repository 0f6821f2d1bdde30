"""The story files: complete, consistent with the catalogue of columns, and refused when wrong."""

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from core.criteria.checklist import read_checklist
from core.demo.stories import FOLDER, Story, load_stories

STORIES = load_stories()


def refund_story() -> dict[str, Any]:
    return tomllib.loads((FOLDER / "refund-agent.toml").read_text(encoding="utf-8"))


def test_three_features_with_different_stakes() -> None:
    assert {story.feature.slug: story.feature.stakes for story in STORIES} == {
        "meeting-summaries": "low",
        "refund-agent": "high",
        "shipment-assistant": "medium",
    }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.feature.slug)
def test_a_story_is_consistent(story: Story) -> None:
    checklist = read_checklist(story.checklist)
    attested = [item.id for item in checklist.items if item.kind == "attested"]
    slices = [item.slice for item in checklist.items if item.kind == "measured"]
    assert attested == [attestation["item"] for attestation in story.attestations]
    assert all(where.get("task_type") in {None, *(task.name for task in story.tasks)} for where in slices)
    assert story.review.shares[0] == 1, "the first traces must all be reviewed"
    assert abs(sum(story.answer_shift)) <= 0.02, "weeks may swing, but not move the whole rate"


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.feature.slug)
def test_documents_hold_what_the_story_file_says_and_nothing_else(story: Story) -> None:
    written = tomllib.loads((FOLDER / f"{story.feature.slug}.toml").read_text(encoding="utf-8"))
    assert story.documents() == {key: written[key] for key in ("feature", "checklist", "attestations")}


def test_a_phrase_with_an_unknown_slot_is_refused() -> None:
    body = refund_story()
    body["closings"] = ["Thanks, {nobody}!"]
    with pytest.raises(ValidationError, match="nobody"):
        Story.model_validate(body)


def test_a_misspelt_key_is_refused() -> None:
    body = refund_story()
    body["traffic"]["chanels"] = {"web": 1}
    with pytest.raises(ValidationError, match="chanels"):
        Story.model_validate(body)


def test_failures_without_an_invented_answer_are_refused() -> None:
    body = refund_story()
    body["failures"] = [failure for failure in body["failures"] if failure["effect"] != "invented"]
    with pytest.raises(ValidationError, match="invented"):
        Story.model_validate(body)
