"""The words of the failure log: starter types and root causes, and when two spellings are one word."""

from collections.abc import Sequence

WRONG_TOOL = "wrong tool"
SLOW = "slow (> 10 s)"

STARTER_TYPES = (WRONG_TOOL, "missing context", "hallucination", "premature stop", SLOW)
"""The failure types that a log begins with; a feature adds its own."""

TOOL_DESCRIPTION = "tool name or description"
PROMPT = "prompt"

PERCEPTION_CAUSES = (TOOL_DESCRIPTION, "missing context", "wrong context", "irrelevant retrieval")
"""Root causes in what the model was given to see; they are looked at before the prompt."""

STARTER_CAUSES = (*PERCEPTION_CAUSES, PROMPT, "model", "data", "other")


def fold_words(text: str) -> str:
    """``text`` without case and extra spaces: "Wrong  Tool" and "wrong tool" are one type."""
    return " ".join(text.split()).casefold()


def distinct_words(*groups: Sequence[str]) -> list[str]:
    """Every word once, in the order given, in its first spelling; blank ones are left out."""
    first: dict[str, str] = {}
    for word in (word for group in groups for word in group):
        if fold_words(word):
            first.setdefault(fold_words(word), " ".join(word.split()))
    return list(first.values())
