"""DeepEval's run files, also without an ending: one record for each test case or conversation."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.peek import Peek

NAME = "deepeval.run"

_WRAPPER = "testRunData"
_LISTS = ("testCases", "conversationalTestCases")
_DUMPED = "test_results"
_STAMP = re.compile(r"(?<![0-9])([0-9]{8}_[0-9]{6})(?![0-9])")

_OF_RUN = (
    "identifier", "hyperparameters", "testPassed", "testFailed", "official", "datasetAlias", "datasetVersion",
)  # fmt: skip


def _fits(beginning: Peek) -> bool:
    is_run = any(
        beginning.has(f"{prefix}{one}[].metricsData")
        or beginning.has(f"{prefix}{one}", f"{prefix}metricsScores")
        for prefix in ("", f"{_WRAPPER}.")
        for one in _LISTS
    )
    return is_run or beginning.has(f"{_DUMPED}[].metrics_data")


def _records(opened: Opened) -> Records:
    places = [*(f"{prefix}{one}" for prefix in ("", f"{_WRAPPER}.") for one in _LISTS), _DUMPED]
    found = opened.json().around(places)
    inside = found.get(_WRAPPER)
    of_run = inside if isinstance(inside, dict) else found
    run: dict[str, Any] = {f"run.{name}": of_run[name] for name in _OF_RUN if of_run.get(name) is not None}
    run |= _of_name(opened.file_name, of_run)
    number = 0
    for place in places:
        for raw in opened.json().items_at(place):
            number += 1
            yield as_record(number, raw, run)


def _of_name(file_name: str, run: Mapping[str, Any]) -> dict[str, str]:
    """When the run began and what it is called: only the name of the file says when."""
    stamp = _STAMP.search(file_name)
    if stamp is None:
        return {}
    try:
        began = datetime.strptime(stamp[1], "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return {}
    identifier = run.get("identifier")
    named = [identifier] if isinstance(identifier, str) and identifier else []
    stem = PurePath(file_name).name.removesuffix(".json")
    return {"run.started_at": began.isoformat(), "run.name": " ".join([*named, stem])}


LAYOUT = Layout(NAME, _fits, _records)
