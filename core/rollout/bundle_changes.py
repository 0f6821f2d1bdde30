"""What differs between two release bundles, part by part, in the words of the people who read it."""

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from core.evidence.bundle_parts import BundlePart
from core.rollout.bundle import ReleaseBundle, WayBack
from core.rollout.releases import NOT_WRITTEN_DOWN, version_words

CONTEXT_LINES = 3
"""So many equal lines are shown before and after a change."""


@dataclass(frozen=True)
class BesidePart:
    """One part in two bundles, in words; ``change`` is "changed", "added", "removed" or "" (the same).

    ``is_known`` says whether either bundle has written it down: whether the others changed nobody can say.
    """

    part: BundlePart
    before: str
    after: str
    change: str
    is_known: bool


class LineChange(StrEnum):
    """What became of one line of a text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True)
class Passage:
    """A changed place of a text: ``at`` is its first line in the older and in the newer text, from 1."""

    at: tuple[int, int]
    lines: tuple[tuple[LineChange, str], ...]


def way_back_words(way: WayBack) -> str:
    """How the part is taken back: "alone, by Ben, within 10 minutes: set the flag"."""
    said = "alone" if way.alone else "only together with the whole release"
    said += f", by {way.who}" if way.who else ""
    said += f", within {way.minutes} min" if way.minutes else ""
    return said + (f": {way.how}" if way.how else "")


def has_way_back(way: WayBack) -> bool:
    """Whether somebody has said anything about it; that it goes alone is only where one starts from."""
    return way != WayBack()


def parts_beside(before: ReleaseBundle, after: ReleaseBundle) -> tuple[BesidePart, ...]:
    """The eight parts, each in both bundles; also where only the contents changed and the version stayed."""
    return tuple(_beside(part, before, after) for part in BundlePart)


def bundle_changes(before: ReleaseBundle | None, after: ReleaseBundle) -> tuple[str, ...]:
    """One sentence for each change: "Model: gpt-x → gpt-y"; against ``None`` what is written down at all."""
    if before is None:
        return tuple(
            f"{part.label}: {version_words(after, part)}" for part in BundlePart if after.part(part).is_known
        )
    said = [
        f"{label}: {old or 'none'} → {new or 'none'}"
        for label, old, new in (
            ("Name", before.name, after.name),
            ("Note", before.note, after.note),
            ("Days that a rehearsal holds", before.rehearsal_days, after.rehearsal_days),
        )
        if old != new
    ]
    for beside in parts_beside(before, after):
        old_part, new_part = before.part(beside.part), after.part(beside.part)
        if beside.change:
            said.append(f"{beside.part.label}: {beside.before} → {beside.after}")
        if old_part.link != new_part.link:
            said.append(f"{beside.part.label}, link: {old_part.link or 'none'} → {new_part.link or 'none'}")
        if old_part.way_back != new_part.way_back:
            old_way, new_way = (_way_words(one.way_back) for one in (old_part, new_part))
            said.append(f"{beside.part.label}, way back: {old_way} → {new_way}")
    return tuple(said)


def text_passages(before: str, after: str) -> tuple[Passage, ...]:
    """Where two texts differ, line by line, each place with a few equal lines around it.

    Two JSON documents are compared field by field: written on one line or on many, they are the same.
    """
    older, newer = (text.splitlines() for text in _as_lines(before, after))
    passages = []
    for group in SequenceMatcher(None, older, newer).get_grouped_opcodes(CONTEXT_LINES):
        lines: list[tuple[LineChange, str]] = []
        for kind, start, end, new_start, new_end in group:
            if kind == "equal":
                lines += [(LineChange.SAME, line) for line in older[start:end]]
            else:
                lines += [(LineChange.REMOVED, line) for line in older[start:end]]
                lines += [(LineChange.ADDED, line) for line in newer[new_start:new_end]]
        passages.append(Passage((group[0][1] + 1, group[0][3] + 1), tuple(lines)))
    return tuple(passages)


def _beside(part: BundlePart, before: ReleaseBundle, after: ReleaseBundle) -> BesidePart:
    old, new = version_words(before, part), version_words(after, part)
    was, is_now = before.part(part), after.part(part)
    if was.fingerprint == is_now.fingerprint:
        return BesidePart(part, old, new, "", is_known=was.is_known)
    change = "changed"
    if not was.is_known or not is_now.is_known:
        change = "added" if is_now.is_known else "removed"
    elif old == new:
        new += ", with other contents"
    return BesidePart(part, old, new, change, is_known=True)


def _way_words(way: WayBack) -> str:
    return way_back_words(way) if has_way_back(way) else NOT_WRITTEN_DOWN


def _as_lines(before: str, after: str) -> tuple[str, str]:
    try:
        documents = [json.loads(text) for text in (before, after)]
    except (ValueError, RecursionError):
        return before, after
    if not all(isinstance(document, dict | list) for document in documents):
        return before, after
    old, new = (json.dumps(document, indent=2, ensure_ascii=False) for document in documents)
    # The same fields in other words: what differs then is the spelling, and only the texts show that.
    return (before, after) if old == new else (old, new)
