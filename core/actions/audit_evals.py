"""How the entries of the audit log about eval cases, locked sets and baselines are told."""

from collections.abc import Sequence

from core.actions.audit_details import ActionWords, Said, reason_line


def _case_details(said: Said) -> Sequence[str]:
    changes = f"Changed: {', '.join(said['changes'])}." if said["changes"] else ""
    critical = "It is critical: it may never break." if said["is_critical"] else ""
    return [f"Part of the set: {said['part']}.", changes, critical, reason_line(said)]


def _lock_details(said: Said) -> Sequence[str]:
    counts = f"{said['added']:,} added, {said['changed']:,} changed, {said['removed']:,} removed"
    few = (
        f"Fewer than the {said['advised']} cases that are advised." if said["cases"] < said["advised"] else ""
    )
    return [f"{said['cases']:,} cases: {counts}. Digest {said['digest'][:12]}.", few, reason_line(said)]


def _number(said: Said) -> str:
    if said["passes"] is not None:
        return f"{said['passes']:,} of {said['cases']:,}"
    return f"{said['value']:g}"


EVAL_ACTIONS: dict[str, ActionWords] = {
    "case promoted": ActionWords(
        "Made an eval case of a trace",
        lambda said: f"made the eval case {said['case']} of the trace “{said['source_run_id']}”",
        _case_details,
    ),
    "case saved": ActionWords(
        "Saved an eval case",
        lambda said: f"saved version {said['number']:,} of the eval case {said['case']}",
        _case_details,
    ),
    "case taken over": ActionWords(
        "Took a handed-in case over",
        lambda said: f"took the handed-in case {said['case']} into the own eval set",
        _case_details,
    ),
    "case retired": ActionWords(
        "Retired an eval case", lambda said: f"retired the eval case {said['case']}", _case_details
    ),
    "case brought back": ActionWords(
        "Brought an eval case back",
        lambda said: f"brought the eval case {said['case']} back into the set",
        _case_details,
    ),
    "eval set locked": ActionWords(
        "Locked an eval set",
        lambda said: f"locked version {said['number']:,} of the eval set “{said['suite']}”",
        _lock_details,
    ),
    "baseline recorded": ActionWords(
        "Recorded how the path without AI does",
        lambda said: f"recorded {_number(said)} for {said['metric']} without AI ({said['path']})",
        lambda said: [f"From: {said['source']}"],
    ),
    "baseline taken back": ActionWords(
        "Took a baseline back", lambda said: f"took baseline number {said['baseline']:,} back"
    ),
}
"""Every action on eval sets that the program writes into the log, in words."""
