"""How two statements of the same kind differ, thing by thing: what a signer reads before they sign again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.evidence.bundle_parts import BundlePart
from core.units import Unit, write

_NOTHING = "none"
_SHOWN_HASH = 8


@dataclass(frozen=True)
class Changed:
    """One thing that is not as it was, in words."""

    what: str
    before: str
    after: str


def changes_since(was: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Changed, ...]:
    """Everything in which the statement ``now`` differs from ``was``; its rows come last."""
    whole = [
        Changed(what, _words(name, was.get(name)), _words(name, now.get(name)))
        for name, what in _NAMED.items()
        if was.get(name) != now.get(name)
    ]
    parts = _changed_parts(was.get("bundle"), now.get("bundle"))
    rows = [
        Changed(str(new.get("label") or old.get("label") or "a row").rstrip("."), *_apart(old, new))
        for old, new in changed_rows(was.get("rows"), now.get("rows"))
    ]
    known = {*_NAMED, "rows", "feature"}
    others = [
        Changed(name.replace("_", " ").capitalize(), _plain(was.get(name)), _plain(now.get(name)))
        for name in sorted({*was, *now} - known)
        if was.get(name) != now.get(name)
    ]
    return (*whole, *parts, *rows, *others)


def changed_rows(was: Any, now: Any) -> list[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """The rows that are not as they were: (before, after), {} where there was or is none."""
    before = {row["id"]: row for row in was or ()}
    after = {row["id"]: row for row in now or ()}
    pairs = [(before.get(name, {}), after.get(name, {})) for name in sorted({*before, *after})]
    return [(old, new) for old, new in pairs if old != new]


def stood(row: Mapping[str, Any]) -> str:
    """A row of a statement in a few words; {} is one that was not there."""
    if not row:
        return "not there"
    parts = [_verdict(row["verdict"])]
    value, unit = row.get("value"), row.get("unit")
    if value is not None and unit is not None:
        parts.append(write(value, Unit(unit)))
    if row.get("n"):
        parts.append(f"n {row['n']:,}")
    return ", ".join(parts)


def _changed_parts(was: Any, now: Any) -> list[Changed]:
    """The parts of the release that are others than they were, by their versions."""
    before, after = ((one or {}).get("parts", {}) for one in (was, now))
    return [
        Changed(part.label, str(before[part]["version"]), str(after[part]["version"]))
        for part in BundlePart
        if part in before and part in after and before[part] != after[part]
    ]


def _apart(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str]:
    """Both sides of a row in as many words as it takes to tell them apart."""
    before, after = _answered(old), _answered(new)
    if before != after:
        return before, after
    for names in (("bar",), ("low", "high")):
        if any(old.get(name) != new.get(name) for name in names):
            return _with(old, before, names), _with(new, after, names)
    return before, f"{after}, otherwise"


def _answered(row: Mapping[str, Any]) -> str:
    answer = row.get("answer")
    if not answer:
        return stood(row)
    said = f"“{str(answer['answer']).replace('_', ' ')}” by {answer['by']}, {str(answer['at'])[:10]}"
    return f"{stood(row)}, {said}"


def _with(row: Mapping[str, Any], words: str, names: Sequence[str]) -> str:
    unit = row.get("unit")
    said = [
        write(value, Unit(unit)) if unit is not None and isinstance(value, int | float) else str(value)
        for name in names
        if (value := row.get(name)) is not None
    ]
    return f"{words}, {' to '.join(said)}" if said else words


_NAMED = {
    "step": "Step",
    "verdict": "Verdict",
    "as_committed": "Verdict as first committed",
    "commitment": "Commitment",
    "checklist_number": "Checklist",
    "checklist_sha256": "Checklist (fingerprint)",
    "stakes": "Stakes",
    "plan_number": "Phase plan",
    "plan_sha256": "Phase plan (fingerprint)",
    "suites": "Eval sets",
    "suite_changes": "Changed eval sets",
    "signers": "Signatures needed",
    "number": "Lock",
    "loosens": "Made easier",
    "bundle": "Release bundle",
    "evidence_sha256": "Evidence (fingerprint)",
    "waivers": "Waivers",
    "unmet": "Open conditions",
    "moves": "Steps of the rollout so far",
    "program": "Readygate",
    "reason": "Reason",
    "evidence_seen": "Results were seen before",
}
"""The parts of a statement that are not rows, in the order in which they are told."""


def _words(name: str, value: Any) -> str:
    if value is None or value == [] or value == {}:
        return _NOTHING
    match name:
        case "verdict" | "as_committed":
            return _verdict(str(value))
        case "step":
            return str(value).replace("_", " ").replace(":", " ").capitalize()
        case "commitment":
            return "the lock" if value["number"] == 1 else f"amendment {value['number'] - 1}"
        case "checklist_number" | "plan_number":
            return f"version {value}"
        case "waivers":
            return ", ".join(f"{one['item']} until {str(one['until'])[:10]}" for one in value)
        case "signers":
            named = f" of {', '.join(value['named'])}" if value.get("named") else ""
            return f"{value['needed']}{named}"
        case "suites":
            return ", ".join(f"{suite} ({str(digest)[:_SHOWN_HASH]})" for suite, digest in value.items())
        case "bundle":
            return f"{value['name']} ({str(value['sha256'])[:_SHOWN_HASH]})"
        case _:
            return str(value)[:_SHOWN_HASH] if name.endswith("_sha256") else _plain(value)


def _plain(value: Any) -> str:
    match value:
        case None | [] | {}:
            return _NOTHING
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case Mapping():
            return ", ".join(f"{name} {_plain(one)}" for name, one in value.items())
        case Sequence():
            return ", ".join(_plain(one) for one in value)
        case _:
            return str(value)


def _verdict(word: str) -> str:
    return word.replace("_", " ").upper().replace("NO GO", "NO-GO")
