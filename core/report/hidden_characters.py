"""Characters that do not show themselves (zero width, bidi marks, controls), made visible."""

import unicodedata

_UNPRINTABLE = "\ufffd"
_ZERO_WIDTH_JOINER = "\u200d"

LONGEST = 700
"""Longer texts are cut on paper; the JSON and the Excel file have them whole."""


def marked(text: str) -> str:
    """``text`` with everything that does not show itself, line ends and odd spaces too, as �."""
    return "".join(character if character.isprintable() else _UNPRINTABLE for character in text)


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


def readable(text: str) -> tuple[str, int]:
    """``text`` with hidden characters made visible, not longer than paper bears; and how many were hidden."""
    shown, hidden = visible(text)
    return (shown if len(shown) <= LONGEST else shown[: LONGEST - 1].rstrip() + "…"), hidden


def _joins_emoji(text: str, place: int) -> bool:
    if text[place] != _ZERO_WIDTH_JOINER or not 0 < place < len(text) - 1:
        return False
    # Before it may stand a sign of skin colour (Sk) or the wish for a coloured picture (Mn).
    before, after = unicodedata.category(text[place - 1]), unicodedata.category(text[place + 1])
    return before in ("So", "Sk", "Mn") and after == "So"
