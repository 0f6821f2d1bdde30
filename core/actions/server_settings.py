"""The settings that a server starts with, in the log: who gets in, where it is reached, what it keeps with.

Only a server writes them. A command that somebody runs with other variables changes nothing for anybody.
"""

import hashlib
import hmac
import os
from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from core.actions.erasure_list import secret_of
from core.actions.people import ITSELF
from core.actions.sign_in_settings import SignInSettings, settings_from
from core.actions.token_keys import KEY_FILE, is_shared, settings_key
from core.actions.webhook_sending import internal_allowed
from core.actions.workspace import Workspace
from core.store import audit

CHANGED = "settings changed"

SET, ANOTHER = "set", "set to another value"
"""All that the log ever says of a secret."""

SHIPPED = {
    "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
    "STREAMLIT_SERVER_ALLOWED_HOSTS": "127.0.0.1, localhost",
    "STREAMLIT_SERVER_ENABLE_CORS": "yes",
    "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": "yes",
}
"""Who reaches the server, as the program is handed out: what is still so is not told."""

NOT_TOLD = {"READYGATE_HOME": "another home has a database and a log of its own, or is one server's of many"}
"""Variables that are no setting of the installation, with the reason."""

_DIGITS = 16


class InForce(BaseModel):
    """``plain`` are settings by value, ``secrets`` by a keyed digest; what is not set is in neither.

    ``key`` tells one key of the digests from another: "" where the servers on a database have none in common,
    so that nothing can be compared but whether a secret is set.
    """

    model_config = ConfigDict(frozen=True)
    plain: dict[str, str]
    secrets: dict[str, str]
    key: str


def note_settings(workspace: Workspace, reach: Mapping[str, str], now: datetime) -> bool:
    """Append what has changed since a server started last; returns whether anything had.

    ``reach`` has the names of :data:`SHIPPED`. Before the first entry everything was as handed out. Raises
    WrongUsage where the settings are faulty.
    """
    found = settings_in_force(workspace, reach)
    with workspace.database.writing() as connection:
        # Of several servers that start at once the first one writes, and the others find it written.
        audit.hold_end(connection)
        last = _read(audit.newest_payload(connection, CHANGED)) or InForce(plain={}, secrets={}, key="")
        before, after = _changes(last, found)
        if not after:
            return False
        audit.append(
            connection,
            actor=ITSELF,
            action="settings changed",
            subject="readygate",
            payload={"before": before, "after": after, **found.model_dump()},
            now=now,
        )
    return True


def settings_in_force(workspace: Workspace, reach: Mapping[str, str]) -> InForce:
    """What differs from a server without any settings; what the way of signing in does not use is none."""
    settings = settings_from(os.environ)
    usual = _plain(SignInSettings())
    plain = {name: value for name, value in _plain(settings).items() if value != usual[name]}
    plain |= {"READYGATE_WEBHOOKS_INTERNAL": "yes"} if internal_allowed() else {}
    plain |= {name: value for name, value in reach.items() if value != SHIPPED[name]}
    secrets = {
        "READYGATE_SECRET": os.environ.get("READYGATE_SECRET", ""),
        "READYGATE_DATABASE_URL": os.environ.get("READYGATE_DATABASE_URL", ""),
        "READYGATE_OIDC_CLIENT_SECRET": settings.client_secret,
        "READYGATE_COOKIE_SECRET": settings.cookie_secret,
        "READYGATE_PROXY_SECRET": settings.proxy_secret,
    }
    there = {name: value for name, value in secrets.items() if value}
    # Servers that share a database but no secret would each find the digests of the others wrong.
    if not there or not (is_shared() or workspace.database.dialect == "sqlite"):
        return InForce(plain=plain, secrets=dict.fromkeys(there, SET), key="")
    there |= {} if is_shared() else {KEY_FILE: ""}
    key = settings_key(workspace.home)
    digests = {name: _digest(key, name, value) for name, value in there.items()}
    return InForce(plain=plain, secrets=digests, key=secret_of(workspace.home))


def _plain(settings: SignInSettings) -> dict[str, str]:
    headers = settings.proxy_headers
    return {
        "READYGATE_SIGN_IN": settings.mode.value,
        "READYGATE_ALLOW_OPEN": "yes" if settings.is_open else "",
        "READYGATE_URL": settings.url,
        "READYGATE_ADMINS": ", ".join(sorted(settings.admins)),
        "READYGATE_SESSION_HOURS": f"{settings.session_hours:g}",
        "READYGATE_OIDC_ISSUER": settings.issuer,
        "READYGATE_OIDC_NAME": settings.provider,
        "READYGATE_OIDC_CLIENT_ID": settings.client_id,
        "READYGATE_OIDC_PROMPT": settings.prompt,
        "READYGATE_OIDC_TRUST_EMAIL": "yes" if settings.trusts_email else "",
        "READYGATE_PROXY_HEADERS": ", ".join((headers.email, headers.user, headers.name)),
    }


def _digest(key: str, name: str, value: str) -> str:
    return hmac.new(key.encode(), f"{name}={value}".encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def _read(payload: object) -> InForce | None:
    """What an entry says was in force; None where it says nothing of the kind, which `verify` tells of."""
    try:
        return InForce.model_validate(payload)
    except ValidationError:
        return None


def _changes(last: InForce, found: InForce) -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What was and what is, of the settings that differ; None where one was or is not set."""
    was: dict[str, str | None] = {**last.plain, **dict.fromkeys(last.secrets, SET)}
    became: dict[str, str | None] = {**found.plain, **dict.fromkeys(found.secrets, SET)}
    for name in last.secrets.keys() & found.secrets.keys():
        if _is_another(name, last, found):
            became[name] = ANOTHER
    usual = {name: value or None for name, value in (_plain(SignInSettings()) | SHIPPED).items()}
    was, became = usual | was, usual | became
    names = sorted(name for name in was.keys() | became.keys() if was.get(name) != became.get(name))
    return {name: was.get(name) for name in names}, {name: became.get(name) for name in names}


def _is_another(name: str, last: InForce, found: InForce) -> bool:
    if not (last.key and found.key):
        return False
    if name in ("READYGATE_SECRET", KEY_FILE):
        return last.key != found.key
    # Digests made with another secret say nothing about each other.
    return last.key == found.key and last.secrets[name] != found.secrets[name]
