"""The lines that entries of the audit log have in common: how values, reasons and changes are told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.criteria.left_out import day_words

Said = Mapping[str, Any]
"""What an entry says: its payload, with the name of the file it is about as ``file``."""

ANSWERS = {"yes": "yes", "no": "no", "not_applicable": "does not apply here"}
VERDICTS = {
    "go": "GO",
    "no_go": "NO-GO",
    "not_enough_evidence": "NOT ENOUGH EVIDENCE",
    "stale": "STALE",
    "no_data": "NO DATA",
}


@dataclass(frozen=True)
class ActionWords:
    """``title`` names the action in lists; ``sentence`` and ``details`` tell of one entry."""

    title: str
    sentence: Callable[[Said], str]
    details: Callable[[Said], Sequence[str]] = lambda said: ()


def value_words(value: Any) -> str:
    """A value of an entry as people write it."""
    match value:
        case None | "" | [] | {}:
            return "none"
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(value_words, value))
        case dict():
            return ", ".join(f"{name.replace('_', ' ')} {value_words(part)}" for name, part in value.items())
        case _:
            return str(value)


def reason_line(said: Said) -> str:
    return f"Reason: {said['reason']}" if said.get("reason") else ""


def saved(kind: str) -> ActionWords:
    return ActionWords(
        f"Saved the {kind}",
        lambda said: f"saved version {said['number']:,} of the {kind}",
        lambda said: [*said.get("changes", ()), reason_line(said)],
    )


def lock_details(said: Said) -> list[str]:
    seen = "There was evidence already." if said["evidence_seen"] else "There was no evidence yet."
    waits = said.get("in_force") is False
    return [
        *said.get("changes", ()),
        *(f"Easier: {one}" for one in said.get("loosens", ())),
        f"Stakes: {said['stakes']}. {seen}",
        "It waits for signatures: what was locked before still holds." if waits else "",
        reason_line(said),
    ]


def before_after(said: Said) -> list[str]:
    before, after = said["before"], said["after"]
    changed = [name for name in after if before.get(name) != after[name]]
    return [
        f"{name[:1].upper()}{name[1:]}: {value_words(before.get(name))} → {value_words(after[name])}"
        for name in changed
    ]


def roles_details(said: Said) -> list[str]:
    before, after = (", ".join(said[name]) or "none" for name in ("before", "after"))
    return [f"Roles for {said['place']}: {before} → {after}"]


def revealed(said: Said) -> str:
    if "run" in said:
        return f"the trace {said['run']}"
    if "upload" in said:
        return "the rejected rows of an upload"
    if "cases" in said:
        return f"{said['cases']:,} eval cases in a file"
    return f"{said['traces']:,} traces in a file" if "traces" in said else "the failure log"


def days_kept(days: int | None) -> str:
    return "for ever" if days is None else f"{days:,} day{'' if days == 1 else 's'}"


def limit_set(what: str) -> ActionWords:
    """An administrator set for how long something is kept; ``what`` follows “how long”."""
    first = "what" if what.startswith("what") else "are"
    ends = "is kept" if first == "what" else "are kept"
    return ActionWords(
        f"Set how long {what} {ends}",
        lambda said: f"set how long {what} {ends}",
        lambda said: [f"{days_kept(said['before'])} → {days_kept(said['after'])}"],
    )


def read_so(said: Said) -> list[str]:
    """What became of the rows of a file, and what was chosen where it could be read in several ways."""
    chosen = ", ".join(name.replace("_", " ") for name in said.get("choices", ()))
    return [*row_counts(said), *([f"Chosen: {chosen}"] if chosen else [])]


def row_counts(said: Said) -> list[str]:
    names = ("accepted", "duplicate", "updated", "rejected", "skipped")
    told = [f"{said[name]:,} {name}" for name in names if said[name]]
    return [f"{said['read']:,} rows read: {', '.join(told)}" if told else "No rows in it"]


def rolled(words: str, title: str) -> ActionWords:
    return ActionWords(title, lambda said: words.format(phase=phase_words(said["phase"])), rollout_details)


def phase_words(phase: str) -> str:
    """An entry holds the id of a phase ("early_access"), which says its name as it was first given."""
    return phase.replace("_", " ")


def on_day(moment: str) -> str:
    """The day of a moment (UTC where it names no zone) or a date as an entry holds it: "22 Nov 2026"."""
    found = datetime.fromisoformat(moment)
    return day_words(found if found.tzinfo else found.replace(tzinfo=UTC))


def rollout_details(said: Said) -> list[str]:
    verdict = VERDICTS.get(said.get("verdict") or "")
    return [
        f"The verdict was {verdict}." if verdict else "",
        f"Version {said['plan']:,} of the plan" if said.get("plan") else "",
        f"Agreed outside: {said['agreed_outside']}" if said.get("agreed_outside") else "",
        f"Signed by {', '.join(said['signed_by'])}" if said.get("signed_by") else "",
        f"Started on an overruling by {said['overruled_by']}" if said.get("overruled_by") else "",
        reason_line(said),
    ]


def signed(verb: str, title: str) -> ActionWords:
    return ActionWords(
        title,
        lambda said: f"{verb} “{said['title']}”",
        lambda said: [
            f"The verdict was {VERDICTS[said['verdict']]}." if said["step"] else "",
            "With it the amendment came into force." if said["in_force"] else "",
            f"Fingerprint of what was read: {said['sha256'][:12]}",
            reason_line(said),
        ],
    )


def tripped_did(said: Said) -> str:
    return {"paused": ", and paused the rollout", "rolled_back": ", and rolled the feature back"}.get(
        said["did"], ""
    )


def waiver(verb: str, title: str) -> ActionWords:
    return ActionWords(
        title,
        lambda said: f"{verb} a waiver for “{said['label']}”",
        lambda said: [f"Until the end of {said['until']}" if said.get("until") else "", reason_line(said)],
    )


def week_counted(said: Said) -> str:
    out_of = f" of {said['out_of']:,}" if said.get("out_of") is not None else ""
    return f"{said['count']:,}{out_of} {said['measure']} in the week of {said['week']}"


_SAYS = {
    "tool_right": "tool right",
    "context_right": "context right",
    "answer_right": "answer right",
    "grounded": "grounded",
    "hallucination": "invents something",
}


def label_changed(said: Said) -> list[str]:
    """What a label says now, and what it said before; its remarks stay out of the log."""
    lines = [_label_words(said["after"])]
    if said["before"]:
        lines.append(f"Before: {_label_words(said['before'])}")
    return lines


def _label_words(label: Mapping[str, Any]) -> str:
    parts = [f"{words}: {value_words(label[name])}" for name, words in _SAYS.items() if name in label]
    parts += [str(label[name]) for name in ("failure_type", "root_cause", "severity") if label.get(name)]
    return ", ".join(parts) or "cannot tell"
