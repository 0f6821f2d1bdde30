"""Eval sets as the JSON and CSV that Inspect, DeepEval, OpenAI evals, LangSmith, Langfuse and Ragas read.

None of these tools runs what stands in a field, so that every text is written as it is.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from core.evidence.eval_case import EvalCase
from core.export.case_texts import NOTHING_STATED, json_lines, json_text, metadata, reference, whole_cases

SCHEMA_VERSION = 1
"""Of our own lines: a reader refuses a number that it does not know."""


def own_lines(cases: Sequence[EvalCase]) -> bytes:
    """JSONL, one case a line, with everything that is known of it: nothing is lost."""
    return json_lines(_own(case) for case in whole_cases(cases))


def inspect_lines(cases: Sequence[EvalCase]) -> bytes:
    """JSONL for ``inspect_ai.dataset.json_dataset``; a target is needed, so it may be the behaviour."""
    return json_lines(
        {
            "id": case.case_id,
            "input": case.query,
            "target": reference(case) or NOTHING_STATED,
            "metadata": metadata(case),
        }
        for case in whole_cases(cases)
    )


def deepeval_goldens(cases: Sequence[EvalCase]) -> bytes:
    """JSON for ``EvaluationDataset.add_goldens_from_json_file``; expected tools have to be objects."""
    goldens = [
        {
            "input": case.query,
            "expected_output": case.ground_truth,
            "expected_tools": [{"name": tool} for tool in case.tools_expected] or None,
            "name": case.case_id,
            "comments": case.expected_behavior,
            "source_file": None,
            "additional_metadata": metadata(case),
        }
        for case in whole_cases(cases)
    ]
    return f"{json.dumps(goldens, ensure_ascii=False, indent=1)}\n".encode()


def openai_samples(cases: Sequence[EvalCase]) -> bytes:
    """JSONL of samples for ``oaieval``."""
    return json_lines(
        {
            "input": [{"role": "user", "content": case.query}],
            "ideal": reference(case) or NOTHING_STATED,
            "case_id": case.case_id,
            "metadata": metadata(case),
        }
        for case in whole_cases(cases)
    )


def langsmith_examples(cases: Sequence[EvalCase]) -> bytes:
    """JSONL of examples. The case id stands in the outputs too: only these come back with the results."""
    return json_lines(
        {
            "inputs": {"query": case.query},
            "outputs": {**_expected(case), "case_id": case.case_id},
            "metadata": metadata(case),
            "split": case.part.value,
        }
        for case in whole_cases(cases)
    )


def langfuse_items(cases: Sequence[EvalCase]) -> bytes:
    """CSV of data set items; the cells are JSON, because Langfuse makes numbers of texts such as 30."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("input", "expected_output", "metadata"))
    for case in whole_cases(cases):
        cells = ({"query": case.query}, _expected(case), metadata(case))
        writer.writerow([json_text(cell) for cell in cells])
    return buffer.getvalue().encode()


def ragas_samples(cases: Sequence[EvalCase]) -> bytes:
    """JSONL for ``EvaluationDataset.from_jsonl``, which knows no ids."""
    return json_lines(
        {
            "user_input": case.query,
            **({"reference": answer} if (answer := reference(case)) else {}),
        }
        for case in whole_cases(cases)
    )


def _own(case: EvalCase) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "case_id": case.case_id,
        "number": case.number,
        "part": case.part.value,
        "is_critical": case.is_critical,
        "query": case.query,
        "ground_truth": case.ground_truth,
        "tools_expected": list(case.tools_expected),
        "expected_behavior": case.expected_behavior,
        "failure_observed": case.failure_observed,
        "failure_type": case.failure_type,
        "source_run_id": case.source_run_id,
        "task_type": case.task_type,
        "user_segment": case.user_segment,
        "tags": list(case.tags),
    }


def _expected(case: EvalCase) -> dict[str, Any]:
    return {
        "ground_truth": case.ground_truth,
        "expected_tools": list(case.tools_expected),
        "expected_behavior": case.expected_behavior,
    }
