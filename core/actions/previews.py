"""What personal data a waiting file holds, shown to whoever has to say what becomes of it.

The passages lie beside the file in its private folder, never in the database, and go with it.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.actions.people import Caller
from core.actions.policy import Act, may, require_for_upload
from core.actions.workspace import Workspace
from core.errors import Question
from core.intake.personal_texts import QUESTION

_NAME = "personal.json"


@dataclass(frozen=True)
class Preview:
    """One passage of a column ``before`` and ``after`` its personal data is replaced."""

    column: str
    before: str
    after: str


def keep_preview(workspace: Workspace, upload_id: str, questions: Sequence[Question]) -> None:
    """Put the passages that a question shows beside the file it is about."""
    for question in questions:
        folder = workspace.spool / upload_id
        if question.key == QUESTION and folder.is_dir():
            shown = {name: list(values) for name, values in question.values.items()}
            (folder / _NAME).write_text(json.dumps(shown), encoding="utf-8")


def personal_preview(workspace: Workspace, caller: Caller, upload_id: str) -> tuple[Preview, ...]:
    """Some passages with personal data of a file that waits for an answer; none where it is not here, and
    for whoever may not upload evidence: they are shown unmasked."""
    slug = require_for_upload(workspace, caller, Act.SEE, upload_id)
    if not may(workspace, caller, Act.IMPORT, slug):
        return ()
    with suppress(OSError, ValueError, KeyError):
        shown = json.loads((workspace.spool / upload_id / _NAME).read_text(encoding="utf-8"))
        cells = zip(shown["column"], shown["before"], shown["after"], strict=True)
        return tuple(Preview(*cell) for cell in cells)
    return ()
