"""Ragas: scored samples of any version, each score in a column of its own, and data sets without scores."""

import re
from typing import Any

from core.evidence.column import fold
from core.evidence.columns import Kind
from core.intake.sources.conversations import USER, answer_in, question_in, speaker_of
from core.intake.sources.eval_rows import (
    called,
    case_id_in,
    metrics_cell,
    right_answers,
    score_of,
    unscored,
)
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import json_list, objects_in, text_of, value_of
from core.intake.sources.source import Context, Head, Taken
from core.intake.sources.tool_calls import tool_names, tools_in_messages
from core.intake.tables import Chunk

_BECAME = {
    "user_input": "query, case_id",
    "question": "query, case_id",
    "response": "response",
    "answer": "response",
    "reference_tool_calls": "tools_expected",
    "case_id": "case_id",
    "id": "case_id",
}
_BECAME_OF_CASES = {
    "user_input": "query, case_id",
    "question": "query, case_id",
    "reference": "ground_truth",
    "ground_truth": "ground_truth",
    "ground_truths": "ground_truth",
    "reference_tool_calls": "tools_expected",
    "rubrics": "expected_behavior",
    "case_id": "case_id",
    "id": "case_id",
}
_NEW = {
    "user_input", "retrieved_contexts", "reference_contexts", "response", "reference", "rubrics",
    "retrieved_context_ids", "reference_context_ids", "multi_responses", "reference_tool_calls",
    "reference_topics", "synthesizer_name", "persona_name", "query_style", "query_length", "rubric",
}  # fmt: skip
_OLD = {
    "question", "answer", "contexts", "ground_truth", "ground_truths", "episode_done", "evolution_type",
    "metadata", "contexts_context",
}  # fmt: skip
_BESIDE = {"case_id", "id", "name", "experiment_name"}
_INDEX = re.compile(r"|index|unnamed\d+|level\d+|column1")
_BEST_LOW = "noise_sensitivity"


class _RagasExport(ToolExport):
    name = "ragas"

    def _asked(self, fields: Fields) -> tuple[str | None, str | None, Any]:
        """The question, what tells the case from others, and the conversation where there is one."""
        stated = fields.get("user_input")
        found = value_of(stated if text_of(stated) is not None else fields.get("question"))
        said = [question_in([one]) for one in objects_in(found) if speaker_of(one) in USER]
        # In a conversation the last words may be “yes” in many a case.
        whole = "\n".join(one for one in said if one) or question_in(found)
        return question_in(found), whole, found


class RagasResults(_RagasExport):
    """One row is one sample with its scores; Ragas does not say which of them passed."""

    def __init__(self, context: Context) -> None:
        because = "These are results of Ragas: the columns are those of its samples, and one for each metric."
        super().__init__(Kind.EVALS, because, _BECAME, context)
        self._metrics: dict[str, int] = {}
        self._rows_read = 0
        self._judged: dict[str, bool] = {}

    def take(self, chunk: Chunk) -> Taken:
        """The rows of ``chunk``; its columns of numbers are metrics."""
        for header, cells in chunk.cells.items():
            if header not in self._judged and any(cells) and not _is_of_sample(header):
                self._judged[header] = all(score_of(cell) is not None for cell in map(text_of, cells) if cell)
        return super().take(chunk)

    def became(self, header: str) -> str:
        return "metrics" if self._judged.get(header) else super().became(header)

    def tell(self) -> None:
        for sentence in unscored(self._metrics, self._rows_read):
            self._notices.add("unscored", sentence)

    def _row(self, number: int, fields: Fields) -> Row:
        self._rows_read += 1
        query, whole, conversation = self._asked(fields)
        scores = {
            name: score_of(text_of(fields.get(name))) for name, is_one in self._judged.items() if is_one
        }
        for name, score in scores.items():
            self._metrics[name] = self._metrics.get(name, 0) + (score is not None)
        metrics = {name: score for name, score in scores.items() if score is not None}
        stated = text_of(fields.get("response")) or text_of(fields.get("answer"))
        row: Row = {
            "case_id": case_id_in(fields.get("case_id"), fields.get("id"), query=whole),
            "query": query,
            "response": stated or (answer_in(conversation) if isinstance(conversation, list) else None),
            "tools_expected": json_list(tool_names(fields.get("reference_tool_calls"))),
            "metrics": metrics_cell(metrics),
            "lower_is_better": json_list(name for name in scores if name.startswith(_BEST_LOW)),
            **called(tools_in_messages(conversation)),
        }
        if scores and not metrics:
            row |= {"error": "Ragas could not compute any score.", "error_kind": "judge"}
        return row


class RagasCases(_RagasExport):
    """One row is one sample of a data set or test set: a case without a result."""

    def __init__(self, context: Context) -> None:
        because = "This is a data set of Ragas: the columns are those of its samples, without any metric."
        super().__init__(Kind.CASES, because, _BECAME_OF_CASES, context)

    def _row(self, number: int, fields: Fields) -> Row:
        query, whole, _ = self._asked(fields)
        right = text_of(fields.get("reference")) or text_of(fields.get("ground_truth"))
        return {
            "case_id": case_id_in(fields.get("case_id"), fields.get("id"), query=whole),
            "query": query,
            "ground_truth": right or right_answers(fields.get("ground_truths")),
            "tools_expected": json_list(tool_names(fields.get("reference_tool_calls"))),
            "expected_behavior": text_of(fields.get("rubrics")),
        }


def recognised(head: Head, context: Context) -> RagasResults | RagasCases | None:
    """The export of Ragas that a file with these columns is; None where it is none."""
    if head.layout:
        return None
    names = head.samples.keys()
    is_new = "user_input" in names and len(names & _NEW) > 1
    is_old = head.has("question", "contexts") and bool(names & {"answer", "ground_truth", "ground_truths"})
    if not (is_new or is_old):
        return None
    others = {name: sample for name, sample in head.samples.items() if not _is_of_sample(name)}
    answered = bool(names & {"response", "answer"})
    scored = any(
        score_of(text_of(sample)) is not None or (not sample and answered) for sample in others.values()
    )
    return RagasResults(context) if scored else RagasCases(context)


def _is_of_sample(header: str) -> bool:
    """Whether the column is one of the sample itself, or the number of its row."""
    is_index = _INDEX.fullmatch(fold(header)) is not None
    return header in _NEW or header in _OLD or header in _BESIDE or is_index
