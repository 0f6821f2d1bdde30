"""People's own text, and everything else, as HTML that can neither run nor fetch nor hide anything."""

from html import escape

from core.report.hidden_characters import readable


def words(text: str) -> str:
    """``text`` as HTML: markup is text, hidden characters are marked, its direction stays its own."""
    shown, hidden = readable(text)
    mark = f" <mark>{hidden} hidden character{'' if hidden == 1 else 's'}</mark>" if hidden else ""
    return f"<bdi>{escape(shown)}</bdi>{mark}"


def tag(name: str, *inner: str, **attributes: str) -> str:
    """An element around ``inner``, which is HTML already; ``css`` is its class."""
    said = "".join(
        f' {"class" if key == "css" else key}="{escape(value)}"' for key, value in attributes.items() if value
    )
    return f"<{name}{said}>{''.join(inner)}</{name}>"
