"""The entries of the audit log in people's words: what was done in a sentence, and what it changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.store.audit import AuditEvent

Said = Mapping[str, Any]

_ANSWERS = {"yes": "yes", "no": "no", "not_applicable": "does not apply here"}
_VERDICTS = {
    "go": "GO",
    "no_go": "NO-GO",
    "not_enough_evidence": "NOT ENOUGH EVIDENCE",
    "stale": "STALE",
    "no_data": "NO DATA",
}
_NOTHING_LEFT = "What it was about was erased; who did it and when stays."


@dataclass(frozen=True)
class Told:
    """``sentence`` follows the person's name; ``details`` say what changed, and why, a line each."""

    sentence: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Words:
    """``title`` names the action in lists; ``sentence`` and ``details`` tell of one entry."""

    title: str
    sentence: Callable[[Said], str]
    details: Callable[[Said], Sequence[str]] = lambda said: ()


def told(event: AuditEvent, file_name: str = "") -> Told:
    """The entry in words; ``file_name`` is that of the upload it is about, where it is about one.

    An action of another version of the program is told by its own word, with what it was about.
    """
    words = ACTIONS.get(event.action)
    if event.erased:
        title = words.title if words else event.action
        return Told(f"{title[:1].lower()}{title[1:]}", (_NOTHING_LEFT,))
    said = event.payload if isinstance(event.payload, dict) else {}
    said = {"file": file_name or "a file", **said}
    if words is not None:
        try:
            return Told(words.sentence(said), tuple(line for line in words.details(said) if line))
        except (KeyError, TypeError, AttributeError, ValueError):
            # An older entry that says less, or one that was tampered with: told as it is.
            pass
    return Told(event.action, tuple(_plainly(event.payload)))


def title_of(action: str) -> str:
    """The action as a list of actions names it."""
    words = ACTIONS.get(action)
    return words.title if words else action[:1].upper() + action[1:]


def _plainly(payload: Any) -> list[str]:
    if not isinstance(payload, dict):
        return [] if payload is None else [str(payload)]
    return [f"{name.replace('_', ' ')}: {_value(value)}" for name, value in payload.items()]


def _value(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(_value, value))
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {_value(part)}" for name, part in value.items())
        case _:
            return str(value)


def _reason(said: Said) -> str:
    return f"Reason: {said['reason']}" if said.get("reason") else ""


def _saved(kind: str) -> _Words:
    return _Words(
        f"Saved the {kind}",
        lambda said: f"saved version {said['number']:,} of the {kind}",
        lambda said: [*said.get("changes", ()), _reason(said)],
    )


def _lock_details(said: Said) -> list[str]:
    seen = "There was evidence already." if said["evidence_seen"] else "There was no evidence yet."
    return [*said.get("changes", ()), f"Stakes: {said['stakes']}. {seen}", _reason(said)]


def _before_after(said: Said) -> list[str]:
    before, after = said["before"], said["after"]
    changed = [name for name in after if before.get(name) != after[name]]
    return [
        f"{name[:1].upper()}{name[1:]}: {_value(before.get(name))} → {_value(after[name])}"
        for name in changed
    ]


def _days(days: int | None) -> str:
    return "for ever" if days is None else f"{days:,} days"


def _counts(said: Said) -> list[str]:
    names = ("accepted", "duplicate", "updated", "rejected", "skipped")
    told = [f"{said[name]:,} {name}" for name in names if said[name]]
    return [f"{said['read']:,} rows read: {', '.join(told)}" if told else "No rows in it"]


def _rolled(words: str, title: str) -> _Words:
    return _Words(title, lambda said: words.format(phase=said["phase"]), _rollout_details)


def _rollout_details(said: Said) -> list[str]:
    verdict = _VERDICTS.get(said.get("verdict") or "")
    return [
        f"The verdict was {verdict}." if verdict else "",
        f"Version {said['plan']:,} of the plan" if said.get("plan") else "",
        f"Agreed outside: {said['agreed_outside']}" if said.get("agreed_outside") else "",
        _reason(said),
    ]


def _week(said: Said) -> str:
    out_of = f" of {said['out_of']:,}" if said.get("out_of") is not None else ""
    return f"{said['count']:,}{out_of} {said['measure']} in the week of {said['week']}"


ACTIONS: dict[str, _Words] = {
    "feature created": _Words(
        "Created the feature",
        lambda said: f"created the feature “{said['name']}”",
        lambda said: [f"Owner: {said['owner']}. Stakes: {said['stakes']}."],
    ),
    "feature changed": _Words(
        "Changed the feature", lambda said: "changed the feature's name, owner or stakes", _before_after
    ),
    "scope saved": _saved("scope"),
    "checklist saved": _saved("checklist"),
    "plan saved": _saved("plan"),
    "checklist locked": _Words(
        "Locked the checklist",
        lambda said: f"locked version {said['checklist']:,} of the checklist",
        _lock_details,
    ),
    "checklist amended": _Words(
        "Amended the locked checklist",
        lambda said: (
            f"amended the locked checklist: version {said['checklist']:,} is "
            f"amendment {said['commitment'] - 1:,}"
        ),
        _lock_details,
    ),
    "item answered": _Words(
        "Answered an item",
        lambda said: f"answered “{said.get('sentence') or said['item']}” with {_ANSWERS[said['answer']]}",
        lambda said: [f"Why: {said['why']}", f"Link: {said['link']}" if said["link"] else ""],
    ),
    "import asked": _Words(
        "Handed in a file",
        lambda said: f"handed in “{said['file']}”",
        lambda said: [f"{said['bytes']:,} bytes, fingerprint {said['sha256'][:12]}"],
    ),
    "evidence imported": _Words(
        "Imported evidence", lambda said: f"imported {said['kind']} from “{said['file']}”", _counts
    ),
    "import failed": _Words(
        "An import failed",
        lambda said: f"handed in “{said['file']}”, which could not be imported",
        lambda said: [f"Fault: {said['code'].replace('_', ' ')}. Nothing was saved."],
    ),
    "import cancelled": _Words(
        "An import was stopped",
        lambda said: f"handed in “{said['file']}”, and its import was stopped",
        lambda said: ["Nothing was saved."],
    ),
    "import stop asked": _Words(
        "Asked to stop an import", lambda said: f"asked to stop the import of “{said['file']}”"
    ),
    "waiting file discarded": _Words(
        "Discarded a waiting file",
        lambda said: f"discarded “{said['file']}”, which waited for an answer",
        lambda said: ["Nothing of it had been saved."],
    ),
    "upload withdrawn": _Words(
        "Withdrew an upload",
        lambda said: f"withdrew “{said['file']}”: it stays listed and counts no more",
        lambda said: [_reason(said)],
    ),
    "text days set": _Words(
        "Set how long texts are kept",
        lambda said: "set how long texts of traces are kept",
        lambda said: [f"{_days(said['before'])} → {_days(said['after'])}"],
    ),
    "texts expired": _Words(
        "Removed expired texts",
        lambda said: f"removed texts kept for more than {_days(said['days'])}",
        lambda said: [
            f"{said['rows']:,} rows and {said['labels'] + said['failures']:,} remarks, "
            f"from {len(said['uploads']):,} uploads. What is counted stayed."
        ],
    ),
    "weekly count recorded": _Words(
        "Recorded a weekly count",
        lambda said: f"recorded {_week(said)}",
        lambda said: ["It corrects an earlier count."] if said["became"] == "corrected" else (),
    ),
    "weekly count taken back": _Words(
        "Took a weekly count back", lambda said: f"took weekly count number {said['count']:,} back"
    ),
    "weekly counts uploaded": _Words(
        "Uploaded weekly counts",
        lambda said: f"uploaded weekly counts from “{said['file']}”",
        lambda said: [
            f"{said['read']:,} rows read: {said['new']:,} new, {said['corrected']:,} corrected, "
            f"{said['bad']:,} not usable"
        ],
    ),
    "rollout started": _rolled("started the rollout with the phase {phase}", "Started the rollout"),
    "rollout advanced": _rolled("took the rollout on to the phase {phase}", "Took the rollout on"),
    "rollout paused": _rolled("paused the rollout in the phase {phase}", "Paused the rollout"),
    "rollout resumed": _rolled("resumed the rollout in the phase {phase}", "Resumed the rollout"),
    "rollout rolled back": _rolled("rolled the feature back from the phase {phase}", "Rolled back"),
    "rollout completed": _rolled("completed the rollout with the phase {phase}", "Completed the rollout"),
    "rollout recorded afterwards": _Words(
        "Recorded phases afterwards",
        lambda said: "recorded when earlier phases had begun",
        lambda said: [*(f"{one['phase']}: {one['at'][:10]}" for one in said["starts"]), _reason(said)],
    ),
    "audit log exported": _Words(
        "Exported the audit log",
        lambda said: f"exported {said['entries']:,} entries of the audit log as {said['format']}",
    ),
}
"""Every action that the program writes into the log, in words."""
