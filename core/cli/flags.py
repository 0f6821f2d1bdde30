"""The sub-command `flags`: who gets a feature now, as a file for the system that switches it on and off."""

import argparse
import json
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from core.actions.flags import VALID_HOURS, view_permission
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.errors import WrongUsage
from core.export.flags import FlagFormat, flag_file


def add_options(flags: argparse.ArgumentParser) -> None:
    flags.add_argument("slug", metavar="SLUG")
    flags.add_argument(
        "--format",
        choices=[one.value for one in FlagFormat],
        default=FlagFormat.FLAGD.value,
        help="flagd (the default): a flag definition of flagd; json: the same facts as plain JSON",
    )
    flags.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="the file to write (default: show it)"
    )
    flags.add_argument(
        "--valid-hours",
        type=int,
        default=VALID_HOURS,
        metavar="HOURS",
        help="after so many hours nobody gets the feature until the file is written anew (default: 1)",
    )


def flags(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    gate = view_permission(workspace, caller(), now, arguments.slug, hours=arguments.valid_hours)
    body = flag_file(gate, FlagFormat(arguments.format))
    target: Path | None = arguments.output
    if target is None:
        tell_json(body)
        return 0
    _write(target, json.dumps(body, ensure_ascii=False, indent=2) + "\n")
    if arguments.json:
        tell_json({"file": str(target), "on": gate.is_on, "valid_until": gate.valid_until.isoformat()})
    else:
        print(f"{target}: {gate.why} Valid until {gate.valid_until:%Y-%m-%d %H:%M} UTC.")
    return 0


def _write(target: Path, text: str) -> None:
    """Whole or not at all: whoever watches the file must never read half of it."""
    if not target.parent.is_dir() or target.is_dir():
        raise WrongUsage(f"{target} cannot be written.", mend="Name a file in a folder that is there.")
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        raise WrongUsage(
            f"{target} cannot be written: {error.strerror}.", mend="Name another file."
        ) from error
