"""What the files of an eval set have in common: whole texts, what is said about a case, lines of JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.errors import WrongUsage
from core.evidence.eval_case import EvalCase

NOTHING_STATED = "Readygate: the case does not say what a right answer is. State it and export again."
"""Stands where a tool needs a right answer and there is none: any answer contains a blank, and would pass."""


def whole_cases(cases: Sequence[EvalCase]) -> list[EvalCase]:
    """The cases with texts that every format can hold; raises WrongUsage where two have the same id.

    Inspect stops at a repeated id, and everywhere else the results of the two could not be told apart.
    """
    found = [_whole_case(case) for case in cases]
    twice = [case_id for case_id, times in Counter(case.case_id for case in found).items() if times > 1]
    if twice:
        raise WrongUsage(
            f"Two cases have the id “{twice[0]}”.", mend="Give one of them another id, or export one set."
        )
    return found


def whole_text(text: str) -> str:
    """``text`` as UTF-8 can hold it: half of an emoji in a broken export becomes the sign �."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def metadata(case: EvalCase) -> dict[str, Any]:
    """What is said about a case beside its question and its right answer; what is not said is left out."""
    told = {
        "case_id": case.case_id,
        "set": case.part.value,
        "tags": list(case.tags),
        "expected_tools": list(case.tools_expected),
        "expected_behavior": case.expected_behavior,
        "failure_observed": case.failure_observed,
        "failure_type": case.failure_type,
        "source_run_id": case.source_run_id,
        "task_type": case.task_type,
        "user_segment": case.user_segment,
        "is_critical": case.is_critical or None,
        "case_version": case.number,
    }
    return {name: value for name, value in told.items() if value is not None and value not in ("", [])}


def reference(case: EvalCase) -> str | None:
    """What a judge compares with: the right answer, else what a good answer does, in words."""
    return case.ground_truth or behavior(case)


def behavior(case: EvalCase) -> str | None:
    """What a good answer does; where only a failure is known, that it must not happen again."""
    if case.expected_behavior or case.ground_truth or case.tools_expected or not case.failure_observed:
        return case.expected_behavior or None
    return f"The answer does not repeat this failure: {case.failure_observed}"


def json_lines(rows: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"{json_text(row)}\n" for row in rows).encode()


def json_text(value: Any) -> str:
    """JSON on one line; the line and paragraph separators of Unicode end a line for some readers."""
    written = json.dumps(value, ensure_ascii=False)
    return written.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").replace("\x85", "\\u0085")


def _whole_case(case: EvalCase) -> EvalCase:
    def whole(text: str | None) -> str | None:
        return None if text is None else whole_text(text)

    return replace(
        case,
        case_id=whole_text(case.case_id),
        query=whole_text(case.query),
        ground_truth=whole(case.ground_truth),
        tools_expected=tuple(map(whole_text, case.tools_expected)),
        expected_behavior=whole(case.expected_behavior),
        failure_observed=whole(case.failure_observed),
        failure_type=whole(case.failure_type),
        source_run_id=whole(case.source_run_id),
        task_type=whole(case.task_type),
        user_segment=whole(case.user_segment),
        tags=tuple(map(whole_text, case.tags)),
    )
