"""Labels by whoever wrote the bar cannot be the only ones behind a GO."""

from dataclasses import replace

import pytest

from core.criteria.checklist import read_checklist
from core.criteria.judge import Row
from core.criteria.own_labels import LabelHands, seen_by_others
from core.criteria.verdict import Verdict

BODY = {
    "kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.5,
}  # fmt: skip
(ITEM,) = read_checklist({"stakes": "low", "items": [BODY]}).items
ROW = Row(ITEM, "Answer correctness", "at least 50 %", Verdict.GO, "Shown to be at least 86 %.")
ADA, BOTH = ("Ada",), ("Ada", "Ben")

CASES = [
    (LabelHands(40, 40, ADA), "All 40 labels are by Ada, who wrote the checklist or the plan: "),
    (LabelHands(1_000, 1_000, BOTH), "All 1,000 labels are by Ada and Ben, who wrote "),
    (LabelHands(3, 3, ("Ada", "Ben", "Cid")), "All 3 labels are by Ada, Ben and Cid, who wrote "),
    (LabelHands(1, 1, ADA), "The only label is by Ada, who wrote "),
    (LabelHands(40, 39, ADA), None),
    (LabelHands(40, 0), None),
    (LabelHands(0, 0), None),
]


@pytest.mark.parametrize(("hands", "words"), CASES)
def test_a_go_needs_somebody_else_to_have_looked(hands: LabelHands, words: str | None) -> None:
    found = seen_by_others(ROW, hands)
    if words is None:
        assert found == ROW
        return
    assert found.verdict is Verdict.NOT_ENOUGH_EVIDENCE
    assert found.why.startswith(words)
    assert found.why.endswith("somebody else has to look at some. Shown to be at least 86 %.")
    assert replace(found, verdict=ROW.verdict, why=ROW.why) == ROW


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.GO])
def test_what_is_no_go_anyway_stays_what_it_is(verdict: Verdict) -> None:
    row = replace(ROW, verdict=verdict)
    assert seen_by_others(row, LabelHands(40, 40, ADA)) == row
