"""Files behind answers: what may be attached, how it is kept, and who opens it."""

import io
import zipfile
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from core.actions.attached_files import (
    MOST_BYTES,
    MOST_FILES,
    attach_file,
    files_of_answers,
    name_to_save,
    open_attached,
)
from core.actions.checklists import answer_item
from core.actions.people import LOCAL_CALLER
from core.actions.workspace import Workspace
from core.criteria.judge import AnswerGiven
from core.errors import StoreUnavailable, WrongUsage
from core.store import audit
from core.store.attached_files import AttachedFile
from core.store.tables import attached_file

PDF = b"%PDF-1.7 minutes"


def packed(*names: str) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as book:
        for name in names:
            book.writestr(name, "<x/>")
    return kept.getvalue()


SHEET = packed("[Content_Types].xml", "xl/workbook.xml")


@pytest.fixture
def answer(workspace: Workspace, feature: str, now: datetime, commit: Any, items: Any) -> Callable[..., int]:
    """``answer(at=now)``: the id of a new answer to the attested item."""
    commit(list(items.values()), lock=False)

    def give(at: datetime = now) -> int:
        return answer_item(
            workspace, LOCAL_CALLER, at, feature, "plan", answer=AnswerGiven.YES, why="Read the minutes."
        ).id

    return give


@pytest.fixture
def attach(workspace: Workspace, feature: str, now: datetime) -> Callable[..., AttachedFile]:
    def do(answer_id: int, content: bytes = PDF, name: str = "minutes.pdf") -> AttachedFile:
        return attach_file(workspace, LOCAL_CALLER, now, feature, answer_id, file_name=name, content=content)

    return do


def test_a_file_comes_back_as_it_was_with_its_hash(
    workspace: Workspace, feature: str, answer: Any, attach: Any
) -> None:
    answer_id = answer()
    added = attach(answer_id)
    assert files_of_answers(workspace, LOCAL_CALLER, feature) == {answer_id: (added,)}
    assert (added.file_name, added.bytes) == ("minutes.pdf", len(PDF))
    assert open_attached(workspace, LOCAL_CALLER, feature, added.id) == PDF
    with workspace.database.reading() as connection:
        event = audit.timeline(connection, f"feature/{feature}", 1)[0]
    assert (event.action, event.payload["sha256"]) == ("file attached", added.sha256)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.PDF", PDF),
        ("a.png", b"\x89PNG\r\n\x1a\nrest"),
        ("a.jpg", b"\xff\xd8\xffrest"),
        ("a.jpeg", b"\xff\xd8\xffrest"),
        ("a.txt", b"Read."),
        ("a.md", "Gr\u00fc\u00dfe".encode("cp1252")),
        ("a.csv", "a;b".encode("utf-16")),
        ("a.xlsx", SHEET),
        ("a.docx", packed("[Content_Types].xml", "word/document.xml")),
    ],
)
def test_documents_may_be_attached(name: str, content: bytes, answer: Any, attach: Any) -> None:
    assert attach(answer(), content, name).bytes == len(content)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.exe", b"MZ rest", "cannot be attached"),
        ("a", PDF, "cannot be attached"),
        ("a.svg", b"<svg/>", "cannot be attached"),
        ("a.html", b"<html>", "cannot be attached"),
        ("a.pdf.exe", PDF, "cannot be attached"),
        ("a.zip", SHEET, "cannot be attached"),
        ("a.txt", b"", "is empty"),
        ("a.txt", b"x" * (MOST_BYTES + 1), "at most 10 MB"),
        ("a.txt", b"MZ\x90\x00", "is a program"),
        ("a.pdf", b"\x7fELF rest", "is a program"),
        ("a.md", b"#!/bin/sh\nrm", "is a program"),
        ("a.pdf", b"<html>", "not what its name says"),
        ("a.png", PDF, "not what its name says"),
        ("a.txt", b"a\0b", "not what its name says"),
        ("a.xlsx", b"PK\x03\x04 broken", "not what its name says"),
        ("a.xlsx", packed("word/document.xml"), "not what its name says"),
        ("a.docx", SHEET, "not what its name says"),
        ("a.xlsx", packed("xl/workbook.xml", "xl/vbaProject.bin"), "not what its name says"),
    ],
)
def test_everything_else_is_refused_with_a_sentence_and_leaves_nothing(
    name: str, content: bytes, says: str, answer: Any, attach: Any, everything: Callable[[], Any]
) -> None:
    answer_id = answer()
    before = everything()
    with pytest.raises(WrongUsage, match=says):
        attach(answer_id, content, name)
    assert everything() == before


def test_a_replaced_answer_takes_no_more_files_and_keeps_its_own(
    workspace: Workspace, feature: str, now: datetime, answer: Any, attach: Any
) -> None:
    first = answer()
    attach(first)
    answer(now + timedelta(hours=1))
    with pytest.raises(WrongUsage, match="not the newest"):
        attach(first, b"late", "late.txt")
    assert len(files_of_answers(workspace, LOCAL_CALLER, feature)[first]) == 1


def test_an_answer_of_another_feature_is_none(workspace: Workspace, answer: Any, attach: Any) -> None:
    with pytest.raises(WrongUsage, match="not the newest"):
        attach(answer() + 1)


def test_five_files_are_the_most_and_none_twice(answer: Any, attach: Any) -> None:
    answer_id = answer()
    attach(answer_id)
    with pytest.raises(WrongUsage, match="attached to the answer already"):
        attach(answer_id, name="again.pdf")
    for place in range(1, MOST_FILES):
        attach(answer_id, b"%d" % place, f"{place}.txt")
    with pytest.raises(WrongUsage, match="at most 5 files"):
        attach(answer_id, b"six", "six.txt")


def test_a_file_that_was_changed_in_the_database_is_not_handed_out(
    workspace: Workspace, feature: str, answer: Any, attach: Any
) -> None:
    added = attach(answer())
    with workspace.database.writing() as connection:
        connection.execute(update(attached_file).values(content=b"%PDF-forged"))
    with pytest.raises(StoreUnavailable, match="was changed in the database"):
        open_attached(workspace, LOCAL_CALLER, feature, added.id)


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("minutes.pdf", "minutes.pdf"),
        ("Minutes of 3 May (final).PDF", "Minutes-of-3-May-final.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("\u202efdp.exe.txt", "fdp-exe.txt"),
        ("\u00e4\u00f6.md", "file.md"),
        (".txt", "txt.txt"),
    ],
)
def test_names_are_saved_so_that_they_cannot_pretend(name: str, saved: str) -> None:
    assert name_to_save(AttachedFile(1, 1, name, "x", 1)) == saved
