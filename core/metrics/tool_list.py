"""Tool lists looked at with the eyes of the model: names and descriptions that do not tell tools apart.

What a model picks depends on what it is told. Each rule says what is so, why it misleads, and how to mend it.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from core.evidence.tool import Tool
from core.metrics.tool_words import FILLER, VAGUE, VERBS

MOST_TOOLS = 20
"""With more tools at once a model picks the wrong one more often."""

FEWEST_WORDS = 4
"""A description with fewer words says too little."""

ALIKE = 0.75
"""Two descriptions that share so much of their telling words read alike."""

_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")


@dataclass(frozen=True)
class ToolRule:
    """One rule: its ``name`` in a heading, ``why`` it misleads the model, how to ``mend`` it."""

    id: str
    name: str
    why: str
    mend: str


@dataclass(frozen=True)
class ToolFinding:
    """What a rule found: ``sentence`` says what is so, ``tool`` whose it is ("" for the whole list)."""

    rule: ToolRule
    tool: str
    sentence: str


RULES: Mapping[str, ToolRule] = {
    rule.id: rule
    for rule in (
        ToolRule(
            "vague_name",
            "A name that says nothing",
            "The model reads the name first; words such as “handle” or “data” fit every task.",
            "Name what it does to what: createShipmentFromOrder.",
        ),
        ToolRule(
            "no_verb",
            "A name without a verb",
            "“invoice” may fetch, write or send one; the model has to guess.",
            "Begin with the verb: getInvoice, sendInvoice.",
        ),
        ToolRule(
            "no_description",
            "No description",
            "All that the model knows of it is its name.",
            "Say in one or two sentences what it does, when to use it and when not.",
        ),
        ToolRule(
            "repeats_name",
            "A description that repeats the name",
            "It tells the model nothing that the name has not told it.",
            "Say when to use it, what it needs and what comes back.",
        ),
        ToolRule(
            "vague_description",
            "A description that says nothing",
            "Words that fit every tool tell none of them apart.",
            "Say what it does, with which things of your business, and when to use it.",
        ),
        ToolRule(
            "short_description",
            "A description that is too short",
            "A few words leave open when the tool is the right one.",
            "Say in one or two sentences what it does, when to use it and when not.",
        ),
        ToolRule(
            "undescribed_parameters",
            "Parameters without a description",
            "The model fills them by their names, and guesses units, formats and which id is meant.",
            "Say for each what it holds, with an example.",
        ),
        ToolRule(
            "same_name",
            "Names that differ by their spelling only",
            "The model, and everyone who reads a trace, takes one for the other.",
            "Keep one of them, or name the difference.",
        ),
        ToolRule(
            "look_alike",
            "Two tools that read alike",
            "What is said about them does not tell them apart, so that the choice is a coin toss.",
            "Say in each description when to use this one and not the other, or make them one tool.",
        ),
        ToolRule(
            "too_many_tools",
            "Very many tools at once",
            "The more tools there are to choose from, the more often the wrong one is picked.",
            "Offer only those that the task can need, or put several into one.",
        ),
    )
}
"""By id, in the order in which findings of one tool are told."""


def lint_tools(tools: Sequence[Tool]) -> tuple[ToolFinding, ...]:
    """The findings of the whole list first, then those of each tool, in the order of the list."""
    found: dict[int, list[ToolFinding]] = defaultdict(list)
    for place, tool in enumerate(tools):
        found[place] += _of_one(tool)
    same = _same_names(tools)
    for first, second in sorted(same):
        sentence = f"“{tools[second].name}” and “{tools[first].name}” differ by their spelling only."
        found[second].append(_finding("same_name", tools[second], sentence))
    told = [_told(tool) for tool in tools]
    for first, second in combinations(range(len(tools)), 2):
        if (first, second) not in same and _read_alike(told[first], told[second]):
            sentence = f"“{tools[second].name}” and “{tools[first].name}” are described in the same words."
            found[second].append(_finding("look_alike", tools[second], sentence))
    whole = []
    if len(tools) > MOST_TOOLS:
        sentence = (
            f"The model chooses among {len(tools):,} tools; more than {MOST_TOOLS} are hard to tell apart."
        )
        whole = [ToolFinding(RULES["too_many_tools"], "", sentence)]
    return (*whole, *(finding for place in range(len(tools)) for finding in found[place]))


def _of_one(tool: Tool) -> list[ToolFinding]:
    words = _words(tool.name)
    found = []
    if all(word in VAGUE or word in FILLER for word in words):
        found.append(_finding("vague_name", tool, f"The name “{tool.name}” says nothing about what it does."))
    elif tool.name.isascii() and not any(_is_verb(word) for word in words):
        found.append(_finding("no_verb", tool, f"The name “{tool.name}” does not say what is done."))
    found += _of_description(tool, words)
    blank = [one.name for one in tool.parameters if not one.description]
    if blank:
        named = ", ".join(f"“{name}”" for name in blank[:5]) + (
            f" and {len(blank) - 5:,} more" if len(blank) > 5 else ""
        )
        verb = "has" if len(blank) == 1 else "have"
        sentence = f"Of “{tool.name}”, {named} {verb} no description."
        found.append(_finding("undescribed_parameters", tool, sentence))
    return found


def _of_description(tool: Tool, name: Sequence[str]) -> list[ToolFinding]:
    """At most one finding: the first thing that a description lacks."""
    if not tool.description:
        return [_finding("no_description", tool, f"“{tool.name}” has no description.")]
    words = _words(tool.description)
    telling = [word for word in words if word not in FILLER]
    quoted = f"“{tool.name}” is described as “{_cut(tool.description)}”"
    if all(_stem(word) in _VAGUE_STEMS for word in telling):
        return [_finding("vague_description", tool, f"{quoted}, which fits every tool.")]
    if {_stem(word) for word in telling} <= {_stem(word) for word in name}:
        return [_finding("repeats_name", tool, f"{quoted}: these are the words of its name.")]
    # Some languages put no spaces between words.
    if len(words) < FEWEST_WORDS and tool.description.isascii():
        counted = "1 word" if len(words) == 1 else f"{len(words)} words"
        return [_finding("short_description", tool, f"{quoted}, in {counted}.")]
    return []


def _same_names(tools: Sequence[Tool]) -> set[tuple[int, int]]:
    """Pairs of places whose names are one but for case, hyphens and underscores; each with the first."""
    first: dict[str, int] = {}
    pairs = set()
    for place, tool in enumerate(tools):
        letters = "".join(character for character in tool.name.casefold() if character.isalnum())
        if letters in first:
            pairs.add((first[letters], place))
        first.setdefault(letters, place)
    return pairs


def _told(tool: Tool) -> frozenset[str]:
    """The stems of the words that tell a tool from others; none where too little is said to compare."""
    words = {_stem(word) for word in _words(tool.description) if word not in FILLER}
    return frozenset(words) if len(words) >= FEWEST_WORDS else frozenset()


def _read_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one and other) and len(one & other) >= ALIKE * len(one | other)


def _words(text: str) -> list[str]:
    """The words of a name or a sentence: createShipment and create_shipment are two words each."""
    return [part.casefold() for part in _PART.findall(text)]


def _is_verb(word: str) -> bool:
    return word in VERBS or (len(word) > 5 and word.endswith(("ize", "ise", "ify", "ate")))


def _stem(word: str) -> str:
    """A word without what number and time add to it: "handles", "handled" and "handling" are one."""
    for ending in ("ing", "ies", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    return word.rstrip("ey")


_VAGUE_STEMS = frozenset(map(_stem, VAGUE))


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79].rstrip()}…"


def _finding(rule: str, tool: Tool, sentence: str) -> ToolFinding:
    return ToolFinding(RULES[rule], tool.name, sentence)


@dataclass(frozen=True)
class CalledTool:
    """A tool that traces call, and in how many of them."""

    name: str
    traces: int


@dataclass(frozen=True)
class ToolUse:
    """The list beside the traces: tools that are called but not listed (the most called first), and those
    that are listed and never called, in ``traces`` that record tools."""

    unlisted: tuple[CalledTool, ...]
    never_called: tuple[str, ...]
    traces: int


def tool_use(tools: Sequence[Tool], called: Sequence[CalledTool], traces: int) -> ToolUse:
    """Names are compared exactly: a call by another spelling is a call of another tool."""
    listed = {tool.name for tool in tools}
    names = {one.name for one in called}
    unlisted = sorted(
        (one for one in called if one.name not in listed), key=lambda one: (-one.traces, one.name)
    )
    never = tuple(tool.name for tool in tools if tool.name not in names) if traces else ()
    return ToolUse(tuple(unlisted), never, traces)
