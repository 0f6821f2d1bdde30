"""The pass rule: which scores decide whether a result passed, and from which value on."""

import re
from collections.abc import Sequence
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

QUESTION = "pass_rule"

_MOST_FURTHER = 19
_SHOWN = 80

_BAR = re.compile(r"(.+?) (at_least|at_most) (\S+)(?: (and|or) |$)", re.DOTALL)


class Bar(BaseModel):
    """From which value on a score is good enough; ``column`` is a header of the file, or the name of one
    of its metrics."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str
    at_least: FiniteFloat | None = None
    at_most: FiniteFloat | None = None

    @model_validator(mode="after")
    def _has_one_side(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("a pass rule has either at_least or at_most")
        return self

    @property
    def is_of_yes_and_no(self) -> bool:
        """Whether only a full score is good enough (1 at least, or 0 at most), as with scores of 0 and 1."""
        return self.at_least == 1 or self.at_most == 0

    def passes(self, score: float) -> bool:
        if self.at_least is not None:
            return score >= self.at_least
        return self.at_most is not None and score <= self.at_most

    def __str__(self) -> str:
        side = f"at most {self.at_most:g}" if self.at_least is None else f"at least {self.at_least:g}"
        return f"“{self.column[:_SHOWN]}” is {side}"


class PassRule(Bar):
    """When a result counts as passed: its own bar and the ``further`` ones; ``need`` says whether all of
    them have to be met or any of them."""

    further: tuple[Bar, ...] = Field(default=(), max_length=_MOST_FURTHER)
    need: Literal["all", "any"] = "all"

    @property
    def bars(self) -> tuple[Bar, ...]:
        return (self, *self.further)

    def decides(self, scores: Sequence[float | None]) -> bool | None:
        """Whether the ``scores``, one for each of the bars, pass; None where one of them is missing, because
        what was not measured is never a pass."""
        if None in scores:
            return None
        met = [bar.passes(score) for bar, score in zip(self.bars, scores, strict=True) if score is not None]
        return all(met) if self.need == "all" else any(met)

    def __str__(self) -> str:
        joint = " and " if self.need == "all" else " or "
        return joint.join([super().__str__(), *map(str, self.further)])


def rule_in(words: str) -> dict[str, object] | None:
    """The entries of the pass rule in “faithfulness at_least 0.8 and toxicity at_most 0.1”; None where the
    words are no rule, or mix “and” with “or”. The numbers are still text."""
    bars: list[dict[str, object]] = []
    joints, at, text = set[str](), 0, words.strip()
    while found := _BAR.match(text, at):
        column, side, number, joint = found.groups()
        bars.append({"column": column, side: number})
        at = found.end()
        if joint is None:
            break
        joints.add(joint)
    if not bars or at < len(text) or len(joints) > 1 or len(bars) <= len(joints):
        return None
    return {**bars[0], "further": bars[1:], "need": "any" if joints == {"or"} else "all"}
