"""What an event says of the row that it wrote, as columns: what was saved, locked, signed, moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.store.raw_rows import moment_of

MOVE_OF = {
    "rollout started": "start",
    "rollout advanced": "advance",
    "rollout paused": "pause",
    "rollout resumed": "resume",
    "rollout rolled back": "roll_back",
    "rollout completed": "complete",
}
"""The move in the record of a rollout for each action of the log."""


@dataclass(frozen=True)
class LoggedEvent:
    seq: int
    at: datetime | None
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]


def document(kind: str, event: LoggedEvent) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    number = said["number"]
    columns = {
        "author": event.actor,
        "saved_at": event.at,
        "reason": said["reason"],
        "sha256": said["sha256"],
        "content": said["sha256"],
    }
    return (kind, number), f"version {number} of the {kind}", columns


def commitment(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    columns = {
        "checklist_number": said["checklist"],
        "checklist_sha256": said["sha256"],
        "stakes": said["stakes"],
        "reason": said["reason"],
        "evidence_seen": said["evidence_seen"],
        "locked_by": event.actor,
        "locked_at": event.at,
    }
    if "terms" in said:
        in_force_at = event.at if said["in_force"] else None
        columns |= {"sha256": said["terms"], "content": said["terms"], "in_force_at": in_force_at}
    return columns


def signature(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    about, done = event.action.split()
    return {
        "about": about,
        "choice": "approve" if done == "signed" else "refuse",
        "commitment_number": said["commitment"],
        "step": said["step"],
        "reason": said["reason"],
        "person_id": said["person"],
        "signed_by": event.actor,
        "signed_at": event.at,
        "sha256": said["sha256"],
        "content": said["sha256"],
        "withdrawn_at": None,
        "withdrawn_reason": None,
    }


def withdrawn(event: LoggedEvent) -> dict[str, Any]:
    return {"withdrawn_at": event.at, "withdrawn_reason": event.payload["reason"]}


def waiver(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    last = moment_of(f"{said['until']}T23:59:59.999999+00:00")
    names = ("decided_by", "decided_by_id", "decided_at", "decided_reason", "choice")
    return {
        "item_id": said["item"],
        "item_sha256": said["item_sha256"],
        "label": said["label"],
        "reason": said["reason"],
        "asked_by": event.actor,
        "asked_by_id": said["person"],
        "asked_at": event.at,
        "expires_at": last,
        **dict.fromkeys((*names, "revoked_by", "revoked_at", "revoked_reason")),
    }


def decided(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    if event.action == "waiver revoked":
        return {"revoked_by": event.actor, "revoked_at": event.at, "revoked_reason": said["reason"]}
    return {
        "choice": "approve" if event.action == "waiver approved" else "refuse",
        "decided_by": event.actor,
        "decided_by_id": said["person"],
        "decided_at": event.at,
        "decided_reason": said["reason"],
    }


def override(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    return {
        "step": said["step"],
        "reason": said["reason"],
        "given_by": event.actor,
        "given_by_id": said["person"],
        "given_at": event.at,
        "expires_at": moment_of(said["until"]),
        "sha256": said["sha256"],
        "content": said["sha256"],
        **dict.fromkeys(("used_at", "ended_by", "ended_at", "ended_reason")),
    }


def override_ended(event: LoggedEvent) -> dict[str, Any]:
    return {"ended_by": event.actor, "ended_at": event.at, "ended_reason": event.payload["reason"]}


def legal_hold(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    return {
        "reason": said["reason"],
        "placed_by": event.actor,
        "placed_by_id": said["person"],
        "placed_at": event.at,
        **dict.fromkeys(("lifted_by", "lifted_by_id", "lifted_at", "lifted_reason")),
    }


def hold_lifted(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    return {
        "lifted_by": event.actor,
        "lifted_by_id": said["person"],
        "lifted_at": event.at,
        "lifted_reason": said["reason"],
    }


def alarm(event: LoggedEvent) -> dict[str, Any]:
    said = event.payload
    named = ("phase", "warning", "metric", "tier", "cases", "did", "sentence")
    return {
        **{name: said[name] for name in named},
        "reached_at": moment_of(said["reached_at"]),
        "noticed_at": event.at,
        "upload_id": said["upload"],
        **dict.fromkeys(f"acknowledged_{name}" for name in ("by", "by_id", "at", "reason")),
    }


def acknowledged(event: LoggedEvent) -> dict[str, Any]:
    return {
        "acknowledged_by": event.actor,
        "acknowledged_by_id": event.payload["person"],
        "acknowledged_at": event.at,
        "acknowledged_reason": event.payload["reason"],
    }


def attestation(event: LoggedEvent) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    columns = {name: said[name] for name in ("sentence", "answer", "why", "link") if name in said}
    columns |= {"answered_by": event.actor}
    return (said["item"], event.at), f"the answer of {event.actor} to “{said['item']}”", columns


def move(event: LoggedEvent) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    columns = {
        "move": MOVE_OF[event.action],
        "phase": said["phase"],
        "by": event.actor,
        "reason": said["reason"],
        "plan_number": said["plan"],
        "verdict": said["verdict"],
    }
    return (event.at,), f"the step “{event.action}” by {event.actor}", columns


def past_start(event: LoggedEvent, start: Mapping[str, Any]) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    columns = {
        "phase": start["phase"],
        "by": event.actor,
        "reason": said["reason"],
        "plan_number": said["plan"],
        "recorded_at": event.at,
    }
    return (moment_of(start["at"]),), f"the start of {start['phase']}, recorded by {event.actor}", columns
