"""The gate from imported rows to the sentence a PM reads: samples by kind, AI judges, bad cells, failures."""

import json
import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.criteria.judge import Row
from core.criteria.verdict import Verdict, severity
from core.criteria.wording import silent_words
from core.decision.decide import Decision
from core.metrics.measurement import Measurement
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Item = dict[str, Any]
Decide = Callable[[], Decision]

GO, NO_GO, NOT_ENOUGH = Verdict.GO, Verdict.NO_GO, Verdict.NOT_ENOUGH_EVIDENCE
LABELS: Item = {"kind": "measured", "id": "answers", "metric": "answer_correctness", "source": "label"}
CASES: Item = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval"}
CLEAN: Item = {"kind": "measured", "id": "clean", "metric": "hallucination_rate", "source": "label"}


def lines(rows: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def decision(workspace: Workspace, feature: str, now: datetime) -> Decide:
    return lambda: gate(workspace, LOCAL_CALLER, now, feature)


@pytest.fixture
def traffic(hand_in: HandIn, now: datetime) -> Callable[..., None]:
    """``traffic(n, task, first=0)``: so many traces of one kind of task, each by a user of its own."""

    def bring(n: int, task: str | None, first: int = 0, **cells: Any) -> None:
        rows = (
            {
                "run_id": f"r{first + place}",
                "user_id": f"u{first + place}",
                "started_at": (now - timedelta(days=2, seconds=first + place)).isoformat(),
                "query": "Where is my order?",
                **({"task_type": task} if task else {}),
                **cells,
            }
            for place in range(n)
        )
        hand_in(lines(rows), "traces.jsonl")

    return bring


@pytest.fixture
def review(hand_in: HandIn) -> Callable[..., None]:
    """``review(right, n, first=0, sampling=…)``: labels of the traces from ``first`` on."""

    def bring(right: int, n: int, first: int = 0, column: str = "answer_right", **cells: Any) -> None:
        rows = (
            {"run_id": f"r{first + place}", column: place < right, "reviewer": "Vera"}
            | {"sampling": "random", **cells}
            for place in range(n)
        )
        hand_in(lines(rows), "labels.jsonl")

    return bring


def only_row(decided: Decision) -> tuple[Row, Measurement]:
    (row,) = decided.rows
    assert isinstance(row.finding, Measurement)
    return row, row.finding


# METHODS' own rule gives 436, where an older text of the capabilities said 431.
SUITES = [
    (122, 150, 0.85, 436, NO_GO, "at today's rate it will fail, after about 436 more cases."),
    (85, 100, 0.80, 237, GO, "Not enough evidence: about 237 more cases if this rate holds."),
]


@pytest.mark.parametrize(("passed", "n", "bar", "more", "to", "sentence"), SUITES)
def test_how_many_more_cases_at_high_stakes(
    commit: Commit, hand_in: HandIn, results: Callable[..., str], decision: Decide,
    passed: int, n: int, bar: float, more: int, to: Verdict, sentence: str,
) -> None:  # fmt: skip
    commit([CASES | {"bar": bar}], stakes="high", lock=False)
    hand_in(results(passed, n - passed))
    row, _ = only_row(decision())
    assert (row.verdict, row.more_cases, row.more_cases_to) == (NOT_ENOUGH, more, to)
    assert row.why.endswith(sentence)


def test_none_of_a_hundred_may_still_be_three_in_a_hundred(
    commit: Commit, traffic: Callable[..., None], review: Callable[..., None], decision: Decide
) -> None:
    commit([CLEAN | {"bar": 0.01}], stakes="high", lock=False)
    traffic(299, None)
    review(0, 100, column="hallucination")
    row, _ = only_row(decision())
    assert row.verdict is NOT_ENOUGH
    assert (
        "Looked at once it could still be up to 3.0 %; about 199 more clean traces would show under 1 %."
        in row.why
    )
    review(0, 299, column="hallucination")
    assert "up to 1.0 %; about 299 more clean traces would show under 0.5 %." in decision().rows[0].why


@pytest.mark.parametrize(
    ("right", "n", "verdict", "reason"),
    [
        (
            12,
            25,
            NO_GO,
            "Protected. Answer correctness, billing: 12 of 25 right: 48 % (21.8–74.9 %). "
            "The bar is above 80 %.",
        ),
        (
            3,
            4,
            NOT_ENOUGH,
            "Protected. Answer correctness, billing: 3 of 4 right: 75 % (",
        ),
    ],
)
def test_a_good_average_does_not_hide_a_bad_protected_slice(
    commit: Commit, traffic: Callable[..., None], review: Callable[..., None], decision: Decide,
    right: int, n: int, verdict: Verdict, reason: str,
) -> None:  # fmt: skip
    """460 of 500 overall."""
    billing = {"id": "billing", "bar": 0.8, "slice": {"task_type": "billing"}, "protected": True}
    commit([LABELS | {"bar": 0.8}, LABELS | billing], stakes="high", lock=False)
    traffic(n, "billing")
    traffic(500 - n, "refund", first=n)
    review(right, n)
    review(460 - right, 500 - n, first=n)
    decided = decision()
    assert decided.verdict is verdict
    assert decided.reasons[0].startswith(reason)
    overall = next(row for row in decided.rows if row.item.id == "answers")
    assert (overall.verdict, overall.why[:22]) == (GO, "460 of 500 right: 92 %")


@pytest.fixture
def by_kind(commit: Commit, traffic: Callable[..., None], review: Callable[..., None]) -> Callable[..., None]:
    """900 traces of refund, 100 of billing; 60 of each reviewed: all of refund right, half of billing."""

    def bring(sampling: str = "stratified", *, of_refund: str | None = "refund") -> None:
        commit([LABELS | {"bar": 0.8}], stakes="low", lock=False)
        traffic(900, of_refund)
        traffic(100, "billing", first=900)
        review(60, 60, sampling=sampling)
        review(30, 60, first=900, sampling="stratified")

    return bring


@pytest.mark.parametrize("sampling", ["stratified", "random"])
def test_a_review_by_kind_of_task_weighs_each_kind_by_its_traffic(
    by_kind: Callable[..., None], decision: Decide, sampling: str
) -> None:
    """0.9 * 100 % + 0.1 * 50 % = 95 %, not 90 of 120; random labels count within their kind as well."""
    by_kind(sampling)
    row, found = only_row(decision())
    assert found.value == pytest.approx(0.95)
    assert found.n == 120 and found.effective_n <= 120
    assert found.low is not None and 0.85 < found.low < 0.95
    assert (row.verdict, "(Reviewed by kind of task:" in row.why) == (GO, True)
    assert found.weighting is not None
    assert [(one.name, one.size, one.reviewed) for one in found.weighting.strata] == [
        ("billing", 100, 60),
        ("refund", 900, 60),
    ]


def test_kinds_that_nobody_reviewed_or_recorded_cannot_pass(
    by_kind: Callable[..., None], traffic: Callable[..., None], review: Callable[..., None], decision: Decide
) -> None:
    by_kind()
    traffic(300, "upgrade", first=2_000)
    row, _ = only_row(decision())
    assert row.verdict is NOT_ENOUGH
    assert row.why.endswith(
        "Nothing of “upgrade” was reviewed (23.1 % of the traces), so the rate is not of all. "
        "Review some of each kind at random."
    )
    review(50, 50, first=2_000, sampling="worst")
    assert only_row(decision())[0].verdict is NOT_ENOUGH, "worst first never feeds a rate"
    review(50, 50, first=2_000, sampling="stratified")
    assert only_row(decision())[0].verdict is GO


def test_labels_by_kind_of_traces_without_a_kind_cannot_pass(
    by_kind: Callable[..., None], decision: Decide
) -> None:
    by_kind(of_refund=None)
    row, _ = only_row(decision())
    assert row.verdict is NOT_ENOUGH
    assert row.why.endswith(
        "60 labels were drawn by kind of task, but their traces name none, so nobody knows what "
        "they stand for. Upload the traces with a task_type column."
    )


def test_a_random_review_is_counted_as_it_is(
    commit: Commit, traffic: Callable[..., None], review: Callable[..., None], decision: Decide
) -> None:
    commit([LABELS | {"bar": 0.8}], stakes="low", lock=False)
    traffic(900, "refund")
    traffic(100, "billing", first=900)
    review(60, 60)
    review(30, 60, first=900)
    _, found = only_row(decision())
    assert (found.value, found.weighting) == (0.75, None)


@pytest.fixture
def judge_says(hand_in: HandIn) -> Callable[..., None]:
    def bring(verdicts: dict[int, bool], **cells: Any) -> None:
        rows = (
            {"run_id": f"r{run}", "answer_right": verdict, "reviewer": "judge-1", "is_judge": True}
            | {"sampling": "complete", **cells}
            for run, verdict in verdicts.items()
        )
        hand_in(lines(rows), "labels.jsonl")

    return bring


def judged_900_of_1000(judge_says: Callable[..., None]) -> None:
    """The judge passes all but every tenth of a thousand traces."""
    judge_says({run: run % 10 != 0 for run in range(1_000)})


AUDITS: list[tuple[dict[int, bool], Verdict, str]] = [
    (
        {},
        NOT_ENOUGH,
        "The judge is not audited (0 of its traces are labelled by hand at random): "
        "label 30 more of the judged traces at random by hand.",
    ),
    (
        {run: run % 10 != 0 for run in range(29)},
        NOT_ENOUGH,
        "The judge is not audited (29 of its traces are labelled by hand at random): "
        "label 1 more of the judged traces at random by hand.",
    ),
    (
        {run: True for run in range(100) if run % 10},
        NOT_ENOUGH,
        "The judge is not audited: all 90 labels by hand pass, so nobody has seen it tell the two apart. "
        "Label more of the judged traces at random by hand.",
    ),
    (
        {run: run % 5 != 0 for run in range(200)},  # the judge passes half of what people fail
        NOT_ENOUGH,
        "The judge is too weak to decide: it passes 100 % of what people pass and fails 50 % of what they "
        "fail; both must be at least 80 %. Improve the judge, or measure by people's labels.",
    ),
    ({run: run % 10 != 0 for run in range(100)}, GO, "The bar is above 60 %."),
]


@pytest.mark.parametrize(("people", "verdict", "sentence"), AUDITS)
def test_an_ai_judge_passes_a_row_only_when_people_have_audited_it(
    commit: Commit, traffic: Callable[..., None], hand_in: HandIn, decision: Decide,
    judge_says: Callable[..., None], people: dict[int, bool], verdict: Verdict, sentence: str,
) -> None:  # fmt: skip
    commit([LABELS | {"source": "judge", "bar": 0.6}], lock=False)
    traffic(1_000, "refund")
    judged_900_of_1000(judge_says)
    if people:
        rows = (
            {"run_id": f"r{run}", "answer_right": right, "reviewer": "Vera", "sampling": "random"}
            for run, right in people.items()
        )
        hand_in(lines(rows), "labels.jsonl")
    row, found = only_row(decision())
    assert (row.verdict, found.audit is not None) == (verdict, True)
    assert row.why.endswith(sentence)


def test_a_judge_that_flatters_is_corrected_by_people(
    commit: Commit, traffic: Callable[..., None], review: Callable[..., None], decision: Decide,
    judge_says: Callable[..., None],
) -> None:  # fmt: skip
    """It passes 90 % where people pass 80 %: of two failures it sees one."""
    commit([LABELS | {"source": "judge", "bar": 0.85}], stakes="low", lock=False)
    traffic(1_000, "refund")
    judge_says({run: run % 10 != 0 for run in range(1_000)})
    for run in range(0, 100, 10):
        review(8, 10, first=run)  # …and of these ten the judge fails the first
    row, found = only_row(decision())
    assert found.audit is not None and found.audit.is_corrected
    assert found.audit.raw == pytest.approx(0.9)
    assert found.value == pytest.approx(0.8, abs=0.02)
    assert row.why.startswith(
        "The judge says 90 % of 1,000 traces; corrected with 100 human labels the rate is 8"
    )
    assert row.verdict is not GO


def test_labels_of_the_worst_first_do_not_audit_a_judge(
    commit: Commit, traffic: Callable[..., None], review: Callable[..., None], decision: Decide,
    judge_says: Callable[..., None],
) -> None:  # fmt: skip
    commit([LABELS | {"source": "judge", "bar": 0.6}], lock=False)
    traffic(1_000, "refund")
    judged_900_of_1000(judge_says)
    for sampling in ("worst", "stratified"):
        review(90, 100, sampling=sampling)
        row, found = only_row(decision())
        assert found.audit is not None and found.audit.labels == 0
        assert row.verdict is NOT_ENOUGH


def test_silence_is_told_beside_the_rate_of_those_who_reacted(
    commit: Commit, traffic: Callable[..., None], decision: Decide
) -> None:
    commit(
        [{"kind": "measured", "id": "a", "metric": "user_acceptance", "source": "feedback", "bar": 0.5}],
        lock=False,
    )
    traffic(90, None, user_feedback="accepted")
    traffic(10, None, first=90, user_feedback="rejected")
    traffic(100, None, first=100)
    _, found = only_row(decision())
    assert silent_words(found) == "100 of 200 reacted; had all, it could be anything from 45–95 %."


def test_order_and_duplicates_change_nothing_and_a_failure_never_helps(
    commit: Commit, traffic: Callable[..., None], hand_in: HandIn, decision: Decide
) -> None:
    """Three traces a user; each further failure keeps or worsens the verdict."""
    commit([LABELS | {"bar": 0.75}], stakes="high", lock=False)
    for third in range(3):
        rows = ({"run_id": f"t{third}-{user}", "user_id": f"u{user}"} for user in range(40))
        hand_in(lines(rows), "traces.jsonl")

    def judged(said: dict[str, bool], seed: int) -> Row:
        rows = [
            {"run_id": run, "answer_right": right, "reviewer": "Vera", "sampling": "random"}
            for run, right in said.items()
        ]
        random.Random(seed).shuffle(rows)
        hand_in(lines(rows), "labels.jsonl")
        return decision().rows[0]

    said = {f"t{third}-{user}": True for third in range(3) for user in range(40)}
    first = judged(said, 0)
    assert first.verdict is GO
    again = judged(said, 1)
    assert (again.why, again.finding) == (first.why, first.finding)
    before = first.verdict
    for failing in (1, 2, 5, 12, 30, 60):
        said |= {f"t{third}-{user}": False for third, user in [(n % 3, n // 3) for n in range(failing)]}
        after = judged(said, failing).verdict
        assert severity(after) <= severity(before)
        before = after
    assert before is NO_GO


@pytest.mark.parametrize("cell", ["NaN", "inf", "-Infinity", "None", "", " "])
@pytest.mark.parametrize("column", ["answer_right", "sampling", "run_id"])
def test_a_cell_that_says_nothing_never_improves_the_gate(
    commit: Commit, traffic: Callable[..., None], hand_in: HandIn, decision: Decide, column: str, cell: str
) -> None:
    """43 of 43 just pass; 42 and one with a cell that is no answer do not, whichever cell it is."""
    commit([LABELS | {"bar": 0.9}], stakes="high", lock=False)
    traffic(43, None)
    rows = [
        {"run_id": f"r{run}", "answer_right": "yes", "reviewer": "Vera", "sampling": "random"}
        for run in range(43)
    ]

    def verdict() -> Verdict:
        sheet = "run_id,answer_right,reviewer,sampling\n" + "".join(
            ",".join(row.values()) + "\n" for row in rows
        )
        hand_in(sheet, "labels.csv")
        return decision().verdict

    rows[7][column] = cell
    assert severity(verdict()) <= severity(NOT_ENOUGH)
    rows[7] = {"run_id": "r7", "answer_right": "yes", "reviewer": "Vera", "sampling": "random"}
    assert verdict() is GO
