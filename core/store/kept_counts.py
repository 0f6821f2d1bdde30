"""What is counted outlives the process: answers that are counts alone, by all that they follow from.

The name of an answer is made of the evidence as it is in the database (not of its version, which a restored
backup gives again to other evidence), of the labels where they are asked, of the question as SQL with all
its values, and of the program's own text. So no answer has to be told that it is out of date.

Only counts are kept: no ids of runs, users or sessions, and no texts, but the names of groups such as task
types, releases and weeks.
"""

import io
import threading
import uuid
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path

import pyarrow as pa
from sqlalchemy import Connection

from core.evidence import fingerprints
from core.evidence.columns import RUN_KINDS, Kind
from core.store import expiry, segments
from core.store.counts_on_disk import CountsOnDisk
from core.store.evidence_state import pass_rules
from core.store.features import Feature
from core.store.kept_rows import Rows
from core.store.live_evidence import UserKey

FOLDER = "answers"
"""The name of the folder in the cache of the evidence."""

_LIMIT_BYTES = 200 * 2**20
_DIGITS = 40
_PROGRAM = ("evidence", "metrics", "statistics", "store")
_LIBRARIES = ("duckdb", "numpy", "pyarrow", "scipy")
_KINDS = (*RUN_KINDS, Kind.EVALS, Kind.CASES)
_NAMED_GROUPS = (
    *("week", "day", "bundle", "release_bundle", "task_type", "user_segment", "user_role", "channel"),
    *("route", "tool_selected", "model", "prompt_version"),
)
"""Groups whose names tell nothing about a person; of all others nothing is kept."""


def may_be_kept(by: str | None) -> bool:
    """Whether the counts of these groups may stand on the disk beside the names of the groups."""
    return by is None or by in _NAMED_GROUPS


class KeptCounts:
    """The counts of one cache folder. Safe to use from several threads and by several processes."""

    def __init__(self, cache: Path, user_key: UserKey) -> None:
        """``user_key`` gives the secret of a feature that the codes of its expired user ids are made with."""
        self._disk = CountsOnDisk(cache / FOLDER, _LIMIT_BYTES)
        self._user_key = user_key
        self._states: dict[int, tuple[int, str]] = {}
        self._labels: dict[int, tuple[int, str]] = {}
        self._guard = threading.Lock()

    def rows(
        self,
        connection: Connection,
        feature: Feature,
        question: object,
        labels: pa.Table | None,
        count: Callable[[], Rows],
    ) -> Rows:
        """The rows that ``count`` brings for a ``question``, which is its SQL with all that it is asked with,
        but for the ``labels`` (None: it needs none)."""
        shelf = self._shelf(connection, feature)
        if labels is not None:
            shelf = f"{shelf}/{self._shelf_of_labels(feature, shelf, labels)}"
        return self._disk.rows(shelf, question, count)

    def forget_other_states(self, connection: Connection, feature: Feature) -> None:
        """Remove at once what was counted of the feature before its evidence became what it is."""
        with self._guard:
            self._states.pop(feature.id, None)
            self._labels.pop(feature.id, None)
        shelf = self._shelf(connection, feature)
        # Those of labels are few and soon counted again; which are of now is known to the next question.
        self._disk.keep_only(f"{shelf}/labels-", ())

    def _shelf(self, connection: Connection, feature: Feature) -> str:
        with self._guard:
            known = self._states.get(feature.id)
        if known is not None and known[0] == feature.evidence_version:
            return known[1]
        # Users are told apart by their ids, or where some have expired, by codes.
        users = self._user_key(feature.id) if expiry.has_expired(connection, feature.id) else ""
        state = evidence_fingerprint(connection, feature, users)[:_DIGITS]
        first = f"{feature.id}-"
        self._disk.keep_only(first, (state,))
        with self._guard:
            self._states[feature.id] = feature.evidence_version, f"{first}{state}"
        return f"{first}{state}"

    def _shelf_of_labels(self, feature: Feature, shelf: str, labels: pa.Table) -> str:
        with self._guard:
            known = self._labels.get(feature.id)
        if known is not None and known[0] == feature.evidence_version:
            return known[1]
        state = table_fingerprint(labels)[:_DIGITS]
        self._disk.keep_only(f"{shelf}/labels-", (state,))
        with self._guard:
            self._labels[feature.id] = feature.evidence_version, f"labels-{state}"
        return f"labels-{state}"


def evidence_fingerprint(connection: Connection, feature: Feature, users: str) -> str:
    """Of everything but the labels that any count of the feature's evidence follows from; ``users`` is the
    secret that its users are told apart by, if any."""
    live = [one for kind in _KINDS for one in segments.live(connection, feature.id, kind)]
    parts = [[one.kind, one.sha256, one.upload_id, one.sequence, one.uploaded_at.isoformat()] for one in live]
    told = [[one.bundle, one.suite, one.source] for one in live]
    gone = [
        [kind, sequence, fingerprints.of_bytes(keys.tobytes())]
        for kind in _KINDS
        for sequence, keys in segments.superseded_keys(connection, feature.id, kind)
    ]
    rules = {upload_id: rule.model_dump() for upload_id, rule in pass_rules(connection, feature).items()}
    return fingerprints.of_document([_program(), parts, told, gone, rules, users])


def table_fingerprint(table: pa.Table) -> str:
    """Of all cells of a table, in their order."""
    written = io.BytesIO()
    with pa.ipc.new_stream(written, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return fingerprints.of_bytes(written.getvalue())


@cache
def _program() -> str:
    """What the program is that counts: another version, or a changed line, may count otherwise."""
    core = Path(__file__).parents[1]
    texts = [path.read_bytes() for part in _PROGRAM for path in sorted((core / part).glob("*.py"))]
    # Where its text is not at hand nothing that an earlier process counted is taken.
    text = fingerprints.of_bytes(b"\0".join(texts)) if texts else uuid.uuid4().hex
    return " ".join([text, *(version(name) for name in _LIBRARIES)])
