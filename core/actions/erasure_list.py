"""The list of erasures beside the backups: keyed marks, from which nobody learns who was erased.

It is written with every backup, so that a restore knows whom an older backup must not bring back, even
where the home folder is lost.
"""

import os
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.errors import UnreadableFile
from core.store import erasures
from core.store.backup import DoneErasure

_DIGITS = 16


class _Mark(BaseModel):
    """One erasure in the file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    feature: str
    feature_id: int
    number: int
    fingerprint: str = Field(pattern=r"^[0-9a-f]{64}$")
    reason: str
    done_at: datetime


class ErasureList(BaseModel):
    """Every erasure done by ``written_at``. ``secret`` tells one secret from another, and no more."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    format: Literal["readygate-erasures-1"] = "readygate-erasures-1"
    written_at: datetime
    secret: str
    erasures: tuple[_Mark, ...]

    def since(self, moment: datetime) -> list[DoneErasure]:
        """Those done after ``moment``, the oldest first."""
        return [DoneErasure(**one.model_dump()) for one in self.erasures if one.done_at > moment]


def secret_of(home: Path) -> str:
    """What tells the secret of this home from another one; it gives nothing of it away."""
    return token_key(home, 0)[:_DIGITS]


def list_file(folder: Path, secret: str) -> Path:
    """Where the list stands among the backups in ``folder``; homes with other secrets have their own."""
    return folder / f"readygate-erasures-{secret}.json"


def write_list(workspace: Workspace, folder: Path, now: datetime) -> Path | None:
    """Bring the list in ``folder`` up to date; None where nobody was ever erased, so that there is none.

    What it had before stays in it: a database that was set back knows less.
    """
    with workspace.database.reading() as connection:
        done = erasures.done(connection)
    if not done:
        return None
    secret = secret_of(workspace.home)
    path = list_file(folder, secret)
    before = read_list(path).erasures if path.exists() else ()
    marks = {(one.feature, one.fingerprint, one.done_at): one for one in (*before, *_marks(done))}
    ordered = tuple(sorted(marks.values(), key=lambda one: (one.done_at, one.number)))
    written = ErasureList(written_at=now, secret=secret, erasures=ordered)
    _replace(path, written.model_dump_json(indent=2) + "\n")
    return path


def read_list(path: Path) -> ErasureList:
    """Raises UnreadableFile where it is not there, or not as it was written."""
    try:
        return ErasureList.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise UnreadableFile(
            f"{path} is no list of erasures: {type(error).__name__}.",
            mend="Name the file readygate-erasures-….json that stands beside the backups.",
            code="no_erasure_list",
        ) from error


def _marks(done: Iterable[tuple[str, erasures.Erasure]]) -> Iterable[_Mark]:
    for slug, one in done:
        if one.done_at is not None:
            yield _Mark(
                feature=slug,
                feature_id=one.feature_id,
                number=one.id,
                fingerprint=one.fingerprint,
                reason=one.reason,
                done_at=one.done_at,
            )


def _replace(path: Path, text: str) -> None:
    """Whole or not at all, and for its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(path)
