"""Behind a row: the files that its number counts, and the part of the traffic that stands worst."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.behind_rows import files_behind, label_coverage, worst_part
from core.actions.checklists import save_checklist
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.errors import WrongUsage

HandIn = Callable[..., Any]
RIGHT = {"kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.8}
QUICK = {"kind": "measured", "id": "quick", "metric": "latency_p95", "source": "trace", "bar": 8000}
LEGAL = {"kind": "attested", "id": "legal", "sentence": "Legal has agreed."}


def traces(now: datetime, first: int, count: int) -> str:
    """Traces of ``count`` users, every third about billing."""
    lines = ["run_id,started_at,user_id,query,response,task_type,latency_ms"]
    for n in range(first, first + count):
        day = (now - timedelta(days=5)).strftime("%Y-%m-%dT%H:%M:%SZ")
        kind = "billing" if n % 3 == 0 else "other"
        lines.append(f"r{n},{day},u{n},Where?,There.,{kind},900")
    return "\n".join(lines) + "\n"


def labels(first: int, count: int) -> str:
    """A complete review: half of billing is wrong, everything else is right."""
    lines = ["run_id,answer_right,reviewer,sampling"]
    lines += [f"r{n},{'no' if n % 6 == 0 else 'yes'},Vera,complete" for n in range(first, first + count)]
    return "\n".join(lines) + "\n"


@pytest.fixture
def asked(workspace: Workspace, feature: str, now: datetime) -> str:
    checklist = read_checklist({"stakes": "medium", "items": [RIGHT, QUICK, LEGAL]})
    save_checklist(workspace, LOCAL_CALLER, now - timedelta(days=60), feature, checklist, based_on=None)
    return feature


def test_without_evidence_there_is_nothing_behind_a_row(
    workspace: Workspace, asked: str, now: datetime
) -> None:
    assert files_behind(workspace, LOCAL_CALLER, now, asked, "right") == ()
    assert worst_part(workspace, LOCAL_CALLER, now, asked) is None
    assert label_coverage(workspace, LOCAL_CALLER, now, asked, "right") is None
    for item_id in ("legal", "nothing of the sort"):
        with pytest.raises(WrongUsage, match="counts nothing"):
            files_behind(workspace, LOCAL_CALLER, now, asked, item_id)


def test_the_files_with_their_rows_and_the_part_that_stands_worst(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(traces(now, 0, 60), "first.csv", bundle="Release A")
    second = hand_in(traces(now, 60, 30), "second.csv")
    hand_in(labels(0, 60), "labels.csv")

    def behind(item_id: str) -> list[tuple[str, int | None, str]]:
        found = files_behind(workspace, LOCAL_CALLER, now, asked, item_id)
        return [(one.file_name, one.rows, one.bundle) for one in found]

    assert behind("quick") == [("first.csv", 60, "Release A"), ("second.csv", 30, "")]
    assert behind("right") == [("first.csv", 60, "Release A"), ("labels.csv", None, "")]

    covered = {
        one: label_coverage(workspace, LOCAL_CALLER, now, asked, one) for one in ("right", "quick", "legal")
    }
    assert covered == {"right": (60, 90), "quick": None, "legal": None}, "30 traces nobody looked at"

    found = worst_part(workspace, LOCAL_CALLER, now, asked)
    assert found is not None
    assert (found.column, found.value, found.looked_at) == ("task_type", "billing", 2)
    assert (found.finding.n, found.finding.value) == (20, 0.5)
    assert found.sentence.startswith("Answer correctness, task type “billing”: 50 % (")
    assert found.sentence.endswith(", n 20. Worst of 2 parts: a hint.")

    withdraw_upload(workspace, LOCAL_CALLER, now, second.id, "Wrong month")
    assert behind("quick") == [("first.csv", 60, "Release A")]


def test_labels_that_are_left_out_are_not_among_the_rows_and_are_told(
    workspace: Workspace, asked: str, now: datetime, hand_in: HandIn
) -> None:
    """Nobody said how 50 traces were picked, and of 10 others somebody did: these alone count."""
    hand_in(traces(now, 0, 50), "first.csv")
    hand_in(traces(now, 50, 10), "second.csv")
    hand_in(labels(0, 50).replace(",complete", ","), "unpicked.csv")

    def behind() -> dict[str, int | None]:
        return {one.file_name: one.rows for one in files_behind(workspace, LOCAL_CALLER, now, asked, "right")}

    def why() -> str:
        return next(
            row.why for row in gate(workspace, LOCAL_CALLER, now, asked).rows if row.item.id == "right"
        )

    assert behind() == {"first.csv": 50, "unpicked.csv": None}
    assert "more labelled row" not in why()
    hand_in(labels(50, 10), "random.csv")
    assert behind() == {"second.csv": 10, "unpicked.csv": None, "random.csv": None}
    assert why().startswith("9 of 10 right: 90 %")
    assert "(50 more labelled rows are not in the number: nobody said how they were picked" in why()
