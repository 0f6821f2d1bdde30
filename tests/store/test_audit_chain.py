from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from core.store import audit
from core.store.audit import ChainState
from core.store.database import Database
from core.store.tables import audit_event

PastReadygate = Callable[..., AbstractContextManager[Connection]]


@pytest.fixture
def chain(database: Database, now: datetime) -> ChainState:
    """Four events, the third about another feature."""
    with database.writing() as connection:
        for place, subject in enumerate(("helper", "helper", "other", "helper")):
            audit.append(
                connection,
                actor="Ada",
                action="lock",
                subject=subject,
                payload={"note": f"größer – {place}", "bar": 0.9},
                now=now + timedelta(microseconds=place),
            )
        return audit.verify(connection)


def verify(database: Database, anchor: tuple[int, str] | None = None) -> ChainState:
    with database.reading() as connection:
        return audit.verify(connection, anchor)


def test_a_chain_is_sound_and_its_timeline_is_told_newest_first(
    database: Database, chain: ChainState, now: datetime
) -> None:
    assert (chain.ok, chain.events, chain.first_broken_seq) == (True, 4, None)
    with database.reading() as connection:
        mine = audit.timeline(connection, "helper", limit=2)
        everything = audit.timeline(connection, None, limit=10)
    assert [event.seq for event in mine] == [4, 2]
    assert [event.seq for event in everything] == [4, 3, 2, 1]
    newest = mine[0]
    assert (newest.actor, newest.action, newest.subject) == ("Ada", "lock", "helper")
    assert (newest.ts, newest.hash) == (now + timedelta(microseconds=3), chain.head)
    assert newest.payload == {"note": "größer – 3", "bar": 0.9}


def test_an_empty_log_is_sound(database: Database) -> None:
    assert verify(database) == ChainState(ok=True, events=0, first_broken_seq=None, head=audit.NO_EVENT)


def test_an_event_goes_with_the_transaction_that_it_tells_of(
    database: Database, chain: ChainState, now: datetime
) -> None:
    def interrupted() -> None:
        with database.writing() as connection:
            audit.append(connection, actor="Bob", action="sign", subject="helper", payload=None, now=now)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert verify(database) == chain
    with database.writing() as connection:
        assert audit.append(connection, actor="Bob", action="x", subject="y", payload=None, now=now) == 5


EDITS = {
    "actor": "UPDATE audit_event SET actor = 'Bob' WHERE seq = 2",
    "action": "UPDATE audit_event SET action = 'sign' WHERE seq = 2",
    "subject": "UPDATE audit_event SET subject = 'other' WHERE seq = 2",
    "time": "UPDATE audit_event SET ts = '2020-01-01 00:00:00.000000' WHERE seq = 2",
    "commitment": "UPDATE audit_event SET commitment = 'x' WHERE seq = 2",
    "link": "UPDATE audit_event SET prev = 'x' WHERE seq = 2",
    "payload": "UPDATE audit_payload SET payload = '{}' WHERE seq = 2",
    "payload gone": "DELETE FROM audit_payload WHERE seq = 2",
}


@pytest.mark.parametrize("attack", EDITS.values(), ids=EDITS.keys())
def test_an_edit_is_refused_and_found_where_the_triggers_are_gone(
    database: Database, chain: ChainState, attack: str, past_readygate: PastReadygate
) -> None:
    with pytest.raises(DBAPIError, match="audit log"), database.writing() as connection:
        connection.execute(text(attack))
    assert verify(database) == chain

    with past_readygate(database) as connection:
        connection.execute(text(attack))
    found = verify(database)
    assert (found.ok, found.first_broken_seq) == (False, 2)


def test_a_deleted_event_is_refused_and_found(
    database: Database, chain: ChainState, past_readygate: PastReadygate
) -> None:
    def delete(connection: Connection) -> None:
        connection.execute(text("DELETE FROM audit_payload WHERE seq = 2"))
        connection.execute(text("DELETE FROM audit_event WHERE seq = 2"))

    with pytest.raises(DBAPIError, match="audit log"), database.writing() as connection:
        delete(connection)
    assert verify(database) == chain

    with past_readygate(database) as connection:
        delete(connection)
    assert verify(database).first_broken_seq == 2


def test_swapped_events_are_found(
    database: Database, chain: ChainState, past_readygate: PastReadygate
) -> None:
    with past_readygate(database) as connection:
        if database.dialect == "sqlite":
            connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for before, after in ((2, 99), (3, 2), (99, 3)):
            for table in ("audit_payload", "audit_event"):
                connection.execute(text(f"UPDATE {table} SET seq = {after} WHERE seq = {before}"))
    assert verify(database).first_broken_seq == 2


@pytest.mark.parametrize("table", ["audit_event", "audit_payload"])
@pytest.mark.parametrize("seq", [0, 2, 4, 6])
def test_only_the_next_event_can_be_inserted(
    database: Database, chain: ChainState, table: str, seq: int
) -> None:
    columns = (
        "ts, actor, action, subject, commitment, prev, hash" if table == "audit_event" else "salt, payload"
    )
    source = f"SELECT {seq}, {columns} FROM {table} WHERE seq = 1"
    verbs = ["INSERT INTO"]
    if database.dialect == "sqlite":
        # REPLACE deletes the row that is in the way without asking the trigger on DELETE.
        verbs += ["INSERT OR REPLACE INTO", "REPLACE INTO"]
    for verb in verbs:
        with pytest.raises(DBAPIError, match="only grows at its end"), database.writing() as connection:
            connection.execute(text(f"{verb} {table} (seq, {columns}) {source}"))
    assert verify(database) == chain


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True)
def test_truncating_is_refused(database: Database, chain: ChainState) -> None:
    with pytest.raises(DBAPIError, match="never changed"), database.writing() as connection:
        connection.execute(text("TRUNCATE audit_event, audit_payload"))


def cut_the_end(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit_payload WHERE seq = 4"))
    connection.execute(text("DELETE FROM audit_event WHERE seq = 4"))


def test_a_cut_end_is_found_only_with_an_anchor(
    database: Database, chain: ChainState, past_readygate: PastReadygate
) -> None:
    anchor = (chain.events, chain.head)
    assert verify(database, anchor).ok
    with past_readygate(database) as connection:
        cut_the_end(connection)
    # This is the known limit of a chain: what is left of it is sound in itself.
    assert verify(database).ok
    cut = verify(database, anchor)
    assert (cut.ok, cut.events, cut.first_broken_seq) == (False, 3, 4)


def test_a_log_written_anew_is_found_only_with_an_anchor(
    database: Database, chain: ChainState, now: datetime, past_readygate: PastReadygate
) -> None:
    with past_readygate(database) as connection:
        cut_the_end(connection)
        audit.append(connection, actor="Bob", action="sign", subject="helper", payload=None, now=now)
    assert verify(database).ok
    assert verify(database, (chain.events, chain.head)).first_broken_seq == 4


def test_a_log_that_grew_still_passes_through_its_anchor(
    database: Database, chain: ChainState, now: datetime
) -> None:
    with database.writing() as connection:
        audit.append(connection, actor="Bob", action="sign", subject="helper", payload=None, now=now)
    assert verify(database, (chain.events, chain.head)).ok


def test_an_erased_payload_leaves_the_chain_sound(database: Database, chain: ChainState) -> None:
    with database.writing() as connection:
        audit.erase(connection, 2)
    assert verify(database, (chain.events, chain.head)) == chain
    with database.reading() as connection:
        erased = audit.timeline(connection, None, limit=10)[2]
    assert (erased.seq, erased.actor, erased.payload, erased.erased) == (2, "Ada", None, True)
    with pytest.raises(DBAPIError, match="only be emptied"), database.writing() as connection:
        connection.execute(text("UPDATE audit_payload SET payload = '{}' WHERE seq = 2"))


def test_what_cannot_be_logged_is_not_done(database: Database, chain: ChainState, now: datetime) -> None:
    naive = now.replace(tzinfo=None)
    with pytest.raises(StatementError), database.writing() as connection:
        audit.append(connection, actor="Ada", action="lock", subject="x", payload={}, now=naive)
    assert verify(database) == chain


def test_events_of_many_threads_make_one_chain(database: Database, now: datetime) -> None:
    def append(thread: int) -> list[int]:
        numbers = []
        for turn in range(5):
            with database.writing() as connection:
                payload: Any = {"thread": thread, "turn": turn}
                numbers.append(
                    audit.append(connection, actor="Ada", action="x", subject="y", payload=payload, now=now)
                )
        return numbers

    with ThreadPoolExecutor(20) as threads:
        numbers = sorted(number for found in threads.map(append, range(20)) for number in found)
    assert numbers == list(range(1, 101))
    state = verify(database)
    assert (state.ok, state.events) == (True, 100)
    with database.reading() as connection:
        assert connection.scalar(select(audit_event.c.hash).where(audit_event.c.seq == 100)) == state.head
