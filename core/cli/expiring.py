"""The sub-command `retention`."""

import argparse
from argparse import Namespace
from datetime import datetime
from typing import Any

from core.actions.log_retention import EmptiedEntries, expire_log
from core.actions.number_retention import ExpiredNumbers, expire_numbers
from core.actions.retention import Expired, run_retention
from core.actions.workspace import Workspace
from core.cli.telling import tell_json


def add_options(retention: argparse.ArgumentParser) -> None:
    retention.add_argument("--feature", metavar="SLUG", help="only this feature (default: all of them)")


def expire_all(workspace: Workspace, arguments: Namespace, now: datetime) -> int:
    texts = run_retention(workspace, now, arguments.feature)
    numbers = expire_numbers(workspace, now, arguments.feature)
    entries = expire_log(workspace, now, arguments.feature)
    if arguments.json:
        tell_json(_as_json(texts, numbers, entries))
        return 0
    if not (texts or numbers or entries):
        print("Nothing expires: nothing says for how long anything is kept.")
    for slug in _features(texts, numbers, entries):
        for sentence in _sentences(_of(texts, slug), _of(numbers, slug), _of(entries, slug)):
            print(f"{slug or 'of no feature':<32} {sentence}")
    return 0


def _features(
    texts: list[Expired], numbers: list[ExpiredNumbers], entries: list[EmptiedEntries]
) -> list[str | None]:
    """Each feature that something has a limit in, once; None for what belongs to none."""
    named = [*(one.slug for one in texts), *(one.slug for one in numbers), *(one.slug for one in entries)]
    return list(dict.fromkeys(named))


def _of(found: list[Any], slug: str | None) -> Any:
    """What was done to this feature, None where nothing of the kind has a limit there."""
    return next((one for one in found if one.slug == slug), None)


def _sentences(
    texts: Expired | None, numbers: ExpiredNumbers | None, entries: EmptiedEntries | None
) -> list[str]:
    held = next((one.held for one in (texts, numbers, entries) if one is not None and one.held), "")
    if held:
        return [f"nothing removed. {held}."]
    said = []
    if texts is not None:
        said.append(
            f"texts removed from {texts.rows:,} rows, {texts.remarks:,} remarks and the samples of "
            f"{texts.uploads:,} uploads"
        )
    if numbers is not None:
        said.append(
            f"numbers of {numbers.uploads:,} uploads removed: {numbers.rows:,} rows, {numbers.labels:,} "
            f"labels, {numbers.failures:,} failures"
        )
        if numbers.counted:
            said.append(
                f"numbers of {numbers.counted:,} uploads stay beyond their time: a verdict counts them"
            )
    if entries is not None:
        said.append(f"{entries.entries:,} entries of the log emptied")
    return said


def _as_json(
    texts: list[Expired], numbers: list[ExpiredNumbers], entries: list[EmptiedEntries]
) -> list[dict[str, Any]]:
    """One object a feature, and one (``feature`` null) for entries of the log that belong to none."""
    lines: dict[str | None, dict[str, Any]] = {}
    for slug in _features(texts, numbers, entries):
        lines[slug] = {"feature": slug, "rows": 0, "remarks": 0, "uploads": 0, "held": None}
        lines[slug] |= {"numbers": None, "log_entries": None}
    for text in texts:
        lines[text.slug] |= {"rows": text.rows, "remarks": text.remarks, "uploads": text.uploads}
    for number in numbers:
        said = {name: getattr(number, name) for name in ("uploads", "rows", "labels", "failures", "counted")}
        lines[number.slug]["numbers"] = said
    for entry in entries:
        lines[entry.slug]["log_entries"] = entry.entries
    held: dict[str | None, str] = {
        **{one.slug: one.held for one in texts},
        **{one.slug: one.held for one in numbers},
        **{one.slug: one.held for one in entries},
    }
    for slug, why in held.items():
        lines[slug]["held"] = why or None
    return list(lines.values())
