"""The sub-command `apply`."""

import argparse
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from core.actions.applying import apply, read_apply_file
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json


def add_options(apply: argparse.ArgumentParser) -> None:
    apply.add_argument(
        "file", type=Path, help="the file with [feature], [checklist], [plan], [bundle], [[attestations]]"
    )
    apply.add_argument("--feature", metavar="SLUG", help="the feature, where the file does not name it")
    apply.add_argument("--lock", action="store_true", help="lock the checklist afterwards")
    apply.add_argument("--reason", default="", help="why; needed to amend a locked checklist")


def apply_file(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    applied = apply(
        workspace,
        caller(),
        now,
        read_apply_file(arguments.file),
        slug=arguments.feature,
        lock=arguments.lock,
        reason=arguments.reason,
    )
    if arguments.json:
        tell_json({"feature": applied.slug, "did": list(applied.did)})
    else:
        print(f"{applied.slug}: {'; '.join(applied.did) if applied.did else 'nothing to change'}.")
    return 0
