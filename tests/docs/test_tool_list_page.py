"""The page on tool lists: every rule finds its failing example there, and lets the passing one through."""

import re
from pathlib import Path

import pytest

from core.intake.tool_lists import read_tools
from core.metrics.tool_list import MOST_TOOLS, RULES, lint_tools

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tool-list.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"<!-- ((?:not )?found: \w+) -->\n```json\n(.*?)```", PAGE, re.DOTALL))
OF_THE_WHOLE_LIST = {"too_many_tools"}


@pytest.mark.parametrize("rule", sorted(set(RULES) - OF_THE_WHOLE_LIST))
def test_a_rule_finds_its_failing_example_and_not_its_passing_one(rule: str) -> None:
    found = [one.rule.id for one in lint_tools(read_tools(EXAMPLES[f"found: {rule}"].encode()))]
    assert found == [rule]
    assert lint_tools(read_tools(EXAMPLES[f"not found: {rule}"].encode())) == ()


def test_every_rule_is_on_the_page_in_its_words_and_no_other() -> None:
    assert set(re.findall(r"^### .* \(`(\w+)`\)$", PAGE, re.MULTILINE)) == set(RULES)
    text = " ".join(PAGE.split())
    assert [rule.id for rule in RULES.values() if f"{rule.why} {rule.mend}" not in text] == []
    assert f"more than {MOST_TOOLS} tools" in text
