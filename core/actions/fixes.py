"""What is done about a failure type: who owns it, how far it is, and since when it is fixed."""

from datetime import datetime

from core.actions.moments import not_before
from core.actions.people import Caller
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.errors import WrongUsage
from core.evidence.failure_words import LONGEST_WORD
from core.store import audit, features, fixes
from core.store.fixes import Fix
from core.store.table_parts import FIX_STATES

LONGEST_FIX = 500
LONGEST_OWNER = 80


def save_fix(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    failure_type: str,
    *,
    fix: str,
    owner: str,
    state: str,
    fixed_at: datetime | None = None,
    bundle: str = "",
) -> Fix:
    """Save what is done about a failure type; each saving stays in the history.

    ``fixed_at`` is needed where the state is done, and only then: from that moment on a failure of this
    type has come back. ``bundle`` is the release that has the fix, where somebody knows it.
    """
    require(workspace, caller, Act.NAME_FAILURES, slug)
    failure_type = _line(failure_type, LONGEST_WORD, "failure type")
    words, owner = _line(fix, LONGEST_FIX, "fix"), _line(owner, LONGEST_OWNER, "owner's name")
    bundle = _line(bundle, LONGEST_OWNER, "release")
    if not failure_type or not owner:
        raise WrongUsage("A fix needs a failure type and an owner.", mend="Say who takes care of it.")
    if state not in FIX_STATES:
        raise WrongUsage(f"“{state[:20]}” is no state.", mend="Say open, in_progress or done.")
    if (state == "done") != (fixed_at is not None):
        raise WrongUsage(
            "Only a fix that is done has a day, and it needs one.", mend="Say since when it is fixed."
        )
    if fixed_at is not None and fixed_at > now:
        raise WrongUsage("The day of the fix is still to come.", mend="Say “in progress” until then.")
    with workspace.database.writing() as connection:
        feature = features.locked(connection, slug)
        now = not_before(connection, slug, now)
        saved = fixes.add(
            connection,
            feature_id=feature.id,
            failure_type=failure_type,
            words=words,
            owner=owner,
            state=state,
            fixed_at=fixed_at,
            bundle=bundle or None,
            by=caller.name,
            by_id=caller.person_id,
            now=now,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="fix saved",
            subject=f"feature/{slug}",
            payload={
                "id": saved.id,
                "failure_type": failure_type,
                "fix": words,
                "owner": owner,
                "state": state,
                "fixed_at": fixed_at.isoformat() if fixed_at else None,
                "bundle": saved.bundle,
                "person": caller.person_id,
            },
            now=now,
        )
    return saved


def _line(text: str, longest: int, what: str) -> str:
    text = "".join(character for character in " ".join(text.split()) if character.isprintable())
    if len(text) > longest:
        raise WrongUsage(f"The {what} is longer than {longest} characters.", mend="Say it shorter.")
    return text
