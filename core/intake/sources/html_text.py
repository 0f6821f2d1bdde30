"""The words of a piece of HTML, without its markup."""

import re
from html.parser import HTMLParser

_BREAKS = {"p", "br", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre"}
_UNSEEN = {"script", "style", "head", "title"}
_MORE_LINES = re.compile(r"\n\s*\n\s*")
_SPACES = re.compile(r"[ \t\xa0]+")


def text_in(html: str) -> str | None:
    """The words that a reader of ``html`` sees, a line for each paragraph; None where there are none."""
    if "<" not in html and "&" not in html:
        return html.strip() or None
    reader = _Words()
    reader.feed(html)
    reader.close()
    lines = (_SPACES.sub(" ", line).strip() for line in "".join(reader.parts).split("\n"))
    return _MORE_LINES.sub("\n", "\n".join(lines)).strip() or None


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._unseen += tag in _UNSEEN
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in _UNSEEN))
        if tag in _BREAKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)
