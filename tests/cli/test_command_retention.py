"""`readygate retention`: what went, what a verdict still counts, and what a legal hold keeps."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from core.actions.eval_cases import promote, save_case
from core.actions.eval_suites import lock_suite
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.legal_holds import place_hold
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace, open_workspace
from core.criteria.stakes import Stakes

Readygate = Callable[..., Any]
ONE_SAMPLE = {"feature": "helper", "rows": 0, "remarks": 0, "uploads": 1, "held": None}
"""No row has a text; the report of the one upload shows cells of its file."""


@pytest.fixture
def old(migrated_home: Path) -> Workspace:
    """A feature with three traces that were handed in more than three years ago, all without texts."""
    workspace = open_workspace(home=migrated_home)
    at = datetime.now(UTC) - timedelta(days=1_200)
    create_feature(workspace, LOCAL_CALLER, at, name="Helper", owner="Ada", stakes=Stakes.LOW)
    rows = [{"run_id": f"r{n}", "started_at": at.isoformat(), "latency_ms": n} for n in range(3)]
    content = BytesIO("".join(json.dumps(row) + "\n" for row in rows).encode())
    asked = start_import(
        workspace, LOCAL_CALLER, at, "helper", file_name="t.jsonl", content=content, for_worker=False
    )
    run_import(workspace, asked, lambda: at)
    return workspace


def test_numbers_and_texts_are_told_for_each_feature(old: Workspace, readygate: Readygate) -> None:
    old.close()
    told = readygate("retention", "--feature", "helper", "--json")
    assert told.code == 0, told.err
    gone = {"uploads": 1, "rows": 3, "labels": 0, "failures": 0, "counted": 0}
    none_due = {"cases": 0, "bound": 0}
    assert told.json == [ONE_SAMPLE | {"numbers": gone, "cases": none_due, "log_entries": 0}]
    assert "numbers of 0 uploads removed" in readygate("retention").out
    assert "of no feature" in readygate("retention").out


def test_a_hold_is_told_once(old: Workspace, readygate: Readygate) -> None:
    place_hold(old, LOCAL_CALLER, datetime.now(UTC), "helper", reason="Request of the authority, file 17")
    old.close()
    told = readygate("retention", "--feature", "helper")
    assert told.out.count("nothing removed. A legal hold, placed by local user, keeps everything") == 1
    [line] = readygate("retention", "--feature", "helper", "--json").json
    assert (line["numbers"]["rows"], line["log_entries"], line["held"] is None) == (0, 0, False)


def test_cases_whose_texts_went_and_those_of_a_locked_set_are_told(
    old: Workspace, readygate: Readygate
) -> None:
    """Two versions of a case: the one of the locked set stays, the one before it goes."""
    at, slug = datetime.now(UTC) - timedelta(days=1_200), "helper"
    row = {"run_id": "r9", "started_at": at.isoformat(), "query": "Where is it?", "tool_expected": "look"}
    asked = start_import(
        old, LOCAL_CALLER, at, slug, file_name="q.jsonl", content=BytesIO(json.dumps(row).encode()),
        for_worker=False,
    )  # fmt: skip
    run_import(old, asked, lambda: at)
    case = promote(old, LOCAL_CALLER, at, slug, "r9", no_personal_data=True)
    edited = replace(case, query="Where is it now?")
    save_case(old, LOCAL_CALLER, at, slug, edited, based_on=1, alike_ok=True)
    lock_suite(old, LOCAL_CALLER, at, slug)
    old.close()
    [line] = readygate("retention", "--feature", slug, "--json").json
    assert line["cases"] == {"cases": 1, "bound": 1}
    said = readygate("retention").out
    assert "texts of 0 eval cases made from traces removed" in said
    assert "texts of 1 eval cases stay beyond their time: a locked set holds them" in said
