"""The sub-command `metrics`."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime

from core.actions.as_json import finding_as_json
from core.actions.metrics import metrics_of, pass_hat
from core.actions.workspace import Workspace
from core.cli.argument_types import add_as_of, day_start, pair
from core.cli.caller import caller
from core.cli.telling import tell_json
from core.criteria.wording import interval_words
from core.metrics.measurement import Measurement, NotMeasured, Source
from core.units import write


def add_options(metrics: argparse.ArgumentParser) -> None:
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
        type=pair,
        metavar="COLUMN=VALUE",
        help="only this part, such as segment=beta or task_type=billing; may be given several times",
    )
    metrics.add_argument("--since", type=day_start, metavar="DATE")
    add_as_of(metrics)


def show_metrics(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    as_of = arguments.as_of or now
    found = metrics_of(
        workspace,
        caller(),
        as_of,
        arguments.slug,
        only=arguments.metric,
        source=Source(arguments.source) if arguments.source else None,
        by=arguments.by,
        since=arguments.since,
        bundle=arguments.release,
        where=arguments.where,
    )
    repeats = pass_hat(workspace, caller(), as_of, arguments.slug, since=arguments.since)
    if arguments.json:
        rows = [finding_as_json(finding, group) for group, finding in found]
        tell_json(
            {"rows": rows, "pass_hat_k": [{"k": p.k, "value": p.value, "cases": p.cases} for p in repeats]}
        )
        return 0
    for group, finding in found:
        line = finding_as_json(finding, group)
        head = f"{line['metric']:<26} {line['source']:<9} {line['slice']:<14}"
        print(f"{head} {_words(finding)}")
    for one in repeats:
        print(f"pass^{one.k} {one.value:.3f} over {one.cases} cases")
    if mixed := _mixed_words([finding for _, finding in found]):
        print(f"readygate: {mixed}", file=sys.stderr)
    return 0


def _mixed_words(findings: Sequence[Measurement | NotMeasured]) -> str:
    """That lines count several releases together, which the gate never does; "" where none does."""
    mixed = {name for one in findings if isinstance(one, Measurement) and len(one.tally.bundles) > 1
             for name in one.tally.bundles}  # fmt: skip
    if not mixed:
        return ""
    named = ", ".join(sorted(mixed))
    return f"some lines count several releases together ({named}). --release NAME counts one of them."


def _words(finding: Measurement | NotMeasured) -> str:
    """Value, interval and n, written as on the pages; or why there are none."""
    if isinstance(finding, NotMeasured):
        return f"not measured: {finding.sentence}"
    return f"{write(finding.value, finding.unit)} ({interval_words(finding)}) n {finding.n:,}"
