"""The moment of an act that had to wait: never before what others did to the same feature meanwhile."""

from datetime import datetime, timedelta

from core.store import audit
from core.store.database import Connection

_CLOCKS_DIFFER = timedelta(minutes=10)
"""What is dated further ahead comes from a wrong clock, and draws nothing after it."""


def not_before(connection: Connection, slug: str, now: datetime) -> datetime:
    """``now``, or the moment of the newest act on the feature where that is later.

    To be asked once the feature is locked: whoever has waited for the lock then also sees, and comes
    after, what the one before did.
    """
    newest = audit.newest_moment(connection, f"feature/{slug}", now + _CLOCKS_DIFFER)
    return now if newest is None else max(now, newest)
