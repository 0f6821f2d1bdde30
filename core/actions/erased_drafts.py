"""Forms that nobody has saved yet, without a person who was erased."""

import json

from core.actions.workspace import Workspace
from core.store.gone import Gone


def erase_drafts(workspace: Workspace, slug: str, gone: Gone) -> int:
    """Remove the drafts of this feature that are about runs of the person or name them; returns how many.

    A draft is nobody's document yet: whoever typed it types it again. One that cannot be read goes too.
    """
    dropped = 0
    for path in sorted(workspace.form_drafts.glob("*.json")):
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            said = None
        if said is None or _is_theirs(said, slug, gone):
            path.unlink(missing_ok=True)
            dropped += 1
    return dropped


def _is_theirs(said: object, slug: str, gone: Gone) -> bool:
    if not isinstance(said, dict):
        return True
    # Drafts of before the feature was kept in them may be of any.
    if said.get("feature", slug) != slug:
        return False
    fields = said.get("fields")
    run_id = fields.get("run_id") if isinstance(fields, dict) else None
    return run_id in gone.runs or _names(fields, gone)


def _names(thing: object, gone: Gone) -> bool:
    if isinstance(thing, dict):
        return any(_names(one, gone) for pair in thing.items() for one in pair)
    if isinstance(thing, list):
        return any(_names(one, gone) for one in thing)
    return gone.mention.is_in(thing)
