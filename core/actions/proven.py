"""What an act takes that carries a name: an identity that is verified, and a sign-in that is fresh."""

from datetime import datetime

from core.actions.people import Caller
from core.errors import NotAllowed

FRESH_SECONDS = 15 * 60
"""Such an act takes a sign-in that is not older than this."""

_CLOCKS_DIFFER = 60
"""By so many seconds the clock of whoever proved the sign-in may be ahead."""


def proven(caller: Caller, what: str) -> int:
    """The id of the caller; raises NotAllowed where nobody vouches for the name. ``what`` cannot be then:
    "nothing can be signed"."""
    if caller.person_id is None or not caller.verified:
        raise NotAllowed(
            f"Nobody's identity is verified here, so {what}.",
            mend="Turn sign-in on; a name that anybody can type is no signature.",
            code="no_sign_in",
        )
    return caller.person_id


def fresh(caller: Caller, now: datetime, act: str) -> None:
    """Raises NotAllowed for a sign-in that is too old; ``act`` is what takes a fresh one: "A signature"."""
    if not is_fresh(caller, now):
        raise NotAllowed(
            f"{act} takes a sign-in of the last {FRESH_SECONDS // 60} minutes.",
            mend="Sign in again, then try again.",
            code="stale_sign_in",
        )


def is_fresh(caller: Caller, now: datetime) -> bool:
    """Whether the sign-in is known and young enough."""
    age = now.timestamp() - caller.signed_in_at
    return caller.signed_in_at > 0 and -_CLOCKS_DIFFER <= age <= FRESH_SECONDS
