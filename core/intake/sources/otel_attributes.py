"""The attributes of a step under dotted names, however a file writes them: flat, nested, or with numbers
for the places of a list (“llm.output_messages.0.message.content”)."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from core.intake.sources.foreign_cells import number_of, text_of, value_of

_DEEPEST = 24
_LONGEST_NAME = 40
_ITSELF = ""
"""Where a value stands whose name is also the beginning of other names: “error” beside “error.type”."""

_STANDARD = """
    agno ai all_messages all_messages_events annotations anthropic artifact autogen aws azure bedrock
    browser chroma claude client cloud code cohere container cpu crewai db deployment device dns
    document dspy elasticsearch embedding enduser error event exception faas feature_flag file gcp
    gen_ai geo google graph graphql groq guardrail haystack heroku host http image input instrumentation
    jvm k8s langchain langgraph langsmith link litellm llamaindex llm log logfire mastra mcp message
    messaging metadata milvus mistral model_request_parameters net network nodejs oci ollama openai
    openinference openlit opentracing operation os otel output peer pinecone process profile prompt
    qdrant replicate reranker retrieval rpc score semantic_kernel server service session signalr
    smolagents source span sql system tag telemetry test thread tls together tool trace traceloop
    transformers url user user_agent vcs vector_db vertexai watsonx weaviate webengine zipkin"""
_CONVENTIONS = frozenset(_STANDARD.split())
"""The first parts of names that OpenTelemetry, OpenInference and their instrumentations give; what begins
otherwise is the team's own."""


class Attributes:
    """Each question takes names in the order of preference; the first that has a value answers it."""

    def __init__(self, stated: Any) -> None:
        self._tree: dict[str, Any] = _grown(stated, _DEEPEST) if isinstance(stated, Mapping) else {}

    def text(self, *names: str) -> str | None:
        """A value as text; a list or an object as its JSON."""
        for name in names:
            node = self._at(name)
            if isinstance(node, dict | list):
                # An empty one is what a table leaves of parts without a value.
                node = _collapsed(node) or None
            found = text_of(node)
            if found is not None:
                return found
        return None

    def written(self, name: str) -> str | None:
        """The text that stands at ``name`` as it is; None for anything else."""
        node = self._at(name)
        return node if isinstance(node, str) else None

    def number(self, *names: str) -> float | None:
        found = (number_of(_itself(self._at(name))) for name in names)
        return next((number for number in found if number is not None), None)

    def part(self, name: str) -> Any:
        """A list, an object or a plain value, also where it is written as the text of one."""
        return _decoded(self._at(name))

    def listed(self, *names: str) -> list[Any]:
        """The items of a list; a single value is a list of one."""
        for name in names:
            node = self._at(name)
            items = _numbered(node) if isinstance(node, dict) else None
            found = _decoded(node) if items is None else [_collapsed(one) for one in items]
            if isinstance(found, list) and found:
                return found
            if found not in (None, "", [], {}):
                return [found]
        return []

    def has(self, *names: str) -> bool:
        """Whether any of the names, or of those below them, has a value."""
        return any(self._at(name) not in (None, "", {}, []) for name in names)

    def own(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """What the team itself put beside the conventions: the place and its names with their values."""
        loose: dict[str, Any] = {}
        for name, node in self._tree.items():
            if name in _CONVENTIONS:
                continue
            found = _decoded(node)
            if isinstance(found, dict):
                yield name, found
            elif not isinstance(found, list):
                loose[name] = found
        if loose:
            yield "attributes", loose

    def _at(self, name: str) -> Any:
        node: Any = self._tree
        for part in _path(name):
            if isinstance(node, str) and node.startswith("{"):
                node = _decoded(node)
            if not isinstance(node, dict):
                return None
            node = node.get(part)
        return node


def grown(stated: Any) -> Any:
    """``stated`` with the dotted names inside it taken apart, so that {"a.b": 1} is {"a": {"b": 1}}."""
    return _collapsed(_value_grown(stated, _DEEPEST))


def _grown(stated: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in stated.items():
        # A table fills what a row does not have with nothing.
        if value is None:
            continue
        nested = isinstance(value, dict | list)
        _place(tree, _path(str(name)), _value_grown(value, depth - 1) if nested else value)
    return tree


@lru_cache(maxsize=4_096)
def _path(name: str) -> tuple[str, ...]:
    """The parts of a dotted name; one with too many of them is no name."""
    parts = tuple(name.split("."))
    return parts if len(parts) <= _LONGEST_NAME else (name,)


def _value_grown(value: Any, depth: int) -> Any:
    if depth <= 0:
        return value
    if isinstance(value, Mapping):
        return _grown(value, depth)
    if isinstance(value, list):
        return [_value_grown(one, depth - 1) for one in value]
    return value


def _place(tree: dict[str, Any], path: Sequence[str], value: Any) -> None:
    *holders, last = path
    for part in holders:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {} if inner is None else {_ITSELF: inner}
        tree = inner
    here = tree.get(last)
    if isinstance(here, dict) and isinstance(value, dict):
        for name, part in value.items():
            _place(here, (name,), part)
    elif isinstance(here, dict):
        here[_ITSELF] = value
    elif isinstance(value, dict) and here is not None:
        tree[last] = {_ITSELF: here, **value}
    else:
        tree[last] = value


def _itself(node: Any) -> Any:
    return node.get(_ITSELF) if isinstance(node, dict) else node


def _numbered(node: Mapping[str, Any]) -> list[Any] | None:
    """The items under “0”, “1” … in their order; None where there are none."""
    places = [name for name in node if name.isascii() and name.isdecimal() and len(name) < 7]
    return [node[name] for name in sorted(places, key=int)] or None


def _collapsed(node: Any, depth: int = 2 * _DEEPEST) -> Any:
    """``node`` with its numbered parts as lists, and a value that also has parts as the value alone."""
    if depth <= 0:
        return node
    if isinstance(node, list):
        return [_collapsed(one, depth - 1) for one in node]
    if not isinstance(node, dict):
        return node
    if _ITSELF in node:
        return _collapsed(node[_ITSELF], depth - 1)
    items = _numbered(node)
    if items is not None and len(items) == len(node):
        return [_collapsed(one, depth - 1) for one in items]
    return {name: _collapsed(part, depth - 1) for name, part in node.items()}


def _decoded(node: Any) -> Any:
    if isinstance(node, str):
        return grown(value_of(node)) if node.lstrip().startswith(("{", "[", '"')) else node
    return _collapsed(node)
