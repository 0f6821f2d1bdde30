"""What has changed since somebody last signed the like of what is to be signed now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.actions.people import Caller
from core.decision.sign_off import COMMITMENT, SignOff
from core.decision.signed_changes import Changed, changes_since
from core.store.signatures import Signature


@dataclass(frozen=True)
class SinceSigned:
    """What is otherwise than when ``by`` last signed the like of it; ``is_mine``: that was the caller."""

    by: str
    at: datetime
    is_mine: bool
    title: str
    changes: tuple[Changed, ...]


def since_signed(one: SignOff, given: Sequence[Signature], caller: Caller) -> SinceSigned | None:
    """What changed since the caller signed something of the kind, or else since anybody did."""
    earlier = [old for old in given if old.about == one.about and old.sha256 != one.sha256]
    mine = [old for old in earlier if old.person_id == caller.person_id]
    last = next(iter(mine or earlier), None)
    if last is None:
        return None
    title = one.title if last.step == one.step else "an earlier step"
    if one.about == COMMITMENT:
        title = "the first lock" if last.commitment_number == 1 else f"amendment {last.commitment_number - 1}"
    is_mine = last.person_id == caller.person_id
    return SinceSigned(
        last.signed_by, last.signed_at, is_mine, title, changes_since(last.statement, one.statement)
    )
