"""The commitment: all that a lock binds, what an amendment makes easier, since when each row counts anew."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.criteria.checklist import AttestedItem, Checklist, MeasuredItem
from core.criteria.scope_parts import RegressionRule
from core.criteria.stakes import Stakes
from core.evidence.fingerprints import of_document

DEFAULT_NEEDED = {Stakes.LOW: 1, Stakes.MEDIUM: 1, Stakes.HIGH: 2}
"""How many people sign where nobody says otherwise."""

NEEDED_TO_LOOSEN = 2
"""How many sign, at least, what makes something easier once results were seen."""


class Signers(BaseModel):
    """Who must sign: so many different people, none of whom wrote what they sign.

    ``named`` are e-mail addresses; without any, everybody with the role signer may.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    needed: Annotated[int, Field(ge=1, le=10)]
    named: Annotated[
        tuple[Annotated[str, Field(min_length=3, max_length=320)], ...], Field(max_length=50)
    ] = ()

    @field_validator("named")
    @classmethod
    def _each_once(cls, named: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.lower() for one in named))

    @classmethod
    def usual(cls, stakes: Stakes) -> "Signers":
        """Those of a checklist with these stakes, where nobody says otherwise."""
        return cls(needed=DEFAULT_NEEDED[stakes])


class Terms(BaseModel):
    """All that a lock binds; ``loosens`` says what it makes easier than the commitment before it.

    ``suites`` are the eval sets by name, each with the hash of its cases. ``regression_rule`` is what the
    scope said then; None in commitments made before a lock bound it. ``evidence_seen``: results were there
    already when it was made.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature: str
    number: int
    checklist_number: int
    checklist_sha256: str
    stakes: Stakes
    plan_number: int | None = None
    plan_sha256: str | None = None
    suites: Mapping[str, str] = {}
    regression_rule: RegressionRule | None = None
    signers: Signers
    reason: str = ""
    evidence_seen: bool = False
    loosens: tuple[str, ...] = ()

    @property
    def body(self) -> dict[str, Any]:
        """What is signed, word for word."""
        body = self.model_dump(mode="json")
        if self.regression_rule is None:
            # What was signed before there was one stays as it was, to the letter.
            del body["regression_rule"]
        return body

    @property
    def regressions(self) -> RegressionRule:
        """What is bound of regressions: nothing, where the lock bound no rule."""
        return self.regression_rule or RegressionRule()

    @property
    def sha256(self) -> str:
        return of_document(self.body)

    @property
    def is_marked(self) -> bool:
        """Whether it made something easier after results were seen: that is shown for ever."""
        return bool(self.loosens) and self.evidence_seen

    def approval(self, before: "Terms | None") -> Signers:
        """Who must sign this commitment itself, ``before`` being the one that holds until then.

        What makes something easier is not signed by fewer, or by others, than what it replaces, and
        after results were seen by two at least.
        """
        asked, named = self.signers.needed, self.signers.named
        if self.loosens and before is not None:
            asked, named = max(asked, before.signers.needed), before.signers.named or named
        if self.is_marked and before is not None:
            asked = max(asked, NEEDED_TO_LOOSEN)
        # Names that are too few to sign at all would shut it for ever.
        return Signers(needed=asked, named=named if len(named) >= asked else ())


def item_sha256(item: MeasuredItem | AttestedItem, stakes: Stakes) -> str:
    """The hash of an item with the strength of evidence it is held to: a waiver is for exactly this."""
    return of_document({"item": item.model_dump(mode="json"), "stakes": stakes.value})


@dataclass(frozen=True)
class Locked:
    """A checklist that was in force, with its stakes, from the moment ``since``."""

    checklist: Checklist
    since: datetime


def counted_since(locks: Sequence[Locked]) -> dict[str, datetime]:
    """From when evidence counts for each measured row of the last of ``locks``, which are oldest first.

    A row that an amendment leaves as it was keeps its evidence; one that it changes, adds or brings
    back starts anew with it, and so does every row where the stakes change.
    """
    since: dict[str, datetime] = {}
    before: Checklist | None = None
    for lock in locks:
        is_other = before is None or before.stakes is not lock.checklist.stakes
        found = {}
        for item in lock.checklist.items:
            if isinstance(item, MeasuredItem):
                was = None if is_other or before is None else before.item(item.id)
                is_kept = isinstance(was, MeasuredItem) and _asked(was) == _asked(item)
                found[item.id] = since[item.id] if is_kept else lock.since
        since, before = found, lock.checklist
    return since


def strength_since(locks: Sequence[Locked]) -> datetime | None:
    """From when the stakes of the last of ``locks``, oldest first, have held without a break."""
    since: datetime | None = None
    before: Checklist | None = None
    for lock in locks:
        if before is None or before.stakes is not lock.checklist.stakes:
            since = lock.since
        before = lock.checklist
    return since


def _asked(item: MeasuredItem) -> tuple[object, ...]:
    """What the evidence must show, and how it is measured: the wording and the bar of a row."""
    return (
        item.sentence,
        item.metric,
        item.source,
        item.direction,
        item.bar,
        item.count,
        item.minimum_n,
        item.window_days,
        tuple(sorted(item.slice.items())),
    )
