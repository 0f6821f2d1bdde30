"""What a row says of evidence of other releases, and when that makes it stale."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from core.criteria.checklist import AttestedItem, MeasuredItem
from core.criteria.judge import AnswerGiven, PersonsAnswer, judge_attested, judge_measured
from core.criteria.left_out import ChangedPart, LeftOut, answered_before, with_releases
from core.criteria.verdict import Verdict
from core.evidence.bundle_parts import BundlePart, PartChange
from core.metrics.measurement import FirstTraces, NotMeasured, Slice, Source, Why

NOW = datetime(2026, 11, 20, tzinfo=UTC)
THEN = datetime(2026, 11, 12, 9, tzinfo=UTC)
ITEM = MeasuredItem(id="suite", metric="eval_pass_rate", source=Source.EVAL, bar=0.8)
NOTHING = judge_measured(
    ITEM, NotMeasured("eval_pass_rate", Source.EVAL, Slice(), Why.NO_ROWS, "No eval results."), NOW
)
FIRST = FirstTraces("hallucinations_in_first", Source.LABEL, Slice(), 100, 40, 10, 0, True, 0.05)
SOME = judge_measured(
    MeasuredItem(id="first", metric="hallucinations_in_first", source=Source.LABEL, count=100), FIRST, NOW
)
PROMPT = ChangedPart(PartChange(BundlePart.PROMPT, "v3", "v4"), THEN)
MODEL = ChangedPart(PartChange(BundlePart.MODEL, "a", "b"))
A = LeftOut("A", 412, (PROMPT,))
CHANGED = "The system prompt and templates changed on 12 Nov 2026 (v3 → v4)"


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        (
            [A],
            f"{CHANGED}: all 412 cases are of release A.",
        ),
        (
            [replace(A, cases=1, release="Release 7")],
            f"{CHANGED}: the only case is of Release 7.",
        ),
        (
            [replace(A, changed=(PROMPT, replace(MODEL, at=THEN)))],
            "The system prompt and templates changed on 12 Nov 2026 (v3 → v4) and the model on 12 Nov 2026 "
            "(a → b): all 412 cases are of release A.",
        ),
        (
            [replace(A, changed=(MODEL,))],
            "All 412 cases are of release A, which differs from release B in the model (a → b).",
        ),
        (
            [LeftOut("nightly", 3)],
            "All 3 cases are of “nightly”, which is not registered: save it on the Release page.",
        ),
        (
            [LeftOut("", 8, first_live=THEN)],
            "All 8 cases are from before 12 Nov 2026, when the first release went live.",
        ),
        (
            [LeftOut("x", 3), A, LeftOut("y", 1), LeftOut("z", 0)],
            "The system prompt and templates changed on 12 Nov 2026 (v3 → v4): 412 cases are of release A. "
            "3 cases are of “x”, which is not registered: save it on the Release page. "
            "1 more is of other releases.",
        ),
    ],
)
def test_evidence_of_other_releases_alone_is_stale_and_says_why(left_out: list[LeftOut], why: str) -> None:
    row = with_releases(NOTHING, left_out, "B")
    assert (row.verdict, row.why, row.of_other_release) == (Verdict.STALE, why, True)


def test_beside_evidence_that_counts_the_rest_is_told() -> None:
    row = with_releases(SOME, [A], "B")
    assert (row.verdict, row.of_other_release) == (SOME.verdict, False)
    assert (
        row.why == f"{SOME.why} Not counted: The system prompt and templates changed on 12 Nov 2026 "
        "(v3 → v4): 412 cases are of release A."
    )
    empty = replace(SOME, finding=replace(FIRST, there=0, reviewed=0))
    assert with_releases(empty, [A], "B").verdict is Verdict.STALE
    assert with_releases(SOME, [], "B") == SOME
    assert with_releases(NOTHING, [replace(A, cases=0)], "B") == NOTHING, "no evidence at all is no data"


@pytest.mark.parametrize("given", list(AnswerGiven))
def test_an_answer_for_another_release_is_stale_whatever_it_says(given: AnswerGiven) -> None:
    item = AttestedItem(id="rules", sentence="The rules are agreed.")
    answer = PersonsAnswer(given, "Seen", "", "Lea", datetime(2026, 11, 3, tzinfo=UTC))
    row = judge_attested(item, answer, NOW)
    assert answered_before(row, answer, ()) == row
    stale = answered_before(row, answer, (PROMPT,))
    assert (stale.verdict, stale.counts, stale.of_other_release) == (Verdict.STALE, True, True)
    assert stale.why == (
        "The system prompt and templates changed on 12 Nov 2026 (v3 → v4), after Lea answered on 3 Nov 2026: "
        "answer it again."
    )
