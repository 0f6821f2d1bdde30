"""The overrulings of a feature as they stand at a moment, for the gate and for the permission gate."""

from datetime import datetime

from core.criteria.checklist import Tier
from core.decision.override import GivenOverride, OverrideLine, OverrideState, stand_overrides
from core.decision.sign_off import SignerList, SignOffs
from core.rollout.standing import Standing
from core.store import alarms, overrides
from core.store.database import Connection
from core.store.features import Feature


def held_overrides(
    connection: Connection,
    feature: Feature,
    offs: SignOffs,
    standing: Standing,
    people: SignerList,
    now: datetime,
) -> tuple[OverrideLine, ...]:
    """Each that was given by ``now``, the newest first."""
    given = overrides.of_feature(connection, feature.id)
    alarm = tripped_alarm(connection, feature, standing) if given else ""
    return stand_overrides(given, offs, standing, alarm, people, now)


def tripped_alarm(connection: Connection, feature: Feature, standing: Standing) -> str:
    """The alarm that rolls back and tripped in the current phase since it began; "" where none did."""
    phase, since = standing.rollout.phase, standing.rollout.entered
    if phase is None or since is None:
        return ""
    tripped = (
        one.sentence
        for one in alarms.of_feature(connection, feature.id)
        if (one.phase, one.tier) == (phase, Tier.ROLL_BACK) and one.noticed_at >= since
    )
    return next(tripped, "")


def overruled_words(connection: Connection, feature: Feature, standing: Standing, now: datetime) -> str:
    """Whether the current phase began on an overruling, or one waits to be used, in a sentence each."""
    given = [one for one in overrides.of_feature(connection, feature.id) if one.at <= now]
    began = [one for one in given if one.used_at is not None and one.used_at == standing.rollout.entered]
    told = [OverrideLine(one, OverrideState.USED).sentence for one in began]
    return ". ".join([*told, *(one.sentence for one in _open(given, now))])


def _open(given: list[GivenOverride], now: datetime) -> list[GivenOverride]:
    return [one for one in given if one.state(now) is OverrideState.HOLDS]
