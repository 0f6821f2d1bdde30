"""What each sub-command does, in the order in which one meets them. Each returns its exit code."""

import sys
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.actions.applying import apply, read_apply_file
from core.actions.as_json import decision_as_json, finding_as_json, moved_as_json, plan_finding_as_json
from core.actions.checking import check_installation
from core.actions.demo import make_demo
from core.actions.features import find_feature
from core.actions.gates import gate
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.metrics import metrics_of, pass_hat
from core.actions.people import LOCAL_CALLER
from core.actions.plans import lint_plan
from core.actions.portfolio import view_portfolio
from core.actions.retention import run_retention
from core.actions.rollout import Moved, pause, roll_back
from core.actions.workspace import Workspace
from core.cli.commitment_lines import commitment_lines
from core.cli.telling import (
    error_as_json,
    finding_words,
    tell_error,
    tell_json,
    tell_report,
    verdict_word,
)
from core.criteria.verdict import Verdict
from core.errors import UnreadableFile, UserError
from core.intake.answers import Answers, load_answers
from core.metrics.measurement import Source
from core.rollout.standing import STATE_WORDS, standing_words
from core.rollout.transitions import State

EXIT_OF_VERDICT = {
    Verdict.GO: 0,
    Verdict.NO_GO: 1,
    Verdict.NOT_ENOUGH_EVIDENCE: 2,
    Verdict.STALE: 3,
    Verdict.NO_DATA: 3,
}
STOPPED = (State.PAUSED, State.ROLLED_BACK)
"""In these states the gate answers 1, whatever the verdict."""


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


def list_all(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    lines: list[dict[str, Any]] = [
        {
            "slug": line.feature.slug,
            "name": line.feature.name,
            "phase": line.decision.phase,
            "state": line.decision.state,
            "verdict": line.decision.verdict.value,
            "draft": line.decision.bar.is_draft,
            "waits_for": line.waits_for,
        }
        for line in view_portfolio(workspace, LOCAL_CALLER, now)
    ]
    if arguments.json:
        tell_json(lines)
    elif not lines:
        print("No features yet. `readygate demo` makes three to explore.")
    for line in [] if arguments.json else lines:
        lock = "draft" if line["draft"] else "locked"
        state = STATE_WORDS[State(line["state"])]
        verdict = verdict_word(line["verdict"])
        print(f"{line['slug']:<32} {verdict:<20} {lock:<8} {state:<12} {line['waits_for']}")
    return 0


def apply_file(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    applied = apply(
        workspace,
        LOCAL_CALLER,
        now,
        read_apply_file(arguments.file),
        slug=arguments.feature,
        lock=arguments.lock,
        reason=arguments.reason,
    )
    if arguments.json:
        tell_json({"feature": applied.slug, "did": list(applied.did)})
    else:
        print(f"{applied.slug}: {'; '.join(applied.did) if applied.did else 'nothing to change'}.")
    return 0


def import_files(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    """Each file for itself: a file that cannot be read does not keep the next one out."""
    answers = load_answers(arguments.mapping) if arguments.mapping else Answers()
    if arguments.kind != "auto":
        answers = Answers.model_validate({**answers.model_dump(), "kind": arguments.kind})
    if arguments.personal_data:
        answers = answers.model_copy(update={"personal_text": arguments.personal_data})
    find_feature(workspace, arguments.feature)
    reports, code = [], 0
    for path in arguments.files:
        try:
            report = _import_one(workspace, arguments, now, path, answers)
        except UserError as error:
            code = tell_error(error)
            reports.append({"file": path.name, **error_as_json(error)})
            continue
        reports.append(report)
        if not arguments.json:
            tell_report(report)
    if arguments.json:
        tell_json({"files": reports})
    return code


def _import_one(
    workspace: Workspace, arguments: Namespace, now: datetime, path: Path, answers: Answers
) -> dict[str, Any]:
    try:
        content = path.open("rb")
    except OSError as error:
        raise UnreadableFile(f"{path} cannot be opened: {error.strerror}.", code="not_found") from error
    with content:
        upload_id = start_import(
            workspace,
            LOCAL_CALLER,
            now,
            arguments.feature,
            file_name=path.name,
            content=content,
            answers=answers,
            bundle=arguments.bundle,
            suite=arguments.suite,
            for_worker=False,
        )
    done = run_import(workspace, upload_id, lambda: datetime.now(UTC), _progress(arguments))
    return {**(done.report or {}), "questions": []}


def _progress(arguments: Namespace) -> Callable[[Any], None]:
    def show(progress: Any) -> None:
        if sys.stderr.isatty() and not arguments.json:
            share = f" ({progress.share:.0%})" if progress.share is not None else ""
            print(
                f"\r{progress.stage}: {progress.rows:,} rows{share}   ", end="", file=sys.stderr, flush=True
            )

    return show


def show_metrics(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    as_of = arguments.as_of or now
    found = metrics_of(
        workspace,
        LOCAL_CALLER,
        as_of,
        arguments.slug,
        only=arguments.metric,
        source=Source(arguments.source) if arguments.source else None,
        by=arguments.by,
        since=arguments.since,
        bundle=arguments.release,
        where=arguments.where,
    )
    repeats = pass_hat(workspace, LOCAL_CALLER, as_of, arguments.slug, since=arguments.since)
    if arguments.json:
        rows = [finding_as_json(finding, group) for group, finding in found]
        tell_json(
            {"rows": rows, "pass_hat_k": [{"k": p.k, "value": p.value, "cases": p.cases} for p in repeats]}
        )
        return 0
    for group, finding in found:
        line = finding_as_json(finding, group)
        head = f"{line['metric']:<26} {line['source']:<9} {line['slice']:<14}"
        print(f"{head} {finding_words(finding)}")
    for one in repeats:
        print(f"pass^{one.k} {one.value:.3f} over {one.cases} cases")
    return 0


def answer_gate(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    decision = gate(workspace, LOCAL_CALLER, arguments.as_of or now, arguments.slug)
    if arguments.json:
        tell_json(decision_as_json(decision))
    else:
        draft = " (draft)" if decision.bar.is_draft else ""
        print(f"{decision.feature}: {verdict_word(decision.verdict)}{draft}")
        print(f"  {standing_words(decision.standing)}")
        for reason in decision.reasons:
            print(f"  {reason}")
        for row in decision.rows:
            print(f"  {verdict_word(row.verdict):<20} {row.label}")
    if decision.bar.is_draft and not arguments.json:
        print("readygate: judged against a draft, whose bars can still move; lock it.", file=sys.stderr)
    if decision.as_committed is not None and not arguments.json:
        words = verdict_word(decision.as_committed)
        print(f"  The bars were changed after the first lock; as first committed: {words}")
    if not arguments.json:
        print("".join(f"  {line}\n" for line in commitment_lines(decision)), end="")
    if arguments.require_approval and not decision.is_approved:
        print(f"readygate: not approved. {decision.sign_offs.sentence}", file=sys.stderr)
        return 1
    if decision.standing.state in STOPPED:
        words = STATE_WORDS[decision.standing.state]
        print(f"readygate: the rollout is {words}, whatever the verdict.", file=sys.stderr)
        return 1
    return EXIT_OF_VERDICT[decision.verdict]


def pause_rollout(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    moved = pause(workspace, LOCAL_CALLER, now, arguments.slug, reason=arguments.reason)
    return _tell_moved(arguments, moved)


def roll_back_rollout(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    moved = roll_back(workspace, LOCAL_CALLER, now, arguments.slug, reason=arguments.reason)
    return _tell_moved(arguments, moved)


def _tell_moved(arguments: Namespace, moved: Moved) -> int:
    one = moved.transition
    if arguments.json:
        tell_json(moved_as_json(arguments.slug, moved))
    else:
        print(f"{arguments.slug}: {STATE_WORDS[moved.state]} in the phase {one.phase}.")
    return 0


def lint_phases(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    findings = lint_plan(workspace, LOCAL_CALLER, now, arguments.slug)
    lines = [plan_finding_as_json(finding) for finding in findings]
    if arguments.json:
        tell_json({"feature": arguments.slug, "findings": lines})
    elif not lines:
        print(f"{arguments.slug}: nothing in the phase plan will hurt.")
    for line in [] if arguments.json else lines:
        print(f"{line['severity']:<8} {line['rule']:<28} {line['sentence']} {line['mend']}")
    return 1 if any(finding.blocks for finding in findings) else 0


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


def check(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    checks = check_installation(workspace, now)
    if arguments.json:
        tell_json(
            [{"name": check.name, "level": check.level, "sentence": check.sentence} for check in checks]
        )
    for check in [] if arguments.json else checks:
        print(f"{check.level:<8} {check.name:<10} {check.sentence}")
    return 1 if any(check.level == "fault" for check in checks) else 0
