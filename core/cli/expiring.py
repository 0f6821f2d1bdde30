"""The sub-command `retention`."""

import argparse
from argparse import Namespace
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.case_retention import ExpiredCases, expire_cases
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
    cases = expire_cases(workspace, now, arguments.feature)
    entries = expire_log(workspace, now, arguments.feature)
    done = Done(texts, numbers, cases, entries)
    if arguments.json:
        tell_json(_as_json(done))
        return 0
    if not done.features:
        print("Nothing expires: nothing says for how long anything is kept.")
    for slug in done.features:
        for sentence in _sentences(done, slug):
            print(f"{slug or 'of no feature':<32} {sentence}")
    return 0


@dataclass(frozen=True)
class Done:
    """What one run did, feature by feature, for each that has a limit."""

    texts: list[Expired]
    numbers: list[ExpiredNumbers]
    cases: list[ExpiredCases]
    entries: list[EmptiedEntries]

    @property
    def all(self) -> tuple[Expired | ExpiredNumbers | ExpiredCases | EmptiedEntries, ...]:
        return *self.texts, *self.numbers, *self.cases, *self.entries

    @property
    def features(self) -> list[str | None]:
        """Each feature that something has a limit in, once; None for what belongs to none."""
        return list(dict.fromkeys(one.slug for one in self.all))


def _of(found: list[Any], slug: str | None) -> Any:
    """What was done to this feature, None where nothing of the kind has a limit there."""
    return next((one for one in found if one.slug == slug), None)


def _sentences(done: Done, slug: str | None) -> list[str]:
    held = next((one.held for one in done.all if one.slug == slug and one.held), "")
    if held:
        return [f"nothing removed. {held}."]
    texts, numbers = _of(done.texts, slug), _of(done.numbers, slug)
    cases, entries = _of(done.cases, slug), _of(done.entries, slug)
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
    if cases is not None:
        said.append(f"texts of {cases.cases:,} eval cases made from traces removed")
        if cases.bound:
            said.append(
                f"texts of {cases.bound:,} eval cases stay beyond their time: a locked set holds them"
            )
    if entries is not None:
        said.append(f"{entries.entries:,} entries of the log emptied")
    return said


def _as_json(done: Done) -> list[dict[str, Any]]:
    """One object a feature, and one (``feature`` null) for entries of the log that belong to none."""
    lines: dict[str | None, dict[str, Any]] = {}
    for slug in done.features:
        lines[slug] = {"feature": slug, "rows": 0, "remarks": 0, "uploads": 0, "held": None}
        lines[slug] |= {"numbers": None, "cases": None, "log_entries": None}
    for text in done.texts:
        lines[text.slug] |= {"rows": text.rows, "remarks": text.remarks, "uploads": text.uploads}
    for number in done.numbers:
        said = {name: getattr(number, name) for name in ("uploads", "rows", "labels", "failures", "counted")}
        lines[number.slug]["numbers"] = said
    for case in done.cases:
        lines[case.slug]["cases"] = {"cases": case.cases, "bound": case.bound}
    for entry in done.entries:
        lines[entry.slug]["log_entries"] = entry.entries
    for one in done.all:
        lines[one.slug]["held"] = one.held or lines[one.slug]["held"]
    return list(lines.values())
