"""The sub-commands and their options, each with a help text and an example."""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import NoReturn

from core.cli import backing_up, cases, comparing, flags, people, reporting, verifying
from core.cli import commands as does
from core.cli.telling import WRONG_USAGE


class _Parser(argparse.ArgumentParser):
    """argparse would leave with 2, which is the gate's "not enough evidence"."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USAGE, f"{self.prog}: {message}\n")


def _day_end(text: str) -> datetime:
    return _moment(text, time.max)


def _day_start(text: str) -> datetime:
    return _moment(text, time.min)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name.strip() and equals and value.strip()):
        raise argparse.ArgumentTypeError(f"“{text}” is not COLUMN=VALUE, such as segment=beta")
    return name.strip(), value.strip()


def _moment(text: str, of_day: time) -> datetime:
    """An ISO time with its zone (UTC where it has none), or a date, taken ``of_day`` in UTC."""
    try:
        if len(text) == len("2026-10-14"):
            moment = datetime.combine(datetime.fromisoformat(text).date(), of_day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-10-14") from None
    if not 2000 <= moment.year < 9999:
        raise argparse.ArgumentTypeError(f"“{text}” is not in the years 2000 to 9998")
    return moment


def parser() -> argparse.ArgumentParser:
    root = _Parser(prog="readygate", description="May this AI feature go on to the next group of users?")
    commands = root.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, command: Callable[..., int], about: str, example: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=about, description=about, epilog=f"Example: readygate {example}")
        one.set_defaults(command=command)
        one.add_argument("--json", action="store_true", help="answer in JSON")
        one.add_argument(
            "--home", type=Path, default=None, help="the home folder (default: READYGATE_HOME, else data/)"
        )
        return one

    demo = add("demo", does.demo, "Make three demo features to explore.", "demo")
    demo.add_argument("--if-empty", action="store_true", help="only when there is no feature yet")

    about = "List the features with their verdicts and states, worst first."
    add("features", does.list_all, about, "features --json")

    apply = add(
        "apply",
        does.apply_file,
        "Create or change a feature from a TOML or JSON file.",
        "apply refund-agent.toml --lock",
    )
    apply.add_argument(
        "file", type=Path, help="the file with [feature], [checklist], [plan], [bundle], [[attestations]]"
    )
    apply.add_argument("--feature", metavar="SLUG", help="the feature, where the file does not name it")
    apply.add_argument("--lock", action="store_true", help="lock the checklist afterwards")
    apply.add_argument("--reason", default="", help="why; needed to amend a locked checklist")

    imports = add(
        "import",
        does.import_files,
        "Import traces, eval results or labels.",
        "import results.jsonl --feature refund-agent --kind evals",
    )
    imports.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="XLSX, CSV, TSV, JSON, JSONL or Parquet"
    )
    imports.add_argument("--feature", required=True, metavar="SLUG")
    imports.add_argument("--kind", choices=["auto", "traces", "evals", "labels", "failures"], default="auto")
    imports.add_argument(
        "--mapping",
        type=Path,
        metavar="FILE",
        help="answers to the questions of an earlier try (TOML or JSON)",
    )
    imports.add_argument(
        "--personal-data",
        choices=["replace", "keep"],
        help="what becomes of e-mail addresses, phone numbers, keys and the like in texts",
    )
    imports.add_argument("--bundle", metavar="NAME", help="the release that the evidence is of")
    imports.add_argument("--suite", metavar="NAME", help="the eval suite that was run")

    metrics = add(
        "metrics",
        does.show_metrics,
        "Show every metric with its n and interval.",
        "metrics refund-agent --by week --json",
    )
    metrics.add_argument("slug", metavar="SLUG")
    metrics.add_argument("--metric", metavar="ID")
    metrics.add_argument("--source", choices=["eval", "label", "judge", "feedback", "trace"])
    metrics.add_argument(
        "--by", metavar="GROUP", help="one line for each: week, day, phase, release, segment, task_type, ..."
    )
    metrics.add_argument("--release", metavar="NAME", help="only evidence of this release")
    metrics.add_argument(
        "--where",
        action="append",
        default=[],
        type=_pair,
        metavar="COLUMN=VALUE",
        help="only this part, such as segment=beta or task_type=billing; may be given several times",
    )
    metrics.add_argument("--since", type=_day_start, metavar="DATE")
    metrics.add_argument(
        "--as-of",
        type=_day_end,
        metavar="DATE",
        help="count evidence dated until the end of that day, as it is known today",
    )

    gate = add(
        "gate",
        does.answer_gate,
        "Answer GO (0), NO-GO (1), not enough evidence (2), stale or no data (3).",
        "gate refund-agent",
    )
    gate.add_argument("slug", metavar="SLUG")
    gate.add_argument(
        "--phase", choices=["next"], default="next", help="which step is asked about: the next one"
    )
    gate.add_argument(
        "--as-of",
        type=_day_end,
        metavar="DATE",
        help="count evidence dated until the end of that day, as it is known today",
    )
    gate.add_argument(
        "--require-approval", action="store_true", help="1 unless people with a verified identity signed"
    )

    lint = add(
        "lint",
        does.lint_phases,
        "Say where the phase plan will hurt; 1 when a finding blocks.",
        "lint refund-agent",
    )
    lint.add_argument("slug", metavar="SLUG")

    cases.add_options(add("cases", cases.cases, *cases.WORDS))

    comparing.add_options(add("compare", comparing.compare_releases, *comparing.ABOUT))

    flags.add_options(add("flags", flags.flags, *flags.WORDS))

    pause = add(
        "pause",
        does.pause_rollout,
        "Pause the rollout now, whatever else stands; 64 where nothing runs.",
        'pause refund-agent --reason "Wrong refunds since 10:00"',
    )
    pause.add_argument("slug", metavar="SLUG")
    pause.add_argument("--reason", default="", help="why, in one line")

    rollback = add(
        "rollback",
        does.roll_back_rollout,
        "Take the feature back from its users now; 64 where nothing runs.",
        'rollback refund-agent --reason "Wrong refunds since 10:00"',
    )
    rollback.add_argument("slug", metavar="SLUG")
    rollback.add_argument("--reason", required=True, help="what went wrong, in one line")

    retention = add(
        "retention",
        does.expire_texts,
        "Remove the texts that their feature has kept long enough; the server does so by itself.",
        "retention --feature refund-agent",
    )
    retention.add_argument("--feature", metavar="SLUG", help="only this feature (default: all of them)")

    reporting.add_options(add("report", reporting.report, *reporting.WORDS), _day_end)
    backing_up.add_backup_options(add("backup", backing_up.back_up, *backing_up.BACKUP))
    backing_up.add_restore_options(add("restore", backing_up.restore, *backing_up.RESTORE))
    verifying.add_options(add("verify", verifying.verify, verifying.ABOUT, verifying.EXAMPLE))

    add("people", people.show_people, *people.PEOPLE)
    people.add_options(add("grant", people.give_role, *people.GRANT))
    people.add_options(add("revoke", people.take_role, *people.REVOKE))

    add("doctor", does.check, "Check that this installation is in order.", "doctor")
    return root
