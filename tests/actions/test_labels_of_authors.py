"""Where people sign in, labels of those who wrote the checklist alone make no GO."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest

from core.actions.checklists import lock_checklist, save_checklist, view_checklist
from core.actions.gates import gate
from core.actions.gauges import Part
from core.actions.health import view_health
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.review_labels import save_label
from core.actions.review_queue import Choice, open_review
from core.actions.reviews import Judged, coming
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.evidence.review_queue import Queue
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Person = Callable[..., Caller]

TRACES = 20
RIGHT = {"kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.5}
FIRST = {
    "kind": "measured", "id": "first", "metric": "hallucinations_in_first", "source": "label",
    "count": TRACES,
}  # fmt: skip


@pytest.fixture
def monday(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)


@pytest.fixture
def traces(hand_in: HandIn, monday: datetime) -> None:
    lines = (
        {
            "run_id": f"run-{number}",
            "user_id": f"user-{number}",
            "started_at": (monday + timedelta(minutes=number)).isoformat(),
            "query": "?",
        }
        for number in range(TRACES)
    )
    hand_in("".join(json.dumps(line) + "\n" for line in lines), "traces.jsonl")


class Desk:
    """A feature of low stakes with two bars on labels, and what people do to it."""

    def __init__(self, workspace: Workspace, slug: str, now: datetime, monday: datetime, hand_in: HandIn):
        self.workspace, self.slug, self.now, self.monday, self.hand_in = workspace, slug, now, monday, hand_in

    def write(self, who: Caller, *, lock: bool = False) -> None:
        at = self.monday - timedelta(hours=1)
        saved = save_checklist(
            self.workspace, who, at, self.slug, read_checklist({"stakes": "low", "items": [RIGHT, FIRST]}),
            based_on=view_checklist(self.workspace, who, self.slug).number,
        )  # fmt: skip
        if lock:
            lock_checklist(self.workspace, who, at, self.slug, based_on=saved.number, reason="")

    def review(self, who: Caller, most: int = TRACES) -> None:
        choice = Choice(Queue.ALL, self.monday.date(), most)
        session = open_review(self.workspace, who, self.now, self.slug, choice)
        while most and (found := coming(self.workspace, who, self.slug, session.id)):
            judged = Judged(answer_right=True, hallucination=False)
            save_label(self.workspace, who, self.now, self.slug, session.id, found[0].place, judged)
            most -= 1

    def hand_in_labels(self, reviewer: str) -> None:
        rows = "".join(f"run-{number},yes,no,{reviewer},complete\n" for number in range(TRACES))
        header = "run_id,answer_right,hallucination,reviewer,sampling\n"
        self.hand_in(header + rows, "labels.csv")

    def rows(self) -> Mapping[str, Row]:
        return {row.item.id: row for row in gate(self.workspace, LOCAL_CALLER, self.now, self.slug).rows}

    def verdicts(self) -> set[Verdict]:
        return {row.verdict for row in self.rows().values()}


@pytest.fixture
def desk(
    workspace: Workspace, feature: str, now: datetime, monday: datetime, hand_in: HandIn, traces: None
) -> Desk:
    return Desk(workspace, feature, now, monday, hand_in)


@pytest.mark.parametrize("lock", [False, True])
def test_the_author_alone_makes_no_go_and_one_look_of_somebody_else_does(
    lock: bool, desk: Desk, person: Person
) -> None:
    ada, rae = person("Ada", "pm"), person("Rae", "reviewer")
    desk.write(ada, lock=lock)
    desk.review(ada, most=TRACES - 1)
    desk.review(ada)
    rows = desk.rows()
    assert {row.verdict for row in rows.values()} == {Verdict.NOT_ENOUGH_EVIDENCE}
    for row in rows.values():
        assert row.why.startswith("All 20 labels are by Ada, who wrote the checklist or the plan: somebody")
    # The number stands there as ever, and Health says the same of it.
    gauges = view_health(desk.workspace, LOCAL_CALLER, desk.now, desk.slug, Part()).gauges
    said = [one.row.verdict for one in gauges if one.row is not None and one.row.item.id == "right"]
    assert said == [Verdict.NOT_ENOUGH_EVIDENCE]

    again = open_review(
        desk.workspace, rae, desk.now, desk.slug, Choice(Queue.SECOND, desk.monday.date(), share=0.01)
    )
    place = coming(desk.workspace, rae, desk.slug, again.id)[0].place
    # A look that leaves the question open is none.
    first = save_label(desk.workspace, rae, desk.now, desk.slug, again.id, place, Judged(tool_right=True))
    assert desk.verdicts() == {Verdict.NOT_ENOUGH_EVIDENCE}
    both = Judged(answer_right=True, hallucination=False)
    save_label(desk.workspace, rae, desk.now, desk.slug, again.id, place, both, based_on=first.id)
    assert desk.verdicts() == {Verdict.GO}


WHOSE = [
    ("Ada", True),
    ("ada ", True),
    ("ADA@example.com", True),
    ("Ada Lovelace", False),  # a word that is nobody's name here
    ("Rae", False),
    ("", False),
    ("ada@elsewhere.com", False),
]


@pytest.mark.parametrize(("reviewer", "is_ada"), WHOSE)
def test_a_file_names_an_author_where_that_is_certain(
    reviewer: str, is_ada: bool, desk: Desk, person: Person
) -> None:
    ada, _ = person("Ada", "pm"), person("Rae", "reviewer")
    desk.write(ada)
    desk.hand_in_labels(reviewer)
    assert desk.verdicts() == {Verdict.NOT_ENOUGH_EVIDENCE if is_ada else Verdict.GO}


def test_a_second_account_of_the_author_is_nobody_else(desk: Desk, person: Person) -> None:
    desk.write(person("Ada", "pm"))
    desk.review(person("Ada at home", "reviewer", email="ADA@example.com"))
    assert desk.verdicts() == {Verdict.NOT_ENOUGH_EVIDENCE}


def test_somebody_who_wrote_nothing_may_label_alone(desk: Desk, person: Person) -> None:
    desk.write(person("Ada", "pm"))
    desk.review(person("Rae", "reviewer"))
    assert desk.verdicts() == {Verdict.GO}


def test_where_nobody_signs_in_there_is_nobody_to_compare(desk: Desk) -> None:
    desk.write(LOCAL_CALLER)
    desk.review(LOCAL_CALLER)
    assert desk.verdicts() == {Verdict.GO}
