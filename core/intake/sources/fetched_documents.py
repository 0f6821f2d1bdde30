"""Which documents a step fetched, out of what it gave back in any vendor's format."""

from collections.abc import Mapping
from typing import Any

from core.intake.sources.foreign_cells import fields_of, object_of, value_of

_LISTS = ("documents", "results", "matches", "docs")
_IDS = ("id", "documentId", "docId", "source", "docUri", "uri", "url")
_TEXTS = ("pageContent", "content", "text", "snippet", "passage", "chunk")


def documents_in(output: Any, *, only_with_text: bool = False) -> list[str]:
    """An id of each document in what a step gave back, in order.

    ``only_with_text``: the step may be no retrieval, so every item has to look like a document.
    """
    found = value_of(output)
    if isinstance(found, dict):
        found = next((found[key] for key in _LISTS if isinstance(found.get(key), list)), [found])
    listed = [fields_of(one) for one in found if _has_text_keys(one)] if isinstance(found, list) else []
    if only_with_text and not (listed and all(words_of(one) is not None for one in listed)):
        return []
    # A vector store numbers its pieces; the metadata that a team wrote says what they are pieces of.
    ids = (document_id(one, own_first=False) for one in listed)
    return [one for one in ids if one is not None]


def document_id(document: Mapping[str, Any], *, own_first: bool) -> str | None:
    """The id of a document (under camel-case names): its own, or the one that its metadata state."""
    metadata = object_of(document.get("metadata"))
    within = [fields_of(metadata)] if _has_text_keys(metadata) else []
    places = [document, *within] if own_first else [*within, document]
    named = (place.get(key) for place in places for key in _IDS)
    return next((str(one) for one in named if isinstance(one, str | int) and one != ""), None)


def words_of(document: Mapping[str, Any]) -> str | None:
    """The text of a document; None where it states none."""
    return next((document[key] for key in _TEXTS if isinstance(document.get(key), str)), None)


def _has_text_keys(one: Any) -> bool:
    return isinstance(one, dict) and all(isinstance(key, str) for key in one)
