"""Runs an exported eval set with Inspect and a mock model that repeats the question.

Needs inspect-ai and nothing of Readygate: `python run_inspect.py SAMPLES RESULTS`. Writes the log as JSON
and tells, as JSON, what was asked under which id.
"""

import json
import shutil
import sys
import tempfile

from inspect_ai import Task, eval
from inspect_ai.dataset import json_dataset
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import includes
from inspect_ai.solver import generate

NAME = "mockllm/model"


def repeat(messages, tools, tool_choice, config):
    answer = ModelOutput.from_content(NAME, messages[-1].text)
    # Without a usage the mock model would fetch a tokenizer to count with.
    answer.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return answer


samples, results = sys.argv[1:]
task = Task(dataset=json_dataset(samples), solver=generate(), scorer=includes(), name="readygate")
with tempfile.TemporaryDirectory() as folder:
    log = eval(
        task,
        model=get_model(NAME, custom_outputs=repeat),
        log_dir=folder,
        log_format="json",
        display="none",
    )[0]
    if log.status != "success":
        raise SystemExit(f"Inspect: {log.error}")
    shutil.copyfile(log.location.removeprefix("file://"), results)
print(json.dumps({one.id: one.output.completion for one in log.samples}))
