"""What merged traces and completed eval results follow from, as fingerprints: the names under which they
are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import RUN_KINDS, Kind
from core.intake.pass_rule import PassRule
from core.store import results_sql, runs_sql, segments, uploads
from core.store.features import Feature


@dataclass(frozen=True)
class State:
    """The fingerprint of the merged traces (``runs``) and of the completed eval ``results``; None where they
    are asked as they were filed. ``named`` are the runs that eval results came from."""

    runs: str | None
    results: str | None
    named: pa.Table


def state_of(connection: Connection, feature: Feature, named: pa.Table) -> State:
    """Where nothing but traces is there, and no eval result names one, nothing has to be merged; without
    any run there is nothing to complete results with."""
    runs = _of_runs(connection, feature, named)
    if runs is None or not named.num_rows:
        return State(runs, None, named)
    rules = {upload_id: rule.model_dump() for upload_id, rule in pass_rules(connection, feature).items()}
    parts, gone = _parts(connection, feature, Kind.EVALS)
    results = fingerprints.of_document([results_sql.completed(True), runs, rules, parts, gone])
    return State(runs, results, named)


def experiment_runs(named: pa.Table) -> pa.Table:
    """The keys of the runs among those ``named`` that were made to test the feature."""
    return named.filter(named.column("is_test")).select(["key"])


def pass_rules(connection: Connection, feature: Feature) -> Mapping[str, PassRule]:
    """The pass rules of the uploads that left it to the scores of their runs what passed, by upload."""
    found = [(one.id, one.report or {}) for one in uploads.of_feature(connection, feature.id)]
    return {
        upload_id: PassRule.model_validate(report["pass_rule"])
        for upload_id, report in found
        if report.get("scored_elsewhere") and report.get("pass_rule")
    }


def _of_runs(connection: Connection, feature: Feature, named: pa.Table) -> str | None:
    parts, gone = _parts(connection, feature, *RUN_KINDS)
    if not parts or (all(part[0] == Kind.TRACES for part in parts) and not named.num_rows):
        return None
    rules = [*runs_sql.statements(True, True, True), runs_sql.merged(True, True)]
    tests = experiment_runs(named).column("key").to_numpy().tobytes()
    return fingerprints.of_document([rules, parts, gone, fingerprints.of_bytes(tests)])


def _parts(connection: Connection, feature: Feature, *kinds: Kind) -> tuple[list[Any], list[Any]]:
    """What tells one state of the rows of these ``kinds`` from another: their segments, and what of them is
    superseded."""
    live = [segment for kind in kinds for segment in segments.live(connection, feature.id, kind)]
    parts = [
        [one.kind, one.sha256, one.upload_id, one.sequence, one.bundle, one.uploaded_at.isoformat()]
        for one in live
    ]
    gone = [
        [kind, sequence, fingerprints.of_bytes(keys.tobytes())]
        for kind in kinds
        for sequence, keys in segments.superseded_keys(connection, feature.id, kind)
    ]
    return parts, gone
