"""Evidently: the tests of a report, which are checks of a whole data set and never cases of it."""

from typing import Any

from core.evidence.columns import Kind
from core.intake.layouts.evidently import NAME as REPORT
from core.intake.sources.export import Fields, Row, ToolExport
from core.intake.sources.foreign_cells import number_of, number_text, object_of, text_of, value_of
from core.intake.sources.scores import short_id
from core.intake.sources.source import Context, Head

_BECAME = {
    "id": "case_id",
    "name": "case_id, query",
    "description": "query, error",
    "status": "passed, error, error_kind",
    "test_config": "response",
    "bound_test": "response",
    "parameters": "response",
    "value": "response",
    "timestamp": "started_at",
}
_STATED = {"SUCCESS": "true", "FAIL": "false"}
_COUNTED = {"SUCCESS": "passed", "FAIL": "failed"}
_BOUNDS = {
    "lt": "below", "lte": "at most", "le": "at most", "gt": "above", "gte": "at least", "ge": "at least",
    "eq": "equal to", "not_eq": "other than", "ne": "other than",
    "LessThan": "below", "LessOrEqual": "at most", "GreaterThan": "above", "GreaterOrEqual": "at least",
    "Equal": "equal to", "NotEqual": "other than",
}  # fmt: skip


class EvidentlyChecks(ToolExport):
    """One row is one test of the report."""

    name = "evidently"

    def __init__(self, context: Context) -> None:
        because = "This is a report of Evidently: it has tests of a whole data set, each with its status."
        super().__init__(Kind.EVALS, because, _BECAME, context)
        self._names: dict[str, int] = {}
        self._checks: dict[str, int] = {}

    def tell(self) -> None:
        words = ", ".join(f"{count:,} {word}" for word, count in self._checks.items())
        sentence = (
            f"Checks of the whole data set, not cases: {{count}} ({words}). They are kept as they are"
            " stated and count in no rate."
        )
        self._notices.add("suite_checks", sentence, sum(self._checks.values()))

    def _row(self, number: int, fields: Fields) -> Row:
        status = (text_of(fields.get("status")) or "").upper().rpartition(".")[2]
        word = _COUNTED.get(status, "without an outcome")
        self._checks[word] = self._checks.get(word, 0) + 1
        name, words = text_of(fields.get("name")), text_of(fields.get("description"))
        row: Row = {
            "case_id": self._id(name or text_of(fields.get("id")) or words, fields),
            "of_whole_suite": "true",
            "started_at": text_of(fields.get("timestamp")),
            # Of a new report the description repeats the figures, and gets their comparison wrong at times.
            "query": words if fields.get("test_config") is None else name or words,
            "response": _bound_and_value(fields),
            "passed": _STATED.get(status),
        }
        if status not in _STATED:
            row |= {"error": f"{status or 'No status'}: {words or name or ''}", "error_kind": "judge"}
        return row

    def _id(self, name: str | None, fields: Fields) -> str | None:
        """The name of the check; with its column, and then its place, where several have the same name."""
        if name is None:
            return None
        before = self._names.get(name, 0)
        self._names[name] = before + 1
        if before:
            column = text_of(object_of(fields.get("parameters")).get("column_name"))
            name = self._id(f"{name} ({column})", {}) or name if column else f"{name} ({before + 1})"
        return short_id(name)


def recognised(head: Head, context: Context) -> EvidentlyChecks | None:
    """The checks of a report; the scored rows of Evidently are a table like any other."""
    return EvidentlyChecks(context) if head.layout == REPORT else None


def _bound_and_value(fields: Fields) -> str | None:
    """What was found and what was asked for, as far as the report says both: “10400 (at most 8000)”."""
    config = object_of(fields.get("test_config"))
    if config:
        value = _measured(value_of(fields.get("value")), object_of(fields.get("bound_test")))
        kind = (text_of(config.get("type")) or "").rpartition(":")[2].removesuffix("MetricTest")
        bound = next((config[key] for key in ("threshold", "expected") if config.get(key) is not None), None)
        asked = _bound(kind, bound)
    else:
        parameters = object_of(fields.get("parameters"))
        value = _figure(parameters.get("value"))
        condition = object_of(parameters.get("condition"))
        parts = [_bound(kind, bound) for kind, bound in condition.items()]
        asked = " and ".join(part for part in parts if part) or None
    if value is None:
        return asked
    return f"{value} ({asked})" if asked else value


def _measured(value: Any, bound_test: dict[str, Any]) -> str | None:
    if isinstance(value, dict):
        value = value.get("count" if bound_test.get("is_count") else "share")
    return _figure(value)


def _bound(kind: str, bound: Any) -> str | None:
    figure = _figure(bound)
    return f"{_BOUNDS[kind]} {figure}" if kind in _BOUNDS and figure is not None else None


def _figure(value: Any) -> str | None:
    if isinstance(value, dict):
        # An approximate bound of the old suites: {"value": 5, "relative": …}.
        value = value.get("value")
    number = number_of(value)
    return text_of(value) if number is None else number_text(number)
