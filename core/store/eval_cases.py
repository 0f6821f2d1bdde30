"""Eval cases that people write here: each saving is a version, the newest of a case counts."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from core.evidence.eval_case import TEXTS, EvalCase, Part
from core.evidence.fingerprints import of_document
from core.evidence.free_text import erased_on, erased_text
from core.store import features
from core.store.tables import eval_case

OWN_ID = re.compile(r"C-(\d{3,9})")
"""The form of the ids that are given here."""

MENTIONING = TEXTS
"""The columns that may name a person, and go whole where they do."""

_FIELDS = tuple(EvalCase.__dataclass_fields__)
_LISTS = ("tools_expected", "tags")


@dataclass(frozen=True)
class KeptCase:
    """One version of a case, with who saved it and why; a retired case is in no set any more.

    Its texts are gone since ``texts_expired_at``; ``asked_sha256`` is then what they asked for.
    """

    case: EvalCase
    is_retired: bool
    author: str
    author_id: int | None
    saved_at: datetime
    reason: str
    texts_expired_at: datetime | None = None
    asked_sha256: str | None = None

    @property
    def is_erased(self) -> bool:
        """Whether its question went with the person who had asked it."""
        return erased_on(self.case.query) is not None

    @property
    def has_texts(self) -> bool:
        """Whether it can be run: what it asks has neither been erased nor expired."""
        return not self.is_erased and self.texts_expired_at is None

    @property
    def counts(self) -> bool:
        """Whether it belongs to the sets."""
        return self.has_texts and not self.is_retired

    @property
    def asked(self) -> str:
        """A fingerprint of what it asks for: the same for versions that ask for the same, also later."""
        case = self.case
        asked = (case.query, case.ground_truth, case.expected_behavior, list(case.tools_expected))
        return self.asked_sha256 or of_document(list(asked))


def add_version(
    connection: Connection,
    feature_id: int,
    case: EvalCase,
    *,
    author: str,
    author_id: int | None,
    reason: str,
    now: datetime,
    is_retired: bool = False,
) -> KeptCase:
    """Keep ``case`` as its version ``case.number``; raises IntegrityError where that is there already."""
    said = {name: getattr(case, name) for name in _FIELDS}
    row = {
        **said,
        **{name: list(said[name]) for name in _LISTS},
        "part": case.part.value,
        "feature_id": feature_id,
        "is_retired": is_retired,
        "author": author,
        "author_id": author_id,
        "saved_at": now,
        "reason": reason,
    }
    connection.execute(insert(eval_case).values(row))
    return KeptCase(case, is_retired, author, author_id, now, reason)


def current(connection: Connection, feature_id: int) -> list[EvalCase]:
    """The cases that count, each as it was saved last, by their ids: not retired ones, and not those without
    texts."""
    return [one.case for one in newest(connection, feature_id) if one.counts]


def newest(connection: Connection, feature_id: int) -> list[KeptCase]:
    """Every case as it was saved last, retired ones too, by their ids."""
    last = (
        select(eval_case.c.case_id, func.max(eval_case.c.number).label("number"))
        .where(eval_case.c.feature_id == feature_id)
        .group_by(eval_case.c.case_id)
        .subquery()
    )
    is_last = (eval_case.c.case_id == last.c.case_id) & (eval_case.c.number == last.c.number)
    found = [_kept(row) for row in connection.execute(_of(feature_id).join(last, is_last))]
    return sorted(found, key=lambda one: id_order(one.case.case_id))


def one_newest(connection: Connection, feature_id: int, case_id: str) -> KeptCase | None:
    """The case as it was saved last; None where there is none of this id."""
    query = _of(feature_id).where(eval_case.c.case_id == case_id).order_by(eval_case.c.number.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _kept(row)


def versions(connection: Connection, feature_id: int, case_id: str) -> list[KeptCase]:
    """Every version of a case, the newest first."""
    query = _of(feature_id).where(eval_case.c.case_id == case_id).order_by(eval_case.c.number.desc())
    return [_kept(row) for row in connection.execute(query)]


def numbered(connection: Connection, feature_id: int, wanted: Collection[tuple[str, int]]) -> list[KeptCase]:
    """These (case id, number), by their ids, with and without texts."""
    asked = set(wanted)
    kept = (_kept(row) for row in connection.execute(_of(feature_id)))
    found = [one for one in kept if (one.case.case_id, one.case.number) in asked]
    return sorted(found, key=lambda one: id_order(one.case.case_id))


def of_run(connection: Connection, feature_id: int, run_id: str) -> list[KeptCase]:
    """The cases that were made from a run, each as it was saved last."""
    made = select(eval_case.c.case_id).where(
        eval_case.c.feature_id == feature_id, eval_case.c.source_run_id == run_id
    )
    ids = sorted(set(connection.scalars(made)), key=id_order)
    found = (one_newest(connection, feature_id, case_id) for case_id in ids)
    return [one for one in found if one is not None]


def count_of_runs(connection: Connection, feature_id: int, runs: Collection[str]) -> int:
    """How many versions of cases were made from these runs."""
    return len(_made_from(connection, feature_id, runs))


def erase_of_runs(connection: Connection, feature_id: int, runs: Collection[str], day: str) -> int:
    """Blank the texts of every version that was made from these runs; returns of how many versions."""
    rows = _made_from(connection, feature_id, runs)
    for row in rows:
        said = row._asdict()
        blank = {name: erased_text(day) for name in TEXTS if said[name] and not erased_on(said[name])}
        if blank:
            connection.execute(update(eval_case).where(eval_case.c.id == row.id).values(blank))
    return len(rows)


def _made_from(connection: Connection, feature_id: int, runs: Collection[str]) -> list[Row[Any]]:
    texts = (eval_case.c[name] for name in TEXTS)
    query = select(eval_case.c.id, eval_case.c.source_run_id, *texts).where(
        eval_case.c.feature_id == feature_id, eval_case.c.source_run_id.is_not(None)
    )
    return [row for row in connection.execute(query) if row.source_run_id in runs]


def next_id(connection: Connection, feature_id: int, taken: Iterable[str] = ()) -> str:
    """The id of the next case, "C-001" first; none is ever given twice. The feature must be locked."""
    features.lock(connection, feature_id)
    known = connection.scalars(select(eval_case.c.case_id).where(eval_case.c.feature_id == feature_id))
    numbers = [int(match[1]) for one in (*known, *taken) if (match := OWN_ID.fullmatch(one))]
    return f"C-{max(numbers, default=0) + 1:03d}"


def id_order(case_id: str) -> tuple[tuple[int, str], ...]:
    """What sorts ids as people count: C-2 stands before C-10."""
    parts = re.split(r"(\d+)", case_id)
    return tuple(
        (int(part) if place % 2 and len(part) < 19 else -1, part) for place, part in enumerate(parts)
    )


def content_hashes(row: Mapping[str, Any]) -> dict[str, str]:
    """A hash of each text, and of the words, of a case or of its row: what the log keeps of them."""
    texts = {f"{name}_sha256": of_document(row[name]) for name in TEXTS}
    return {**texts, **{f"{name}_sha256": of_document(list(row[name])) for name in _LISTS}}


def _of(feature_id: int) -> Select[Any]:
    return select(eval_case).where(eval_case.c.feature_id == feature_id)


def _kept(row: Any) -> KeptCase:
    said = {name: getattr(row, name) for name in _FIELDS}
    lists = {name: tuple(said[name]) for name in _LISTS}
    case = EvalCase(**{**said, **lists, "part": Part(row.part)})
    return KeptCase(
        case,
        row.is_retired,
        row.author,
        row.author_id,
        row.saved_at,
        row.reason,
        row.texts_expired_at,
        row.asked_sha256,
    )
