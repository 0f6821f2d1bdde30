"""Runs exported goldens with DeepEval and a feature that repeats the question.

Needs deepeval and nothing of Readygate: `python run_deepeval.py GOLDENS RESULTS`. Writes the test run and
tells, as JSON, what was asked under which name.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

goldens, results = sys.argv[1:]
folder = tempfile.mkdtemp()
os.environ["DEEPEVAL_RESULTS_FOLDER"] = folder

from deepeval import evaluate  # noqa: E402
from deepeval.dataset import EvaluationDataset  # noqa: E402
from deepeval.metrics import BaseMetric  # noqa: E402
from deepeval.test_case import LLMTestCase  # noqa: E402


class Contains(BaseMetric):
    """Whether the right answer stands in the answer."""

    threshold = 1
    async_mode = False

    def measure(self, test_case, *args, **kwargs):
        self.score = float((test_case.expected_output or "") in test_case.actual_output)
        self.success = self.score >= self.threshold
        self.reason = "looked for it"
        return self.score

    async def a_measure(self, test_case, *args, **kwargs):
        return self.measure(test_case)

    def is_successful(self):
        return self.success

    @property
    def __name__(self):
        return "Contains"


dataset = EvaluationDataset()
dataset.add_goldens_from_json_file(goldens)
tests = [
    LLMTestCase(
        name=one.name,
        input=one.input,
        actual_output=one.input,
        expected_output=one.expected_output,
        expected_tools=one.expected_tools,
        metadata=one.additional_metadata,
    )
    for one in dataset.goldens
]
evaluate(tests, [Contains()])
shutil.copyfile(next(Path(folder).glob("test_run_*.json")), results)
shutil.rmtree(folder)
print()
print(json.dumps({one.name: one.input for one in tests}))
