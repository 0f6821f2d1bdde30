"""What a promptfoo test says, whatever file it stands in: what is asked, and what its assertions expect."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.evidence.fingerprints import of_bytes
from core.intake.sources.conversations import question_in
from core.intake.sources.foreign_cells import list_of, text_of
from core.intake.sources.run_facts import Facts
from core.intake.sources.tool_calls import tool_names

_TRUTHS = {
    "equals", "contains", "icontains", "contains-all", "icontains-all", "contains-any", "icontains-any",
    "starts-with", "similar", "levenshtein", "rouge-n", "bleu", "factuality", "model-graded-factuality",
}  # fmt: skip
_BEHAVIOURS = {"llm-rubric", "g-eval", "model-graded-closedqa", "agent-rubric", "search-rubric"}
_TOOLS = {"tool-call-f1", "trajectory:tool-used"}
_GRADED_BY_MODEL = {
    *_BEHAVIOURS, "factuality", "model-graded-factuality", "answer-relevance", "context-recall",
    "context-relevance", "context-faithfulness", "conversation-relevance", "moderation", "pi", "select-best",
    "classifier",
}  # fmt: skip

_TRUTH_VARS = ("ground_truth", "expected_output", "expected_answer", "reference", "expected")
_OWN_METADATA = {
    "errorContext", "pluginId", "strategyId", "pluginConfig", "strategyConfig", "severity", "goal", "purpose",
    "sessionId", "sessionIds", "tool_selected", "tools_called", "confidence", "http", "Messages",
    "RedteamHistory", "RedteamTreeHistory", "redteamFinalPrompt", "modifiers", "entities",
}  # fmt: skip
_TEMPLATE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_ESCAPED = re.compile(r"\{\{ '(\{\{?|\}\}?|\{%|%\}|\{#|#\}|file://|package:|\\n)' \}\}")
_DEEPEST = 5

Assertions = Iterable[Mapping[str, Any]]


def question_of(variables: Mapping[str, Any], prompt: Any = None) -> str | None:
    """What is asked: the variable of a usual name, the only variable, the prompt as it was sent, else all
    variables as JSON text."""
    given = {
        name: value if isinstance(value, dict | list) else text_of(value)
        for name, value in variables.items()
        if text_of(value) is not None
    }
    question = question_in(given) if given else None
    if question is not None and question == text_of(given):
        only = next(iter(given.values())) if len(given) == 1 else None
        question = text_of(only) or text_of(prompt) or question
    return unescaped(question or text_of(prompt))


def vars_id(variables: Mapping[str, Any]) -> str | None:
    """The id of a test that has none: a hash of its variables, as text, whatever their order."""
    given = {name: text for name, value in variables.items() if (text := text_of(value)) is not None}
    if not given:
        return None
    written = json.dumps(given, ensure_ascii=False, sort_keys=True)
    return f"vars-{of_bytes(written.encode(errors='replace'))[:16]}"


def unescaped(text: str | None) -> str | None:
    """``text`` without the escapes that keep promptfoo from running what a user wrote."""
    return None if text is None else _ESCAPED.sub(lambda sign: "\n" if sign[1] == "\\n" else sign[1], text)


def unescaped_metadata(stated: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of a test without these escapes, in texts and in lists of them."""

    def without(value: Any) -> Any:
        if isinstance(value, list):
            return [unescaped(word) if isinstance(word, str) else word for word in value]
        return unescaped(value) if isinstance(value, str) else value

    return {name: without(value) for name, value in stated.items()}


def facts_of_team(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """What the team itself wrote into the metadata, without what promptfoo adds for its own use."""
    return {
        key: value for key, value in metadata.items() if key not in _OWN_METADATA and not key.startswith("_")
    }


def tools_expected(assertions: Assertions, variables: Mapping[str, Any], facts: Facts) -> list[str]:
    """The tools that have to be called: by a variable of a usual name, and by the assertions about tools."""
    stated = facts.one("tool_expected", "vars", variables)
    found = [stated] if stated else []
    for one in assertions:
        if one.get("type") in _TOOLS:
            value = one.get("value")
            words = re.split(r"\s*,\s*", value.strip()) if isinstance(value, str) else tool_names(value)
            found += [word for word in words if word]
    return list(dict.fromkeys(found))


def ground_truth(assertions: Assertions, variables: Mapping[str, Any]) -> str | None:
    """The right answer by the first assertion that states one, else by a variable of a usual name."""
    for one in assertions:
        kind, value = str(one.get("type")), _with_vars(one.get("value"), variables)
        if kind not in _TRUTHS or value is None:
            continue
        if isinstance(value, list):
            joint = " or " if kind.endswith("-any") else " and "
            value = joint.join(text for part in value if (text := text_of(part)) is not None)
        if (text := text_of(value)) is not None:
            return unescaped(text)
    return unescaped(next((text for name in _TRUTH_VARS if (text := text_of(variables.get(name)))), None))


def behaviour(assertions: Assertions) -> str | None:
    """What a good answer does, by the rubrics that a model grades."""
    found = [text for one in assertions if one.get("type") in _BEHAVIOURS
             for part in list_of(one.get("value")) if (text := text_of(part)) is not None]  # fmt: skip
    return unescaped("\n".join(found)) or None


def assertions_of(stated: Any) -> list[dict[str, Any]]:
    """All assertions in ``stated``, also those inside sets of them."""
    return list(_walked(stated, _DEEPEST))


def _walked(stated: Any, depth: int) -> Iterator[dict[str, Any]]:
    for one in stated if isinstance(stated, list) else [stated]:
        if isinstance(one, dict):
            yield one
            if depth and "assert" in one:
                yield from _walked(one["assert"], depth - 1)


def judged_by(assertions: Assertions) -> str | None:
    """Who graded: the kinds of the assertions, with the model where one was named."""
    found: dict[str, None] = {}
    for one in assertions:
        kind, provider = text_of(one.get("type")), one.get("provider")
        if kind is None or kind == "human":
            continue
        named = text_of(provider.get("id")) if isinstance(provider, dict) else text_of(provider)
        found[f"{kind} ({named})" if named and kind in _GRADED_BY_MODEL else kind] = None
    return ", ".join(found) or None


def _with_vars(value: Any, variables: Mapping[str, Any]) -> Any:
    """The variable that a value consists of, else the value."""
    named = _TEMPLATE.fullmatch(value.strip()) if isinstance(value, str) else None
    return variables.get(named[1], value) if named else value
