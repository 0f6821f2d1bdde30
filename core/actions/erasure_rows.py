"""What there is of a person who is to be erased: counted, and where it goes, written anew without them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from core.actions.erasing import who_goes
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.columns import Kind
from core.store import erased_rows, segments, uploads
from core.store.database import Connection
from core.store.erased_rows import StoredSegment
from core.store.features import Feature
from core.store.gone import Gone, erased

_WORDS = {
    Kind.TRACES: "traces",
    Kind.SPANS: "steps",
    Kind.SCORES: "scores",
    Kind.EVALS: "results",
    Kind.CASES: "cases",
}
"""What the rows of each kind are called in the counts."""

Counts = Mapping[str, int]
"""Rows of the person by what they are; ``reactions`` are their feedback, ``mentions`` texts of others that
name them, ``left`` places with their name that cannot be changed, ``uploads`` and ``entries`` (of the log)
that were cleaned."""


@dataclass
class Rewritten:
    """The segments that have something of the person, as they are to be, in files; what was counted."""

    files: list[tuple[StoredSegment, Path]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    uploads: set[str] = field(default_factory=set)

    def add(self, name: str, count: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + count


def find_rows(
    workspace: Workspace,
    feature: Feature,
    tokens: Mapping[str, str],
    wanted: Sequence[str],
    now: datetime,
    folder: Path | None = None,
) -> tuple[Gone, Rewritten]:
    """Who goes, and what there is of them; with a ``folder``, the segments without them are put there.

    ``tokens`` has what stands for whom, by fingerprint; ``wanted`` are their ids as far as they are known,
    which are looked for in texts even if no row has them.
    """
    key, made = token_key(workspace.home, feature.id), Rewritten()
    with workspace.database.reading() as connection:
        stored = erased_rows.segments_of(connection, feature.id)

    def content(one: StoredSegment) -> bytes:
        with workspace.database.reading() as connection:
            return segments.content(connection, one.sha256)

    def contents() -> Iterable[tuple[str, bytes]]:
        return ((one.kind, content(one)) for one in stored)

    gone = who_goes(contents, tokens, key, now.date().isoformat(), wanted=wanted)
    for one in stored:
        touched = erased(content(one), gone)
        if touched is None:
            continue
        made.add(_WORDS[Kind(one.kind)], touched.own)
        made.add("reactions", touched.reactions)
        made.add("mentions", touched.mentions)
        made.add("left", touched.left)
        made.uploads.add(one.upload_id)
        if folder is not None:
            path = folder / f"{one.id}.parquet"
            path.write_bytes(touched.content)
            made.files.append((one, path))
    return gone, made


def count_rows(workspace: Workspace, feature: Feature, gone: Gone, found: Rewritten) -> Counts:
    """What was found in the segments, with what the remarks and the texts of others have of them."""
    with workspace.database.reading() as connection:
        for name, count in erased_rows.count_remarks(connection, feature.id, gone.runs).items():
            found.add(name, count)
        found.add("mentions", erased_rows.count_mentions(connection, feature.id, gone))
        found.add("left", erased_rows.count_left(connection, feature.id, gone))
    return {name: count for name, count in found.counts.items() if count}


def put_away(
    connection: Connection, feature: Feature, gone: Gone, made: Rewritten, waiting: Iterable[str] = ()
) -> None:
    """The segments as they were ``made``, and everything beside them: remarks, reports, reasons, the payloads
    of the log. ``waiting`` are uploads that wait for an answer.

    Raises WrongUsage where the evidence changed since they were made.
    """
    for old, path in made.files:
        if segments.replace(connection, old.id, old.sha256, path.read_bytes()) is None:
            raise WrongUsage("The evidence changed meanwhile.", mend="Try again.")
    remarks, of_remarks = erased_rows.erase_remarks(connection, feature.id, gone)
    for name, count in remarks.items():
        made.add(name, count)
    made.add("mentions", erased_rows.erase_mentions(connection, feature.id, gone))
    # Questions show cells of files that were never saved: nobody can tell whose they are.
    asking = {one.id for one in uploads.of_feature(connection, feature.id) if one.fault is not None}
    touched = made.uploads | of_remarks | asking | set(waiting)
    made.add("uploads", erased_rows.erase_uploads(connection, feature.id, touched, gone))
    made.add("entries", erased_rows.erase_payloads(connection, feature.slug, feature.id, gone))
    made.add("left", erased_rows.count_left(connection, feature.id, gone))
