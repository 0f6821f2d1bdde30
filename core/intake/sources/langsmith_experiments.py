"""One result of a LangSmith experiment, wherever its parts stand: tables of the SDK and of the page, runs of
the interface inside their examples, results as they are uploaded."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.intake.sources.epochs import milliseconds_from_to, milliseconds_text
from core.intake.sources.eval_rows import score_of
from core.intake.sources.export import Fields, Row
from core.intake.sources.foreign_cells import number_of, number_text, object_of, objects_in, text_of, value_of
from core.intake.sources.langsmith_runs import cost_of, error_of, metadata_of

REFERENCES = ("reference", "reference_outputs")
_PAGE_COLUMNS = {
    "id", "example_id", "inputs", "outputs", "reference_outputs", "reference", "error", "status", "latency",
    "execution_time", "start_time", "end_time", "created_at", "name", "metadata", "split", "run_id",
    "trace_id", "session_id", "tokens", "total_tokens", "prompt_tokens", "completion_tokens", "cost",
    "total_cost", "prompt_cost", "completion_cost", "feedback", "comment", "comments", "notes", "row_id",
}  # fmt: skip
"""What the table of LangSmith's own page may have beside its scores; its header is not published."""


@dataclass(frozen=True)
class Found:
    """One result before it is a row: the parts of it that each way of writing has at another place."""

    case_ids: tuple[Any, ...]
    given: Any
    gave: Any
    reference: Any
    metadata: Mapping[str, Any]
    scores: Mapping[str, Any]
    error: str | None = None
    stated: Row = field(default_factory=dict)


def of_table(fields: Fields) -> Found:
    """A row of the SDK's tables (“inputs.query”), or of the page's (an object in “inputs”)."""
    metadata = parts_of(fields, "metadata")
    started, latency = _timing(fields)
    return Found(
        # Of the page's own columns the only id is that of the example.
        case_ids=(fields.get("example_id"), None if "example_id" in fields else fields.get("id")),
        given=parts_of(fields, "inputs", "input"),
        gave=parts_of(fields, "outputs"),
        reference=parts_of(fields, *REFERENCES),
        metadata=metadata,
        scores=_scores_of_table(fields),
        error=error_of(fields),
        stated={
            "started_at": started,
            "latency_ms": latency,
            "source_trace": text_of(fields.get("id")) if "example_id" in fields else None,
            **_costs(fields),
        },
    )


def of_run(fields: Fields) -> Found | None:
    """A run with its example, as the layout put the two together."""
    if text_of(fields.get("id")) is None and fields.get("outputs") is None and not error_of(fields):
        return None
    started, latency = _timing(fields)
    statistics = object_of(fields.get("feedback_stats"))
    return Found(
        case_ids=(fields.get("example_id"),),
        given=value_of(fields.get("inputs")),
        gave=value_of(fields.get("outputs")),
        reference=value_of(fields.get("reference_outputs")),
        metadata={**metadata_of(fields), **object_of(fields.get("example_metadata"))},
        scores={name: _of_statistics(object_of(one)) for name, one in statistics.items()},
        error=error_of(fields),
        stated={
            "eval_run_id": text_of(fields.get("session_id")) or text_of(fields.get("project_id")),
            "started_at": started,
            "latency_ms": latency,
            "source_trace": text_of(fields.get("trace_id")) or text_of(fields.get("id")),
            **_costs(fields),
        },
    )


def of_upload(fields: Fields) -> Found:
    """A result of an experiment that was run elsewhere, as it is handed to LangSmith."""
    started, latency = _timing(fields)
    graded = objects_in(fields.get("evaluation_scores"))
    metadata = {**object_of(fields.get("experiment_metadata")), **object_of(fields.get("run_metadata"))}
    stated: Row = {
        "eval_run_id": text_of(fields.get("experiment_name")) or text_of(fields.get("experiment_id")),
        "suite_version": text_of(fields.get("dataset_name")) or text_of(fields.get("dataset_id")),
        "started_at": started or text_of(fields.get("experiment_start_time")),
        "latency_ms": latency,
    }
    return Found(
        case_ids=(fields.get("row_id"),),
        given=value_of(fields.get("inputs")),
        gave=value_of(fields.get("actual_outputs")),
        reference=value_of(fields.get("expected_outputs")),
        metadata=metadata,
        scores={name: _scored(one) for one in graded if (name := text_of(one.get("key")))},
        error=error_of(fields),
        stated=stated,
    )


def parts_of(fields: Fields, *names: str) -> dict[str, Any]:
    """The parts of an object that stands in columns of their own (“inputs.query”) or in one cell."""
    found: dict[str, Any] = {}
    for name in names:
        whole = value_of(fields.get(name))
        found |= whole if isinstance(whole, dict) else {} if whole is None else {name: whole}
        prefix = f"{name}."
        for header, cell in fields.items():
            if header.startswith(prefix) and (value := value_of(cell)) is not None:
                found[header[len(prefix) :]] = value
    return found


def _scores_of_table(fields: Fields) -> dict[str, Any]:
    found = parts_of(fields, "feedback")
    if "example_id" not in fields or "reference_outputs" in fields:
        for header, cell in fields.items():
            if header not in _PAGE_COLUMNS and "." not in header and score_of(text_of(cell)) is not None:
                found[header] = cell
    return {name: one.get("score", one.get("value")) if isinstance(one, dict) else one
            for name, one in found.items()}  # fmt: skip


def _of_statistics(stat: Mapping[str, Any]) -> Any:
    """The average; where there is none, the one word that all gave."""
    average = number_of(stat.get("avg"))
    words = object_of(stat.get("values"))
    return average if average is not None else next(iter(words)) if len(words) == 1 else None


def _scored(graded: Mapping[str, Any]) -> Any:
    score = graded.get("score")
    return graded.get("value") if score is None else score


def _timing(fields: Fields) -> tuple[str | None, str | None]:
    """When the run began and how many milliseconds it took; a time that is stated is in seconds."""
    started = text_of(fields.get("start_time"))
    took = milliseconds_from_to(started, fields.get("end_time"))
    if took is not None:
        return started, number_text(took)
    stated = (milliseconds_text(fields.get(name)) for name in ("execution_time", "latency_seconds"))
    return started, next((one for one in stated if one is not None), None)


def _costs(fields: Fields) -> Row:
    tokens = number_of(fields.get("total_tokens"))
    return {
        "tokens": number_text(tokens) if tokens and tokens > 0 else None,
        "cost_usd": number_text(cost_of(fields)),
    }


def words_in(found: Any, readable: Callable[[Any], str | None]) -> str | None:
    """The words of inputs or outputs: those of the only part, whatever it is called, else as ``readable``
    finds them."""
    only = next(iter(found.values())) if isinstance(found, dict) and len(found) == 1 else None
    return text_of(only) if isinstance(only, str | int | float) else readable(found)


def result_words(names: Mapping[str, str]) -> Iterator[str]:
    """What kind of table of results a file with these columns is, in words; nothing where it is none."""
    prefixed = {header.partition(".")[0] for header in names if "." in header}
    if "example_id" in names and prefixed & {"outputs", "feedback", "reference", "inputs", "input"}:
        yield "results of an experiment: they have example_id and columns such as inputs and feedback"
    elif {"inputs", "outputs", "reference_outputs"} <= names.keys() and names["inputs"].lstrip()[:1] == "{":
        yield "results of an experiment: they have inputs, outputs and reference_outputs as objects"
