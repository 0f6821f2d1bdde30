"""The sub-command `lint`: where the phase plan will hurt."""

import argparse
from argparse import Namespace
from datetime import datetime

from core.actions.as_json import plan_finding_as_json
from core.actions.plans import lint_plan
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json


def add_options(lint: argparse.ArgumentParser) -> None:
    lint.add_argument("slug", metavar="SLUG")


def lint_phases(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    findings = lint_plan(workspace, caller(), now, arguments.slug)
    lines = [plan_finding_as_json(finding) for finding in findings]
    if arguments.json:
        tell_json({"feature": arguments.slug, "findings": lines})
    elif not lines:
        print(f"{arguments.slug}: nothing in the phase plan will hurt.")
    for line in [] if arguments.json else lines:
        print(f"{line['severity']:<8} {line['rule']:<28} {line['sentence']} {line['mend']}")
    return 1 if any(finding.blocks for finding in findings) else 0
