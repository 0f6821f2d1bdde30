"""How the release that was signed differs from the one that is live now, in words."""

from collections.abc import Mapping
from typing import Any

from core.evidence.bundle_parts import BundlePart

_CHANGED = "the release bundle changed after it"
_WENT_LIVE = "the first release went live after it"
_SAME_PARTS = "a release of another name is live, with the same parts"


def changed_bundle(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    """What is another release than the one that was signed, in words; "" where it is the same."""
    if was == now or not now:
        return ""
    if not was:
        return f"{_WENT_LIVE}: {now.get('name')}"
    before, after = was.get("parts", {}), now.get("parts", {})
    changed = [
        f"{part.label} ({before[part]['version']} → {after[part]['version']})"
        for part in BundlePart
        if part in before and part in after and before[part]["fingerprint"] != after[part]["fingerprint"]
    ]
    return f"{_CHANGED}: {', '.join(changed)}" if changed else f"{_SAME_PARTS}: {now.get('name')}"


def is_of_bundle(why_not: str) -> bool:
    """Whether a signature does not count because of the release."""
    return why_not.startswith((_CHANGED, _WENT_LIVE, _SAME_PARTS))
