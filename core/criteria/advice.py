"""What an advice is: something in a scope or plan that will hurt, and what to do about it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """Something in the scope that will hurt: what it is, and why it matters with what to do."""

    key: str
    sentence: str
    reason: str
