"""Tokens of the HTTP interface: made by an administrator, shown once, and what whoever shows one may do."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from core.actions.people import Caller, Role
from core.actions.policy import Act, require
from core.actions.workspace import Workspace
from core.errors import NotAllowed, StoreUnavailable, UnknownFeature, WrongUsage
from core.store import audit, features, tokens
from core.store.tokens import ApiToken

USUAL_DAYS = 90
MOST_DAYS = 366

_PREFIX = "rg_"
_BYTES = 32
_SHAPE = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}")
_LONGEST_NAME = 60
_NOTED_EVERY = timedelta(hours=1)


class TokenScope(StrEnum):
    """What a token is for."""

    READ = "read"
    IMPORT = "import"
    STOP = "stop"


SCOPE_WORDS = {
    TokenScope.READ: "read the gate and the flags",
    TokenScope.IMPORT: "import files",
    TokenScope.STOP: "pause and roll back",
}
_ROLE_OF = {TokenScope.READ: Role.VIEWER, TokenScope.IMPORT: Role.PM, TokenScope.STOP: Role.REVIEWER}
"""The smallest role that covers what the routes of a scope do."""


@dataclass(frozen=True)
class TokenLine:
    """A token as the Settings page lists it; ``slug`` and ``feature`` (its name) None: for all features."""

    id: int
    name: str
    scopes: tuple[TokenScope, ...]
    slug: str | None
    feature: str | None
    made_by: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_by: str | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> str:
        """ "active", "expired" or "revoked"."""
        if self.revoked_at is not None:
            return "revoked"
        return "active" if now < self.expires_at else "expired"


@dataclass(frozen=True)
class TokensView:
    """Every token, the newest first, and the features (slug, name) that one can be made for."""

    tokens: tuple[TokenLine, ...]
    features: tuple[tuple[str, str], ...]


def make_token(
    workspace: Workspace,
    caller: Caller,
    now: datetime,
    *,
    name: str,
    scopes: Collection[TokenScope],
    slug: str | None = None,
    days: int = USUAL_DAYS,
) -> str:
    """A new token for the feature ``slug`` (None: for all features); returns it, for the only time."""
    require(workspace, caller, Act.MANAGE_PEOPLE)
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise WrongUsage(
            f"A token needs a name of at most {_LONGEST_NAME} characters.",
            mend="Name it after the system that will use it.",
        )
    if not scopes:
        raise WrongUsage("The token would be good for nothing.", mend="Choose what it may do.")
    if not 1 <= days <= MOST_DAYS:
        raise WrongUsage(f"A token cannot be good for {days:,} days.", mend=f"Choose 1 to {MOST_DAYS} days.")
    token = _PREFIX + secrets.token_urlsafe(_BYTES)
    may = [scope.value for scope in TokenScope if scope in scopes]
    with workspace.database.writing() as connection:
        feature = features.by_slug(connection, slug) if slug is not None else None
        if any(one.name == name and _holds(one, now) for one in tokens.every(connection)):
            raise WrongUsage(
                f"There is a token “{name}” already.", mend="Revoke it first, or choose another name."
            )
        made = tokens.add(
            connection,
            name=name,
            sha256=_sha256(token),
            scopes=may,
            feature_id=feature.id if feature else None,
            made_by=caller.name,
            made_by_id=caller.person_id,
            now=now,
            expires_at=now + timedelta(days=days),
        )
        audit.append(
            connection,
            actor=caller.name,
            action="token made",
            subject=f"token/{made.id}",
            payload={"name": name, "scopes": may, "feature": slug, "days": days},
            now=now,
        )
    return token


def revoke_token(workspace: Workspace, caller: Caller, now: datetime, token_id: int) -> None:
    """End a token for good; the next request with it is refused."""
    require(workspace, caller, Act.MANAGE_PEOPLE)
    with workspace.database.writing() as connection:
        token = tokens.by_id(connection, token_id)
        if token is None or token.revoked_at is not None:
            raise WrongUsage("There is no such token to revoke.", mend="Look at the list again.")
        tokens.revoke(connection, token_id, by=caller.name, now=now)
        audit.append(
            connection,
            actor=caller.name,
            action="token revoked",
            subject=f"token/{token_id}",
            payload={"name": token.name},
            now=now,
        )


def view_tokens(workspace: Workspace, caller: Caller) -> TokensView:
    """The tokens for whoever makes them; what they say themselves is kept nowhere."""
    require(workspace, caller, Act.MANAGE_PEOPLE)
    with workspace.database.reading() as connection:
        every = tokens.every(connection)
        known = {one.id: one for one in features.everything(connection)}
    lines = []
    for one in every:
        feature = known[one.feature_id] if one.feature_id is not None else None
        lines.append(
            TokenLine(
                one.id,
                one.name,
                tuple(TokenScope(scope) for scope in one.scopes),
                feature.slug if feature else None,
                feature.name if feature else None,
                one.made_by,
                one.made_at,
                one.expires_at,
                one.last_used_at,
                one.revoked_by,
                one.revoked_at,
            )
        )
    offered = sorted((one.name.casefold(), one.slug, one.name) for one in known.values())
    return TokensView(tuple(lines), tuple((slug, name) for _, slug, name in offered))


def caller_with(workspace: Workspace, now: datetime, shown: str, scope: TokenScope, slug: str) -> Caller:
    """Who asks by showing the token ``shown``, to do what ``scope`` is for to the feature ``slug``.

    Raises NotAllowed with the code ``token_refused`` for a token that does not hold, with the code
    ``token_scope`` for one that is for something else; UnknownFeature where it is for another feature,
    exactly as where there is none of that name.
    """
    token = _known(workspace, now, shown)
    if scope not in token.scopes:
        raise NotAllowed(
            f"The token “{token.name}” is not for this: it may not {SCOPE_WORDS[scope]}.",
            mend=f"Ask an administrator for a token that may (scope “{scope}”).",
            code="token_scope",
        )
    with workspace.database.reading() as connection:
        # A name that no database would take is no name of a feature.
        found = features.id_of(connection, slug) if slug.isprintable() else None
    if found is None or token.feature_id not in (None, found):
        raise UnknownFeature(slug if slug.isprintable() else "?")
    _note_use(workspace, token, now)
    return Caller(f"token “{token.name}”", frozenset({_ROLE_OF[scope]}))


def _known(workspace: Workspace, now: datetime, shown: str) -> ApiToken:
    token = None
    # Anything else than a token of ours is not even looked for.
    if _SHAPE.fullmatch(shown):
        sha256 = _sha256(shown)
        with workspace.database.reading() as connection:
            token = tokens.by_sha256(connection, sha256)
        if token is not None and not hmac.compare_digest(token.sha256, sha256):
            token = None
    if token is None or not _holds(token, now):
        raise NotAllowed(
            "The token is not known, has expired or was revoked.",
            mend="Send “Authorization: Bearer …” with a token from the Settings page.",
            code="token_refused",
        )
    return token


def _holds(token: ApiToken, now: datetime) -> bool:
    return token.revoked_at is None and now < token.expires_at


def _note_use(workspace: Workspace, token: ApiToken, now: datetime) -> None:
    """At most once an hour: a reading must not become a writing each time."""
    if token.last_used_at is not None and now - token.last_used_at < _NOTED_EVERY:
        return
    try:
        with workspace.database.writing() as connection:
            tokens.mark_used(connection, token.id, now)
    except StoreUnavailable:
        # Whoever asks for the gate must get it also while the database is busy with others.
        return


def _sha256(token: str) -> str:
    """A token has 256 random bits, so that its plain hash tells nothing about it."""
    return hashlib.sha256(token.encode()).hexdigest()
