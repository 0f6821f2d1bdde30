"""What the scores of all tools have in common: their numbers, their ids, and who gave them."""

from typing import Any

from core.evidence.fingerprints import of_bytes
from core.intake.sources.foreign_cells import number_of

BY_USER, BY_JUDGE, BY_REVIEWER = "API", "EVAL", "ANNOTATION"
"""Who gave a score, in the words of the column ``source``."""

LONGEST_ID = 200

_TRUTHS = {"true": 1.0, "false": 0.0}


def score_number(stated: Any) -> float | None:
    """A score as a number, with true and false as 1 and 0, also where they are text; None for words."""
    if isinstance(stated, bool):
        return float(stated)
    if isinstance(stated, str) and (truth := _TRUTHS.get(stated.strip().casefold())) is not None:
        return truth
    return number_of(stated) if isinstance(stated, int | float | str) else None


def made_id(*parts: object) -> str:
    """An id for a score that its tool gives none, of ``parts`` that identify it, so that a later export
    names it again."""
    return short_id(":".join(str(part) for part in parts))


def short_id(text: str) -> str:
    """``text`` where it is short enough for an id; else its beginning with a mark of the whole."""
    return text if len(text) <= LONGEST_ID else f"{text[:180]}… {of_bytes(text.encode())[:12]}"
