"""Evidence in which every text wants something fetched: no page fetches it, and none goes anywhere else."""

import csv
import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.actions.bundles import put_live, save_bundle, view_release
from core.actions.eval_cases import promote
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import list_uploads, start_import
from core.actions.people import LOCAL_CALLER
from core.criteria.stakes import Stakes
from core.evidence.bundle_parts import BundlePart
from core.evidence.column import CellType, Column
from core.evidence.columns import COLUMNS, TABLE_KINDS, VERDICT_COLUMNS, Kind
from core.intake.answers import Answers
from core.rollout.bundle import read_bundle

SLUG = "fetch-me"
ROWS, LABELS = 3, 1
TOLD = {"sampling": "complete", "user_feedback": "rejected", "passed": "no", "is_judge": "no"}
"""What the cells have to say where only certain words are understood."""


@pytest.fixture
def baited(
    server: Any,
    records: Callable[..., Any],
    today: datetime,
    canary: tuple[str, list[str]],
    reading_in_this_process: Callable[[], AbstractContextManager[None]],
) -> list[str]:
    """A feature with evidence of every kind and a live release; what is asked of the place its texts name."""
    place, asked = canary
    workspace, act = records(server), (LOCAL_CALLER, today)
    create_feature(workspace, *act, name="Fetch me", owner="Ada", stakes=Stakes.LOW, slug=SLUG)
    parts = {part.value: {"version": bait(place, part.value, 180)} for part in BundlePart}
    release = bait(place, "release", 110)
    for name, text in (("Before", "before"), (release, bait(place, "prompt"))):
        parts["prompt"] = {"version": text[:180], "text": text}
        number = view_release(workspace, *act, SLUG).number
        save_bundle(
            workspace,
            *act,
            SLUG,
            read_bundle({"name": name, "note": text, "parts": parts}),
            based_on=number,
            reason=bait(place, "why"),
        )
        put_live(workspace, *act, SLUG, name, reason=bait(place, "live"))
    with reading_in_this_process():
        for kind in TABLE_KINDS:
            upload_id = start_import(
                workspace,
                *act,
                SLUG,
                file_name=f"{kind.value}.csv",
                content=io.BytesIO(export(kind, place, today, release).encode()),
                answers=Answers(kind=kind),
                for_worker=False,
            )
            run_import(workspace, upload_id, lambda: today)
    accepted = [upload.report["accepted"] for upload in list_uploads(workspace, LOCAL_CALLER, SLUG)]
    assert sorted(accepted) == [LABELS, ROWS, ROWS, ROWS]
    promote(
        workspace,
        *act,
        SLUG,
        "run-0",
        failure_type=bait(place, "kind", 80),
        no_personal_data=True,
        alike_ok=True,
        is_critical=False,
    )
    return asked


def bait(place: str, name: str, longest: int = 200) -> str:
    """A text that asks for a picture in HTML and in Markdown, and for more where there is room."""
    there = f"{place}/leak/{name}"
    short = f"<img src={there}>![]({there})"
    more = f'{short} <img src="{there}" onerror="window.leaked=1"> [c](javascript:window.leaked=1)'
    text = more if len(more) <= longest else short
    assert len(text) <= longest
    return text


def export(kind: Kind, place: str, today: datetime, release: str) -> str:
    """A table with every column that there is: texts are bait, other cells say something plain."""
    columns = COLUMNS[kind]
    file = io.StringIO()
    sheet = csv.writer(file)
    sheet.writerow([column.name for column in columns])
    for row in range(LABELS if kind is Kind.LABELS else ROWS):
        sheet.writerow(
            [
                release if column.name == "release_bundle" else cell(column, place, kind, row, today)
                for column in columns
            ]
        )
    return file.getvalue()


def cell(column: Column, place: str, kind: Kind, row: int, today: datetime) -> str:
    if column.is_identifier:
        return f"run-{row}"
    if column.name in VERDICT_COLUMNS or column.name in TOLD or column.choices:
        return TOLD.get(column.name, "" if column.choices else "no")
    match column.type:
        case CellType.TEXT:
            return bait(place, f"{kind.value}.{column.name}")
        case CellType.TEXT_LIST:
            return f'["{bait(place, f"{kind.value}.{column.name}", 150)}"]'
        case CellType.TIME:
            # The oldest one is labelled, so that whatever week the newest is of has one to review.
            return (today - timedelta(hours=ROWS - row)).isoformat()
        case CellType.NUMBER | CellType.INTEGER:
            return "1"
        case _:
            return ""


@pytest.mark.timeout(400)
def test_no_page_asks_anybody_else(server: Any, baited: list[str], new_window: Callable[..., Any]) -> None:
    window = new_window(server)
    for page in ("traces", "traces&trace=run-0", "failures", "evals", "release", "health", "evidence"):
        name, _, more = page.partition("&")
        window.open(f"/{name}?feature={SLUG}" + (f"&{more}" if more else ""))
        window.unfold()
        window.shows_no_markup_of_others()
        assert baited == [], page
    window.open(f"/review?feature={SLUG}")
    window.press("review_begin")
    window.unfold()
    window.shows("/leak/traces.query")
    window.shows_no_markup_of_others()
    assert baited == []
    assert window.hosts == {f"127.0.0.1:{server.port}"}
    assert window.complaints == []
