"""Which parts of a release an item or a threshold depends on: read from data, unless the item says it."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from core.criteria.checklist import NOTHING, AttestedItem, MeasuredItem
from core.criteria.stakes import FloorPart
from core.evidence.bundle_parts import BundlePart
from core.metrics.measurement import Source


class _Dependencies(BaseModel):
    """The file as it is written; a part that does not exist is a fault of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confidence_threshold: tuple[BundlePart, ...]
    eval_results: tuple[BundlePart, ...]
    other_questions: tuple[BundlePart, ...]
    metrics: Mapping[str, tuple[BundlePart, ...]]
    questions: Mapping[str, tuple[BundlePart, ...]]
    floor: Mapping[FloorPart, tuple[BundlePart, ...]]
    themes: Mapping[str, tuple[BundlePart, ...]]


DEPENDENCIES = _Dependencies.model_validate(
    tomllib.loads(files("core.criteria").joinpath("dependencies.toml").read_text(encoding="utf-8"))
)

THRESHOLD_PARTS = DEPENDENCIES.confidence_threshold
"""What a confidence threshold of the phase plan rests on: how sure the feature says it is."""


def parts_of(item: MeasuredItem | AttestedItem) -> tuple[BundlePart, ...]:
    """The parts of a release whose change makes what is known of ``item`` stale, in their order."""
    if item.depends_on:
        return _in_order(part for part in item.depends_on if part != NOTHING)
    if isinstance(item, MeasuredItem):
        of_the_set = DEPENDENCIES.eval_results if item.source is Source.EVAL else ()
        return _in_order((*DEPENDENCIES.metrics[item.metric], *of_the_set))
    return _in_order(_of_question(item))


def _of_question(item: AttestedItem) -> tuple[BundlePart, ...]:
    """A question is known by the item of a template that it is, by its part of the least, or by its theme."""
    if item.id in DEPENDENCIES.questions:
        return DEPENDENCIES.questions[item.id]
    if item.floor is not None:
        return DEPENDENCIES.floor[item.floor]
    for word in re.findall(r"\w+", item.theme.casefold()):
        for known in (word, word.removesuffix("s")):
            if known in DEPENDENCIES.themes:
                return DEPENDENCIES.themes[known]
    return DEPENDENCIES.other_questions


def _in_order(parts: Iterable[object]) -> tuple[BundlePart, ...]:
    named = set(parts)
    return tuple(part for part in BundlePart if part in named)
