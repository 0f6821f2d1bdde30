"""The records that there should be, as the audit log tells it: each event folded into the row it wrote.

Only what an event says is known of a row: events of earlier versions say less, erased ones nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from core.store.audit import in_order
from core.store.audit_search import feature_of, upload_of
from core.store.raw_rows import moment_of, raw
from core.store.tables import audit_event, audit_payload

MOVE_OF = {
    "rollout started": "start",
    "rollout advanced": "advance",
    "rollout paused": "pause",
    "rollout resumed": "resume",
    "rollout rolled back": "roll_back",
    "rollout completed": "complete",
}
"""The move in the record of a rollout for each action of the log."""

_COUNTS = ("read", "accepted", "duplicate", "updated", "rejected", "skipped")


@dataclass(frozen=True)
class RecordRow:
    """One row: what it is, which one (``key`` within its feature, ``name`` in words) and its columns.

    ``seq`` is the event that told of it last; None for a row that was read from its own table.
    """

    kind: str
    feature: str
    key: tuple[Any, ...]
    name: str
    columns: Mapping[str, Any]
    seq: int | None = None


@dataclass(frozen=True)
class _Event:
    seq: int
    at: datetime | None
    actor: str
    action: str
    subject: str
    payload: Mapping[str, Any]


class LoggedRecords:
    """What the log says; ``unclear`` are features of which an event says nothing any more."""

    def __init__(self, connection: Connection) -> None:
        self.rows: list[RecordRow] = []
        self.unclear: set[str] = set()
        self._features: dict[str, tuple[int, dict[str, Any]]] = {}
        self._uploads: dict[str, tuple[int, str, dict[str, Any]]] = {}
        self._commitments: dict[tuple[str, int], tuple[int, str, dict[str, Any]]] = {}
        self._signatures: dict[tuple[str, int], tuple[int, str, dict[str, Any]]] = {}
        self._waivers: dict[tuple[str, int], tuple[int, str, dict[str, Any]]] = {}
        query = select(*raw(audit_event, audit_payload.c.payload))
        query = query.join_from(audit_event, audit_payload, isouter=True)
        for row in in_order(connection, query):
            payload = _read(row.payload)
            moment, subject = moment_of(row.ts), str(row.subject)
            try:
                self._take(_Event(row.seq, moment, row.actor, row.action, subject, payload or {}))
            except (KeyError, TypeError, AttributeError):
                # It was emptied, or made unreadable, which the chain shows: what it said is not known.
                self.unclear.add(feature_of(subject) or "")
        for slug, (seq, columns) in self._features.items():
            self.rows.append(RecordRow("feature", slug, (), "the feature itself", columns, seq))
        for upload_id, (seq, slug, columns) in self._uploads.items():
            name = f"the upload “{columns['file_name']}”"
            self.rows.append(RecordRow("upload", slug, (upload_id,), name, columns, seq))
        for kind, told in (
            ("commitment", self._commitments),
            ("signature", self._signatures),
            ("waiver", self._waivers),
        ):
            for (slug, number), (seq, name, columns) in told.items():
                self.rows.append(RecordRow(kind, slug, (number,), name, columns, seq))

    def _take(self, event: _Event) -> None:
        slug = feature_of(event.subject)
        match event.action:
            case "feature created" | "feature changed" | "text days set" if slug:
                self._feature(event, slug)
            case "scope saved" | "checklist saved" | "plan saved" if slug:
                self._add("document", slug, _document(event.action.removesuffix(" saved"), event), event)
            case "checklist locked" | "checklist amended" if slug:
                self._commitment(event, slug)
            case "commitment signed" | "commitment refused" | "step signed" | "step refused" if slug:
                self._signature(event, slug)
            case "signature withdrawn" if slug:
                self._fold(self._signatures, slug, event, event.payload["signature"], _withdrawn(event))
            case "waiver asked" if slug:
                name = f"the waiver for “{event.payload['label']}”"
                self._waivers[slug, event.payload["waiver"]] = event.seq, name, _waiver(event)
            case "waiver approved" | "waiver refused" | "waiver revoked" if slug:
                self._fold(self._waivers, slug, event, event.payload["waiver"], _decided(event))
            case "item answered" if slug:
                self._add("attestation", slug, _attestation(event), event)
            case "rollout recorded afterwards" if slug:
                for start in event.payload["starts"]:
                    self._add("transition", slug, _past_start(event, start), event)
            case action if slug and action in MOVE_OF:
                self._add("transition", slug, _move(event), event)
            case "import asked" | "evidence imported" | "upload withdrawn":
                self._upload(event, slug)

    def _add(
        self, kind: str, slug: str, row: tuple[tuple[Any, ...], str, dict[str, Any]], event: _Event
    ) -> None:
        key, name, columns = row
        # A key that cannot be one is a payload that was tampered with.
        hash(key)
        self.rows.append(RecordRow(kind, slug, key, name, columns, event.seq))

    def _commitment(self, event: _Event, slug: str) -> None:
        number, columns = event.payload["commitment"], _commitment(event)
        self._commitments[slug, number] = event.seq, f"lock {number} of the checklist", columns

    def _signature(self, event: _Event, slug: str) -> None:
        said = event.payload
        name = f"the signature of {event.actor} on “{said['title']}”"
        self._signatures[slug, said["signature"]] = event.seq, name, _signature(event)
        if said["in_force"]:
            # The last one that an amendment waited for.
            self._fold(self._commitments, slug, event, said["commitment"], {"in_force_at": event.at})

    def _fold(
        self,
        told: dict[tuple[str, int], tuple[int, str, dict[str, Any]]],
        slug: str,
        event: _Event,
        number: int,
        columns: Mapping[str, Any],
    ) -> None:
        """What the event says beside what is known of a row already."""
        if (slug, number) in told:
            _, name, known = told[slug, number]
            told[slug, number] = event.seq, name, {**known, **columns}

    def _feature(self, event: _Event, slug: str) -> None:
        columns = self._features.get(slug, (0, {}))[1]
        said = event.payload
        if event.action == "text days set":
            columns["text_days"] = said["after"]
        else:
            new = said["after"] if event.action == "feature changed" else said
            columns |= {name: new[name] for name in ("name", "owner", "stakes")}
            columns |= {name: new[name] for name in ("text_days",) if name in new}
        self._features[slug] = event.seq, columns

    def _upload(self, event: _Event, slug: str | None) -> None:
        said = event.payload
        if event.action == "import asked" and slug:
            columns = {
                "file_name": said["file"],
                "sha256": said["sha256"],
                "bytes": said["bytes"],
                "asked_by": event.actor,
                "asked_at": event.at,
                "counts": False,
                "withdrawn": False,
            }
            self._uploads[said["upload"]] = event.seq, slug, columns
            return
        upload_id = said["upload"] if slug else upload_of(event.subject)
        if upload_id not in self._uploads:
            return
        _, slug, columns = self._uploads[upload_id]
        if event.action == "evidence imported":
            columns |= {name: said[name] for name in (*_COUNTS, "kind")} | {"counts": True}
        else:
            columns |= {
                "counts": False,
                "withdrawn": True,
                "withdrawn_by": event.actor,
                "withdrawn_at": event.at,
                "withdrawn_reason": said["reason"],
            }
        self._uploads[upload_id] = event.seq, slug, columns


def _read(text: Any) -> Mapping[str, Any] | None:
    """What an event was about; None where nobody knows any more."""
    try:
        payload = json.loads(text)
    except (ValueError, TypeError):
        return None
    return payload if isinstance(payload, dict) else None


def _document(kind: str, event: _Event) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
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


def _commitment(event: _Event) -> dict[str, Any]:
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


def _signature(event: _Event) -> dict[str, Any]:
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


def _withdrawn(event: _Event) -> dict[str, Any]:
    return {"withdrawn_at": event.at, "withdrawn_reason": event.payload["reason"]}


def _waiver(event: _Event) -> dict[str, Any]:
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


def _decided(event: _Event) -> dict[str, Any]:
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


def _attestation(event: _Event) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    columns = {name: said[name] for name in ("sentence", "answer", "why", "link") if name in said}
    columns |= {"answered_by": event.actor}
    return (said["item"], event.at), f"the answer of {event.actor} to “{said['item']}”", columns


def _move(event: _Event) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
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


def _past_start(event: _Event, start: Mapping[str, Any]) -> tuple[tuple[Any, ...], str, dict[str, Any]]:
    said = event.payload
    columns = {
        "phase": start["phase"],
        "by": event.actor,
        "reason": said["reason"],
        "plan_number": said["plan"],
        "recorded_at": event.at,
    }
    return (moment_of(start["at"]),), f"the start of {start['phase']}, recorded by {event.actor}", columns
