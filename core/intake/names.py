"""The name of an uploaded file, made safe to show and to store as text."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 150

_PARTS = re.compile(r"[\\/]|%2f|%5c", re.IGNORECASE)
_ODD = re.compile(r"[<>\"'`|?*:]|\.\.")
_PROGRAMS = {
    ".bat", ".cmd", ".dll", ".dmg", ".exe", ".hta", ".htm", ".html", ".iso", ".jar", ".js", ".jse", ".lnk",
    ".mjs", ".msi", ".php", ".pif", ".pl", ".ps1", ".py", ".pyw", ".rb", ".reg", ".scr", ".sh", ".svg", ".vb",
    ".vbe", ".vbs", ".wsf", ".wsh", ".xhtml",
}  # fmt: skip
"""Endings of what is run, not read: one before the last ending wants to be taken for something else."""


def clean_name(name: str) -> tuple[str, bool]:
    """``name`` without folders, control and direction characters, and whether anything about it is odd."""
    last = _PARTS.split(name)[-1]
    # Categories C*: control, format (direction overrides among them), surrogate, private use.
    visible = "".join(one for one in last if not unicodedata.category(one).startswith("C"))
    cleaned = _ODD.sub("_", visible).strip()[:LONGEST] or "file"
    inner = PurePosixPath(cleaned).suffixes[:-1]
    return cleaned, cleaned != name or any(ending.lower() in _PROGRAMS for ending in inner)
