"""Whatever stands in a case comes back to the letter, and nothing in it is a template or an address."""

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from core.evidence.eval_case import EvalCase, Part
from core.export.case_formats import FORMATS
from core.export.case_lines import SCHEMA_VERSION
from core.export.case_promptfoo import inert
from core.intake.sources.promptfoo_tests import unescaped

HOSTILE: list[str] = json.loads(
    (Path(__file__).parent / "files" / "hostile_strings.json").read_text(encoding="utf-8")
)

# Letters that make tags, addresses, numbers and line ends meet often.
_SIGNS = st.text(alphabet="{}%#'\"\\ \n\r\t-=e:/.,\u2028\x85\ufeffx0", max_size=12)
_PIECES = st.lists(
    st.sampled_from(["{{", "}}", "{%", "%}", "{#", "#}", "file://", "package:", "env.HOME", "{{ '{' }}", " ",
                     "\n", "{", "}", "raw", "endraw", "{{ '\\n' }}", "javascript:"]), max_size=8
).map("".join)  # fmt: skip
TEXTS = st.text(max_size=20) | _SIGNS | _PIECES | st.sampled_from(HOSTILE)
SAID = TEXTS.filter(bool)

_OURS = re.compile(r"\{\{ '(\{|\}|file://|package:|\\n)' \}\}")
_JS_BLANKS = "\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def rendered(template: str) -> str:
    """What promptfoo's templates make of a text in which only our own ones may stand."""
    found, place = [], 0
    while place < len(template):
        ours = _OURS.match(template, place)
        if ours is not None:
            found.append("\n" if ours[1] == "\\n" else ours[1])
            place = ours.end()
            continue
        assert template[place : place + 2] not in {"{{", "{%", "{#", "#}"}, template
        found.append(template[place])
        place += 1
    return "".join(found)


def asked(tool: str, query: str) -> str:
    """The question of the only case as a reader of the tool's format finds it."""
    content = FORMATS[tool].write([EvalCase("C-1", query, ground_truth="x")])
    return READERS[tool](content)


def only_line(content: bytes) -> Any:
    (line,) = content.decode().splitlines()
    return json.loads(line)


def only_row(content: bytes) -> dict[str, str]:
    (row,) = csv.DictReader(io.StringIO(content.decode(), newline=""))
    return row


READERS: dict[str, Callable[[bytes], str]] = {
    "promptfoo": lambda content: rendered(yaml.safe_load(content)["tests"][0]["vars"]["query"]),
    "promptfoo-csv": lambda content: rendered(only_row(content)["query"]),
    "inspect": lambda content: only_line(content)["input"],
    "deepeval": lambda content: json.loads(content)[0]["input"],
    "openai-evals": lambda content: only_line(content)["input"][0]["content"],
    "langsmith": lambda content: only_line(content)["inputs"]["query"],
    "langfuse": lambda content: json.loads(only_row(content)["input"])["query"],
    "ragas": lambda content: only_line(content)["user_input"],
    "jsonl": lambda content: only_line(content)["query"],
}


@pytest.mark.parametrize("tool", READERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_question_is_asked_byte_for_byte(tool: str, text: str) -> None:
    assert asked(tool, text) == text


@pytest.mark.parametrize("tool", READERS)
@given(text=TEXTS)
def test_any_question_is_asked_to_the_letter(tool: str, text: str) -> None:
    assert asked(tool, text) == text


@given(
    st.lists(
        st.builds(
            EvalCase,
            case_id=SAID,
            query=TEXTS,
            number=st.integers(1, 99),
            part=st.sampled_from(Part),
            ground_truth=st.none() | TEXTS,
            tools_expected=st.lists(TEXTS, max_size=3).map(tuple),
            expected_behavior=st.none() | TEXTS,
            failure_observed=st.none() | TEXTS,
            failure_type=st.none() | TEXTS,
            source_run_id=st.none() | TEXTS,
            task_type=st.none() | TEXTS,
            user_segment=st.none() | TEXTS,
            tags=st.lists(TEXTS, max_size=3).map(tuple),
            is_critical=st.booleans(),
        ),
        max_size=3,
        unique_by=lambda case: case.case_id,
    )
)
def test_our_own_lines_lose_nothing(cases: Sequence[EvalCase]) -> None:
    found = []
    for line in FORMATS["jsonl"].write(cases).decode().splitlines():
        stated = json.loads(line)
        assert stated.pop("schema_version") == SCHEMA_VERSION
        lists = {name: tuple(stated[name]) for name in ("tools_expected", "tags")}
        found.append(EvalCase(**{**stated, **lists, "part": Part(stated["part"])}))
    assert found == list(cases)


@given(SAID)
def test_every_text_of_a_case_is_inert_in_promptfoo(text: str) -> None:
    case = EvalCase(text, text, ground_truth=text, expected_behavior=text, failure_observed=text,
                    task_type=text, tags=(text,), tools_expected=(text,))  # fmt: skip
    (test,) = yaml.safe_load(FORMATS["promptfoo"].write([case]))["tests"]
    about = test["metadata"]
    told = [about[name] for name in ("case_id", "failure_observed", "task_type")]
    told += [test["description"], *(one["value"] for one in test["assert"] if one["type"] != "javascript")]
    told += [*about["tags"], *about["expected_tools"]]
    assert len(told) == 8
    assert {rendered(one) for one in told} == {text}


@given(TEXTS)
def test_what_is_inert_fetches_nothing_breaks_no_line_and_comes_back(text: str) -> None:
    escaped = inert(text)
    assert rendered(escaped) == text
    assert unescaped(escaped) == text
    assert not escaped.strip(_JS_BLANKS).startswith(("file://", "package:"))
    # promptfoo takes a line that fits this for a broken template, and renders nothing of the text.
    assert not re.search(r"({%[^%]*$|{{[^}]*$|{#[^#]*$)", escaped, re.MULTILINE)
    # Everywhere in a config it fills in what fits this.
    assert not any("env" in one for one in re.findall(r"\{\{(?:[^}]|\}(?!\}))*\}\}", escaped))


@given(SAID)
def test_every_assertion_of_a_csv_names_its_type(text: str) -> None:
    case = EvalCase("C-1", "q", ground_truth=text, expected_behavior=text)
    row = only_row(FORMATS["promptfoo-csv"].write([case]))
    assert row["__expected1"].startswith(("icontains:", "factuality:"))
    assert row["__expected2"].startswith("llm-rubric:")
    assert row["__expected3"] == ""
