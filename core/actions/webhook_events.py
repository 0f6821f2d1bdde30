"""What is worth telling a webhook: entries of the audit log and changes of a verdict, made into messages."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.audit_verify import Anchor
from core.actions.committed import terms_of
from core.criteria.commitment import NEEDED_TO_LOOSEN
from core.export.webhook_body import Message, WebhookEvent
from core.rollout.transitions import State, rollout_of
from core.store import audit_search, commitments, features, people, transitions, verdict_changes, webhooks
from core.store.audit import AuditEvent
from core.store.database import Connection
from core.store.features import Feature
from core.store.verdict_changes import VerdictChange
from core.store.webhooks import Webhook

AT_ONCE = 200
"""So many entries of each kind are looked at in one transaction."""

_EVENT_OF = {
    "early warning tripped": WebhookEvent.ALARM,
    "rollout started": WebhookEvent.ROLLOUT,
    "rollout advanced": WebhookEvent.ROLLOUT,
    "rollout paused": WebhookEvent.ROLLOUT,
    "rollout resumed": WebhookEvent.ROLLOUT,
    "rollout rolled back": WebhookEvent.ROLLOUT,
    "rollout completed": WebhookEvent.ROLLOUT,
    "checklist locked": WebhookEvent.SIGNATURE,
    "checklist amended": WebhookEvent.SIGNATURE,
    "signature withdrawn": WebhookEvent.SIGNATURE,
    "waiver asked": WebhookEvent.SIGNATURE,
    "override given": WebhookEvent.OVERRIDE,
    "evidence imported": WebhookEvent.IMPORT,
}
_ABOUT = {
    "checklist locked": "lock",
    "checklist amended": "amendment",
    "commitment": "lock",
    "waiver asked": "waiver",
}
_PAGE_OF = {
    WebhookEvent.VERDICT: "go_no_go",
    WebhookEvent.ALARM: "phase_plan",
    WebhookEvent.ROLLOUT: "phase_plan",
    WebhookEvent.SIGNATURE: "go_no_go",
    WebhookEvent.OVERRIDE: "go_no_go",
    WebhookEvent.IMPORT: "evidence",
}
"""Where a message is looked into: the page's public address."""

_NOBODY = "Readygate"
"""Who did what nobody did: a verdict follows from evidence, documents and time."""

_TOLD: dict[WebhookEvent, tuple[str, ...]] = {
    WebhookEvent.ALARM: ("alarm", "warning", "metric", "tier", "cases", "did"),
    WebhookEvent.ROLLOUT: ("plan",),
    WebhookEvent.OVERRIDE: ("override", "verdict", "until"),
    WebhookEvent.IMPORT: (
        "upload", "kind", "read", "accepted", "duplicate", "updated", "rejected", "skipped",
    ),
}  # fmt: skip
"""What of an entry goes out: numbers and fixed words. Reasons stay here, where erasure finds them."""


@dataclass(frozen=True)
class Told:
    """A message with the row that it tells of."""

    subject: str
    message: Message


@dataclass(frozen=True)
class News:
    """What a webhook has not been told, the oldest first; ``seq`` and ``verdict`` are how far was looked, and
    ``is_more`` whether there may be more behind."""

    told: tuple[Told, ...]
    seq: int
    verdict: int
    is_more: bool


def news_for(connection: Connection, hook: Webhook, newest_seq: int, url: str) -> News:
    """What happened since the webhook was followed last, as far as it wants to hear of it.

    ``newest_seq`` is the number of the newest audit event, asked before; ``url`` is the public address of
    Readygate, "" where nobody knows it.
    """
    entries = webhooks.events_after(connection, hook.followed_to, _EVENT_OF, AT_ONCE)
    changes = verdict_changes.after(connection, hook.verdicts_to, AT_ONCE)
    is_full = len(entries) == AT_ONCE
    last = entries[-1].seq if entries else 0
    teller = _Teller(connection, hook, url)
    told = [*teller.of_entries(entries), *teller.of_changes(changes)]
    return News(
        told=tuple(sorted(told, key=lambda one: one.message.at)),
        seq=last if is_full else max(newest_seq, last, hook.followed_to),
        verdict=changes[-1].id if changes else hook.verdicts_to,
        is_more=is_full or len(changes) == AT_ONCE,
    )


def trial(hook: Webhook, feature: Feature | None, actor: str, now: datetime) -> Told:
    """The message that only shows that the way is open."""
    message = Message(
        delivery=_new_name(),
        event=WebhookEvent.TEST,
        at=now,
        actor=actor,
        slug=feature.slug if feature else None,
        feature=feature.name if feature else None,
        summary={"webhook": hook.name},
    )
    return Told("test", message)


class _Teller:
    """Makes messages for one webhook, within one transaction."""

    def __init__(self, connection: Connection, hook: Webhook, url: str) -> None:
        self._connection, self._hook, self._url = connection, hook, url
        head = audit_search.head(connection)
        # Whoever gets the message holds a head of the log that nobody here can change.
        self._anchor = str(Anchor(*head)) if head else None
        self._wanted = set(hook.events)
        self._signs_in: bool | None = None

    def of_entries(self, entries: list[AuditEvent]) -> Iterator[Told]:
        for entry in entries:
            event = _EVENT_OF[entry.action]
            feature = self._feature(audit_search.feature_of(entry.subject))
            if event not in self._wanted or feature is None:
                continue
            said = entry.payload if isinstance(entry.payload, dict) else {}
            if event is WebhookEvent.SIGNATURE and not self._waits_for_somebody(entry.action, said):
                continue
            summary = _summary(event, entry.action, said)
            noted = verdict_changes.held_at(self._connection, feature.id, entry.ts)
            yield Told(
                f"audit/{entry.seq}",
                self._message(event, feature, entry.ts, entry.actor, (noted, noted), summary),
            )

    def of_changes(self, changes: list[VerdictChange]) -> Iterator[Told]:
        for change in changes:
            if self._hook.feature_id not in (None, change.feature_id):
                continue
            feature = features.by_id(self._connection, change.feature_id)
            verdicts = verdict_changes.before(self._connection, change), change
            at = change.changed_at
            if WebhookEvent.VERDICT in self._wanted:
                yield Told(
                    f"verdict/{change.id}",
                    self._message(WebhookEvent.VERDICT, feature, at, _NOBODY, verdicts, {}),
                )
            needed = self._step_signers(feature, change) if WebhookEvent.SIGNATURE in self._wanted else 0
            if needed:
                summary = {"about": "step", "needed": needed}
                yield Told(
                    f"verdict/{change.id}",
                    self._message(WebhookEvent.SIGNATURE, feature, at, _NOBODY, verdicts, summary),
                )

    def _feature(self, slug: str | None) -> Feature | None:
        """The feature of this name, where the webhook is told of it."""
        number = features.id_of(self._connection, slug) if slug else None
        if number is None or self._hook.feature_id not in (None, number):
            return None
        return features.by_id(self._connection, number)

    def _waits_for_somebody(self, action: str, said: Mapping[str, Any]) -> bool:
        """Whether there is somebody who could sign, and something that they have to."""
        if not self._people_sign_in():
            return False
        if action in ("checklist locked", "checklist amended"):
            return bool(said.get("signers")) or said.get("in_force") is False
        return True

    def _step_signers(self, feature: Feature, change: VerdictChange) -> int:
        """How many signatures the next step waits for since the verdict became GO; 0: it waits for none."""
        if change.verdict != "go" or change.is_draft or not self._people_sign_in():
            return 0
        holds = next(iter(commitments.in_force(self._connection, feature.id, change.changed_at)), None)
        if holds is None or self._stands(feature, change.changed_at)[0] == State.COMPLETE:
            return 0
        return terms_of(holds).signers.needed

    def _people_sign_in(self) -> bool:
        if self._signs_in is None:
            self._signs_in = people.anybody_signs_in(self._connection)
        return self._signs_in

    def _stands(self, feature: Feature, at: datetime) -> tuple[str, str | None]:
        """(state, phase) of the rollout as the record had it at that moment."""
        history = transitions.history(self._connection, feature.id)
        rollout = rollout_of([one.moved for one in history if one.recorded_at <= at])
        return rollout.state.value, rollout.phase

    def _message(
        self,
        event: WebhookEvent,
        feature: Feature,
        at: datetime,
        actor: str,
        verdicts: tuple[VerdictChange | None, VerdictChange | None],
        summary: Mapping[str, Any],
    ) -> Message:
        before, after = verdicts
        state, phase = self._stands(feature, at)
        return Message(
            delivery=_new_name(),
            event=event,
            at=at,
            actor=actor,
            slug=feature.slug,
            feature=feature.name,
            verdict_before=before.verdict if before else None,
            verdict_after=after.verdict if after else None,
            is_draft=after.is_draft if after else None,
            state=state,
            phase=phase,
            link=f"{self._url}/{_PAGE_OF[event]}?feature={feature.slug}" if self._url else None,
            anchor=self._anchor,
            summary=summary,
        )


def _summary(event: WebhookEvent, action: str, said: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: said.get(name) for name in _TOLD.get(event, ())}
    match event:
        case WebhookEvent.ROLLOUT:
            return {"move": action.removeprefix("rollout ").replace(" ", "_"), **told}
        case WebhookEvent.SIGNATURE:
            about = str(said.get("about", ""))
            # A waiver takes one other person, and so does a signature that was withdrawn.
            least = NEEDED_TO_LOOSEN if said.get("in_force") is False else 1
            return {"about": _ABOUT.get(action) or _ABOUT.get(about, about),
                    "needed": max(said.get("signers") or 1, least)}  # fmt: skip
        case WebhookEvent.OVERRIDE:
            return {**told, "overrules": len(said.get("overrules") or ())}
        case _:
            return told


def _new_name() -> str:
    # Numbers of rows would come again after a backup was restored, and a receiver would drop the new one.
    return uuid.uuid4().hex
