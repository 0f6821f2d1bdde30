"""The releases that the traces name, beside those that are registered."""

from dataclasses import dataclass
from datetime import datetime

from core.actions.workspace import Workspace
from core.rollout.releases import Releases
from core.store.database import Connection
from core.store.features import Feature
from core.store.seen_releases import by_model

MOST_SEEN = 50


@dataclass(frozen=True)
class SeenRelease:
    """What the traces say of one release: ``name`` is "" where they name none, as are the others.

    ``first`` and ``last`` are the moments of its first and last trace.
    """

    name: str
    model: str
    prompt_version: str
    traces: int
    first: datetime
    last: datetime
    is_registered: bool
    is_live: bool


def seen_releases(
    workspace: Workspace, connection: Connection, feature: Feature, releases: Releases
) -> tuple[SeenRelease, ...]:
    """The releases (with model and prompt version) of the traces, the newest first, ``MOST_SEEN`` at most."""
    live = releases.live
    return tuple(
        SeenRelease(
            name=name,
            model=model,
            prompt_version=prompt_version,
            traces=traces,
            first=first,
            last=last,
            is_registered=name in releases.names,
            is_live=live is not None and name == live.name,
        )
        for name, model, prompt_version, traces, first, last in by_model(
            workspace.warehouse, connection, feature, MOST_SEEN
        )
    )
