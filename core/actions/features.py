"""Features: create one, list them, find one."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime

from core.actions.people import Caller
from core.actions.policy import Act, require, visible_to
from core.actions.usual_limits import USUAL_LIMITS
from core.actions.workspace import Workspace
from core.criteria.stakes import Stakes
from core.errors import UnknownFeature, WrongUsage
from core.store import audit, commitments, documents, features
from core.store.features import Feature

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME = 120
_LONGEST_SLUG = 64


def create_feature(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    *,
    name: str,
    owner: str,
    stakes: Stakes,
    slug: str | None = None,
) -> Feature:
    """A new feature; the slug is made from the name where none is given and must be free."""
    require(workspace, caller, Act.CREATE_FEATURE)
    name, owner = _checked_name(name), _checked_owner(owner)
    slug = slug if slug is not None else slug_of(name)
    if not _SLUG.fullmatch(slug) or len(slug) > _LONGEST_SLUG:
        raise WrongUsage(
            f"“{slug}” cannot stand in a web address.",
            mend="Use small letters, digits and single hyphens, such as refund-agent.",
        )
    with workspace.database.writing() as connection:
        feature = features.add(
            connection,
            slug=slug,
            name=name,
            owner=owner,
            stakes=stakes.value,
            created_by=caller.name,
            now=now,
            **USUAL_LIMITS,
        )
        audit.append(
            connection,
            actor=caller.name,
            action="feature created",
            subject=f"feature/{slug}",
            payload={"name": name, "owner": owner, "stakes": stakes.value, **USUAL_LIMITS},
            now=now,
        )
    return feature


def change_feature(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    slug: str,
    *,
    name: str | None,
    owner: str | None,
    stakes: Stakes,
) -> bool:
    """Change what is given; returns whether anything changed. Stakes of a lock stay as they were locked.

    ``None`` leaves the name or the owner as it is; a blank one is refused like that of a new feature.
    """
    require(workspace, caller, Act.CREATE_FEATURE, slug)
    new = {
        **({} if name is None else {"name": _checked_name(name)}),
        **({} if owner is None else {"owner": _checked_owner(owner)}),
        "stakes": stakes.value,
    }
    with workspace.database.writing() as connection:
        before = features.locked(connection, slug)
        was = {"name": before.name, "owner": before.owner, "stakes": before.stakes}
        after = was | new
        if after == was:
            return False
        features.change(connection, before.id, **after)
        audit.append(
            connection,
            actor=caller.name,
            action="feature changed",
            subject=f"feature/{slug}",
            payload={"before": was, "after": after},
            now=now,
        )
    return True


@dataclass(frozen=True)
class FeatureLine:
    """A feature as the frame of every page shows it; ``locked_at`` is ``None`` for a draft."""

    slug: str
    name: str
    owner: str
    stakes: str
    locked_at: datetime | None


def list_features(workspace: Workspace, caller: Caller) -> list[FeatureLine]:
    """The features that ``caller`` may see, by name."""
    require(workspace, caller, Act.SEE)
    seen = visible_to(workspace, caller)
    with workspace.database.reading() as connection:
        lines = []
        for feature in features.everything(connection):
            if seen is not None and feature.id not in seen:
                continue
            lock = next(iter(commitments.in_force(connection, feature.id)), None)
            draft = documents.newest(connection, feature.id, documents.CHECKLIST)
            stakes = lock.stakes if lock else draft.body["stakes"] if draft else feature.stakes
            lines.append(
                FeatureLine(
                    feature.slug, feature.name, feature.owner, stakes, lock.locked_at if lock else None
                )
            )
    return sorted(lines, key=lambda line: line.name.casefold())


def find_feature(workspace: Workspace, slug: str) -> Feature:
    """The feature of that slug, or :class:`UnknownFeature`."""
    with workspace.database.reading() as connection:
        return features.by_slug(connection, slug)


def feature_exists(workspace: Workspace, slug: str) -> bool:
    try:
        find_feature(workspace, slug)
    except UnknownFeature:
        return False
    return True


def _checked_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME:
        raise WrongUsage(
            f"The name must have 1 to {_LONGEST_NAME} characters.", mend="Give the feature a short name."
        )
    return name


def _checked_owner(owner: str) -> str:
    owner = owner.strip()
    if not owner:
        raise WrongUsage("Nobody owns this feature yet.", mend="Name the person who answers for it.")
    return owner


def slug_of(name: str) -> str:
    """ "Crème brûlée helper!" becomes "creme-brulee-helper"; a name without any letter "feature"."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain))[:_LONGEST_SLUG].strip("-") or "feature"
