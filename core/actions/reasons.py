"""Reasons that people give for what they do: how long they may be, and how short."""

from core.errors import WrongUsage

SHORTEST_REASON = 10
"""Characters of a reason that has to say something."""

_LONGEST_REASON = 500
_EVERYONE_READS_IT = f"Write a sentence, of {SHORTEST_REASON} characters at least: everyone reads it."


def one_line(words: str) -> str:
    """The reason on one line; raises WrongUsage where it is a story."""
    words = " ".join(words.split())
    if len(words) > _LONGEST_REASON:
        raise WrongUsage(f"The reason is longer than {_LONGEST_REASON} characters.", mend="Say it shorter.")
    return words


def full_reason(words: str, sentence: str, mend: str = _EVERYONE_READS_IT) -> str:
    """The reason as it is kept; raises WrongUsage with ``sentence`` and ``mend`` where it says too little."""
    words = words.strip()
    if len(words) < SHORTEST_REASON:
        raise WrongUsage(sentence, mend=mend)
    return words
