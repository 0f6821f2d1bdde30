"""The test cases of sets that were handed in as files, read back as cases."""

from dataclasses import dataclass
from io import BytesIO

import pyarrow.parquet as pq
from sqlalchemy import Connection

from core.evidence.columns import CASE_COLUMNS, Kind
from core.evidence.eval_case import EvalCase, Part
from core.store import segments

PUBLISHED_HERE = "readygate"
"""The source of the uploads that sets locked here are published as."""

_NAMES = [column.name for column in CASE_COLUMNS]


@dataclass(frozen=True)
class HandedInCase:
    """A case of a file; ``part_word`` is the file's own word for its part."""

    case: EvalCase
    suite: str | None
    upload_id: str
    part_word: str | None


def of_feature(connection: Connection, feature_id: int) -> list[HandedInCase]:
    """The cases of all files that count, once each set and case: what a later file says replaces it."""
    found: dict[tuple[str, str], HandedInCase] = {}
    for segment in segments.live(connection, feature_id, Kind.CASES):
        if segment.source == PUBLISHED_HERE:
            continue
        content = BytesIO(segments.content(connection, segment.sha256))
        for row in pq.read_table(content, columns=_NAMES).to_pylist():
            suite = row["suite"] or segment.suite
            word = row["part"]
            found[suite or "", row["case_id"]] = HandedInCase(
                EvalCase(
                    case_id=row["case_id"],
                    query=row["query"] or "",
                    part=_part(word),
                    ground_truth=row["ground_truth"],
                    tools_expected=tuple(row["tools_expected"] or ()),
                    expected_behavior=row["expected_behavior"],
                    failure_observed=row["failure_observed"],
                    source_run_id=row["source_run_id"],
                    task_type=row["task_type"],
                    user_segment=row["user_segment"],
                    tags=tuple(row["tags"] or ()),
                ),
                suite,
                segment.upload_id,
                word,
            )
    return list(found.values())


def _part(word: str | None) -> Part:
    folded = (word or "").strip().casefold()
    return Part(folded) if folded in {part.value for part in Part} else Part.GOLD
