"""The documents that a retriever gave back, out of the attributes of its step."""

from collections.abc import Mapping
from typing import Any

from core.intake.sources.fetched_documents import document_id, words_of
from core.intake.sources.foreign_cells import fields_of, value_of
from core.intake.sources.otel_attributes import Attributes, grown

_STATED = ("gen_ai.retrieval.documents", "retrieval.documents")


def documents_in(attributes: Attributes) -> list[Mapping[str, Any]]:
    """The documents in the attributes that are made for them, else those in the output."""
    ids = attributes.listed("retrieval.documents.ids")
    if ids:
        return [{"id": one} for one in ids if isinstance(one, str | int)]
    stated = attributes.listed(*_STATED)
    if not stated:
        output = attributes.part("output.value")
        within = output.get("documents") if isinstance(output, dict) else output
        stated = within if isinstance(within, list) else []
    found: list[Mapping[str, Any]] = []
    for one in stated:
        document = grown(value_of(one))
        inner = document.get("document") if isinstance(document, dict) else None
        document = inner if isinstance(inner, dict) else document
        if isinstance(document, dict):
            found.append(fields_of(document))
    return found


def document_words(document: Mapping[str, Any]) -> dict[str, str]:
    """The id and the words of a document, as far as they are stated."""
    stated = (("id", document_id(document, own_first=True)), ("content", words_of(document)))
    return {key: cell for key, cell in stated if cell}
