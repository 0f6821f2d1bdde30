"""A tool as the model sees it: its name, what is said about it, and what it takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One parameter of a tool; ``description`` is "" where nobody wrote one."""

    name: str
    description: str = ""


@dataclass(frozen=True)
class Tool:
    """One tool of a tool list; ``description`` is "" where nobody wrote one."""

    name: str
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
