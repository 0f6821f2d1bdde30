"""A report of Evidently, new or of an old test suite: each record is one check of the whole data set."""

from collections.abc import Mapping
from typing import Any

from core.errors import UnreadableFile
from core.intake.layouts.layout import Layout, Opened, Records
from core.intake.peek import Peek

NAME = "evidently.report"

_FIELDS = ("id", "name", "description", "status", "group", "parameters", "test_config", "bound_test")


def _fits(beginning: Peek) -> bool:
    is_new = beginning.has("metrics[].metric_name", "metrics[].value") or beginning.has(
        "tests[].metric_config", "tests[].status"
    )
    # The summary of an old suite may lie beyond the head.
    return is_new or beginning.has("tests[].status", "tests[].parameters", "tests[].description")


def _records(opened: Opened) -> Records:
    found = opened.whole()
    report = found if isinstance(found, dict) else {}
    tests, metrics = (_objects(report.get(key)) for key in ("tests", "metrics"))
    if not tests:
        raise UnreadableFile(
            "The report of Evidently has figures about the whole data set, but no tests of them and no single"
            " case.",
            mend="Upload the scored rows (as_dataframe().to_csv), or add tests to the report.",
            code="no_rows",
        )
    values = {str(one.get("id") or one.get("metric_id")): one.get("value") for one in metrics}
    tested = [_metric_id(test) for test in tests]
    if untested := len(values.keys() - set(tested)):
        opened.reading.notices.add(
            "aggregates",
            f"Figures of the report without a test, not imported: {untested:,}. Readygate counts cases"
            " itself; upload the scored rows for that.",
        )
    for number, (test, metric) in enumerate(zip(tests, tested, strict=True), start=1):
        yield (
            number,
            {
                **{name: test.get(name) for name in _FIELDS},
                "timestamp": report.get("timestamp"),
                "value": values.get(metric),
            },
        )


def _metric_id(test: Mapping[str, Any]) -> str:
    config = test.get("metric_config")
    return str(config.get("metric_id")) if isinstance(config, dict) else ""


def _objects(found: Any) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


REPORT = Layout(NAME, _fits, _records)
