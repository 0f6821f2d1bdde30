"""The sub-command `doctor`."""

from argparse import Namespace
from datetime import datetime

from core.actions.checking import check_installation
from core.actions.workspace import Workspace
from core.cli.telling import tell_json


def check(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    checks = check_installation(workspace, now)
    if arguments.json:
        tell_json(
            [{"name": check.name, "level": check.level, "sentence": check.sentence} for check in checks]
        )
    for check in [] if arguments.json else checks:
        print(f"{check.level:<8} {check.name:<10} {check.sentence}")
    return 1 if any(check.level == "fault" for check in checks) else 0
