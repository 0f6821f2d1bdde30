"""The name of an uploaded file, made safe to show and to store as text."""

import re
import unicodedata
from pathlib import PurePosixPath

LONGEST = 150

_PARTS = re.compile(r"[\\/]|%2f|%5c", re.IGNORECASE)
_ODD = re.compile(r"[<>\"'`|?*:]|\.\.")
_TABLE_ENDINGS = {".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".xlsx", ".parquet", ".otlp"}
_ENDING = re.compile(r"\.[A-Za-z]{2,5}")


def clean_name(name: str) -> tuple[str, bool]:
    """``name`` without folders, control and direction characters, and whether anything about it is odd."""
    last = _PARTS.split(name)[-1]
    # Categories C*: control, format (direction overrides among them), surrogate, private use.
    visible = "".join(one for one in last if not unicodedata.category(one).startswith("C"))
    cleaned = _ODD.sub("_", visible).strip()[:LONGEST] or "file"
    inner = [suffix for suffix in PurePosixPath(cleaned).suffixes[:-1] if _ENDING.fullmatch(suffix)]
    hidden_ending = any(suffix.lower() not in _TABLE_ENDINGS for suffix in inner)
    return cleaned, cleaned != name or hidden_ending
