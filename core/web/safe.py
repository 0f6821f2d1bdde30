"""Makes people's own text harmless where Streamlit or Plotly would read markup into it.

Text under review never comes this way: it goes to `st.text` or `st.code(language=None)`.
"""

import string
import unicodedata

_PUNCTUATION = frozenset(string.punctuation)

# Invisible, and no break opportunity: it separates characters that a renderer would join into an
# icon, an emoji, a dash or a link after it has already removed the backslashes.
JOINER = "\u2060"

_UNPRINTABLE = "\ufffd"
_ZERO_WIDTH_JOINER = "\u200d"


def printable(text: str) -> str:
    """``text`` on one line, with hidden characters (controls, bidi marks, …) made visible as �."""
    return "".join(
        character if character.isprintable() else " " if character.isspace() else _UNPRINTABLE
        for character in text
    )


def visible(text: str) -> tuple[str, int]:
    """``text`` in its own lines, with hidden characters (zero width, bidi, controls) as �; and their number.

    For `st.text` and `st.code`, where people look at what a user or a model wrote. The joiner inside
    an emoji is no hidden character.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    hidden = 0
    shown = []
    for place, character in enumerate(lines):
        if character.isprintable() or character in "\n\t" or _joins_emoji(lines, place):
            shown.append(character)
        elif character.isspace():
            shown.append(" ")
        else:
            hidden += 1
            shown.append(_UNPRINTABLE)
    return "".join(shown), hidden


def _joins_emoji(text: str, place: int) -> bool:
    if text[place] != _ZERO_WIDTH_JOINER or not 0 < place < len(text) - 1:
        return False
    # Before it may stand a sign of skin colour (Sk) or the wish for a coloured picture (Mn).
    before, after = unicodedata.category(text[place - 1]), unicodedata.category(text[place + 1])
    return before in ("So", "Sk", "Mn") and after == "So"


def lit(text: str) -> str:
    """``text`` as Markdown that shows exactly its characters: for labels, titles and messages."""
    shown = printable(text)
    parts: list[str] = []
    for position, character in enumerate(shown):
        parts.append(f"\\{character}" if character in _PUNCTUATION else character)
        if _joins(shown, position):
            parts.append(JOINER)
    return "".join(parts)


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
