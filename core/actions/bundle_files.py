"""Release bundles as files: TOML or JSON, alone or as the [bundle] of an apply file."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import InvalidDocument, UnreadableFile
from core.rollout.bundle import LONGEST_TEXT, ReleaseBundle, read_bundle

_SECTION = "bundle"
_LIVE = "live"


def read_bundle_file(name: str, content: bytes) -> ReleaseBundle:
    """The bundle in a file: its fields at the top, or under ``bundle`` as in an apply file.

    Raises UnreadableFile where it is neither TOML nor JSON, InvalidDocument where a field cannot be.
    """
    try:
        text = content.decode("utf-8-sig")
        body: Any = json.loads(text) if name.lower().endswith(".json") else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{name} cannot be read: {error}.", code="bad_document") from error
    if isinstance(body, dict) and isinstance(body.get(_SECTION), dict):
        body = body[_SECTION]
    return bundle_of(body)


def bundle_of(section: Any) -> ReleaseBundle:
    """The bundle in a [bundle] section; whether it goes live is no part of it."""
    if not isinstance(section, dict):
        return read_bundle(section)
    return read_bundle({name: value for name, value in section.items() if name != _LIVE})


def goes_live(section: Mapping[str, Any]) -> bool:
    """Whether the section says ``live = true``; raises InvalidDocument where it says something else."""
    live = section.get(_LIVE, False)
    if not isinstance(live, bool):
        raise InvalidDocument(
            f"The release bundle cannot be used: live: this must be true or false ({live!r})."
        )
    return live


def with_files(section: Any, folder: Path) -> Any:
    """The section with the text of each ``file`` that a part names, which lies in ``folder`` or below it."""
    if not isinstance(section, dict) or not isinstance(section.get("parts"), dict):
        return section
    parts = {name: _with_text(name, part, folder) for name, part in section["parts"].items()}
    return {**section, "parts": parts}


def _with_text(name: str, part: Any, folder: Path) -> Any:
    if not isinstance(part, dict) or "file" not in part:
        return part
    named = str(part["file"])
    if "text" in part:
        raise InvalidDocument(f"The part {name} has a text and a file.", mend="Keep one of both.")
    return {
        **{key: value for key, value in part.items() if key != "file"},
        "text": _read(name, named, folder),
    }


def _read(part: str, named: str, folder: Path) -> str:
    path = (folder / named).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise InvalidDocument(
            f"The file “{named}” of the part {part} lies elsewhere.",
            mend="Put it beside the file that names it.",
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        sentence = f"The file “{named}” of the part {part} cannot be opened: {error.strerror}."
        raise UnreadableFile(sentence, code="not_found") from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"The file “{named}” of the part {part} is no text.",
            mend="Save it as UTF-8.",
            code="bad_document",
        ) from error
    if len(text) > LONGEST_TEXT:
        raise InvalidDocument(
            f"The file “{named}” of the part {part} has more than {LONGEST_TEXT:,} characters.",
            mend="Give its sha256 and a link instead.",
        )
    return text
