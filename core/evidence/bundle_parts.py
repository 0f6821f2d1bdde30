"""The eight parts of a release bundle: what ships together, and what a change of each is a change of."""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class PartChange:
    """One part that is not the same any more, by its version before and after."""

    part: BundlePart
    was: str
    now: str

    @property
    def words(self) -> str:
        """ "Model: gpt-x → gpt-y", where the versions tell them apart."""
        return f"{self.part.label}: {self.between}"

    @property
    def between(self) -> str:
        """ "gpt-x → gpt-y"; of a version that kept its name, that its contents changed."""
        return f"{self.now}, with other contents" if self.was == self.now else f"{self.was} → {self.now}"


KILL_SWITCH = "kill_switch"
"""What is rehearsed beside the eight parts: switching the whole feature off."""
