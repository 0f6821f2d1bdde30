"""Whose rows go when a person is erased, and what stands instead: worked out over Parquet contents."""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.evidence.free_text import ERASED_START, FREE_TEXT, erased_text
from core.store.expiry import is_text, packed

ERASED_SESSION = "[erased session "
"""How what stands for a session of somebody who was erased begins."""

_RUN_COLUMNS = ("run_id", "source_trace", "source_run_id")
"""The columns that name the run a row is about."""

_IDENTITIES = frozenset(
    {*_RUN_COLUMNS, "span_id", "parent_id", "case_id", "eval_run_id", "score_id", "user_id", "session_id"}
)
"""Columns that join rows: what stands in them cannot be changed without losing rows."""

_OF_ALL = frozenset(FREE_TEXT - {"fix"})
"""Texts that go from every row of the person. What was done about a failure is no word of theirs."""

_SHORTEST = 4
"""A shorter id stands in too many words by chance: it means the person only where it is the whole cell."""


class Mention:
    """Whether a text names one of these ids or tokens, in capitals or not, as a word of its own."""

    def __init__(self, needles: Sequence[str]) -> None:
        self._whole = frozenset(needles)
        self.needles = tuple(sorted(one for one in self._whole if len(one) >= _SHORTEST))
        words = "|".join(
            f"{_edge(one[0], '<!')}{re.escape(one)}{_edge(one[-1], '!')}" for one in self.needles
        )
        self._pattern = re.compile(words, re.IGNORECASE) if words else None

    @property
    def is_nobody(self) -> bool:
        """Whether there is no id to look for."""
        return not self._whole

    def is_in(self, text: object) -> bool:
        if not isinstance(text, str):
            return False
        return text in self._whole or (self._pattern is not None and bool(self._pattern.search(text)))

    def without(self, text: str, instead: str) -> str:
        """``text`` with ``instead`` wherever the person is named."""
        if text in self._whole:
            return instead
        return self._pattern.sub(lambda _: instead, text) if self._pattern is not None else text

    def cells(self, column: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which texts of a column name the person."""
        whole = pa.array(sorted(self._whole), column.type)
        hits = pc.is_in(column, whole)
        if not self.needles:
            return hits
        may = hits
        for needle in self.needles:
            found = pc.match_substring(column, needle, ignore_case=True)
            may = pc.or_(may, pc.fill_null(found, False))
        if not pc.any(may).as_py():
            return may
        looked = zip(may.to_pylist(), column.to_pylist(), strict=True)
        return pa.chunked_array([pa.array([hit and self.is_in(text) for hit, text in looked], pa.bool_())])


def _edge(sign: str, look: str) -> str:
    """A word may not go on at this end of a needle; beside a bracket anything may stand."""
    return f"(?{look}[^\\W_])" if sign.isalnum() else ""


@dataclass(frozen=True)
class Found:
    """What the rows of a segment tell of the people who go: their ids with what stands for each, the runs
    and the sessions."""

    users: Mapping[str, str]
    runs: frozenset[str]
    sessions: frozenset[str]


@dataclass(frozen=True)
class Gone:
    """Everything that is known of those who go. ``tokens`` has what stands for each user id; ``spans`` are
    the ids of the steps of their ``runs``; ``day`` (ISO date) is that of the erasure.

    ``key`` is the feature's secret, which makes what stands for their ``sessions``.
    """

    tokens: Mapping[str, str]
    runs: frozenset[str]
    spans: frozenset[str]
    sessions: frozenset[str]
    mention: Mention
    key: str
    day: str

    def session(self, session_id: str) -> str:
        return session_token(session_id, self.key)


@dataclass(frozen=True)
class Touched:
    """How many rows are the person's own, how many texts of other rows name them, and how many ids do,
    which have to stay. ``content`` is the segment as it is to be kept."""

    own: int
    reactions: int
    mentions: int
    left: int
    content: bytes


def session_token(session_id: str, key: str) -> str:
    """What stands for a session of somebody who was erased: the same in every file."""
    digest = hmac.new(key.encode(), f"erased session\0{session_id}".encode(), hashlib.sha256).hexdigest()
    return f"{ERASED_SESSION}{digest[:12]}]"


def look_for(content: bytes, token_of: Callable[[str], str | None]) -> Found:
    """The people in a segment for whose user id ``token_of`` knows what is to stand instead."""
    table = _read(content, ("user_id", "session_id", *_RUN_COLUMNS))
    if "user_id" not in table.column_names:
        return Found({}, frozenset(), frozenset())
    ids = [one for one in pc.unique(table["user_id"]).to_pylist() if one is not None]
    users = {one: token for one in ids if (token := token_of(one)) is not None}
    rows = table.filter(_among(table["user_id"], users))
    return Found(users, _words(rows, _RUN_COLUMNS), _words(rows, ("session_id",)))


def runs_of_sessions(
    content: bytes, is_theirs: Callable[[str], bool]
) -> tuple[frozenset[str], frozenset[str]]:
    """(runs, sessions) of rows that name no user but a session of somebody who goes."""
    table = _read(content, ("user_id", "session_id", *_RUN_COLUMNS))
    if not {"user_id", "session_id"} <= set(table.column_names):
        return frozenset(), frozenset()
    table = table.filter(pc.is_null(table["user_id"]))
    ids = pc.unique(table["session_id"]).to_pylist()
    theirs = frozenset(one for one in ids if one is not None and is_theirs(one))
    rows = table.filter(_among(table["session_id"], theirs))
    return _words(rows, _RUN_COLUMNS), theirs


def spans_of_runs(content: bytes, runs: frozenset[str]) -> frozenset[str]:
    """The ids of the steps of these runs: a score may name its step alone."""
    table = _read(content, ("run_id", "span_id", "parent_id"))
    if "parent_id" not in table.column_names:
        return frozenset()
    return _words(table.filter(_among(table["run_id"], runs)), ("span_id",))


def erased(content: bytes, gone: Gone) -> Touched | None:
    """The segment without the person: their texts, their id, their sessions, and every text that names
    them. None where it has nothing of them (left)."""
    table = pq.read_table(pa.BufferReader(content))
    own = _own(table, gone)
    changed, mentions, left = False, 0, 0
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if not (pa.types.is_string(field.type) or pa.types.is_list(field.type)):
            continue
        if pa.types.is_list(field.type):
            after, named = _without_in_lists(column, gone)
        elif field.name in ("user_id", "session_id"):
            after, named = _renamed(column, field.name, gone), 0
        elif field.name in _IDENTITIES:
            after, named = None, 0
            left += _count(gone.mention.cells(column))
        elif field.name in FREE_TEXT:
            after, named = _blanked(column, field.name, own, gone)
        else:
            after, named = _without(column, gone)
        mentions += named
        if after is not None:
            changed = True
            table = table.set_column(place, field, after.cast(field.type))
    if not changed:
        return None
    return Touched(_count(own), _reactions(table, own), mentions, left, packed(table))


def _reactions(table: pa.Table, own: pa.ChunkedArray) -> int:
    if "user_feedback" not in table.column_names:
        return 0
    return _count(pc.and_(own, pc.is_valid(table["user_feedback"])))


def _own(table: pa.Table, gone: Gone) -> pa.ChunkedArray:
    """The rows of the person: by their id, by a run of theirs, by a session that no other user is in."""
    own = pa.chunked_array([pa.array([False] * table.num_rows)])
    names = table.column_names
    for name, values in (("user_id", gone.tokens), *((column, gone.runs) for column in _RUN_COLUMNS)):
        if name in names:
            own = pc.or_(own, _among(table[name], values))
    if "score_id" in names and "span_id" in names:
        own = pc.or_(own, _among(table["span_id"], gone.spans))
    if {"user_id", "session_id"} <= set(names):
        nobody = pc.is_null(table["user_id"])
        own = pc.or_(own, pc.and_(nobody, _among(table["session_id"], gone.sessions)))
    return own


def _blanked(
    column: pa.ChunkedArray, name: str, own: pa.ChunkedArray, gone: Gone
) -> tuple[pa.ChunkedArray | None, int]:
    named = gone.mention.cells(column)
    whole = name in _OF_ALL
    goes = (pc.or_(own, named) if whole else named).to_numpy()
    # Only of few rows it has to be asked whether they say anything.
    texts = column.filter(pa.array(goes))
    is_erased = pc.fill_null(pc.starts_with(texts, ERASED_START), False)
    goes[goes] = pc.and_not(is_text(texts, name), is_erased).to_numpy()
    if not goes.any():
        return None, 0
    mentions = _count(pc.and_not(named, own) if whole else named)
    return pc.if_else(pa.array(goes), pa.scalar(erased_text(gone.day), column.type), column), mentions


def _renamed(column: pa.ChunkedArray, name: str, gone: Gone) -> pa.ChunkedArray | None:
    instead = gone.tokens if name == "user_id" else {one: gone.session(one) for one in gone.sessions}
    if not pc.any(_among(column, instead)).as_py():
        return None
    cells = [instead.get(cell, cell) for cell in column.to_pylist()]
    return pa.chunked_array([pa.array(cells, column.type)])


def _without(column: pa.ChunkedArray, gone: Gone) -> tuple[pa.ChunkedArray | None, int]:
    named = gone.mention.cells(column)
    if not pc.any(named).as_py():
        return None, 0
    cells = [gone.mention.without(cell, "[erased]") if cell else cell for cell in column.to_pylist()]
    return pa.chunked_array([pa.array(cells, column.type)]), _count(named)


def _without_in_lists(column: pa.ChunkedArray, gone: Gone) -> tuple[pa.ChunkedArray | None, int]:
    flat = pa.chunked_array([pc.list_flatten(column.combine_chunks())])
    if not pa.types.is_string(flat.type):
        return None, 0
    named = _count(gone.mention.cells(flat))
    if not named:
        return None, 0
    cells: list[Any] = [
        None if cell is None else [one and gone.mention.without(one, "[erased]") for one in cell]
        for cell in column.to_pylist()
    ]
    return pa.chunked_array([pa.array(cells, column.type)]), named


def _read(content: bytes, wanted: Sequence[str]) -> pa.Table:
    file = pq.ParquetFile(pa.BufferReader(content))
    return file.read(columns=[name for name in wanted if name in file.schema_arrow.names])


def _among(column: pa.ChunkedArray, values: Any) -> pa.ChunkedArray:
    return pc.is_in(column, pa.array(sorted(values), column.type))


def _words(table: pa.Table, names: Sequence[str]) -> frozenset[str]:
    here = [table[name].to_pylist() for name in names if name in table.column_names]
    return frozenset(cell for cells in here for cell in cells if cell is not None)


def _count(mask: pa.ChunkedArray) -> int:
    return int(pc.sum(mask).as_py() or 0)
