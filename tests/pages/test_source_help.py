"""What the Evidence page says of the tools: which file to take, and what became of their exports."""

import json
from typing import Any

from core.intake.sources.tools import HELD, TOOLS


def test_the_page_says_which_file_to_take_from_each_tool(site: Any) -> None:
    site.feature("bot")
    at = site.open("evidence", "bot")
    assert "Which file from which tool?" in [fold.label for fold in at.expander]
    [listed] = [one.value for one in at.markdown if one.value.startswith(f"- **{TOOLS[0].name}**")]
    for tool, shown in zip(TOOLS, listed.split("\n- "), strict=True):
        assert f"**{tool.name}**: {tool.take}" in shown
        assert [word for kind, word in HELD.items() if kind in tool.kinds] == [
            word for word in HELD.values() if word in shown.partition("gray[")[2]
        ]


def test_the_rows_of_an_export_are_named_in_words(site: Any, words: Any) -> None:
    site.feature("bot")
    header = "id,traceId,type,startTime,parentObservationId,environment\n"
    site.upload("bot", "steps.csv", header + "o1,t1,SPAN,2026-02-20T09:00:00Z,,production\n")
    said = words(site.open("evidence", "bot"))
    assert "steps · " in said
    assert "spans · " not in said
    # The mapping by hand would lose what the tool's own reading takes.
    assert "Not used: environment." in said
    assert "upload the file again" not in said


def test_a_file_without_a_row_to_import_does_not_count_as_imported(site: Any, words: Any) -> None:
    site.feature("bot")
    conversation = {"id": "c-1", "created_at": 1780308000, "ai_agent_participated": False}
    conversation["conversation_parts"] = {"conversation_parts": []}
    site.upload("bot", "conversation.json", json.dumps(conversation))
    assert "conversation.json :gray-badge[1 row, nothing in it to import]" in words(
        site.open("evidence", "bot")
    )


def test_several_questions_are_counted(site: Any, words: Any) -> None:
    site.feature("bot")
    site.upload("bot", "one.csv", "run_id,started_at\nr1,2026-02-20T10:00:00\n")
    site.upload("bot", "two.csv", 'run_id,started_at,latency_ms\nr1,2026-02-20T10:00:00,"3,5"\n')
    said = words(site.open("evidence", "bot"))
    assert "Readygate needs to know one thing first:" in said
    assert "Readygate needs to know 2 things first:" in said
