"""Any course of uploads, withdrawals and a lock: what an age limit takes away never makes a verdict better,
at that moment or later, and never takes what is younger than the limit."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from core.actions.age_limits import set_days
from core.actions.case_retention import expire_cases
from core.actions.checklists import lock_checklist, save_checklist
from core.actions.features import create_feature
from core.actions.gates import gate
from core.actions.importing import run_import
from core.actions.imports import start_import
from core.actions.log_retention import expire_log
from core.actions.number_retention import expire_numbers
from core.actions.people import LOCAL_CALLER
from core.actions.retention import run_retention
from core.actions.token_keys import token_key
from core.actions.usual_limits import Kept
from core.actions.withdrawing import withdraw_upload
from core.actions.workspace import Workspace
from core.criteria.checklist import read_checklist
from core.criteria.stakes import Stakes
from core.criteria.verdict import severity
from core.decision.decide import Decision
from core.intake.answers import Answers
from core.store import features
from core.store.database import Database
from core.store.segment_cache import SegmentCache
from core.store.tables import failure, label, segment, upload
from core.store.warehouse import Warehouse
from tests.sharing import sharing

FIRST_DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
RUN_DAY = 100
"""The limits are kept on this day after the first; everything happens before it."""

KINDS = ("traces", "traces", "evals", "labels")


@dataclass(frozen=True)
class File:
    """Handed in on ``day``, of what had happened so many days before; ``lot`` says which runs or cases it is
    of, so that a later file may say otherwise of them."""

    day: int
    before: int
    kind: str
    lot: int
    failing: int
    withdrawn: bool


@dataclass(frozen=True)
class Course:
    """``lock`` is the day of a lock, None for a draft. Rows look ``windows`` days back (None: without limit).
    ``days`` is the limit, and it is looked once more so many days ``later``."""

    files: tuple[File, ...]
    lock: int | None
    windows: tuple[int | None, int | None, int | None]
    days: int
    later: int


FILES = st.builds(
    File,
    day=st.integers(0, RUN_DAY - 1),
    before=st.integers(0, 20),
    kind=st.sampled_from(KINDS),
    lot=st.integers(0, 2),
    failing=st.sampled_from((0, 0, 3, 30)),
    withdrawn=st.booleans(),
)
WINDOW = st.sampled_from((None, 7, 28, 90))
COURSES = st.builds(
    Course,
    files=st.lists(FILES, min_size=2, max_size=5).map(lambda some: tuple(sorted(some, key=lambda f: f.day))),
    lock=st.one_of(st.none(), st.integers(0, RUN_DAY - 1)),
    windows=st.tuples(WINDOW, WINDOW, WINDOW),
    days=st.sampled_from((1, 10, 40)),
    later=st.integers(1, 60),
)


def written(one: File) -> str:
    """Thirty rows of one kind; the first ``failing`` fail."""
    at = moment(one.day - one.before)
    rows = []
    for place in range(30):
        fails, name = place < one.failing, f"{one.lot}-{place}"
        row: dict[str, Any] = {
            "traces": {"run_id": name, "user_id": f"user-{name}", "started_at": at.isoformat()}
            | ({"error": "broke"} if fails else {"response": "yes"}),
            "evals": {"case_id": name, "eval_run_id": f"run-{one.lot}", "started_at": at.isoformat()}
            | {"passed": not fails},
            "labels": {"run_id": name, "reviewer": "Ada", "answer_right": not fails, "sampling": "random"}
            | {"labelled_at": at.isoformat()},
        }[one.kind]
        rows.append(row)
    return "".join(json.dumps(row) + "\n" for row in rows)


def moment(day: int) -> datetime:
    return FIRST_DAY + timedelta(days=day)


@contextmanager
def taken(course: Course, template: Path) -> Iterator[tuple[Workspace, str]]:
    """A workspace in which all of it happened, day by day."""
    with TemporaryDirectory(prefix="limits-") as folder:
        home = Path(folder)
        shutil.copy(template, home / "readygate.db")
        database = Database.open(None, home)
        warehouse = Warehouse(SegmentCache(home / "cache", 1 << 28), partial(token_key, home))
        workspace = Workspace(home, database, warehouse)
        try:
            yield workspace, _happened(workspace, course)
        finally:
            warehouse.close()
            database.close()


def _happened(workspace: Workspace, course: Course) -> str:
    made = create_feature(
        workspace, LOCAL_CALLER, moment(0), name="Helper", owner="Ada", stakes=Stakes.LOW, slug="helper"
    )
    sources = (
        ("error_rate", "trace", 0.3),
        ("eval_pass_rate", "eval", 0.7),
        ("answer_correctness", "label", 0.7),
    )
    items = [
        {"kind": "measured", "id": metric, "metric": metric, "source": source, "bar": bar}
        | ({"window_days": window} if window is not None else {})
        for (metric, source, bar), window in zip(sources, course.windows, strict=True)
    ]
    read = read_checklist({"stakes": "low", "items": items})
    save_checklist(workspace, LOCAL_CALLER, moment(0), made.slug, read, based_on=None)
    is_locked = course.lock is None
    for place, one in enumerate(course.files):
        if not is_locked and course.lock is not None and course.lock <= one.day:
            lock_checklist(workspace, LOCAL_CALLER, moment(course.lock), made.slug, based_on=1)
            is_locked = True
        upload_id = start_import(
            workspace, LOCAL_CALLER, moment(one.day), made.slug, file_name=f"{place}.jsonl",
            content=BytesIO(written(one).encode()), for_worker=False, answers=Answers(kind=one.kind),
        )  # fmt: skip
        done = run_import(workspace, upload_id, partial(moment, one.day))
        if one.withdrawn and done.state == "done":
            withdraw_upload(workspace, LOCAL_CALLER, moment(one.day), upload_id, "The wrong file")
    if not is_locked and course.lock is not None:
        lock_checklist(workspace, LOCAL_CALLER, moment(course.lock), made.slug, based_on=1)
    return made.slug


def rows_since(workspace: Workspace, slug: str, cutoff: datetime) -> dict[str, int]:
    """How many rows each upload has that was handed in from ``cutoff`` on."""
    found: Counter[str] = Counter()
    with workspace.database.reading() as connection:
        feature_id = features.by_slug(connection, slug).id
        young = select(upload.c.id).where(upload.c.feature_id == feature_id, upload.c.asked_at >= cutoff)
        counts = ((segment, func.sum(segment.c.rows)), (label, func.count()), (failure, func.count()))
        for table, count in counts:
            query = select(table.c.upload_id, count).where(table.c.upload_id.in_(young))
            found.update(
                {name: int(rows) for name, rows in connection.execute(query.group_by(table.c.upload_id))}
            )
    return dict(found)


def is_better(before: Decision, after: Decision) -> bool:
    """Whether the verdict, a row, or a condition says more in ``after``: by the one order of verdicts."""
    met = {one.name for one in after.conditions if one.met} - {
        one.name for one in before.conditions if one.met
    }
    pairs = [(before.verdict, after.verdict)]
    pairs += [(old.verdict, new.verdict) for old, new in zip(before.rows, after.rows, strict=True)]
    return bool(met) or any(severity(new) > severity(old) for old, new in pairs)


def test_no_course_of_events_gets_better_by_an_age_limit(
    migrated_sqlite_file: Path, reading_in_this_process: Callable[[], AbstractContextManager[None]]
) -> None:
    """On SQLite only: which uploads go is worked out of the same rows on both databases."""
    seen: Counter[str] = Counter()

    # Small courses already: to look for a smaller one takes longer than to read it.
    @settings(max_examples=14, phases=[Phase.explicit, Phase.generate], database=None)
    @given(course=COURSES)
    def tried(course: Course) -> None:
        now, later = moment(RUN_DAY), moment(RUN_DAY + course.later)
        with taken(course, migrated_sqlite_file) as (workspace, slug):
            for kept in Kept:
                set_days(workspace, LOCAL_CALLER, now, slug, kept, course.days)
            cutoff = now - timedelta(days=course.days)
            young = rows_since(workspace, slug, cutoff)
            before = [gate(workspace, LOCAL_CALLER, at, slug) for at in (now, later)]
            run_retention(workspace, now)
            [gone] = expire_numbers(workspace, now)
            expire_cases(workspace, now)
            expire_log(workspace, now)
            after = [gate(workspace, LOCAL_CALLER, at, slug) for at in (now, later)]
            assert not any(is_better(old, new) for old, new in zip(before, after, strict=True))
            assert [one.verdict for one in after] == [one.verdict for one in before]
            assert rows_since(workspace, slug, cutoff) == young
            seen.update({before[0].verdict: 1, "went": gone.uploads > 0, "stayed": gone.counted > 0})

    with reading_in_this_process(), sharing():
        tried()
    # Courses in which nothing goes, or nothing is held back, would show nothing.
    assert min(seen["went"], seen["stayed"]) >= 3
    assert len(seen) >= 4
