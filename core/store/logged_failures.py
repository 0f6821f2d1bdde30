"""What events say of the words of failures, of fixes, incidents and tool lists, as columns of their rows."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.store.logged_columns import LoggedEvent
from core.store.raw_rows import moment_of

Columns = dict[str, Any]

OF_WORDS = frozenset(
    {"failure word added", "failure word renamed", "failure words merged", "failure word parted"}
)
"""The actions that tell of rows of words, each of one or several."""

WORD, FIX, INCIDENT, TOOL_LIST = "failure_word", "fix", "incident", "tool_list"


def told(event: LoggedEvent) -> Iterator[tuple[str, int, str, Columns]]:
    """(kind, id, name, columns) of each row the event tells of; the name is "" where it adds to a row."""
    match event.action:
        case action if action in OF_WORDS:
            for row in words(event):
                yield WORD, *row
        case "fix saved":
            yield FIX, *fix(event)
        case "incident reported":
            yield INCIDENT, *incident(event)
        case "incident closed":
            yield INCIDENT, event.payload["id"], "", incident_closed(event)
        case "tool list added":
            yield TOOL_LIST, *tool_list(event)


def words(event: LoggedEvent) -> Iterator[tuple[int, str, Columns]]:
    """(id, name, columns) of each row that the event tells of."""
    for said in event.payload["words"]:
        columns = {name: said[name] for name in ("word", "definition", "example", "became")}
        columns |= {
            "kind": event.payload["kind"],
            "reason": event.payload["reason"],
            **_by("saved", event),
        }
        yield said["id"], word_name(said), columns


def fix(event: LoggedEvent) -> tuple[int, str, Columns]:
    said = event.payload
    columns = {name: said[name] for name in ("failure_type", "fix", "owner", "state", "bundle")}
    columns |= {"fixed_at": moment_of(said["fixed_at"]), **_by("saved", event)}
    return said["id"], fix_name(said), columns


def incident(event: LoggedEvent) -> tuple[int, str, Columns]:
    said = event.payload
    columns = {name: said[name] for name in ("what", "run_id", "owner")}
    columns |= {"happened_at": moment_of(said["happened_at"]), **_by("reported", event)}
    columns |= dict.fromkeys(("ended_in", "link", "closed_by", "closed_at"))
    return said["id"], incident_name(said), columns


def incident_closed(event: LoggedEvent) -> Columns:
    said = event.payload
    return {
        "ended_in": said["ended_in"],
        "link": said["link"],
        "closed_by": event.actor,
        "closed_at": event.at,
    }


def tool_list(event: LoggedEvent) -> tuple[int, str, Columns]:
    said = event.payload
    columns = {"file_name": said["file_name"], "sha256": said["sha256"], "content": said["content"]}
    return said["id"], tool_list_name(said), columns | _by("added", event)


def word_name(said: Mapping[str, Any]) -> str:
    return f"the word “{said['word']}”"


def fix_name(said: Mapping[str, Any]) -> str:
    return f"the fix of “{said['failure_type']}”"


def incident_name(said: Mapping[str, Any]) -> str:
    return f"the incident {said['id']}"


def tool_list_name(said: Mapping[str, Any]) -> str:
    return f"the tool list “{said['file_name']}”"


def _by(done: str, event: LoggedEvent) -> Columns:
    return {f"{done}_by": event.actor, f"{done}_by_id": event.payload["person"], f"{done}_at": event.at}
