"""Imports as people handle them: hand a file in, answer its questions or discard it, stop it, withdraw it.

The steps of an import are facts in its upload row, so that any tab, a restarted server or the
command line sees where it stands; :mod:`core.actions.importing` carries it out.
"""

import gzip
import hashlib
import shutil
import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.verdicts import note_verdict
from core.actions.workspace import Workspace
from core.errors import ColumnGuess, Question, WrongUsage
from core.evidence.columns import RUN_KINDS
from core.intake.answers import Answers
from core.intake.doubts import proven_choice
from core.intake.feedback import QUESTION as FEEDBACK
from core.intake.pass_rule import QUESTION as PASS_RULE
from core.intake.personal_texts import QUESTION as PERSONAL_TEXT
from core.intake.sources.run_facts import QUESTION as FACTS
from core.store import audit, features, uploads
from core.store.uploads import Upload

_COPY_BYTES = 1 << 20
_LONGEST_NAME = 255

_ALONE = (FEEDBACK, FACTS, PERSONAL_TEXT, PASS_RULE)
"""Answers that do not depend on the columns of a file: each holds for all files of the feature."""


def start_import(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    file_name: str,
    content: BinaryIO,
    answers: Answers | None = None,
    bundle: str | None = None,
    suite: str | None = None,
    for_worker: bool = True,
) -> str:
    """Take ``content`` into the spool and note the import; returns the upload's id.

    Reading it is :func:`run_import`'s work: by the server's import worker, or, where ``for_worker``
    is false, by the caller itself.
    """
    require(caller, Act.IMPORT)
    answers = answers or Answers()
    with workspace.database.reading() as connection:
        features.by_slug(connection, slug)
    upload_id = str(uuid.uuid4())
    folder = workspace.spool / upload_id
    folder.mkdir(parents=True, mode=0o700)
    digest, size = _keep(content, folder / "upload")
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
    require(caller, Act.IMPORT)
    with workspace.database.reading() as connection:
        upload = uploads.by_id(connection, upload_id)
        slug = features.by_id(connection, upload.feature_id).slug
    kept = workspace.spool / upload_id / "upload"
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
            raise WrongUsage("One question is not answered yet.", mend=question.sentence)
        answers = answers.with_answer(question, choice)
    alike = [other for other in _waiting_beside(workspace, upload) if _settles(answers, upload, other)]
    try:
        again = _start_again(workspace, caller, now, slug, upload, answers)
    except FileNotFoundError:
        raise _no_longer_waiting() from None
    for other in alike:
        # Somebody may be answering it at this moment.
        with suppress(FileNotFoundError):
            _start_again(workspace, caller, now, slug, other, _shared(answers, other))
    return again


def _start_again(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, upload: Upload, answers: Answers
) -> str:
    """A new upload of the kept file, now with ``answers``; the old one has nothing left to wait for."""
    kept = workspace.spool / upload.id / "upload"
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


def _settles(answers: Answers, upload: Upload, other: Upload) -> bool:
    """Whether what was answered for ``upload`` answers all that is asked about ``other``: the columns,
    where both have the same ones and no cell of ``other`` says otherwise; or what does not depend on the
    columns, where everything that ``other`` asks about it was seen with ``upload``."""
    if headers := _headers_asked(other):
        same_kind = other.answers.get("kind") in (None, answers.kind)
        return same_kind and headers == _headers_asked(upload) and not _contradicts(other, answers)
    return all(
        one["key"] in _ALONE and _settles_alone(one["key"], answers, upload, other) for one in _asked(other)
    )


def _settles_alone(key: str, answers: Answers, upload: Upload, other: Upload) -> bool:
    """Whether the question ``key`` about ``other`` asks nothing that was not answered with ``upload``."""
    if not any(one["key"] == key for one in _asked(upload)):
        return False
    seen, open_ones = _values_asked(upload, key), _values_asked(other, key)
    if key == FEEDBACK and answers.feedback is not None and answers.feedback.score:
        score = answers.feedback.score
        return score in open_ones and set(open_ones[score]) <= set(seen.get(score, ()))
    if key == PASS_RULE and answers.pass_rule is not None:
        # A bar for one scale, such as shares, says nothing about scores of another, such as per cent.
        decide = {bar.column for bar in answers.pass_rule.bars}
        return all(name in open_ones and open_ones[name][2:] == seen.get(name, ())[2:] for name in decide)
    return open_ones.keys() <= seen.keys()


def _contradicts(other: Upload, answers: Answers) -> bool:
    """Whether a cell of ``other`` cannot be read with ``answers``, such as a date with the month first."""
    proven = {one["key"]: proven_choice(one["key"], one["options"]) for one in _asked(other)}
    return any(choice and choice != getattr(answers, key) for key, choice in proven.items())


def _shared(answers: Answers, other: Upload) -> Answers:
    """``answers`` for ``other``: what was said about ``other`` alone, such as its sheet, stays."""
    own = Answers.model_validate(other.answers)
    if not _headers_asked(other):
        asked = {one["key"] for one in _asked(other)}
        alone = [name for name in _ALONE if name != PASS_RULE or name in asked]
        return own.model_copy(update={name: getattr(answers, name) for name in alone})
    stated = own.differing_from(Answers()) - {"kind", "columns", "check_columns"}
    return answers.model_copy(update={name: getattr(own, name) for name in stated})


def _values_asked(upload: Upload, key: str) -> dict[str, Sequence[str]]:
    """What the question ``key`` is about, such as scores, each with the values that are asked about."""
    return {
        about: values
        for one in _asked(upload)
        if one["key"] == key
        for about, values in one.get("values", {}).items()
    }


def _asked(upload: Upload) -> Sequence[Mapping[str, Any]]:
    """The open questions, as the upload's fault keeps them."""
    found: Sequence[Mapping[str, Any]] = (upload.fault or {}).get("questions", ())
    return found


def _no_longer_waiting() -> WrongUsage:
    return WrongUsage("This file is no longer waiting for an answer.", mend="Upload it again.")


def _headers_asked(upload: Upload) -> frozenset[str]:
    """The headers that the mapping step asks about; empty where it does not."""
    return frozenset(guess["header"] for one in _asked(upload) for guess in one.get("columns", ()))


def as_question(asked: Mapping[str, Any]) -> Question:
    """A question as an upload's fault keeps it."""
    columns = [ColumnGuess(**guess) for guess in asked.get("columns", ())]
    values = asked.get("values", {})
    return Question(asked["key"], asked["sentence"], asked["options"], asked["samples"], columns, values)


def waits_for_answers(workspace: Workspace, upload: Upload) -> bool:
    """Whether the upload's questions are open and its file is still kept, so that answers are enough."""
    asked = upload.fault is not None and bool(upload.fault["questions"])
    return asked and (workspace.spool / upload.id / "upload").exists()


def discard_waiting(workspace: Workspace, caller: Caller, now: datetime, upload_id: str) -> None:
    """Throw away a file that waits for answers: nothing of it was saved, and its questions are closed."""
    require(caller, Act.IMPORT)
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
    require(caller, Act.IMPORT)
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


def withdraw_upload(workspace: Workspace, caller: Caller, now: datetime, upload_id: str, reason: str) -> None:
    """Set a finished upload aside: it stays listed with the reason, but counts nowhere."""
    require(caller, Act.WITHDRAW_UPLOAD)
    if not reason.strip():
        raise WrongUsage("Withdrawing evidence needs a reason.", mend="Say why it should not count.")
    with workspace.database.writing() as connection:
        upload = uploads.by_id(connection, upload_id)
        slug = features.by_id(connection, upload.feature_id).slug
        uploads.withdraw(connection, upload_id, by=caller.name, reason=reason.strip(), now=now)
        features.bump_evidence_version(connection, upload.feature_id)
        audit.append(
            connection,
            actor=caller.name,
            action="upload withdrawn",
            subject=f"upload/{upload_id}",
            payload={"file": upload.file_name, "reason": reason.strip()},
            now=now,
        )
    note_verdict(workspace, now, slug)


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


def list_uploads(workspace: Workspace, slug: str) -> list[Upload]:
    """The uploads of a feature, newest first."""
    with workspace.database.reading() as connection:
        return uploads.of_feature(connection, features.by_slug(connection, slug).id)


def rejected_rows(workspace: Workspace, upload_id: str) -> bytes:
    """Every rejected row of an upload as CSV, with row, column, value, reason and fix."""
    with workspace.database.reading() as connection:
        packed = uploads.rejected_rows(connection, upload_id)
    return gzip.decompress(packed) if packed else b""


def plain_name(file_name: str) -> str:
    """The file's own name without folders and control characters, at most 255 characters."""
    last = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    printable = "".join(character if character.isprintable() else "�" for character in last).strip()
    return printable[:_LONGEST_NAME] or "unnamed"


def _keep(content: BinaryIO, place: Path) -> tuple[str, int]:
    """Stream ``content`` to ``place``: (SHA-256, bytes)."""
    digest, size = hashlib.sha256(), 0
    with place.open("wb") as file:
        while chunk := content.read(_COPY_BYTES):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
    return digest.hexdigest(), size
