"""The demo files read back as the rows that were generated."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from core.demo.files import csv_chunks, files_for
from core.demo.generator import eval_results, labels, traces
from core.demo.stories import Story, load_stories
from core.evidence.columns import COLUMNS, Kind, fold

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
SEED = 2026

each_story = pytest.mark.parametrize("story", load_stories(), ids=lambda story: story.feature.slug)


def read_csv(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@each_story
def test_three_files_that_hold_every_row(story: Story) -> None:
    slug = story.feature.slug
    files = files_for(story, NOW, SEED)
    assert [(file.name, file.kind) for file in files] == [
        (f"{slug}-traces.csv", Kind.TRACES),
        (f"{slug}-labels.csv", Kind.LABELS),
        (f"{slug}-eval-results.jsonl", Kind.EVALS),
    ]
    trace_rows, label_rows = read_csv(files[0].content), read_csv(files[1].content)
    eval_rows = [json.loads(line) for line in files[2].content.decode().splitlines()]
    assert [row["query"] for row in trace_rows] == [row["query"] for row in traces(story, NOW, SEED)]
    assert [row["Run ID"] for row in label_rows] == [row["run_id"] for row in labels(story, NOW, SEED)]
    assert eval_rows == eval_results(story, NOW, SEED)


@each_story
def test_the_reviewers_sheet_has_headings_and_words_a_person_would_write(story: Story) -> None:
    rows = read_csv(files_for(story, NOW, SEED)[1].content)
    spellings = {fold(column.name) for column in COLUMNS[Kind.LABELS]}
    assert {fold(heading) for heading in rows[0]} <= spellings
    assert {row["Answer right"] for row in rows} == {"yes", "no"}


def test_cells_are_written_as_documented() -> None:
    row = {
        "list": ["a", "b"],
        "flag": True,
        "other": False,
        "missing": None,
        "text": 'x, "y"\nz',
        "number": 1.5,
    }
    assert b"".join(csv_chunks([row])) == (
        b'list,flag,other,missing,text,number\n"[""a"", ""b""]",true,false,,"x, ""y""\nz",1.5\n'
    )


def test_no_rows_make_an_empty_file() -> None:
    assert list(csv_chunks([])) == []
