"""Results of two suites are not taken for each other: neither in the place of each other nor unsaid."""

from io import BytesIO

import numpy as np
import pyarrow.parquet as pq

from core.errors import InvalidDocument
from core.evidence.columns import Kind
from core.intake.job import ReadOutcome
from core.store import case_sets, segments, uploads
from core.store.database import Connection
from core.store.features import Feature
from core.store.uploads import Upload


def require_own_results(
    connection: Connection, feature: Feature, upload: Upload, outcome: ReadOutcome
) -> None:
    """Refuse results that would stand in the place of those of another suite: the same eval run and the same
    cases, by their ids. Raises InvalidDocument; nothing of the file is stored."""
    if outcome.kind is not Kind.EVALS or upload.suite is None or outcome.updated_keys is None:
        return
    mine = np.load(outcome.updated_keys)
    for other in segments.of_other_suites(connection, feature.id, Kind.EVALS, upload.suite):
        count = int(np.isin(mine, segments.keys_of(connection, other.sha256)).sum())
        if count:
            name = uploads.by_id(connection, other.upload_id).file_name
            results = "1 result" if count == 1 else f"{count:,} results"
            raise InvalidDocument(
                f"{results} of this file would replace results of another suite, “{other.suite}” ({name}): "
                "they name the same eval run and the same cases. Nothing was saved.",
                mend="Give each suite's run an id of its own (eval_run_id), and other cases other ids. "
                "If both are one suite, hand both in under its name.",
            )


def shared_cases(
    connection: Connection, feature: Feature, upload: Upload, here: frozenset[str]
) -> list[dict[str, str]]:
    """That cases with results in this file (``here``) have results in another suite as well."""
    if upload.suite is None or not here:
        return []
    notices = []
    for suite, ids in sorted(_tested_elsewhere(connection, feature, upload.suite).items()):
        if count := len(here & ids):
            have = "1 case has the id of one" if count == 1 else f"{count:,} cases have the ids of some"
            sentence = (
                f"{have} in the suite “{suite}”: they count as the same cases, each once, with the mean of "
                "its results. If they are others, give them ids of their own."
            )
            notices.append({"code": "shared_cases", "sentence": sentence})
    return notices


def _tested_elsewhere(connection: Connection, feature: Feature, suite: str) -> dict[str, frozenset[str]]:
    """The ids of the cases with results in each other suite."""
    found: dict[str, frozenset[str]] = {}
    for other in segments.of_other_suites(connection, feature.id, Kind.EVALS, suite):
        content = pq.read_table(
            BytesIO(segments.content(connection, other.sha256)), columns=["case_id", "of_whole_suite"]
        )
        name = other.suite or ""
        found[name] = found.get(name, frozenset()) | case_sets.ids_of_cases(content)
    return found
