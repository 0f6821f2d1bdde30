"""DeepEval: how its runs and its goldens are told, and what each test case becomes."""

import re
from collections.abc import Mapping
from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts.deepeval import NAME as RUN
from core.intake.sources.conversations import answer_in, question_in
from core.intake.sources.deepeval_goldens import Goldens, are_goldens
from core.intake.sources.error_texts import message_of
from core.intake.sources.eval_rows import case_id_in, metrics_cell, result_facts, score_of
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import (
    camel,
    fields_of,
    json_list,
    list_of,
    number_of,
    number_text,
    object_of,
    text_of,
    value_of,
)
from core.intake.sources.run_facts import Facts
from core.intake.sources.source import Context, Head
from core.intake.sources.tool_calls import tool_names

_UNNAMED = re.compile(r"(?:conversational_|multimodal_)?test_case_[0-9]+")
_FLIPPED = {"toxicity", "bias", "hallucination", "misuse"}
"""Metrics whose score says how bad an answer is before DeepEval 4, and how good it is from 4 on."""

_RELEASE = 80
_PARAMETERS = "hyperparameters"

_BECAME = {
    "name": "case_id",
    "input": "query, case_id",
    "turns": "query, response, tools_called, tool_selected",
    "scenario": "query",
    "actualOutput": "response",
    "success": "passed",
    "metricsData": "metrics, lower_is_better, judge, error, error_kind",
    "toolsCalled": "tools_called, tool_selected",
    "expectedTools": "tools_expected",
    "tokenCost": "cost_usd",
    "completionTime": "latency_ms",
    "inputTokenCount": "tokens",
    "outputTokenCount": "tokens",
    "additionalMetadata": "case_id, user_segment, task_type, tools_expected",
    "metadata": "case_id, user_segment, task_type, tools_expected",
    "run.name": "eval_run_id",
    "run.startedAt": "started_at",
    "run.hyperparameters": "release_bundle",
    "run.datasetAlias": "suite_version",
    "run.datasetVersion": "suite_version",
}


def recognised(head: Head, context: Context) -> ToolExport | None:
    """The source of the file, if it is DeepEval's."""
    if head.layout == RUN:
        return TestRun(context)
    return Goldens(context) if are_goldens(head) else None


class TestRun(ToolExport):
    """One row is one test case; DeepEval itself says whether it passed."""

    __test__ = False
    name = "deepeval"

    def __init__(self, context: Context) -> None:
        because = "This is a test run of DeepEval: its test cases have “metricsData”."
        super().__init__(Kind.EVALS, because, _BECAME, context)
        self._counts = {"passed": 0, "failed": 0}
        self._judge_errors = self._flaky = 0
        self._stated: dict[str, float | None] = {}
        self._flips: dict[str, str] = {}

    def tell(self) -> None:
        self._tell_of_sums()
        if self._flaky:
            sentence = "Metrics marked as flaky, which never decide whether a case passed: {count}."
            self._notices.add("flaky_metrics", sentence, self._flaky)
        for name, side in self._flips.items():
            self._notices.add(
                "direction_flipped",
                f"DeepEval 4 turned the scores of “{name}” round. In this file {side} is better; do not"
                " compare its scores with those of the other versions. What passed is as DeepEval says.",
            )

    def _field(self, header: str) -> str:
        return camel(header)

    def _row(self, number: int, fields: Fields) -> Row:
        metadata = {**object_of(fields.get("metadata")), **object_of(fields.get("additionalMetadata"))}
        metrics = [fields_of(one) for one in list_of(fields.get("metricsData")) if isinstance(one, dict)]
        for name in ("testPassed", "testFailed"):
            self._stated.setdefault(name, number_of(fields.get(f"run.{name}")))
        query, asked = _question(fields)
        own_name = text_of(fields.get("name"))
        row: Row = {
            "case_id": case_id_in(
                metadata.get("case_id"),
                None if own_name is None or _UNNAMED.fullmatch(own_name) else own_name,
                query=asked,
            ),
            "eval_run_id": text_of(fields.get("run.name")),
            "started_at": text_of(fields.get("run.startedAt")),
            "suite_version": _joined(fields.get("run.datasetAlias"), fields.get("run.datasetVersion")),
            "query": query,
            "response": text_of(fields.get("actualOutput")) or answer_in(fields.get("turns")),
            "latency_ms": _times(1000, fields.get("completionTime")),
            "cost_usd": _cost(fields),
            "tokens": _tokens(fields),
            **_tools(fields),
        }
        facts = result_facts(self._context.facts, "metadata", metadata)
        row |= {name: cell for name, cell in facts.items() if row.get(name) is None}
        tested = object_of(fields.get("run.hyperparameters"))
        row["release_bundle"] = _release(tested, self._context.facts) or row.get("release_bundle")
        return row | self._verdict(fields, metrics)

    def _verdict(self, fields: Fields, metrics: list[dict[str, Any]]) -> Row:
        """What passed; where a metric that counts could not be computed, nobody knows."""
        stated = {"true": "true", "false": "false"}.get((text_of(fields.get("success")) or "").lower())
        judges = dict.fromkeys(
            text for one in metrics if (text := text_of(one.get("evaluationModel"))) is not None
        )
        row: Row = {
            "passed": stated,
            "metrics": metrics_cell(_scores(metrics)),
            "lower_is_better": json_list(self._lower(fields, metrics)),
            "judge": ", ".join(judges) or None,
        }
        self._flaky += sum(_is_flaky(one) for one in metrics)
        broken = [
            why for one in metrics if not _is_flaky(one) and (why := message_of(one.get("error"))) is not None
        ]
        if broken:
            self._judge_errors += 1
            return row | {"passed": None, "error_kind": "judge", "error": broken[0]}
        if stated is not None:
            self._counts["passed" if stated == "true" else "failed"] += 1
        return row

    def _lower(self, fields: Fields, metrics: list[dict[str, Any]]) -> list[str]:
        """The metrics of this row of which a lower score is better."""
        lower = []
        for one in metrics:
            name = text_of(one.get("name"))
            if name is None or name.casefold() not in _FLIPPED or score_of(one.get("score")) is None:
                continue
            side = _shown_side(one) or ("a higher score" if _is_of_4(fields, metrics) else "a lower score")
            # One file is of one version: the first row that shows the direction settles it.
            if self._flips.setdefault(name, side) == "a lower score":
                lower.append(name)
        return lower

    def _tell_of_sums(self) -> None:
        """The sums that the file states are not used; where they are not those of its rows, both are told."""
        pairs = zip(
            ("passed", "failed"),
            (self._stated.get(name) for name in ("testPassed", "testFailed")),
            strict=True,
        )
        told = {name: int(value) for name, value in pairs if value is not None}
        if any(self._counts[name] != value for name, value in told.items()):
            words = ", ".join(f"{value:,} {name}" for name, value in told.items())
            found = ", ".join(f"{value:,} {name}" for name, value in self._counts.items())
            if self._judge_errors:
                found += (
                    f", {self._judge_errors:,} neither (a metric could not be computed; DeepEval says failed)"
                )
            self._notices.add(
                "summary_mismatch",
                f"The file's own summary says {words}; its rows say {found}. The rows count.",
            )


def _shown_side(metric: Mapping[str, Any]) -> str | None:
    """The direction that a score shows which passed above its threshold, or failed there; None at it."""
    score, bar = score_of(metric.get("score")), number_of(metric.get("threshold"))
    passed = metric.get("success")
    if score is None or bar is None or score == bar or not isinstance(passed, bool):
        return None
    return "a higher score" if (score > bar) == passed else "a lower score"


def _is_of_4(fields: Fields, metrics: list[dict[str, Any]]) -> bool:
    """Whether the file is of DeepEval 4 or later, which wrote keys that no earlier one did."""
    if text_of(fields.get("run.official")) is not None or text_of(fields.get("flaky")) is not None:
        return True
    tools = [*list_of(fields.get("toolsCalled")), *list_of(fields.get("expectedTools"))]
    return any("flaky" in one for one in metrics) or any(
        isinstance(one, dict) and "type" in one for one in tools
    )


def _is_flaky(metric: Mapping[str, Any]) -> bool:
    return text_of(metric.get("flaky")) == "true"


def _scores(metrics: list[dict[str, Any]]) -> dict[str, float]:
    """The scores by metric; of two of one name, both are kept."""
    scores: dict[str, float] = {}
    for one in metrics:
        name, score = text_of(one.get("name")), score_of(one.get("score"))
        if name is not None and score is not None and text_of(one.get("error")) is None:
            place = 1 + sum(known == name or known.startswith(f"{name} (") for known in scores)
            scores[name if name not in scores else f"{name} ({place})"] = score
    return scores


def _question(fields: Fields) -> tuple[str | None, str | None]:
    """What is asked, and what tells the case from others: of a conversation all that its user says."""
    stated = text_of(fields.get("input"))
    if stated is not None:
        return stated, stated
    turns = [one for one in list_of(fields.get("turns")) if isinstance(one, dict)]
    said = [text for one in turns if one.get("role") == "user" and (text := text_of(one.get("content")))]
    scenario = text_of(fields.get("scenario"))
    question = (question_in(turns) if said else None) or scenario
    return question, "\n".join([*([scenario] if scenario else []), *said]) or None


def _tools(fields: Fields) -> Row:
    """The tools that were called and that should have been; an empty list says that none was."""
    row: Row = {"tools_expected": json_list(tool_names(value_of(fields.get("expectedTools"))))}
    stated = value_of(fields.get("toolsCalled"))
    turns = [fields_of(one) for one in list_of(fields.get("turns")) if isinstance(one, dict)]
    tools = tool_names(stated) or [name for one in turns for name in tool_names(one.get("toolsCalled"))]
    if tools:
        return row | {"tools_called": json_list(tools), "tool_selected": tools[0]}
    return row | ({"tools_called": "[]"} if stated == [] else {})


def _tokens(fields: Fields) -> str | None:
    found = [number_of(fields.get(name)) for name in ("inputTokenCount", "outputTokenCount")]
    stated = [one for one in found if one is not None and one >= 0]
    return number_text(float(round(sum(stated)))) if stated and sum(stated) else None


def _cost(fields: Fields) -> str | None:
    """The cost of the answer; that of judging it (evaluationCost) is no cost of the feature."""
    cost = number_of(fields.get("tokenCost"))
    return number_text(cost) if cost is not None and cost > 0 else None


def _times(factor: float, stated: Any) -> str | None:
    number = number_of(stated)
    # Rounded, because 1.7 s are 1,700 ms and not 1,699.9999999999998.
    return number_text(round(number * factor, 6)) if number is not None and number >= 0 else None


def _release(stated: Mapping[str, Any], facts: Facts) -> str | None:
    """What was tested: the release that the hyperparameters name, else model and prompt, else all of them."""
    by_name = {"_".join(name.split()): value for name, value in stated.items()}
    own = case_id_in(by_name.get("release_bundle"))
    named = own or facts.one("release_bundle", _PARAMETERS, by_name)
    stated_parts = (facts.one(name, _PARAMETERS, by_name) for name in ("model", "prompt_version"))
    parts = [part for part in stated_parts if part is not None]
    plain = [f"{name}: {text}" for name, value in stated.items() if (text := case_id_in(value)) is not None]
    release = named or " / ".join(parts) or ", ".join(plain)
    return release if len(release) <= _RELEASE else release[: _RELEASE - 1] + "…" if release else None


def _joined(*stated: Any) -> str | None:
    return " ".join(text for one in stated if (text := text_of(one)) is not None) or None
