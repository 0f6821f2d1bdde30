"""Two releases compared: what counts for each, who sees the texts, and what the gate makes of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.actions.bundles import put_live, save_bundle, view_release
from core.actions.checklists import view_checklist
from core.actions.comparing import Comparison, compare, flips, release_choices
from core.actions.eval_cases import save_case
from core.actions.live_release import live_at
from core.actions.locking import lock_checklist, preview_lock
from core.actions.people import LOCAL_CALLER, Caller
from core.actions.regressions import regression_condition
from core.actions.scopes import save_scope, view_scope
from core.actions.workspace import Workspace
from core.criteria.scope import Scope
from core.criteria.scope_parts import RegressionRule, WatchedSlice
from core.decision.conditions import Condition
from core.errors import WrongUsage
from core.evidence.bundle_parts import BundlePart
from core.evidence.eval_case import EvalCase
from core.intake.answers import Answers
from core.metrics.before_after import Outcome
from core.metrics.before_after_words import verdict_sentence
from core.metrics.paired_cases import Flip
from core.rollout.bundle import PartVersion, ReleaseBundle
from core.store import features
from core.store.uploads import Upload

HandIn = Callable[..., Upload]
KEPT = Answers(personal_text="keep")


def rows(passed: Mapping[str, bool | None], **cells: Any) -> str:
    """Results as JSON lines: of each case id whether it passed."""
    return "".join(json.dumps({"case_id": one, "passed": ok, **cells}) + "\n" for one, ok in passed.items())


def flipping(broke: int, fixed: int, n: int) -> tuple[dict[str, bool], dict[str, bool]]:
    names = [f"c{place:04d}" for place in range(n)]
    before = {name: not broke <= place < broke + fixed for place, name in enumerate(names)}
    return before, {name: place >= broke for place, name in enumerate(names)}


@pytest.fixture
def live(workspace: Workspace, feature: str, now: datetime) -> Callable[..., None]:
    """``live("B", prompt="v2", days=3)``: the release is saved, and live since so many days ago."""

    def put(name: str, *, days: float = 1, **parts: str) -> None:
        bundle = ReleaseBundle(
            name=name, parts={BundlePart(part): PartVersion(version=said) for part, said in parts.items()}
        )
        at = now - timedelta(days=days)
        based_on = view_release(workspace, LOCAL_CALLER, now, feature).number
        save_bundle(workspace, LOCAL_CALLER, at, feature, bundle, based_on=based_on)
        put_live(workspace, LOCAL_CALLER, at, feature, name)

    return put


@pytest.fixture
def rule(workspace: Workspace, feature: str, now: datetime) -> Callable[[RegressionRule], None]:
    """Writes down in the scope what counts as a regression."""

    def write(said: RegressionRule) -> None:
        number = view_scope(workspace, LOCAL_CALLER, feature).number
        scope = Scope(regression_rule=said)
        save_scope(workspace, LOCAL_CALLER, now, feature, scope, based_on=number, reason="Agreed")

    return write


def condition(workspace: Workspace, slug: str, now: datetime) -> Condition | None:
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        live = live_at(connection, feature, now)
        return regression_condition(workspace, connection, feature, live, now)


@pytest.fixture
def compared(workspace: Workspace, feature: str, now: datetime) -> Callable[..., Comparison]:
    def ask(before: str = "A", after: str = "B", **asked: Any) -> Comparison:
        return compare(workspace, LOCAL_CALLER, now, feature, before, after, **asked)

    return ask


def test_the_numbers_of_the_methods_come_out_of_files(
    hand_in: HandIn, compared: Callable[..., Comparison], commit: Callable[..., int]
) -> None:
    commit(stakes="high")
    for suite, counts, sentence in (
        ("gold", (6, 16, 161),
         "Of 161 cases 6 broke and 16 were fixed: 95 % sure that it is at least 1.5 points better."),
        ("hard", (9, 6, 120),
         "9 broke, 6 fixed of 120: could be up to 8 points worse. Not enough evidence."),
    ):  # fmt: skip
        before, after = flipping(*counts)
        hand_in(rows(before), f"{suite}-a.jsonl", bundle="A", suite=suite)
        hand_in(rows(after), f"{suite}-b.jsonl", bundle="B", suite=suite)
        found = compared(suite=suite)
        assert verdict_sentence(found.found) == sentence
        assert (found.found.is_agreed, found.changed, found.traffic) == (False, None, ())
    # The ids of both sets are the same, and are matched within their sets.
    assert compared().found.n == 161 + 120
    assert compared().same.sets == ("gold", "hard")
    with pytest.raises(WrongUsage, match="soft"):
        compared(suite="soft")


@pytest.mark.parametrize("attempts", [((0, 1), (2, 3)), ((2, 3), (0, 1)), ((0, 2), (1, 3)), ((0,), (1,))])
def test_an_unchanged_agent_is_never_called_better(
    hand_in: HandIn, compared: Callable[..., Comparison], attempts: tuple[tuple[int, ...], tuple[int, ...]]
) -> None:
    sample = (
        Path(__file__).resolve().parents[2].parent / "shared/samples/real/airline_gpt4o_eval_results.jsonl"
    )
    if not sample.exists():
        pytest.skip("the real airline results are not beside this repository")
    lines = [json.loads(line) for line in sample.read_text().splitlines()]
    for name, tries in zip("AB", attempts, strict=True):
        kept = [{k: v for k, v in one.items() if k != "reward"} for one in lines if one["attempt"] in tries]
        hand_in("".join(json.dumps(one) + "\n" for one in kept), f"{name}.jsonl", bundle=name)
    found = compared().found
    if len(attempts[0]) == 1:
        # A simulated user asks something else each time: with one try nobody can tell that from an edit.
        assert (found.n, len(found.pairs.left_out.changed)) == (1, 49)
        return
    assert (found.n, found.pairs.by_id) == (50, True)
    assert found.outcome in (Outcome.NOT_ENOUGH, Outcome.NO_WORSE)


def test_what_failed_in_the_tool_is_run_again_and_what_never_answered_failed(
    hand_in: HandIn, compared: Callable[..., Comparison]
) -> None:
    ids = {"judge": True, "time": True, "run": True, "blank": True, "fine": True}
    hand_in(rows(ids), "a.jsonl", bundle="A")
    after = [
        {"case_id": "judge", "error": "No grade", "error_kind": "judge"},
        {"case_id": "time", "error": "The limit of time was reached.", "error_kind": "limit"},
        {"case_id": "run", "error": "500", "error_kind": "run"},
        {"case_id": "blank"},
        {"case_id": "fine", "passed": True},
    ]
    hand_in("".join(json.dumps(one) + "\n" for one in after), "b.jsonl", bundle="B")
    pairs = compared().found.pairs
    assert {one.case_id for one in pairs.of(Flip.BROKE)} == {"time", "run"}
    assert pairs.left_out.run_again == ("blank", "judge")


def test_a_case_that_asked_for_something_else_in_between_does_not_count(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, compared: Callable[..., Comparison]
) -> None:
    early = now - timedelta(days=5)
    for query in ("Open?", "Closed?"):
        save_case(workspace, LOCAL_CALLER, early, feature, EvalCase("", query, ground_truth="Yes."))
    hand_in(rows({"C-001": True, "C-002": True}), "a.jsonl", bundle="A", at=now - timedelta(days=4))
    edited = EvalCase("C-001", "Open?", ground_truth="No.")
    save_case(workspace, LOCAL_CALLER, now - timedelta(days=3), feature, edited, based_on=1)
    hand_in(rows({"C-001": False, "C-002": True}), "b.jsonl", bundle="B")
    pairs = compared().found.pairs
    assert ([one.case_id for one in pairs.cases], pairs.left_out.changed) == (["C-002"], ("C-001",))


def test_flips_show_both_answers_and_texts_go_to_those_who_may_read_them(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    compared: Callable[..., Comparison],
    person: Callable[..., Caller],
) -> None:
    case = EvalCase(
        "", "Mail to anna@example.com?", ground_truth="Yes, to anna@example.com", is_critical=True
    )
    save_case(workspace, LOCAL_CALLER, now - timedelta(days=5), feature, case, no_personal_data=True)
    other = {"case_id": "z", "query": "Else?", "response": "So."}
    for name, ok, answer in (("A", True, "Sent."), ("B", False, "Sent to bob@example.com")):
        mine = {"case_id": "C-001", "passed": ok, "response": answer, "query": "Mail to anna@example.com?"}
        lines = [mine, {**mine, "attempt": 1, "response": "Twice"}, {**other, "passed": ok}]
        hand_in("".join(json.dumps(one) + "\n" for one in lines), f"{name}.jsonl", bundle=name, answers=KEPT)
    found = compared()
    assert found.found.broken_critical == ("C-001",)
    first, second = flips(workspace, LOCAL_CALLER, now, feature, found, Flip.BROKE)
    assert (first.case.case_id, second.case.case_id) == ("C-001", "z")
    assert (first.before.response, second.question, second.expected) == ("Sent.", "Else?", None)
    assert "bob@" not in (first.after.response or "bob@")
    assert "anna@" not in (first.question or "anna@") + (first.expected or "anna@")
    assert [
        one.case.case_id for one in flips(workspace, LOCAL_CALLER, now, feature, found, Flip.BROKE, first=1)
    ] == ["z"]
    viewer = person("Vera", "viewer")
    (kept, _) = flips(workspace, viewer, now, feature, found, Flip.BROKE)
    assert {kept.question, kept.expected, kept.before.response} == {"[texts are for reviewers]"}


def test_what_a_regression_is_cannot_move_in_secret(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    commit: Callable[..., int],
    compared: Callable[..., Comparison],
    rule: Callable[[RegressionRule], None],
) -> None:
    before, after = flipping(9, 6, 120)
    hand_in(rows(before), "a.jsonl", bundle="A")
    hand_in(rows(after), "b.jsonl", bundle="B")

    def margin() -> tuple[float, bool]:
        found = compared()
        return found.found.margin, found.same.rule_waits

    rule(RegressionRule(margin_points=2))
    assert margin() == (0.02, False)
    commit(at=now)
    rule(RegressionRule(margin_points=9))
    assert margin() == (0.02, True), "what is locked holds"
    version = view_checklist(workspace, LOCAL_CALLER, feature).number
    preview = preview_lock(workspace, LOCAL_CALLER, now, feature)
    assert (preview.is_change, preview.loosens) == (True, ("A new release may be 9 points worse, not 2.",))
    lock_checklist(workspace, LOCAL_CALLER, now, feature, based_on=version, reason="Agreed anew")
    assert margin() == (0.09, False)
    assert not preview_lock(workspace, LOCAL_CALLER, now, feature).is_change


def test_the_gate_compares_what_is_live_with_what_was_live_before(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: HandIn,
    live: Callable[..., None],
    rule: Callable[[RegressionRule], None],
) -> None:
    assert condition(workspace, feature, now) is None
    live("A", days=6, model="m1", prompt="v1")
    assert condition(workspace, feature, now) is None
    live("B", days=4, model="m1", prompt="v2")
    none = condition(workspace, feature, now)
    assert none is not None
    assert (none.name, none.met) == ("regressions", False)
    assert none.sentence.startswith("B against A: no eval case has results of both.")
    before, after = flipping(3, 2, 30)
    # Results that name no release are of the one that was live when they were made.
    hand_in(rows(before, started_at=(now - timedelta(days=5)).isoformat()), "a.jsonl")
    hand_in(rows(after), "b.jsonl", bundle="B")
    unsure = condition(workspace, feature, now)
    assert unsure is not None
    assert (unsure.met, "Not enough evidence." in unsure.sentence) == (True, True), unsure.sentence
    rule(RegressionRule(margin_points=2, slices=(WatchedSlice(column="route", value="x"),)))
    agreed = condition(workspace, feature, now)
    assert agreed is not None
    assert (agreed.met, "probably show it" in agreed.sentence) == (False, True)
    # The runbook answers nobody: the release is compared with the same one, by the same results.
    live("C", days=2, model="m1", prompt="v2", runbook="r2")
    same = condition(workspace, feature, now)
    assert same == replace(agreed, sentence=agreed.sentence.replace("B against", "C against"))
    rule(RegressionRule(margin_points=20, critical_cases=("c0029", "never lose a bag")))
    shown = condition(workspace, feature, now)
    assert shown is not None and shown.met
    hand_in(rows({"c0029": False}), "again.jsonl", bundle="C", at=now + timedelta(hours=1))
    assert condition(workspace, feature, now) == shown
    later = now + timedelta(hours=2)
    # Another try of the case than the first does not count where the release before was tried once.
    assert condition(workspace, feature, later) == shown
    hand_in(
        rows({"c0029": True}, attempt=1, started_at=(now - timedelta(days=5)).isoformat()),
        "a2.jsonl",
        at=later,
    )
    broken = condition(workspace, feature, later)
    assert broken is not None and not broken.met
    assert broken.sentence.endswith("1 case that may never fail passed before and fails now: c0029.")
    found = compare(workspace, LOCAL_CALLER, later, feature, "A", "C")
    assert found.same.in_words == ("never lose a bag",)
    assert found.same.also_after == ("B",)
    assert next(one.words for one in found.changed or ()) == "System prompt and templates: v1 → v2"
    choices = release_choices(workspace, LOCAL_CALLER, later, feature)
    assert (choices.before, choices.after) == ("A", "C")


def test_labels_of_users_are_compared_on_the_same_kinds_of_tasks(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, compared: Callable[..., Comparison]
) -> None:
    traces, labels = [], []
    for place in range(80):
        name = "AB"[place % 2]
        traces.append({"run_id": f"r{place}", "query": "Q", "response": "R", "task_type": "refund",
                       "user_id": f"u{place}", "release_bundle": name})  # fmt: skip
        labels.append(
            {"run_id": f"r{place}", "answer_right": name == "A" or place < 40, "sampling": "random"}
        )
    for kind, lines in (("traces", traces), ("labels", labels)):
        hand_in("".join(json.dumps(one) + "\n" for one in lines), f"{kind}.jsonl")
    found = compared()
    assert found.found.outcome is Outcome.NOTHING
    (traffic,) = found.traffic
    assert (traffic.metric.id, traffic.new_n, traffic.old_n, traffic.outcome.value) == (
        "answer_correctness",
        40,
        40,
        "worse",
    )


def test_what_cannot_be_compared_is_refused_and_said(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, compared: Callable[..., Comparison]
) -> None:
    assert release_choices(workspace, LOCAL_CALLER, now, feature).releases == ()
    with pytest.raises(WrongUsage, match="“A”"):
        compared()
    hand_in(rows({"a": True}), "a.jsonl", bundle="A")
    with pytest.raises(WrongUsage, match="itself"):
        compared("A", "A ")
    with pytest.raises(WrongUsage, match="“B”") as refused:
        compared()
    assert refused.value.mend == "Known releases: A."
    hand_in(rows({"b": True}), "b.jsonl", bundle="B")
    assert compared().found.pairs.left_out.n == 2
    choices = release_choices(workspace, LOCAL_CALLER, now, feature)
    assert {choices.before, choices.after} == {"A", "B"}
