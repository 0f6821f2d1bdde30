"""What a table is, or everything that has to be asked about it, put together in one go."""

from collections.abc import Mapping, Sequence

from core.errors import Question, QuestionsOpen, UnreadableFile
from core.intake.cell_terms import Reading
from core.intake.doubts import Doubts, Notices
from core.intake.drafts import draft
from core.intake.feedback import Feedback
from core.intake.guessing import Guess, guess_columns
from core.intake.mapping import ColumnMapping
from core.intake.missing_words import cells_without
from core.intake.nested import leaves
from core.intake.passing import PassRules
from core.intake.recognise import MAPPING, recognise
from core.intake.tables import Chunk

_LOOKED_AT = 1_000


def understand(chunk: Chunk, reading: Reading) -> tuple[ColumnMapping, str]:
    """The mapping of the columns of ``chunk`` and the sentence that says of what kind the file is.

    Raises QuestionsOpen; where it asks what the columns are, the questions that their cells raise
    under the guessed mapping come along, so that one form answers all.
    """
    parts = leaves(chunk.cells, max(0, reading.limits.columns - len(chunk.cells)))
    mapping, because = recognise(chunk.cells, reading.answers, parts)
    if not mapping.questions:
        return mapping, because
    if mapping.questions[0].key != MAPPING:
        raise QuestionsOpen(mapping.questions)
    rows = min(len(chunk.rows), _LOOKED_AT)
    cells = {header: [*column[:rows]] for header, column in (chunk.cells | parts).items()}
    for column in cells.values():
        column += [None] * (rows - len(column))
    first = Chunk(rows=chunk.rows[:rows], cells=cells)
    raise QuestionsOpen([*mapping.questions, *_foreseen(first, mapping, reading)])


def left_in_doubt(mapping: ColumnMapping, cells: Mapping[str, Sequence[str | None]]) -> list[Guess]:
    """Latencies that are not used, because only their values say that they are in seconds."""
    if "latency_ms" in mapping.names():
        return []
    guesses = guess_columns(mapping.kind, cells)
    return [one for one in guesses if one.name == "latency_s" and one.header not in mapping.columns]


def _foreseen(chunk: Chunk, mapping: ColumnMapping, reading: Reading) -> list[Question]:
    """What the first rows leave open if every column is what it seems to be."""
    trial = Reading(reading.answers, reading.limits, Doubts(), Notices(), reading.delimiter)
    trial.feedback = Feedback(trial, ())
    try:
        PassRules(trial).prepare(mapping, cells_without(chunk.cells, mapping.columns))
        draft(chunk, mapping, trial)
        trial.shares.tell(trial.doubts)
        trial.feedback.tell()
    except UnreadableFile:
        return []
    return trial.doubts.questions()
