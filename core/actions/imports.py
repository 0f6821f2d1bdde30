"""Imports as people handle them: hand a file in, answer its questions or discard it, stop it.

The steps of an import are facts in its upload row, so that any tab, a restarted server or the
command line sees where it stands; :mod:`core.actions.importing` carries it out.
"""

import gzip
import shutil
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from core.actions.people import Caller
from core.actions.policy import Act, require, require_for_upload
from core.actions.shared_answers import settles, shared_answers
from core.actions.shown_uploads import as_seen, masked_rows
from core.actions.spooled import keep, keep_in_place, spooled
from core.actions.texts import texts_for
from core.actions.workspace import Workspace
from core.errors import ColumnGuess, Question, WrongUsage
from core.evidence.columns import RUN_KINDS
from core.intake.answers import Answers
from core.report.hidden_characters import marked
from core.store import audit, features, uploads
from core.store.uploads import Upload

_LONGEST_NAME = 255
_SHOWN_SENTENCE = 200


def start_import(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    file_name: str,
    content: BinaryIO | Path,
    answers: Answers | None = None,
    bundle: str | None = None,
    suite: str | None = None,
    for_worker: bool = True,
) -> str:
    """Take ``content`` into the spool and note the import; returns the upload's id. The file at a path is
    read where it lies, if it can be, so that whoever names one must not write to it until it is imported.

    Reading it is :func:`run_import`'s work: by the server's import worker, or, where ``for_worker``
    is false, by the caller itself.
    """
    require(workspace, caller, Act.IMPORT, slug)
    answers = answers or Answers()
    with workspace.database.reading() as connection:
        features.by_slug(connection, slug)
    upload_id = str(uuid.uuid4())
    folder = workspace.spool / upload_id
    folder.mkdir(parents=True, mode=0o700)
    if isinstance(content, Path):
        digest, size = keep_in_place(content, folder)
    else:
        digest, size = keep(content, folder)
    with workspace.database.writing() as connection:
        feature = features.by_slug(connection, slug)
        uploads.add(
            connection,
            upload_id=upload_id,
            feature_id=feature.id,
            file_name=plain_name(file_name),
            sha256=digest,
            size=size,
            bundle=bundle or None,
            suite=suite or None,
            answers=answers.model_dump(mode="json"),
            asked_by=caller.name,
            now=now,
            asked_by_id=caller.person_id,
        )
        if not for_worker:
            uploads.mark_progress(
                connection, upload_id, state="reading", stage="opening", rows_done=0, share=None, now=now
            )
        audit.append(
            connection,
            actor=caller.name,
            action="import asked",
            subject=f"feature/{slug}",
            payload={"upload": upload_id, "file": plain_name(file_name), "sha256": digest, "bytes": size},
            now=now,
        )
    return upload_id


def answer_questions(
    workspace: Workspace, caller: Caller, now: datetime, upload_id: str, choices: Mapping[str, str]
) -> str:
    """Try an upload again with answers to its open questions (key to choice); returns the new upload's id.

    Every question needs an answer, except beside the question what the columns are: what stays open
    there is asked again, where it still matters with the columns as they were chosen. Files that wait
    with the same question are tried again as well: one answer is enough for all of them.
    """
    slug = require_for_upload(workspace, caller, Act.IMPORT, upload_id)
    with workspace.database.reading() as connection:
        upload = uploads.by_id(connection, upload_id)
    kept = spooled(workspace.spool / upload_id)
    if upload.fault is None or not upload.fault["questions"] or not kept.exists():
        raise _no_longer_waiting()
    answers = Answers.model_validate(upload.answers)
    questions = [as_question(asked) for asked in upload.fault["questions"]]
    maps_columns = any(question.columns for question in questions)
    for question in questions:
        choice = choices.get(question.key, "").strip()
        if not choice and maps_columns and not question.columns:
            continue
        # An empty answer is one where it is an option: "none of them".
        if not choice and not ("" in question.options and question.key in choices):
            raise _not_answered(question)
        answers = answers.with_answer(question, choice)
    alike = [other for other in _waiting_beside(workspace, upload) if settles(answers, upload, other)]
    try:
        again = _start_again(workspace, caller, now, slug, upload, answers)
    except FileNotFoundError:
        raise _no_longer_waiting() from None
    for other in alike:
        # Somebody may be answering it at this moment.
        with suppress(FileNotFoundError):
            _start_again(workspace, caller, now, slug, other, shared_answers(answers, other))
    return again


def _start_again(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, upload: Upload, answers: Answers
) -> str:
    """A new upload of the kept file, now with ``answers``; the old one has nothing left to wait for."""
    kept = spooled(workspace.spool / upload.id)
    with kept.open("rb") as content:
        again = start_import(
            workspace,
            caller,
            now,
            slug,
            file_name=upload.file_name,
            content=content,
            answers=answers,
            bundle=upload.bundle,
            suite=upload.suite,
        )
    shutil.rmtree(kept.parent, ignore_errors=True)
    return again


def _waiting_beside(workspace: Workspace, upload: Upload) -> list[Upload]:
    """The feature's other uploads whose questions are open."""
    with workspace.database.reading() as connection:
        mine = uploads.of_feature(connection, upload.feature_id)
    return [other for other in mine if other.id != upload.id and waits_for_answers(workspace, other)]


def _not_answered(question: Question) -> WrongUsage:
    """Names the question; what is said after it, such as how to answer in words, is left out."""
    asked, mark, _ = question.sentence.partition("?")
    return WrongUsage(
        f"One question is not answered yet: {_shortened(asked + mark)}",
        mend="Answer it, then import the file again.",
    )


def _shortened(sentence: str) -> str:
    """``sentence``, or its beginning where it would fill the message."""
    return sentence if len(sentence) <= _SHOWN_SENTENCE else f"{sentence[: _SHOWN_SENTENCE - 1].rstrip()}…"


def _no_longer_waiting() -> WrongUsage:
    return WrongUsage("This file is no longer waiting for an answer.", mend="Upload it again.")


def as_question(asked: Mapping[str, Any]) -> Question:
    """A question as an upload's fault keeps it."""
    columns = [ColumnGuess(**guess) for guess in asked.get("columns", ())]
    values = asked.get("values", {})
    return Question(asked["key"], asked["sentence"], asked["options"], asked["samples"], columns, values)


def waits_for_answers(workspace: Workspace, upload: Upload) -> bool:
    """Whether the upload's questions are open and its file is still kept, so that answers are enough."""
    asked = upload.fault is not None and bool(upload.fault["questions"])
    return asked and (spooled(workspace.spool / upload.id)).exists()


def discard_waiting(workspace: Workspace, caller: Caller, now: datetime, upload_id: str) -> None:
    """Throw away a file that waits for answers: nothing of it was saved, and its questions are closed."""
    require_for_upload(workspace, caller, Act.IMPORT, upload_id)
    with workspace.database.writing() as connection:
        upload = uploads.by_id(connection, upload_id)
        if not waits_for_answers(workspace, upload):
            raise _no_longer_waiting()
        audit.append(
            connection,
            actor=caller.name,
            action="waiting file discarded",
            subject=f"upload/{upload_id}",
            payload={"file": upload.file_name},
            now=now,
        )
    # Only now: were the event not kept, the file would still be waiting.
    shutil.rmtree(workspace.spool / upload_id, ignore_errors=True)


def cancel_import(workspace: Workspace, caller: Caller, now: datetime, upload_id: str) -> None:
    """Ask a running import to stop; whatever it has read is thrown away. One that has ended stays so."""
    require_for_upload(workspace, caller, Act.IMPORT, upload_id)
    with workspace.database.writing() as connection:
        upload = uploads.by_id(connection, upload_id)
        if uploads.ask_cancel(connection, upload_id):
            audit.append(
                connection,
                actor=caller.name,
                action="import stop asked",
                subject=f"upload/{upload_id}",
                payload={"file": upload.file_name},
                now=now,
            )


def left_out_because_of(workspace: Workspace, upload: Upload) -> list[str]:
    """Later files of the same kind that left rows out as duplicates, perhaps because ``upload`` has them.

    Traces, steps and scores count as one kind, since a file of one may hold the others. Withdrawing it
    does not bring those rows back: the later files have to be uploaded again.
    """
    with workspace.database.reading() as connection:
        later = uploads.of_feature(connection, upload.feature_id)
    return [
        other.file_name
        for other in later
        if other.state == "done"
        and (other.kind == upload.kind or (other.kind in RUN_KINDS and upload.kind in RUN_KINDS))
        and (other.sequence or 0) > (upload.sequence or 0)
        and (other.report or {}).get("duplicate", 0)
    ]


def list_uploads(workspace: Workspace, caller: Caller, slug: str) -> list[Upload]:
    """The uploads of a feature, newest first; cells of their files only as the caller may see them."""
    require(workspace, caller, Act.SEE, slug)
    with workspace.database.reading() as connection:
        feature = features.by_slug(connection, slug)
        every = uploads.of_feature(connection, feature.id)
    texts = texts_for(workspace, caller, feature)
    return [as_seen(upload, texts) for upload in every]


def rejected_rows(workspace: Workspace, caller: Caller, upload_id: str) -> bytes:
    """Every rejected row of an upload as CSV, with row, column, value, reason and fix; personal data that
    was kept as it is, is masked."""
    slug = require_for_upload(workspace, caller, Act.READ_TEXTS, upload_id)
    with workspace.database.reading() as connection:
        packed = uploads.rejected_rows(connection, upload_id)
        texts = texts_for(workspace, caller, features.by_slug(connection, slug))
    return masked_rows(gzip.decompress(packed), texts) if packed else b""


def plain_name(file_name: str) -> str:
    """The file's own name without folders and control characters, at most 255 characters."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    return marked(last).strip()[:_LONGEST_NAME] or "unnamed"
