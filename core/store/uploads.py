"""Uploads: every file that was ever handed in, from the moment it was asked for; none is ever deleted.

An upload is *waiting*, then *reading*, then *saving*; it ends *done*, *failed* or *cancelled*. One
that is done counts until it is *withdrawn*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, select, update

from core.errors import ImportCancelled, WrongUsage
from core.evidence.columns import Kind
from core.store import features
from core.store.tables import UNFINISHED, upload

_NOT_PUBLISHED = 2**31 - 1
"""Stands for the place in the order of publishing of what has none."""


@dataclass(frozen=True)
class Upload:
    """``sequence`` is the place in the order of publishing, within the feature; ``None`` until done.

    From ``numbers_expired_at`` on nothing of it is counted any more: its rows are gone.

    ``bytes`` is the size of the file; ``share`` is how much of it has been read, 0 to 1; ``fault``
    holds ``code``, ``sentence``, ``mend`` and ``questions`` of what stopped it.
    """

    id: str
    feature_id: int
    file_name: str
    kind: str | None
    source: str | None
    sha256: str
    bytes: int
    bundle: str | None
    suite: str | None
    state: str
    stage: str
    rows_done: int
    share: float | None
    cancel_asked: bool
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    heartbeat_at: datetime
    answers: Mapping[str, Any]
    report: Mapping[str, Any] | None
    fault: Mapping[str, Any] | None
    sequence: int | None
    withdrawn_by: str | None
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    texts_expired_at: datetime | None
    has_rejected_rows: bool
    asked_by_id: int | None = None
    numbers_expired_at: datetime | None = None

    @property
    def has_case_results(self) -> bool:
        """Whether it holds results of test cases: checks of a suite as a whole are none."""
        return self.kind == Kind.EVALS and "of_whole_suite" not in (self.report or {}).get("fills", ())

    @property
    def replaced(self) -> int:
        """How many rows of earlier uploads count no more, because this one says otherwise of the same."""
        return int((self.report or {}).get("updated", 0)) if self.state == "done" else 0

    @property
    def columns(self) -> frozenset[str]:
        """The canonical columns that the file has, filled or blank; one of its own may become several."""
        report = self.report or {}
        became = [use["canonical"] for use in report.get("columns", ()) if use["canonical"]]
        return frozenset(name for names in became for name in names.split(", ")).union(
            report.get("fills", ())
        )

    @property
    def was_seen(self) -> bool:
        """Whether it ever showed how the feature does: test cases alone do not."""
        report = self.report or {}
        rows = report.get("accepted", 0) + report.get("updated", 0)
        return self.sequence is not None and self.kind != Kind.CASES and rows > 0


def add(
    connection: Connection,
    *,
    upload_id: str,
    feature_id: int,
    file_name: str,
    sha256: str,
    size: int,
    asked_by: str,
    now: datetime,
    bundle: str | None = None,
    suite: str | None = None,
    answers: Mapping[str, Any] | None = None,
    asked_by_id: int | None = None,
) -> Upload:
    """A new upload, waiting; ``size`` is in bytes, ``answers`` are the user's choices between readings."""
    row = {
        "id": upload_id,
        "feature_id": feature_id,
        "file_name": file_name,
        "sha256": sha256,
        "bytes": size,
        "bundle": bundle,
        "suite": suite,
        "state": "waiting",
        "stage": "",
        "rows_done": 0,
        "cancel_asked": False,
        "asked_by": asked_by,
        "asked_at": now,
        "heartbeat_at": now,
        "answers": dict(answers or {}),
        "asked_by_id": asked_by_id,
    }
    connection.execute(insert(upload).values(row))
    return by_id(connection, upload_id)


def by_id(connection: Connection, upload_id: str) -> Upload:
    """Raises WrongUsage where there is no such upload."""
    row = connection.execute(_described().where(upload.c.id == upload_id)).one_or_none()
    if row is None:
        raise unknown()
    return Upload(**row._asdict())


def unknown() -> WrongUsage:
    """What a wrong id hears."""
    return WrongUsage("There is no such upload.", mend="Choose one from the list of uploads.")


def of_feature(connection: Connection, feature_id: int) -> list[Upload]:
    """Every upload of the feature, the newest first."""
    mine = _described().where(upload.c.feature_id == feature_id)
    # Of those of one moment the one that was published last stands first; what is under way comes before.
    published = func.coalesce(upload.c.sequence, _NOT_PUBLISHED).desc()
    rows = connection.execute(mine.order_by(upload.c.asked_at.desc(), published, upload.c.id))
    return [Upload(**row._asdict()) for row in rows]


def unfinished(connection: Connection) -> list[Upload]:
    """Every upload, of any feature, that has not ended; the oldest first."""
    running = _described().where(upload.c.state.in_(UNFINISHED))
    rows = connection.execute(running.order_by(upload.c.asked_at, upload.c.id))
    return [Upload(**row._asdict()) for row in rows]


def withdrawn_since(connection: Connection, feature_id: int, since: datetime | None) -> list[Upload]:
    """The uploads that counted once and were withdrawn after ``since`` (ever, where it is ``None``).

    Test cases alone never counted: the version before of a set that is locked anew is none of them.
    """
    mine = _described().where(
        upload.c.feature_id == feature_id, upload.c.state == "withdrawn", upload.c.kind != Kind.CASES
    )
    if since is not None:
        mine = mine.where(upload.c.withdrawn_at > since)
    return [Upload(**row._asdict()) for row in connection.execute(mine.order_by(upload.c.withdrawn_at))]


def mark_progress(
    connection: Connection,
    upload_id: str,
    *,
    state: str,
    stage: str,
    rows_done: int,
    share: float | None,
    now: datetime,
) -> None:
    """How far an unfinished upload is; one that has ended stays as it ended."""
    moved = update(upload).where(upload.c.id == upload_id, upload.c.state.in_(UNFINISHED))
    connection.execute(
        moved.values(state=state, stage=stage, rows_done=rows_done, share=share, heartbeat_at=now)
    )


def ask_cancel(connection: Connection, upload_id: str) -> bool:
    """Ask whoever works on the upload to stop; False, and no effect, where it has ended or was asked."""
    asked = update(upload).where(
        upload.c.id == upload_id, upload.c.state.in_(UNFINISHED), upload.c.cancel_asked.is_(False)
    )
    return connection.execute(asked.values(cancel_asked=True)).rowcount == 1


def is_cancel_asked(connection: Connection, upload_id: str) -> bool:
    return bool(connection.scalar(select(upload.c.cancel_asked).where(upload.c.id == upload_id)))


def finish(
    connection: Connection,
    upload_id: str,
    *,
    kind: str,
    source: str | None,
    report: Mapping[str, Any],
    rejected_rows: bytes | None,
    rows_done: int,
    now: datetime,
    answers: Mapping[str, Any] | None = None,
) -> Upload:
    """The upload as done, with the next place in its feature's order; from now on it counts.

    ``rejected_rows`` is a gzipped CSV; ``answers`` are those the file was read with, where they are
    more than what was handed in with it. Raises ImportCancelled where somebody stopped it meanwhile,
    so that the transaction, and with it everything published, is dropped.
    """
    feature_id = by_id(connection, upload_id).feature_id
    features.lock(connection, feature_id)
    last = connection.scalar(select(func.max(upload.c.sequence)).where(upload.c.feature_id == feature_id))
    done = update(upload).where(
        upload.c.id == upload_id, upload.c.state.in_(UNFINISHED), upload.c.cancel_asked.is_(False)
    )
    read_with = {} if answers is None else {"answers": dict(answers)}
    changed = connection.execute(
        done.values(
            **read_with,
            state="done",
            stage="",
            kind=kind,
            source=source,
            report=dict(report),
            rejected_rows=rejected_rows,
            rows_done=rows_done,
            share=1.0,
            sequence=(last or 0) + 1,
            finished_at=now,
            heartbeat_at=now,
        )
    )
    if changed.rowcount != 1:
        raise ImportCancelled("The import was stopped before it was saved.", mend="Nothing of it was saved.")
    return by_id(connection, upload_id)


def fail(
    connection: Connection,
    upload_id: str,
    *,
    fault: Mapping[str, Any],
    now: datetime,
    state: str = "failed",
) -> bool:
    """The upload as ended without being saved: ``failed``, or ``cancelled``.

    False, and no effect, where it has ended already.
    """
    ended = update(upload).where(upload.c.id == upload_id, upload.c.state.in_(UNFINISHED))
    ended = ended.values(state=state, fault=dict(fault), finished_at=now, heartbeat_at=now)
    return connection.execute(ended).rowcount == 1


def withdraw(connection: Connection, upload_id: str, *, by: str, reason: str, now: datetime) -> Upload:
    """The upload stays listed but counts no more; what it had updated counts again as it was.

    Raises WrongUsage where the upload is not done, or withdrawn already.
    """
    taken_back = update(upload).where(upload.c.id == upload_id, upload.c.state == "done")
    changed = connection.execute(
        taken_back.values(state="withdrawn", withdrawn_by=by, withdrawn_at=now, withdrawn_reason=reason)
    )
    if changed.rowcount != 1:
        found = by_id(connection, upload_id)
        raise WrongUsage(
            f"The upload “{found.file_name}” is {found.state}, so it cannot be withdrawn.",
            mend="Only an upload that is done counts, and only one that counts can be withdrawn.",
        )
    return by_id(connection, upload_id)


def rejected_rows(connection: Connection, upload_id: str) -> bytes | None:
    """The rows that were not taken, as a gzipped CSV; ``None`` where all were."""
    return connection.scalar(select(upload.c.rejected_rows).where(upload.c.id == upload_id))


def _described() -> Select[Any]:
    """Everything about uploads but the rejected rows themselves."""
    columns = [column for column in upload.c if column is not upload.c.rejected_rows]
    return select(*columns, upload.c.rejected_rows.is_not(None).label("has_rejected_rows"))
