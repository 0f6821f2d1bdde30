"""How many people a phase reaches: counts and shares on one scale, as far as the plan says enough."""

from dataclasses import dataclass

from core.rollout.plan import Phase, PhasePlan

SMALL_SHARE = 0.05
"""Up to this share of users a mistake stays small (the 5 % rule)."""

SMALL_GROUP = 100
"""Up to so many people one can talk to each of them, whatever share of the users they are."""


@dataclass(frozen=True)
class Reach:
    """A phase's exposure from low to high: shares of all users (0-1) and people.

    Either pair is ``None`` where the plan does not say how many users there will be.
    """

    shares: tuple[float, float] | None
    people: tuple[float, float] | None

    @property
    def is_small(self) -> bool:
        """Whether it stays within the 5 % rule or within a group that one can talk to."""
        by_share = self.shares is not None and self.shares[1] <= SMALL_SHARE
        return by_share or (self.people is not None and self.people[1] <= SMALL_GROUP)


def reach(plan: PhasePlan, phase: Phase) -> Reach:
    """The phase's reach. More people than there are users count as everyone."""
    if phase.exposure_users is not None:
        low, high = phase.exposure_users
        shares = None if plan.users is None else (min(1.0, low / plan.users), min(1.0, high / plan.users))
        return Reach(shares, (float(low), float(high)))
    shares = phase.exposure_share
    if shares is None or plan.users is None:
        return Reach(shares, None)
    return Reach(shares, (shares[0] * plan.users, shares[1] * plan.users))


def growth(before: Reach, after: Reach) -> float | None:
    """How many times as many people ``after`` reaches at most; ``None`` where the two cannot be compared."""
    if before.shares is not None and after.shares is not None:
        return after.shares[1] / before.shares[1]
    if before.people is not None and after.people is not None:
        return after.people[1] / before.people[1]
    return None
