"""LangSmith's documents: a page of runs, experiments with the runs inside their examples, uploaded ones."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.intake.formats import Format
from core.intake.json_values import lenient
from core.intake.layouts.layout import WHOLE_BYTES, Layout, Opened, Record, Records, refused
from core.intake.peek import Peek, peek

RUNS, EXPERIMENT, UPLOAD = "langsmith.runs", "langsmith.experiment", "langsmith.upload"

_HOLDERS = ("", "[].", "data[].", "items[].", "examples[].", "results[].")
_OF_RUN = ("id", "run_type", "outputs", "start_time", "trace_id")
_AROUND_RESULTS = (
    "experiment_id", "experiment_name", "experiment_metadata", "experiment_start_time", "dataset_id",
    "dataset_name",
)  # fmt: skip


def _fits_runs(beginning: Peek) -> bool:
    return beginning.has("runs[].run_type") and not beginning.has("inputs")


def _runs(opened: Opened) -> Records:
    """The runs of one page after the other."""
    for number, found in enumerate(_listed_runs(opened), start=1):
        yield _record(number, found)


def _listed_runs(opened: Opened) -> Iterator[Any]:
    if opened.sniffed.format in (Format.JSON_LINES, Format.JSON_SEQUENCE):
        for raw in opened.json().sequence():
            page = _value(raw)
            _tell_more(opened, page)
            listed = page.get("runs") if isinstance(page, dict) else None
            yield from listed if isinstance(listed, list) else [page]
        return
    if opened.path.stat().st_size <= WHOLE_BYTES:
        _tell_more(opened, opened.json().around({"runs"}))
    yield from map(_value, opened.json().items_at("runs"))


def _tell_more(opened: Opened, page: Any) -> None:
    cursors = page.get("cursors") if isinstance(page, dict) else None
    if isinstance(cursors, dict) and cursors.get("next"):
        opened.reading.notices.add(
            "more_pages",
            "The file is one page of an answer that goes on: LangSmith gives 100 runs at a time. Fetch the"
            " other pages too, until there is no next one.",
        )


def _fits_experiment(beginning: Peek) -> bool:
    return _holder(beginning) is not None


def _holder(beginning: Peek) -> str | None:
    """What stands before the fields of an example that holds its runs; None where there is none."""
    for holder in _HOLDERS:
        if beginning.has(f"{holder}inputs", f"{holder}runs") and any(
            f"{holder}runs[].{name}" in beginning.paths for name in _OF_RUN
        ):
            return holder
    return None


def _experiment(opened: Opened) -> Records:
    """Each run with the example that it is a result of; an example without runs alone."""
    place = (_holder(peek(opened.path, opened.file_name, opened.sniffed)) or "").removesuffix("[].")
    number = 0
    for raw in _raw_examples(opened, place):
        example = _value(raw)
        if not isinstance(example, dict):
            number += 1
            yield _record(number, example)
            continue
        listed = example.get("runs")
        runs = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
        for run in runs or [{}]:
            number += 1
            yield number, {**_of_example(example), **{name: run[name] for name in run if name != "inputs"}}


def _raw_examples(opened: Opened, place: str) -> Iterator[str]:
    if place:
        return opened.json().items_at(place)
    if opened.sniffed.format is Format.JSON_LIST:
        return opened.json().items()
    return opened.json().sequence()


def _of_example(example: Mapping[str, Any]) -> dict[str, Any]:
    """The example's own fields under names that no run has."""
    return {
        "example_id": example.get("id"),
        "inputs": example.get("inputs"),
        "reference_outputs": example.get("outputs"),
        "example_metadata": example.get("metadata"),
    }


def _fits_upload(beginning: Peek) -> bool:
    results = {"actual_outputs", "evaluation_scores", "expected_outputs"}
    return beginning.has("results[].row_id") and any(
        f"results[].{name}" in beginning.paths for name in results
    )


def _upload(opened: Opened) -> Records:
    """Each result with the name of its experiment and of its data set."""
    around = opened.json().around({"results"})
    beside = {name: around[name] for name in _AROUND_RESULTS if name in around}
    for number, raw in enumerate(opened.json().items_at("results"), start=1):
        found = _value(raw)
        if isinstance(found, dict):
            yield number, {**found, **beside}
        else:
            yield _record(number, found)


def _value(raw: str) -> Any:
    """The value of ``raw``; the text itself where it is none."""
    try:
        return lenient(raw)
    except (ValueError, RecursionError):
        return raw


def _record(number: int, found: Any) -> Record:
    if isinstance(found, dict):
        return number, found
    return refused(number, str(found))


LAYOUTS = (
    Layout(UPLOAD, _fits_upload, _upload),
    Layout(EXPERIMENT, _fits_experiment, _experiment),
    Layout(RUNS, _fits_runs, _runs),
)
