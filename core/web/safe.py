"""Makes people's own text harmless where Streamlit or Plotly would read markup into it.

Text under review never comes this way: it goes to `st.text` or `st.code(language=None)`.
"""

import string

from core.report.hidden_characters import printable as printable
from core.report.hidden_characters import visible as visible

_PUNCTUATION = frozenset(string.punctuation)

# Invisible, and no break opportunity: it separates characters that a renderer would join into an
# icon, an emoji, a dash or a link after it has already removed the backslashes.
JOINER = "\u2060"


def lit(text: str) -> str:
    """``text`` as Markdown that shows exactly its characters: for labels, titles and messages."""
    shown = printable(text)
    parts: list[str] = []
    for position, character in enumerate(shown):
        parts.append(f"\\{character}" if character in _PUNCTUATION else character)
        if _joins(shown, position):
            parts.append(JOINER)
    return "".join(parts)


def lit_number(text: str) -> str:
    """As `lit`; where the line breaks, a number keeps its sign, and a span of two stays whole."""
    return lit(text).replace(" \\%", "\u00a0\\%").replace("–", f"–{JOINER}")


def _joins(text: str, position: int) -> bool:
    """Whether a renderer could read the character and its successor as one sign or as a link."""
    here, after = text[position], text[position + 1 : position + 2]
    if not after or after == " ":
        return False
    if here in ":@":
        return True
    if here in _PUNCTUATION and after in _PUNCTUATION:
        return True
    return after == "." and text[max(0, position - 2) : position + 1].lower() == "www"


_PLOTLY = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})


def plain(text: str, limit: int = 200) -> str:
    """``text`` for Plotly: no tags, entities or formulas; cut at ``limit`` characters with an ellipsis."""
    shown = printable(text)
    if len(shown) > limit:
        shown = shown[: limit - 1].rstrip() + "…"
    return shown.translate(_PLOTLY)
