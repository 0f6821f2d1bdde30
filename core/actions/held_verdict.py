"""What was kept long enough may go only where no verdict comes nearer to GO without it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.still_counted import comes_nearer_to_go
from core.actions.workspace import Workspace
from core.store import features
from core.store.database import Connection
from core.store.features import Feature


class WouldHelp(Exception):
    """Without what was about to go something would be nearer to GO."""


@contextmanager
def no_nearer_to_go(
    workspace: Workspace, connection: Connection, feature: Feature, now: datetime
) -> Iterator[None]:
    """Inside, evidence of the feature is removed; at the end the decision is worked out with and without it.

    Raises WouldHelp, so that the transaction is dropped, where anything says more for the next step than it
    did before.
    """
    before = decide_on(workspace, connection, feature, now)
    yield
    features.bump_evidence_version(connection, feature.id)
    fresh = features.by_id(connection, feature.id)
    # Its answers are of evidence that may never be committed: nobody else may be given them.
    with workspace.warehouse.apart() as warehouse:
        trial = Workspace(workspace.home, workspace.database, warehouse)
        if comes_nearer_to_go(before, decide_on(trial, connection, fresh, now)):
            raise WouldHelp
