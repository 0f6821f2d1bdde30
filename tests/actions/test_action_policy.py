"""Who may do what: every public action against every role, from one table; a new action must enter it."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import BytesIO
from itertools import product
from typing import Any

import pytest

import core.actions
from core.actions.age_limits import set_days, view_limits
from core.actions.agreement import open_disagreement, settle, view_agreement
from core.actions.alarms import acknowledge_alarm, view_alarms
from core.actions.applying import AppliedFile, apply
from core.actions.attached_files import attach_file, files_of_answers, open_attached
from core.actions.audit_log import AuditFilter, export_chain, export_table, open_entry, view_audit
from core.actions.audit_verify import last_check, start_check, verify_log
from core.actions.backups import make_backup
from core.actions.baselines import record_baseline, view_baselines, withdraw_baseline
from core.actions.behind_rows import files_behind, label_coverage, worst_part
from core.actions.bundles import put_live, save_bundle
from core.actions.case_drafts import draft_of_run
from core.actions.case_exports import cases_of, export_cases, reveal_cases
from core.actions.case_lists import CaseFilter, open_case, view_cases
from core.actions.case_naming import EvalSets
from core.actions.checklist_help import checklist_templates, protection, usable_lately
from core.actions.checklist_sheets import checklist_sheet, read_checklist_sheet
from core.actions.checklists import (
    add_floor,
    answer_item,
    lock_checklist,
    preview_lock,
    save_checklist,
    take_template,
    view_checklist,
)
from core.actions.cohorts import compare_cohorts, first_column, group_choices
from core.actions.comparing import Comparison, compare, flips, release_choices
from core.actions.concentration import view_piles, view_worst_users
from core.actions.confidence import all_confident_and_wrong, view_confidence
from core.actions.costs import view_costs
from core.actions.counted_beside import counted_beside
from core.actions.decisions_record import view_decisions_record
from core.actions.discovery import view_discovery
from core.actions.erasure import ask_erasure, cancel_erasure, erase, find_person, view_erasures
from core.actions.eval_cases import alike_cases, promote, retire_case, save_case, take_cases
from core.actions.eval_results import suites_to_run, view_eval_results
from core.actions.eval_suites import lock_suite, view_suites
from core.actions.failure_words import (
    add_word,
    merge_words,
    offered_words,
    part_word,
    rename_word,
    view_words,
)
from core.actions.failures import failure_log, failure_pareto, failure_template
from core.actions.features import change_feature, create_feature, list_features
from core.actions.fixes import save_fix
from core.actions.flags import view_permission
from core.actions.follow_ups import record_follow_up, view_follow_ups
from core.actions.forecasts import next_blast, view_forecast
from core.actions.gate_answer import gate_answer
from core.actions.gates import gate, view_gate
from core.actions.gauges import Part
from core.actions.health import evidence_version, phases_of, slices_of_row, values_of, view_health
from core.actions.importing import run_import
from core.actions.imports import (
    answer_questions,
    cancel_import,
    discard_waiting,
    list_uploads,
    rejected_rows,
    start_import,
)
from core.actions.incidents import close_incident, report_incident, view_incidents
from core.actions.instrumentation import coverage_over_time, instrumentation, unmatched
from core.actions.judge_audits import view_judge_audits
from core.actions.legal_holds import held_features, lift_hold, place_hold, view_holds
from core.actions.metrics import metrics_of, pass_hat
from core.actions.outside import outside_sheet, record_count, upload_counts, view_outside, withdraw_count
from core.actions.overrides import end_override, give_override, view_overrides
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import signers_of, view_myself, view_people
from core.actions.phase_metrics import view_phases
from core.actions.plans import lint_plan, save_plan, take_plan_template, view_plan
from core.actions.policy import ALLOWED, Act, may, require
from core.actions.portfolio import view_headline_weeks, view_portfolio
from core.actions.previews import personal_preview
from core.actions.progress import view_progress
from core.actions.promises import meet_condition, release_condition, view_promises
from core.actions.questions import answer_question, ask_question, view_questions
from core.actions.red_team import record_check, record_finding, view_red_team
from core.actions.rehearsals import record_rehearsal, view_rehearsals
from core.actions.release_view import preview_live, view_release
from core.actions.reports import ReportFormat, log_head, make_report
from core.actions.revealing import reveal_failure_log, reveal_rejected_rows, reveal_trace, reveal_traces
from core.actions.review_labels import defer, end_review, save_label, take_back_last
from core.actions.review_queue import Choice, open_review, view_pools, view_reviews
from core.actions.reviews import Judged, coming, open_item, queue_of, view_session, what_was_found
from core.actions.roles import grant_role, invite_person, let_in_again, remove_person, revoke_role
from core.actions.rollout import advance, complete, pause, resume, roll_back, start_phase, view_rollout
from core.actions.rollout_past import PastStart, record_past
from core.actions.same_cases import SameCases
from core.actions.scenarios import scenario_of, take_scenario, view_scenarios
from core.actions.scope_reviews import review_scope
from core.actions.scopes import save_scope, view_scope
from core.actions.signing import sign, view_sign_off, withdraw_signature
from core.actions.slices import slice_traffic, view_adoption, view_slices
from core.actions.tokens import TokenScope, make_token, revoke_token, view_tokens
from core.actions.tool_lists import add_tool_list, view_tools
from core.actions.top_failures import view_top_failures
from core.actions.traces import TraceFilter, find_traces, open_trace, trace_choices
from core.actions.trends import phase_starts, view_drifts, view_trend
from core.actions.usual_limits import Kept
from core.actions.waivers import ask_waiver, decide_waiver, revoke_waiver, view_waivers
from core.actions.webhooks import (
    WebhookEvent,
    make_webhook,
    renew_webhook_secret,
    send_again,
    send_test,
    stop_webhook,
    view_webhooks,
)
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.checklist import AttestedItem, MeasuredItem, read_checklist
from core.criteria.judge import AnswerGiven
from core.criteria.scope import Scope
from core.criteria.stakes import FloorPart, Stakes
from core.decision.hindsight import Hindsight
from core.errors import NotAllowed, QuestionsOpen, WrongUsage
from core.evidence.eval_case import EvalCase
from core.evidence.outside_measures import WeekCount
from core.evidence.review_queue import Queue
from core.evidence.weeks import monday
from core.export.checklist_workbook import checklist_workbook
from core.export.outside_counts import outside_workbook
from core.metrics.before_after import before_after
from core.metrics.measurement import ReleaseScope, Source
from core.metrics.paired_cases import Flip, pair_cases
from core.rollout.bundle import read_bundle
from core.rollout.gallery import plan_template
from core.rollout.plan import Fallback, PhasePlan, read_plan
from core.rollout.transitions import Move, Transition
from core.store import (
    alarms,
    audit,
    features,
    overrides,
    signatures,
    signed_conditions,
    transitions,
    webhooks,
)
from core.store.case_results import Naming
from core.store.uploads import Upload
from core.store.waivers import Waiver

HandIn = Callable[..., Upload]
Commit = Callable[..., int]
Ship = Callable[..., None]
Watched = Callable[..., AbstractContextManager[Any]]
Everything = Callable[[], Mapping[str, list[str]]]
Step = Callable[[Hashable, Callable[[], Any]], Any]

EVERYONE = {"viewer", "reviewer", "pm", "signer", "admin", "auditor"}
WHO = {
    Act.SEE: EVERYONE,
    Act.CREATE_FEATURE: {"pm", "admin"},
    Act.EDIT_SCOPE: {"pm"},
    Act.EDIT_CHECKLIST: {"pm"},
    Act.LOCK_CHECKLIST: {"pm"},
    Act.EDIT_PLAN: {"pm"},
    Act.ATTEST: {"pm", "reviewer"},
    Act.IMPORT: {"pm"},
    Act.WITHDRAW_UPLOAD: {"pm"},
    Act.SET_RETENTION: {"admin"},
    Act.RECORD_COUNTS: {"pm"},
    Act.START_PHASE: {"pm"},
    Act.RESUME_ROLLOUT: {"pm"},
    Act.STOP_ROLLOUT: {"reviewer", "pm", "signer", "admin"},
    Act.SEE_AUDIT: {"signer", "admin", "auditor"},
    Act.READ_TEXTS: {"reviewer", "pm", "signer", "auditor"},
    Act.REVEAL: {"reviewer", "pm", "auditor"},
    Act.SIGN: {"signer"},
    Act.ASK_WAIVER: {"pm"},
    Act.DECIDE_WAIVER: {"signer"},
    Act.REVOKE_WAIVER: {"pm", "signer"},
    Act.OVERRIDE: {"signer"},
    Act.END_OVERRIDE: {"pm", "signer"},
    Act.REVIEW: {"pm", "reviewer"},
    Act.NAME_FAILURES: {"pm", "reviewer"},
    Act.EDIT_CASES: {"pm", "reviewer"},
    Act.LOCK_SUITE: {"pm"},
    Act.ASK_ERASURE: {"pm"},
    Act.ERASE: {"admin"},
    Act.MANAGE_PEOPLE: {"admin"},
    Act.HOLD: {"admin"},
    Act.NOTIFY: {"admin"},
    Act.BACK_UP: {"admin"},
    Act.EDIT_BUNDLE: {"pm"},
    Act.PUT_LIVE: {"pm"},
    Act.REHEARSE: {"pm", "reviewer", "admin"},
    Act.RED_TEAM: {"pm", "reviewer"},
    Act.ASK: {"reviewer", "pm", "signer", "admin"},
    Act.ANSWER: {"pm"},
    Act.MEET_CONDITION: {"pm", "signer"},
    Act.FOLLOW_UP: {"pm", "signer"},
}
"""Act by role, as the security design says; a signer, an admin and an auditor change no evidence."""

NOBODY = Caller("Nobody", frozenset())
RESULT = b'{"case_id": "c1", "passed": true}\n'
UNDATED_ZONE = "run_id,started_at\nr1,2026-02-20T10:00:00\n"


class Scene:
    """A feature with a saved checklist, a finished upload, a waiting one and one with a question."""

    def __init__(
        self,
        workspace: Workspace,
        slug: str,
        now: datetime,
        hand_in: HandIn,
        commit: Commit,
        ship: Ship,
        items: dict[str, Any],
    ) -> None:
        self.workspace, self.slug, self.now = workspace, slug, now
        self.hand_in, self.commit, self.ship = hand_in, commit, ship
        self.number = commit(list(items.values()), lock=False)
        record_count(workspace, LOCAL_CALLER, now, slug, day=now.date(), measure="y", count=1)
        self.count = view_outside(workspace, LOCAL_CALLER, slug).weeks[0].kept.id
        self.person = invite_person(
            workspace, LOCAL_CALLER, now, slug, email="gus@example.com", name="Gus", role=Role.VIEWER
        )
        self.grant = view_people(workspace, LOCAL_CALLER).people[0].grants[0].id
        self.done = hand_in(RESULT).id
        self.waiting = self.start(LOCAL_CALLER)
        with pytest.raises(QuestionsOpen):
            hand_in(UNDATED_ZONE, "traces.csv")
        with workspace.database.reading() as connection:
            ids = [event.subject for event in audit.timeline(connection, None, 1)]
        self.asking = ids[0].removeprefix("upload/")

    def rolled_out(self, *moves: tuple[Move, str]) -> None:
        """The record of a rollout, without the events of the actions that would have led there."""
        if moves and not view_plan(self.workspace, LOCAL_CALLER, self.slug).number:
            before = self.now - timedelta(days=40)
            save_plan(self.workspace, LOCAL_CALLER, before, self.slug, _some_plan(), based_on=None)
        with self.workspace.database.writing() as connection:
            for place, (move, phase) in enumerate(moves):
                at = self.now - timedelta(days=30 - place)
                transitions.add(
                    connection,
                    feature_id=features.by_slug(connection, self.slug).id,
                    moved=Transition(move, phase, at, "Ada", "why"),
                    plan_number=1,
                    verdict=None,
                    now=at,
                )

    def passes_the_gate(self, *moves: tuple[Move, str], phases: int = 4) -> None:
        """GO on a locked checklist and a plan without blocking findings, with this rollout so far."""
        suite = {"kind": "measured", "id": "s", "metric": "eval_pass_rate", "source": "eval", "bar": 0.1}
        self.commit([suite], stakes="low", at=self.now - timedelta(days=40))
        self.ship(self.workspace, self.slug, self.now - timedelta(days=40))
        rows = b"".join(b'{"case_id": "g%d", "passed": true}\n' % place for place in range(40))
        self.hand_in(rows, "go.jsonl")
        whole = plan_template("guardrail_escalation").filled(
            owner="Ada", fallback=Fallback.NON_AI, requests_per_day=None, users=None
        )
        plan = whole.model_copy(update={"phases": whole.phases[:phases]})
        before = self.now - timedelta(days=40)
        save_plan(self.workspace, LOCAL_CALLER, before, self.slug, plan, based_on=None)
        self.rolled_out(*moves)

    def answers(self) -> None:
        """The attested item is answered, with a file."""
        given = answer_item(
            self.workspace, LOCAL_CALLER, self.now, self.slug, "plan", answer=AnswerGiven.YES, why="Read it."
        )
        self.answer = given.id
        attach_file(
            self.workspace, LOCAL_CALLER, self.now, self.slug, given.id, file_name="a.txt", content=b"Read."
        )

    def sees_a_trace(self) -> None:
        self.hand_in('{"run_id": "seen", "user_id": "user-1", "query": "Hello"}\n', "traces.jsonl")

    def has_a_token(self) -> None:
        make_token(self.workspace, LOCAL_CALLER, self.now, name="Old", scopes=(TokenScope.READ,))
        self.token = view_tokens(self.workspace, LOCAL_CALLER).tokens[0].id

    def has_a_webhook(self) -> None:
        url = "https://hooks.example.com/"
        make_webhook(
            self.workspace, LOCAL_CALLER, self.now, name="Old", url=url, events=(WebhookEvent.ALARM,)
        )
        self.webhook = view_webhooks(self.workspace, LOCAL_CALLER).webhooks[0].id

    def has_told(self) -> None:
        """The webhook's test could not be delivered."""
        self.has_a_webhook()
        self.delivery = send_test(self.workspace, LOCAL_CALLER, self.now, self.webhook)
        with self.workspace.database.writing() as connection:
            taken = webhooks.take(connection, self.webhook, self.now, timedelta(minutes=1))
            assert taken is not None
            webhooks.tried(
                connection, taken, state="failed", status=500, fault="", due_at=self.now, now=self.now
            )

    def is_warned(self) -> None:
        """Without the event of the import that would have raised the alarm."""
        with self.workspace.database.writing() as connection:
            self.alarm = alarms.add(
                connection,
                feature_id=features.by_slug(connection, self.slug).id,
                phase="beta",
                warning="Error rate above 5 %",
                metric="error_rate",
                tier="pause",
                did="nothing",
                sentence="It reached 67.",
                cases=105,
                reached_at=self.now,
                upload_id=None,
                now=self.now,
            ).id

    def is_held(self) -> None:
        self.hold = place_hold(self.workspace, LOCAL_CALLER, self.now, self.slug, reason="File 17 of May").id

    def is_overruled(self) -> None:
        """Without the events of the action, which takes a person who has signed in."""
        with self.workspace.database.writing() as connection:
            self.override = overrides.add(
                connection,
                feature_id=features.by_slug(connection, self.slug).id,
                step="start:beta",
                reason="It cannot wait until the evidence is there",
                given_by="Lea",
                given_by_id=None,
                expires_at=self.now + timedelta(hours=24),
                sha256="0" * 64,
                statement={"title": "Start Beta"},
                now=self.now,
            ).id

    def holds_on_a_condition(self) -> None:
        """Without the events of the signature, which takes a person who has signed in."""
        with self.workspace.database.writing() as connection:
            feature_id = features.by_slug(connection, self.slug).id
            signed = signatures.add(
                connection,
                feature_id=feature_id,
                about="step",
                commitment_number=1,
                step="start:beta",
                choice="approve",
                reason="",
                person_id=self.person,
                signed_by="Gus",
                sha256="0" * 64,
                statement={},
                now=self.now,
            )
            self.condition = signed_conditions.add(
                connection,
                feature_id=feature_id,
                signature_id=signed.id,
                words="Legal reads ten answers",
                owner="Lea",
                due=self.now.date(),
            )

    def wants_an_erasure(self) -> None:
        self.sees_a_trace()
        self.erasure = ask_erasure(
            self.workspace, LOCAL_CALLER, self.now, self.slug, wanted="user-1", reason="Asked for it, 17"
        ).id

    def locks(self) -> None:
        lock_checklist(self.workspace, LOCAL_CALLER, self.now, self.slug, based_on=self.number)

    def asks_for_a_waiver(self) -> None:
        self.locks()
        self.waiver = self.ask_waiver(LOCAL_CALLER).id

    def ask_waiver(self, who: Caller) -> Waiver:
        until = self.now.date() + timedelta(days=10)
        return ask_waiver(
            self.workspace, who, self.now, self.slug, "suite", reason="The fix is due soon", until=until
        )

    def counts_sheet(self) -> bytes:
        return outside_workbook([WeekCount(monday(self.now.date()), "z", 3)], ["z"])

    def whole_week(self) -> Choice:
        return Choice(Queue.ALL, monday(self.now.date()))

    def is_under_review(self) -> None:
        self.hand_in(
            '{"run_id": "seen", "started_at": "2026-03-02T09:00:00Z", "query": "Hello"}\n', "traces.jsonl"
        )
        self.review = open_review(self.workspace, LOCAL_CALLER, self.now, self.slug, self.whole_week()).id

    def saves_and_takes_back(self, who: Caller) -> None:
        save_label(self.workspace, who, self.now, self.slug, self.review, 1, Judged(answer_right=True))
        take_back_last(self.workspace, who, self.now, self.slug, self.review)

    def is_in_dispute(self) -> None:
        self.is_under_review()
        for name in ("Ada", "Bob"):
            said = Judged(answer_right=name == "Ada")
            who = Caller(name, frozenset({Role.REVIEWER}))
            save_label(self.workspace, who, self.now, self.slug, self.review, 1, said)

    def start(self, caller: Caller) -> str:
        return start_import(
            self.workspace, caller, self.now, self.slug, file_name="r.jsonl", content=BytesIO(RESULT)
        )


@pytest.fixture
def scene(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn, commit: Commit, ship: Ship,
    items: dict[str, Any], step: Step, request: pytest.FixtureRequest,
) -> Scene:  # fmt: skip
    made = staged(workspace, feature, now, hand_in, commit, ship, items, step)
    callspec = getattr(request.node, "callspec", None)
    prepare = PREPARED.get(callspec.params.get("action")) if callspec else None
    if prepare is not None:
        prepare(made)
    return made


def staged(
    workspace: Workspace, slug: str, now: datetime, hand_in: HandIn, commit: Commit, ship: Ship,
    items: dict[str, Any], step: Step,
) -> Scene:  # fmt: skip
    """The scene as a step: what it knows by name is the same in every workspace."""
    hands = {"workspace": workspace, "hand_in": hand_in, "commit": commit, "ship": ship}

    def build() -> dict[str, Any]:
        known = vars(Scene(workspace, slug, now, hand_in, commit, ship, items))
        return {name: value for name, value in known.items() if name not in hands}

    made = Scene.__new__(Scene)
    vars(made).update(step("scene", build) | hands)
    return made


Do = Callable[[Scene, Caller], object]


def _other_checklist() -> Any:
    question = {"kind": "attested", "id": "other", "sentence": "Somebody is on call."}
    return read_checklist({"stakes": "medium", "items": [question]})


def _some_row() -> MeasuredItem:
    return MeasuredItem(id="a", metric="answer_correctness", source=Source.LABEL, bar=0.8)


def _some_plan() -> PhasePlan:
    return read_plan({"phases": [{"id": "beta", "name": "Beta", "exposure_users": [50, 100]}]})


def _read(answer: object) -> None:
    """What was asked for is remembered now."""


def _with_an_incident(s: Scene) -> None:
    s.incident = report_incident(
        s.workspace, LOCAL_CALLER, s.now, s.slug, what="Charged twice", happened_at=s.now, owner="Bo"
    ).id


def _with_merged_words(s: Scene) -> None:
    add_word(s.workspace, LOCAL_CALLER, s.now, s.slug, "type", "tool wrong")
    merge_words(s.workspace, LOCAL_CALLER, s.now, s.slug, "type", ["tool wrong"], "wrong tool")


def _with_a_case(s: Scene) -> None:
    case = EvalCase("", "Where is my order?", ground_truth="shipped")
    save_case(s.workspace, LOCAL_CALLER, s.now, s.slug, case)


def _with_a_test_set(s: Scene) -> None:
    s.hand_in(b'{"id": "q1", "input": "Why?", "target": "So."}\n', "gold.jsonl", suite="gold")


def _with_a_failed_trace(s: Scene) -> None:
    s.hand_in('{"run_id": "failed", "query": "Where?", "tool_expected": "track"}\n', "failed.jsonl")
    # What it reads is remembered, so that its statements are the same ones at every try.
    _read(draft_of_run(s.workspace, LOCAL_CALLER, s.slug, "failed"))


def _record_baseline(s: Scene, who: Caller) -> Any:
    number = {"metric": "answer_correctness", "passes": 4, "cases": 5}
    return record_baseline(s.workspace, who, s.now, s.slug, path="By hand", source="A study", **number)


def _finds(s: Scene, who: Caller) -> object:
    said = {"title": "Refunds all", "kind": "injection", "severity": "critical", "how": "Ask twice."}
    return record_finding(s.workspace, who, s.now, s.slug, found_at=s.now, **said)


COUNTED = AttestedItem(id="handled", sentence="The ten are handled.", look_at="failures")
RELEASE = read_bundle({"name": "Release 1", "parts": {"model": {"version": "m-1"}}})

WRITES: dict[Callable[..., Any], tuple[Act, int, Do]] = {
    save_case: (
        Act.EDIT_CASES,
        1,
        lambda s, who: save_case(s.workspace, who, s.now, s.slug, EvalCase("", "Why?", ground_truth="So.")),
    ),
    retire_case: (
        Act.EDIT_CASES,
        1,
        lambda s, who: retire_case(s.workspace, who, s.now, s.slug, "C-001", based_on=1, reason="Old"),
    ),
    take_cases: (Act.EDIT_CASES, 1, lambda s, who: take_cases(s.workspace, who, s.now, s.slug, ["q1"])),
    promote: (
        Act.EDIT_CASES,
        1,
        lambda s, who: promote(s.workspace, who, s.now, s.slug, "failed", no_personal_data=True),
    ),
    lock_suite: (Act.LOCK_SUITE, 3, lambda s, who: lock_suite(s.workspace, who, s.now, s.slug)),
    record_baseline: (Act.RECORD_COUNTS, 1, _record_baseline),
    withdraw_baseline: (
        Act.RECORD_COUNTS,
        1,
        lambda s, who: withdraw_baseline(
            s.workspace,
            who,
            s.now,
            s.slug,
            view_baselines(s.workspace, LOCAL_CALLER, s.slug).current[0].kept.id,
        ),
    ),
    create_feature: (
        Act.CREATE_FEATURE,
        1,
        lambda s, who: create_feature(
            s.workspace, who, s.now, name="New", owner="Ada", stakes=Stakes.LOW, slug="new"
        ),
    ),
    change_feature: (
        Act.CREATE_FEATURE,
        1,
        lambda s, who: change_feature(
            s.workspace, who, s.now, s.slug, name="Renamed", owner=None, stakes=Stakes.HIGH
        ),
    ),
    save_scope: (
        Act.EDIT_SCOPE,
        1,
        lambda s, who: save_scope(
            s.workspace, who, s.now, s.slug, Scope(success_signal="Settled alone"), based_on=None
        ),
    ),
    take_scenario: (
        Act.EDIT_SCOPE,
        2,
        lambda s, who: take_scenario(s.workspace, who, s.now, s.slug, "summarisation"),
    ),
    save_checklist: (
        Act.EDIT_CHECKLIST,
        1,
        lambda s, who: save_checklist(s.workspace, who, s.now, s.slug, _other_checklist(), based_on=s.number),
    ),
    take_template: (
        Act.EDIT_CHECKLIST,
        1,
        lambda s, who: take_template(
            s.workspace, who, s.now, s.slug, "ready_for_everyone", based_on=s.number
        ),
    ),
    add_floor: (
        Act.EDIT_CHECKLIST,
        1,
        lambda s, who: add_floor(s.workspace, who, s.now, s.slug, tuple(FloorPart), based_on=s.number),
    ),
    lock_checklist: (
        Act.LOCK_CHECKLIST,
        1,
        lambda s, who: lock_checklist(s.workspace, who, s.now, s.slug, based_on=s.number),
    ),
    ask_waiver: (Act.ASK_WAIVER, 1, lambda s, who: s.ask_waiver(who)),
    revoke_waiver: (
        Act.REVOKE_WAIVER,
        1,
        lambda s, who: revoke_waiver(
            s.workspace, who, s.now, s.slug, s.waiver, reason="The fix came too late"
        ),
    ),
    save_plan: (
        Act.EDIT_PLAN,
        1,
        lambda s, who: save_plan(s.workspace, who, s.now, s.slug, _some_plan(), based_on=None),
    ),
    take_plan_template: (
        Act.EDIT_PLAN,
        1,
        lambda s, who: take_plan_template(
            s.workspace, who, s.now, s.slug, "guardrail_escalation", based_on=None
        ),
    ),
    answer_item: (
        Act.ATTEST,
        1,
        lambda s, who: answer_item(
            s.workspace, who, s.now, s.slug, "plan", answer=AnswerGiven.YES, why="Read it."
        ),
    ),
    apply: (
        Act.CREATE_FEATURE,
        1,
        lambda s, who: apply(
            s.workspace, who, s.now, AppliedFile.model_validate({"feature": {"owner": "Eve"}}), slug=s.slug
        ),
    ),
    open_review: (Act.REVIEW, 1, lambda s, who: open_review(s.workspace, who, s.now, s.slug, s.whole_week())),
    # The first label of a review begins its upload.
    save_label: (
        Act.REVIEW,
        2,
        lambda s, who: save_label(s.workspace, who, s.now, s.slug, s.review, 1, Judged(answer_right=True)),
    ),
    take_back_last: (Act.REVIEW, 3, lambda s, who: s.saves_and_takes_back(who)),
    defer: (Act.REVIEW, 1, lambda s, who: defer(s.workspace, who, s.now, s.slug, s.review, 1)),
    end_review: (Act.REVIEW, 1, lambda s, who: end_review(s.workspace, who, s.now, s.slug, s.review)),
    # The first decision opens a review of its own.
    settle: (
        Act.REVIEW,
        3,
        lambda s, who: settle(s.workspace, who, s.now, s.slug, "seen", {"answer_right": True}),
    ),
    start_import: (Act.IMPORT, 1, lambda s, who: s.start(who)),
    answer_questions: (
        Act.IMPORT,
        1,
        lambda s, who: answer_questions(s.workspace, who, s.now, s.asking, {"timezone": "UTC"}),
    ),
    discard_waiting: (Act.IMPORT, 1, lambda s, who: discard_waiting(s.workspace, who, s.now, s.asking)),
    cancel_import: (Act.IMPORT, 1, lambda s, who: cancel_import(s.workspace, who, s.now, s.waiting)),
    withdraw_upload: (
        Act.WITHDRAW_UPLOAD,
        1,
        lambda s, who: withdraw_upload(s.workspace, who, s.now, s.done, "The wrong file."),
    ),
    attach_file: (
        Act.ATTEST,
        1,
        lambda s, who: attach_file(
            s.workspace, who, s.now, s.slug, s.answer, file_name="more.txt", content=b"More."
        ),
    ),
    reveal_trace: (
        Act.REVEAL,
        1,
        lambda s, who: reveal_trace(s.workspace, who, s.now, s.slug, "seen", reason="A complaint, 17"),
    ),
    reveal_traces: (
        Act.REVEAL,
        1,
        lambda s, who: reveal_traces(
            s.workspace, who, s.now, s.slug, TraceFilter(), limit=5, reason="A complaint, 17"
        ),
    ),
    reveal_failure_log: (
        Act.REVEAL,
        1,
        lambda s, who: reveal_failure_log(s.workspace, who, s.now, s.slug, reason="A complaint, 17"),
    ),
    reveal_cases: (
        Act.REVEAL,
        1,
        lambda s, who: reveal_cases(
            s.workspace, who, s.now, s.slug, format_name="jsonl", reason="A complaint, 17"
        ),
    ),
    export_cases: (
        Act.READ_TEXTS,
        1,
        lambda s, who: export_cases(s.workspace, who, s.now, s.slug, format_name="promptfoo"),
    ),
    reveal_rejected_rows: (
        Act.REVEAL,
        1,
        lambda s, who: reveal_rejected_rows(s.workspace, who, s.now, s.done, reason="A complaint, 17"),
    ),
    ask_erasure: (
        Act.ASK_ERASURE,
        1,
        lambda s, who: ask_erasure(
            s.workspace, who, s.now, s.slug, wanted="user-2", reason="Asked for it, number 18"
        ),
    ),
    cancel_erasure: (
        Act.ASK_ERASURE,
        1,
        lambda s, who: cancel_erasure(s.workspace, who, s.now, s.slug, s.erasure),
    ),
    erase: (Act.ERASE, 1, lambda s, who: erase(s.workspace, who, s.now, s.slug, s.erasure)),
    set_days: (
        Act.SET_RETENTION,
        1,
        lambda s, who: set_days(s.workspace, who, s.now, s.slug, Kept.TEXTS, 30),
    ),
    place_hold: (
        Act.HOLD,
        1,
        lambda s, who: place_hold(s.workspace, who, s.now, s.slug, reason="File 17 of May"),
    ),
    lift_hold: (
        Act.HOLD,
        1,
        lambda s, who: lift_hold(s.workspace, who, s.now, s.slug, s.hold, reason="The matter is closed"),
    ),
    end_override: (
        Act.END_OVERRIDE,
        1,
        lambda s, who: end_override(s.workspace, who, s.now, s.slug, s.override, reason="It can wait now"),
    ),
    invite_person: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: invite_person(s.workspace, who, s.now, email="new@example.com", name="New"),
    ),
    grant_role: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: grant_role(s.workspace, who, s.now, s.slug, s.person, Role.PM),
    ),
    revoke_role: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: revoke_role(s.workspace, who, s.now, s.slug, s.grant),
    ),
    remove_person: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: remove_person(s.workspace, who, s.now, s.person, reason="Left the company"),
    ),
    let_in_again: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: let_in_again(s.workspace, who, s.now, s.person, reason="Came back"),
    ),
    make_token: (
        Act.MANAGE_PEOPLE,
        1,
        lambda s, who: make_token(s.workspace, who, s.now, name="CI", scopes=(TokenScope.READ,)),
    ),
    revoke_token: (Act.MANAGE_PEOPLE, 1, lambda s, who: revoke_token(s.workspace, who, s.now, s.token)),
    make_webhook: (
        Act.NOTIFY,
        1,
        lambda s, who: make_webhook(
            s.workspace,
            who,
            s.now,
            name="Pager",
            url="https://hooks.example.com/",
            events=(WebhookEvent.ALARM,),
        ),
    ),
    renew_webhook_secret: (
        Act.NOTIFY,
        1,
        lambda s, who: renew_webhook_secret(s.workspace, who, s.now, s.webhook),
    ),
    stop_webhook: (Act.NOTIFY, 1, lambda s, who: stop_webhook(s.workspace, who, s.now, s.webhook)),
    send_test: (Act.NOTIFY, 1, lambda s, who: send_test(s.workspace, who, s.now, s.webhook)),
    send_again: (Act.NOTIFY, 1, lambda s, who: send_again(s.workspace, who, s.now, s.delivery)),
    record_count: (
        Act.RECORD_COUNTS,
        1,
        lambda s, who: record_count(s.workspace, who, s.now, s.slug, day=s.now.date(), measure="x", count=1),
    ),
    add_word: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: add_word(s.workspace, who, s.now, s.slug, "type", "rude", "It insults."),
    ),
    rename_word: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: rename_word(s.workspace, who, s.now, s.slug, "type", "wrong tool", "bad tool"),
    ),
    merge_words: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: merge_words(s.workspace, who, s.now, s.slug, "cause", ["wrong context"], "data"),
    ),
    part_word: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: part_word(s.workspace, who, s.now, s.slug, "type", "tool wrong"),
    ),
    save_fix: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: save_fix(
            s.workspace, who, s.now, s.slug, "slow", fix="Cached", owner="Bo", state="done", fixed_at=s.now
        ),
    ),
    save_bundle: (
        Act.EDIT_BUNDLE,
        1,
        lambda s, who: save_bundle(s.workspace, who, s.now, s.slug, RELEASE, based_on=None),
    ),
    put_live: (Act.PUT_LIVE, 1, lambda s, who: put_live(s.workspace, who, s.now, s.slug, RELEASE.name)),
    record_rehearsal: (
        Act.REHEARSE,
        1,
        lambda s, who: record_rehearsal(
            s.workspace, who, s.now, s.slug, part="model", at=s.now, worked=True, minutes=4, done_by="Omar"
        ),
    ),
    ask_question: (
        Act.ASK,
        1,
        lambda s, who: ask_question(s.workspace, who, s.now, s.slug, words="Who reads the answers?"),
    ),
    answer_question: (
        Act.ANSWER,
        1,
        lambda s, who: answer_question(s.workspace, who, s.now, s.slug, 1, words="Omar, every one of them."),
    ),
    meet_condition: (
        Act.MEET_CONDITION,
        1,
        lambda s, who: meet_condition(
            s.workspace, who, s.now, s.slug, s.condition, note="Read, see the minutes"
        ),
    ),
    record_follow_up: (
        Act.FOLLOW_UP,
        1,
        lambda s, who: record_follow_up(s.workspace, who, s.now, s.slug, 1, hindsight=Hindsight.RIGHT),
    ),
    record_finding: (Act.RED_TEAM, 1, _finds),
    record_check: (
        Act.RED_TEAM,
        1,
        lambda s, who: record_check(s.workspace, who, s.now, s.slug, 1, works=True, checked_at=s.now),
    ),
    report_incident: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: report_incident(
            s.workspace, who, s.now, s.slug, what="Down", happened_at=s.now, owner="Bo", run_id="r1"
        ),
    ),
    close_incident: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: close_incident(
            s.workspace, who, s.now, s.slug, s.incident, ended_in="runbook", link="https://wiki.example/7"
        ),
    ),
    add_tool_list: (
        Act.NAME_FAILURES,
        1,
        lambda s, who: add_tool_list(
            s.workspace, who, s.now, s.slug, file_name="tools.json", content=b'[{"name": "handleData"}]'
        ),
    ),
    withdraw_count: (
        Act.RECORD_COUNTS,
        1,
        lambda s, who: withdraw_count(s.workspace, who, s.now, s.slug, s.count),
    ),
    start_phase: (
        Act.START_PHASE,
        1,
        lambda s, who: start_phase(s.workspace, who, s.now, s.slug, agreed="Lea, minutes"),
    ),
    advance: (
        Act.START_PHASE,
        1,
        lambda s, who: advance(s.workspace, who, s.now, s.slug, agreed="Lea, minutes"),
    ),
    complete: (
        Act.START_PHASE,
        1,
        lambda s, who: complete(s.workspace, who, s.now, s.slug, agreed="Lea, minutes"),
    ),
    record_past: (
        Act.START_PHASE,
        1,
        lambda s, who: record_past(
            s.workspace, who, s.now, s.slug, [PastStart("beta", s.now.date() - timedelta(days=3))]
        ),
    ),
    pause: (Act.STOP_ROLLOUT, 1, lambda s, who: pause(s.workspace, who, s.now, s.slug)),
    roll_back: (
        Act.STOP_ROLLOUT,
        1,
        lambda s, who: roll_back(s.workspace, who, s.now, s.slug, reason="Wrong refunds"),
    ),
    acknowledge_alarm: (
        Act.RESUME_ROLLOUT,
        1,
        lambda s, who: acknowledge_alarm(
            s.workspace, who, s.now, s.slug, s.alarm, reason="A prompt was mended"
        ),
    ),
    resume: (
        Act.RESUME_ROLLOUT,
        1,
        lambda s, who: resume(s.workspace, who, s.now, s.slug, reason="A typing error"),
    ),
    export_table: (
        Act.SEE_AUDIT,
        1,
        lambda s, who: export_table(s.workspace, who, s.now, s.slug, AuditFilter(), "CSV"),
    ),
    export_chain: (Act.SEE_AUDIT, 1, lambda s, who: export_chain(s.workspace, who, s.now)),
    make_report: (
        Act.SEE,
        1,
        lambda s, who: make_report(s.workspace, who, s.now, s.slug, ReportFormat.HTML),
    ),
    make_backup: (
        Act.BACK_UP,
        1,
        lambda s, who: make_backup(s.workspace, who, s.now, s.workspace.home.parent / "backups"),
    ),
    upload_counts: (
        Act.RECORD_COUNTS,
        1,
        lambda s, who: upload_counts(
            s.workspace, who, s.now, s.slug, file_name="counts.xlsx", content=s.counts_sheet()
        ),
    ),
}
"""Every action that writes: what it needs, how many events it leaves, and how it is done."""

PREPARED: dict[Callable[..., Any], Callable[[Scene], None]] = {
    ask_waiver: lambda s: s.locks(),
    revoke_waiver: lambda s: s.asks_for_a_waiver(),
    decide_waiver: lambda s: s.asks_for_a_waiver(),
    start_phase: lambda s: s.passes_the_gate(),
    advance: lambda s: s.passes_the_gate((Move.START, "beta")),
    complete: lambda s: s.passes_the_gate((Move.START, "beta"), phases=1),
    record_past: lambda s: s.passes_the_gate(),
    attach_file: lambda s: s.answers(),
    open_attached: lambda s: s.answers(),
    reveal_trace: lambda s: s.sees_a_trace(),
    cancel_erasure: lambda s: s.wants_an_erasure(),
    erase: lambda s: s.wants_an_erasure(),
    revoke_token: lambda s: s.has_a_token(),
    renew_webhook_secret: lambda s: s.has_a_webhook(),
    stop_webhook: lambda s: s.has_a_webhook(),
    send_test: lambda s: s.has_a_webhook(),
    send_again: lambda s: s.has_told(),
    lift_hold: lambda s: s.is_held(),
    close_incident: _with_an_incident,
    put_live: lambda s: _read(save_bundle(s.workspace, LOCAL_CALLER, s.now, s.slug, RELEASE, based_on=None)),
    record_check: lambda s: _read(_finds(s, LOCAL_CALLER)),
    part_word: _with_merged_words,
    end_override: lambda s: s.is_overruled(),
    answer_question: lambda s: _read(
        ask_question(s.workspace, LOCAL_CALLER, s.now, s.slug, words="Who reads the answers?")
    ),
    meet_condition: lambda s: s.holds_on_a_condition(),
    record_follow_up: lambda s: s.rolled_out((Move.START, "beta")),
    let_in_again: lambda s: remove_person(s.workspace, LOCAL_CALLER, s.now, s.person, reason="Left"),
    pause: lambda s: s.rolled_out((Move.START, "beta")),
    roll_back: lambda s: s.rolled_out((Move.START, "beta")),
    acknowledge_alarm: lambda s: s.is_warned(),
    resume: lambda s: s.rolled_out((Move.START, "beta"), (Move.PAUSE, "beta")),
    **dict.fromkeys(
        (
            save_label,
            take_back_last,
            defer,
            end_review,
            view_session,
            queue_of,
            what_was_found,
            coming,
            open_item,
        ),
        lambda s: s.is_under_review(),
    ),
    open_review: lambda s: s.is_under_review(),
    settle: lambda s: s.is_in_dispute(),
    # What they read is remembered, so that their statements are the same ones at every try.
    reveal_traces: lambda s: _read(find_traces(s.workspace, LOCAL_CALLER, s.slug, TraceFilter(), limit=1)),
    reveal_failure_log: lambda s: _read(failure_log(s.workspace, LOCAL_CALLER, s.slug)),
    reveal_cases: lambda s: _with_a_case(s),
    export_cases: lambda s: _with_a_case(s),
    retire_case: _with_a_case,
    lock_suite: _with_a_case,
    take_cases: _with_a_test_set,
    promote: _with_a_failed_trace,
    draft_of_run: _with_a_failed_trace,
    withdraw_baseline: lambda s: _read(_record_baseline(s, LOCAL_CALLER)),
}
"""What an action finds before it: a move its rollout, a return its removal."""


def _nothing_tested(s: Scene, who: Caller) -> None:
    """Neither release is known here, which nobody learns who may not see the feature."""
    try:
        compare(s.workspace, who, s.now, s.slug, "A", "B")
    except WrongUsage as error:
        if "Nothing is known of a release “A”" not in str(error):
            raise


def _no_case() -> Comparison:
    found = before_after(pair_cases([], []), margin=None, error=0.1)
    sets = EvalSets((), (), (), Naming({}, {}, ()))
    same = SameCases(found, (ReleaseScope(), ReleaseScope()), sets, (), (), (), (), (), rule_waits=False)
    return Comparison("A", "B", None, same, None, ())


READS: dict[Callable[..., Any], Do] = {
    log_head: lambda s, who: log_head(s.workspace, who, s.slug),
    preview_lock: lambda s, who: preview_lock(s.workspace, who, s.now, s.slug),
    view_sign_off: lambda s, who: view_sign_off(s.workspace, who, s.now, s.slug),
    view_overrides: lambda s, who: view_overrides(s.workspace, who, s.now, s.slug),
    view_promises: lambda s, who: view_promises(s.workspace, who, s.now, s.slug),
    view_questions: lambda s, who: view_questions(s.workspace, who, s.now, s.slug),
    view_follow_ups: lambda s, who: view_follow_ups(s.workspace, who, s.now, s.slug),
    view_decisions_record: lambda s, who: view_decisions_record(s.workspace, who, s.now, s.slug),
    view_holds: lambda s, who: view_holds(s.workspace, who, s.slug),
    held_features: lambda s, who: held_features(s.workspace, who),
    view_waivers: lambda s, who: view_waivers(s.workspace, who, s.now, s.slug),
    list_features: lambda s, who: list_features(s.workspace, who),
    view_portfolio: lambda s, who: view_portfolio(s.workspace, who, s.now),
    view_headline_weeks: lambda s, who: view_headline_weeks(
        s.workspace, who, view_portfolio(s.workspace, LOCAL_CALLER, s.now)[0]
    ),
    view_scope: lambda s, who: view_scope(s.workspace, who, s.slug),
    view_checklist: lambda s, who: view_checklist(s.workspace, who, s.slug),
    list_uploads: lambda s, who: list_uploads(s.workspace, who, s.slug),
    checklist_templates: lambda s, who: checklist_templates(s.workspace, who),
    protection: lambda s, who: protection(s.workspace, who, s.slug),
    usable_lately: lambda s, who: usable_lately(s.workspace, who, s.now, s.slug, _some_row()),
    checklist_sheet: lambda s, who: checklist_sheet(s.workspace, who, s.slug),
    read_checklist_sheet: lambda s, who: read_checklist_sheet(
        s.workspace, who, s.slug, content=checklist_workbook(_other_checklist())
    ),
    review_scope: lambda s, who: review_scope(s.workspace, who, s.now, s.slug),
    view_scenarios: lambda s, who: view_scenarios(s.workspace, who, s.slug),
    scenario_of: lambda s, who: scenario_of(s.workspace, who, Scope(scenario="summarisation")),
    view_progress: lambda s, who: view_progress(s.workspace, who, s.now, s.slug),
    instrumentation: lambda s, who: instrumentation(s.workspace, who, s.slug),
    coverage_over_time: lambda s, who: coverage_over_time(s.workspace, who, s.slug),
    unmatched: lambda s, who: unmatched(s.workspace, who, s.slug),
    view_alarms: lambda s, who: view_alarms(s.workspace, who, s.now, s.slug),
    view_rollout: lambda s, who: view_rollout(s.workspace, who, s.now, s.slug),
    view_plan: lambda s, who: view_plan(s.workspace, who, s.slug),
    lint_plan: lambda s, who: lint_plan(s.workspace, who, s.now, s.slug),
    view_forecast: lambda s, who: view_forecast(s.workspace, who, s.now, s.slug),
    worst_part: lambda s, who: worst_part(s.workspace, who, s.now, s.slug),
    files_behind: lambda s, who: files_behind(s.workspace, who, s.now, s.slug, "suite"),
    label_coverage: lambda s, who: label_coverage(s.workspace, who, s.now, s.slug, "suite"),
    next_blast: lambda s, who: next_blast(s.workspace, who, s.now, s.slug),
    gate: lambda s, who: gate(s.workspace, who, s.now, s.slug),
    gate_answer: lambda s, who: gate_answer(s.workspace, who, s.now, s.slug),
    view_permission: lambda s, who: view_permission(s.workspace, who, s.now, s.slug),
    view_gate: lambda s, who: view_gate(s.workspace, who, s.now, s.slug),
    view_pools: lambda s, who: view_pools(s.workspace, who, s.slug, monday(s.now.date())),
    view_reviews: lambda s, who: view_reviews(s.workspace, who, s.slug),
    view_session: lambda s, who: view_session(s.workspace, who, s.slug, s.review),
    queue_of: lambda s, who: queue_of(s.workspace, who, s.slug, s.review),
    what_was_found: lambda s, who: what_was_found(s.workspace, who, s.slug, s.review),
    view_agreement: lambda s, who: view_agreement(s.workspace, who, s.now, s.slug),
    metrics_of: lambda s, who: metrics_of(s.workspace, who, s.now, s.slug),
    pass_hat: lambda s, who: pass_hat(s.workspace, who, s.now, s.slug),
    view_health: lambda s, who: view_health(s.workspace, who, s.now, s.slug, Part()),
    view_trend: lambda s, who: view_trend(
        s.workspace, who, s.now, s.slug, Part(), "eval_pass_rate", Source.EVAL, "week"
    ),
    view_judge_audits: lambda s, who: view_judge_audits(s.workspace, who, s.now, s.slug, Part()),
    view_discovery: lambda s, who: view_discovery(s.workspace, who, s.now, s.slug, Part()),
    view_drifts: lambda s, who: view_drifts(s.workspace, who, s.now, s.slug, Part(), []),
    phase_starts: lambda s, who: phase_starts(s.workspace, who, s.slug),
    view_phases: lambda s, who: view_phases(s.workspace, who, s.now, s.slug, Part(), []),
    view_costs: lambda s, who: view_costs(s.workspace, who, s.now, s.slug, Part()),
    view_slices: lambda s, who: view_slices(s.workspace, who, s.now, s.slug, Part(), "task_type", []),
    slice_traffic: lambda s, who: slice_traffic(s.workspace, who, s.now, s.slug, Part(), "task_type"),
    view_adoption: lambda s, who: view_adoption(s.workspace, who, s.now, s.slug, Part()),
    view_piles: lambda s, who: view_piles(
        s.workspace, who, s.now, s.slug, Part(), "eval_pass_rate", Source.EVAL, "task_type"
    ),
    view_worst_users: lambda s, who: view_worst_users(
        s.workspace, who, s.now, s.slug, Part(), "answer_correctness", Source.LABEL
    ),
    first_column: lambda s, who: first_column(
        s.workspace, who, s.now, s.slug, Part(), "eval_pass_rate", Source.EVAL
    ),
    group_choices: lambda s, who: group_choices(
        s.workspace, who, s.now, s.slug, Part(), "release_bundle", "eval_pass_rate", Source.EVAL
    ),
    compare_cohorts: lambda s, who: compare_cohorts(
        s.workspace, who, s.now, s.slug, Part(), "user_segment", "a", "b", "eval_pass_rate", Source.EVAL
    ),
    release_choices: lambda s, who: release_choices(s.workspace, who, s.now, s.slug),
    compare: _nothing_tested,
    flips: lambda s, who: flips(s.workspace, who, s.now, s.slug, _no_case(), Flip.BROKE),
    view_confidence: lambda s, who: view_confidence(s.workspace, who, s.now, s.slug, Part()),
    all_confident_and_wrong: lambda s, who: all_confident_and_wrong(
        s.workspace, who, s.now, s.slug, Part(), release="", threshold=0.8
    ),
    values_of: lambda s, who: values_of(s.workspace, who, s.slug),
    phases_of: lambda s, who: phases_of(s.workspace, who, s.slug),
    slices_of_row: lambda s, who: slices_of_row(
        s.workspace,
        who,
        s.now,
        s.slug,
        Part(),
        view_health(s.workspace, LOCAL_CALLER, s.now, s.slug, Part()).gauges[0],
        "task_type",
    ),
    evidence_version: lambda s, who: evidence_version(s.workspace, who, s.slug),
    view_erasures: lambda s, who: view_erasures(s.workspace, who, s.slug),
    files_of_answers: lambda s, who: files_of_answers(s.workspace, who, s.slug),
    view_limits: lambda s, who: view_limits(s.workspace, who, s.now, s.slug),
    view_outside: lambda s, who: view_outside(s.workspace, who, s.slug),
    view_cases: lambda s, who: view_cases(s.workspace, who, s.slug, CaseFilter()),
    open_case: lambda s, who: open_case(s.workspace, who, s.slug, "C-001"),
    view_suites: lambda s, who: view_suites(s.workspace, who, s.slug),
    view_eval_results: lambda s, who: view_eval_results(s.workspace, who, s.now, s.slug),
    suites_to_run: lambda s, who: suites_to_run(s.workspace, who, s.now, s.slug),
    view_baselines: lambda s, who: view_baselines(s.workspace, who, s.slug),
    offered_words: lambda s, who: offered_words(s.workspace, who, s.slug),
    view_words: lambda s, who: view_words(s.workspace, who, s.slug),
    view_release: lambda s, who: view_release(s.workspace, who, s.now, s.slug),
    preview_live: lambda s, who: preview_live(s.workspace, who, s.now, s.slug, RELEASE),
    view_rehearsals: lambda s, who: view_rehearsals(s.workspace, who, s.now, s.slug),
    view_red_team: lambda s, who: view_red_team(s.workspace, who, s.now, s.slug),
    view_incidents: lambda s, who: view_incidents(s.workspace, who, s.slug),
    view_tools: lambda s, who: view_tools(s.workspace, who, s.slug),
    view_top_failures: lambda s, who: view_top_failures(s.workspace, who, s.now, s.slug),
    counted_beside: lambda s, who: counted_beside(s.workspace, who, s.now, s.slug, COUNTED),
    outside_sheet: lambda s, who: outside_sheet(s.workspace, who, s.now, s.slug),
    personal_preview: lambda s, who: personal_preview(s.workspace, who, s.asking),
    failure_pareto: lambda s, who: failure_pareto(s.workspace, who, s.now, s.slug),
    failure_template: lambda s, who: failure_template(s.workspace, who, s.slug),
    failure_log: lambda s, who: failure_log(s.workspace, who, s.slug),
    find_traces: lambda s, who: find_traces(s.workspace, who, s.slug, TraceFilter(failure="x"), limit=1),
    trace_choices: lambda s, who: trace_choices(s.workspace, who, s.slug),
    open_trace: lambda s, who: open_trace(s.workspace, who, s.slug, "r1"),
    view_myself: lambda s, who: view_myself(s.workspace, who),
    signers_of: lambda s, who: signers_of(s.workspace, who, s.slug),
    view_audit: lambda s, who: view_audit(s.workspace, who, s.slug, AuditFilter()),
    open_entry: lambda s, who: open_entry(s.workspace, who, s.slug, 1),
}
"""Every action that only shows something to a person."""


def _unproven(act: Callable[[], object]) -> None:
    """The role is there, but nobody signed in, which these acts ask for as well."""
    with pytest.raises(NotAllowed) as told:
        act()
    if told.value.code not in ("no_sign_in", "not_yours_to_decide"):
        raise told.value


CHECKS: dict[Callable[..., Any], tuple[Act, Do]] = {
    sign: (
        Act.SIGN,
        lambda s, who: _unproven(
            lambda: sign(
                s.workspace, who, s.now, s.slug, about="step", sha256="0" * 64, typed="GO", choice="approve"
            )
        ),
    ),
    give_override: (
        Act.OVERRIDE,
        lambda s, who: _unproven(
            lambda: give_override(
                s.workspace, who, s.now, s.slug, sha256="0" * 64, typed="OVERRULE", reason="It cannot " * 9
            )
        ),
    ),
    release_condition: (
        Act.SIGN,
        lambda s, who: _unproven(
            lambda: release_condition(s.workspace, who, s.now, s.slug, 1, reason="It is not needed")
        ),
    ),
    withdraw_signature: (
        Act.SIGN,
        lambda s, who: _unproven(
            lambda: withdraw_signature(s.workspace, who, s.now, s.slug, 1, reason="I was mistaken")
        ),
    ),
    decide_waiver: (
        Act.DECIDE_WAIVER,
        lambda s, who: _unproven(
            lambda: decide_waiver(s.workspace, who, s.now, s.slug, s.waiver, choice="approve")
        ),
    ),
    cases_of: (Act.READ_TEXTS, lambda s, who: cases_of(s.workspace, who, s.slug)),
    draft_of_run: (Act.EDIT_CASES, lambda s, who: draft_of_run(s.workspace, who, s.slug, "failed")),
    alike_cases: (Act.EDIT_CASES, lambda s, who: alike_cases(s.workspace, who, s.slug, "Why?")),
    open_attached: (Act.READ_TEXTS, lambda s, who: open_attached(s.workspace, who, s.slug, 1)),
    find_person: (
        Act.ASK_ERASURE,
        lambda s, who: find_person(s.workspace, who, s.now, s.slug, "user-1"),
    ),
    coming: (Act.REVIEW, lambda s, who: coming(s.workspace, who, s.slug, s.review)),
    open_item: (Act.REVIEW, lambda s, who: open_item(s.workspace, who, s.slug, s.review, 1)),
    open_disagreement: (Act.REVIEW, lambda s, who: open_disagreement(s.workspace, who, s.slug, "seen")),
    rejected_rows: (Act.READ_TEXTS, lambda s, who: rejected_rows(s.workspace, who, s.done)),
    verify_log: (Act.SEE_AUDIT, lambda s, who: verify_log(s.workspace, who, s.now)),
    start_check: (
        Act.SEE_AUDIT,
        lambda s, who: start_check(s.workspace, who, s.now).ended.wait(60),
    ),
    last_check: (Act.SEE_AUDIT, lambda s, who: last_check(s.workspace, who)),
    view_people: (Act.MANAGE_PEOPLE, lambda s, who: view_people(s.workspace, who)),
    view_tokens: (Act.MANAGE_PEOPLE, lambda s, who: view_tokens(s.workspace, who)),
    view_webhooks: (Act.NOTIFY, lambda s, who: view_webhooks(s.workspace, who)),
    view_audit: (Act.SEE_AUDIT, lambda s, who: view_audit(s.workspace, who, None, AuditFilter())),
    open_entry: (Act.SEE_AUDIT, lambda s, who: open_entry(s.workspace, who, None, 1)),
}
"""Every action that shows something to some roles only; of some actions, what they show of everything."""

TAKES_NO_CALLER = {
    # Where there is no caller yet, or another action has asked already.
    "find_feature", "feature_exists", "waits_for_answers", "left_out_because_of",
    # Who it is, is only being found out.
    "settings_from", "check_reach", "is_loopback", "signed_in", "signed_out", "who_gives_roles",
    "caller_with",
    # The server, the command and the demo themselves act here, with nobody asking.
    "open_workspace", "check_installation", "make_demo",
    "run_import", "abandon_unfinished", "waiting_imports", "run_retention", "warm_gate", "warm_up",
    "follow", "deliver", "judge_anew", "news_for", "trial", "send", "check_address", "may_go_to",
    "internal_allowed",
    # Parts of the actions above, which have asked already.
    "spooled", "keep", "keep_in_place", "keep_for_answers", "require_unchanged",
    "committed_by", "checklists_in_force", "locked_checklist", "terms_of", "suites_of", "changed_suites",
    "state_of", "with_waivers", "signature_as_json", "verdict_word",
    "all_scenarios", "rollout_facts", "phase_rows", "plan_findings", "one_line", "full_reason",
    "signer_list", "everybody", "held_overrides", "held_promises", "asked_conditions", "keep_conditions",
    "since_signed", "due_look_backs", "by_step", "tripped_alarm", "overruled_words", "held_because",
    "proven", "fresh", "is_fresh",
    "decide_on", "rows_under", "weeks_of", "since_when", "note_verdict",
    "live_at", "releases_at", "newest_of", "bundles_of", "release_facts", "seen_releases", "stale_now",
    "stale_if", "is_recorded", "window_of", "left_out", "changed_since", "changed_parts_of",
    "read_bundle_file", "bundle_of", "goes_live", "with_files",
    "window_until", "find", "by_week", "trend", "by_group", "has_group", "measure_all", "cannot_compute",
    "noticed", "act_on", "watch", "move_at_once",
    "seen_of", "traffic_of", "refuse_impossible", "refuse_unacknowledged", "phase_ahead", "ask_gate",
    "find_rows", "count_rows", "erase_drafts", "authors_at", "judged", "judged_finding",
    "keep_session", "begin_upload", "store_label", "blinded", "judged_in", "opinions_of", "is_failure",
    "authors_of", "what_it_proves", "nothing_fits",
    "known_keys", "publish", "at_hand", "make_ready", "keep_preview",
    "period_names", "phase_name", "clipped", "folded", "newest_plan", "held_checklist",
    "counted_against", "board_in_one_scan", "values_in_one_scan",
    "runs_with_failure", "failures_of_runs", "found_failures", "noted_failures", "failure_words",
    "steps_in_tree",
    "compare_stretches", "not_before", "known",
    "same_cases", "scope_of", "release_before", "regression_rule", "said_of_regressions",
    "regression_condition",
    "comparison_as_json",
    "bundle_at", "rollback_condition", "red_team_condition", "short_line", "story",
    "split_of", "phase_stretches", "within", "settled_window", "says", "goodness", "declared_columns",
    # No workspace: text in, text out.
    "lock_details", "limit_set", "read_so", "rolled", "roles_details", "rollout_details", "value_words",
    "reason_line", "row_counts", "phase_words", "on_day", "handled_words",
    "require_own_results", "shared_cases", "evidence_notes",
    "tripped_did", "label_changed",
    "saved", "before_after", "revealed", "days_kept", "signed", "waiver", "week_counted",
    "told", "title_of", "read_anchor", "verification_as_json",
    "needs_reason", "reason_missing", "arranged", "standing", "as_question", "number_behind",
    "read_apply_file", "slug_of", "plain_name", "decision_as_json", "row_as_json", "finding_as_json",
    "plan_finding_as_json", "moved_as_json", "questions_as_json", "settles", "shared_answers", "is_shared",
    # Texts as a caller may see them, in actions that have asked already.
    "texts_for", "reason_to_reveal", "as_seen", "masked_rows", "traces_as", "trace_as", "failure_log_as",
    "suggested", "with_expectation", "eval_sets", "looks_personal", "suite_changes", "suite_digest",
    "is_counted",
    "fingerprint_of", "who_goes", "without_erased", "name_to_save", "check_file",
    # The policy itself.
    "may", "require", "refuse", "require_for_upload", "noting_refusals",
    "roles_of", "has_any_role", "visible_to",
    # A folder in, a key out.
    "token_key", "settings_key",
    # The server itself starts, and tells with what.
    "note_settings", "settings_in_force", "setting_name",
    # Folders; a backup is read before there is a database whose roles could be asked.
    "located", "locked_home", "read_manifest", "check_files", "restore_backup",
    "opened_apart", "erased_since", "read_list", "write_list", "list_file", "secret_of",
    # Who was erased once is not asked for again.
    "erase_again", "erase_known", "put_away",
    # Time alone removes it; what a verdict counts is asked of the evidence.
    "expire_numbers", "expire_log", "due_numbers", "counted_from", "comes_nearer_to_go", "refuse_expired",
    "expire_cases", "due_cases", "count_cases", "no_nearer_to_go",
    "noting_faults", "command_caller",
}  # fmt: skip

PARTS_OF_APPLY = {"wanted_scope", "apply_scope", "wanted_plan", "apply_plan", "wanted_bundle", "apply_bundle"}
"""The sections of a file: :func:`apply` asks before it calls them, and their own rights are theirs to ask."""

PARTS_OF_THE_DEMO = {"ship", "try_the_way_back", "mend"}
"""The creation of the demo calls them with whoever asked for it."""

IN_STEPS = {apply, take_scenario, take_back_last}
"""What saves several documents one after the other; done again, it does what is left."""

FAULTS = (RuntimeError, KeyboardInterrupt)
"""An error, and what no ``except Exception`` sees."""

each_write = pytest.mark.parametrize("action", WRITES, ids=lambda action: action.__name__)


def public_functions() -> dict[str, Callable[..., Any]]:
    """Every public function of core/actions, where it is defined."""
    found = {}
    for module in pkgutil.iter_modules(core.actions.__path__):
        loaded = importlib.import_module(f"core.actions.{module.name}")
        for name, value in vars(loaded).items():
            is_own = inspect.isfunction(value) and value.__module__ == loaded.__name__
            if is_own and not name.startswith("_"):
                found[name] = value
    return found


def test_every_action_stands_in_a_table() -> None:
    tables = {action.__name__ for action in (*WRITES, *READS, *CHECKS)}
    known = tables | TAKES_NO_CALLER | PARTS_OF_APPLY | PARTS_OF_THE_DEMO
    assert set(public_functions()) == known


def test_whatever_takes_a_caller_is_tried_as_every_role() -> None:
    asking = {
        name
        for name, function in public_functions().items()
        if "caller" in inspect.signature(function).parameters
    }
    tables = {action.__name__ for action in (*WRITES, *READS, *CHECKS)}
    assert asking - TAKES_NO_CALLER - PARTS_OF_APPLY - PARTS_OF_THE_DEMO == tables


def test_the_policy_says_what_the_security_design_says() -> None:
    assert {act: {role.value for role in ALLOWED[act]} for act in Act} == WHO


def test_one_role_is_enough_or_is_refused(workspace: Workspace) -> None:
    wrong = []
    for act, role in product(Act, Role):
        caller = Caller("Eve", frozenset({role}))
        if may(workspace, caller, act) != (role.value in WHO[act]):
            wrong.append(f"{role} and {act}")
        elif may(workspace, caller, act):
            require(workspace, caller, act)
        else:
            with pytest.raises(NotAllowed, match=r"Eve may not .* ask an administrator"):
                require(workspace, caller, act)
    assert wrong == []


def test_roles_add_up_and_no_role_is_refused_everything(workspace: Workspace) -> None:
    both = Caller("Eve", frozenset({Role.REVIEWER, Role.ADMIN}))
    assert may(workspace, both, Act.ATTEST)
    assert may(workspace, both, Act.CREATE_FEATURE)
    assert not may(workspace, both, Act.IMPORT)
    assert not any(may(workspace, NOBODY, act) for act in Act)


def test_the_local_user_may_do_everything_but_is_nobody_in_particular(workspace: Workspace) -> None:
    assert all(may(workspace, LOCAL_CALLER, act) for act in Act)
    assert not LOCAL_CALLER.verified


@each_write
def test_an_action_is_for_its_roles_alone_and_leaves_one_event_by_whoever_did_it(
    action: Callable[..., Any], scene: Scene, everything: Everything
) -> None:
    act, events, do = WRITES[action]
    others = [Caller(role, frozenset({role})) for role in Role if role.value not in WHO[act]]
    before = everything()
    for caller in (NOBODY, *others):
        with pytest.raises(NotAllowed, match=f"{caller.name} may not {act}"):
            do(scene, caller)
    assert everything() == before
    person = Caller("Pia", frozenset({Role(min(WHO[act] - {"admin"}, default="admin"))}))
    do(scene, person)
    with scene.workspace.database.reading() as connection:
        chain = audit.verify(connection)
        newest = audit.timeline(connection, None, 1)[0]
    assert (chain.ok, chain.events) == (True, len(before["audit_event"]) + events)
    assert (newest.actor, newest.ts) == ("Pia", scene.now)


@pytest.mark.every_case_on_postgresql
@pytest.mark.parametrize(
    "action", [action for action in WRITES if action not in IN_STEPS], ids=lambda action: action.__name__
)
def test_a_fault_at_any_statement_leaves_nothing_and_the_action_can_be_done_again(
    action: Callable[..., Any],
    scene: Scene,
    everything: Everything,
    watched: Watched,
) -> None:
    """The Nth statement (or commit) breaks, for every N and in both ways, until the action comes through.

    On PostgreSQL the Nth that writes: what breaks before an action's first write is alike on every database.
    What follows the action's own commit only notes its verdict, and has a test of its own. Applying a
    file is several actions, one after the other; its own test is with the others of it.
    """
    _, events, do = WRITES[action]
    # What the gate reads is remembered, so that an action's statements are the same ones at every try.
    _read(view_gate(scene.workspace, LOCAL_CALLER, scene.now, scene.slug))
    writes_only = scene.workspace.database.dialect == "postgresql"
    before = everything()
    broken: list[str] = []
    for fail_at, fault in product(range(1, 1_000), FAULTS):
        with watched(fail_at, fault, writes_only=writes_only) as statements:
            try:
                do(scene, LOCAL_CALLER)
            except fault:
                broken.append(statements.broken)
        if len(everything()["audit_event"]) > len(before["audit_event"]):
            break
        assert everything() == before, f"left something after a fault at {statements.broken}"
    with scene.workspace.database.reading() as connection:
        chain = audit.verify(connection)
    assert chain.ok
    assert chain.events == len(before["audit_event"]) + events
    # The event stands in the same transaction as what it tells of: the last write before the commit.
    assert broken.count("INSERT INTO audit_event") == events * len(FAULTS)
    assert "COMMIT" in broken


def sharing_a_scene(actions: Iterable[Callable[..., Any]]) -> list[tuple[Callable[..., Any], ...]]:
    """Those that change nothing together, but for each that needs something before it."""
    by_need: dict[Any, list[Callable[..., Any]]] = {}
    for action in actions:
        by_need.setdefault(PREPARED.get(action), []).append(action)
    return [tuple(group) for group in by_need.values()]


def _named(group: tuple[Callable[..., Any], ...]) -> str:
    return f"{group[0].__name__} and {len(group) - 1} more"


@pytest.mark.every_case_on_postgresql
@pytest.mark.parametrize("group", sharing_a_scene(READS), ids=_named)
def test_whoever_has_a_role_sees_and_nobody_else_does(
    group: tuple[Callable[..., Any], ...], scene: Scene, everything: Everything
) -> None:
    PREPARED.get(group[0], _read)(scene)
    before, wrong = everything(), []
    for action, who in product(group, (NOBODY, *(Caller(role, frozenset({role})) for role in Role))):
        try:
            READS[action](scene, who)
        except NotAllowed as refused:
            if who.roles:
                wrong.append(f"{action.__name__} by {who.name}: {refused}")
        else:
            if not who.roles:
                wrong.append(f"{action.__name__} shows itself to nobody in particular")
        if everything() != before:
            wrong.append(f"{action.__name__} by {who.name} changed something")
            before = everything()
    assert wrong == []


@pytest.mark.every_case_on_postgresql
@pytest.mark.parametrize("group", sharing_a_scene(CHECKS), ids=_named)
def test_a_check_is_for_its_roles_and_changes_nothing(
    group: tuple[Callable[..., Any], ...], scene: Scene, everything: Everything
) -> None:
    PREPARED.get(group[0], _read)(scene)
    before, wrong = everything(), []
    for action, who in product(group, (NOBODY, *(Caller(role, frozenset({role})) for role in Role))):
        act, do = CHECKS[action]
        is_allowed = any(role.value in WHO[act] for role in who.roles)
        try:
            do(scene, who)
        except NotAllowed as refused:
            if is_allowed or (who.roles and f"{who.name} may not {act}" not in refused.sentence):
                wrong.append(f"{action.__name__} by {who.name}: {refused}")
        else:
            if not is_allowed:
                wrong.append(f"{action.__name__} by {who.name} was not refused")
        if everything() != before:
            wrong.append(f"{action.__name__} by {who.name} changed something")
            before = everything()
    assert wrong == []


def test_an_import_is_refused_before_anything_of_the_file_is_kept(scene: Scene) -> None:
    before = sorted(path.name for path in scene.workspace.spool.iterdir())
    with pytest.raises(NotAllowed):
        scene.start(NOBODY)
    assert sorted(path.name for path in scene.workspace.spool.iterdir()) == before


def test_finishing_an_import_leaves_one_event_of_whoever_handed_it_in(scene: Scene) -> None:
    run_import(scene.workspace, scene.waiting, lambda: scene.now)
    with scene.workspace.database.reading() as connection:
        newest, before = audit.timeline(connection, f"feature/{scene.slug}", 2)
    assert (newest.action, newest.actor) == ("evidence imported", LOCAL_CALLER.name)
    assert newest.payload["duplicate"] == 1
    assert before.action == "import asked"
