"""Every action x every role x own feature, another feature, all features: by people with real grants.

What is expected follows from the tables of the policy's tests; an action that is missing there fails there.
On PostgreSQL a slice of the same is tried.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event

from core.actions.applying import apply
from core.actions.audit_log import export_chain, open_entry, view_audit
from core.actions.audit_verify import last_check, start_check, verify_log
from core.actions.backups import make_backup
from core.actions.checklist_help import checklist_templates
from core.actions.features import create_feature, list_features
from core.actions.imports import answer_questions, cancel_import, discard_waiting, rejected_rows
from core.actions.legal_holds import held_features, place_hold
from core.actions.outside import record_count, view_outside, withdraw_count
from core.actions.overrides import give_override
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.people_views import view_myself, view_people
from core.actions.policy import Act, require, roles_of
from core.actions.portfolio import view_portfolio
from core.actions.previews import personal_preview
from core.actions.roles import invite_person, let_in_again, remove_person, revoke_role
from core.actions.scenarios import scenario_of
from core.actions.signing import sign, withdraw_signature
from core.actions.tokens import make_token, revoke_token, view_tokens
from core.actions.traces import open_trace
from core.actions.waivers import decide_waiver
from core.actions.webhooks import (
    make_webhook,
    renew_webhook_secret,
    send_again,
    send_test,
    stop_webhook,
    view_webhooks,
)
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import NotAllowed, UnknownFeature, UserError
from core.store import audit, audit_search, features, people, uploads
from core.store.audit_search import EventFilter
from tests.actions.test_action_policy import CHECKS, PREPARED, READS, WHO, WRITES, Do, Scene, staged

ABOUT_NO_FEATURE = {
    create_feature, invite_person, remove_person, let_in_again, export_chain, list_features, view_portfolio,
    checklist_templates, scenario_of, view_myself, verify_log, start_check, last_check, view_people,
    make_backup, make_token, revoke_token, view_tokens, held_features,
    make_webhook, renew_webhook_secret, stop_webhook, send_test, send_again, view_webhooks,
}  # fmt: skip
"""Actions of no feature in particular; every other one is tried on the feature of the scene."""

THE_WHOLE_LOG = {view_audit, open_entry}
"""As checks these ask for the whole log, as readings for that of one feature."""

OWN, OTHER, ALL = "own", "other", "all"
DONE, NOT_ALLOWED, UNKNOWN = "gets past the policy", "may not", "hears of nothing"
BEYOND_ROLES = {sign, withdraw_signature, give_override, decide_waiver}
"""These refuse, and note, for more reasons than the roles."""

Everything = Callable[[], Mapping[str, list[str]]]


@dataclass(frozen=True)
class Cell:
    """An action as one table has it; ``is_everywhere``: it is of no feature, and takes ``act`` for all."""

    action: Callable[..., Any]
    act: Act
    do: Do
    is_everywhere: bool

    def expected(self, who: str, place: str) -> str:
        if self.action is view_myself:
            return DONE
        if place not in (OWN, OTHER, ALL):
            return NOT_ALLOWED
        allowed = who in WHO[self.act]
        if self.is_everywhere:
            # To look at what belongs to no feature any role will do.
            return DONE if self.act is Act.SEE or (allowed and place == ALL) else NOT_ALLOWED
        if place == OTHER:
            # A file for a feature that one cannot see would make a new one, and that takes its own right.
            return NOT_ALLOWED if self.action is apply else UNKNOWN
        return DONE if allowed else NOT_ALLOWED


def cells() -> list[Cell]:
    tables = [
        *((action, act, do, False) for action, (act, _, do) in WRITES.items()),
        *((action, Act.SEE, do, False) for action, do in READS.items()),
        *((action, act, do, action in THE_WHOLE_LOG) for action, (act, do) in CHECKS.items()),
    ]
    return [Cell(action, act, do, whole or action in ABOUT_NO_FEATURE) for action, act, do, whole in tables]


def groups() -> dict[str, list[Cell]]:
    """Cells that share a scene: those that find nothing special before them, and one for each that does."""
    shared: dict[str, list[Cell]] = {"writes": [], "reads": []}
    for cell in cells():
        if cell.action in PREPARED:
            shared[cell.action.__name__] = [cell]
        else:
            shared["writes" if cell.action in WRITES else "reads"].append(cell)
    return shared


GROUPS = groups()


class Reached(Exception):
    """The action was about to write what it did into the audit log: nobody had refused it."""


@contextmanager
def stopped_before_it_counts() -> Iterator[None]:
    """Whatever writes is broken off at its audit row, so that the next caller finds the same scene."""

    def before(_c: object, _cursor: object, statement: str, parameters: object, *_rest: object) -> None:
        if statement.startswith("INSERT INTO audit_event") and "refused" not in str(parameters):
            raise Reached

    event.listen(Engine, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


def outcome(cell: Cell, scene: Scene, caller: Caller) -> str:
    try:
        with stopped_before_it_counts():
            cell.do(scene, caller)
    except Reached:
        return DONE
    except UnknownFeature:
        return UNKNOWN
    except NotAllowed as refused:
        # A refusal for another reason than the roles comes later than the policy.
        return NOT_ALLOWED if f"{caller.name} may not " in refused.sentence else DONE
    except UserError as other:
        return UNKNOWN if other.sentence == uploads.unknown().sentence else DONE
    return DONE


def hire(workspace: Workspace, now: datetime, slug: str) -> dict[tuple[str, str], Caller]:
    """One person with each role at each place, one without any role, and one who was removed."""
    create_feature(workspace, LOCAL_CALLER, now, name="Other", owner="Eli", stakes=Stakes.LOW, slug="other")
    hired = {}
    with workspace.database.writing() as connection:
        own, other = (features.by_slug(connection, one).id for one in (slug, "other"))
        where = {OWN: own, OTHER: other, ALL: None}
        for name, roles, places in (
            *((f"{role}-{place}", [role], [place]) for role in Role for place in where),
            ("nobody-none", [], []),
            ("everything-removed", list(Role), list(where)),
        ):
            person = people.add(
                connection, issuer="i", subject=name, name=name, email="", added_by="test", now=now
            )
            for role in roles:
                for place in places:
                    people.grant(
                        connection,
                        person_id=person.id,
                        feature_id=where[place],
                        role=role,
                        by="test",
                        by_id=None,
                        now=now,
                    )
            if name.endswith("removed"):
                people.mark_removed(connection, person.id, now)
            who, _, place = name.partition("-")
            hired[who, place] = Caller(name, verified=True, person_id=person.id, signed_in_at=now.timestamp())
    return hired


@pytest.mark.parametrize("group", GROUPS)
def test_every_role_hears_what_the_table_says_and_nothing_changes(
    group: str,
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: Any,
    commit: Any,
    ship: Any,
    items: dict[str, Any],
    step: Any,
    everything: Everything,
) -> None:
    scene = staged(workspace, feature, now, hand_in, commit, ship, items, step)
    for cell in GROUPS[group]:
        PREPARED.get(cell.action, lambda _: None)(scene)
    hired = hire(workspace, now, feature)
    if workspace.database.dialect == "postgresql":
        hired = {key: one for key, one in hired.items() if key[0] in ("pm", "signer", "nobody")}
    before, wrong = records(everything), []
    for cell in GROUPS[group]:
        for (who, place), caller in hired.items():
            expected, noted = cell.expected(who, place), refusals(workspace)
            found = outcome(cell, scene, caller)
            if found != expected:
                wrong.append(f"{cell.action.__name__} by {who} of {place}: {found}, not {expected}")
            # Whoever only looked leaves no note.
            told = refusals(workspace) - noted
            if found is DONE and cell.action in BEYOND_ROLES:
                told = 0
            if told != (found is not DONE and cell.act is not Act.SEE):
                wrong.append(f"{cell.action.__name__} by {who} of {place}: the log says it otherwise")
    assert wrong == []
    assert records(everything) == before


def records(everything: Everything) -> dict[str, list[str]]:
    """All that is kept, apart from the log, which tells of the refusals."""
    return {name: rows for name, rows in everything().items() if not name.startswith("audit_")}


def refusals(workspace: Workspace) -> int:
    with workspace.database.reading() as connection:
        return audit_search.count(connection, EventFilter(action="refused"))


@pytest.fixture
def two(workspace: Workspace, feature: str, now: datetime, hand_in: Any) -> dict[tuple[str, str], Caller]:
    """The people of the matrix, in a workspace with two features."""
    return hire(workspace, now, feature)


def test_lists_show_the_features_in_which_somebody_has_a_role(
    workspace: Workspace, feature: str, now: datetime, two: dict[tuple[str, str], Caller]
) -> None:
    for slug in (feature, "other"):
        place_hold(workspace, LOCAL_CALLER, now, slug, reason="Request of the authority, file 17")
    for role in Role:
        for place, seen in ((OWN, {feature}), (OTHER, {"other"}), (ALL, {feature, "other"})):
            caller = two[role, place]
            assert {line.slug for line in list_features(workspace, caller)} == seen
            assert {line.feature.slug for line in view_portfolio(workspace, caller, now)} == seen
            assert {held.slug for held in held_features(workspace, caller)} == seen
            assert roles_of(workspace, caller, feature) == (frozenset() if place == OTHER else {role})


def test_a_feature_that_one_cannot_see_answers_like_one_that_is_not_there(
    workspace: Workspace, feature: str, now: datetime, two: dict[tuple[str, str], Caller]
) -> None:
    """Word for word, but for the name that was asked for, for every act and role."""
    for role in Role:
        for act in Act:
            answers = []
            for slug in (feature, "no-such-feature"):
                with pytest.raises(UnknownFeature) as heard:
                    require(workspace, two[role, OTHER], act, slug)
                answers.append((heard.value.sentence.replace(slug, "…"), heard.value.mend, heard.value.code))
            assert answers[0] == answers[1], act
    with pytest.raises(NotAllowed) as nobody:
        require(workspace, two["nobody", "none"], Act.SEE, feature)
    with pytest.raises(NotAllowed) as guess:
        require(workspace, two["nobody", "none"], Act.SEE, "no-such-feature")
    assert str(nobody.value) == str(guess.value)


def test_ids_of_another_feature_answer_like_ids_that_are_not_there(
    workspace: Workspace,
    feature: str,
    now: datetime,
    hand_in: Any,
    two: dict[tuple[str, str], Caller],
    everything: Everything,
) -> None:
    """A pm of one feature tries the ids of another: uploads, counts, traces, grants, entries of the log."""
    trace = "run_id,started_at,query,response\nsecret-run,2026-02-20T10:00:00Z,Where?,Here.\n"
    upload = hand_in(trace, "traces.csv").id
    record_count(workspace, LOCAL_CALLER, now, feature, day=now.date(), measure="y", count=1)
    count = view_outside(workspace, LOCAL_CALLER, feature).weeks[0].kept.id
    grant = next(
        one.grants[0].id for one in view_people(workspace, LOCAL_CALLER).people if one.name == "pm-own"
    )
    with workspace.database.reading() as connection:
        entry = audit.timeline(connection, f"feature/{feature}", 1)[0].seq
    pm, admin = two["pm", OTHER], two["admin", OTHER]
    tries: list[tuple[Callable[[Any], object], Any, Any]] = [
        (lambda one: withdraw_upload(workspace, pm, now, one, "why"), upload, "no-such-id"),
        (lambda one: cancel_import(workspace, pm, now, one), upload, "no-such-id"),
        (lambda one: discard_waiting(workspace, pm, now, one), upload, "no-such-id"),
        (lambda one: answer_questions(workspace, pm, now, one, {}), upload, "no-such-id"),
        (lambda one: rejected_rows(workspace, pm, one), upload, "no-such-id"),
        (lambda one: personal_preview(workspace, pm, one), upload, "no-such-id"),
        (lambda one: withdraw_count(workspace, pm, now, "other", one), count, 999),
        (lambda one: open_trace(workspace, pm, "other", one), "secret-run", "no-such-run"),
        (lambda one: revoke_role(workspace, admin, now, "other", one), grant, 999),
        (lambda one: open_entry(workspace, pm, "other", one), entry, 9_999),
    ]
    before = records(everything)
    for do, theirs, missing in tries:
        assert _heard(do, theirs) == _heard(do, missing)
    assert records(everything) == before


def _heard(do: Callable[[Any], object], asked: Any) -> tuple[object, str]:
    """(what came back, what was said), without the id itself."""
    try:
        return do(asked), ""
    except UserError as error:
        return type(error), f"{error} {error.code}".replace(
            f"{asked:,}" if isinstance(asked, int) else asked, "…"
        )


def test_a_role_that_is_taken_back_is_gone_at_the_next_action(
    workspace: Workspace, feature: str, now: datetime, two: dict[tuple[str, str], Caller]
) -> None:
    """The same caller, as an open page holds it, acts before and after."""
    pm = two["pm", OWN]
    grant = next(
        one.grants[0].id for one in view_people(workspace, LOCAL_CALLER).people if one.name == pm.name
    )
    record_count(workspace, pm, now, feature, day=now.date(), measure="y", count=1)
    revoke_role(workspace, two["admin", OWN], now, feature, grant)
    with pytest.raises(NotAllowed):
        record_count(workspace, pm, now, feature, day=now.date(), measure="y", count=2)
