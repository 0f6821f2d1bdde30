"""The words of failures that a team saved: own ones, renamed ones, merged ones; each saving is a row."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from core.evidence.failure_words import fold_words
from core.store.tables import failure_word


@dataclass(frozen=True)
class SavedWord:
    """One saving of a word; ``became`` is the word that it counts as from then on, None for itself."""

    id: int
    feature_id: int
    kind: str
    word: str
    definition: str
    example: str
    became: str | None
    saved_by: str
    saved_by_id: int | None
    saved_at: datetime
    reason: str


def add(
    connection: Connection,
    *,
    feature_id: int,
    kind: str,
    word: str,
    definition: str,
    example: str,
    became: str | None,
    by: str,
    by_id: int | None,
    reason: str,
    now: datetime,
) -> SavedWord:
    row = {
        "feature_id": feature_id,
        "kind": kind,
        "word": word,
        "definition": definition,
        "example": example,
        "became": became,
        "saved_by": by,
        "saved_by_id": by_id,
        "saved_at": now,
        "reason": reason,
    }
    added = connection.execute(insert(failure_word).values(row).returning(*failure_word.c))
    return SavedWord(**added.one()._asdict())


def history(connection: Connection, feature_id: int) -> list[SavedWord]:
    """Every saving, the oldest first."""
    mine = select(failure_word).where(failure_word.c.feature_id == feature_id).order_by(failure_word.c.id)
    return [SavedWord(**row._asdict()) for row in connection.execute(mine)]


def current(connection: Connection, feature_id: int) -> dict[tuple[str, str], SavedWord]:
    """The newest saving of each word, by (kind, folded word), in the order in which words came up."""
    found: dict[tuple[str, str], SavedWord] = {}
    for one in history(connection, feature_id):
        found[one.kind, fold_words(one.word)] = one
    return found


def became(connection: Connection, feature_id: int) -> dict[tuple[str, str], str]:
    """(kind, folded word) -> the word that it counts as in the end; words that count as themselves are
    left out."""
    newest = current(connection, feature_id)
    return {key: _in_the_end(newest, one) for key, one in newest.items() if one.became is not None}


def _in_the_end(newest: dict[tuple[str, str], SavedWord], one: SavedWord) -> str:
    word, seen = one.became or one.word, {fold_words(one.word)}
    while fold_words(word) not in seen:
        seen.add(fold_words(word))
        after = newest.get((one.kind, fold_words(word)))
        if after is None or after.became is None:
            return word
        word = after.became
    return word
