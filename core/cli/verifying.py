"""The sub-command `verify`: is the audit log whole, and are the records what it says?"""

import argparse
import sys
from argparse import Namespace
from datetime import datetime

from core.actions.audit_verify import (
    Anchor,
    OnProgress,
    Verification,
    read_anchor,
    verification_as_json,
    verify_log,
)
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.errors import WrongUsage


def add_options(verify: argparse.ArgumentParser) -> None:
    verify.add_argument(
        "--anchor", metavar="HEAD:ENTRIES", help="a head of the log that was noted down at an earlier time"
    )
    verify.add_argument("--head", metavar="HASH", help="the same head alone, together with --events")
    verify.add_argument("--events", metavar="N", help="how many entries there were at that head")


def verify(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    found = verify_log(workspace, caller(), now, _anchor(arguments), _shown(arguments))
    if arguments.json:
        tell_json(verification_as_json(found))
    else:
        _tell(found)
    return 0 if found.ok else 1


def _anchor(arguments: Namespace) -> Anchor | None:
    if arguments.anchor and (arguments.head or arguments.events):
        raise WrongUsage("The head was given twice.", mend="Give --anchor, or --head with --events.")
    if bool(arguments.head) != bool(arguments.events):
        raise WrongUsage("A head needs its number of entries.", mend="Give --head and --events together.")
    return read_anchor(arguments.anchor or f"{arguments.head or ''}:{arguments.events or ''}".strip(":"))


def _shown(arguments: Namespace) -> OnProgress:
    def show(share: float, words: str) -> None:
        if sys.stderr.isatty() and not arguments.json:
            print(f"\r{share:4.0%} {words:<70}", end="", file=sys.stderr, flush=True)

    return show


def _tell(found: Verification) -> None:
    print(found.sentence)
    for one in found.findings:
        print(one.sentence)
    looked_at = f"{found.records:,} records and {found.segments:,} parts of evidence"
    if not found.findings:
        print(f"{looked_at} are what the log and their fingerprints say.")
    if found.ok:
        print(f"Note this down elsewhere: {Anchor(found.chain.events, found.chain.head)}")
    if found.anchor is None:
        print("Without --anchor nobody can see whether the log's end was cut off, or all was written anew.")
