"""The first screen of Go / no-go in words: for which step, how many rows are where, why, and what next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.criteria.checklist import AttestedItem, MeasuredItem, Tier
from core.criteria.judge import Row, judge_attested, judge_measured
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.decision.decide import Bar, Facts, decide
from core.metrics.measurement import (
    Cluster,
    Finding,
    Measurement,
    NotMeasured,
    Slice,
    Source,
    Tally,
    Why,
)
from core.rollout.plan import read_plan
from core.rollout.standing import Standing, standing_of
from core.rollout.transitions import Move, Transition
from core.units import Unit
from core.web.safe import JOINER
from core.web.screens.go_no_go_answer import reason_words, reasons, step_words, tally
from core.web.screens.provenance import METHODS, method_of

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
PLAN = read_plan(
    {
        "phases": [
            {"id": "beta", "name": "Beta", "exposure_users": [50, 100], "minimum_days": 14},
            {"id": "full", "name": "Full", "exposure_share": [1, 1], "minimum_days": 7},
        ]
    }
)
ITEM = MeasuredItem(id="right", metric="answer_correctness", source=Source.LABEL, bar=0.8, tier=Tier.BLOCKS)


def stands(*moves: str) -> Standing:
    made = [
        Transition(Move(move), phase, NOW - timedelta(days=20 - day), "Ada", "")
        for day, (move, phase) in enumerate(words.split() for words in moves)
    ]
    return standing_of(made, PLAN, PLAN, NOW)


@pytest.mark.parametrize(
    ("standing", "said"),
    [
        (Standing(), "for a first phase"),
        (stands(), "for Phase 1 · Beta (50–100 users)"),
        (stands("start beta"), "for Phase 2 · Full (everyone)"),
        (stands("start beta", "pause beta"), "for Beta"),
        (stands("start beta", "roll_back beta"), "for Phase 1 · Beta (50–100 users)"),
        (stands("start beta", "advance full"), "for the end of the rollout"),
        (stands("start beta", "advance full", "complete full"), "for a rollout that is complete"),
    ],
)
def test_the_step_that_is_decided_about(standing: Standing, said: str) -> None:
    assert step_words(standing) == said


def measured(**changes: Any) -> Measurement:
    found = Measurement(
        metric="answer_correctness",
        source=Source.LABEL,
        slice=Slice(),
        unit=Unit.SHARE,
        value=0.48,
        low=0.302,
        high=0.662,
        tally=Tally((12.0,), (25,), Cluster.USER, rows=25, newest=NOW),
        effective_n=25,
        effective_passes=12,
        running=True,
        error=0.05,
    )
    return replace(found, **changes)


def plainly(markdown: str) -> str:
    return markdown.replace(JOINER, "").replace("\\", "").replace("**", "").replace("\u00a0", " ")


NOTHING = NotMeasured(
    "answer_correctness", Source.LABEL, Slice(), Why.NO_ROWS, "There are no labels yet. Upload some."
)


@pytest.mark.parametrize(
    ("item", "finding", "said"),
    [
        (ITEM, measured(), "Answer correctness: 48 % (30.2–66.2 %), n 25. The bar is above 80 %."),
        (
            ITEM.model_copy(update={"protected": True, "slice": {"task_type": "bil*ling"}}),
            measured(),
            "Answer correctness, bil*ling (protected): 48 % (30.2–66.2 %), n 25. The bar is above 80 %.",
        ),
        (ITEM, NOTHING, "Answer correctness: There are no labels yet."),
        (
            ITEM.model_copy(update={"valid_days": 7}),
            measured(tally=Tally((12.0,), (25,), Cluster.USER, rows=25, newest=NOW - timedelta(days=9))),
            "Answer correctness: The newest evidence is 9 days old; it counts for 7 days.",
        ),
    ],
)
def test_a_reason_has_its_value_its_interval_its_n_and_its_bar(
    item: MeasuredItem, finding: Finding, said: str
) -> None:
    assert plainly(reason_words(judge_measured(item, finding, NOW))) == said


def rows(*verdicts: Verdict) -> list[Row]:
    row = judge_measured(ITEM, measured(), NOW)
    return [replace(row, verdict=verdict) for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        ((), ""),
        (("go",), "1 of 1 blocking row is GO."),
        (("go", "go"), "All 2 blocking rows are GO."),
        (("no_go", "go", "no_go"), "2 of 3 blocking rows fail, 1 is GO."),
        (
            ("not_enough_evidence", "go", "stale", "no_data", "no_go"),
            "1 of 5 blocking rows fails, 1 has no evidence, 1 is stale, 1 needs more evidence, 1 is GO.",
        ),
    ],
)
def test_how_many_rows_are_where(verdicts: tuple[str, ...], said: str) -> None:
    held = [*rows(*map(Verdict, verdicts)), replace(rows(Verdict.NO_GO)[0], set_aside=True)]
    decision = decide(Facts("bot", held, Bar(1, "a" * 64, Stakes.HIGH, NOW, "Ada"), "b" * 64), NOW)
    assert tally(decision) == said


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (("no_go", "go", "go"), ["Row 0:"]),
        (("no_go", "not_enough_evidence", "go", "stale"), ["Row 0:", "STALE besides: Row 3:"]),
        (("not_enough_evidence", "go", "go"), ["Row 0:"]),
        (("stale", "no_data", "go"), ["Row 1:", "STALE besides: Row 0:"]),
        (("no_go", "stale", "no_go"), ["Row 0:", "Row 2:"]),
    ],
)
def test_where_one_row_decides_the_next_worst_is_the_second_reason(
    verdicts: tuple[str, ...], said: list[str]
) -> None:
    held = [replace(row, label=f"Row {place}") for place, row in enumerate(rows(*map(Verdict, verdicts)))]
    decision = decide(Facts("bot", held, Bar(1, "a" * 64, Stakes.HIGH, NOW, "Ada"), "b" * 64), NOW)
    told = [plainly(line) for line in reasons(decision)]
    assert [line[: len(words)] for line, words in zip(told, said, strict=True)] == said


def test_the_methods_have_the_chapter_that_each_number_names() -> None:
    docs = (Path(__file__).resolve().parents[2] / METHODS).read_text(encoding="utf-8")
    cases = [
        (ITEM, measured()),
        (ITEM, measured(running=False)),
        (ITEM, NOTHING),
        (ITEM, measured(tally=Tally((1.0,), (2,), Cluster.CASE))),
        (ITEM.model_copy(update={"metric": "latency_p95", "source": Source.TRACE}), NOTHING),
        (ITEM.model_copy(update={"metric": "cost_per_task", "source": Source.TRACE}), NOTHING),
        (ITEM.model_copy(update={"metric": "hallucinations_in_first", "bar": None, "count": 100}), NOTHING),
    ]
    named = {method_of(Row(item, "x", "y", Verdict.GO, "", finding=found), item) for item, found in cases}
    assert len(named) == 6
    assert [name for name in named if f"\n### {name}\n" not in docs] == []


def test_an_answer_of_a_person_is_its_own_reason() -> None:
    row = judge_attested(AttestedItem(id="legal", sentence="Legal has agreed."), None, NOW)
    said = "Legal has agreed: Nobody has answered this yet. Answer it on the Checklist page."
    assert plainly(reason_words(row)) == said
