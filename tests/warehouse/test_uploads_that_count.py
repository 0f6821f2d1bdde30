"""Later uploads update earlier rows; a withdrawn upload counts no more, and what it updated is back."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from core.evidence.columns import Kind
from core.metrics.measurement import Slice, Source, Tally, Window
from core.metrics.requests import TallyRequest
from core.store import features
from core.store.database import Database
from core.store.features import Feature
from core.store.warehouse import Warehouse

Import = Callable[..., str]
Ask = Callable[..., Tally]
AskGroups = Callable[..., Mapping[str | None, Tally]]

BEFORE = """
    run_id | user_id | user_feedback
    a      | u1      | rejected
    b      | u2      | accepted
"""
AFTER = """
    run_id | user_id | user_feedback
    a      | u1      | accepted
    b      | u2      | accepted
    c      | u3      | accepted
"""


def counted(found: Tally) -> tuple[float, int, int]:
    return found.passes, found.n, found.rows


def test_a_changed_row_counts_once_as_its_newest_upload_says(
    traces: Import, tally: Ask, withdraw: Callable[[str], None]
) -> None:
    first = traces(BEFORE)
    assert counted(tally("user_acceptance", "feedback")) == (1, 2, 2)
    second = traces(AFTER)
    assert counted(tally("user_acceptance", "feedback")) == (3, 3, 3)
    withdraw(second)
    assert counted(tally("user_acceptance", "feedback")) == (1, 2, 2)
    traces(AFTER)
    withdraw(first)
    # b never changed, so the withdrawn upload was the only one that brought it.
    assert counted(tally("user_acceptance", "feedback")) == (2, 2, 2)


def test_a_row_that_returns_to_its_old_words_counts_once(
    traces: Import, tally: Ask, withdraw: Callable[[str], None]
) -> None:
    """The first and the third upload hold the very same bytes, and so the same cached file."""
    a_rejected = "run_id | user_id | user_feedback\na | u1 | rejected"
    traces(a_rejected)
    middle = traces("run_id | user_id | user_feedback\na | u1 | accepted")
    last = traces(a_rejected)
    assert counted(tally("user_acceptance", "feedback")) == (0, 1, 1)
    withdraw(last)
    assert counted(tally("user_acceptance", "feedback")) == (1, 1, 1)
    withdraw(middle)
    assert counted(tally("user_acceptance", "feedback")) == (0, 1, 1)


def test_the_same_file_again_adds_nothing(traces: Import, tally: Ask) -> None:
    traces(BEFORE)
    traces(BEFORE)
    assert counted(tally("user_acceptance", "feedback")) == (1, 2, 2)


def test_a_withdrawn_label_brings_back_the_older_one(
    traces: Import, judgements: Import, tally: Ask, withdraw: Callable[[str], None]
) -> None:
    traces("run_id | user_id\na | u1")
    judgements("run_id | answer_right | reviewer | sampling\na | no | Ada | random")
    corrected = judgements("run_id | answer_right | reviewer | sampling\na | yes | Ada | random")
    assert counted(tally("answer_correctness", "label")) == (1, 1, 1)
    withdraw(corrected)
    assert counted(tally("answer_correctness", "label")) == (0, 1, 1)


def test_features_do_not_share_evidence(
    database: Database, feature: Feature, traces: Import, groups: AskGroups, now: datetime
) -> None:
    with database.writing() as connection:
        other = features.add(
            connection, slug="other", name="Other", owner="Ada", stakes="low", created_by="Ada", now=now
        )
    traces(BEFORE)
    traces("run_id | user_id | user_feedback\na | u1 | accepted", feature_id=other.id)
    assert counted(groups("user_acceptance", "feedback")[None]) == (1, 2, 2)
    assert counted(groups("user_acceptance", "feedback", slug="other")[None]) == (1, 1, 1)


def test_an_answer_never_outlives_its_evidence(
    database: Database, warehouse: Warehouse, traces: Import, withdraw: Callable[[str], None]
) -> None:
    request = TallyRequest("user_acceptance", Source.FEEDBACK)

    def ask() -> Tally:
        with database.reading() as connection:
            feature = features.by_slug(connection, "helper")
            found = warehouse.tallies(connection, feature, request)
            assert warehouse.tallies(connection, feature, request) is found
        return found[None]

    traces(BEFORE)
    before = ask()
    second = traces(AFTER)
    after = ask()
    withdraw(second)
    assert (before.n, after.n) == (2, 3)
    assert ask() == before


def test_an_end_behind_all_evidence_asks_the_same_question(
    traces: Import, groups: AskGroups, now: datetime
) -> None:
    """So the clock alone never makes an answer new; an end among the evidence does."""
    traces(BEFORE)
    ends = [now, now + timedelta(microseconds=1), now + timedelta(days=1)]
    at_once, after, later = [groups("user_acceptance", "feedback", window=Window(until=end)) for end in ends]
    assert at_once == {}
    assert after is later
    assert counted(after[None]) == (1, 2, 2)


def test_a_kept_answer_opens_nothing(database: Database, warehouse: Warehouse, traces: Import) -> None:
    """After the files and the rows are gone, the same question at the same version has the same answer."""
    traces(BEFORE)
    request = TallyRequest("user_acceptance", Source.FEEDBACK)
    with database.reading() as connection:
        feature = features.by_slug(connection, "helper")
        found = warehouse.tallies(connection, feature, request)
        warehouse.close()
        assert warehouse.tallies(connection, feature, request) is found


def test_several_threads_may_ask_at_once(database: Database, warehouse: Warehouse, traces: Import) -> None:
    traces(AFTER)

    def ask(place: int) -> tuple[float, int]:
        request = TallyRequest("user_acceptance", Source.FEEDBACK, Slice.of({"user_id": f"u{place % 3 + 1}"}))
        with database.reading() as connection:
            found = warehouse.tallies(connection, features.by_slug(connection, "helper"), request)[None]
        return found.passes, found.n

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask, range(24))) == [(1, 1)] * 24


def test_filled_columns_are_counted_in_live_rows(
    database: Database, warehouse: Warehouse, feature: Feature, traces: Import, judgements: Import
) -> None:
    with database.reading() as connection:
        empty = warehouse.filled(connection, feature, Kind.TRACES)
    assert set(empty.values()) == {0}
    traces(BEFORE)
    traces(AFTER)
    judgements("run_id | answer_right | reviewer\na | yes |\nb | no | Ada")
    with database.reading() as connection:
        newest = features.by_slug(connection, "helper")
        by_column = warehouse.filled(connection, newest, Kind.TRACES)
        by_label = warehouse.filled(connection, newest, Kind.LABELS)
        by_eval = warehouse.filled(connection, newest, Kind.EVALS)
    assert (by_column["*"], by_column["user_feedback"], by_column["latency_ms"]) == (3, 3, 0)
    assert (by_label["*"], by_label["answer_right"], by_label["reviewer"]) == (2, 2, 1)
    assert set(by_eval.values()) == {0}
