"""Go / no-go without scrolling, also on a phone: the verdict, its two strongest reasons, the sign buttons."""

from collections.abc import Callable
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from core.actions.checklists import lock_checklist, save_checklist
from core.actions.features import create_feature
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.people import LOCAL_CALLER
from core.actions.plans import save_plan
from core.actions.rollout_past import PastStart, record_past
from core.actions.workspace import open_workspace
from core.criteria.checklist import read_checklist
from core.criteria.stakes import Stakes
from core.rollout.plan import read_plan

SLUG = "first-screen"
RIGHT = {"kind": "measured", "id": "right", "metric": "answer_correctness", "source": "label", "bar": 0.9}
TOOL = {"kind": "measured", "id": "tool", "metric": "tool_selection_accuracy", "source": "label", "bar": 0.95}
PHASES = ("Beta", "Everyone")
PHASE = {"exposure_share": [0.05, 0.25], "review_share": 0.5, "minimum_days": 14}
ADVICE = "Keep these answers with people until the tool reads vouchers."


@pytest.fixture(scope="module")
def failing(server: Any, today: datetime) -> str:
    """A feature in its first phase of which both rows fail."""
    workspace = open_workspace(home=server.home, url="")
    before = today - timedelta(days=20)
    create_feature(
        workspace, LOCAL_CALLER, before, name="Refund agent", owner="Ada", stakes=Stakes.HIGH, slug=SLUG
    )
    items = [{**one, "when_it_fails": ADVICE} for one in (RIGHT, TOOL)]
    save_checklist(
        workspace,
        LOCAL_CALLER,
        before,
        SLUG,
        read_checklist({"stakes": "high", "items": items}),
        based_on=None,
    )
    lock_checklist(workspace, LOCAL_CALLER, before, SLUG, based_on=1)
    plan = read_plan(
        {"owner": "Ada", "phases": [{**PHASE, "id": name.lower(), "name": name} for name in PHASES]}
    )
    save_plan(workspace, LOCAL_CALLER, before, SLUG, plan, based_on=None)
    began = PastStart(PHASES[0].lower(), (before + timedelta(days=1)).date())
    record_past(workspace, LOCAL_CALLER, today, SLUG, [began], reason="It was out already")
    day = (today - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
    traces = ["run_id,started_at,user_id,query,response"]
    traces += [f"r{n},{day},u{n},Where?,There." for n in range(60)]
    labels = ["run_id,answer_right,tool_right,reviewer,sampling"]
    labels += [f"r{n},{'no' if n % 2 else 'yes'},{'no' if n % 3 else 'yes'},Vera,complete" for n in range(60)]
    for name, lines in (("traces.csv", traces), ("labels.csv", labels)):
        content = BytesIO("\n".join(lines).encode())
        upload = start_import(
            workspace, LOCAL_CALLER, today, SLUG, file_name=name, content=content, for_worker=False
        )
        run_import(workspace, upload, lambda: today)
    workspace.close()
    return SLUG


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_first_screen_has_the_verdict_two_reasons_and_the_sign_buttons(
    width: int, height: int, server: Any, failing: str, new_window: Callable[..., Any]
) -> None:
    window = new_window(server, width=width, height=height)
    window.open(f"/go_no_go?feature={failing}")
    page = window.page
    box = page.get_by_test_id("stAlert").first
    said = box.inner_text().replace("\u00a0", " ")
    for words in ("NO-GO", "Answer correctness: 50 %", "Tool selection accuracy: 33.3 %", "n 60", ADVICE):
        assert words in said
    for found in (box, window.keyed("first_go"), window.keyed("first_no_go")):
        place = found.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= height
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= width
    wide = "Math.max(...[document.documentElement, document.querySelector('[data-testid=stMain]')]"
    assert page.evaluate(f"{wide}.map(one => one.scrollWidth - one.clientWidth))") == 0
    assert window.complaints == []
    assert window.hosts == {f"127.0.0.1:{server.port}"}
