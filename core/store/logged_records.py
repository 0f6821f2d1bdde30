"""The records that there should be, as the audit log tells it: each event folded into the row it wrote.

Only what an event says is known of a row: events of earlier versions say less, erased ones nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from core.store import (
    logged_columns,
    logged_counts,
    logged_decisions,
    logged_drills,
    logged_evals,
    logged_failures,
    logged_people,
    logged_reviews,
    logged_uploads,
)
from core.store.audit import in_order
from core.store.audit_search import feature_of, upload_of
from core.store.logged_columns import MOVE_OF, LoggedEvent
from core.store.logged_kinds import DAYS_SET, MADE_BY, SEVERAL
from core.store.raw_rows import moment_of, raw
from core.store.tables import audit_event, audit_payload

_MANY = 1_000
"""Of how many rows an emptied event may have told that told of several."""


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


_Which = tuple[str, str, tuple[Any, ...]]
"""(kind, feature, key) of a row."""


class LoggedRecords:
    """What the log says. Of events that say nothing any more, because they were emptied, it is known what
    was done and when: ``unknown`` counts the rows that they put in, by (feature, kind), and
    ``emptied_at`` has their moments by feature."""

    def __init__(self, connection: Connection) -> None:
        self.rows: list[RecordRow] = []
        self.unknown: Counter[tuple[str, str]] = Counter()
        self.emptied_at: dict[str, set[datetime | None]] = defaultdict(set)
        self._features: dict[str, tuple[int, dict[str, Any]]] = {}
        self._uploads: dict[str, tuple[int, str, dict[str, Any]]] = {}
        self._folded: dict[_Which, tuple[int, str, dict[str, Any]]] = {}
        self._roles_held: dict[tuple[Any, ...], _Which] = {}
        self._grants: Counter[tuple[Any, ...]] = Counter()
        self._counts = logged_counts.LoggedCounts()
        query = select(*raw(audit_event, audit_payload.c.payload))
        query = query.join_from(audit_event, audit_payload, isouter=True)
        for row in in_order(connection, query):
            payload = _read(row.payload)
            moment, subject = moment_of(row.ts), str(row.subject)
            try:
                self._take(LoggedEvent(row.seq, moment, row.actor, row.action, subject, payload or {}))
            except (KeyError, TypeError, AttributeError):
                # It was emptied, or made unreadable, which the chain shows: what it said is not known.
                self._emptied(subject, row.action, moment)
        for slug, (seq, columns) in self._features.items():
            self.rows.append(RecordRow("feature", slug, (), "the feature itself", columns, seq))
        for upload_id, (seq, slug, columns) in self._uploads.items():
            name = f"the upload “{columns['file_name']}”"
            self.rows.append(RecordRow("upload", slug, (upload_id,), name, columns, seq))
        for slug, key, name, said, seq in self._counts.rows():
            self.rows.append(RecordRow(logged_counts.COUNT, slug, key, name, said, seq))
        for (kind, slug, key), (seq, name, columns) in self._folded.items():
            self.rows.append(RecordRow(kind, slug, key, name, columns, seq))

    def erased_on(self, slug: str) -> frozenset[date]:
        """The days on which people were erased from the feature."""
        erased = (row for row in self.rows if (row.kind, row.feature) == ("erasure", slug))
        done = (row.columns.get("done_at") for row in erased)
        return frozenset(moment.date() for moment in done if isinstance(moment, datetime))

    def _emptied(self, subject: str, action: str, moment: datetime | None) -> None:
        slug = feature_of(subject) or self._uploads.get(upload_of(subject) or "", (0, ""))[1]
        self.emptied_at[slug].add(moment)
        if action in MADE_BY:
            self.unknown[slug, MADE_BY[action]] += 1
        elif action in SEVERAL:
            self.unknown[slug, SEVERAL[action]] += _MANY
        elif action in ("feature changed", *DAYS_SET):
            # What it became then is not known, until a later event tells all of it.
            self._features.pop(slug, None)
            self.unknown[slug, "feature"] = 1

    def _take(self, event: LoggedEvent) -> None:
        slug = feature_of(event.subject)
        match event.action:
            case "feature created" | "feature changed" if slug:
                self._feature(event, slug)
            case action if slug and action in DAYS_SET:
                self._feature(event, slug)
            case "numbers expired" if slug:
                self._expired(event)
            case "case texts expired" if slug:
                self._cases_expired(event, slug)
            case "scope saved" | "checklist saved" | "plan saved" | "bundle saved" if slug:
                kind = event.action.removesuffix(" saved")
                self._add("document", slug, logged_columns.document(kind, event), event)
            case "checklist locked" | "checklist amended" if slug:
                self._commitment(event, slug)
            case "commitment signed" | "commitment refused" | "step signed" | "step refused" if slug:
                self._signature(event, slug)
            case "signature withdrawn" if slug:
                which = "signature", slug, (event.payload["signature"],)
                self._fold(which, event, logged_columns.withdrawn(event))
            case "waiver asked" if slug:
                name = f"the waiver for “{event.payload['label']}”"
                which = "waiver", slug, (event.payload["waiver"],)
                self._begin(which, event, name, logged_columns.waiver(event))
            case "waiver approved" | "waiver refused" | "waiver revoked" if slug:
                which = "waiver", slug, (event.payload["waiver"],)
                self._fold(which, event, logged_columns.decided(event))
            case "override given" if slug:
                name = f"the overruling of “{event.payload['title']}” by {event.actor}"
                which = "override", slug, (event.payload["override"],)
                self._begin(which, event, name, logged_columns.override(event))
            case "override ended" if slug:
                which = "override", slug, (event.payload["override"],)
                self._fold(which, event, logged_columns.override_ended(event))
            case "legal hold placed" if slug:
                which = "legal_hold", slug, (event.payload["hold"],)
                name = f"the legal hold of {event.actor}"
                self._begin(which, event, name, logged_columns.legal_hold(event))
            case "legal hold lifted" if slug:
                which = "legal_hold", slug, (event.payload["hold"],)
                self._fold(which, event, logged_columns.hold_lifted(event))
            case "early warning tripped" if slug:
                name = f"the alarm “{event.payload['warning']}”"
                which = "alarm", slug, (event.payload["alarm"],)
                self._begin(which, event, name, logged_columns.alarm(event))
            case "alarm acknowledged" if slug:
                which = "alarm", slug, (event.payload["alarm"],)
                self._fold(which, event, logged_columns.acknowledged(event))
            case action if slug and action in logged_counts.ACTIONS:
                self._counts.take(event, slug)
            case "item answered" if slug:
                self._add("attestation", slug, logged_columns.attestation(event), event)
            case "rollout recorded afterwards" if slug:
                for start in event.payload["starts"]:
                    self._add("transition", slug, logged_columns.past_start(event, start), event)
            case action if slug and action in MOVE_OF:
                self._add("transition", slug, logged_columns.move(event), event)
                if "override" in event.payload:
                    used = "override", slug, (event.payload["override"],)
                    self._fold(used, event, {"used_at": event.at})
            case "review opened" | "review begun" | "trace labelled" | "label taken back" if slug:
                self._review(event, slug)
            case "import asked" | "evidence imported" | "upload withdrawn":
                self._upload(event, slug)
            case _:
                self._take_of_people(event, slug)

    def _take_of_people(self, event: LoggedEvent, slug: str | None) -> None:
        match event.action:
            case "file attached" if slug:
                self._add("file", slug, logged_people.attached(event), event)
            case "erasure asked" if slug:
                name = f"the request {event.payload['erasure']} to erase a person"
                which = "erasure", slug, (event.payload["erasure"],)
                self._begin(which, event, name, logged_people.erasure_asked(event))
            case "erasure cancelled" | "person erased" if slug:
                which = "erasure", slug, (event.payload["erasure"],)
                self._fold(which, event, logged_people.erasure_closed(event))
            case "role given" | "role taken back":
                self._role(event, slug or "")
            case action if action in logged_people.OF_A_PERSON:
                self._person(event)
            case action if action in logged_evals.MADE_BY or action == "baseline taken back":
                self._take_of_evals(event, slug or "")
            case _:
                rows = (
                    *logged_failures.told(event),
                    *logged_drills.told(event),
                    *logged_decisions.told(event),
                )
                for kind, number, name, columns in rows:
                    which = kind, slug or "", (number,)
                    if name:
                        self._begin(which, event, name, columns)
                    else:
                        self._fold(which, event, columns)

    def _take_of_evals(self, event: LoggedEvent, slug: str) -> None:
        if event.action == "baseline taken back":
            which = logged_evals.BASELINE, slug, (event.payload["baseline"],)
            self._fold(which, event, {"replaced_at": event.at})
            return
        kind = logged_evals.MADE_BY[event.action]
        read = {logged_evals.CASE: logged_evals.case, logged_evals.SUITE: logged_evals.suite}
        key, name, columns = read.get(kind, logged_evals.recorded)(event)
        self._begin((kind, slug, key), event, name, columns)
        for number in event.payload.get("replaces", ()):
            self._fold((kind, slug, (number,)), event, {"replaced_at": event.at})

    def _add(
        self, kind: str, slug: str, row: tuple[tuple[Any, ...], str, dict[str, Any]], event: LoggedEvent
    ) -> None:
        key, name, columns = row
        # A key that cannot be one is a payload that was tampered with.
        hash(key)
        self.rows.append(RecordRow(kind, slug, key, name, columns, event.seq))

    def _commitment(self, event: LoggedEvent, slug: str) -> None:
        number = event.payload["commitment"]
        name = f"lock {number} of the checklist"
        self._begin(("commitment", slug, (number,)), event, name, logged_columns.commitment(event))

    def _signature(self, event: LoggedEvent, slug: str) -> None:
        said = event.payload
        name = f"the signature of {event.actor} on “{said['title']}”"
        self._begin(("signature", slug, (said["signature"],)), event, name, logged_columns.signature(event))
        if said["in_force"]:
            # The last one that an amendment waited for.
            self._fold(("commitment", slug, (said["commitment"],)), event, {"in_force_at": event.at})

    def _role(self, event: LoggedEvent, slug: str) -> None:
        said = event.payload
        held = slug, said["person_id"], said["role"]
        if event.action == "role given":
            self._grants[held] += 1
            key = said["person_id"], said["role"], self._grants[held]
            which = self._roles_held[held] = ("role", slug, key)
            name = f"the role {said['role']} of {said['person']}"
            self._begin(which, event, name, logged_people.role_given(event))
        elif held in self._roles_held:
            self._fold(self._roles_held.pop(held), event, {"revoked_by": event.actor, "revoked_at": event.at})

    def _person(self, event: LoggedEvent) -> None:
        said = event.payload
        which = "person", "", (said["person_id"],)
        columns = logged_people.of_person(event)
        if which not in self._folded:
            self._begin(which, event, f"the person {said['person']}", {"removed_at": None})
        if columns:
            self._fold(which, event, columns)

    def _begin(self, which: _Which, event: LoggedEvent, name: str, columns: dict[str, Any]) -> None:
        hash(which)
        self._folded[which] = event.seq, name, columns

    def _fold(self, which: _Which, event: LoggedEvent, columns: Mapping[str, Any]) -> None:
        """What the event says beside what is known of a row already."""
        if which in self._folded:
            _, name, known = self._folded[which]
            self._folded[which] = event.seq, name, {**known, **columns}

    def _feature(self, event: LoggedEvent, slug: str) -> None:
        columns = self._features.get(slug, (0, {}))[1]
        said = event.payload
        if event.action in DAYS_SET:
            columns[DAYS_SET[event.action]] = said["after"]
        else:
            new = said["after"] if event.action == "feature changed" else said
            columns |= {name: new[name] for name in ("name", "owner", "stakes")}
            columns |= {name: new[name] for name in DAYS_SET.values() if name in new}
        self._features[slug] = event.seq, columns

    def _review(self, event: LoggedEvent, slug: str) -> None:
        said = event.payload
        match event.action:
            case "review opened":
                which = "review", slug, (said["review"],)
                self._begin(which, event, f"the review {said['review']}", logged_reviews.opened(event))
            case "review begun":
                self._uploads[said["upload"]] = event.seq, slug, logged_reviews.begun(event)
            case "trace labelled":
                name = f"the label of {event.actor} on “{said['run']}”"
                self._begin(("label", slug, (said["label"],)), event, name, logged_reviews.labelled(event))
            case "label taken back":
                self._folded.pop(("label", slug, (said["label"],)), None)

    def _expired(self, event: LoggedEvent) -> None:
        """The rows of these uploads went, those of reviews with each label that was told of."""
        gone = set(event.payload["uploads"])
        for upload_id in gone & set(self._uploads):
            _, slug, columns = self._uploads[upload_id]
            self._uploads[upload_id] = event.seq, slug, logged_uploads.expired(event, columns)
        for which, (_, _, columns) in list(self._folded.items()):
            if which[0] == "label" and columns.get("upload_id") in gone:
                del self._folded[which]

    def _cases_expired(self, event: LoggedEvent, slug: str) -> None:
        for case_id, number, asked in event.payload["cases"]:
            which = logged_evals.CASE, slug, (case_id, number)
            if which in self._folded:
                known = self._folded[which][2]
                self._fold(which, event, logged_evals.expired(event, known, asked))

    def _upload(self, event: LoggedEvent, slug: str | None) -> None:
        said = event.payload
        if event.action == "import asked" and slug:
            self._uploads[said["upload"]] = event.seq, slug, logged_uploads.asked(event)
            return
        upload_id = said["upload"] if slug else upload_of(event.subject)
        if upload_id not in self._uploads:
            return
        _, slug, columns = self._uploads[upload_id]
        is_in = event.action == "evidence imported"
        told = logged_uploads.imported(event) if is_in else logged_uploads.withdrawn(event)
        self._uploads[upload_id] = event.seq, slug, columns | told


def _read(text: Any) -> Mapping[str, Any] | None:
    """What an event was about; None where nobody knows any more."""
    try:
        payload = json.loads(text)
    except (ValueError, TypeError):
        return None
    return payload if isinstance(payload, dict) else None
