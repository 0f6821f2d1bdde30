"""The sub-command `features`."""

from argparse import Namespace
from datetime import datetime
from typing import Any

from core.actions.portfolio import view_portfolio
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json, verdict_word
from core.rollout.standing import STATE_WORDS
from core.rollout.transitions import State


def list_all(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    lines: list[dict[str, Any]] = [
        {
            "slug": line.feature.slug,
            "name": line.feature.name,
            "phase": line.decision.phase,
            "state": line.decision.state,
            "verdict": line.decision.verdict.value,
            "draft": line.decision.bar.is_draft,
            "waits_for": line.waits_for,
        }
        for line in view_portfolio(workspace, caller(), now)
    ]
    if arguments.json:
        tell_json(lines)
    elif not lines:
        print("No features yet. `readygate demo` makes three to explore.")
    for line in [] if arguments.json else lines:
        lock = "draft" if line["draft"] else "locked"
        state = STATE_WORDS[State(line["state"])]
        verdict = verdict_word(line["verdict"])
        print(f"{line['slug']:<32} {verdict:<20} {lock:<8} {state:<12} {line['waits_for']}")
    return 0
