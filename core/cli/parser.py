"""The sub-commands and their options, each with a help text and an example."""

import argparse
import sys
from collections.abc import Collection
from pathlib import Path
from typing import NoReturn

from core.cli.exit_codes import WRONG_USAGE
from core.cli.known import COMMANDS


class _Parser(argparse.ArgumentParser):
    """argparse would leave with 2, which is the gate's "not enough evidence"."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


def parser(needed: Collection[str] = COMMANDS.keys()) -> argparse.ArgumentParser:
    """The parser of every command; only those that are ``needed`` are loaded and know their options."""
    root = _Parser(prog="readygate", description="May this AI feature go on to the next group of users?")
    commands = root.add_subparsers(metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        one = commands.add_parser(
            name,
            help=command.about,
            description=command.about,
            epilog=f"Example: readygate {command.example}",
        )
        if name not in needed:
            continue
        does, add_options = command.loaded()
        one.set_defaults(command=does)
        one.add_argument("--json", action="store_true", help="answer in JSON")
        one.add_argument(
            "--home", type=Path, default=None, help="the home folder (default: READYGATE_HOME, else data/)"
        )
        if add_options is not None:
            add_options(one)
    return root
