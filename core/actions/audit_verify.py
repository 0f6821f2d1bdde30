"""Verifying: the chain of the audit log, and the records against what the log says of them.

A large store takes a while, so the page starts it in the background and looks how far it is.
"""

import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

from core.actions.audit_words import title_of
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.errors import UserError, WrongUsage
from core.store import audit, audit_search, record_checks
from core.store.audit import NO_EVENT, ChainFault, ChainState
from core.store.database import Connection
from core.store.record_checks import CHANGED, MISSING, BrokenRecord

_LOG = logging.getLogger("readygate")
_HEAD = re.compile(r"[0-9a-f]{64}")
_FIELD_WORDS = {
    "content": "its content",
    "sha256": "its fingerprint",
    "checklist_sha256": "the checklist's fingerprint",
    "evidence_seen": "whether evidence had been seen",
    "plan_number": "the plan's version",
    "in_force_at": "since when it is in force",
    "commitment_number": "the commitment it rests on",
    "person_id": "who gave it",
    "withdrawn_at": "whether it was withdrawn",
    "item_sha256": "the item's fingerprint",
    "expires_at": "until when it holds",
    "replaced_at": "whether it still counts",
    "used_at": "whether a step was taken on it",
    "judged": "what its labels or failures say",
    "words": "the words of its failures",
    "read_with": "how it was read",
    "decided_by_id": "who decided it",
    "asked_by_id": "who asked for it",
    "done_by_id": "who did it",
    "author_id": "who wrote it",
    "locked_by_id": "who locked it",
    "answered_by_id": "who answered",
    "granted_by_id": "who gave it",
    "revoked_at": "whether it was taken back",
    "removed_at": "whether they were removed",
    "identity": "how they sign in",
    "fingerprint": "whom it is about",
    "checklist_number": "the checklist's version",
    "text_days": "how long texts are kept",
    "number_days": "how long numbers are kept",
    "log_days": "how long the log is kept",
    "case_days": "how long eval cases are kept",
    "texts_expired_at": "whether its texts have expired",
    "asked_sha256": "what it asked for",
    "numbers_expired_at": "whether its numbers have expired",
    "counts": "whether it counts",
    "accepted": "how many rows it holds",
    "bytes": "its size",
}

OnProgress = Callable[[float, str], None]
"""Told the share done, 0 to 1, and what is being done in words."""


@dataclass(frozen=True)
class Anchor:
    """The head of the log as somebody noted it down: the hash of entry number ``events``, then the last."""

    events: int
    head: str

    def __str__(self) -> str:
        return f"{self.head}:{self.events}"


@dataclass(frozen=True)
class Finding:
    """A record that is not as the log says, in words."""

    record: BrokenRecord
    sentence: str


@dataclass(frozen=True)
class Verification:
    """The answer: ``sentence`` is that of the chain, ``findings`` are about the records.

    ``records`` and ``segments`` say how many were looked at; ``at`` is when it began.
    """

    at: datetime
    chain: ChainState
    sentence: str
    findings: tuple[Finding, ...]
    records: int
    segments: int
    anchor: Anchor | None

    @property
    def ok(self) -> bool:
        return self.chain.ok and not self.findings


@dataclass
class Check:
    """A verification in the background: how far it is, then its result or what stopped it."""

    started_at: datetime
    share: float = 0.0
    words: str = "Starting …"
    result: Verification | None = None
    problem: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


_CHECKS: "WeakKeyDictionary[Workspace, Check]" = WeakKeyDictionary()
_CHECKS_LOCK = threading.Lock()


def verify_log(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    anchor: Anchor | None = None,
    on_progress: OnProgress = lambda share, words: None,
) -> Verification:
    """Look at every entry, every record that the log tells of, and every part of the evidence."""
    require(workspace, caller, Act.SEE_AUDIT)
    findings: list[Finding] = []
    with workspace.database.reading() as connection:
        events = (audit_search.head(connection) or (0, ""))[0]
        parts = record_checks.segment_ids(connection)
        steps = max(1, 2 * events + 100 * len(parts))

        def followed(done: int) -> None:
            on_progress(min(1.0, done / steps), f"Following the chain: {done:,} of {events:,} entries")

        followed(0)
        chain = audit.verify(connection, (anchor.events, anchor.head) if anchor else None, followed)
        sentence = _chain_words(connection, chain, anchor)
        on_progress(min(1.0, events / steps), "Holding the records against the log")
        records = record_checks.check_records(connection)
        findings += [Finding(one, _record_words(one)) for one in records.broken]
    for place, segment_id in enumerate(parts):
        on_progress(
            min(1.0, (2 * events + 100 * place) / steps),
            f"Reading the evidence: part {place + 1:,} of {len(parts):,}",
        )
        # A reading of its own each: a long one would keep the database from tidying up.
        with workspace.database.reading() as connection:
            broken = record_checks.broken_segment(connection, segment_id)
        if broken is not None:
            findings.append(Finding(broken, _record_words(broken)))
    return Verification(now, chain, sentence, tuple(findings), records.checked, len(parts), anchor)


def start_check(workspace: Workspace, caller: Caller, now: datetime, anchor: Anchor | None = None) -> Check:
    """Begin to verify in the background, unless that is under way already."""
    require(workspace, caller, Act.SEE_AUDIT)
    with _CHECKS_LOCK:
        running = _CHECKS.get(workspace)
        if running is not None and not running.ended.is_set():
            return running
        check = _CHECKS[workspace] = Check(now)
    threading.Thread(
        target=_run, args=(check, workspace, caller, now, anchor), name="verify-log", daemon=True
    ).start()
    return check


def last_check(workspace: Workspace, caller: Caller) -> Check | None:
    """The verification that runs, or the last one since the server started."""
    require(workspace, caller, Act.SEE_AUDIT)
    with _CHECKS_LOCK:
        return _CHECKS.get(workspace)


def read_anchor(text: str) -> Anchor | None:
    """``HEAD:ENTRIES`` as it was noted down, alone or at the end of the command that reports print; None for
    nothing. Raises WrongUsage for anything else."""
    text = "".join(text.rpartition("--anchor")[2].split())
    if not text:
        return None
    head, _, events = text.partition(":")
    head = head.lower()
    number = int(events) if events.isascii() and events.isdigit() and len(events) < 16 else -1
    if not _HEAD.fullmatch(head) or number < 0 or (number == 0) != (head == NO_EVENT):
        raise WrongUsage(
            "This is not a head of the log as it is noted down.",
            mend="It is 64 letters and digits, a colon, and the number of entries, such as 5be1…38bc:55.",
        )
    return Anchor(number, head)


def verification_as_json(found: Verification) -> dict[str, Any]:
    """The answer as the command tells it."""
    return {
        "ok": found.ok,
        "at": found.at.isoformat(),
        "events": found.chain.events,
        "head": found.chain.head,
        "anchor": str(Anchor(found.chain.events, found.chain.head)),
        "first_broken_seq": found.chain.first_broken_seq,
        "fault": found.chain.fault.value if found.chain.fault else None,
        "sentence": found.sentence,
        "records_checked": found.records,
        "segments_checked": found.segments,
        "records": [
            {
                "kind": one.record.kind,
                "feature": one.record.feature,
                "name": one.record.name,
                "fault": one.record.fault,
                "fields": list(one.record.fields),
                "entry": one.record.seq,
                "sentence": one.sentence,
            }
            for one in found.findings
        ],
    }


def _run(check: Check, workspace: Workspace, caller: Caller, now: datetime, anchor: Anchor | None) -> None:
    def progressed(share: float, words: str) -> None:
        check.share, check.words = share, words

    try:
        check.result = verify_log(workspace, caller, now, anchor, progressed)
    except UserError as error:
        check.problem = str(error)
    except Exception as error:
        # The message may quote what people wrote: only the kind of fault is kept.
        _LOG.error("the audit log was not verified: %s", type(error).__name__)
        check.problem = "Readygate met a fault of its own while verifying. The log of the server names it."
    finally:
        check.ended.set()


def _chain_words(connection: Connection, chain: ChainState, anchor: Anchor | None) -> str:
    """What was found in the chain, naming the first bad entry in words."""
    if chain.first_broken_seq is None:
        if not chain.events:
            return "The log is empty."
        through = f" It passes through the head noted at entry {anchor.events:,}." if anchor else ""
        entries = "The one entry is" if chain.events == 1 else f"All {chain.events:,} entries are"
        return f"{entries} as written, each chained to the one before it.{through}"
    bad = _entry_words(connection, chain.first_broken_seq)
    match chain.fault:
        case ChainFault.MISSING:
            after = _entry_words(connection, chain.first_broken_seq + 1)
            return f"Entry {chain.first_broken_seq:,} is missing: it was removed. After it: {after}."
        case ChainFault.CUT:
            return (
                f"The log ends with {_entry_words(connection, chain.events)}, but there were more entries: "
                "its end was cut off."
            )
        case ChainFault.NOT_AS_NOTED:
            return f"{bad} is not the one that was noted down: it, or one before it, was written anew."
        case _:
            return f"{bad} was changed afterwards, or one before it was removed."


def _entry_words(connection: Connection, seq: int) -> str:
    """ "Entry 214 of 14 October 2026, 09:12 UTC (locked the checklist, refund-agent, by Ada)"."""
    event = audit_search.event(connection, seq)
    if event is None:
        return f"Entry {seq:,}"
    title = title_of(event.action)
    about = audit_search.feature_of(event.subject)
    parts = [title[:1].lower() + title[1:], *([about] if about else []), f"by {event.actor}"]
    at = event.ts.astimezone(UTC) if event.ts.year > 1 else None
    when = f" of {at.day} {at:%B %Y}, {at:%H:%M} UTC" if at else ""
    return f"Entry {seq:,}{when} ({', '.join(parts)})"


def _record_words(record: BrokenRecord) -> str:
    no_feature = "people" if record.kind in ("person", "role") else "a feature that is not there"
    of_feature = record.feature or no_feature
    which = f"{of_feature}: {record.name}"
    entry = f"entry {record.seq:,}" if record.seq is not None else "the log"
    if record.fault == MISSING:
        return f"{which} is gone; {entry} tells of it."
    if record.fault != CHANGED:
        return f"{which} was put in past Readygate: no entry tells of it."
    words = ", ".join(_FIELD_WORDS.get(name, name.replace("_", " ")) for name in record.fields)
    if record.kind == "segment":
        return f"{which} was changed: its content is not what its fingerprint was taken of."
    return f"{which} was changed past Readygate; {entry} says otherwise about {words}."
