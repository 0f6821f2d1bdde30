"""The least that a checklist keeps: by stakes, what lacks, and what may not be given up."""

import pytest

from core.criteria.checklist import AttestedItem, Checklist, Tier
from core.criteria.floors import FLOOR, check_floor, demands, lacking, missing_items
from core.criteria.stakes import FloorPart, Stakes
from core.errors import InvalidDocument

OTHER = AttestedItem(id="other", sentence="Somebody is on call.")


def kept(*parts: FloorPart, stakes: Stakes = Stakes.LOW, tier: Tier = Tier.BLOCKS) -> Checklist:
    items = tuple(FLOOR[part].item.model_copy(update={"tier": tier}) for part in parts)
    return Checklist(stakes=stakes, items=(*items, OTHER))


@pytest.mark.parametrize(
    ("stakes", "parts"),
    [
        (Stakes.LOW, ["examples", "abstention", "rollback"]),
        (Stakes.MEDIUM, ["examples", "abstention", "rollback", "escalation"]),
        (Stakes.HIGH, ["examples", "abstention", "rollback", "escalation", "attacks", "approval"]),
    ],
)
def test_higher_stakes_keep_more(stakes: Stakes, parts: list[str]) -> None:
    assert [part.value for part in demands(stakes)] == parts
    assert lacking(Checklist(stakes=stakes)) == demands(stakes)


def test_what_is_there_lacks_no_more() -> None:
    assert lacking(kept(FloorPart.EXAMPLES)) == (FloorPart.ABSTENTION, FloorPart.ROLLBACK)
    assert lacking(kept(*demands(Stakes.LOW))) == ()


def test_an_advisory_item_keeps_nothing() -> None:
    assert FloorPart.EXAMPLES in lacking(kept(FloorPart.EXAMPLES, tier=Tier.ADVISORY))


def test_only_what_lacks_is_added() -> None:
    added = missing_items(kept(FloorPart.EXAMPLES), tuple(FloorPart))
    assert [item.floor for item in added] == [FloorPart.ABSTENTION, FloorPart.ROLLBACK]
    assert all(item.when_it_fails and item.good_evidence and item.owner_role for item in added)


@pytest.mark.parametrize(
    "after", [kept(), kept(FloorPart.ROLLBACK, tier=Tier.ADVISORY)], ids=["removed", "made advisory"]
)
def test_a_part_of_the_least_is_not_given_up(after: Checklist) -> None:
    with pytest.raises(InvalidDocument, match=r"One safe way back.*goes wrong one day") as refused:
        check_floor(kept(FloorPart.ROLLBACK), after)
    assert "answer it so, with a reason" in refused.value.mend


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (kept(), kept()),
        (kept(FloorPart.EXAMPLES), kept(FloorPart.EXAMPLES, FloorPart.ROLLBACK)),
        (kept(FloorPart.APPROVAL, stakes=Stakes.HIGH), kept(stakes=Stakes.LOW)),
        (kept(FloorPart.EXAMPLES), kept(FloorPart.EXAMPLES, stakes=Stakes.HIGH)),
    ],
    ids=["never had it", "more", "lower stakes ask less", "higher stakes only show what lacks"],
)
def test_other_edits_are_free(before: Checklist, after: Checklist) -> None:
    check_floor(before, after)
