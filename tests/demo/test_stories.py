"""The story files: complete, consistent with the catalogue of columns, and refused when wrong."""

import tomllib
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from core.actions.bundle_files import bundle_of
from core.criteria.checklist import read_checklist
from core.criteria.scope import read_scope
from core.demo.stories import FOLDER, Story, load_stories, tour_slugs
from core.evidence.bundle_parts import BundlePart
from core.evidence.failure_words import STARTER_CAUSES
from core.intake.tool_lists import read_tools
from core.rollout.bundle import changed_parts

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
    documents = story.documents(date(2026, 3, 2))
    parts = ("feature", "checklist", "plan", "attestations")
    assert {key: documents[key] for key in parts} == {key: written[key] for key in parts}
    assert list(documents) == ["feature", "scope", "checklist", "plan", "attestations"]
    assert {key: value for key, value in documents["scope"].items() if key != "decisions"} == {
        key: value for key, value in written["scope"].items() if key != "decisions"
    }


def test_decisions_of_the_scope_were_made_before_the_first_trace() -> None:
    scopes = {story.feature.slug: read_scope(story.documents(date(2026, 3, 2))["scope"]) for story in STORIES}
    assert scopes["refund-agent"].decisions.workflow.decided_on == date(2026, 1, 27)
    assert scopes["refund-agent"].decisions.rollout.decided_on == date(2026, 2, 24)
    assert {slug: scope.decided for slug, scope in scopes.items()} == {
        "meeting-summaries": 6,
        "refund-agent": 6,
        "shipment-assistant": 3,
    }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.feature.slug)
def test_the_releases_of_a_story_can_be_registered(story: Story) -> None:
    releases = [bundle_of(section) for section in story.bundle.sections()]
    live = releases[-1]
    assert (live.name, live.part(BundlePart.MODEL).version) == (story.bundle.name, story.bundle.model)
    assert live.part(BundlePart.PROMPT).version == story.bundle.prompt_version
    for earlier in releases[:-1]:
        assert changed_parts(earlier, live) == (BundlePart.PROMPT,)
    kinds = {failure.name for failure in story.failures}
    assert {one.failure_type for one in story.mended} <= kinds
    for one in story.attacks:
        assert one.stopped_days_ago is None or (one.stopped_days_ago < one.found_days_ago and one.note)
    if story.bundle.tool_list:
        assert {one.name for one in read_tools(story.bundle.tool_list.encode())} == {
            story.lookup_tool,
            *story.tools,
        }


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.feature.slug)
def test_a_word_names_one_root_cause_of_a_failure_type(story: Story) -> None:
    for failure in story.failures:
        words = [cause.word for cause in failure.root_causes]
        assert len(set(words)) == len(words)
        assert [failure.cause(word).word for word in words] == words
    assert {cause.word for failure in story.failures for cause in failure.root_causes} <= set(STARTER_CAUSES)


def test_the_first_look_round_leads_to_two_stories() -> None:
    told = {story.tour_stop: story.feature.slug for story in STORIES if story.tour_stop}
    assert tour_slugs() == told == {"no_go": "refund-agent", "more_cases": "shipment-assistant"}


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
