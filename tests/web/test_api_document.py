"""Schemathesis asks the HTTP interface what its document allows and forbids, and judges the answers."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance
from starlette.applications import Starlette

from core.actions import importing
from core.actions.checklists import lock_checklist, save_checklist
from core.actions.features import create_feature
from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.tokens import TokenScope, make_token
from core.actions.workspace import Workspace, open_workspace
from core.criteria.checklist import read_checklist
from core.criteria.stakes import Stakes
from core.intake.importing import read_file
from core.rollout.plan import read_plan
from core.rollout.transitions import Move, Transition
from core.store import features, transitions
from core.web import api_features, wiring
from core.web.api import ROUTES
from core.web.openapi import DOCUMENT

SUITE = {"kind": "measured", "id": "suite", "metric": "eval_pass_rate", "source": "eval", "bar": 0.8}
BETA = {"id": "beta", "name": "Beta", "exposure_share": [0.01, 0.05]}
EXAMPLES = 20

OPERATIONS = [
    f"{method.upper()} {path}"
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method != "parameters"
]


@pytest.fixture
def workspace(home: Path, now: datetime, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A running feature "helper", opened anew by every operation."""
    opened = open_workspace(home)
    before = now - timedelta(days=20)
    create_feature(opened, LOCAL_CALLER, before, name="Helper", owner="Ada", stakes=Stakes.LOW)
    checklist = read_checklist({"stakes": "low", "items": [SUITE]})
    save_checklist(opened, LOCAL_CALLER, before, "helper", checklist, based_on=None)
    lock_checklist(opened, LOCAL_CALLER, before, "helper", based_on=1)
    save_plan(opened, LOCAL_CALLER, before, "helper", read_plan({"phases": [BETA]}), based_on=None)
    with opened.database.writing() as connection:
        transitions.add(
            connection,
            feature_id=features.by_slug(connection, "helper").id,
            moved=Transition(Move.START, "beta", before, "Ada", "why"),
            plan_number=1,
            verdict=None,
            now=before,
        )

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return now

    monkeypatch.setattr(api_features, "datetime", StoppedClock)
    monkeypatch.setattr(wiring, "workspace", lambda: opened)
    monkeypatch.setattr(importing, "read_in_child", lambda job, tell, _stop: read_file(job, tell))
    yield opened
    opened.close()


# What takes nothing cannot be asked wrongly.
@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        (one, mode)
        for one in OPERATIONS
        for mode in ("positive", "negative")
        if "{" in one or mode == "positive"
    ],
)
def test_every_answer_is_one_that_the_document_names(
    workspace: Workspace, now: datetime, operation: str, mode: str
) -> None:
    token = make_token(workspace, LOCAL_CALLER, now, name="CI", scopes=tuple(TokenScope))
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = Starlette(routes=ROUTES)
    method, path = operation.split(" ")
    tried = schema[path][method]
    asked: list[int] = []
    is_import = path.endswith("/imports")
    # No document can say which bytes are a file that can be read: most are refused with 422.
    not_asked = [positive_data_acceptance] if is_import else []

    @settings(max_examples=EXAMPLES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=tried.as_strategy(generation_mode=GenerationMode(mode)))
    def ask(case: Any) -> None:
        if mode == "positive" and "slug" in case.path_parameters and len(asked) % 2:
            case.path_parameters["slug"] = "helper"
        answer = case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"}, excluded_checks=not_asked
        )
        asked.append(answer.status_code)

    ask()
    assert 500 not in asked
    assert mode == "negative" or is_import or (200 in asked and 401 not in asked)
