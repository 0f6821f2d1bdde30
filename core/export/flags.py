"""The permission gate of a rollout: who gets the feature now, as a flag for flagd and as plain JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import floor
from typing import Any

from core.rollout.plan import Phase
from core.rollout.standing import STATE_WORDS, Standing
from core.rollout.transitions import State

BUCKETS = 100_000
"""Users fall into so many equal parts, always as many: whoever was in stays in as the share grows."""

PHASES_OF_USER = "readygate_phases"
"""What the asking system says of a user where only people can tell: the ids of the phases they belong to."""

_SCHEMA = "https://flagd.dev/schema/v0/flags.json"


class FlagFormat(StrEnum):
    FLAGD = "flagd"
    JSON = "json"


class Reached(StrEnum):
    """How it is told who is in: nobody, everybody, a share of all users, or a list that others keep."""

    NOBODY = "nobody"
    EVERYONE = "everyone"
    SHARE = "share"
    MEMBERS = "members"


@dataclass(frozen=True)
class Permission:
    """Who may meet the feature until ``valid_until``; afterwards nobody, unless somebody asks again.

    ``share`` (0-1) is the largest share of all users; ``None`` where the plan counts people and does not
    say of how many. ``why`` says in a sentence who gets it, or why nobody does. ``hashes`` are of the
    documents that it follows from. ``overruled`` says who overruled the gate for this phase, or for the
    next one, and why; "" where nobody did.
    """

    feature: str
    state: State
    reached: Reached
    share: float | None
    why: str
    phase: Phase | None
    phase_id: str | None
    valid_until: datetime
    hashes: Mapping[str, str | None] = field(hash=False)
    overruled: str = ""

    @property
    def is_on(self) -> bool:
        return self.reached is not Reached.NOBODY


def permission(
    feature: str,
    standing: Standing,
    *,
    is_committed: bool,
    valid_until: datetime,
    hashes: Mapping[str, str | None],
    is_signed_for: bool = True,
    overruled: str = "",
) -> Permission:
    """Who gets ``feature`` as its rollout stands; nobody wherever that is in doubt.

    ``is_committed`` says whether a checklist is locked: without one nothing was promised to anybody.
    ``is_signed_for``: the phase began through the gate, and was not only written down afterwards. A phase
    that counts people is a share of the users where the plan says how many there are; where it does not,
    only the asking system can know its people, and has to name them.
    """
    share = 1.0 if standing.state is State.COMPLETE else standing.exposure
    reached, why = _reached(standing, is_committed, is_signed_for, share)
    return Permission(
        feature,
        standing.state,
        reached,
        {Reached.NOBODY: 0.0, Reached.MEMBERS: None}.get(reached, share),
        why,
        standing.phase,
        standing.rollout.phase,
        valid_until,
        hashes,
        overruled,
    )


def as_flagd(gate: Permission) -> dict[str, Any]:
    """A flag definition of flagd with one boolean flag, named as the feature.

    The flag stays enabled also where nobody gets the feature: a disabled flag answers with whatever the
    asking code has as its default, and that may be "on". Without a targeting key nobody is in a share.
    """
    flag: dict[str, Any] = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "metadata": _metadata(gate),
    }
    rule = _rule(gate)
    if rule is not None:
        in_time = {"<": [{"var": "$flagd.timestamp"}, floor(gate.valid_until.timestamp())]}
        flag["targeting"] = {"if": [in_time, rule, "off"]}
    return {"$schema": _SCHEMA, "flags": {gate.feature: flag}}


def as_plain(gate: Permission) -> dict[str, Any]:
    """The same facts as plain JSON. Every field is always there; unknown is ``None``, never 0."""
    phase = gate.phase
    people = phase.exposure_users if phase is not None and gate.is_on else None
    return {
        "feature": gate.feature,
        "on": gate.is_on,
        "state": gate.state.value,
        "why": gate.why,
        "phase": {"id": gate.phase_id, "name": phase.name if phase else None} if gate.phase_id else None,
        "who": {
            "reached": gate.reached.value,
            "share": gate.share,
            "people": list(people) if people else None,
            "segment": phase.segment or None if phase else None,
        },
        "guardrails": {
            "confidence_threshold": phase.confidence_threshold if phase else None,
            "fallback": phase.fallback.value if phase and phase.fallback else None,
            "review_share": phase.review_share if phase else None,
            "rate_limit": phase.rate_limit if phase else None,
            "feedback_button": phase.feedback_button if phase else None,
        },
        "overruled": gate.overruled or None,
        "valid_until": gate.valid_until.isoformat(),
        "hashes": dict(gate.hashes),
    }


def flag_file(gate: Permission, form: FlagFormat) -> dict[str, Any]:
    return as_flagd(gate) if form is FlagFormat.FLAGD else as_plain(gate)


def _reached(
    standing: Standing, is_committed: bool, is_signed_for: bool, share: float | None
) -> tuple[Reached, str]:
    if not standing.reaches_users:
        return Reached.NOBODY, f"Nobody gets it: the rollout is {STATE_WORDS[standing.state]}."
    if not is_committed:
        return Reached.NOBODY, "Nobody gets it: the checklist is not locked."
    if not is_signed_for:
        return Reached.NOBODY, (
            "Nobody gets it: the phase was only written down afterwards, so that nobody signed for it. The "
            "next step through the gate switches it on."
        )
    if standing.state is State.COMPLETE:
        return Reached.EVERYONE, "Everyone gets it: the rollout is complete."
    phase = standing.phase
    if phase is None:
        return Reached.NOBODY, "Nobody gets it: no plan says whom the current phase reaches."
    if share is None:
        return (
            Reached.MEMBERS,
            f"Whoever belongs to the phase {phase.name}: the plan counts its people, and does not say of how "
            "many users.",
        )
    if share >= 1:
        return Reached.EVERYONE, f"Everyone gets it, in the phase {phase.name}."
    if _weight(share) == 0:
        return Reached.NOBODY, "Nobody gets it: the share of users is too small to be drawn."
    return Reached.SHARE, f"Up to {100 * share:.3g} % of all users get it, in the phase {phase.name}."


def _rule(gate: Permission) -> Any:
    """The variant of one user as flagd works it out; ``None``: off for everybody."""
    match gate.reached:
        case Reached.EVERYONE:
            return "on"
        case Reached.MEMBERS:
            return {"if": [{"in": [gate.phase_id, {"var": PHASES_OF_USER}]}, "on", "off"]}
        case Reached.SHARE if gate.share is not None:
            inside = _weight(gate.share)
            # Drawn by the flag's key and the user's targeting key: by the same numbers in every phase.
            return {"fractional": [["on", inside], ["off", BUCKETS - inside]]}
        case _:
            return None


def _weight(share: float) -> int:
    """So many of the buckets are in: never more users than the plan lets in."""
    # 0.29 * 100,000 is a little less than 29,000.
    return floor(share * BUCKETS + 1e-6)


def _metadata(gate: Permission) -> dict[str, str | float | int | bool]:
    """The facts of :func:`as_plain` on one level, as flagd takes them; what is not known is left out."""
    plain = as_plain(gate)
    facts = {
        "state": plain["state"],
        "why": plain["why"],
        "phase": gate.phase_id,
        "phase_name": gate.phase.name if gate.phase else None,
        "reached": plain["who"]["reached"],
        "share": plain["who"]["share"],
        "segment": plain["who"]["segment"],
        "most_people": plain["who"]["people"][1] if plain["who"]["people"] else None,
        **plain["guardrails"],
        "overruled": plain["overruled"],
        "valid_until": plain["valid_until"],
        **{f"{name}_sha256": sha256 for name, sha256 in gate.hashes.items()},
    }
    return {name: fact for name, fact in facts.items() if fact is not None}
