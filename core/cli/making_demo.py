"""The sub-command `demo`."""

import argparse
import sys
from argparse import Namespace
from datetime import datetime

from core.actions.demo import make_demo
from core.actions.workspace import Workspace
from core.cli.telling import tell_json


def add_options(demo: argparse.ArgumentParser) -> None:
    demo.add_argument("--if-empty", action="store_true", help="only when there is no feature yet")


def demo(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    made = make_demo(
        workspace,
        now,
        only_if_empty=arguments.if_empty,
        tell=lambda sentence: print(sentence, file=sys.stderr, flush=True),
    )
    if arguments.json:
        tell_json({"made": made})
    else:
        print(f"Made {', '.join(made)}." if made else "The demo features are there already.")
    return 0
