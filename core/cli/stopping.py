"""The sub-commands `pause` and `rollback`."""

import argparse
from argparse import Namespace
from datetime import datetime

from core.actions.as_json import moved_as_json
from core.actions.rollout import Moved, pause, roll_back
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.rollout.standing import STATE_WORDS


def add_pause_options(pause: argparse.ArgumentParser) -> None:
    pause.add_argument("slug", metavar="SLUG")
    pause.add_argument("--reason", default="", help="why, in one line")


def add_rollback_options(rollback: argparse.ArgumentParser) -> None:
    rollback.add_argument("slug", metavar="SLUG")
    rollback.add_argument("--reason", required=True, help="what went wrong, in one line")


def pause_rollout(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    moved = pause(workspace, caller(), now, arguments.slug, reason=arguments.reason)
    return _tell_moved(arguments, moved)


def roll_back_rollout(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    moved = roll_back(workspace, caller(), now, arguments.slug, reason=arguments.reason)
    return _tell_moved(arguments, moved)


def _tell_moved(arguments: Namespace, moved: Moved) -> int:
    one = moved.transition
    if arguments.json:
        tell_json(moved_as_json(arguments.slug, moved))
    else:
        print(f"{arguments.slug}: {STATE_WORDS[moved.state]} in the phase {one.phase}.")
    return 0
