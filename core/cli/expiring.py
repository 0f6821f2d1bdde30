"""The sub-command `retention`."""

import argparse
from argparse import Namespace
from datetime import datetime

from core.actions.retention import run_retention
from core.actions.workspace import Workspace
from core.cli.telling import tell_json


def add_options(retention: argparse.ArgumentParser) -> None:
    retention.add_argument("--feature", metavar="SLUG", help="only this feature (default: all of them)")


def expire_texts(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    every = run_retention(workspace, now, arguments.feature)
    lines = [
        {
            "feature": e.slug,
            "rows": e.rows,
            "remarks": e.remarks,
            "uploads": e.uploads,
            "held": e.held or None,
        }
        for e in every
    ]
    if arguments.json:
        tell_json(lines)
    elif not lines:
        print("No text expires: nothing says for how long texts are kept.")
    for line in [] if arguments.json else lines:
        if line["held"]:
            print(f"{line['feature']:<32} nothing removed. {line['held']}.")
            continue
        print(
            f"{line['feature']:<32} texts removed from {line['rows']:,} rows, {line['remarks']:,} remarks and"
            f" the samples of {line['uploads']:,} uploads"
        )
    return 0
