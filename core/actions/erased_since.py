"""Who was erased after a backup was made: asked of what is left of the installation, and done again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.actions.backups import Manifest
from core.actions.erasing_again import erase_again
from core.actions.erasure_list import ErasureList, list_file, read_list, secret_of
from core.actions.token_keys import KEY_FILE, is_shared
from core.actions.workspace import Workspace
from core.store import backup, features
from core.store.backup import DoneErasure


@dataclass(frozen=True)
class Known:
    """What is known before a restore begins: the erasures that the database in place has done since the
    backup (``here``, None: there is none to ask), and the lists handed over or standing beside it.

    ``key_file`` is the secret of the home, where it stays; ``here_secret`` tells it from others.
    """

    here: tuple[DoneErasure, ...] | None
    here_secret: str
    lists: tuple[ErasureList, ...]
    key_file: Path | None
    made_at: datetime


@dataclass(frozen=True)
class ErasedSince:
    """``again`` were erased from the restored database as well. ``by_hand`` are in it again, or may be named
    in its texts, because their marks were made with another secret, or no row of theirs is there.

    ``known_until`` is up to when erasures are known: None means all of them, and ``is_unknown`` none.
    """

    again: tuple[DoneErasure, ...] = ()
    by_hand: tuple[DoneErasure, ...] = ()
    known_until: datetime | None = None
    is_unknown: bool = False

    @property
    def sentences(self) -> tuple[str, ...]:
        """What was done, and what the operator has to do."""
        if not self.again:
            return self.to_do
        done = f"Erased again, because they were erased after this backup was made: {_told(self.again)}."
        return done, *self.to_do

    @property
    def to_do(self) -> tuple[str, ...]:
        """What is left to the operator; nothing where everybody is known and found."""
        said = []
        if self.by_hand:
            said.append(
                f"Not found by their marks: {_told(self.by_hand)}. They are not in it, or only named in "
                "somebody's text, or the backup was made with another secret: search for them by their ids "
                "and erase them anew."
            )
        if self.is_unknown:
            said.append(
                "Nobody can say who was erased after this backup was made: there was no database here and no "
                "list of erasures. Restore again with --erasures and the file readygate-erasures-….json that "
                "stands beside newer backups, or erase them anew from your own list of requests."
            )
        elif self.known_until is not None:
            said.append(
                f"The list of erasures ends on {self.known_until:%Y-%m-%d %H:%M} UTC: whoever was erased "
                "later is in it again. Erase them anew, from your own list of requests."
            )
        return tuple(said)


def erased_since(
    source: Path, manifest: Manifest, home: Path, target: Path | None, handed: ErasureList | None
) -> Known:
    """Ask the database at ``target`` (None: there is none), and the list that was ``handed`` over or else the
    one that stands beside the backup ``source``, before anything is changed."""
    made = None if target is None else backup.erasures_since(target, manifest.made_at)
    has_secret = is_shared() or (home / KEY_FILE).exists()
    beside = [path for path in source.resolve().parent.glob(list_file(Path(), "*").name) if path.is_file()]
    lists = [handed] if handed is not None else [read_list(path) for path in sorted(beside)]
    return Known(
        here=None if made is None else tuple(made),
        here_secret=secret_of(home) if has_secret else "",
        lists=tuple(lists),
        key_file=home / KEY_FILE if (home / KEY_FILE).exists() else None,
        made_at=manifest.made_at,
    )


def erase_known(workspace: Workspace, known: Known, by: str, now: datetime) -> ErasedSince:
    """Erase everybody who is known to have been erased since from the restored ``workspace``."""
    secret = secret_of(workspace.home)
    mine = [one for one in known.lists if one.secret == secret]
    listed = [mark for one in mine for mark in one.since(known.made_at)]
    here = list(known.here or ())
    other_secret = here if known.here_secret != secret else []
    marks = _once([*(one for one in here if one not in other_secret), *listed])
    moved = [one for one in marks if _is_moved(workspace, one)]
    done = erase_again(workspace, [one for one in marks if one not in moved], by, now)
    unsure = [one.asked for one in done if not one.rows]
    until = max((one.written_at for one in mine), default=None)
    return ErasedSince(
        again=tuple(one.asked for one in done if one.rows),
        by_hand=(*unsure, *moved, *other_secret),
        known_until=None if known.here is not None else until,
        is_unknown=known.here is None and until is None,
    )


def _once(marks: Sequence[DoneErasure]) -> list[DoneErasure]:
    """Each person of a feature once, as they were erased first."""
    first: dict[tuple[str, str], DoneErasure] = {}
    for one in sorted(marks, key=lambda one: one.done_at):
        first.setdefault((one.feature, one.fingerprint), one)
    return list(first.values())


def _is_moved(workspace: Workspace, mark: DoneErasure) -> bool:
    """Whether the feature has another number there, with which other marks are made."""
    with workspace.database.reading() as connection:
        there = features.id_of(connection, mark.feature)
    return there is not None and there != mark.feature_id


def _told(marks: Sequence[DoneErasure]) -> str:
    return "; ".join(
        f"request {one.number} of {one.feature}, done on {one.done_at:%Y-%m-%d} ({one.reason})"
        for one in marks
    )
