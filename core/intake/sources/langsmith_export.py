"""LangSmith's files of runs and of feedback while their rows pass, with what their limits hide."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.evidence.columns import Kind
from core.intake.sources.beside_words import facts_beside_words
from core.intake.sources.epochs import instant_of
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import list_of, text_of
from core.intake.sources.langsmith_feedback import BECAME as FEEDBACK_BECAME
from core.intake.sources.langsmith_feedback import score_row, scores_of_run
from core.intake.sources.langsmith_runs import BECAME, metadata_of, opened, span_row
from core.intake.sources.source import Context

_DEEPEST = 20
_NEEDED = {
    "inputs": "what was asked",
    "outputs": "what was answered",
    "start_time": "when a run began",
    "error": "errors",
    "feedback_stats": "feedback",
}
_ONE_DAY = timedelta(hours=24, minutes=5)


class RunsExport(ToolExport):
    """One row is one run in LangSmith's sense, a step of a trace."""

    name = "langsmith"

    def __init__(self, words: str, samples: Mapping[str, str], context: Context) -> None:
        super().__init__(Kind.SPANS, f"These are LangSmith's {words}.", BECAME, context)
        # Only what asks for single fields, or for the last day, can have left something out.
        self._is_newer = samples.get("run_type", "").isupper() or "project_id" in samples
        self._fields = set(samples)
        self._seen = self._first = self._chains = self._previews = self._unread = 0
        self._averages = self._varied = self._of_experiment = 0
        self._earliest: datetime | None = None
        self._latest: datetime | None = None

    def tell(self) -> None:
        self._tell_limits()
        if self._unread:
            sentence = (
                "Runs whose inputs, outputs or metadata cannot be read, because they were cut off or changed"
                " on the way: {count}. Export them as JSON lines."
            )
            self._notices.add("unread_cells", sentence, self._unread)
        if self._averages:
            sentence = (
                "Scores that come from the statistics in the runs: {count}. They are averages, without who"
                " gave them and what users corrected; export the feedback too for those."
            )
            self._notices.add("feedback_averages", sentence, self._averages)
        if self._varied:
            sentence = (
                "Scores whose feedbacks do not agree, of which the average or nothing is kept: {count}."
            )
            self._notices.add("feedback_varies", sentence, self._varied)

    def _row(self, number: int, fields: Fields) -> Row:
        return self._run(number, fields, _DEEPEST)

    def _run(self, number: int, fields: Fields, depth: int) -> Row:
        run = opened(fields)
        row = self._with_facts(span_row(run), run)
        self._note(row, run)
        for score, varies in scores_of_run(
            run.get("feedback_stats"), row["run_id"], row["span_id"], self._feedback
        ):
            self._averages += 1
            self._varied += varies
            self._add(Kind.SCORES, number, score)
        for child in list_of(fields.get("child_runs")) if depth else ():
            if isinstance(child, dict):
                below = self._run(number, child, depth - 1)
                below["run_id"] = below["run_id"] or row["run_id"]
                below["parent_id"] = below["parent_id"] or row["span_id"]
                self._add(Kind.SPANS, number, below)
        return row

    def _with_facts(self, row: Row, run: Fields) -> Row:
        """The step with what its team wrote beside it; what LangSmith itself states stands before that."""
        facts = self._context.facts.found("metadata", metadata_of(run))
        place = "extra" if "extra" in self._fields else "metadata"
        self._found(place if place in self._fields else "custom_metadata", facts)
        if row["parent_id"] is None:
            facts |= self._root_facts(run)
        named = {"route": facts["route"]} if "route" in facts else {}
        return {
            **facts,
            **{name: cell for name, cell in row.items() if cell is not None or name not in facts},
            **named,
        }

    def _root_facts(self, run: Fields) -> dict[str, str]:
        """What the first step was given and gave back beside the words, and what its tags say."""
        facts: dict[str, str] = {}
        given, gave = (("inputs", run.get("inputs")), ("outputs", run.get("outputs")))
        for place, found in facts_beside_words(self._context.facts, given, gave):
            self._found(place, found)
            facts |= found
        tagged = self._context.facts.found("tags", run.get("tags"))
        self._found("tags", tagged)
        return {**tagged, **facts}

    def _note(self, row: Row, run: Fields) -> None:
        self._seen += 1
        is_first = row["parent_id"] is None
        self._first += is_first
        self._chains += is_first and row["span_kind"] == "chain"
        stated = (("inputs", "inputs_preview"), ("outputs", "outputs_preview"))
        self._of_experiment += is_first and text_of(run.get("reference_example_id")) is not None
        self._previews += is_first and any(
            run.get(whole) is None and text_of(run.get(cut)) is not None for whole, cut in stated
        )
        self._unread += any(
            isinstance(run.get(name), str) and str(run[name]).startswith("{")
            for name in ("inputs", "outputs", "extra", "metadata")
        )
        begun = instant_of(row["started_at"]) if self._is_newer else None
        if begun is not None:
            self._earliest = min(begun, self._earliest or begun)
            self._latest = max(begun, self._latest or begun)

    def _tell_limits(self) -> None:
        if self._seen and self._seen == self._first and self._chains:
            self._notices.add(
                "roots_only",
                "The file has the first run of each trace only, so tools, documents and models are not in it."
                " Export all runs, without a filter on root runs.",
            )
        if self._earliest and self._latest and self._latest - self._earliest <= _ONE_DAY:
            self._notices.add(
                "last_day",
                "The runs are of one day at most: LangSmith's newer query gives the last 24 hours unless it"
                " is given a start (min_start_time). Check that this is all you wanted.",
            )
        absent = [words for name, words in _NEEDED.items() if name not in self._fields]
        if absent and self._is_newer:
            sentence = (
                f"Not in this file, because the export did not select it: {', '.join(absent)}. Select these"
                " fields and export again."
            )
            self._notices.add("fields_absent", sentence)
        if self._of_experiment:
            sentence = (
                "Traces of an experiment, which answered the examples of a dataset and no user: {count}."
                " Export the project of your users' traces, and the experiment as eval results."
            )
            self._notices.add("of_experiment", sentence, self._of_experiment)
        if self._previews:
            sentence = (
                "Traces with a preview of question or answer only, which LangSmith cuts: {count}. Select"
                " inputs and outputs in the export."
            )
            self._notices.add("previews", sentence, self._previews)


class FeedbackExport(ToolExport):
    """One row is one feedback."""

    name = "langsmith"

    def __init__(self, context: Context) -> None:
        because = "This is LangSmith's feedback: it has the fields run_id, key and feedback_source."
        super().__init__(Kind.SCORES, because, FEEDBACK_BECAME, context)
        self._of_projects = 0

    def tell(self) -> None:
        if self._of_projects:
            sentence = "Feedback about a whole project, which belongs to no run and is left out: {count}."
            self._notices.add("not_of_a_run", sentence, self._of_projects)

    def _row(self, number: int, fields: Fields) -> Row | None:
        row = score_row(fields, self._feedback)
        if row["run_id"] is None and row["span_id"] is None:
            self._of_projects += 1
            return None
        return row
