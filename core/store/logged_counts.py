"""What the log tells of weekly counts from outside: each that was recorded, corrected or taken back."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core.evidence.failure_words import fold_words
from core.store.logged_columns import LoggedEvent

COUNT = "count"
RECORDED, UPLOADED, TAKEN_BACK = (
    "weekly count recorded",
    "weekly counts uploaded",
    "weekly count taken back",
)
ACTIONS = frozenset({RECORDED, UPLOADED, TAKEN_BACK})

Key = tuple[Any, ...]
"""(when it was recorded, week, measure without regard to case, the how manieth of these)."""


class CountKeys:
    """Gives each count its key, in the order in which they were recorded: in the log, and in the table."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str, Key]] = Counter()

    def next(self, slug: str, at: Any, week: str, measure: Any) -> Key:
        key = at, week, fold_words(str(measure))
        self._seen[slug, key] += 1
        return *key, self._seen[slug, key]


class LoggedCounts:
    """The counts of every feature as events tell of them."""

    def __init__(self) -> None:
        self._keys = CountKeys()
        self._told: dict[tuple[str, Key], tuple[int, str, dict[str, Any]]] = {}
        self._current: dict[tuple[str, str, str], Key] = {}
        self._unsure: set[str] = set()

    def take(self, event: LoggedEvent, slug: str) -> None:
        """Raises KeyError where an event of an earlier version does not say which counts it brought."""
        said = event.payload
        if event.action == RECORDED:
            self._record(event, slug, said["week"], said["measure"], said["count"], said["out_of"])
        elif event.action == UPLOADED:
            for week, measure, count, out_of in said["rows"]:
                self._record(event, slug, week, measure, count, out_of)
        elif "week" in said:
            self._replace(event, slug, said["week"], said["measure"])
        else:
            # It names a number that only the table knows.
            self._unsure.add(slug)

    def rows(self) -> Iterator[tuple[str, Key, str, Mapping[str, Any], int]]:
        """(feature, key, name, columns, entry) of each."""
        for (slug, key), (seq, name, columns) in self._told.items():
            kept = {one: value for one, value in columns.items() if one != "replaced_at"}
            yield slug, key, name, kept if slug in self._unsure else columns, seq

    def _record(
        self, event: LoggedEvent, slug: str, week: str, measure: str, count: int, out_of: int | None
    ) -> None:
        self._replace(event, slug, week, measure)
        key = self._keys.next(slug, event.at, week, measure)
        columns = {"count": count, "out_of": out_of, "recorded_by": event.actor, "replaced_at": None}
        self._told[slug, key] = event.seq, name_of(measure, week), columns
        self._current[slug, week, fold_words(measure)] = key

    def _replace(self, event: LoggedEvent, slug: str, week: str, measure: str) -> None:
        """The count of this week and measure, where there is one, counts no more."""
        key = self._current.pop((slug, week, fold_words(measure)), None)
        if key is not None:
            _, name, columns = self._told[slug, key]
            self._told[slug, key] = event.seq, name, {**columns, "replaced_at": event.at}


def name_of(measure: Any, week: Any) -> str:
    return f"the count of “{measure}” in the week of {week}"
