"""From which moment on evidence is counted by a verdict: what is older may go without moving any."""

from collections.abc import Sequence
from datetime import UTC, datetime

from core.actions.committed import checklists_in_force
from core.actions.measuring import window_until
from core.actions.rollout_facts import rollout_facts
from core.criteria.checklist import Checklist, MeasuredItem, read_checklist
from core.criteria.commitment import counted_since
from core.criteria.verdict import severity
from core.decision.decide import Decision
from core.errors import WrongUsage
from core.store import commitments, documents
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload

EVERYTHING = datetime.min.replace(tzinfo=UTC)
"""A draft without days to look back counts all evidence there is."""


def counted_from(connection: Connection, feature: Feature, now: datetime) -> datetime | None:
    """The earliest moment that a row of the checklist, of the first commitment or of the current phase
    looks back to at ``now``; None: no row counts any evidence."""
    windows = [*_of_checklists(connection, feature, now), *_of_phase(connection, feature, now)]
    return min((EVERYTHING if since is None else since for since in windows), default=None)


def comes_nearer_to_go(before: Decision, after: Decision) -> bool:
    """Whether anything in ``after`` says more for the next step than it did in ``before``."""
    better = [(before.verdict, after.verdict)]
    if before.as_committed is not None and after.as_committed is not None:
        better.append((before.as_committed, after.as_committed))
    rows = zip((*before.rows, *before.phase_rows), (*after.rows, *after.phase_rows), strict=True)
    better += [(old.verdict, new.verdict) for old, new in rows]
    was_met = {one.name for one in before.conditions if one.met}
    new_ones = {one.name for one in after.conditions if one.met} - was_met
    return bool(new_ones) or any(severity(new) > severity(old) for old, new in better)


def refuse_expired(uploaded: Sequence[Upload], now: datetime) -> None:
    """Raise WrongUsage where numbers that were there at ``now`` have gone since: nobody can count them."""
    gone = [
        one.numbers_expired_at
        for one in uploaded
        if one.numbers_expired_at is not None and one.asked_at <= now < one.numbers_expired_at
    ]
    if gone:
        raise WrongUsage(
            f"Numbers of that time have expired since, the last on {max(gone):%Y-%m-%d}.",
            mend="Ask about that day or later; signatures and reports of the time keep their own numbers.",
            code="numbers_expired",
        )


def _of_checklists(connection: Connection, feature: Feature, now: datetime) -> list[datetime | None]:
    held = checklists_in_force(connection, feature, commitments.in_force(connection, feature.id, now))
    if not held:
        drafts = documents.history(connection, feature.id, documents.CHECKLIST)
        return _windows(read_checklist(drafts[0].body), {}, now) if drafts else []
    # After an amendment the page also says what the verdict is as it was first committed.
    first = _windows(held[0].checklist, counted_since(held[:1]), now)
    return first + _windows(held[-1].checklist, counted_since(held), now)


def _windows(checklist: Checklist, since: dict[str, datetime], now: datetime) -> list[datetime | None]:
    items = [one for one in checklist.items if isinstance(one, MeasuredItem)]
    return [window_until(now, since.get(one.id), one.window_days).since for one in items]


def _of_phase(connection: Connection, feature: Feature, now: datetime) -> list[datetime | None]:
    """Bars and early warnings of a phase count from its beginning on."""
    standing = rollout_facts(connection, feature, now).standing
    return [] if standing.rollout.entered is None else [standing.rollout.entered]
