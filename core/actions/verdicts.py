"""The record of verdicts: noted after every action that can change one, whoever acted and by which way."""

import logging
from datetime import datetime

from core.actions.gates import decide_on
from core.actions.workspace import Workspace
from core.store import features, verdict_changes

_LOG = logging.getLogger("readygate")


def note_verdict(workspace: Workspace, now: datetime, slug: str) -> None:
    """Judge the feature and note its verdict where it has changed; call it after the action's commit.

    The action is done by then, so a fault here is logged and not raised: the next action notes it.
    """
    try:
        with workspace.database.reading() as connection:
            feature = features.by_slug(connection, slug)
            decision = decide_on(workspace, connection, feature, now)
        with workspace.database.writing() as connection:
            verdict_changes.note(
                connection,
                feature.id,
                verdict=decision.verdict.value,
                is_draft=decision.bar.is_draft,
                now=now,
            )
    except Exception as error:
        # The message may quote uploaded text: only the kind of fault is kept.
        _LOG.error("the verdict of %s was not noted: %s", slug, type(error).__name__)
