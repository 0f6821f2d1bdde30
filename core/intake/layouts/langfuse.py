"""Answers of Langfuse's API: pages, ``{"data": […], "meta": {…}}``, and a dataset run with its items."""

import re
from typing import Any

from core.intake.json_rows import JsonStream
from core.intake.layouts.layout import Layout, Opened, Records, as_record
from core.intake.peek import Peek

PAGE, RUN = "langfuse.page", "langfuse.run"

_ROWS = (
    ("data[].traceId", "data[].startTime"),  # steps
    ("data[].htmlPath", "data[].timestamp"),  # traces
    ("data[].dataType", "data[].source"),  # scores
    ("data[].experimentItemId",),
    ("data[].datasetItemId",),
    ("data[].expectedOutput", "data[].status"),  # cases
)


def _fits(beginning: Peek) -> bool:
    is_page = "data[]" in beginning.paths or "data" in beginning.paths
    return is_page and "traceId" not in beginning.paths and any(beginning.has(*paths) for paths in _ROWS)


def _records(opened: Opened) -> Records:
    _tell_more(opened, opened.json())
    for number, raw in enumerate(opened.json().items_at("data"), start=1):
        yield as_record(number, raw)


def _tell_more(opened: Opened, stream: JsonStream) -> None:
    meta = stream.around({"data"}).get("meta")
    if isinstance(meta, dict) and (meta.get("cursor") or _number(meta, "page") < _number(meta, "totalPages")):
        opened.reading.notices.add(
            "more_pages",
            "The file is one page of Langfuse's API, and there are more. Fetch the other pages too, else the"
            " numbers are those of a part.",
        )


def _number(meta: dict[str, Any], name: str) -> int:
    stated = str(meta.get(name) or "0")
    return int(stated) if re.fullmatch(r"[0-9]{1,12}", stated) else 0


def _fits_run(beginning: Peek) -> bool:
    return beginning.has("datasetRunItems[].datasetItemId", "datasetRunItems[].traceId")


def _run_items(opened: Opened) -> Records:
    """Each item of a dataset run, with the name of the run where it does not say it itself."""
    run = opened.json().around({"datasetRunItems"})
    of_run = {"datasetRunId": run.get("id"), "datasetRunName": run.get("name")}
    around = {**of_run, "datasetName": run.get("datasetName")}
    for number, raw in enumerate(opened.json().items_at("datasetRunItems"), start=1):
        yield as_record(number, raw, around)


LAYOUTS = (Layout(PAGE, _fits, _records), Layout(RUN, _fits_run, _run_items))
