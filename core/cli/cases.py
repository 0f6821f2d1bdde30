"""The sub-command `cases`: an eval set as a file that an eval tool runs, or that a spreadsheet opens."""

import argparse
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from core.actions.case_exports import export_cases, reveal_cases
from core.actions.workspace import Workspace
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.errors import WrongUsage
from core.export.case_formats import FORMATS


def add_options(cases: argparse.ArgumentParser) -> None:
    cases.add_argument("slug", metavar="SLUG")
    cases.add_argument("--format", choices=list(FORMATS), required=True, help="the tool, or the kind of file")
    cases.add_argument(
        "--suite",
        metavar="NAME",
        help="the newest locked version of this set (default: all cases as they are)",
    )
    cases.add_argument("-o", "--output", type=Path, metavar="FILE", required=True, help="the file to write")
    cases.add_argument(
        "--unmasked",
        metavar="REASON",
        help="write personal data as it was kept; the audit log keeps the reason",
    )


def cases(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    target: Path = arguments.output
    if not target.parent.is_dir() or target.is_dir():
        raise WrongUsage(f"{target} cannot be written.", mend="Name a file in a folder that is there.")
    if arguments.unmasked is None:
        made = export_cases(
            workspace,
            caller(),
            now,
            arguments.slug,
            format_name=arguments.format,
            suite=arguments.suite,
        )
    else:
        made = reveal_cases(
            workspace,
            caller(),
            now,
            arguments.slug,
            format_name=arguments.format,
            suite=arguments.suite,
            reason=arguments.unmasked,
        )
    try:
        target.write_bytes(made.content)
    except OSError as error:
        raise WrongUsage(
            f"{target} cannot be written: {error.strerror}.", mend="Name another file."
        ) from error
    if arguments.json:
        said = {"cases": made.cases, "masked": made.masked, "left_out": made.left_out}
        tell_json({"file": str(target), **said})
    else:
        masked = f"; {_count(made.masked, 'passage')} of personal data masked" if made.masked else ""
        gone = f"; {_count(made.left_out, 'case')} left out, whose texts are gone" if made.left_out else ""
        print(f"{target}: {_count(made.cases, 'case')}{masked}{gone}. {FORMATS[arguments.format].note}")
    return 0


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"
