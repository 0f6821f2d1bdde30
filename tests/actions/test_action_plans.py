"""The phase plan as people handle it, on both databases: template, save, conflict, findings, file."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from core.actions.applying import AppliedFile, apply, read_apply_file
from core.actions.features import feature_exists
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.plans import lint_plan, save_plan, take_plan_template, view_plan
from core.actions.workspace import Workspace
from core.errors import Conflict, InvalidDocument, NotAllowed, UserError, WrongUsage
from core.rollout.edits import RemovePhase, SetPhase, edited
from core.rollout.plan import Fallback
from core.store import audit

Everything = Callable[[], Mapping[str, list[str]]]

BEN = Caller("Ben", frozenset({Role.PM}))
FILE = """
[plan]
template = "guardrail_escalation"
owner = "Mara"
fallback = "non_ai"
requests_per_day = 20_000
users = 20_000
"""


def take(workspace: Workspace, slug: str, now: datetime, **filled: Any) -> None:
    take_plan_template(workspace, LOCAL_CALLER, now, slug, "guardrail_escalation", based_on=None, **filled)


def blocking(workspace: Workspace, slug: str) -> set[str]:
    findings = view_plan(workspace, LOCAL_CALLER, slug).findings
    return {finding.rule.id for finding in findings if finding.blocks}


def test_without_a_plan_that_is_the_finding(workspace: Workspace, feature: str, now: datetime) -> None:
    view = view_plan(workspace, LOCAL_CALLER, feature)
    assert (view.number, view.plan.phases, view.history, view.owner) == (None, (), (), "Ada")
    assert [finding.rule.id for finding in lint_plan(workspace, LOCAL_CALLER, now, feature)] == ["no_phases"]


def test_a_template_is_the_first_version_with_what_its_taker_knows(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    take(workspace, feature, now, fallback=Fallback.FLAG, requests_per_day=5_000, users=1_000)
    view = view_plan(workspace, LOCAL_CALLER, feature)
    assert (view.number, view.plan.owner, view.plan.requests_per_day) == (1, "Ada", 5_000)
    assert {phase.fallback for phase in view.plan.phases} == {Fallback.FLAG}
    assert view.history[0].reason == "Template “Guardrail escalation”"
    names = [phase.name for phase in view.plan.phases]
    assert names == ["Beta", "Early access", "Gradual rollout", "Everyone"]
    found = [finding for finding in view.findings if finding.blocks]
    assert len(found) == 2, "no checklist yet: two phases show nothing"
    assert len(blocking(workspace, feature)) == 1, "one rule, as the page groups it"


def test_a_save_says_in_the_audit_log_what_changed(workspace: Workspace, feature: str, now: datetime) -> None:
    take(workspace, feature, now)
    plan = edited(view_plan(workspace, LOCAL_CALLER, feature).plan, SetPhase("beta", {"minimum_days": 28}))
    saved = save_plan(workspace, BEN, now, feature, plan, based_on=1, reason=" Slower start ")
    assert (saved.number, saved.author, saved.reason) == (2, "Ben", "Slower start")
    with workspace.database.reading() as connection:
        newest, first = audit.timeline(connection, f"feature/{feature}", 2)
        assert audit.verify(connection).ok
    assert (newest.actor, newest.action) == ("Ben", "plan saved")
    assert newest.payload["changes"] == ["Beta, minimum duration: at least 21 days → at least 28 days"]
    assert newest.payload["reason"] == "Slower start"
    assert "Added phase: Beta (50–100 users)" in first.payload["changes"]


def test_the_same_plan_again_is_no_new_version(
    workspace: Workspace, feature: str, now: datetime, everything: Everything
) -> None:
    take(workspace, feature, now)
    before = everything()
    plan = view_plan(workspace, LOCAL_CALLER, feature).plan
    assert save_plan(workspace, BEN, now, feature, plan, based_on=1).number == 1
    assert everything() == before


def test_a_newer_version_of_somebody_else_is_never_overwritten(
    workspace: Workspace, feature: str, now: datetime, everything: Everything
) -> None:
    take(workspace, feature, now)
    seen = view_plan(workspace, LOCAL_CALLER, feature).plan
    theirs = edited(seen, SetPhase("beta", {"minimum_days": 28}))
    save_plan(workspace, BEN, now, feature, theirs, based_on=1)
    before = everything()
    with pytest.raises(Conflict, match="Ben saved version 2 of the plan") as conflict:
        save_plan(workspace, LOCAL_CALLER, now, feature, edited(seen, RemovePhase("full")), based_on=1)
    assert conflict.value.newest == 2
    with pytest.raises(Conflict):
        take(workspace, feature, now)
    assert everything() == before


def test_a_reason_that_no_page_could_show_is_refused(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    take(workspace, feature, now)
    plan = view_plan(workspace, LOCAL_CALLER, feature).plan
    with pytest.raises(WrongUsage, match="longer than 500"):
        save_plan(workspace, LOCAL_CALLER, now, feature, plan, based_on=1, reason="x" * 501)


def test_the_findings_follow_the_newest_checklist_and_its_stakes(
    workspace: Workspace, feature: str, now: datetime, commit: Callable[..., int], items: dict[str, Any]
) -> None:
    take(workspace, feature, now, fallback=Fallback.NON_AI)
    commit(list(items.values()), stakes="low", lock=False)
    assert [one.severity for one in lint_plan(workspace, LOCAL_CALLER, now, feature)] == ["advice"]
    plan = edited(view_plan(workspace, LOCAL_CALLER, feature).plan, SetPhase("beta", {"fallback": None}))
    save_plan(workspace, LOCAL_CALLER, now, feature, plan, based_on=1)
    assert blocking(workspace, feature) == set()
    commit(list(items.values()), stakes="high", lock=False)
    assert len(blocking(workspace, feature)) == 1


# The [plan] section of a file


def read(tmp_path: Path, text: str) -> AppliedFile:
    path = tmp_path / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return read_apply_file(path)


def test_a_file_takes_a_template_and_applying_it_again_changes_nothing(
    workspace: Workspace, feature: str, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    wanted = read(tmp_path, FILE)
    applied = apply(workspace, LOCAL_CALLER, now, wanted, slug=feature)
    assert applied.did == ("saved the phase plan as version 1",)
    plan = view_plan(workspace, LOCAL_CALLER, feature).plan
    assert (plan.owner, plan.users, len(plan.phases)) == ("Mara", 20_000, 4)
    before = everything()
    assert apply(workspace, LOCAL_CALLER, now, wanted, slug=feature).did == ()
    assert everything() == before


def test_a_file_may_write_its_phases_out_and_says_what_changed(
    workspace: Workspace, feature: str, now: datetime, tmp_path: Path
) -> None:
    phase = '[[plan.phases]]\nid = "all"\nname = "All"\nexposure_share = [0.5, 1.0]\nminimum_days = {days}\n'
    apply(workspace, LOCAL_CALLER, now, read(tmp_path, phase.format(days=7)), slug=feature)
    applied = apply(workspace, LOCAL_CALLER, now, read(tmp_path, phase.format(days=14)), slug=feature)
    assert applied.did == (
        "saved the phase plan as version 2",
        "All, minimum duration: at least 7 days → at least 14 days",
    )


def test_a_new_feature_and_its_plan_come_from_one_file(
    workspace: Workspace, now: datetime, tmp_path: Path
) -> None:
    text = '[feature]\nslug = "triage"\nname = "Triage"\nowner = "Ada"\n' + FILE
    assert apply(workspace, LOCAL_CALLER, now, read(tmp_path, text)).did == (
        "created the feature triage; texts of its traces are kept for 90 days after they were handed in",
        "saved the phase plan as version 1",
    )


@pytest.mark.parametrize(
    ("text", "fault", "words"),
    [
        ('[plan]\ntemplate = "no_such"\n', WrongUsage, "There is no plan template “no_such”"),
        (FILE.replace("non_ai", "hope"), InvalidDocument, "the fallback “hope” is not one of non_ai"),
        (FILE + 'colour = "red"\n', InvalidDocument, "colour: there is no such field"),
        ('[[plan.phases]]\nid = "all"\n', InvalidDocument, "phase 1 › name: this is missing"),
    ],
)
def test_a_file_whose_plan_cannot_be_used_leaves_nothing(
    text: str,
    fault: type[UserError],
    words: str,
    workspace: Workspace,
    now: datetime,
    tmp_path: Path,
    everything: Everything,
) -> None:
    before = everything()
    wanted = read(tmp_path, '[feature]\nslug = "triage"\nname = "Triage"\nowner = "Ada"\n' + text)
    with pytest.raises(fault, match=words):
        apply(workspace, LOCAL_CALLER, now, wanted)
    assert everything() == before
    assert not feature_exists(workspace, "triage")


def test_a_file_with_a_plan_takes_the_right_to_edit_it(
    workspace: Workspace, feature: str, now: datetime, tmp_path: Path, everything: Everything
) -> None:
    before = everything()
    admin = Caller("Eve", frozenset({Role.ADMIN}))
    with pytest.raises(NotAllowed, match="edit the phase plan"):
        apply(workspace, admin, now, read(tmp_path, FILE), slug=feature)
    assert everything() == before
