"""The phase plan: the steps of a rollout with their guardrails, written by people, checked on entry."""

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from core.criteria.checklist import Direction, MeasuredItem, Tier, explain
from core.errors import InvalidDocument
from core.metrics.catalogue import CATALOGUE, Better, Metric, Shape, metric
from core.metrics.measurement import Source
from core.units import Unit, write

MINIMUM_DAYS = 7
"""How long a phase runs at least, where nobody says otherwise."""

MOST_PHASES = 12

_FINEST_SHARE = 0.001
"""The finest step of a share: what :func:`core.units.write` shows, so that nothing moves unseen."""
_CENT = 0.01
_MOST_USD = 10_000_000
_LATER = frozenset({"spend_user_day", "spend_day"})
"""Fields of a phase that came after plans had been signed."""
_FINEST = {Unit.SHARE: _FINEST_SHARE, Unit.MILLISECONDS: 10.0, Unit.USD: 0.0001, Unit.COUNT: 1.0}


def _no_yes(value: Any) -> Any:
    """``true`` is no number: review_share = true would quietly mean 100 %."""
    parts = value if isinstance(value, list | tuple) else [value]
    if any(isinstance(part, bool) for part in parts):
        raise ValueError("this must be a number, not yes or no")
    return value


Number = BeforeValidator(_no_yes)
Words = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(max_length=120)]


class Fallback(StrEnum):
    """What happens to an answer whose confidence is under the threshold."""

    NON_AI = "non_ai"
    ASK_USER = "ask_user"
    FLAG = "flag"


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class EarlyWarning(_Written):
    """What is watched all the time: when the metric is on the wrong side of ``bar``, ``tier`` acts.

    ``bar`` is in the metric's base unit (share 0-1, ms); ``source`` is ``None`` for any source;
    ``window`` says in words how quickly it must be noticed ("within a day"). Of a rate that should be low a
    ``bar`` of 0 is a tripwire: a single case trips it.
    """

    metric: str
    source: Source | None = None
    direction: Direction = Direction.BELOW
    bar: Annotated[float, Field(allow_inf_nan=False), Number]
    window: Name = ""
    tier: Tier = Tier.PAUSE

    @model_validator(mode="before")
    @classmethod
    def _take_the_bad_side(cls, body: Any) -> Any:
        """A warning that does not say its direction takes the bad side of its metric."""
        if isinstance(body, dict) and "direction" not in body and body.get("metric") in CATALOGUE:
            return {**body, "direction": _bad_side(CATALOGUE[body["metric"]]).value}
        return body

    @model_validator(mode="after")
    def _can_be_watched(self) -> "EarlyWarning":
        try:
            asked = metric(self.metric)
        except InvalidDocument as error:
            raise ValueError(str(error)) from error
        sources = [reading.source for reading in asked.readings]
        if asked.shape is Shape.NONE_IN_FIRST:
            raise ValueError(f"{asked.label} cannot be watched all the time: choose a rate or a time.")
        if self.source is not None and self.source not in sources:
            raise ValueError(f"{asked.label} takes the sources {', '.join(sources)}, not “{self.source}”.")
        if self.direction is not _bad_side(asked):
            raise ValueError(
                f"A warning about {asked.label} trips {_bad_side(asked)} its bar: set the direction to that."
            )
        if self.tier is Tier.BLOCKS:
            raise ValueError("An early warning rolls back, pauses, or is advisory; “blocks” is for items.")
        _check_bar(self.bar, asked)
        return self


class Phase(_Written):
    """One step of the rollout: who gets the feature, and what keeps them safe.

    Exposure is a count of people or a share of all users (0-1), each from low to high.
    ``confidence_threshold`` and ``review_share`` are shares; ``rate_limit`` is requests a day for
    each user. ``spend_user_day`` and ``spend_day`` are US dollars: the first day (UTC) on which one
    user, or all of them, cost so much pauses the rollout; ``None`` watches nothing. ``criteria`` are
    ids of checklist items and ``bars`` are bars of the phase's own; with neither, the checklist's
    deciding rows are what the phase must show.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=80)]
    segment: Words = ""
    why_forgiving: Words = ""
    exposure_users: Annotated[tuple[int, int] | None, Number] = None
    exposure_share: Annotated[tuple[float, float] | None, Number] = None
    tasks: Words = ""
    confidence_threshold: Annotated[float, Field(allow_inf_nan=False), Number] | None = None
    fallback: Fallback | None = None
    review_share: Annotated[float, Field(allow_inf_nan=False), Number] = 0.0
    rate_limit: Annotated[int, Field(ge=1, le=1_000_000), Number] | None = None
    spend_user_day: Annotated[float, Field(allow_inf_nan=False), Number] | None = None
    spend_day: Annotated[float, Field(allow_inf_nan=False), Number] | None = None
    transparency: Words = ""
    feedback_button: bool = False
    monitoring: Words = ""
    criteria: tuple[str, ...] = ()
    bars: tuple[MeasuredItem, ...] = ()
    warnings: tuple[EarlyWarning, ...] = ()
    minimum_days: Annotated[int, Field(ge=1, le=365), Number] | None = MINIMUM_DAYS
    owner: Name = ""

    @field_validator("confidence_threshold")
    @classmethod
    def _threshold_is_a_share(cls, threshold: float | None) -> float | None:
        if threshold is not None:
            if not 0 < threshold < 1:
                raise ValueError("The threshold is between 0 % and 100 %; a file says 0.95 for 95 %.")
            _check_step(threshold, "The threshold")
        return threshold

    @field_validator("review_share")
    @classmethod
    def _review_is_a_share(cls, share: float) -> float:
        if not 0 <= share <= 1:
            raise ValueError("The reviewed share is from 0 % to 100 %; a file says 0.05 for 5 %.")
        _check_step(share, "The reviewed share")
        return share

    @field_validator("spend_user_day", "spend_day")
    @classmethod
    def _spend_is_dollars(cls, usd: float | None) -> float | None:
        if usd is not None:
            if not 0 < usd <= _MOST_USD:
                raise ValueError(
                    f"The spend that pauses is above $0 and at most {write(_MOST_USD, Unit.USD)} a day."
                )
            if not _is_whole(usd / _CENT):
                raise ValueError("The spend that pauses is finer than the pages show: use whole cents.")
        return usd

    @field_validator("exposure_users")
    @classmethod
    def _people_can_be_counted(cls, users: tuple[int, int] | None) -> tuple[int, int] | None:
        if users is not None and not 1 <= users[0] <= users[1]:
            raise ValueError(
                "The number of people goes from a low to a high that is not below it, 1 or more."
            )
        return users

    @field_validator("exposure_share")
    @classmethod
    def _exposure_is_a_share(cls, shares: tuple[float, float] | None) -> tuple[float, float] | None:
        if shares is not None:
            if not 0 < shares[0] <= shares[1] <= 1:
                raise ValueError(
                    "The share of users goes from a low above 0 % to a high of at most 100 %; "
                    "a file says [0.01, 0.05] for 1 to 5 %."
                )
            for share in shares:
                _check_step(share, "The share of users")
        return shares

    @model_validator(mode="after")
    def _has_one_exposure(self) -> "Phase":
        if (self.exposure_users is None) == (self.exposure_share is None):
            raise ValueError("Say the exposure once: exposure_users or exposure_share.")
        ids = [*self.criteria, *(bar.id for bar in self.bars)]
        if len(set(ids)) != len(ids):
            raise ValueError("A success criterion is named twice.")
        return self

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A later field is written only where it says something: older plans keep their fingerprint."""
        body: dict[str, Any] = handler(self)
        return {name: value for name, value in body.items() if value is not None or name not in _LATER}

    @property
    def is_for_everyone(self) -> bool:
        return self.exposure_share is not None and self.exposure_share[1] == 1


class PhasePlan(_Written):
    """The steps from the first users to everyone.

    ``owner`` decides where a phase names nobody. ``requests_per_day`` and ``users`` are what is
    expected once everyone has the feature; they turn shares into cases, and people into shares.
    """

    template: Name = ""
    owner: Name = ""
    requests_per_day: Annotated[int, Field(ge=1, le=1_000_000_000), Number] | None = None
    users: Annotated[int, Field(ge=1, le=1_000_000_000), Number] | None = None
    phases: tuple[Phase, ...] = ()

    @field_validator("phases")
    @classmethod
    def _ids_are_unique(cls, phases: tuple[Phase, ...]) -> tuple[Phase, ...]:
        if len(phases) > MOST_PHASES:
            raise ValueError(f"A plan has at most {MOST_PHASES} phases; this one has {len(phases)}.")
        seen: set[str] = set()
        for phase in phases:
            if phase.id in seen:
                raise ValueError(f"Two phases have the id “{phase.id}”. Give each its own.")
            seen.add(phase.id)
        return phases

    def phase(self, phase_id: str) -> Phase | None:
        return next((phase for phase in self.phases if phase.id == phase_id), None)


def read_plan(body: Any) -> PhasePlan:
    """The plan in ``body`` (from a form, a file or the store), or :class:`InvalidDocument`."""
    try:
        return PhasePlan.model_validate(body)
    except ValidationError as error:
        # "phases › item 2" is the second phase, "warnings › item 1" its first early warning.
        words = re.sub(r"\b(phase|warning|bar)s › item (\d+)", r"\1 \2", explain(error))
        raise InvalidDocument(f"The phase plan cannot be used: {words}") from error


def _bad_side(asked: Metric) -> Direction:
    return Direction.BELOW if asked.better is Better.HIGHER else Direction.ABOVE


def _check_bar(bar: float, asked: Metric) -> None:
    if bar == 0 and asked.shape is Shape.RATE and asked.better is Better.LOWER:
        return
    if asked.unit is Unit.SHARE and not 0 < bar < 1:
        raise ValueError("The bar of a warning must be above 0 % and below 100 %; a file says 0.85 for 85 %.")
    if bar <= 0:
        raise ValueError("The bar of a warning must be above 0.")
    step = _FINEST[asked.unit]
    if not _is_whole(bar / step):
        in_ms = "; a file says 8000 for 8 seconds" if asked.unit is Unit.MILLISECONDS else ""
        steps = write(step, asked.unit)
        raise ValueError(f"The bar of a warning is finer than the pages show: use steps of {steps}{in_ms}.")


def _check_step(share: float, what: str) -> None:
    if not _is_whole(share / _FINEST_SHARE):
        raise ValueError(f"{what} is finer than the pages show: use steps of 0.1 %.")


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) <= 1e-6
