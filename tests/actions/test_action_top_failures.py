"""200 failures in 14 kinds: the ten most frequent, handled or why not, and what opens one again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from core.actions.audit_verify import verify_log
from core.actions.checklists import answer_item, save_checklist
from core.actions.discovery import view_discovery
from core.actions.eval_cases import save_case
from core.actions.failure_words import merge_words
from core.actions.fixes import save_fix
from core.actions.gauges import Part
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.questions import answer_question, ask_question
from core.actions.reports import ReportFormat, make_report
from core.actions.top_failures import TopView, view_top_failures
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.judge import AnswerGiven
from core.errors import WrongUsage
from core.evidence.eval_case import EvalCase
from core.evidence.free_text import KEPT_BACK
from core.metrics.discovery import Stage
from core.metrics.top_failures import Shown, Standing, TopFailure
from core.store.uploads import Upload

HandIn = Callable[..., Upload]

COUNTS = (50, 30, 25, 20, 15, 12, 10, 9, 8, 7, 6, 4, 3, 1)
FIRST = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATE = FIRST + timedelta(days=40)


def kind(place: int) -> str:
    return "wrong tool" if place == 0 else f"kind {place:02}"


def moment(place: int, n: int) -> datetime:
    """Even failures of a kind happened before :data:`LATE`; those of kind 1 all."""
    return FIRST + timedelta(days=(30 if place != 2 else 50) * n / COUNTS[place])


def traces(release: str = "v1") -> str:
    rows = ["run_id,started_at,user_id,query,tool_selected,tool_expected,release_bundle"]
    rows += [
        f"r{place}-{n},{moment(place, n).isoformat()},u{place}-{n},Where?,b,a,{release}"
        for place, count in enumerate(COUNTS)
        for n in range(count)
    ]
    rows += [
        f"ok{n},{(FIRST + timedelta(days=50)).isoformat()},w{n},Where?,{'a' if n < 174 else 'b'},a,{release}"
        for n in range(200)
    ]
    rows += [f"early{n},{FIRST.isoformat()},e{n},Where?,a,a,{release}" for n in range(300)]
    return "\n".join(rows) + "\n"


def log() -> str:
    return "".join(
        json.dumps(
            {"run_id": f"r{place}-{n}", "failure_type": kind(place), "found_at": "2026-02-28T10:00:00Z"}
        )
        + "\n"
        for place, count in enumerate(COUNTS)
        for n in range(count)
    )


@pytest.fixture
def slug(feature: str, hand_in: HandIn) -> str:
    hand_in(traces(), "traces.csv")
    hand_in(log(), "log.jsonl")
    return feature


@pytest.fixture
def tested(workspace: Workspace, slug: str, now: datetime, hand_in: HandIn) -> Callable[..., None]:
    """``tested({0: True, 1: False})``: a case for each of these kinds, with its result."""
    made: dict[int, str] = {}

    def make(results: dict[int, bool], release: str = "v1", run: str = "e1") -> None:
        for place in results.keys() - made.keys():
            wanted = EvalCase("", f"Where is {place}?", ground_truth="Here.", failure_type=kind(place))
            made[place] = save_case(workspace, LOCAL_CALLER, now, slug, wanted).case_id
        rows = [
            {"eval_run_id": run, "case_id": made[place], "passed": passed, "release_bundle": release}
            for place, passed in results.items()
        ]
        hand_in("".join(json.dumps(row) + "\n" for row in rows), f"{run}.jsonl", at=now)

    return make


@pytest.fixture
def top(workspace: Workspace, slug: str, now: datetime) -> Callable[[], TopView]:
    return lambda: view_top_failures(workspace, LOCAL_CALLER, now, slug)


def line(view: TopView, word: str) -> TopFailure:
    return next(one for one in view.top.lines if one.bar.word == word)


def fixed(workspace: Workspace, now: datetime, slug: str, word: str, at: datetime = LATE) -> None:
    save_fix(workspace, LOCAL_CALLER, now, slug, word, fix="Renamed", owner="Bo", state="done", fixed_at=at)


def test_ten_of_fourteen_are_followed(top: Callable[[], TopView]) -> None:
    view = top()
    assert (len(view.top.lines), view.top.kinds, view.top.handled, view.release) == (10, 14, 0, "v1")
    assert [one.bar.count for one in view.top.lines] == list(COUNTS[:10])
    assert view.top.lines[0].bar.of == 200
    assert view.top.later is not None


def test_handled_is_tested_passing_on_the_live_release_and_not_back_since_its_fix(
    workspace: Workspace, slug: str, now: datetime, top: Callable[[], TopView], tested: Callable[..., None]
) -> None:
    tested({0: True, 1: False, 2: True})
    tested({3: True}, release="v0", run="e0")
    for place in range(4):
        fixed(workspace, now, slug, kind(place))
    view = top()
    standing = {one.bar.word: (one.standing, one.why_not) for one in view.top.lines[:5]}
    assert standing["wrong tool"] == (Standing.HANDLED, ())
    assert standing["kind 01"] == (Standing.OPEN, ("its eval case fails",))
    assert standing["kind 02"][0] is Standing.OPEN_AGAIN
    back = line(view, "kind 02").came_back
    assert back is not None
    assert back == min(moment(2, n) for n in range(25) if moment(2, n) > LATE)
    assert standing["kind 03"] == (Standing.OPEN, ("its eval case has no result on the live release",))
    assert standing["kind 04"] == (Standing.OPEN, ("no eval case tests it", "not fixed yet"))


def test_a_newer_run_that_fails_and_a_new_failure_open_it_again(
    workspace: Workspace,
    slug: str,
    now: datetime,
    top: Callable[[], TopView],
    tested: Callable[..., None],
    hand_in: HandIn,
) -> None:
    tested({0: True, 1: True})
    fixed(workspace, now, slug, "wrong tool")
    fixed(workspace, now, slug, "kind 01")
    assert top().top.handled == 2
    tested({0: False}, run="e2")
    assert line(top(), "wrong tool").why_not == ("its eval case fails",)
    hand_in(json.dumps({"run_id": "ok1", "failure_type": "kind 01"}) + "\n", "more.jsonl")
    opened = line(top(), "kind 01")
    assert (opened.standing, opened.came_back) == (Standing.OPEN_AGAIN, FIRST + timedelta(days=50))
    # A failure of an old run that is only noted now has not come back.
    hand_in(json.dumps({"run_id": "early1", "failure_type": "kind 03"}) + "\n", "old.jsonl")
    assert line(top(), "kind 03").recurrences == 0


def test_words_that_were_merged_bring_their_fix_along(
    workspace: Workspace, slug: str, now: datetime, top: Callable[[], TopView]
) -> None:
    fixed(workspace, now, slug, "kind 13")
    merge_words(workspace, LOCAL_CALLER, now, slug, "type", ["kind 13"], "kind 01")
    found = line(top(), "kind 01")
    assert (found.bar.count, found.fix and found.fix.owner) == (31, "Bo")


def test_before_and_after_of_a_fix_with_counts(
    workspace: Workspace, slug: str, now: datetime, top: Callable[[], TopView], hand_in: HandIn
) -> None:
    labels = ["run_id,tool_right,failure_type,reviewer,sampling"]
    labels += [f"r0-{n},no,wrong tool,Vera,random" for n in range(40)]
    labels += [f"early{n},yes,,Vera,random" for n in range(60)]
    labels += [f"ok{n},yes,,Vera,random" for n in range(100)]
    labels += ["r1-1,no,wrong tool,Vera,worst"]
    hand_in("\n".join(labels) + "\n", "labels.csv")
    fixed(workspace, now, slug, "wrong tool")
    own, *metrics = top().effects["wrong tool"]
    assert (own.before.count, own.before.n, own.after.count, own.after.n) == (40, 100, 0, 100)
    assert (own.shown, own.metric) == (Shown.BETTER, "")
    by_source = {one.source: one for one in metrics}
    trace = by_source["trace"]
    assert trace.metric == "tool_selection_accuracy"
    assert (trace.after.count, trace.after.n) == (174, 205)
    assert by_source["label"].shown is Shown.BETTER


def test_discovery_still_finding_until_twenty_bring_nothing_new(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    """The kind that was seen once is among the newest twenty incidents or it is not: N8."""
    curve = view_discovery(workspace, LOCAL_CALLER, now, slug, Part()).curve
    assert (curve.noted, curve.counted.kinds, curve.counted.once) == (200, 14, 1)
    assert curve.stage in (Stage.STILL_FINDING, Stage.NOTHING_NEW_LATELY)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"state": "done"}, "needs one"),
        ({"state": "open", "fixed_at": LATE}, "Only a fix that is done"),
        ({"state": "gone"}, "is no state"),
        ({"state": "open", "owner": " "}, "an owner"),
        ({"state": "done", "fixed_at": datetime(2027, 1, 1, tzinfo=UTC)}, "still to come"),
    ],
)
def test_a_fix_that_cannot_be_is_refused(
    workspace: Workspace, slug: str, now: datetime, said: dict[str, object], sentence: str
) -> None:
    with pytest.raises(WrongUsage, match=sentence):
        save_fix(workspace, LOCAL_CALLER, now, slug, "x", **{"fix": "", "owner": "Bo", **said})  # type: ignore[arg-type]


def test_every_saving_stays_is_verified_and_is_for_readers_of_texts(
    workspace: Workspace, slug: str, now: datetime, top: Callable[[], TopView]
) -> None:
    save_fix(workspace, LOCAL_CALLER, now, slug, "Wrong Tool", fix="", owner="Cy", state="in_progress")
    fixed(workspace, now, slug, "wrong tool")
    assert [one.state for one in top().history["wrong tool"]] == ["done", "in_progress"]
    viewer = view_top_failures(workspace, Caller("Vi", frozenset({Role.VIEWER})), now, slug)
    assert viewer.history["wrong tool"][0].fix == KEPT_BACK
    assert verify_log(workspace, LOCAL_CALLER, now).ok


def test_a_report_says_what_is_counted_beside_an_answer_and_which_questions_wait(
    workspace: Workspace, slug: str, now: datetime
) -> None:
    """Whoever signs on paper reads no less than on the page."""
    items = [
        {"kind": "attested", "id": "handled", "sentence": "The ten are handled.", "look_at": "failures"},
        {"kind": "attested", "id": "owner", "sentence": "Somebody owns it."},
    ]
    checklist = read_checklist({"items": items})
    save_checklist(workspace, LOCAL_CALLER, now, slug, checklist, based_on=None)
    for item in ("handled", "owner"):
        answer_item(
            workspace, LOCAL_CALLER, now, slug, item, answer=AnswerGiven.YES, why="It was looked into."
        )
    asked = [
        ask_question(workspace, LOCAL_CALLER, now, slug, words=f"Why is kind {place} not mended yet?")
        for place in (2, 3)
    ]
    later = now + timedelta(days=1)
    answer_question(workspace, LOCAL_CALLER, later, slug, asked[0].id, words="It is, since today.")

    def made(form: ReportFormat, as_of: datetime) -> bytes:
        return make_report(workspace, LOCAL_CALLER, later, slug, form, as_of=as_of).content

    counted = "0 of the 10 most frequent kinds are handled."
    beside = json.loads(made(ReportFormat.JSON, later))["body"]["beside"]
    assert beside["counted"].keys() == {"The ten are handled."}
    assert beside["counted"]["The ten are handled."].startswith(counted)
    assert beside["questions"] == ["local user, 2 Mar 2026, 14:05 UTC: Why is kind 3 not mended yet?"]
    before = json.loads(made(ReportFormat.JSON, now))["body"]["beside"]["questions"]
    assert [words.partition("UTC: ")[2] for words in before] == [
        f"Why is kind {place} not mended yet?" for place in (2, 3)
    ]
    page = made(ReportFormat.HTML, later).decode()
    for words in (counted, "Open questions", "Questions that wait for an answer", beside["questions"][0]):
        assert words in page
