"""Carrying out an import: read the file in a child process, publish it whole or not at all.

Nothing is visible to a verdict before the one transaction that publishes the segments, the labels,
the keys and the audit row together.
"""

import shutil
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from core.actions.known_rows import known_keys
from core.actions.previews import keep_preview
from core.actions.spooled import keep_for_answers, require_unchanged, spooled
from core.actions.token_keys import token_key
from core.actions.workspace import Workspace
from core.errors import ImportCancelled, QuestionsOpen, UserError, WrongUsage
from core.evidence.fingerprints import Keys
from core.intake.answers import Answers
from core.intake.job import KnownScore, Progress, ReadJob, ReadOutcome, Remembered
from core.intake.personal_texts import QUESTION as PERSONAL_TEXT
from core.intake.reading import read_in_child
from core.store import audit, features, uploads
from core.store.uploads import Upload

Clock = Callable[[], datetime]

_LOCK = "running.lock"
"""The file in an upload's spool folder that whoever carries it out holds locked."""

_TRIES = 5
_REPORT_EVERY_SECONDS = 0.3
_HEARTBEAT = timedelta(minutes=5)
_KEPT_FOR = timedelta(days=1)
_REMEMBERED = 20
_STOPPED = "Readygate stopped while this file was being imported. Nothing of it was saved."


def run_import(
    workspace: Workspace,
    upload_id: str,
    clock: Clock,
    on_progress: Callable[[Progress], None] | None = None,
    *,
    more_follow: bool = False,
) -> Upload:
    """Read and publish a waiting upload; returns it as it then stands (done, failed or cancelled).

    A fault the user can mend ends in the upload's ``fault`` and is raised as well; anything else
    is a bug, is noted as one, and is raised. While questions are open the file stays in the spool,
    so that an answer is enough. Where ``more_follow`` at once, the last of them notes the verdict.
    """
    folder = workspace.spool / upload_id
    with workspace.database.reading() as connection:
        upload = uploads.by_id(connection, upload_id)
        slug = features.by_id(connection, upload.feature_id).slug
    if upload.finished_at is not None or not spooled(folder).exists():
        raise _not_waiting()
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _not_waiting() from None
    keep = False
    try:
        done = _read_and_publish(workspace, upload_id, clock, on_progress)
    except UserError as error:
        keep = isinstance(error, QuestionsOpen)
        _note_failure(workspace, upload_id, error, clock())
        raise
    except BaseException:
        _note_failure(workspace, upload_id, _bug(), clock())
        raise
    finally:
        lock.release()
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if not more_follow:
        _make_known(workspace, slug, clock())
    return done


def _make_known(workspace: Workspace, slug: str, now: datetime) -> None:
    from core.actions.publishing import make_ready
    from core.actions.verdicts import note_verdict

    make_ready(workspace, slug)
    note_verdict(workspace, now, slug)


def _load_what_follows() -> None:
    """Load what publishes and judges while another process reads: for a command that takes as long as the
    reading of a small file."""
    for name in ("erasing", "publishing", "verdicts"):
        import_module(f"core.actions.{name}")


def abandon_unfinished(workspace: Workspace, now: datetime) -> None:
    """Mark imports as failed whose process is gone (it was killed); nothing of them was published.

    Left alone is what somebody carries out, who holds the lock in its spool folder, and what waits
    here for the import worker, even if a server was stopped in between.
    """
    with workspace.database.reading() as connection:
        unfinished = uploads.unfinished(connection)
    for upload in unfinished:
        error = UserError(_STOPPED, mend="Upload the file again.", code="stopped")
        # One that ended just now may have questions open: its file is not ours to remove.
        if _is_left(workspace, upload, now) and _note_failure(workspace, upload.id, error, now):
            shutil.rmtree(workspace.spool / upload.id, ignore_errors=True)
    _forget_unanswered(workspace, now, {upload.id for upload in unfinished})


def _is_left(workspace: Workspace, upload: Upload, now: datetime) -> bool:
    """Whether nobody will carry out this unfinished upload to its end any more."""
    folder = workspace.spool / upload.id
    if _waits_here(workspace, upload):
        return False
    if (folder / _LOCK).exists():
        return not _is_running(folder)
    # Another server's, or one that its command is about to begin: both soon give a sign of life.
    return now - upload.heartbeat_at >= _HEARTBEAT


def _waits_here(workspace: Workspace, upload: Upload) -> bool:
    return upload.state == "waiting" and spooled(workspace.spool / upload.id).exists()


def _forget_unanswered(workspace: Workspace, now: datetime, unfinished: Collection[str]) -> None:
    """Throw away files that were kept for an answer which nobody gave within a day."""
    for folder in workspace.spool.glob("*/"):
        try:
            age = now.timestamp() - folder.stat().st_mtime
        except FileNotFoundError:  # Whoever worked in it has removed it meanwhile.
            continue
        if folder.name not in unfinished and age > _KEPT_FOR.total_seconds() and not _is_running(folder):
            shutil.rmtree(folder, ignore_errors=True)


def waiting_imports(workspace: Workspace) -> list[str]:
    """Ids of uploads in this server's spool that nobody has begun to read, oldest first."""
    with workspace.database.reading() as connection:
        unfinished = uploads.unfinished(connection)
    return [upload.id for upload in unfinished if _waits_here(workspace, upload)]


def _read_and_publish(
    workspace: Workspace, upload_id: str, clock: Clock, on_progress: Callable[[Progress], None] | None
) -> Upload:
    for attempt in range(_TRIES):
        with workspace.database.reading() as connection:
            upload = uploads.by_id(connection, upload_id)
            feature = features.by_id(connection, upload.feature_id)
            keys = known_keys(connection, feature)
        spool = workspace.spool / upload_id / f"reading-{attempt}"
        _make_spool(spool, keys)
        outcome = _read(workspace, upload, spool, (), clock, on_progress)
        if outcome.report.scored_elsewhere:
            # Only now, because no other file needs to know what scores there are.
            with workspace.database.reading() as connection:
                scores = workspace.warehouse.known_scores(connection, feature)
            _make_spool(spool, keys)
            outcome = _read(workspace, upload, spool, scores, clock, on_progress)
        from core.actions.erasing import without_erased
        from core.actions.publishing import at_hand, publish

        outcome = without_erased(workspace, feature, outcome, clock())
        with workspace.database.writing() as connection:
            if uploads.is_cancel_asked(connection, upload_id):
                raise ImportCancelled("The import was stopped. Nothing was saved.")
            # Somebody else's import published meanwhile: what is a duplicate must be worked out anew.
            if features.locked(connection, feature.slug).evidence_version != feature.evidence_version:
                continue
            done = publish(workspace, connection, feature, upload, outcome, clock())
        at_hand(workspace, outcome)
        return done
    raise UserError(
        "Other imports for this feature kept finishing first. Nothing was saved.",
        mend="Wait until they are done, then upload the file again.",
        code="busy",
    )


def _make_spool(spool: Path, keys: tuple[Keys, Keys]) -> None:
    """An empty folder for one reading, with the keys of what is there already."""
    # A try that was killed before its first sign of life has left its folder behind.
    shutil.rmtree(spool, ignore_errors=True)
    spool.mkdir(mode=0o700)
    np.savez(spool / "known.npz", key=keys[0], row_key=keys[1])


def _read(
    workspace: Workspace,
    upload: Upload,
    spool: Path,
    scores: tuple[KnownScore, ...],
    clock: Clock,
    on_progress: Callable[[Progress], None] | None,
) -> ReadOutcome:
    report_pace, cancel_pace = _Pace(_REPORT_EVERY_SECONDS), _Pace(_REPORT_EVERY_SECONDS)

    def progressed(progress: Progress) -> None:
        if not report_pace.is_due():
            return
        with workspace.database.writing() as connection:
            uploads.mark_progress(
                connection,
                upload.id,
                state="reading",
                stage=progress.stage,
                rows_done=progress.rows,
                share=progress.share,
                now=clock(),
            )
        if on_progress is not None:
            on_progress(progress)

    def is_cancelled() -> bool:
        if not cancel_pace.is_due():
            return False
        with workspace.database.reading() as connection:
            return uploads.is_cancel_asked(connection, upload.id)

    folder = workspace.spool / upload.id
    job = ReadJob(
        path=spooled(folder),
        file_name=upload.file_name,
        answers=Answers.model_validate(upload.answers),
        known_keys=spool / "known.npz",
        spool=spool,
        remembered=_remembered(workspace, upload),
        token_key=token_key(workspace.home, upload.feature_id),
        known_scores=scores,
    )
    threading.Thread(target=_load_what_follows, name="loading").start()
    try:
        outcome = read_in_child(job, progressed, is_cancelled)
    except QuestionsOpen:
        keep_for_answers(folder)
        raise
    require_unchanged(folder)
    return outcome


def _remembered(workspace: Workspace, upload: Upload) -> tuple[Remembered, ...]:
    """What was answered for the feature's uploads that count, the newest first, each once."""
    with workspace.database.reading() as connection:
        earlier = uploads.of_feature(connection, upload.feature_id)
    found: list[Remembered] = []
    for one in sorted(earlier, key=lambda done: done.sequence or 0, reverse=True):
        answers = Answers.model_validate(one.answers) if one.state == "done" else Answers()
        if answers == Answers() or one.report is None:
            continue
        remembered = Remembered(tuple(use["header"] for use in one.report["columns"]), answers)
        if remembered not in found:
            found.append(remembered)
    return tuple(found[:_REMEMBERED])


class _Pace:
    """Lets something happen at most once in so many seconds: every progress line would be a commit."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._next = 0.0

    def is_due(self) -> bool:
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + self._seconds
        return True


def _note_failure(workspace: Workspace, upload_id: str, error: UserError, now: datetime) -> bool:
    """The upload ended with ``error``; False, and no effect, where it had ended before."""
    questions = error.questions if isinstance(error, QuestionsOpen) else ()
    keep_preview(workspace, upload_id, questions)
    fault = {
        "code": error.code,
        "sentence": error.sentence,
        "mend": error.mend,
        "because": error.because if isinstance(error, QuestionsOpen) else "",
        "questions": [
            {
                "key": asked.key,
                "sentence": asked.sentence,
                "options": dict(asked.options),
                "samples": list(asked.samples),
                "columns": [{**asdict(guess), "samples": list(guess.samples)} for guess in asked.columns],
                # What the preview shows stays with the file; none of it reaches the database.
                "values": {}
                if asked.key == PERSONAL_TEXT
                else {name: list(values) for name, values in asked.values.items()},
            }
            for asked in questions
        ],
    }
    state = "cancelled" if isinstance(error, ImportCancelled) else "failed"
    with workspace.database.writing() as connection:
        upload = uploads.by_id(connection, upload_id)
        if not uploads.fail(connection, upload_id, state=state, fault=fault, now=now):
            return False
        audit.append(
            connection,
            actor=upload.asked_by,
            action=f"import {state}",
            subject=f"upload/{upload_id}",
            payload={"file": upload.file_name, "code": error.code},
            now=now,
        )
    return True


def _not_waiting() -> WrongUsage:
    """Whoever else imports this file, or has, must not lose it to a second try."""
    return WrongUsage(
        "This file is being imported already, or has been.", mend="Look at the list of uploads."
    )


def _bug() -> UserError:
    return UserError(
        "Readygate met a fault of its own while importing this file. Nothing was saved.",
        mend="Tell whoever runs Readygate; the log says what happened.",
        code="bug",
    )


def _is_running(folder: Path) -> bool:
    try:
        with FileLock(folder / _LOCK, timeout=0):
            return False
    except Timeout:
        return True
