"""What has been measured that a plan can be held against; the linter only ever advises by it."""

from dataclasses import dataclass
from enum import StrEnum

from core.rollout.traffic import Traffic


class ConfidenceSeen(StrEnum):
    """What the traces say about the feature's own confidence."""

    NOT_STATED = "not stated"
    NOT_SHOWN = "not shown"
    USELESS = "useless"
    USABLE = "usable"


@dataclass(frozen=True)
class Seen:
    """``traffic`` is None where nothing was counted, ``confidence`` where no trace is there yet.

    ``too_close`` names the rows whose rate stands so close to their bar that cases alone settle nothing.
    ``over`` are the ids of the phases that have run, ``runs`` is the one that does.
    """

    traffic: Traffic | None = None
    confidence: ConfidenceSeen | None = None
    too_close: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    runs: str | None = None


NOTHING_SEEN = Seen()
