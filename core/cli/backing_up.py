"""The sub-commands `backup` and `restore`."""

import argparse
from argparse import Namespace
from datetime import datetime
from pathlib import Path

from core.actions.audit_verify import read_anchor
from core.actions.backups import make_backup
from core.actions.restoring import restore_backup
from core.actions.workspace import Workspace, located
from core.cli.caller import caller
from core.cli.telling import tell_json


def add_backup_options(backup: argparse.ArgumentParser) -> None:
    backup.add_argument("destination", type=Path, metavar="DEST", help="the folder that backups are kept in")


def add_restore_options(restore: argparse.ArgumentParser) -> None:
    restore.add_argument("source", type=Path, metavar="SRC", help="the folder that `readygate backup` made")
    restore.add_argument(
        "--replace", action="store_true", help="also where there is a database already; it is kept beside"
    )
    restore.add_argument(
        "--anchor", default="", metavar="HEAD:ENTRIES", help="a head of the log that was noted down elsewhere"
    )
    restore.add_argument(
        "--erasures",
        type=Path,
        metavar="FILE",
        help="the list of erasures that a newer backup left (default: those beside SRC)",
    )
    # There may be no database yet, or one that cannot be opened: the command finds that out itself.
    restore.set_defaults(opens_workspace=False)


def back_up(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    made = make_backup(workspace, caller(), now, arguments.destination)
    if arguments.json:
        tell_json(
            {"folder": str(made.folder), **made.manifest.model_dump(mode="json"), "to_do": made.to_do or None}
        )
        return 0
    size = sum(file.bytes for file in made.manifest.files)
    tried = ", restored once for trial" if made.manifest.database == "sqlite" else ""
    print(f"{made.folder}: {len(made.manifest.files)} files, {size / 2**20:,.1f} MB{tried}.")
    print(f"Note this down elsewhere: {made.manifest.check_with}")
    if made.to_do:
        print(made.to_do)
    return 0


def restore(arguments: Namespace, now: datetime) -> int:
    home, url = located(arguments.home)
    done = restore_backup(
        arguments.source,
        now,
        by=caller().name,
        home=home,
        url=url,
        replace=arguments.replace,
        noted=read_anchor(arguments.anchor),
        erasures=arguments.erasures,
    )
    until = done.erasures.known_until
    if arguments.json:
        tell_json(
            {
                "database": str(done.database),
                "made_at": done.manifest.made_at.isoformat(),
                "anchor": str(done.chain),
                "kept": [str(one) for one in done.kept],
                "changed_records": done.changed,
                "erased_again": [f"{one.feature}/{one.number}" for one in done.erasures.again],
                "to_erase_again": " ".join(done.erasures.to_do) or None,
                "erasures_known_until": until.isoformat() if until else None,
                "erasures_unknown": done.erasures.is_unknown,
            }
        )
        return 0
    print(f"{done.database}: restored as of {done.manifest.made_at:%Y-%m-%d %H:%M} UTC; its log is whole.")
    for sentence in done.erasures.sentences:
        print(sentence)
    if done.changed:
        records = "1 record is" if done.changed == 1 else f"{done.changed:,} records are"
        print(f"Careful: {records} not as the log says. Look with `readygate verify` before anything else.")
    for one in done.kept:
        print(f"What was there before is kept as {one}")
    return 0
