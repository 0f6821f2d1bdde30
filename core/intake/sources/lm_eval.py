"""lm-evaluation-harness: the samples that it logs, one line for each document and filter."""

import re
from pathlib import PurePath
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.conversations import question_in
from core.intake.sources.eval_rows import case_id_in, metrics_cell, score_of
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import list_of, object_of, text_of, texts_in, value_of
from core.intake.sources.source import Context, Head

_BECAME = {
    "doc": "case_id, query",
    "doc_hash": "case_id",
    "doc_id": "case_id",
    "arguments": "query",
    "filtered_resps": "response",
    "resps": "response",
    "metrics": "metrics",
}
_ASKED = ("question", "query", "input", "prompt", "text")
_NAME = re.compile(r"samples_(?P<task>.+)_(?P<day>\d{4}-\d\d-\d\d)T(?P<time>\d\d-\d\d-\d\d)(?P<part>\.\d+)?$")


class LmEvalSamples(ToolExport):
    """One row is one document under one filter; the first filter of the file counts."""

    name = "lm_eval"

    def __init__(self, context: Context, file_name: str) -> None:
        because = (
            "These are samples of lm-evaluation-harness: each line has doc_id, resps and filtered_resps."
        )
        super().__init__(Kind.EVALS, because, _BECAME, context)
        self._filter: str | None = None
        self._others: dict[str, int] = {}
        self._repeats = 0
        named = _NAME.search(PurePath(file_name).name.removesuffix(".jsonl"))
        self._task = named["task"] if named else None
        time = f"{named['time'].replace('-', ':')}{named['part'] or ''}" if named else ""
        self._moment = f"{named['day']}T{time}" if named else None

    def tell(self) -> None:
        for name, count in self._others.items():
            sentence = (
                f"Rows of the filter “{name[:80]}”, left out: {{count}}. Each document counts once, by the"
                f" filter that comes first, “{(self._filter or '')[:80]}”: two filters look at the same"
                " answer, so they are not two tries."
            )
            self._notices.add("other_filters", sentence, count)
        if self._repeats:
            sentence = (
                "Documents that were answered several times, with one score over all their answers: {count}."
                " Each counts as one result."
            )
            self._notices.add("repeats_inside", sentence, self._repeats)
        if self._moment:
            sentence = "The file itself does not say when it was run; the time in its name is taken, in UTC."
            self._notices.add("dated_by_name", sentence)

    def _row(self, number: int, fields: Fields) -> Row | None:
        name = text_of(fields.get("filter")) or "none"
        if self._filter is None:
            self._filter = name
        if name != self._filter:
            self._others[name] = self._others.get(name, 0) + 1
            return None
        answers = list_of(fields.get("resps"))
        self._repeats += any(isinstance(one, list) and len(one) > 1 for one in answers)
        doc = object_of(fields.get("doc"))
        query = _asked(doc) or _prompt(value_of(fields.get("arguments")))
        listed = texts_in(fields.get("metrics"))
        metrics = {one: score for one in listed if (score := score_of(value_of(fields.get(one)))) is not None}
        for metric in metrics:
            self._found(metric, ["metrics"])
        target = f"{self._task}:" if self._task else ""
        doc_id = text_of(fields.get("doc_hash")) or f"{target}{text_of(fields.get('doc_id'))}"
        return {
            "case_id": case_id_in(doc.get("case_id"), doc.get("id"), doc_id),
            "suite_version": self._task,
            "started_at": self._moment,
            "query": query,
            "response": _answer(fields.get("filtered_resps")) or _answer(answers),
            "metrics": metrics_cell(metrics),
        }


def recognised(head: Head, context: Context) -> LmEvalSamples | None:
    """The samples of lm-evaluation-harness; None for any other file."""
    if not head.layout and head.has("doc_id", "resps", "filtered_resps"):
        return LmEvalSamples(context, head.file_name)
    return None


def _asked(doc: dict[str, Any]) -> str | None:
    stated = next((doc[key] for key in _ASKED if doc.get(key)), None)
    return None if stated is None else question_in(stated)


def _prompt(arguments: Any) -> str | None:
    """What the model was given: the first argument of the first request, which older versions list."""
    first = next(iter(arguments.values()), None) if isinstance(arguments, dict) else arguments
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(first, dict):
        first = first.get("arg_0")
    return text_of(first) if isinstance(first, str) else None


def _answer(stated: Any) -> str | None:
    """The first of the answers, however deep the lists are that hold it."""
    found = value_of(stated)
    while isinstance(found, list):
        found = found[0] if found else None
    return text_of(found)
