"""Every error a user can meet.

    ReadygateError
    ├── UserError                 shown as its own words, never with a traceback
    │   ├── WrongUsage            the request itself is off: unknown option, missing answer
    │   │   └── UnknownFeature
    │   ├── UnreadableFile        a fault of the whole file: nothing of it was saved
    │   ├── QuestionsOpen         two readings exist: nothing was saved, the user chooses
    │   ├── InvalidDocument       a form or a document file holds a value that cannot be
    │   ├── NotAllowed            the person's roles do not cover this action
    │   ├── Conflict              somebody saved a newer version meanwhile
    │   ├── ImportCancelled       stopped by a person: nothing was saved
    │   └── StoreUnavailable      the database is locked, full, newer than this program or gone
    └── (everything else is a bug: logged with an id and its traceback)

A ``UserError`` says what is wrong, where, and how to mend it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


class ReadygateError(Exception):
    """The root of the tree."""


class UserError(ReadygateError):
    """An error that the user can act on.

    ``sentence`` says what is wrong and where; ``mend`` says what to do next; ``code`` is the
    stable machine word that the JSON output and the tests use.
    """

    code = "user_error"

    def __init__(self, sentence: str, *, mend: str = "", code: str | None = None) -> None:
        super().__init__(f"{sentence} {mend}".strip())
        self.sentence = sentence
        self.mend = mend
        if code is not None:
            self.code = code


class WrongUsage(UserError):
    code = "wrong_usage"


class UnknownFeature(WrongUsage):
    code = "unknown_feature"

    def __init__(self, slug: str) -> None:
        super().__init__(
            f"There is no feature “{slug}”.",
            mend="`readygate features` lists the ones there are.",
        )
        self.slug = slug


class UnreadableFile(UserError):
    """A fault of the whole file; ``code`` names the fault (``empty_file``, ``wrong_type``, …)."""

    code = "unreadable_file"


@dataclass(frozen=True)
class ColumnGuess:
    """A column of the file on the mapping step: ``guess`` is the canonical name it seems to be
    (empty: none), ``because`` says why, ``samples`` are cells of it."""

    header: str
    guess: str
    because: str
    samples: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """One choice that only the user can make, because the file allows two readings.

    ``key`` is the name of the answer in a mapping file; ``options`` maps each possible answer
    to the words that explain it; ``samples`` are values from the file that show the doubt.
    ``columns`` is filled for the mapping step only, which asks what every column is at once. ``values``
    is filled for two questions about scores: for the users' reactions with some of the values of each score
    there is to choose, for the pass rule with the side of its likely bar, the number ("" for none) and the
    scale.
    """

    key: str
    sentence: str
    options: Mapping[str, str]
    samples: Sequence[str] = ()
    columns: Sequence[ColumnGuess] = ()
    values: Mapping[str, Sequence[str]] = field(default_factory=dict)


class QuestionsOpen(UserError):
    code = "questions_open"

    def __init__(self, questions: Sequence[Question], because: str = "") -> None:
        """``because`` says what the file was recognised as, "" where it was not."""
        super().__init__(
            " ".join(question.sentence for question in questions),
            mend="Nothing was saved. Answer on the Evidence page or with --mapping FILE.",
        )
        self.questions = tuple(questions)
        self.because = because


class InvalidDocument(UserError):
    code = "invalid_document"


class NotAllowed(UserError):
    code = "not_allowed"


class Conflict(UserError):
    """Somebody else saved a newer version of the same document.

    ``newest`` is that version's number; the form keeps the user's own words and shows both.
    """

    code = "conflict"

    def __init__(self, sentence: str, *, newest: int, mend: str = "") -> None:
        super().__init__(sentence, mend=mend)
        self.newest = newest


class ImportCancelled(UserError):
    code = "cancelled"


class StoreUnavailable(UserError):
    code = "store_unavailable"
