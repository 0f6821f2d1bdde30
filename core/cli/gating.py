"""The sub-command `gate`: the verdict as an exit code."""

import argparse
import sys
from argparse import Namespace
from datetime import datetime

from core.actions.as_json import decision_as_json
from core.actions.gates import gate
from core.actions.workspace import Workspace
from core.cli.argument_types import add_as_of
from core.cli.caller import caller
from core.cli.commitment_lines import commitment_lines
from core.cli.telling import tell_json, verdict_word
from core.criteria.judge import Row
from core.criteria.verdict import Verdict
from core.criteria.wording import value_words
from core.metrics.measurement import Measurement
from core.rollout.standing import STATE_WORDS, standing_words
from core.rollout.transitions import State

EXIT_OF_VERDICT = {
    Verdict.GO: 0,
    Verdict.NO_GO: 1,
    Verdict.NOT_ENOUGH_EVIDENCE: 2,
    Verdict.STALE: 3,
    Verdict.NO_DATA: 3,
}
STOPPED = (State.PAUSED, State.ROLLED_BACK)
"""In these states the gate answers 1, whatever the verdict."""


def add_options(gate: argparse.ArgumentParser) -> None:
    gate.add_argument("slug", metavar="SLUG")
    gate.add_argument(
        "--phase", choices=["next"], default="next", help="which step is asked about: the next one"
    )
    add_as_of(gate)
    gate.add_argument(
        "--require-lock", action="store_true", help="1 while the checklist is a draft, whose bars can move"
    )
    gate.add_argument(
        "--require-approval", action="store_true", help="1 unless people with a verified identity signed"
    )


def answer_gate(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    decision = gate(workspace, caller(), arguments.as_of or now, arguments.slug)
    if arguments.json:
        tell_json(decision_as_json(decision))
    else:
        draft = " (draft)" if decision.bar.is_draft else ""
        print(f"{decision.feature}: {verdict_word(decision.verdict)}{draft}")
        print(f"  {standing_words(decision.standing)}")
        for reason in decision.reasons:
            print(f"  {reason}")
        for row in decision.rows:
            print(f"  {verdict_word(row.verdict):<20} {row.label}{_number(row)}")
        if decision.not_asked:
            print(f"  Not asked: {decision.not_asked}")
    if decision.bar.is_draft and (arguments.require_lock or not arguments.json):
        print("readygate: judged against a draft, whose bars can still move; lock it.", file=sys.stderr)
    if decision.as_committed is not None and not arguments.json:
        words = verdict_word(decision.as_committed)
        print(f"  The bars were changed after the first lock; as first committed: {words}")
    if not arguments.json:
        print("".join(f"  {line}\n" for line in commitment_lines(decision)), end="")
    if arguments.require_lock and decision.bar.is_draft:
        return 1
    if arguments.require_approval and not decision.is_approved:
        print(f"readygate: not approved. {decision.sign_offs.sentence}", file=sys.stderr)
        return 1
    if decision.standing.state in STOPPED:
        words = STATE_WORDS[decision.standing.state]
        print(f"readygate: the rollout is {words}, whatever the verdict.", file=sys.stderr)
        return 1
    return EXIT_OF_VERDICT[decision.verdict]


def _number(row: Row) -> str:
    """ ": 94.6 % (91.7–97.3 %), n 516, bar above 80 %"; "" where nothing is measured."""
    found = row.finding
    if not isinstance(found, Measurement):
        return ""
    return f": {value_words(found)}, n {found.n:,}, bar {row.bar}"
