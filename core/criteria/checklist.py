"""The checklist: what must hold before the feature goes on, written by people, checked on entry."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    ValidationError,
    field_validator,
    model_serializer,
    model_validator,
)

from core.criteria.frameworks import TAGS
from core.criteria.stakes import FloorPart, Stakes
from core.errors import InvalidDocument
from core.evidence.bundle_parts import BundlePart
from core.evidence.columns import COLUMNS
from core.metrics.catalogue import CATALOGUE, Better, Metric, Shape, metric
from core.metrics.measurement import Slice, Source
from core.units import Unit, write


class Tier(StrEnum):
    """What a failing item does."""

    ROLL_BACK = "roll_back"
    PAUSE = "pause"
    BLOCKS = "blocks"
    ADVISORY = "advisory"


class Direction(StrEnum):
    ABOVE = "above"
    BELOW = "below"


_LATER = ("owner_role", "frameworks", "floor", "mechanisms", "look_at", "depends_on")
"""Fields that came after the first documents."""

NOTHING = "nothing"
"""What an item depends on that no change of a release makes stale."""


class _Item(BaseModel):
    """What measured and attested items share; text fields are the PM's own words.

    ``owner_role`` is who usually answers for such an item ("Legal"), before somebody is named.
    ``frameworks`` are tags of core.criteria.frameworks; ``floor`` is the part of the least that
    every checklist keeps which this item is there for. ``depends_on`` are the parts of the release whose
    change makes the item stale, where they are not those of core.criteria.dependencies.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    sentence: Annotated[str, Field(max_length=300)] = ""
    tier: Tier = Tier.BLOCKS
    theme: Annotated[str, Field(max_length=80)] = ""
    owner: Annotated[str, Field(max_length=120)] = ""
    threshold_source: Annotated[str, Field(max_length=500)] = ""
    when_it_fails: Annotated[str, Field(max_length=500)] = ""
    good_evidence: Annotated[str, Field(max_length=500)] = ""
    valid_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    owner_role: Annotated[str, Field(max_length=80)] = ""
    frameworks: Annotated[tuple[str, ...], Field(max_length=len(TAGS))] = ()
    floor: FloorPart | None = None
    depends_on: Annotated[tuple[BundlePart | Literal["nothing"], ...], Field(max_length=8)] = ()

    @field_validator("depends_on")
    @classmethod
    def _nothing_stands_alone(
        cls, parts: tuple[BundlePart | Literal["nothing"], ...]
    ) -> tuple[BundlePart | Literal["nothing"], ...]:
        if NOTHING in parts and len(parts) > 1:
            raise ValueError("“nothing” stands alone: name parts of the release, or nothing")
        return tuple(part for part in (*BundlePart, NOTHING) if part in parts)

    @field_validator("frameworks")
    @classmethod
    def _tags_are_known(cls, tags: tuple[str, ...]) -> tuple[str, ...]:
        for tag in tags:
            if tag not in TAGS:
                raise ValueError(f"There is no framework tag “{tag}”. Choose from: {', '.join(TAGS)}.")
        return tuple(tag for tag in TAGS if tag in tags)

    @model_serializer(mode="wrap")
    def _as_ever(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A later field is written only where it says something: older documents keep their fingerprint."""
        body: dict[str, Any] = handler(self)
        return {name: value for name, value in body.items() if value or name not in _LATER}

    @property
    def decides(self) -> bool:
        """Whether the item counts in the verdict; advisory items are shown and never decide."""
        return self.tier is not Tier.ADVISORY


class MeasuredItem(_Item):
    """A criterion: the evidence must show the metric above (or below) the bar.

    ``bar`` is in the metric's base unit (share 0-1, ms). ``count`` is set for "none in the first
    so many traces" only, where it takes the bar's place. ``valid_days`` is how old the newest
    evidence may be.
    """

    kind: Literal["measured"] = "measured"
    metric: str
    source: Source
    direction: Direction = Direction.ABOVE
    bar: Annotated[float, Field(allow_inf_nan=False)] | None = None
    count: Annotated[int, Field(ge=1, le=100_000)] | None = None
    minimum_n: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    window_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    slice: dict[str, str] = {}
    protected: bool = False

    @model_validator(mode="before")
    @classmethod
    def _take_the_good_side(cls, body: Any) -> Any:
        """An item that does not say its direction takes the good side of its metric."""
        if isinstance(body, dict) and "direction" not in body and body.get("metric") in CATALOGUE:
            return {**body, "direction": _good_side(CATALOGUE[body["metric"]]).value}
        return body

    @model_validator(mode="after")
    def _is_measurable(self) -> "MeasuredItem":
        asked = _known(self.metric)
        sources = [reading.source for reading in asked.readings]
        if self.source not in sources:
            raise ValueError(f"{asked.label} takes the sources {', '.join(sources)}, not “{self.source}”.")
        _check_direction(self, asked)
        _check_bar(self, asked)
        _check_slice(self, asked)
        return self

    @property
    def limit(self) -> float:
        """The bar of an item that has one; items that count the first traces do not."""
        if self.bar is None:
            raise ValueError(f"item {self.id} has no bar")
        return self.bar

    @property
    def first(self) -> int:
        """How many of the first traces must be clean, for an item that counts them."""
        if self.count is None:
            raise ValueError(f"item {self.id} has no count")
        return self.count

    @property
    def slice_of(self) -> Slice:
        return Slice.of(self.slice)


class AttestedItem(_Item):
    """An item that a person answers with yes or no, a reason and a link.

    ``valid_days`` is how long an answer holds. ``mechanisms`` is set where the item demands that so
    many of the five protective mechanisms of the phase plan are on. ``look_at`` is the place where
    the app works out what helps to answer: a section of Health, or the Evidence, Failures or Release page.
    """

    kind: Literal["attested"] = "attested"
    sentence: Annotated[str, Field(min_length=1, max_length=300)]
    mechanisms: Annotated[int, Field(ge=1, le=5)] | None = None
    look_at: Literal["discovery", "trend", "cost", "evidence", "failures", "release"] | None = None


Item = Annotated[MeasuredItem | AttestedItem, Field(discriminator="kind")]


class Checklist(BaseModel):
    """The definition of ready. Its stakes are part of it: they set how strong evidence must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: str = ""
    stakes: Stakes = Stakes.MEDIUM
    items: tuple[Item, ...] = ()

    @field_validator("items")
    @classmethod
    def _ids_are_unique(cls, items: tuple[MeasuredItem | AttestedItem, ...]) -> tuple[Item, ...]:
        seen: set[str] = set()
        for item in items:
            if item.id in seen:
                raise ValueError(f"Two items have the id “{item.id}”. Give each its own.")
            seen.add(item.id)
        return items

    def item(self, item_id: str) -> MeasuredItem | AttestedItem | None:
        return next((item for item in self.items if item.id == item_id), None)


def read_checklist(body: Any) -> Checklist:
    """The checklist in ``body`` (from a form, a file or the store), or :class:`InvalidDocument`."""
    try:
        return Checklist.model_validate(body)
    except ValidationError as error:
        raise InvalidDocument(f"The checklist cannot be used: {explain(error)}") from error


_PLAIN = {
    "extra_forbidden": "there is no such field",
    "missing": "this is missing",
    "model_type": "this must be a table of fields",
    "dict_type": "this must be a table of fields",
    "tuple_type": "this must be a list",
    "union_tag_not_found": "“kind” is missing: measured or attested",
    "union_tag_invalid": "“kind” must be measured or attested",
    "float_type": "this must be a number",
    "float_parsing": "this must be a number",
    "finite_number": "this must be a number",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "int_from_float": "this must be a whole number",
    "string_type": "this must be text",
    "string_too_short": "this must not be blank",
    "string_pattern_mismatch": "use small letters, digits, “-” and “_” only, at most 64 of them",
}
"""Words of our own where the validator's own are for programmers, by its type of fault."""


def explain(error: ValidationError) -> str:
    """The first faults of a Pydantic error as sentences: where, what, which value."""
    sentences = []
    for fault in error.errors(include_url=False)[:3]:
        place = " › ".join(_place(part) for part in fault["loc"] if part not in ("measured", "attested"))
        words = fault_words(fault)
        given = "" if isinstance(fault["input"], dict | list) else f" (given: {str(fault['input'])[:80]!r})"
        sentences.append(f"{place}: {words}{given}." if place else f"{words}.")
    return " ".join(sentences)


def fault_words(fault: Mapping[str, Any]) -> str:
    """One fault of a Pydantic error in plain words, without its place and without a full stop."""
    words = _PLAIN.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
    return words.replace("Input should", "this must").replace("String should", "this must")


def _place(part: int | str) -> str:
    return f"item {part + 1}" if isinstance(part, int) else str(part)


def _known(metric_id: str) -> Metric:
    try:
        return metric(metric_id)
    except InvalidDocument as error:
        raise ValueError(str(error)) from error


_FINEST = {Unit.SHARE: 0.001, Unit.MILLISECONDS: 10.0, Unit.USD: 0.0001, Unit.COUNT: 1.0}
"""The finest step of a bar: what :func:`core.units.write` shows, so that no bar moves unseen."""


def _check_direction(item: MeasuredItem, asked: Metric) -> None:
    if item.direction is not _good_side(asked):
        raise ValueError(f"{asked.label} must stay {_good_side(asked)} its bar: set the direction to that.")


def _good_side(asked: Metric) -> Direction:
    return Direction.ABOVE if asked.better is Better.HIGHER else Direction.BELOW


def _check_bar(item: MeasuredItem, asked: Metric) -> None:
    if asked.shape is Shape.NONE_IN_FIRST:
        if item.count is None:
            raise ValueError(f"{asked.label} needs “count”: how many of the first traces must be clean.")
        if item.bar is not None:
            raise ValueError(f"{asked.label} has no bar beside “count”: leave the bar out.")
        if item.window_days is not None or item.minimum_n:
            # A window that slides would in the end show a clean stretch of any feature.
            raise ValueError(
                f"{asked.label} counts from the lock on: leave “window_days” and “minimum_n” out."
            )
        return
    if item.count is not None:
        raise ValueError(f"{asked.label} has a bar; “count” is only for the first traces: leave it out.")
    if item.bar is None:
        raise ValueError(f"{asked.label} needs a bar.")
    if fault := bar_fault(item.bar, asked):
        is_share = asked.unit is Unit.SHARE and not 0 < item.bar < 1
        raise ValueError(fault.rstrip(".") + "; a file says 0.9 for 90 %." if is_share else fault)


def bar_fault(bar: float, asked: Metric) -> str:
    """Why ``bar``, in the metric's base unit, can be no bar of it, in a sentence; "" where it can."""
    if asked.unit is Unit.SHARE and not 0 < bar < 1:
        return "The bar must be above 0 % and below 100 %, which can never be shown."
    if bar <= 0:
        return "The bar must be above 0."
    step = _FINEST[asked.unit]
    if abs(bar / step - round(bar / step)) > 1e-6:
        return f"The bar is finer than the pages show: use steps of {write(step, asked.unit)}."
    return ""


def _check_slice(item: MeasuredItem, asked: Metric) -> None:
    relation = asked.reading(item.source).relation
    kind = relation.rows
    known = {column.name: column for column in COLUMNS[kind]}
    for name in item.slice:
        if name not in known:
            raise ValueError(f"The slice names “{name}”, which {kind} do not have.")
        if not known[name].can_slice:
            raise ValueError(f"The slice names “{name}”, which holds no words; name a column that does.")
