"""W&B Weave, recognised by ``op_name`` beside the other fields of a call, or by ``summary.weave.…``."""

from collections.abc import Mapping

from core.evidence.columns import Kind
from core.intake.sources.beside_words import facts_beside_words
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import object_of, text_of
from core.intake.sources.source import Context, Head, Taken
from core.intake.sources.tool_calls import calls_in
from core.intake.sources.weave_calls import (
    BECAME,
    LLM,
    OBJECTS,
    ORDINARY,
    TOOL,
    has_costs,
    offered_in,
    span_row,
    whole,
)
from core.intake.sources.weave_feedback import scores_of_call
from core.intake.tables import Chunk

MOST_ROWS = 10_000
"""What the page of Weave exports at most."""

_NEEDED = {
    "trace_id": "which calls belong together",
    "parent_id": "which call called which",
    "inputs": "what was asked",
    "output": "what was answered",
    "exception": "errors",
    "summary": "tokens and feedback",
}


class CallsExport(ToolExport):
    """One row is one call of a traced function."""

    name = "weave"

    def __init__(self, samples: Mapping[str, str], context: Context) -> None:
        because = "These are calls of W&B Weave: they have op_name or summary.weave, as only Weave has."
        super().__init__(Kind.SPANS, because, BECAME, context)
        self._names = {header.partition(".")[0] for header in samples}
        self._is_of_page = any(header.partition(".")[0] in OBJECTS and "." in header for header in samples)
        self._tools: set[str] = set()
        self._seen = self._first = self._ordinary_first = self._deleted = self._unread = 0
        self._models = self._of_tools = self._priced = self._of_evaluation = 0

    def take(self, chunk: Chunk) -> Taken:
        """The calls of ``chunk``; those named like a tool that a model was offered are runs of it."""
        for fields in self._rows(chunk):
            if any("tool" in str(cell) or "function" in str(cell) for cell in _given_and_gave(fields)):
                call = whole(fields)
                self._tools.update(offered_in(call), calls_in(call.get("output")))
        return super().take(chunk)

    def became(self, header: str) -> str:
        return super().became(header) or super().became(header.partition(".")[0])

    def tell(self) -> None:
        self._tell_limits()
        if self._unread:
            sentence = (
                "Calls with cells that cannot be read, so that what they hold is unknown: {count}. Export"
                " them as JSONL, which holds everything."
            )
            self._notices.add("unread_cells", sentence, self._unread)
        if self._deleted:
            self._notices.add("deleted", "Deleted calls, left out: {count}.", self._deleted)
        if self._models and not self._priced:
            self._notices.add(
                "no_costs", "The file has no costs; Weave's export includes them where you switch that on."
            )
        if self._models and not self._of_tools:
            self._notices.add(
                "no_tools",
                "No call is known to be a run of a tool: Weave does not mark them, and none is named like a"
                " tool that a model was offered. Ask for the attribute kind = tool on their functions.",
            )

    def _row(self, number: int, fields: Fields) -> Row | None:
        call = whole(fields)
        if text_of(call.get("deleted_at")) is not None:
            self._deleted += 1
            return None
        row = self._with_facts(span_row(call, self._tools), call)
        if "trace_id" not in self._names and row["parent_id"] is None:
            # The page lists first calls where it is not told otherwise, and each of them is a run.
            row["run_id"] = row["span_id"]
        self._note(row, call)
        step = None if row["parent_id"] is None else row["span_id"]
        for score in scores_of_call(call, row["run_id"], step, self._feedback):
            self._add(Kind.SCORES, number, score)
        return row

    def _with_facts(self, row: Row, call: Fields) -> Row:
        """The step with what its team wrote beside it; what Weave itself states stands before that."""
        written = {key: one for key, one in object_of(call.get("attributes")).items() if key != "weave"}
        facts = self._context.facts.found("attributes", written)
        self._found("attributes", facts)
        if row["parent_id"] is None:
            given, gave = ("inputs", call.get("inputs")), ("output", call.get("output"))
            for place, beside in facts_beside_words(self._context.facts, given, gave):
                self._found(place, beside)
                facts |= beside
        stated = {name: cell for name, cell in row.items() if cell is not None or name not in facts}
        return {**facts, **stated, **({"route": facts["route"]} if "route" in facts else {})}

    def _note(self, row: Row, call: Fields) -> None:
        self._seen += 1
        self._first += row["parent_id"] is None
        self._ordinary_first += row["parent_id"] is None and row["span_kind"] == ORDINARY
        self._of_evaluation += row["parent_id"] is None and (row["name"] or "").startswith("Evaluation.")
        self._models += row["span_kind"] == LLM
        self._of_tools += row["span_kind"] == TOOL
        self._priced += has_costs(call)
        self._unread += any(isinstance(call.get(name), str) and _looks_nested(call[name]) for name in OBJECTS)

    def _tell_limits(self) -> None:
        if self._seen + self._deleted == MOST_ROWS:
            self._notices.add(
                "row_limit",
                f"The file has exactly {MOST_ROWS:,} calls, which is the most that Weave's page exports. The"
                " rest is not in it, and some traces may be cut: export shorter times.",
            )
        if self._is_of_page:
            absent = [words for name, words in _NEEDED.items() if name not in self._names]
            missing = f" Not in this file: {', '.join(absent)}." if absent else ""
            self._notices.add(
                "visible_columns",
                "Weave's CSV and TSV hold only the columns that were visible on its page; JSONL holds"
                f" everything.{missing}",
            )
        if self._of_evaluation:
            sentence = (
                "Traces of an evaluation, which answered the rows of a dataset and no user: {count}. Filter"
                " the calls by the function that answers your users."
            )
            self._notices.add("of_evaluation", sentence, self._of_evaluation)
        is_known = "parent_id" in self._names
        if is_known and self._seen and self._seen == self._first and self._ordinary_first:
            self._notices.add(
                "roots_only",
                "The file has the first call of each trace only, so tools, documents and models are not in"
                " it. Export all calls, without the filter on root calls.",
            )


def recognised(head: Head, context: Context) -> CallsExport | None:
    """The export that a file with these columns is; None where it is none of Weave's."""
    names = head.samples.keys()
    if head.layout or "run_type" in names:
        return None
    beginnings = {name.partition(".")[0] for name in names}
    is_call = "op_name" in names and bool(names & {"trace_id", "started_at"}) and "inputs" in beginnings
    is_page = "id" in names and any(name.startswith("summary.weave.") for name in names)
    return CallsExport(head.samples, context) if is_call or is_page else None


def _given_and_gave(fields: Fields) -> list[object]:
    return [cell for name, cell in fields.items() if name.partition(".")[0] in ("inputs", "output") and cell]


def _looks_nested(cell: str) -> bool:
    return cell.startswith(("{", "["))
