"""The files of a demo feature, written as its tools and its reviewers would export them."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from core.demo.generator import Row, earlier_results, eval_results, failure_log, labels, traces
from core.demo.langfuse import observation_export, score_export, trace_export
from core.demo.runs import random_stream
from core.demo.stories import Story
from core.evidence.columns import Kind

ROWS_A_CHUNK = 5_000

LABEL_HEADINGS = {
    "run_id": "Run ID",
    "tool_right": "Tool right",
    "answer_right": "Answer right",
    "grounded": "Grounded",
    "hallucination": "Hallucination",
    "failure_type": "Failure type",
    "root_cause": "Root cause",
    "note": "Note",
    "reviewer": "Reviewer",
    "sampling": "Sampling",
    "labelled_at": "Labelled at",
}
"""The heading of each label column in a reviewer's sheet, in the order of the sheet."""

FAILURE_HEADINGS = {
    "run_id": "Run ID",
    "failure_type": "Failure Type",
    "root_cause": "Root Cause",
    "fix": "Fix",
    "owner": "Owner",
    "found_at": "Found at",
    "note": "Note",
}
"""The heading of each column of the failure log, in the order of the sheet."""


@dataclass(frozen=True)
class DemoFile:
    """A file and the release that it was made with."""

    name: str
    kind: Kind
    content: bytes
    release: str


def files_for(story: Story, now: datetime, seed: int) -> list[DemoFile]:
    """The story's traces, labels and failure log (sheets of the team) and eval results (JSON lines).

    Traces are one CSV of the team's own, or the three exports of Langfuse (JSON lines). The results of the
    release before come first: its team had them already.
    """
    slug, live = story.feature.slug, story.bundle.name
    sheet = _sheet(LABEL_HEADINGS, labels(story, now, seed))
    log = _sheet(FAILURE_HEADINGS, failure_log(story, now, seed))
    results = _json_lines(eval_results(story, now, seed))
    return [
        *_files_before(story, now, seed),
        *_trace_files(story, now, seed),
        DemoFile(f"{slug}-labels.csv", Kind.LABELS, sheet, live),
        DemoFile(f"{slug}-eval-results.jsonl", Kind.EVALS, results, live),
        DemoFile(f"{slug}-failures.csv", Kind.FAILURES, log, live),
    ]


def failures_in(file: DemoFile) -> list[tuple[str, str]]:
    """The run and the kind of every failure in a failure log, the newest last."""
    rows = csv.DictReader(io.StringIO(file.content.decode()))
    return [(row[FAILURE_HEADINGS["run_id"]], row[FAILURE_HEADINGS["failure_type"]]) for row in rows]


def _files_before(story: Story, now: datetime, seed: int) -> list[DemoFile]:
    earlier = story.bundle.earlier
    if earlier is None:
        return []
    results = _json_lines(earlier_results(story, now, seed))
    return [DemoFile(f"{story.feature.slug}-eval-results-before.jsonl", Kind.EVALS, results, earlier.name)]


def _trace_files(story: Story, now: datetime, seed: int) -> list[DemoFile]:
    slug, live, rows = story.feature.slug, story.bundle.name, traces(story, now, seed)
    if story.tracing == "own_log":
        return [DemoFile(f"{slug}-traces.csv", Kind.TRACES, b"".join(csv_chunks(rows)), live)]
    steps = observation_export(story, rows, random_stream(story, now, seed, "steps"))
    exports = {
        "traces": (Kind.TRACES, trace_export(story, rows)),
        "observations": (Kind.SPANS, steps),
        "scores": (Kind.SCORES, score_export(rows, now)),
    }
    return [
        DemoFile(f"{slug}-langfuse-{name}.jsonl", kind, _json_lines(lines), live)
        for name, (kind, lines) in exports.items()
    ]


def csv_chunks(rows: Iterable[Row]) -> Iterator[bytes]:
    """``rows``, which all have the keys of the first, as UTF-8 CSV in pieces of a few megabytes.

    Lists are written as JSON, booleans as true and false, a missing value as an empty cell.
    """
    remaining = iter(rows)
    chunk = list(islice(remaining, ROWS_A_CHUNK))
    header = list(chunk[0]) if chunk else []
    if header:
        yield _csv([header])
    while chunk:
        yield _csv([_cell(row[name]) for name in header] for row in chunk)
        chunk = list(islice(remaining, ROWS_A_CHUNK))


def _sheet(headings: Mapping[str, str], rows: Iterable[Row]) -> bytes:
    cells = ([_sheet_cell(row[name]) for name in headings] for row in rows)
    return _csv([list(headings.values())]) + _csv(cells)


def _json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def _cell(value: object) -> object:
    """Lists as JSON, booleans in JSON's words; the csv module writes the rest, None as nothing."""
    # By exact type, not isinstance: this runs for every cell, three million times in the benchmark.
    return json.dumps(value) if type(value) in (list, bool) else value


def _sheet_cell(value: object) -> object:
    """Reviewers write yes and no."""
    return ("yes" if value else "no") if isinstance(value, bool) else value
