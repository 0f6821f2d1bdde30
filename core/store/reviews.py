"""Review sessions: a queue of traces that was chosen once, what became of each, and the labels of them.

A saved label is a row of its own: a later one of the same reviewer in the same session counts instead of it,
and comes away again when it is taken back.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, insert, select, update

from core.errors import WrongUsage
from core.evidence.fingerprints import key_of, of_document
from core.store.tables import label, review_item, review_session, upload

WAITING, REVIEWED, DEFERRED = "waiting", "reviewed", "deferred"


@dataclass(frozen=True)
class ReviewSession:
    """``population`` traces were there to choose from; ``asked`` says what was (week, seed, size, why).

    ``size`` items are in the queue, ``reviewed`` and ``deferred`` of them so far.
    """

    id: int
    feature_id: int
    upload_id: str | None
    queue: str
    sampling: str
    population: int
    minutes: int | None
    opened_by: str
    opened_by_id: int | None
    opened_at: datetime
    ended_at: datetime | None
    asked: Mapping[str, Any]
    size: int
    reviewed: int
    deferred: int


@dataclass(frozen=True)
class ReviewItem:
    """One trace of a session at its ``place``, counted from 1; ``state`` is waiting, reviewed or deferred."""

    id: int
    session_id: int
    place: int
    run_id: str
    state: str
    reviewed_at: datetime | None


@dataclass(frozen=True)
class SavedLabel:
    """A label as a session stored it; ``cells`` are the label columns."""

    id: int
    run_id: str
    reviewer: str | None
    cells: Mapping[str, Any]


def add(
    connection: Connection,
    feature_id: int,
    *,
    queue: str,
    sampling: str,
    population: int,
    minutes: int | None,
    opened_by: str,
    opened_by_id: int | None,
    asked: Mapping[str, Any],
    run_ids: Sequence[str],
    now: datetime,
) -> ReviewSession:
    """A new session with its queue in order."""
    row = {
        "feature_id": feature_id,
        "queue": queue,
        "sampling": sampling,
        "population": population,
        "minutes": minutes,
        "opened_by": opened_by,
        "opened_by_id": opened_by_id,
        "opened_at": now,
        "asked": dict(asked),
    }
    made = connection.scalar(insert(review_session).values(row).returning(review_session.c.id))
    append_items(connection, made or 0, run_ids)
    return by_id(connection, feature_id, made or 0)


def append_items(connection: Connection, session_id: int, run_ids: Sequence[str]) -> None:
    """More traces at the end of the queue."""
    count = select(func.count()).where(review_item.c.session_id == session_id)
    first = (connection.scalar(count) or 0) + 1
    rows = [
        {"session_id": session_id, "place": place, "run_id": run, "key": key_of(run), "state": WAITING}
        for place, run in enumerate(run_ids, start=first)
    ]
    if rows:
        connection.execute(insert(review_item), rows)


def by_id(connection: Connection, feature_id: int, session_id: int) -> ReviewSession:
    """Raises WrongUsage where the feature has no such session."""
    query = _described().where(review_session.c.id == session_id, review_session.c.feature_id == feature_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise WrongUsage("There is no such review.", mend="Choose one from the list of reviews.")
    return ReviewSession(**row._asdict())


def of_feature(connection: Connection, feature_id: int) -> list[ReviewSession]:
    """Every session of the feature, the newest first."""
    query = _described().where(review_session.c.feature_id == feature_id)
    rows = connection.execute(query.order_by(review_session.c.opened_at.desc(), review_session.c.id.desc()))
    return [ReviewSession(**row._asdict()) for row in rows]


def withdrawn(connection: Connection, feature_id: int) -> frozenset[int]:
    """The ids of the sessions whose labels were withdrawn."""
    query = (
        select(review_session.c.id)
        .join(upload, upload.c.id == review_session.c.upload_id)
        .where(review_session.c.feature_id == feature_id, upload.c.state == "withdrawn")
    )
    return frozenset(connection.scalars(query))


def items(connection: Connection, session_id: int) -> list[ReviewItem]:
    """The queue in its order."""
    rows = connection.execute(_items().where(review_item.c.session_id == session_id))
    return [ReviewItem(**row._asdict()) for row in rows]


def item(connection: Connection, session_id: int, place: int) -> ReviewItem:
    """Raises WrongUsage where the queue has no such place."""
    found = connection.execute(
        _items().where(review_item.c.session_id == session_id, review_item.c.place == place)
    ).one_or_none()
    if found is None:
        raise WrongUsage("There is no such trace in this review.", mend="Choose one from its queue.")
    return ReviewItem(**found._asdict())


def coming(connection: Connection, session_id: int, after: int = 0, most: int = 2) -> list[ReviewItem]:
    """What comes next: what waits behind the place ``after``, then before it, then the deferred."""
    turn = case((review_item.c.state == DEFERRED, 2), (review_item.c.place <= after, 1), else_=0)
    query = _items(turn).where(review_item.c.session_id == session_id, review_item.c.state != REVIEWED)
    return [ReviewItem(**row._asdict()) for row in connection.execute(query.limit(most))]


def mark(connection: Connection, item_id: int, state: str, at: datetime | None = None) -> None:
    """``at`` is when it was reviewed."""
    marked = update(review_item).where(review_item.c.id == item_id)
    connection.execute(marked.values(state=state, reviewed_at=at))


def set_upload(connection: Connection, session_id: int, upload_id: str) -> None:
    changed = update(review_session).where(review_session.c.id == session_id)
    connection.execute(changed.values(upload_id=upload_id))


def set_ended(connection: Connection, session_id: int, at: datetime | None) -> None:
    """``None``: the session goes on."""
    connection.execute(update(review_session).where(review_session.c.id == session_id).values(ended_at=at))


def save_label(
    connection: Connection,
    feature_id: int,
    upload_id: str,
    *,
    label_key: int,
    row: int,
    cells: Mapping[str, Any],
) -> SavedLabel:
    """Store a label. ``row`` is its place in the queue, ``cells`` are the label columns."""
    said = {name: str(value) for name, value in cells.items() if value is not None}
    stored = {
        "feature_id": feature_id,
        "upload_id": upload_id,
        "key": key_of(cells["run_id"]),
        "label_key": label_key,
        "row_key": key_of(of_document(said)),
        "row": row,
        **cells,
    }
    saved = connection.execute(insert(label).values(stored).returning(label)).one()
    return SavedLabel(saved.id, saved.run_id, saved.reviewer, saved._asdict())


def report_of(title: str, labels: int) -> dict[str, Any]:
    """The account of a session's upload: every saved label is taken, nothing is left out."""
    counts = dict.fromkeys(("duplicate", "updated", "rejected", "skipped"), 0)
    texts: dict[str, Any] = {"file": title, "kind": "labels", "source": "review"}
    texts["because"] = "Labels that people saved on the Review page."
    nothing: dict[str, Any] = {name: [] for name in ("columns", "warnings", "problems", "cannot_compute")}
    return {**texts, "read": labels, "accepted": labels, **counts, **nothing}


def count_labels(connection: Connection, upload_id: str) -> None:
    """Bring the account of the session's upload up to date."""
    mine = select(func.count(label.c.label_key.distinct())).where(label.c.upload_id == upload_id)
    count = connection.scalar(mine) or 0
    title = connection.scalar(select(upload.c.file_name).where(upload.c.id == upload_id)) or ""
    changed = update(upload).where(upload.c.id == upload_id)
    connection.execute(changed.values(rows_done=count, report=report_of(title, count)))


def newest_label(connection: Connection, upload_id: str, run_id: str, reviewer: str) -> SavedLabel | None:
    """What ``reviewer`` said about the run in this session, last."""
    query = (
        select(label)
        .where(label.c.upload_id == upload_id, label.c.key == key_of(run_id), label.c.reviewer == reviewer)
        .order_by(label.c.id.desc())
        .limit(1)
    )
    return _saved(connection, query)


def last_label(connection: Connection, upload_id: str, reviewer: str) -> SavedLabel | None:
    """What ``reviewer`` saved last in this session."""
    query = select(label).where(label.c.upload_id == upload_id, label.c.reviewer == reviewer)
    return _saved(connection, query.order_by(label.c.id.desc()).limit(1))


def take_back(connection: Connection, label_id: int) -> None:
    """Remove a saved label; what the reviewer had said before counts again."""
    connection.execute(delete(label).where(label.c.id == label_id))


def labels_of(connection: Connection, upload_id: str) -> list[SavedLabel]:
    """The labels of a session that count, in the order in which they were saved."""
    newest: dict[int, SavedLabel] = {}
    for row in connection.execute(select(label).where(label.c.upload_id == upload_id).order_by(label.c.id)):
        newest[row.label_key] = SavedLabel(row.id, row.run_id, row.reviewer, row._asdict())
    return sorted(newest.values(), key=lambda one: one.id)


def erase_reasons(
    connection: Connection, feature_id: int, runs: Collection[str], without: Callable[[str], str]
) -> int:
    """Drop why these runs were picked, and take what ``without`` takes out of the other reasons; returns of
    how many sessions. The queue keeps its run ids, as the traces do."""
    query = select(review_session.c.id, review_session.c.asked)
    changed = 0
    for row in connection.execute(query.where(review_session.c.feature_id == feature_id)).all():
        before = row.asked.get("why", {})
        kept = {run: without(why) for run, why in before.items() if run not in runs and without(run) == run}
        if kept != before:
            asked = {**row.asked, "why": kept}
            connection.execute(
                update(review_session).where(review_session.c.id == row.id).values(asked=asked)
            )
            changed += 1
    return changed


def queued_runs(connection: Connection, feature_id: int) -> list[str]:
    """The runs in all queues of the feature, once for each place."""
    query = select(review_item.c.run_id).join(review_session, review_session.c.id == review_item.c.session_id)
    return list(connection.scalars(query.where(review_session.c.feature_id == feature_id)))


def reviewed_since(connection: Connection, since: datetime) -> set[int]:
    """The ids of the features of which somebody reviewed a trace after ``since``."""
    query = (
        select(review_session.c.feature_id)
        .join(review_item, review_item.c.session_id == review_session.c.id)
        .where(review_item.c.reviewed_at > since)
    )
    return set(connection.scalars(query.distinct()))


def _saved(connection: Connection, query: Select[Any]) -> SavedLabel | None:
    row = connection.execute(query).one_or_none()
    return None if row is None else SavedLabel(row.id, row.run_id, row.reviewer, row._asdict())


def _described() -> Select[Any]:
    def counted(name: str, *states: str) -> Any:
        mine = select(func.count()).where(review_item.c.session_id == review_session.c.id)
        mine = mine.where(review_item.c.state.in_(states)) if states else mine
        return mine.scalar_subquery().label(name)

    return select(
        *review_session.c, counted("size"), counted("reviewed", REVIEWED), counted("deferred", DEFERRED)
    )


def _items(*order: Any) -> Select[Any]:
    columns = [review_item.c[name] for name in ReviewItem.__dataclass_fields__]
    return select(*columns).order_by(*order, review_item.c.place)
