"""Incidents that stay open until they changed something, tool lists beside the traces, and the erasure."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from core.actions.audit_verify import verify_log
from core.actions.erasure import ask_erasure, erase
from core.actions.failure_words import add_word
from core.actions.fixes import save_fix
from core.actions.incidents import close_incident, report_incident, view_incidents
from core.actions.people import LOCAL_CALLER, Caller, Role
from core.actions.token_keys import token_key
from core.actions.tool_lists import add_tool_list, view_tools
from core.actions.workspace import Workspace
from core.errors import UnreadableFile, WrongUsage
from core.evidence.free_text import KEPT_BACK, erased_on
from core.intake.answers import Answers
from core.store.record_checks import check_records
from core.store.segment_cache import SegmentCache
from core.store.tables import METADATA, incident
from core.store.uploads import Upload
from core.store.warehouse import Warehouse

HandIn = Callable[..., Upload]

ANNA = "anna-zebra@example.com"
TRACES = "run_id,started_at,user_id,query,tool_selected\n" + "".join(
    f"r{n},2026-02-20T10:00:00Z,{ANNA if n < 2 else f'u{n}'},Where?,{'getOrder' if n < 6 else 'ship'}\n"
    for n in range(9)
)
LIST = json.dumps(
    {"tools": [{"name": "getOrder"}, {"name": "handleData", "description": "Handles data operations"}]}
)


@pytest.fixture
def workspace(database: Any, home: Any) -> Iterator[Workspace]:
    """With the secret of the installation, as an opened workspace has it."""
    warehouse = Warehouse(SegmentCache(home / "cache", 1 << 30), partial(token_key, home))
    yield Workspace(home, database, warehouse)
    warehouse.close()


def reported(
    workspace: Workspace, slug: str, at: datetime, what: str = "Charged twice", run: str = ""
) -> int:
    found = report_incident(
        workspace,
        LOCAL_CALLER,
        at,
        slug,
        what=what,
        happened_at=at - timedelta(days=3),
        owner="Bo",
        run_id=run,
    )
    return found.id


def test_open_loops_come_oldest_first_and_closed_ones_say_what_they_changed(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    young = reported(workspace, feature, now, "Second")
    old = reported(workspace, feature, now - timedelta(days=2), "First")
    done = reported(workspace, feature, now - timedelta(days=4), "Third")
    close_incident(workspace, LOCAL_CALLER, now, feature, done, ended_in="eval_case", link="C-001")
    view = view_incidents(workspace, LOCAL_CALLER, feature)
    assert [one.id for one in view.open] == [old, young]
    assert [(one.id, one.ended_in, one.link, one.closed_by) for one in view.closed] == [
        (done, "eval_case", "C-001", LOCAL_CALLER.name)
    ]
    with pytest.raises(WrongUsage, match="has closed this incident already"):
        close_incident(workspace, LOCAL_CALLER, now, feature, done, ended_in="rubric", link="x")
    assert verify_log(workspace, LOCAL_CALLER, now).findings == ()


@pytest.mark.parametrize(
    ("end", "link", "sentence"),
    [("forgotten", "x", "rubric, a runbook or an eval case"), ("rubric", "  ", "can be seen is missing")],
)
def test_a_loop_does_not_close_on_nothing(
    workspace: Workspace, feature: str, now: datetime, end: str, link: str, sentence: str
) -> None:
    one = reported(workspace, feature, now)
    with pytest.raises(WrongUsage, match=sentence):
        close_incident(workspace, LOCAL_CALLER, now, feature, one, ended_in=end, link=link)
    assert len(view_incidents(workspace, LOCAL_CALLER, feature).open) == 1


def test_the_story_is_masked_and_kept_from_those_who_see_numbers_only(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    reported(workspace, feature, now, "She wrote from anna@example.com\nand was charged twice")
    (one,) = view_incidents(workspace, LOCAL_CALLER, feature).open
    assert "anna@example.com" not in one.what
    assert one.what.endswith("\nand was charged twice")
    (one,) = view_incidents(workspace, Caller("Vi", frozenset({Role.VIEWER})), feature).open
    assert one.what == KEPT_BACK


def test_the_newest_tool_list_is_linted_and_held_against_the_traces(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(TRACES, "traces.csv")
    assert [one.name for one in view_tools(workspace, LOCAL_CALLER, feature).use.unlisted] == [
        "getOrder",
        "ship",
    ]
    add_tool_list(workspace, LOCAL_CALLER, now, feature, file_name="old.json", content=b'[{"name": "x"}]')
    add_tool_list(workspace, LOCAL_CALLER, now, feature, file_name="tools.json", content=LIST.encode())
    view = view_tools(workspace, LOCAL_CALLER, feature)
    assert view.newest is not None
    assert view.newest.file_name == "tools.json"
    assert [one.rule.id for one in view.findings if one.tool == "handleData"] == [
        "vague_name",
        "vague_description",
    ]
    assert [(one.name, one.traces) for one in view.use.unlisted] == [("ship", 3)]
    assert (view.use.never_called, view.use.traces) == (("handleData",), 9)
    assert verify_log(workspace, LOCAL_CALLER, now).findings == ()


def test_a_list_that_cannot_be_read_leaves_the_one_before(
    workspace: Workspace, feature: str, now: datetime
) -> None:
    add_tool_list(workspace, LOCAL_CALLER, now, feature, file_name="tools.json", content=LIST.encode())
    with pytest.raises(UnreadableFile):
        add_tool_list(workspace, LOCAL_CALLER, now, feature, file_name="b.json", content=b"{")
    newest = view_tools(workspace, LOCAL_CALLER, feature).newest
    assert newest is not None
    assert newest.file_name == "tools.json"


@pytest.mark.parametrize("table", ["failure_word", "fix", "incident", "tool_list"])
def test_a_row_that_was_changed_by_hand_is_named(
    workspace: Workspace, feature: str, now: datetime, table: str
) -> None:
    add_word(workspace, LOCAL_CALLER, now, feature, "type", "rude", "It insults.")
    save_fix(workspace, LOCAL_CALLER, now, feature, "rude", fix="Tone", owner="Bo", state="open")
    reported(workspace, feature, now)
    add_tool_list(workspace, LOCAL_CALLER, now, feature, file_name="tools.json", content=LIST.encode())
    assert verify_log(workspace, LOCAL_CALLER, now).findings == ()
    changed = {"failure_word": {"definition": "x"}, "fix": {"owner": "x"}, "incident": {"what": "x"}}
    new = changed.get(table, {"tools": [{"name": "other"}]})
    with workspace.database.writing() as connection:
        connection.execute(METADATA.tables[table].update().values(new))
    with workspace.database.reading() as connection:
        (found,) = check_records(connection).broken
    assert (found.kind, found.fault) == (table, "changed")
    assert len(verify_log(workspace, LOCAL_CALLER, now).findings) == 1


def test_an_erased_person_leaves_incidents_words_and_fixes(
    workspace: Workspace, feature: str, now: datetime, hand_in: HandIn
) -> None:
    hand_in(TRACES, "traces.csv", answers=Answers(personal_text="keep"))
    of_theirs = reported(workspace, feature, now, "The woman from Ulm was charged twice", run="r1")
    naming = reported(workspace, feature, now, f"It told a stranger about {ANNA}.")
    other = reported(workspace, feature, now, "Prices were wrong", run="r7")
    add_word(workspace, LOCAL_CALLER, now, feature, "type", "rude", f"As with {ANNA}.")
    save_fix(workspace, LOCAL_CALLER, now, feature, "rude", fix=f"Wrote to {ANNA}.", owner="Bo", state="open")
    asked = ask_erasure(workspace, LOCAL_CALLER, now, feature, wanted=ANNA, reason="Her request 17")
    counts = erase(workspace, LOCAL_CALLER, now, feature, asked.id)
    assert counts["incidents"] == 1
    with workspace.database.reading() as connection:
        said = {row.id: row.what for row in connection.execute(select(incident))}
        everything = json.dumps(
            [[str(row) for row in connection.execute(select(one))] for one in METADATA.sorted_tables]
        )
    assert erased_on(said[of_theirs])
    assert said[naming] == "It told a stranger about [erased]."
    assert said[other] == "Prices were wrong"
    assert "Ulm" not in everything
    assert ANNA not in everything
    assert verify_log(workspace, LOCAL_CALLER, now).findings == ()
