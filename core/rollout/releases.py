"""Releases of a feature at one moment: what is registered, what was live from when to when, what changed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from core.evidence.bundle_parts import BundlePart, PartChange
from core.metrics.measurement import ReleaseScope
from core.rollout.bundle import ReleaseBundle, changed_parts

__all__ = [
    "NOT_WRITTEN_DOWN",
    "NO_RELEASES",
    "LiveSpan",
    "PartChange",
    "Releases",
    "agrees",
    "changes",
    "version_words",
]

NOT_WRITTEN_DOWN = "not written down"


def version_words(bundle: ReleaseBundle, part: BundlePart) -> str:
    """A part by its version; by the beginning of its fingerprint where it has none."""
    held = bundle.part(part)
    if held.version:
        return held.version
    return f"contents {held.fingerprint[:8]}" if held.is_known else NOT_WRITTEN_DOWN


def changes(before: ReleaseBundle, after: ReleaseBundle) -> tuple[PartChange, ...]:
    """What is not the same in both bundles, part by part."""
    return tuple(
        PartChange(part, version_words(before, part), version_words(after, part))
        for part in changed_parts(before, after)
    )


@dataclass(frozen=True)
class LiveSpan:
    """A bundle that was live from ``since`` until ``until`` (None: it still is)."""

    bundle: ReleaseBundle
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Releases:
    """``spans`` are what was live, the oldest first; ``registered`` is the newest version of each name."""

    spans: tuple[LiveSpan, ...] = ()
    registered: Mapping[str, ReleaseBundle] | None = None

    @property
    def live(self) -> ReleaseBundle | None:
        return self.spans[-1].bundle if self.spans else None

    @property
    def names(self) -> Mapping[str, ReleaseBundle]:
        return self.registered or {}

    def scope(self, parts: Collection[BundlePart]) -> ReleaseScope | None:
        """The evidence that counts for what depends on ``parts``; None where no bundle was ever live.

        It is that of every release that agrees with the live one in all of these parts.
        """
        live = self.live
        if live is None:
            return None
        agreeing = sorted(name for name, one in self.names.items() if agrees(one, live, parts))
        times = [(span.since, span.until) for span in self.spans if agrees(span.bundle, live, parts)]
        return ReleaseScope(tuple(agreeing), _joined(times))

    def changed_at(self, part: BundlePart) -> datetime | None:
        """When the live version of ``part`` took the place of another one; None where it never did."""
        live = self.live
        since = None
        for span in reversed(self.spans):
            if live is None or not agrees(span.bundle, live, (part,)):
                return since
            since = span.since
        return None

    def then(self, bundle: ReleaseBundle, at: datetime) -> "Releases":
        """The releases as they would be if ``bundle`` went live ``at`` that moment."""
        ended = [
            LiveSpan(span.bundle, span.since, at if span.until is None else span.until) for span in self.spans
        ]
        return Releases((*ended, LiveSpan(bundle, at)), {**self.names, bundle.name: bundle})


NO_RELEASES = Releases()
"""What a feature has that nobody registered a release for."""


def agrees(one: ReleaseBundle, other: ReleaseBundle, parts: Collection[BundlePart]) -> bool:
    """Whether both bundles are the same in all of ``parts``."""
    return not set(changed_parts(one, other)) & set(parts)


def _joined(
    times: list[tuple[datetime, datetime | None]],
) -> tuple[tuple[datetime, datetime | None], ...]:
    """Times that follow each other without a gap as one."""
    joined: list[tuple[datetime, datetime | None]] = []
    for since, until in times:
        if joined and joined[-1][1] == since:
            joined[-1] = joined[-1][0], until
        else:
            joined.append((since, until))
    return tuple(one for one in joined if one[0] != one[1])
