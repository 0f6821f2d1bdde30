"""What depends on which part of a release: every metric and every item of a template has an entry."""

import pytest

from core.criteria.checklist import AttestedItem, MeasuredItem, read_checklist
from core.criteria.dependencies import DEPENDENCIES, THRESHOLD_PARTS, parts_of
from core.criteria.gallery import gallery
from core.criteria.loosening import loosenings
from core.criteria.stakes import FloorPart
from core.errors import InvalidDocument
from core.evidence.bundle_parts import BundlePart
from core.metrics.catalogue import CATALOGUE

P = BundlePart


def item_of(**fields: object) -> AttestedItem | MeasuredItem:
    body = {"kind": "attested", "id": "own", "sentence": "It is so.", **fields}
    return read_checklist({"items": [body]}).items[0]


def test_every_metric_and_every_question_of_a_template_has_an_entry() -> None:
    assert set(DEPENDENCIES.metrics) == set(CATALOGUE)
    assert all(DEPENDENCIES.metrics.values()), "a metric that depends on nothing would never go stale"
    assert set(DEPENDENCIES.floor) == set(FloorPart)
    assert THRESHOLD_PARTS
    items = [item for one in gallery(None).templates for item in one.checklist.items]
    questions = {item.id for item in items if isinstance(item, AttestedItem)}
    assert set(DEPENDENCIES.questions) == questions
    measured = [item for item in items if isinstance(item, MeasuredItem)]
    assert measured and all(parts_of(item) for item in measured)
    # Only what the runbook says of people makes an answer about people stale, and no number depends on it.
    assert P.RUNBOOK not in {part for parts in DEPENDENCIES.metrics.values() for part in parts}


@pytest.mark.parametrize(
    ("fields", "parts"),
    [
        ({"id": "blocker_owner"}, (P.RUNBOOK,)),
        ({"id": "no_workarounds"}, ()),
        ({"floor": "approval"}, (P.TOOLS, P.POLICY)),
        ({"theme": "2 Costs"}, (P.MODEL, P.PROMPT, P.RETRIEVER, P.TOOLS)),
        ({"theme": "Latest words"}, (P.MODEL, P.PROMPT, P.PARSER, P.RETRIEVER, P.TOOLS, P.POLICY)),
        ({"depends_on": ["runbook", "model"]}, (P.MODEL, P.RUNBOOK)),
        ({"depends_on": ["nothing"], "id": "blocker_owner"}, ()),
        (
            {"kind": "measured", "metric": "cost_per_task", "source": "trace", "bar": 1},
            (P.MODEL, P.PROMPT, P.RETRIEVER, P.TOOLS),
        ),
        (
            {"kind": "measured", "metric": "cost_per_task", "source": "eval", "bar": 1},
            (P.MODEL, P.PROMPT, P.RETRIEVER, P.TOOLS, P.SUITE),
        ),
    ],
)
def test_what_an_item_depends_on(fields: dict[str, object], parts: tuple[BundlePart, ...]) -> None:
    if fields.get("kind") == "measured":
        fields = {"sentence": "", **fields}
    assert parts_of(item_of(**fields)) == parts


def test_the_field_is_written_only_where_it_says_something() -> None:
    assert "depends_on" not in item_of().model_dump(mode="json")
    assert item_of(depends_on=["tools", "model"]).model_dump(mode="json")["depends_on"] == ["model", "tools"]
    for wrong in (["weather"], ["nothing", "model"]):
        with pytest.raises(InvalidDocument):
            item_of(depends_on=wrong)


def test_to_depend_on_less_is_to_loosen() -> None:
    before = read_checklist({"items": [item_of(id="blocker_owner").model_dump(mode="json")]})
    after = read_checklist({"items": [item_of(id="blocker_owner", depends_on=["nothing"]).model_dump()]})
    (said,) = loosenings(before, after)
    assert said.endswith(
        "no longer goes stale when these parts of the release change: runbook and escalation guide."
    )
    assert loosenings(after, before) == ()
