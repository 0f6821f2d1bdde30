"""The eight parts of a release bundle: what ships together, and what a change of each is a change of."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class BundlePart(StrEnum):
    """One of the eight parts that ship together; their order is the one they are shown in."""

    MODEL = "model"
    PROMPT = "prompt"
    PARSER = "parser"
    RETRIEVER = "retriever"
    TOOLS = "tools"
    POLICY = "policy"
    SUITE = "suite"
    RUNBOOK = "runbook"

    @property
    def label(self) -> str:
        return PART_LABELS[self]


PART_LABELS: Mapping[BundlePart, str] = MappingProxyType(
    {
        BundlePart.MODEL: "Model",
        BundlePart.PROMPT: "System prompt and templates",
        BundlePart.PARSER: "Parser or schema",
        BundlePart.RETRIEVER: "Retriever settings and index",
        BundlePart.TOOLS: "Tool manifest",
        BundlePart.POLICY: "Guardrail policy",
        BundlePart.SUITE: "Eval suite",
        BundlePart.RUNBOOK: "Runbook and escalation guide",
    }
)

KILL_SWITCH = "kill_switch"
"""What is rehearsed beside the eight parts: switching the whole feature off."""
