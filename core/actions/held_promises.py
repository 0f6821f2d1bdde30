"""The conditions of a GO as the gate sees them at a moment."""

from datetime import datetime

from core.decision.promises import PromiseLine, promise_lines
from core.store import signed_conditions
from core.store.database import Connection
from core.store.features import Feature


def held_promises(connection: Connection, feature: Feature, now: datetime) -> tuple[PromiseLine, ...]:
    """Every condition given by ``now``, the oldest first, as it stood then."""
    return promise_lines(signed_conditions.of_feature(connection, feature.id, until=now), now)
