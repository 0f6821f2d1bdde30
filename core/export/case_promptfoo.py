"""Eval sets for promptfoo: a config that runs at once, and a CSV of tests.

promptfoo takes a test for a program: it fills templates in variables and assertions, reads the file that
a text beginning with ``file://`` names, and runs assertions that begin like code. A case is often what a
user, or an attacker, wrote; so every text goes out escaped, every assertion names its type, and the only
code is ours and holds no text of a case.
"""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import yaml

from core.evidence.eval_case import EvalCase
from core.export.case_texts import NOTHING_STATED, behavior, metadata, whole_cases

LONGEST_FACT = 80
"""A right answer up to so many characters, on one line, is looked for in the answer; of a longer one a
model judges whether the answer agrees with it."""

_SIGNS = re.compile(r"[{}%#]{2,}")
_FETCHED = re.compile(r"^([\s\ufeff]*)(file://|package:)")

_TOOLS_CALLED = (
    "[context.providerResponse?.metadata?.tool_selected,"
    " ...[].concat(context.providerResponse?.metadata?.tools_called ?? []),"
    " ...[].concat(output?.tool_calls ?? output).map(call => call?.function?.name ?? call?.name ?? call)]"
)
_ALL_TOOLS_CALLED = (
    f"[].concat(context.test?.metadata?.expected_tools ?? []).every(tool => {_TOOLS_CALLED}.includes(tool))"
)
_NOBODY_CAN_SAY = f"({{pass: false, score: 0, reason: '{NOTHING_STATED}', metadata: {{graderError: true}}}})"
_INTRODUCTION = """\
# Runs as it is: promptfoo eval -c {name} -o results.json
# The provider "echo" only repeats the question. Name your feature under "providers" instead.
# Assertions of the types llm-rubric and factuality ask a model; name it here, or set its key as usual:
#   defaultTest: {{options: {{provider: ...}}}}
# Give results.json to Readygate: every result finds its case by metadata.case_id.
"""


def promptfoo_yaml(cases: Sequence[EvalCase]) -> bytes:
    """A whole ``promptfooconfig.yaml``."""
    config = {
        "description": "Eval cases of Readygate",
        "providers": ["echo"],
        "prompts": ["{{query}}"],
        "tests": [_test(case) for case in whole_cases(cases)],
    }
    written = yaml.dump(
        config, Dumper=_Quoting, sort_keys=False, allow_unicode=True, width=2**31, default_flow_style=False
    )
    return (_INTRODUCTION.format(name="promptfooconfig.yaml") + written).encode()


def promptfoo_csv(cases: Sequence[EvalCase]) -> bytes:
    """A CSV of tests; its cells hold no apostrophe before formulas, so it is not for a spreadsheet."""
    buffer = io.StringIO(newline="")
    # Every cell is quoted: promptfoo trims those that are not.
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\n")
    every = whole_cases(cases)
    told = [metadata(case) for case in every]
    names = list(dict.fromkeys(name for one in told for name in one))
    listed = {"tags", "expected_tools"}
    writer.writerow(
        [
            "query",
            *(f"__expected{number}" for number in range(1, 4)),
            "__description",
            *(f"__metadata:{name}{'[]' if name in listed else ''}" for name in names),
        ]
    )
    for case, about in zip(every, told, strict=True):
        writer.writerow(
            [
                _whole(inert(case.query)),
                *map(_typed, _assertions(case)),
                inert(case.case_id),
                *(_cell(about.get(name)) for name in names),
            ]
        )
    return buffer.getvalue().encode()


def inert(text: str) -> str:
    """``text`` so that promptfoo's templates give it back as it is, and fetch nothing.

    Every brace that could begin or end a tag is written as a template of its own, and so is the beginning
    of an address; the reader of promptfoo's results undoes it. A whole sign such as ``{%`` in a template
    would not do: promptfoo takes a line with one of them alone for broken, and renders nothing in it.
    """
    escaped = _SIGNS.sub(lambda run: re.sub(r"[{}]", lambda brace: f"{{{{ '{brace[0]}' }}}}", run[0]), text)
    # Spaces in front do not help: in a CSV they are cut off first.
    return _FETCHED.sub(r"\1{{ '\2' }}", escaped)


def _inert_metadata(case: EvalCase) -> dict[str, Any]:
    """In a config the names of environment variables are filled in everywhere, also in the metadata."""

    def inert_in(value: Any) -> Any:
        if isinstance(value, list):
            return [inert(word) for word in value]
        return inert(value) if isinstance(value, str) else value

    return {name: inert_in(value) for name, value in metadata(case).items()}


def _test(case: EvalCase) -> dict[str, Any]:
    return {
        "description": inert(case.case_id),
        "vars": {"query": _whole(inert(case.query))},
        # Lists stand here: as a variable, each of their words would be a test of its own.
        "metadata": _inert_metadata(case),
        "assert": [one for one in _assertions(case) if one is not None],
    }


def _assertions(case: EvalCase) -> Sequence[dict[str, str] | None]:
    """What is asked about the answer, the behavior and the tools; None where the case does not say.

    A test without any assertion passes, whatever the answer: where nothing is stated, nothing can be judged.
    """
    found = _answer(case), _behavior(case), _tools(case)
    if not any(found):
        return None, {"type": "javascript", "value": _NOBODY_CAN_SAY, "metric": "nothing_stated"}, None
    return found


def _answer(case: EvalCase) -> dict[str, str] | None:
    """The right answer: found in the answer where it is short, which hardly any answer equals."""
    truth = case.ground_truth
    if not truth:
        return None
    is_fact = len(truth) <= LONGEST_FACT and len(truth.splitlines()) == 1
    return {
        "type": "icontains" if is_fact else "factuality",
        "value": inert(truth),
        "metric": "answer_correctness",
    }


def _behavior(case: EvalCase) -> dict[str, str] | None:
    wanted = behavior(case)
    return {"type": "llm-rubric", "value": inert(wanted), "metric": "expected_behavior"} if wanted else None


def _tools(case: EvalCase) -> dict[str, str] | None:
    """Whether every expected tool was called; the code reads their names from the metadata."""
    if not case.tools_expected:
        return None
    return {"type": "javascript", "value": _ALL_TOOLS_CALLED, "metric": "tool_selection"}


def _whole(query: str) -> str:
    """A line end that closes a variable would be cut off."""
    return query[:-1] + "{{ '\\n' }}" if query.endswith("\n") else query


def _typed(assertion: dict[str, str] | None) -> str:
    return f"{assertion['type']}:{assertion['value']}" if assertion else ""


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return ",".join(str(word).replace(",", "\\,") for word in value)
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


class _Quoting(yaml.SafeDumper):
    """Quotes every text: readers of YAML differ in which bare words are numbers, dates and yes or no."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _keyed(dumper: yaml.SafeDumper, found: dict[str, Any]) -> yaml.MappingNode:
    """The keys are words of ours, which need no quotes."""
    pairs = [
        (yaml.ScalarNode("tag:yaml.org,2002:str", key), dumper.represent_data(value))
        for key, value in found.items()
    ]
    return yaml.MappingNode("tag:yaml.org,2002:map", pairs, flow_style=False)


_Quoting.add_representer(str, _quoted)
_Quoting.add_representer(dict, _keyed)
