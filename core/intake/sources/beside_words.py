"""What the first step of a run is given beside the question, and gives back beside the answer."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.sources.foreign_cells import object_of
from core.intake.sources.run_facts import Facts

_GIVEN = ("channel",)
_GAVE = ("confidence", "abstained", "fallback", "escalated")
"""Names of columns: any other key is part of the question or of the answer."""

Place = tuple[str, Any]
"""What the user is shown (“inputs”), and what stands there."""


def beside_words(given: Place, gave: Place) -> Iterator[Place]:
    """What stands beside the words in what a run was ``given`` and in what it ``gave``, each by its place."""
    for (place, stated), wanted in ((given, _GIVEN), (gave, _GAVE)):
        found = object_of(stated)
        beside = {name: found[name] for name in wanted if isinstance(found.get(name), str | int | float)}
        if beside:
            yield place, beside


def facts_beside_words(facts: Facts, given: Place, gave: Place) -> Iterator[tuple[str, Mapping[str, str]]]:
    """The same as facts: the place, and canonical column -> cell."""
    for place, beside in beside_words(given, gave):
        yield place, facts.found(place, beside)
