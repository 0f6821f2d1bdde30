"""One run of the command: parse, open the workspace, act, tell, close."""

import sys
import traceback
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from core.actions.workspace import Workspace, open_workspace
from core.cli.exit_codes import BUG
from core.cli.heard import while_heard
from core.cli.parser import parser
from core.cli.telling import error_as_json, tell_error, tell_json
from core.errors import UserError
from core.intake.without_pandas import leave_pandas_out


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    if argv is None:  # a program of its own, in which nothing needs pandas
        leave_pandas_out()
    words = sys.argv[1:] if argv is None else argv
    # What another command needs is not loaded: that would take longer than most commands do.
    arguments = parser(words[:1]).parse_args(words)
    with while_heard():
        return _answered(arguments)


def _answered(arguments: Namespace) -> int:
    """The exit code of the command; what went wrong is told."""
    try:
        return _run(arguments)
    except UserError as error:
        if arguments.json:
            tell_json(error_as_json(error))
        return tell_error(error)
    except Exception:
        traceback.print_exc()
        print("readygate: this is a bug in Readygate; nothing was half saved.", file=sys.stderr)
        return BUG


def _run(arguments: Namespace) -> int:
    if not getattr(arguments, "opens_workspace", True):
        alone: Callable[[Namespace, datetime], int] = arguments.command
        return alone(arguments, datetime.now(UTC))
    workspace = open_workspace(arguments.home)
    try:
        command: Callable[[Workspace, Namespace, datetime], int] = arguments.command
        return command(workspace, arguments, datetime.now(UTC))
    finally:
        workspace.close()
