"""What a decision knows of the live release: which it is, since when, and what it still owes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.criteria.left_out import day_words, release_words
from core.decision.conditions import Condition
from core.evidence.bundle_parts import BundlePart
from core.rollout.releases import NO_RELEASES, Releases, version_words

SEEN_DAYS = 7
"""So many days of traces are looked at for the release that they name."""

MOST_OTHERS = 0.1
"""More than this share of the traces that name a release may not name another than the live one."""

NO_BUNDLE = "No release bundle is live: say on the Release page what ships."


@dataclass(frozen=True)
class NamedByTraces:
    """What the newest traces name: ``naming`` of them name a release, and ``others`` of these one that is not
    the live one, most of them ``commonest``."""

    naming: int = 0
    others: int = 0
    commonest: str = ""

    @property
    def is_another(self) -> bool:
        return self.others > MOST_OTHERS * self.naming


@dataclass(frozen=True)
class ReleaseFacts:
    """The ``releases`` as of the decision; ``since`` is when the live one went live.

    ``regressions``, ``rollback`` and ``red_team`` are conditions of their own, None where there is nothing
    to say. ``hands`` are the people who wrote the live bundle or put it live.
    """

    releases: Releases = field(default=NO_RELEASES, hash=False)
    since: datetime | None = None
    named: NamedByTraces = NamedByTraces()
    regressions: Condition | None = None
    rollback: Condition | None = None
    red_team: Condition | None = None
    hands: frozenset[int] = frozenset()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What must hold of the release before the feature may go on."""
        found = (self._is_live(), self.regressions, self.rollback, self.red_team)
        return tuple(one for one in found if one is not None)

    @property
    def as_statement(self) -> Mapping[str, Any] | None:
        """The live release as a signature names it; None where none is live."""
        live = self.releases.live
        if live is None:
            return None
        parts = {
            part.value: {"version": version_words(live, part), "fingerprint": live.part(part).fingerprint}
            for part in BundlePart
        }
        return {"name": live.name, "sha256": live.sha256, "parts": parts}

    def _is_live(self) -> Condition:
        live, named = self.releases.live, self.named
        if live is None or self.since is None:
            return Condition("release", False, NO_BUNDLE)
        name = release_words(live.name)
        name = name[:1].upper() + name[1:]
        if named.is_another:
            return Condition(
                "release",
                False,
                f"{named.others:,} of the {named.naming:,} newest traces that name a release name another "
                f"than {live.name}, most of them “{named.commonest}”: say on the Release page what is live.",
            )
        return Condition("release", True, f"{name} is live since {day_words(self.since)}.")
