"""Who goes when a person is erased: found in the evidence there is, and in every file that comes later."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.evidence.columns import RUN_KINDS, Kind
from core.intake.job import PartRows, ReadOutcome
from core.intake.redaction import replaced
from core.intake.report import Notice
from core.metrics.catalogue import Relation
from core.store import erasures
from core.store.database import Connection
from core.store.erased_rows import cells_of, without_person
from core.store.features import Feature
from core.store.gone import (
    ERASED_SESSION,
    Gone,
    Mention,
    erased,
    look_for,
    runs_of_sessions,
    session_token,
    spans_of_runs,
)
from core.store.user_codes import code_of, is_code

Contents = Callable[[], Iterable[tuple[str, bytes]]]
"""(kind, Parquet) of one segment after the other; asked for once for every look at them."""

NOTICE = "erased"


def fingerprint_of(user_id: str, key: str) -> str:
    """What knows a person again without their id: the same for the id and for the code that it became."""
    code = user_id if is_code(user_id) else code_of(user_id, key)
    return hmac.new(key.encode(), f"erased person\0{code}".encode(), hashlib.sha256).hexdigest()


def who_goes(
    contents: Contents,
    tokens: Mapping[str, str],
    key: str,
    day: str,
    *,
    wanted: Sequence[str] = (),
    runs: frozenset[str] = frozenset(),
    sessions: frozenset[str] = frozenset(),
) -> Gone:
    """Everything in the ``contents`` that belongs to the people whose fingerprints ``tokens`` has.

    ``wanted`` are ids that are looked for in texts even if no row has them; ``runs`` are known to be theirs
    before, ``sessions`` too, by what already stands for them.
    """
    users: dict[str, str] = {}
    theirs: set[str] = set()
    named: set[str] = set(runs)
    for kind, content in contents():
        if kind in (*RUN_KINDS, Kind.EVALS):
            found = look_for(content, lambda user_id: tokens.get(fingerprint_of(user_id, key)))
            users |= found.users
            named |= found.runs
            theirs |= found.sessions

    def is_theirs(session_id: str) -> bool:
        return session_id in theirs or (bool(sessions) and session_token(session_id, key) in sessions)

    if theirs or sessions:
        for kind, content in contents():
            if kind in RUN_KINDS:
                in_sessions, seen = runs_of_sessions(content, is_theirs)
                named |= in_sessions
                theirs |= seen
    spans: set[str] = set()
    for kind, content in contents() if named else ():
        if kind == Kind.SPANS:
            spans |= spans_of_runs(content, frozenset(named))
    needles = [needle for one in (*users, *wanted) for needle in _spellings(one, key)]
    people = frozenset(named), frozenset(spans), frozenset(theirs)
    return Gone(users, *people, mention=Mention(needles), key=key, day=day)


def _spellings(user_id: str, key: str) -> list[str]:
    """The id, its code, and the token that an import stored for it where it is an address or a number."""
    token = replaced(user_id, key)
    return [user_id, *([] if is_code(user_id) else [code_of(user_id, key)]), *([token] * (token != user_id))]


def without_erased(
    workspace: Workspace, feature: Feature, outcome: ReadOutcome, now: datetime
) -> ReadOutcome:
    """What was read, before it is published: people who were erased from the feature stay so.

    Their rows count as before, without texts and ids; the report says so. The files are changed in place.
    """
    with workspace.database.reading() as connection:
        tokens = erasures.tokens(connection, feature.id)
        if not tokens:
            return outcome
        key = token_key(workspace.home, feature.id)
        runs, sessions = _known(workspace, connection, feature, tokens, key)
    parts = [PartRows(outcome.kind, outcome.segments, outcome.updated_keys), *outcome.parts]
    files = [(part.kind.value, path) for part in parts for path in part.segments]

    def contents() -> Iterable[tuple[str, bytes]]:
        return ((kind, path.read_bytes()) for kind, path in files)

    rejected = outcome.rejected.read_bytes() if outcome.rejected is not None else b""
    wanted = [cell for cell in cells_of(rejected) if fingerprint_of(cell, key) in tokens]
    day = now.date().isoformat()
    gone = who_goes(contents, tokens, key, day, wanted=wanted, runs=runs, sessions=sessions)
    own = sum(_rewrite(path, gone) for _, path in files)
    if outcome.rejected is not None:
        outcome.rejected.write_bytes(without_person(rejected, gone))
    return _told(outcome, own)


def _known(
    workspace: Workspace, connection: Connection, feature: Feature, tokens: Mapping[str, str], key: str
) -> tuple[frozenset[str], frozenset[str]]:
    """(runs, sessions) in the evidence of people who were erased; ids may have expired to codes since."""
    stands = "\n".join(sorted({name for token in tokens.values() for name in (token, code_of(token, key))}))
    query = """SELECT run_id, session_id FROM evidence
        WHERE LIST_CONTAINS(STRING_SPLIT($stands, CHR(10)), user_id) OR STARTS_WITH(session_id, $session)"""
    asked = {"stands": stands, "session": ERASED_SESSION}
    rows = workspace.warehouse.rows(connection, feature, Relation.TRACES, query, asked)
    sessions = frozenset(session for _, session in rows if session and session.startswith(ERASED_SESSION))
    return frozenset(run for run, _ in rows), sessions


def _rewrite(path: Path, gone: Gone) -> int:
    touched = erased(path.read_bytes(), gone)
    if touched is None:
        return 0
    path.write_bytes(touched.content)
    return touched.own


def _told(outcome: ReadOutcome, own: int) -> ReadOutcome:
    """The outcome with a report that has no cells of the file: rows that were known before are not looked
    at again, so nobody can tell whose they are. Of rows that were cleaned it says so."""
    rows = "1 row is" if own == 1 else f"{own:,} rows are"
    sentence = (
        f"{rows} of somebody who was erased from this feature: their texts and their id were dropped again, "
        "the rest counts."
    )
    notices = (Notice(code=NOTICE, sentence=sentence),) if own else ()
    report = outcome.report.model_copy(
        update={
            "columns": tuple(use.model_copy(update={"samples": ()}) for use in outcome.report.columns),
            "problems": tuple(one.model_copy(update={"value": ""}) for one in outcome.report.problems),
            "warnings": (*outcome.report.warnings, *notices),
        }
    )
    return replace(outcome, report=report)
