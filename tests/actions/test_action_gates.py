"""The gate on real evidence: what counts, when, how strongly; and the same answer every time."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.actions import portfolio
from core.actions.as_json import decision_as_json
from core.actions.checklists import answer_item
from core.actions.features import create_feature
from core.actions.gates import gate, view_gate
from core.actions.metrics import metrics_of, pass_hat
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import view_portfolio
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.judge import AnswerGiven
from core.criteria.stakes import Stakes
from core.criteria.verdict import Verdict
from core.decision.decide import Decision
from core.decision.waiting import SIGN_OFF
from core.errors import WrongUsage
from core.evidence.columns import TRACE_COLUMNS
from core.metrics.measurement import Measurement, NotMeasured, Source
from core.store import people
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
Results = Callable[..., str]
Commit = Callable[..., int]
Item = dict[str, Any]

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def decide(workspace: Workspace, slug: str, at: datetime) -> Decision:
    return gate(workspace, LOCAL_CALLER, at, slug)


def same_at(workspace: Workspace, slug: str, at: datetime) -> Callable[[], str]:
    """The whole answer as of ``at`` in JSON, without the hash that names every file that is there."""

    def read() -> str:
        body = decision_as_json(decide(workspace, slug, at))
        body["hashes"].pop("evidence")
        return json.dumps(body)

    return read


def test_an_empty_feature_has_no_data(workspace: Workspace, feature: str, now: datetime) -> None:
    decision = decide(workspace, feature, now)
    assert (decision.verdict, decision.rows, decision.bar.is_draft) == (Verdict.NO_DATA, (), True)
    assert decision.reasons == (
        "No item of the checklist decides anything yet. Fill in the checklist first.",
    )


def test_a_checklist_without_evidence_has_no_data(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item]
) -> None:
    commit(list(items.values()))
    decision = decide(workspace, feature, now)
    assert decision.verdict is Verdict.NO_DATA
    assert len(decision.reasons) == 2
    assert decision.may_advance is False


@pytest.mark.parametrize(
    ("stakes", "verdict", "more"),
    [
        ("low", Verdict.GO, False),
        ("medium", Verdict.NOT_ENOUGH_EVIDENCE, True),
        ("high", Verdict.NOT_ENOUGH_EVIDENCE, True),
    ],
)
def test_twenty_right_of_twenty_is_enough_for_90_percent_at_low_stakes_only(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results, stakes: str, verdict: Verdict, more: bool,
) -> None:  # fmt: skip
    commit([items["suite"] | {"bar": 0.9}], stakes=stakes)
    hand_in(results(20))
    row = decide(workspace, feature, now).rows[0]
    assert row.verdict is verdict
    assert (row.more_cases is not None and row.more_cases > 0) is more
    assert row.more_cases_to is (Verdict.GO if more else None)


def test_only_evidence_after_the_lock_counts(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    """On a draft everything counts; after a lock what is dated (if undated: uploaded) after it."""
    commit(lock=False)
    lock_at = now - 3 * DAY
    hand_in(results(40, started_at=(lock_at - HOUR).isoformat()), at=now)
    hand_in(results(40, first=100), at=lock_at - HOUR)
    draft = decide(workspace, feature, now)
    assert (draft.verdict, draft.bar.is_draft, draft.rows[0].finding.n) == (Verdict.GO, True, 80)  # type: ignore[union-attr]
    commit(at=lock_at)
    assert decide(workspace, feature, now).verdict is Verdict.NO_DATA
    hand_in(results(20, first=200, started_at=(lock_at + HOUR).isoformat()), at=now)
    hand_in(results(10, first=300), at=lock_at + HOUR)
    locked = decide(workspace, feature, now)
    assert (locked.verdict, locked.bar.is_draft, locked.rows[0].finding.n) == (Verdict.GO, False, 30)  # type: ignore[union-attr]
    assert [condition.name for condition in locked.lacking] == ["plan", "release", "signatures"]


def test_after_an_amendment_the_verdict_is_also_told_as_first_committed(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit(at=now - 6 * DAY)
    hand_in(results(5, 25), at=now - 5 * DAY)
    assert decide(workspace, feature, now).as_committed is None
    commit([items["suite"] | {"bar": 0.1}], at=now - 4 * DAY, reason="The bar was a guess")
    assert decide(workspace, feature, now).verdict is Verdict.NO_DATA
    hand_in(results(30, 70, first=100), at=now - 3 * DAY)
    amended = decide(workspace, feature, now)
    assert (amended.verdict, amended.as_committed) == (Verdict.GO, Verdict.NO_GO)
    assert amended.bar.amendments == 1


def test_as_of_a_moment_nothing_later_counts(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    """Later drafts, locks, answers and evidence change what is true now, not what was true then."""
    commit([items["plan"]], at=now - 9 * DAY, lock=False)
    answer_item(workspace, LOCAL_CALLER, now - 8 * DAY, feature, "plan", answer=AnswerGiven.NO, why="Not yet")
    of_draft = same_at(workspace, feature, now - 7 * DAY)
    commit([items["suite"], items["plan"]], at=now - 6 * DAY)
    hand_in(results(0, 30), at=now - 5 * DAY)
    of_lock = same_at(workspace, feature, now - 4 * DAY)
    before = of_draft(), of_lock()
    verdicts = [json.loads(answer)["verdict"] for answer in before]
    assert verdicts == ["no_go", "no_go"]
    assert [json.loads(answer)["draft"] for answer in before] == [True, False]

    hand_in(results(300, first=100), at=now - 3 * DAY)
    hand_in(results(300, first=500, started_at=(now - 2 * DAY).isoformat()), at=now - 3 * DAY)
    answer_item(
        workspace, LOCAL_CALLER, now - 3 * DAY, feature, "plan", answer=AnswerGiven.YES, why="Written"
    )
    commit([items["plan"]], at=now - DAY, reason="The suite is done")
    assert (of_draft(), of_lock()) == before
    assert decide(workspace, feature, now - 2 * DAY + HOUR).verdict is Verdict.GO
    assert decide(workspace, feature, now).bar.amendments == 1


def test_withdrawn_evidence_decides_nothing_but_was_a_look(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    commit()
    hand_in(results(40), at=now - HOUR)
    with_it = decide(workspace, feature, now)
    bad = hand_in(results(0, 200, first=100), at=now - HOUR)
    spoiled = decide(workspace, feature, now)
    withdraw_upload(workspace, LOCAL_CALLER, now, bad.id, "Not this release")
    without = decide(workspace, feature, now)
    assert (with_it.verdict, spoiled.verdict, without.verdict) == (Verdict.GO, Verdict.NO_GO, Verdict.GO)
    one_look, any_time = with_it.rows[0].finding, without.rows[0].finding
    assert isinstance(one_look, Measurement) and isinstance(any_time, Measurement)
    assert (any_time.value, any_time.n) == (one_look.value, one_look.n)
    # Whoever asks for the next results has seen these: from now on the peek-safe rule judges the set.
    assert (one_look.running, any_time.running) == (False, True)
    (told,) = view_gate(workspace, LOCAL_CALLER, now, feature).withdrawn
    assert (told.by, told.reason) == (LOCAL_CALLER.name, "Not this release")
    assert spoiled.evidence_sha256 != with_it.evidence_sha256


def test_a_run_that_is_imported_again_under_its_id_until_it_passes_was_looked_at_each_time(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    """Every case has another answer each time, so no row of the first files counts; the looks do."""
    commit(at=now - 6 * DAY)
    hand_in(results(10, 90, answer="before the lock"), at=now - 7 * DAY)
    found = []
    for place, passed in enumerate((88, 89, 90)):
        at = now - (5 - place) * DAY
        content = results(passed, 100 - passed, answer=f"try {place}", started_at=at.isoformat())
        upload = hand_in(content, at=at)
        assert upload.replaced == 100
        finding = decide(workspace, feature, at).rows[0].finding
        assert isinstance(finding, Measurement)
        found.append((finding.tally.passes, finding.n, finding.running))
    assert found == [(88, 100, False), (89, 100, True), (90, 100, True)]


def test_the_same_file_again_after_its_withdrawal_is_no_new_look(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, hand_in: HandIn, results: Results
) -> None:
    """Otherwise a NO-GO could be softened by taking the file back and handing it in again."""
    commit()
    first = hand_in(results(0, 200), at=now - HOUR)
    spoiled = decide(workspace, feature, now)
    withdraw_upload(workspace, LOCAL_CALLER, now, first.id, "Wrong release named")
    hand_in(results(0, 200), at=now - HOUR)
    again = decide(workspace, feature, now)
    for decision in (spoiled, again):
        finding = decision.rows[0].finding
        assert isinstance(finding, Measurement)
        assert (decision.verdict, finding.running, finding.n) == (Verdict.NO_GO, False, 200)


def test_an_answer_does_not_pass_on_to_another_question(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item]
) -> None:
    commit([items["plan"]])
    answer_item(workspace, LOCAL_CALLER, now, feature, "plan", answer=AnswerGiven.YES, why="Written")
    assert decide(workspace, feature, now).verdict is Verdict.GO
    commit([items["plan"] | {"sentence": "Has legal signed?"}], at=now, reason="Legal asks")
    assert decide(workspace, feature, now).verdict is Verdict.NO_DATA


def test_evidence_and_answers_grow_stale(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit([items["suite"] | {"valid_days": 10}, items["plan"] | {"valid_days": 20}])
    hand_in(results(0, 40), at=now)
    answer_item(workspace, LOCAL_CALLER, now, feature, "plan", answer=AnswerGiven.YES, why="Written")
    decisions = [decide(workspace, feature, now + days * DAY) for days in (10, 11, 21)]
    verdicts = [{row.item.id: row.verdict.value for row in decision.rows} for decision in decisions]
    assert verdicts == [
        {"suite": "no_go", "plan": "go"},
        {"suite": "stale", "plan": "go"},
        {"suite": "stale", "plan": "stale"},
    ]


def test_the_same_evidence_and_moment_give_the_same_bytes_in_a_fresh_process(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results, request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    commit(list(items.values()))
    hand_in(results(17, 3), at=now - HOUR)
    here = json.dumps(decision_as_json(decide(workspace, feature, now)), ensure_ascii=False, indent=2)
    command = [
        sys.executable, "-m", "core.cli", "gate", feature, "--json",
        "--home", str(workspace.home), "--as-of", now.isoformat(),
    ]  # fmt: skip
    is_postgresql = workspace.database.dialect == "postgresql"
    url = request.getfixturevalue("postgresql_url") if is_postgresql else ""
    there = subprocess.run(
        command,
        cwd=Path(__file__).resolve().parents[2],
        env={"READYGATE_DATABASE_URL": url, "PYTHONHASHSEED": "7", "PYTHONUTF8": "1"},
        capture_output=True,
        check=False,
    )
    assert there.stdout.decode() == here + "\n", there.stderr.decode()
    assert there.returncode == 3


def test_the_view_has_the_weeks_of_each_measured_row(
    workspace: Workspace, feature: str, now: datetime, commit: Commit, items: dict[str, Item],
    hand_in: HandIn, results: Results,
) -> None:  # fmt: skip
    commit(list(items.values()), at=now - 60 * DAY)
    for weeks, passed in ((5, 10), (3, 6)):
        hand_in(results(passed, 10 - passed, first=weeks * 100), at=now - weeks * 7 * DAY)
    view = view_gate(workspace, LOCAL_CALLER, now, feature)
    assert set(view.weeks) == {"suite"}
    points = view.weeks["suite"]
    assert [point.week.weekday() for point in points] == [0, 0, 0]
    found = [point.finding for point in points]
    assert isinstance(found[1], NotMeasured)
    assert [one.value for one in found if isinstance(one, Measurement)] == [1.0, 0.6]
    assert len(view.commitments) == 1


def test_the_portfolio_has_the_worst_first_and_says_what_each_waits_for(
    workspace: Workspace,
    feature: str,
    now: datetime,
    commit: Commit,
    hand_in: HandIn,
    results: Results,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("Zebra", "apple"):
        create_feature(workspace, LOCAL_CALLER, now, name=name, owner="Bob", stakes=Stakes.LOW)
    commit()
    hand_in(results(40), at=now)
    lines = view_portfolio(workspace, LOCAL_CALLER, now)
    assert [(line.feature.name, line.decision.verdict.value, line.waits_for) for line in lines] == [
        ("Helper", "go", "a phase plan and 2 more"),
        ("apple", "no_data", "a checklist"),
        ("Zebra", "no_data", "a checklist"),
    ]
    with workspace.database.writing() as connection:
        people.add(
            connection,
            issuer="https://id.example.com",
            subject="lea",
            name="Lea",
            email="lea@example.com",
            added_by="test",
            now=now,
        )
    signed_in = view_portfolio(workspace, LOCAL_CALLER, now)
    assert signed_in[0].waits_for == "a phase plan and 2 more"
    # With a plan and a live release only the signature is left.
    monkeypatch.setattr(portfolio, "waits_for", lambda decision: (SIGN_OFF,))
    assert lines[0].waits_for == "sign-off outside Readygate"
    assert signed_in[0].waits_for == "sign-off: look at its Go / no-go"
    assert lines[0].headline is not None
    assert lines[0].headline.item.id == "suite"
    assert lines[1].headline is None
    hand_in(results(0, 200, first=100), at=now)
    failing = view_portfolio(workspace, LOCAL_CALLER, now)
    assert [(line.feature.name, line.decision.verdict.value) for line in failing] == [
        ("Helper", "no_go"), ("apple", "no_data"), ("Zebra", "no_data"),
    ]  # fmt: skip


TRACES = """run_id,started_at,user_id,channel,escalated,user_feedback,latency_ms
r1,2026-02-16T09:00:00Z,u1,web,yes,accepted,100
r2,2026-02-17T09:00:00Z,u2,web,no,rejected,200
r3,2026-02-24T09:00:00Z,u3,phone,no,accepted,9000
r4,2026-02-24T10:00:00Z,u4,,no,accepted,300
"""


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        (None, {None: (0.75, 4)}),
        ("week", {"2026-02-16": (0.5, 2), "2026-02-23": (1.0, 2)}),
        ("day", {"2026-02-16": (1.0, 1), "2026-02-17": (0.0, 1), "2026-02-24": (1.0, 2)}),
        ("channel", {"": (1.0, 1), "phone": (1.0, 1), "web": (0.5, 2)}),
        ("escalated", {"false": (2 / 3, 3), "true": (1.0, 1)}),
        ("bundle", {"": (0.75, 4)}),
    ],
)
def test_metrics_can_be_grouped(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results,
    by: str | None, groups: dict[str | None, tuple[float, int]],
) -> None:  # fmt: skip
    hand_in(TRACES, "traces.csv")
    hand_in(results(3))
    found = metrics_of(workspace, LOCAL_CALLER, now, feature, only="user_acceptance", by=by)
    assert {group: (one.value, one.n) for group, one in found if isinstance(one, Measurement)} == groups


def test_a_group_has_its_own_quantile(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    rows = [
        f"r{place},2026-02-16T09:00:00Z,u{place},{channel},{latency}"
        for place, (channel, latency) in enumerate([("web", 100)] * 60 + [("", 5000)] * 60)
    ]
    hand_in("\n".join(["run_id,started_at,user_id,channel,latency_ms", *rows]), "traces.csv")
    found = metrics_of(workspace, LOCAL_CALLER, now, feature, only="latency_p95", by="channel")
    assert {group: one.value for group, one in found if isinstance(one, Measurement)} == {
        "": 5000.0, "web": 100.0,
    }  # fmt: skip


def test_every_column_of_words_can_group_and_no_other(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    hand_in(TRACES, "traces.csv")
    hand_in("run_id,answer_right,hallucination\nr1,yes,no\nr3,no,no\n", "labels.csv")
    hand_in(results(3, 1, tools_expected=["a"], tools_called=["a", "b"]))
    for column in TRACE_COLUMNS:
        if column.can_slice:
            # One metric of each source stands for the others, which are asked in the same way.
            found = [
                metrics_of(workspace, LOCAL_CALLER, now, feature, only=only, by=column.name)
                for only in ("answer_correctness", "user_acceptance", "eval_pass_rate")
            ]
            assert any(found)
        else:
            with pytest.raises(WrongUsage, match=f"cannot be grouped by “{column.name}”"):
                metrics_of(workspace, LOCAL_CALLER, now, feature, by=column.name)


def test_metrics_are_of_a_time_and_a_source(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, results: Results
) -> None:
    hand_in(TRACES, "traces.csv")
    hand_in(results(3, 1), at=now)
    since = datetime(2026, 2, 20, tzinfo=now.tzinfo)
    found = metrics_of(workspace, LOCAL_CALLER, now, feature, source=Source.FEEDBACK, since=since)
    assert [(one.metric, one.n) for _, one in found if isinstance(one, Measurement)] == [
        ("user_acceptance", 2),
        ("rejected_rate", 2),
        ("edited_rate", 2),
        ("reaction_rate", 2),
    ]
    before = now - timedelta(microseconds=1)
    assert pass_hat(workspace, LOCAL_CALLER, before, feature) == []
    assert [(one.k, one.value) for one in pass_hat(workspace, LOCAL_CALLER, now, feature)] == [(1, 0.75)]
    assert pass_hat(workspace, LOCAL_CALLER, now + DAY, feature, since=now + HOUR) == []
    with pytest.raises(WrongUsage, match=r"no metric “luck”.*eval_pass_rate"):
        metrics_of(workspace, LOCAL_CALLER, now, feature, only="luck")
