"""The demo through the public door, on both databases; and the doctor's look at an installation."""

import ast
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from core.actions.bundles import view_release
from core.actions.checking import check_installation
from core.actions.demo import make_demo
from core.actions.features import create_feature, list_features
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER
from core.actions.portfolio import view_portfolio
from core.actions.questions import view_questions
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.decision.conditions import Condition
from core.demo.stories import load_stories
from core.store import audit

PastReadygate = Callable[..., AbstractContextManager[Connection]]
Everything = Callable[[], Mapping[str, list[str]]]

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_has_one_of_each_verdict_and_is_made_once(
    workspace: Workspace, now: datetime, everything: Everything
) -> None:
    slugs = [story.feature.slug for story in load_stories()]
    told: list[str] = []
    assert make_demo(workspace, now, tell=told.append) == slugs
    assert len(told) == 3
    lines = view_portfolio(workspace, LOCAL_CALLER, now)
    assert [line.decision.verdict.value for line in lines] == ["no_go", "not_enough_evidence", "go"]
    assert all(line.feature.locked_at for line in lines)
    # The bad verdict comes from one protected slice alone, under an average that is good.
    deciding = lines[0].decision.deciding
    assert [(row.item.slice != {}, row.item.protected) for row in deciding] == [(True, True)]  # type: ignore[union-attr]
    assert lines[1].decision.deciding[0].more_cases
    for slug in slugs:
        for upload in list_uploads(workspace, LOCAL_CALLER, slug):
            assert upload.report is not None
            assert upload.report["read"] == upload.report["accepted"] > 0
    shown = view_release(workspace, LOCAL_CALLER, now, "refund-agent")
    assert [line.bundle.name for line in shown.history] == ["refund-agent-2.3", "refund-agent-2.2"]
    assert shown.stale == () or {line.what for line in shown.stale} == {"rehearsal"}
    assert {name: one.met for name, one in _of_release(lines[0].decision.conditions).items()} == {
        "release": True,
        "regressions": True,
        "rollback": False,
        "red_team": True,
    }
    assert all(one.met for one in _of_release(lines[2].decision.conditions).values())
    (asked,) = view_questions(workspace, LOCAL_CALLER, now, "refund-agent").open
    assert asked.words.startswith("Do billing answers go to a person")
    before = everything()
    assert make_demo(workspace, now) == []
    assert everything() == before
    with workspace.database.reading() as connection:
        assert audit.verify(connection).ok


def _of_release(conditions: Sequence[Condition]) -> dict[str, Condition]:
    names = ("release", "regressions", "rollback", "red_team")
    return {one.name: one for one in conditions if one.name in names}


def test_the_demo_stays_away_from_a_home_in_use(workspace: Workspace, now: datetime) -> None:
    create_feature(workspace, LOCAL_CALLER, now, name="Mine", owner="Ada", stakes=Stakes.LOW)
    assert make_demo(workspace, now, only_if_empty=True) == []
    assert [line.slug for line in list_features(workspace, LOCAL_CALLER)] == ["mine"]


def test_no_code_knows_the_demo_features() -> None:
    """Their slugs stand in the stories, and elsewhere at most within the example of a sentence."""
    slugs = {story.feature.slug for story in load_stories()}
    code = [ROOT / "app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "core").rglob("*.py")]
    assert len(code) > 100
    known = [
        (file.name, node.value)
        for file in code
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in slugs
    ]
    assert known == []
    stories = ROOT / "core" / "demo" / "stories"
    others = [file for file in (ROOT / "core").rglob("*.toml") if file.parent != stories]
    assert others
    assert not any(slug in file.read_text(encoding="utf-8") for file in others for slug in slugs)


def test_a_sound_installation_has_no_fault(workspace: Workspace, feature: str, now: datetime) -> None:
    checks = {check.name: check for check in check_installation(workspace, now)}
    assert list(checks) == ["python", "database", "sqlite", "secret", "disk", "audit log", "imports"]
    assert {check.level for check in checks.values()} <= {"ok", "warning"}
    assert checks["database"].sentence.endswith("schema current, 1 features.") or (
        checks["database"].sentence.endswith("schema current, 1 feature.")
    )
    assert checks["audit log"].sentence.startswith("1 entr")


@pytest.mark.parametrize(
    "attack",
    ["UPDATE audit_event SET actor = 'Eve' WHERE seq = 2", "DELETE FROM audit_event WHERE seq = 2"],
)
def test_a_tampered_log_is_a_fault_that_names_its_first_bad_entry(
    workspace: Workspace, feature: str, now: datetime, attack: str, past_readygate: PastReadygate
) -> None:
    for name in ("One", "Two"):
        create_feature(workspace, LOCAL_CALLER, now, name=name, owner="Ada", stakes=Stakes.LOW)
    with past_readygate(workspace.database) as connection:
        if workspace.database.dialect != "postgresql":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            if attack.startswith("DELETE"):
                connection.execute(text("DELETE FROM audit_payload WHERE seq = 2"))
        connection.execute(text(attack))
    found = next(check for check in check_installation(workspace, now) if check.name == "audit log")
    assert found.level == "fault"
    assert "broken at entry 2" in found.sentence


def test_an_import_without_a_sign_of_life_is_a_warning(
    workspace: Workspace, feature: str, now: datetime, tmp_path: Path
) -> None:

    start_import(
        workspace, LOCAL_CALLER, now, feature, file_name="r.jsonl", content=BytesIO(b'{"case_id": 1}\n')
    )
    levels = [
        {
            check.name: check.level
            for check in check_installation(workspace, now + timedelta(minutes=minutes))
        }["imports"]
        for minutes in (1, 11)
    ]
    assert levels == ["ok", "warning"]
