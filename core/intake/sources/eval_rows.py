"""What the exports of eval tools have in common: scores as numbers, ids of cases, what is said of a case."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.evidence.columns import Kind
from core.evidence.fingerprints import of_query
from core.intake.mapping import known_column
from core.intake.sources.export import Row
from core.intake.sources.foreign_cells import (
    json_list,
    list_of,
    object_of,
    text_of,
    texts_in,
    value_of,
    word_of,
)
from core.intake.sources.run_facts import Facts
from core.intake.sources.scores import LONGEST_ID, score_number
from core.intake.sources.tool_calls import tool_names

_VERDICTS = {
    **dict.fromkeys(("yes", "pass", "passed", "correct", "right"), 1.0),
    **dict.fromkeys(("no", "fail", "failed", "incorrect", "wrong"), 0.0),
}

ERRORED = "Results whose run failed, so that their scores do not count: {count}."
"""What a notice says: judges also grade answers that were never given."""

_OF_RESULT = {"user_segment": "user_segment", "task_type": "task_type", "release_bundle": "release_bundle"}
_OF_CASE = {"user_segment": "user_segment", "task_type": "task_type"}
"""The facts about a run that a result, and a case, have as well."""

_ABOUT_CASES = {
    "case_id", "set", "tags", "expected_tools", "expected_behavior", "failure_observed", "source_run_id",
    "suite", "suite_version", "ground_truth", "target",
}  # fmt: skip
"""What the metadata of a test case hold as we export them: nobody has to be asked what these are."""


def score_of(stated: Any) -> float | None:
    """A score as a number: booleans and words such as “yes” or “fail” are 1 and 0; None for other words,
    for blanks and for NaN."""
    number = score_number(stated)
    if number is None and isinstance(stated, str):
        return _VERDICTS.get(stated.strip().casefold())
    return number


def metrics_cell(metrics: Mapping[str, float]) -> str | None:
    """The cell of the column ``metrics``; None where there is no score."""
    whole = {name: int(value) if value.is_integer() and abs(value) < 2**53 else value
             for name, value in metrics.items()}  # fmt: skip
    return json.dumps(whole, ensure_ascii=False) if whole else None


def case_id_in(*stated: Any, query: str | None = None) -> str | None:
    """The first of the ids ``stated`` that can be one, else that of the case which asks ``query``."""
    for one in stated:
        text = word_of(one)
        if text is not None and len(text) <= LONGEST_ID:
            return text
    return of_query(query) if query else None


def right_answers(cell: Any) -> str | None:
    """The right answer of a case; of several that would do, all of them."""
    found = value_of(cell)
    return " | ".join(texts_in(found)) or None if isinstance(found, list) else text_of(found)


def called(tools: list[str]) -> Row:
    """The columns of the tools that were called; the first of them is the one that was picked."""
    return {"tools_called": json_list(tools), "tool_selected": tools[0]} if tools else {}


def tools_under(found: Mapping[str, Any], *columns: str) -> list[str]:
    """The tools in the first part that is called like one of these ``columns`` of results."""
    for key, stated in found.items():
        column = known_column(Kind.EVALS, key)
        if column is not None and column.name in columns and (tools := tool_names(stated)):
            return tools
    return []


def result_facts(facts: Facts, place: str, stated: Any) -> Row:
    """What the metadata of a test case say about it, as columns of a result."""
    known = _known(facts, place, stated)
    return _renamed(known, _OF_RESULT) | _expected_tools(known, object_of(stated))


def case_facts(facts: Facts, place: str, stated: Any) -> Row:
    """What the metadata of a test case say about it, as columns of a case."""
    known, found = _known(facts, place, stated), object_of(stated)
    tags = [word for one in list_of(found.get("tags")) if (word := word_of(one)) is not None]
    return {
        **_renamed(known, _OF_CASE),
        **_expected_tools(known, found),
        **{
            name: text
            for name, key in (
                ("expected_behavior", "expected_behavior"),
                ("failure_observed", "failure_observed"),
                ("source_run_id", "source_run_id"),
                ("part", "set"),
            )
            if (text := word_of(found.get(key))) is not None
        },
        **({"tags": json_list(tags)} if tags else {}),
    }


def _known(facts: Facts, place: str, stated: Any) -> Mapping[str, str]:
    found = object_of(stated)
    return facts.found(place, {key: value for key, value in found.items() if key not in _ABOUT_CASES})


def _expected_tools(known: Mapping[str, str], found: Mapping[str, Any]) -> Row:
    tool = known.get("tool_expected")
    tools = [tool] if tool else tool_names(found.get("expected_tools"))
    return {"tools_expected": json_list(tools)} if tools else {}


def _renamed(found: Mapping[str, str], names: Mapping[str, str]) -> Row:
    return {column: found[name] for name, column in names.items() if name in found}


def unscored(scored: Mapping[str, int], rows: int) -> Iterator[str]:
    """A sentence for each metric that has a score on some rows only; ``scored`` counts those."""
    for name, count in scored.items():
        if count < rows:
            yield (
                f"“{name}” has a score on {count:,} of {rows:,} rows; on the others the judge failed or did"
                " not run, and a rule on it leaves them out."
            )
