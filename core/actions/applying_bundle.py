"""The [bundle] section of an apply file: the release, and whether it is live."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.actions.bundle_files import bundle_of, goes_live
from core.actions.bundles import put_live, save_bundle
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.release_view import view_release
from core.actions.workspace import Workspace
from core.rollout.bundle import ReleaseBundle


@dataclass(frozen=True)
class WantedBundle:
    """The bundle that a file asks for, and whether it is to be live.

    ``number`` is the newest version of any bundle; ``is_saved`` and ``is_live``: it stands so already.
    """

    bundle: ReleaseBundle
    live: bool
    number: int | None = None
    is_saved: bool = False
    is_live: bool = False


def wanted_bundle(
    workspace: Workspace, caller: Caller, now: datetime, slug: str | None, section: dict[str, Any] | None
) -> WantedBundle | None:
    """The bundle of the section, checked; ``None`` where the file has none.

    ``slug`` is ``None`` for a feature that is not there yet.
    """
    if section is None:
        return None
    bundle, live = bundle_of(section), goes_live(section)
    require(workspace, caller, Act.EDIT_BUNDLE, slug)
    if live:
        require(workspace, caller, Act.PUT_LIVE, slug)
    if slug is None:
        return WantedBundle(bundle, live)
    seen = view_release(workspace, caller, now, slug)
    same = next((one for one in seen.registered if one.name == bundle.name), None)
    return WantedBundle(
        bundle,
        live,
        seen.number,
        is_saved=same is not None and same.bundle == bundle,
        is_live=same is not None and same.is_live,
    )


def apply_bundle(
    workspace: Workspace, caller: Caller, now: datetime, slug: str, wanted: WantedBundle, *, reason: str
) -> list[str]:
    """Save the bundle where it differs, and put it live where it is not; says what was done."""
    did, name = [], wanted.bundle.name
    if not wanted.is_saved:
        saved = save_bundle(
            workspace, caller, now, slug, wanted.bundle, based_on=wanted.number, reason=reason
        )
        did.append(f"saved the release bundle “{name}” as version {saved.number}")
    if wanted.live and not wanted.is_live:
        put_live(workspace, caller, now, slug, name, reason=reason)
        did.append(f"put the release “{name}” live")
    return did
