"""The checklist as people handle it: versions and conflicts, locks and amendments, answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.checklists import (
    ChecklistView,
    answer_item,
    lock_checklist,
    save_checklist,
    take_template,
    view_checklist,
)
from core.actions.features import change_feature, list_features
from core.actions.gates import gate
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.workspace import Workspace
from core.criteria.checklist import Checklist, read_checklist
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.errors import Conflict, InvalidDocument, UnknownFeature, UserError, WrongUsage
from core.store import audit
from core.store.uploads import Upload

Commit = Callable[..., int]
HandIn = Callable[..., Upload]
Results = Callable[..., str]
Item = dict[str, Any]

EVE = Caller("Eve", frozenset({Role.PM}))
HOUR = timedelta(hours=1)


def checklist(*items: Item, stakes: str = "medium") -> Checklist:
    return read_checklist({"stakes": stakes, "items": items})


def save(workspace: Workspace, now: datetime, slug: str, wanted: Checklist, based_on: int | None) -> int:
    return save_checklist(workspace, LOCAL_CALLER, now, slug, wanted, based_on=based_on).number


def test_nothing_is_saved_yet(workspace: Workspace, feature: str) -> None:
    empty = Checklist(stakes=Stakes.MEDIUM)
    assert view_checklist(workspace, LOCAL_CALLER, feature) == ChecklistView(None, empty, (), (), None, {})


def test_a_template_takes_the_stakes_of_its_feature(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    change_feature(workspace, LOCAL_CALLER, now, feature, name=None, owner=None, stakes=Stakes.HIGH)
    saved = take_template(workspace, EVE, now, feature, "ready_for_everyone", based_on=None)
    view = view_checklist(workspace, LOCAL_CALLER, feature)
    assert (saved.number, saved.author, saved.reason) == (1, "Eve", "Template “Ready for everyone”")
    assert view.checklist.stakes is Stakes.HIGH
    assert [item.kind for item in view.checklist.items] == ["measured"] * 5 + ["attested"]
    with pytest.raises(WrongUsage, match=r"no template “nope”.*ready_for_everyone"):
        take_template(workspace, EVE, now, feature, "nope", based_on=1)


def test_each_change_is_a_version_with_its_author_and_what_it_changed(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item]
) -> None:
    save(workspace, now, feature, checklist(items["suite"]), None)
    stricter = items["suite"] | {"bar": 0.9}
    save_checklist(
        workspace, EVE, now + HOUR, feature, checklist(stricter, items["plan"]), based_on=1, reason=" Ask "
    )
    newest, first = view_checklist(workspace, LOCAL_CALLER, feature).history
    assert (first.number, first.parent, first.author) == (1, None, LOCAL_CALLER.name)
    assert (newest.number, newest.parent, newest.author, newest.reason) == (2, 1, "Eve", "Ask")
    with workspace.database.reading() as connection:
        told = audit.timeline(connection, f"feature/{feature}", 1)[0].payload
    assert told["changes"] == [
        "Eval pass rate, bar: above 80 % → above 90 %",
        "Added: There is a plan for failures.",
    ]
    assert (told["number"], told["sha256"]) == (2, newest.sha256)


def test_the_same_content_again_makes_no_version_and_no_event(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item]
) -> None:
    same = checklist(items["suite"])
    numbers = [save(workspace, now, feature, same, based_on) for based_on in (None, 1, None)]
    assert numbers == [1, 1, 1]
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{feature}", 9)
    assert [event.action for event in events] == ["checklist saved", "feature created"]


@pytest.mark.parametrize("based_on", [None, 1, 7], ids=["nothing seen", "an older one", "one to come"])
def test_a_save_on_another_version_than_the_newest_is_a_conflict(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item], based_on: int | None
) -> None:
    save(workspace, now, feature, checklist(items["suite"]), None)
    save_checklist(workspace, EVE, now, feature, checklist(items["plan"]), based_on=1)
    mine = checklist(items["suite"], items["plan"])
    with pytest.raises(Conflict, match=r"Eve saved version 2 .* 2 March 2026 at 14:05 UTC") as conflict:
        save(workspace, now, feature, mine, based_on)
    assert conflict.value.newest == 2
    assert view_checklist(workspace, LOCAL_CALLER, feature).checklist == checklist(items["plan"])
    assert save(workspace, now, feature, mine, conflict.value.newest) == 3


def test_a_lock_names_the_version_that_was_seen(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item]
) -> None:
    def lock(based_on: int, reason: str = "") -> int:
        return lock_checklist(workspace, EVE, now, feature, based_on=based_on, reason=reason).checklist_number

    with pytest.raises(WrongUsage, match="no items, so there is nothing to commit to"):
        lock(1)
    save(workspace, now, feature, Checklist(stakes=Stakes.LOW), None)
    with pytest.raises(WrongUsage, match="no items, so there is nothing to commit to"):
        lock(1)
    save(workspace, now, feature, checklist(items["suite"]), 1)
    with pytest.raises(Conflict, match="saved version 2 after you opened version 1") as conflict:
        lock(1)
    assert conflict.value.newest == 2
    assert view_checklist(workspace, LOCAL_CALLER, feature).commitments == ()
    assert lock(2) == 2
    with pytest.raises(WrongUsage, match="already locked"):
        lock(2, "Again")


def test_an_amendment_needs_a_reason_and_the_first_lock_stays_visible(
    workspace: Workspace,
    feature: str,
    now: datetime,
    items: dict[str, Item],
    hand_in: HandIn,
    results: Results,
) -> None:
    save(workspace, now, feature, checklist(items["suite"]), None)
    lock_checklist(workspace, EVE, now, feature, based_on=1)
    hand_in(results(3), at=now + HOUR)
    save(workspace, now, feature, checklist(items["suite"] | {"bar": 0.7}), 1)
    assert view_checklist(workspace, LOCAL_CALLER, feature).has_unlocked_changes
    with pytest.raises(WrongUsage, match="an amendment needs a reason"):
        lock_checklist(workspace, EVE, now, feature, based_on=2, reason="  ")
    lock_checklist(workspace, EVE, now + 2 * HOUR, feature, based_on=2, reason="The suite got harder")
    view = view_checklist(workspace, LOCAL_CALLER, feature)
    second, first = view.commitments
    assert (first.number, first.reason, first.evidence_seen) == (1, "", False)
    assert (second.number, second.reason, second.evidence_seen) == (2, "The suite got harder", True)
    assert (view.commitment, view.has_unlocked_changes) == (second, False)
    assert view.committed == view.checklist
    with workspace.database.reading() as connection:
        events = audit.timeline(connection, f"feature/{feature}", 9)
    locks = [
        event.action for event in events if event.action.startswith("checklist") and event.actor == "Eve"
    ]
    assert locks == ["checklist amended", "checklist locked"]


def test_of_people_who_lock_or_save_at_once_one_is_first(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item]
) -> None:
    save(workspace, now, feature, checklist(items["suite"]), None)

    def attempt(turn: Callable[[int], object]) -> Callable[[int], str]:
        def told(person: int) -> str:
            try:
                turn(person)
            except UserError as error:
                return error.code
            return "done"

        return told

    def lock(_person: int) -> object:
        return lock_checklist(workspace, EVE, now, feature, based_on=1, reason="Again")

    def edit(person: int) -> object:
        return save(workspace, now, feature, checklist(items["suite"] | {"minimum_n": person + 1}), 1)

    with ThreadPoolExecutor(6) as people:
        locked = sorted(people.map(attempt(lock), range(6)))
        edited = sorted(people.map(attempt(edit), range(6)))
    assert (locked, edited) == (["done", *["wrong_usage"] * 5], [*["conflict"] * 5, "done"])
    view = view_checklist(workspace, LOCAL_CALLER, feature)
    assert (len(view.commitments), view.number) == (1, 2)


def test_the_stakes_of_a_lock_stay_until_an_amendment(
    workspace: Workspace, feature: str, now: datetime, items: dict[str, Item]
) -> None:
    save(workspace, now, feature, checklist(items["suite"], stakes="high"), None)
    lock_checklist(workspace, EVE, now, feature, based_on=1)
    change_feature(workspace, LOCAL_CALLER, now, feature, name=None, owner=None, stakes=Stakes.LOW)
    save(workspace, now, feature, checklist(items["suite"], stakes="low"), 1)
    assert gate(workspace, EVE, now, feature).bar.stakes is Stakes.HIGH
    assert [line.stakes for line in list_features(workspace, EVE)] == ["high"]
    lock_checklist(workspace, EVE, now, feature, based_on=2, reason="Less is at stake")
    assert gate(workspace, EVE, now, feature).bar.stakes is Stakes.LOW


def test_answers_are_added_and_the_newest_counts(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item]
) -> None:
    commit([items["plan"]])
    verdicts = []
    said = (
        (AnswerGiven.NO, "Not yet"),
        (AnswerGiven.YES, " Written "),
        (AnswerGiven.NOT_APPLICABLE, "No risk"),
    )
    for hours, (answer, why) in enumerate(said):
        at = now + hours * HOUR
        answer_item(workspace, EVE, at, feature, "plan", answer=answer, why=why, link="https://wiki/plan")
        verdicts.append(gate(workspace, EVE, at, feature).verdict)
    # Set aside as not applicable, it decides nothing, and then nothing does.
    assert verdicts == [Verdict.NO_GO, Verdict.GO, Verdict.NO_DATA]
    given = view_checklist(workspace, LOCAL_CALLER, feature).answers["plan"]
    assert (given.why, given.link, given.answered_by) == ("No risk", "https://wiki/plan", "Eve")


@pytest.mark.parametrize(
    ("item", "why", "link", "sentence"),
    [
        ("plan", "  ", "", "needs a reason"),
        ("plan", "Read", "wiki/plan", "“wiki/plan” is not a web address"),
        ("plan", "Read", "javascript:alert(1)", "is not a web address"),
        ("suite", "Read", "", "no question “suite”"),
        ("nope", "Read", "", "no question “nope”"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(
    workspace: Workspace,
    feature: str,
    now: datetime,
    commit: Commit,
    items: dict[str, Item],
    item: str,
    why: str,
    link: str,
    sentence: str,
) -> None:
    commit(list(items.values()))
    with pytest.raises(WrongUsage, match=sentence):
        answer_item(workspace, EVE, now, feature, item, answer=AnswerGiven.YES, why=why, link=link)
    assert view_checklist(workspace, LOCAL_CALLER, feature).answers == {}


def test_a_question_of_the_locked_version_can_be_answered_though_the_draft_dropped_it(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item]
) -> None:
    commit([items["plan"]])
    commit([items["suite"]], lock=False)
    answer_item(workspace, EVE, now, feature, "plan", answer=AnswerGiven.YES, why="Read")
    assert gate(workspace, EVE, now, feature).verdict is Verdict.GO


def test_every_step_on_an_unknown_feature_says_so(
    workspace: Workspace, now: datetime, items: dict[str, Item]
) -> None:
    steps: list[Callable[[], object]] = [
        lambda: view_checklist(workspace, LOCAL_CALLER, "nope"),
        lambda: save(workspace, now, "nope", checklist(items["suite"]), None),
        lambda: lock_checklist(workspace, EVE, now, "nope", based_on=1),
        lambda: take_template(workspace, EVE, now, "nope", "ready_for_everyone", based_on=None),
        lambda: answer_item(workspace, EVE, now, "nope", "plan", answer=AnswerGiven.YES, why="Read"),
        lambda: gate(workspace, EVE, now, "nope"),
    ]
    for step in steps:
        with pytest.raises(UnknownFeature, match="There is no feature “nope”"):
            step()


@pytest.mark.parametrize(
    ("slice_of", "sentence"),
    [
        ({"nope": "x"}, "“nope”, which evals do not have"),
        ({"channel": "web"}, "“channel”, which evals do not have"),
        ({"latency_ms": "fast"}, "“latency_ms”, which holds no words"),
        ({"tools_called": "search"}, "“tools_called”, which holds no words"),
        ({"started_at": "Monday"}, "“started_at”, which holds no words"),
    ],
)
def test_a_slice_must_name_a_column_of_words(
    items: dict[str, Item], slice_of: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidDocument, match=sentence):
        checklist(items["suite"] | {"slice": slice_of})


@pytest.mark.parametrize("slice_of", [{"task_type": "O'Brien\"; --"}, {"escalated": "perhaps"}])
def test_a_slice_that_no_row_is_in_has_no_data(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results, slice_of: dict[str, str],
) -> None:  # fmt: skip
    commit([items["suite"] | {"slice": slice_of}])
    hand_in(results(30, escalated=True, task_type="billing"))
    assert gate(workspace, EVE, now, feature).verdict is Verdict.NO_DATA


@pytest.mark.parametrize("slice_of", [{"task_type": "billing"}, {"escalated": "true"}])
def test_a_slice_counts_its_rows_only(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results, slice_of: dict[str, str],
) -> None:  # fmt: skip
    commit([items["suite"] | {"slice": slice_of}])
    hand_in(results(30, escalated=True, task_type="billing") + results(0, 50, first=100, escalated=False))
    assert gate(workspace, EVE, now, feature).verdict is Verdict.GO
