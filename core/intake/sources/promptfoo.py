"""promptfoo: how its results and its files of tests are told, and what each result becomes."""

from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts import promptfoo as documents
from core.intake.sources.conversations import answer_in
from core.intake.sources.error_texts import message_of
from core.intake.sources.eval_rows import called, case_id_in, metrics_cell, result_facts
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    json_list,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.promptfoo_cases import TestCases, are_tests
from core.intake.sources.promptfoo_tests import (
    assertions_of,
    facts_of_team,
    judged_by,
    question_of,
    tools_expected,
    unescaped,
    unescaped_metadata,
    vars_id,
)
from core.intake.sources.promptfoo_verdicts import (
    components_of,
    human_label,
    is_run_error,
    metrics_in,
    passed_in,
    without_crashed,
)
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tool_names

_LINES = ("success", "testIdx", "promptIdx", "testCase")
_LABEL = 80
_NAMED = 5

_BECAME = {
    "evalId": "eval_run_id",
    "timestamp": "started_at",
    "success": "passed",
    "verdict": "passed, error_kind",
    "failureReason": "error_kind",
    "score": "score",
    "namedScores": "metrics",
    "metrics of columns": "metrics",
    "error": "error",
    "gradingResult": "judge, human_label, error_kind",
    "latencyMs": "latency_ms",
    "cost": "cost_usd",
    "tokenUsage": "tokens",
    "response": "response, tool_selected, tools_called",
    "output": "response",
    "provider": "release_bundle",
    "prompt": "release_bundle",
    "vars": "query, case_id",
    "metadata": "case_id, suite_version, tools_expected, user_segment, task_type",
    "testCase": "case_id, tools_expected",
    "description": "case_id",
    "config.tests": "suite_version",
    "reason": "error",
}


def recognised(head: Head, context: Context) -> ToolExport | None:
    """The source of the file, if it is promptfoo's."""
    if head.layout == documents.RESULTS:
        by_prompt = "a verdict and an output for each prompt and provider"
        return Results(
            by_prompt if head.has("verdict") else "a list “results.results” with “success”", context
        )
    if head.layout == documents.TESTS or are_tests(head):
        return TestCases(context)
    if not head.layout and head.has(*_LINES):
        return Results(f"the fields {', '.join(_LINES)}", context)
    return None


class Results(ToolExport):
    """One row is one test with one prompt and one provider."""

    name = "promptfoo"

    def __init__(self, signs: str, context: Context) -> None:
        because = f"These are results of promptfoo: the file has {signs}."
        super().__init__(Kind.EVALS, because, _BECAME, context)
        self._counts = {"passed": 0, "failed": 0, "errors": 0}
        self._judge_errors = 0
        self._stats: Mapping[str, Any] = {}
        self._described: dict[str, str | None] = {}
        self._ambiguous: set[str] = set()
        self._releases: dict[str, None] = {}
        self._by_place = 0
        self._is_csv = False

    def tell(self) -> None:
        self._tell_of_stats()
        if self._ambiguous:
            sentence = (
                "Descriptions that several different tests share, so that these count as repeats of one case:"
                " {count}. Give each test a metadata.case_id."
            )
            self._notices.add("shared_description", sentence, len(self._ambiguous))
        if len(self._releases) > 1:
            some = ", ".join(f"“{name}”" for name in list(self._releases)[:_NAMED])
            sentence = (
                f"The file compares {len(self._releases)} providers or prompts ({some}); each is a release."
            )
            self._notices.add("several_releases", sentence)
        if self._by_place:
            sentence = (
                "Results with neither case_id nor description nor variables, so that nothing tells which case"
                " they are of; each counts as a case of its own: {count}."
            )
            self._notices.add("case_by_place", sentence, self._by_place)
        if self._is_csv:
            self._notices.add(
                "csv_says_less",
                "The CSV of promptfoo has no latency, cost, tokens, metadata or time. Upload the JSON instead"
                " where you need them: promptfoo export eval <id> -o results.json",
            )

    def _row(self, number: int, fields: Fields) -> Row:
        test, metadata = object_of(fields.get("testCase")), object_of(fields.get("metadata"))
        metadata = unescaped_metadata({**object_of(test.get("metadata")), **metadata})
        variables = object_of(fields.get("vars")) or object_of(test.get("vars"))
        prompt = object_of(fields.get("prompt"))
        assertions = assertions_of(value_of(test.get("assert")))
        self._is_csv = self._is_csv or "verdict" in fields
        self._stats = self._stats or object_of(fields.get("stats"))
        release = _release(fields.get("provider"), prompt)
        if release is not None:
            self._releases[release] = None
        row: Row = {
            "case_id": self._case_id(number, metadata, fields, test, variables),
            "eval_run_id": text_of(fields.get("evalId")),
            "started_at": text_of(fields.get("timestamp")),
            "release_bundle": release,
            "suite_version": text_of(metadata.get("suite_version")) or text_of(fields.get("config.tests")),
            "query": question_of(variables, prompt.get("raw")),
            "task_type": text_of(metadata.get("pluginId")),
            **_answer(fields, metadata),
            **_measured(fields),
            "tools_expected": json_list(tools_expected(assertions, variables, self._context.facts)),
        }
        facts = result_facts(self._context.facts, "metadata", facts_of_team(metadata))
        row |= {name: cell for name, cell in facts.items() if name != "release_bundle"}
        row |= self._verdict(fields)
        return row

    def _verdict(self, fields: Fields) -> Row:
        """What passed, and what kept a result from being one: an error of the run wins over any score."""
        grading, response = object_of(fields.get("gradingResult")), object_of(fields.get("response"))
        components = list(components_of(grading))
        row: Row = {
            "passed": passed_in(fields),
            "score": number_text(number_of(fields.get("score"))),
            "metrics": metrics_cell(metrics_in(fields, grading)),
            "judge": judged_by(object_of(one.get("assertion")) for one in components),
            "human_label": human_label(components),
        }
        stated = (response.get("error"), fields.get("error"), fields.get("reason"))
        error = next((why for one in stated if (why := message_of(one)) is not None), None)
        if is_run_error(fields, grading, response):
            self._counts["errors"] += 1
            why = error or "promptfoo does not say why."
            return row | {"passed": None, "score": None, "metrics": None, "error_kind": "run", "error": why}
        crashed = [
            one for one in components if object_of(one.get("metadata")).get("graderError") in (True, "true")
        ]
        if crashed and row["passed"] != "true":
            self._judge_errors += 1
            return row | {
                "passed": None,
                "score": None,
                "metrics": without_crashed(row["metrics"], crashed),
                "error_kind": "judge",
                "error": message_of(crashed[0].get("reason")) or error,
            }
        if row["passed"] is not None:
            self._counts["passed" if row["passed"] == "true" else "failed"] += 1
        return row

    def _case_id(
        self, number: int, metadata: Fields, fields: Fields, test: Fields, variables: Mapping[str, Any]
    ) -> str:
        own = case_id_in(metadata.get("case_id"))
        if own is not None:
            return own
        by_vars = vars_id(variables)
        described = unescaped(case_id_in(test.get("description"), fields.get("description")))
        if described is not None:
            if self._described.setdefault(described, by_vars) != by_vars:
                self._ambiguous.add(described)
            return described
        self._by_place += by_vars is None
        return by_vars or f"result {number}"

    def _tell_of_stats(self) -> None:
        """The sums that the file states are not used; where they are not those of its rows, both are told."""
        stated = {name: number_of(self._stats.get(name)) for name in ("successes", "failures", "errors")}
        if stated["successes"] is None and stated["failures"] is None:
            return
        counted = dict(self._counts)
        if stated["errors"] is None:
            counted["failed"] += counted.pop("errors") + self._judge_errors
        pairs = zip(("passed", "failed", "errors"), stated.values(), strict=True)
        told = {name: int(value) for name, value in pairs if value is not None}
        if any(counted.get(name) != value for name, value in told.items()):
            words = ", ".join(f"{value:,} {name}" for name, value in told.items())
            found = ", ".join(f"{value:,} {name}" for name, value in counted.items())
            judges = (
                f", {self._judge_errors:,} judge errors" if self._judge_errors and "errors" in counted else ""
            )
            self._notices.add(
                "summary_mismatch",
                f"The file's own summary says {words}; its rows say {found}{judges}. The rows count.",
            )


def _answer(fields: Fields, metadata: Mapping[str, Any]) -> Row:
    """The answer, and the tools that it, or the provider's metadata, names."""
    response = object_of(fields.get("response"))
    output = response.get("output", fields.get("output"))
    noted = {**object_of(response.get("metadata")), **metadata}
    calls = output.get("tool_calls") if isinstance(output, dict) else output
    tools = tool_names(noted.get("tools_called")) or (tool_names(calls) if isinstance(calls, list) else [])
    said = (output if output.strip() else None) if isinstance(output, str) else answer_in(output)
    row: Row = {"response": said, **called(tools)}
    picked = case_id_in(noted.get("tool_selected"))
    return row | ({"tool_selected": picked} if picked else {})


def _measured(fields: Fields) -> Row:
    """Latency, cost and tokens; promptfoo writes 0 for what it did not measure."""
    response = object_of(fields.get("response"))
    usage = object_of(response.get("tokenUsage")) or object_of(fields.get("tokenUsage"))
    is_cached = text_of(response.get("cached")) == "true"
    return {
        "latency_ms": None if is_cached else _above_zero(fields.get("latencyMs")),
        "cost_usd": _above_zero(fields.get("cost")) or _above_zero(response.get("cost")),
        "tokens": _above_zero(usage.get("total")),
    }


def _above_zero(stated: Any) -> str | None:
    number = number_of(stated)
    return number_text(number) if number is not None and number > 0 else None


def _release(provider: Any, prompt: Mapping[str, Any]) -> str | None:
    """What was tested: the provider's label, else its id, and the label of the prompt."""
    found = value_of(provider)
    named = (
        (text_of(found.get("label")) or text_of(found.get("id")))
        if isinstance(found, dict)
        else text_of(found)
    )
    label = text_of(prompt.get("label")) or text_of(prompt.get("display"))
    return " / ".join(_one_line(part) for part in (named, label) if part) or None


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LABEL else line[: _LABEL - 1] + "…"
