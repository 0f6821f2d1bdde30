"""The sub-command `report`: a decision as a file."""

import argparse
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from core.actions.reports import ReportFormat, make_report
from core.actions.workspace import Workspace
from core.cli.argument_types import add_as_of
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.errors import WrongUsage


def add_options(report: argparse.ArgumentParser) -> None:
    report.add_argument("slug", metavar="SLUG")
    report.add_argument(
        "--format",
        choices=[one.value for one in ReportFormat],
        default=ReportFormat.HTML.value,
        help="html (the default) to read, pdf to send or print, xlsx for tables, json for programs",
    )
    report.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="the file to write")
    add_as_of(report)


def report(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    target: Path = arguments.output
    if not target.parent.is_dir() or target.is_dir():
        raise WrongUsage(f"{target} cannot be written.", mend="Name a file in a folder that is there.")
    made = make_report(
        workspace,
        caller(),
        now,
        arguments.slug,
        ReportFormat(arguments.format),
        as_of=arguments.as_of,
    )
    try:
        target.write_bytes(made.content)
    except OSError as error:
        raise WrongUsage(
            f"{target} cannot be written: {error.strerror}.", mend="Name another file."
        ) from error
    if arguments.json:
        tell_json({"file": str(target), "sha256": made.sha256, "anchor": str(made.anchor)})
    else:
        print(f"{target}: fingerprint {made.sha256}")
        print(f"Anchored in the audit log; to check it: readygate verify --anchor {made.anchor}")
    return 0
