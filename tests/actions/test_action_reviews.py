"""Reviews from choosing the traces to what was found, on both databases."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update
from statsmodels.stats.inter_rater import cohens_kappa

from core.actions.agreement import settle, view_agreement
from core.actions.imports import list_uploads
from core.actions.metrics import metrics_of
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.review_labels import defer, end_review, save_label, take_back_last
from core.actions.review_queue import Choice, open_review, view_reviews, what_it_proves
from core.actions.reviews import Judged, coming, open_item, queue_of, view_session, what_was_found
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.errors import Conflict, NotAllowed, WrongUsage
from core.evidence.review_queue import Queue
from core.metrics.measurement import Measurement
from core.store import audit
from core.store.record_checks import check_records
from core.store.tables import label, review_item
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

ADA = Caller("Ada", frozenset({Role.REVIEWER}))
BOB = Caller("Bob", frozenset({Role.REVIEWER}))
RIGHT, WRONG = Judged(answer_right=True), Judged(answer_right=False, failure_type="wrong tool")


@pytest.fixture
def monday(now: datetime) -> datetime:
    """The Monday a week before ``now``, which is one."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=7)


@pytest.fixture
def traces(hand_in: HandIn, monday: datetime) -> Callable[..., Upload]:
    """``traces(rows)``: traces ``run-0`` … of that week, every seventh rejected, each of its own user."""

    def put_in(rows: int, **cells: Any) -> Upload:
        lines = (
            {
                "run_id": f"run-{number}",
                "user_id": f"user-{number}",
                "started_at": (monday + timedelta(minutes=number)).isoformat(),
                "query": f"Question {number}",
                "response": f"Answer {number}",
                "task_type": "billing" if number % 3 else "shipping",
                "user_feedback": "accepted" if number % 7 else "rejected",
                "confidence": 0.95,
                **cells,
            }
            for number in range(rows)
        )
        return hand_in("".join(json.dumps(line) + "\n" for line in lines), "traces.jsonl")

    return put_in


@pytest.fixture
def opened(workspace: Workspace, feature: str, now: datetime, monday: datetime) -> Callable[..., Any]:
    def open_one(queue: Queue, who: Caller = ADA, **options: Any) -> Any:
        return open_review(workspace, who, now, feature, Choice(queue, monday.date(), **options))

    return open_one


@pytest.fixture
def label_all(workspace: Workspace, feature: str, now: datetime) -> Callable[..., int]:
    """Works a review to its end; ``say(run_id)`` is what is said of each trace."""

    def work(session_id: int, say: Callable[[str], Judged], who: Caller = ADA) -> int:
        count = 0
        while found := coming(workspace, who, feature, session_id):
            item = found[0]
            save_label(workspace, who, now, feature, session_id, item.place, say(item.run_id))
            count += 1
        end_review(workspace, who, now, feature, session_id)
        return count

    return work


def rates(workspace: Workspace, slug: str, now: datetime) -> dict[tuple[str, str, str | None], object]:
    """Every measured number of the feature by metric, source and kind of task: value, interval and n.

    Hallucinations in the first traces are no rate but a count of a known set: whoever finds one has found it.
    """
    found = {}
    for by in (None, "task_type"):
        for group, one in metrics_of(workspace, LOCAL_CALLER, now, slug, by=by):
            if one.metric != "hallucinations_in_first":
                is_measured = isinstance(one, Measurement)
                said = (one.value, one.low, one.high, one.n) if is_measured else None
                found[one.metric, one.source, group] = said
    return found


def test_a_random_review_moves_the_rates_and_a_review_of_the_worst_moves_none(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(140)
    # Chosen first, so that the random review meets the same traces.
    of_the_worst = [(who, opened(Queue.WORST, who)) for who in (ADA, BOB)]
    first = opened(Queue.RANDOM, size=100)
    assert label_all(first.id, lambda run: RIGHT if int(run[4:]) % 5 else WRONG) == 100
    before = rates(workspace, feature, now)
    assert before["answer_correctness", "label", None][3] == 100

    # Whoever looks at the worst: who labelled before, or somebody else.
    bad = Judged(False, False, False, False, True, "premature stop")
    for who, worst in of_the_worst:
        assert (worst.size, worst.minutes, worst.sampling) == (20, 30, "worst")
        assert label_all(worst.id, lambda _run: bad, who) == 20
        assert rates(workspace, feature, now) == before

    label_all(opened(Queue.RANDOM, size=20).id, lambda _run: WRONG)
    assert rates(workspace, feature, now) != before


WORST_FILES = {
    "whoever sampled it says more": "Ada,",
    "somebody else": "Bob,",
    "nobody's name": ",",
    "an AI judge": "Ada,yes",
}


@pytest.mark.parametrize("by", WORST_FILES.values(), ids=WORST_FILES)
@pytest.mark.parametrize("comes_first", [False, True])
def test_a_file_of_the_worst_moves_no_rate_whoever_labelled_them(
    comes_first: bool,
    by: str,
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    traces: Callable[..., Upload],
) -> None:
    def sampled() -> None:
        header = "run_id,answer_right,tool_right,hallucination,reviewer,is_judge,sampling\n"
        rows = (
            f"run-{number},{'no' if number % 5 == 0 else 'yes'},yes,no,{who},random\n"
            for number in range(20)
            for who in ("Ada,no", "Ada,yes")
        )
        hand_in(header + "".join(rows), "sampled.csv")

    def worst() -> None:
        rows = "".join(f"run-{number},no,no,yes,premature stop,{by},worst\n" for number in range(30))
        header = "run_id,answer_right,tool_right,hallucination,failure_type,reviewer,is_judge,sampling\n"
        hand_in(header + rows.replace(",,worst", ",no,worst"), "worst.csv")

    traces(40)
    if comes_first:
        worst()
    sampled()
    found = rates(workspace, feature, now)
    for source in ("label", "judge"):
        value, _, _, n = found["answer_correctness", source, None]  # type: ignore[misc]
        assert (value, n) == (pytest.approx(0.8), 20)
        assert found["hallucination_rate", source, None][0] == 0  # type: ignore[index]
    if not comes_first:
        worst()
        assert rates(workspace, feature, now) == found


def test_a_queue_is_chosen_once_and_in_an_order_that_nobody_chose(
    workspace: Workspace, feature: str, traces: Callable[..., Upload], opened: Callable[..., Any]
) -> None:
    traces(60)
    session = opened(Queue.ALL)
    runs = [one.run_id for one in queue_of(workspace, ADA, feature, session.id)]
    assert (session.size, session.population, session.sampling) == (60, 60, "complete")
    assert sorted(runs) == sorted(f"run-{number}" for number in range(60))
    assert runs != sorted(runs, key=lambda run: int(run[4:]))
    traces(80)
    assert [one.run_id for one in queue_of(workspace, ADA, feature, session.id)] == runs
    assert "seed" in session.asked


def test_coverage_counts_what_people_reviewed(
    workspace: Workspace,
    feature: str,
    monday: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(30)
    label_all(opened(Queue.RANDOM, size=12).id, lambda _run: RIGHT)
    view = view_reviews(workspace, ADA, feature)
    (week,) = view.weeks
    assert (week.monday, week.traces, week.reviewed) == (monday.date(), 30, 12)
    (session,) = view.sessions
    assert (session.reviewed, session.size, session.ended_at is not None) == (12, 12, True)
    # What is in the sample already is not drawn again.
    assert opened(Queue.ALL).size == 18


@pytest.mark.parametrize("queue", [Queue.WORST, Queue.CONFIDENT_WRONG])
def test_each_trace_of_a_bad_looking_queue_says_why(
    queue: Queue,
    workspace: Workspace,
    feature: str,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
) -> None:
    traces(21)
    session = opened(queue)
    found = {one.run_id for one in queue_of(workspace, ADA, feature, session.id)}
    assert found == {"run-0", "run-7", "run-14"}
    assert "rejected" in open_item(workspace, ADA, feature, session.id, 1).why


def test_nothing_of_what_others_said_is_shown_to_a_second_reviewer(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(40)
    said = Judged(answer_right=False, failure_type="wrong tool", note="Said by Ada alone", severity="high")
    label_all(opened(Queue.RANDOM, size=20).id, lambda _run: said)
    judged = "".join(f"run-{number},no,yes,Said by the judge\n" for number in range(40))
    hand_in(f"run_id,answer_right,is_judge,note\n{judged}", "judge.csv")
    session = opened(Queue.SECOND, BOB, share=0.5)
    # Of the 40 traces of the week 20 were labelled: from those it was drawn.
    assert (session.size, session.population) == (10, 20)
    for item in queue_of(workspace, BOB, feature, session.id):
        task = open_item(workspace, BOB, feature, session.id, item.place)
        assert (task.mine, task.why) == (None, "")
        shown = repr(task.trace)
        assert "Question" in shown
        secrets = ("Ada", "judge", "wrong tool", "severity")
        assert [secret for secret in secrets if secret in shown] == []
    # Nobody checks themselves, and a second look is one person's.
    with pytest.raises(WrongUsage, match="Nobody else"):
        opened(Queue.SECOND, ADA)
    with pytest.raises(WrongUsage, match="Bob's second look"):
        save_label(workspace, ADA, now, feature, session.id, 1, RIGHT)


def test_a_label_is_saved_again_taken_back_and_put_off(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
) -> None:
    traces(3)
    session = opened(Queue.ALL)

    def said() -> list[bool | None]:
        found = what_was_found(workspace, ADA, feature, session.id)
        return [one.cells["answer_right"] for one in found.labels]

    first = save_label(workspace, ADA, now, feature, session.id, 1, RIGHT)
    save_label(workspace, ADA, now, feature, session.id, 1, WRONG, based_on=first.id)
    assert said() == [False]
    # Each step back brings what was there before.
    assert take_back_last(workspace, ADA, now, feature, session.id) == (1, WRONG)
    assert said() == [True]
    assert view_session(workspace, ADA, feature, session.id).reviewed == 1
    assert take_back_last(workspace, ADA, now, feature, session.id) == (1, RIGHT)
    assert said() == []
    assert view_session(workspace, ADA, feature, session.id).reviewed == 0
    with pytest.raises(WrongUsage, match="nothing to take back"):
        take_back_last(workspace, ADA, now, feature, session.id)

    defer(workspace, ADA, now, feature, session.id, 1)
    places = []
    while found := coming(workspace, ADA, feature, session.id):
        places.append(found[0].place)
        save_label(workspace, ADA, now, feature, session.id, found[0].place, RIGHT)
    assert places == [2, 3, 1]


def test_a_second_tab_does_not_write_over_the_first(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
) -> None:
    traces(2)
    session = opened(Queue.ALL)
    seen = open_item(workspace, ADA, feature, session.id, 1)
    saved = save_label(workspace, ADA, now, feature, session.id, 1, WRONG, based_on=seen.based_on)
    with pytest.raises(Conflict, match="another tab"):
        save_label(workspace, ADA, now, feature, session.id, 1, RIGHT, based_on=seen.based_on)
    again = open_item(workspace, ADA, feature, session.id, 1)
    assert (again.mine, again.based_on) == (WRONG, saved.id)


@pytest.mark.parametrize(
    ("judged", "words"),
    [
        (Judged(), "says nothing"),
        (Judged(note="Only a remark"), "says nothing"),
        (Judged(answer_right=True, note="x" * 2_001), "note is longer than 2,000"),
        (Judged(answer_right=True, severity="awful"), "no severity"),
    ],
)
def test_what_is_no_label_is_refused(
    judged: Judged,
    words: str,
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
) -> None:
    traces(1)
    session = opened(Queue.ALL)
    with pytest.raises(WrongUsage, match=words):
        save_label(workspace, ADA, now, feature, session.id, 1, judged)
    assert view_session(workspace, ADA, feature, session.id).upload_id is None


def test_who_cannot_tell_has_looked_and_stands_in_no_rate(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(2)
    session = opened(Queue.ALL)
    label_all(session.id, lambda run: Judged(unsure=True) if run == "run-0" else RIGHT)
    assert view_reviews(workspace, ADA, feature).weeks[0].reviewed == 2
    assert rates(workspace, feature, now)["answer_correctness", "label", None][3] == 1
    places = {one.run_id: one.place for one in queue_of(workspace, ADA, feature, session.id)}
    assert open_item(workspace, ADA, feature, session.id, places["run-0"]).mine == Judged(unsure=True)


def test_a_review_says_what_it_found_and_what_is_new(
    workspace: Workspace,
    feature: str,
    hand_in: HandIn,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(6)
    hand_in("run_id,failure_type,found_at\nrun-0,Wrong tool,2026-02-01T00:00:00Z\n", "failures.csv")
    kinds = {"run-1": "wrong tool", "run-2": "cites nothing", "run-3": "wrong tool"}
    session = opened(Queue.ALL)
    label_all(session.id, lambda run: Judged(answer_right=run not in kinds, failure_type=kinds.get(run, "")))
    found = what_was_found(workspace, ADA, feature, session.id)
    assert (found.types, found.new) == ((("wrong tool", 2), ("cites nothing", 1)), ("cites nothing",))
    assert set(found.failed_runs) == set(kinds)
    assert (found.right, found.judged) == (3, 6)


def test_personal_data_in_remarks_is_masked_and_stays_out_of_the_log(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
) -> None:
    traces(1)
    session = opened(Queue.ALL)
    note = "Ask eve.adams@example.com about it"
    save_label(workspace, ADA, now, feature, session.id, 1, Judged(answer_right=False, note=note))
    (saved,) = what_was_found(workspace, ADA, feature, session.id).labels
    assert "eve.adams" not in saved.cells["note"]
    assert "[email " in saved.cells["note"]
    with workspace.database.reading() as connection:
        found = audit.timeline(connection, None, 20)
    assert "trace labelled" in [event.action for event in found]
    assert "about it" not in repr([event.payload for event in found])


def test_a_review_is_withdrawn_like_any_upload(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(30)
    session = opened(Queue.RANDOM, size=10)
    label_all(session.id, lambda _run: RIGHT)
    upload = next(one for one in list_uploads(workspace, LOCAL_CALLER, feature) if one.source == "review")
    assert upload.file_name == "Review: 10 traces, random, week of 23 Feb 2026"
    assert (upload.kind, (upload.report or {})["accepted"]) == ("labels", 10)
    withdraw_upload(workspace, LOCAL_CALLER, now, upload.id, "Labelled in a hurry")
    assert rates(workspace, feature, now)["answer_correctness", "label", None] is None
    assert view_reviews(workspace, ADA, feature).withdrawn == {session.id}
    with pytest.raises(WrongUsage, match="were withdrawn"):
        take_back_last(workspace, ADA, now, feature, session.id)


def broken(workspace: Workspace) -> list[Any]:
    with workspace.database.reading() as connection:
        return list(check_records(connection).broken)


def test_the_log_vouches_for_every_label(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    past_readygate: Callable[..., Any],
) -> None:
    traces(3)
    session = opened(Queue.ALL)
    for place in (1, 2, 3):
        save_label(workspace, ADA, now, feature, session.id, place, RIGHT)
    take_back_last(workspace, ADA, now, feature, session.id)
    defer(workspace, ADA, now, feature, session.id, 3)
    assert broken(workspace) == []
    with past_readygate(workspace.database) as connection:
        connection.execute(update(label).values(answer_right=False).where(label.c.row == 2))
        connection.execute(delete(label).where(label.c.row == 1))
        third = update(review_item).where(review_item.c.place == 3)
        connection.execute(third.values(run_id="run-other"))
    assert sorted((one.kind, one.fault, *one.fields) for one in broken(workspace)) == [
        ("label", "changed", "answer_right"),
        ("label", "missing"),
        ("review", "changed", "runs"),
    ]


def test_the_kappa_of_two_reviewers_is_that_of_statsmodels(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(120)
    label_all(opened(Queue.ALL).id, lambda run: Judged(answer_right=bool(int(run[4:]) % 4)))
    second = opened(Queue.SECOND, BOB, share=1.0)
    label_all(second.id, lambda run: Judged(answer_right=bool(int(run[4:]) % 5)), BOB)
    view = view_agreement(workspace, ADA, now, feature)
    (one,) = view.questions
    # Of 0 to 119: 30 divide by four, 24 by five, 6 by both.
    assert (one.table, view.doubly) == ((72, 18, 24, 6), 120)
    assert one.counts.kappa is not None
    assert one.kappa is not None
    said = cohens_kappa([[72, 18], [24, 6]])
    assert one.kappa.value == pytest.approx(said.kappa)
    assert one.kappa.variance == pytest.approx(said.var_kappa)
    assert view.open == len(view.disagreements) == 42


def test_a_disagreement_counts_as_wrong_until_it_is_settled_and_the_decision_wins(
    workspace: Workspace,
    feature: str,
    now: datetime,
    traces: Callable[..., Upload],
    opened: Callable[..., Any],
    label_all: Callable[..., int],
) -> None:
    traces(10)
    label_all(opened(Queue.ALL).id, lambda _run: RIGHT)
    second = opened(Queue.SECOND, BOB, share=1.0)
    label_all(second.id, lambda run: WRONG if run in ("run-1", "run-2") else RIGHT, BOB)

    def right() -> object:
        return rates(workspace, feature, now)["answer_correctness", "label", None][0]

    assert right() == 0.8
    with pytest.raises(WrongUsage, match="one of those who disagree"):
        settle(workspace, ADA, now, feature, "run-1", {"answer_right": True})
    with pytest.raises(WrongUsage, match="Not every question"):
        settle(workspace, LOCAL_CALLER, now, feature, "run-1", {})
    with pytest.raises(WrongUsage, match="Nobody disagrees"):
        settle(workspace, LOCAL_CALLER, now, feature, "run-3", {"answer_right": True})
    settle(workspace, LOCAL_CALLER, now, feature, "run-1", {"answer_right": True}, note="The tool is right")
    assert right() == 0.9
    settle(workspace, BOB, now, feature, "run-2", {"answer_right": False}, agreed_together=True)
    assert right() == 0.9
    view = view_agreement(workspace, ADA, now, feature)
    assert (view.open, len(view.disagreements), view.questions[0].table) == (0, 2, (8, 2, 0, 0))
    with pytest.raises(WrongUsage, match="decided already"):
        settle(workspace, LOCAL_CALLER, now, feature, "run-1", {"answer_right": False})
    assert broken(workspace) == []


def test_what_a_number_of_traces_proves() -> None:
    """METHODS 12: 50 of 1,000 without a fault leave at most 56 bad ones."""
    proof = what_it_proves(1_000, 50)
    assert (proof.bad, round(proof.share, 3)) == (56, 0.058)
    assert what_it_proves(5, 50).reviewed == 5


@pytest.mark.parametrize("role", [Role.VIEWER, Role.SIGNER, Role.ADMIN, Role.AUDITOR])
def test_who_may_not_review_changes_nothing(
    role: Role, workspace: Workspace, feature: str, traces: Callable[..., Upload], opened: Callable[..., Any]
) -> None:
    traces(1)
    with pytest.raises(NotAllowed, match="review traces"):
        opened(Queue.ALL, Caller("Vera", frozenset({role})))
    assert view_reviews(workspace, Caller("Vera", frozenset({role})), feature).sessions == ()
