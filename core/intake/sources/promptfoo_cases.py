"""promptfoo's files of tests (CSV, YAML, JSON, JSONL): each test becomes a test case."""

import re
from typing import Any

from core.evidence.columns import Kind
from core.intake.sources.eval_rows import case_facts, case_id_in
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import json_list, object_of, text_of, value_of
from core.intake.sources.promptfoo_tests import (
    assertions_of,
    behaviour,
    facts_of_team,
    ground_truth,
    question_of,
    tools_expected,
    unescaped,
    unescaped_metadata,
    vars_id,
)
from core.intake.sources.source import Context, Head

_EXPECTED = re.compile(r"__expected([0-9]*)")
_SIGNS = re.compile(r"__(?:expected[0-9]*|description|metric|threshold|metadata:.+|providerOutput|config:.+)")
_ASSERTION = re.compile(r"(not-)?([a-z][a-z0-9:-]*?)(?:\(([0-9.]+)\))?:(.*)", re.DOTALL)
_NAMES = {"grade": "llm-rubric", "fn": "javascript", "eval": "javascript"}
_KNOWN_ASSERTION = re.compile(
    r"equals|i?contains(?:-all|-any|-json|-sql|-xml|-html)?|starts-with|regex|is-.+|similar.*|levenshtein|rouge-n|bleu"
    r"|gleu|meteor|llm-rubric|g-eval|agent-rubric|search-rubric|model-graded-.+|factuality|answer-relevance"
    r"|context-.+|conversation-.+|tool-call-f1|trajectory:.+|latency|cost|perplexity.*|moderation|classifier"
    r"|guardrails|skill-used|finish-reason|word-count|refusal|pi|select-best|max-score|javascript|python|ruby|webhook"
    r"|file"
)
_COMMA = re.compile(r"(?<!\\),")

_BECAME = {
    "vars": "query, ground_truth, tools_expected",
    "metadata": "case_id, part, tags, source_run_id, failure_observed, tools_expected",
    "assert": "ground_truth, expected_behavior, tools_expected",
    "description": "case_id",
    "suite": "suite",
}


def are_tests(head: Head) -> bool:
    """Whether a plain table is a file of promptfoo's tests: the columns have its names, or the rows are
    its tests in JSON."""
    if head.layout:
        return False
    if any(_SIGNS.fullmatch(header) for header in head.samples):
        return True
    of_test = head.has("vars", "assert") or (head.has("vars", "description") and head.has("metadata"))
    return of_test and not head.has("success") and head.samples["vars"].lstrip().startswith(("{", "file://"))


class TestCases(ToolExport):
    """One row is one test."""

    __test__ = False
    name = "promptfoo"

    def __init__(self, context: Context) -> None:
        because = "These are tests for promptfoo: they have its variables, assertions or “__” columns."
        super().__init__(Kind.CASES, because, _BECAME, context)
        self._elsewhere = 0

    def tell(self) -> None:
        if self._elsewhere:
            sentence = (
                "Tests whose variables stand in another file, which cannot be read here, left out: {count}."
            )
            self._notices.add("vars_elsewhere", sentence, self._elsewhere)

    def became(self, header: str) -> str:
        """The canonical names that a column of the file became."""
        if found := super().became(header):
            return found
        if _EXPECTED.fullmatch(header):
            return _BECAME["assert"]
        if header == "__description":
            return "case_id"
        if header.startswith("__metadata:"):
            return {"case_id": "case_id", "set": "part", "tags": "tags"}.get(_key(header), _key(header))
        return ""

    def _row(self, number: int, fields: Fields) -> Row | None:
        test = _from_columns(fields) if "vars" not in fields else fields
        variables = value_of(test.get("vars"))
        if isinstance(variables, str):
            self._elsewhere += 1
            return None
        variables = variables if isinstance(variables, dict) else {}
        metadata = unescaped_metadata(object_of(test.get("metadata")))
        assertions = assertions_of(value_of(test.get("assert")))
        query = question_of(variables)
        facts = case_facts(self._context.facts, "metadata", facts_of_team(metadata))
        expected = facts.pop("tools_expected", None) or json_list(
            tools_expected(assertions, variables, self._context.facts)
        )
        stated = facts.pop("expected_behavior", None)
        return {
            "case_id": case_id_in(metadata.get("case_id"), unescaped(text_of(test.get("description"))))
            or vars_id(variables),
            "suite": text_of(test.get("suite")),
            "suite_version": text_of(metadata.get("suite_version")),
            "query": query,
            "ground_truth": ground_truth(assertions, variables),
            "expected_behavior": behaviour(assertions) or stated,
            "tools_expected": expected,
            **facts,
        }


def _from_columns(fields: Fields) -> dict[str, Any]:
    """The test in a row of a CSV: “__” columns say what is expected, all others are variables."""
    variables: dict[str, Any] = {}
    metadata: dict[str, Any] = {}
    assertions = []
    for header, cell in fields.items():
        if cell is None:
            continue
        if _EXPECTED.fullmatch(header):
            assertions.append(assertion_in(str(cell)))
        elif header.startswith("__metadata:"):
            metadata[_key(header)] = _listed(str(cell)) if header.endswith("[]") else cell
        elif not header.startswith("__"):
            variables[header] = cell
    described = fields.get("__description")
    return {"vars": variables, "metadata": metadata, "assert": assertions, "description": described,
            "suite": None}  # fmt: skip


def assertion_in(text: str) -> dict[str, Any]:
    """The assertion in a cell under “__expected”: “type:value”, “type(0.8):value”, else equality."""
    found = _ASSERTION.fullmatch(text.strip())
    if found is None or not _KNOWN_ASSERTION.fullmatch(kind := _NAMES.get(found[2], found[2])):
        return {"type": "equals", "value": text}
    value: Any = found[4].strip()
    if kind.endswith(("-all", "-any")):
        value = [part.strip() for part in value.split(",")]
    return {"type": f"{found[1] or ''}{kind}", "value": value}


def _key(header: str) -> str:
    return header.removeprefix("__metadata:").removesuffix("[]")


def _listed(cell: str) -> list[str]:
    return [part.strip().replace("\\,", ",") for part in _COMMA.split(cell) if part.strip()]
