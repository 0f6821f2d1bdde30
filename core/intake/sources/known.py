"""Which tool a file comes from: the one source that recognises it, the one the user chose, or none."""

from collections.abc import Callable

from core.errors import Question, UnreadableFile
from core.intake.answers import OWN_TABLE
from core.intake.cell_terms import Reading
from core.intake.sources import (
    braintrust,
    deepeval,
    evidently,
    helicone,
    inspect,
    intercom,
    langfuse,
    langsmith,
    lm_eval,
    mlflow,
    openai_evals,
    otel,
    phoenix,
    promptfoo,
    ragas,
    readygate_cases,
    weave,
)
from core.intake.sources.source import Context, Head, Source

QUESTION = "source"

_RECOGNISE: tuple[Callable[[Head, Context], Source | None], ...] = (
    langfuse.recognised,
    helicone.recognised,
    intercom.recognised,
    promptfoo.recognised,
    deepeval.recognised,
    langsmith.recognised,
    ragas.recognised,
    inspect.recognised,
    openai_evals.recognised,
    evidently.recognised,
    lm_eval.recognised,
    mlflow.recognised,
    braintrust.recognised,
    otel.recognised,
    phoenix.recognised,
    weave.recognised,
    readygate_cases.recognised,
)
"""One function for each tool; each gives at most one source, for files that can hardly be anything else."""


def recognised(head: Head, reading: Reading, context: Context) -> Source | None:
    """The source of a file. What the user said about the columns stands before any recognition, and so
    does the kind; where several tools recognise the file, the user is asked.

    Raises UnreadableFile where the file is not of the source that the user named.
    """
    answers = reading.answers
    if answers.columns or answers.check_columns or answers.source == OWN_TABLE:
        return None
    found = [source for recognise in _RECOGNISE if (source := recognise(head, context))]
    by_key = {key_of(source): source for source in found if answers.kind in (None, source.kind)}
    if answers.source in by_key:
        return by_key[answers.source]
    if answers.source is not None and "source" not in reading.from_memory:
        raise UnreadableFile(
            f"The file was said to be “{answers.source}”, but it is not.",
            mend="Import it again without that answer.",
            code="wrong_source",
        )
    if len(by_key) > 1:
        reading.doubts.ask(_which(list(by_key.values())))
    return next(iter(by_key.values()), None)


def key_of(source: Source) -> str:
    """What a source is called in answers: “langfuse.spans”."""
    return f"{source.name}.{source.kind.value}"


def _which(sources: list[Source]) -> Question:
    options = {key_of(source): source.because for source in sources}
    options[OWN_TABLE] = "It is a table of your own: you say what each column is."
    return Question(QUESTION, "The file could come from several tools. Which one is it?", options)
