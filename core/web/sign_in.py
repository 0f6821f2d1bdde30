"""Who is at the other end of this session: from OIDC (`st.user`) or from the trusted proxy's headers."""

import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit import config

from core.actions.sign_in_settings import SignInMode, SignInSettings, check_reach, settings_from
from core.errors import NotAllowed, UserError, WrongUsage

if TYPE_CHECKING:
    from core.actions.people import Caller
    from core.actions.workspace import Workspace

_CLOCKS_DIFFER_SECONDS = 300.0
_FAR_AWAY_SECONDS = 1e11
_PROXY_ISSUER = "proxy"
_VOUCHED_AT = "_readygate_vouched_at"

# The sign-ins that were ended by their owner. The identity cookie of another open tab would hold on,
# because Streamlit reads it once for each session. They are forgotten once they are too old to count.
_ended: dict[tuple[str, str, float], float] = {}


def settings() -> SignInSettings:
    """The settings of this server; where they are faulty, those of single-user mode: it does not start."""
    try:
        return settings_from(os.environ)
    except UserError:
        return SignInSettings()


def secrets() -> dict[str, dict[str, Any]]:
    """What Streamlit needs to know for `st.login`; nothing where people do not sign in through it."""
    found = settings()
    if found.mode is not SignInMode.OIDC:
        return {}
    return {
        "auth": {
            "redirect_uri": f"{found.url}/oauth2callback",
            "cookie_secret": found.cookie_secret,
            "client_id": found.client_id,
            "client_secret": found.client_secret,
            "server_metadata_url": f"{found.issuer}/.well-known/openid-configuration",
            "client_kwargs": {"scope": "openid email profile", "prompt": found.prompt},
        }
    }


def check_start() -> None:
    """Raise WrongUsage with what to set, unless the server may start as the settings say."""
    found = settings_from(os.environ)
    check_reach(found, config.get_option("server.address"), config.get_option("server.allowedHosts") or ())
    if config.get_option("server.trustedUserHeaders"):
        # They would override what the sign-in service says, for anybody who sends such a header.
        raise WrongUsage(
            "STREAMLIT_SERVER_TRUSTED_USER_HEADERS is set, and Readygate would believe everybody's headers.",
            mend="Leave it out; READYGATE_SIGN_IN=proxy does this with a secret.",
        )


def reach() -> dict[str, str]:
    """By what name and from where this server can be reached, as the variables that set it."""
    names = config.get_option("server.allowedHosts") or ()
    return {
        "STREAMLIT_SERVER_ADDRESS": config.get_option("server.address") or "every network interface",
        "STREAMLIT_SERVER_ALLOWED_HOSTS": ", ".join(sorted(names)) or "every host name",
        "STREAMLIT_SERVER_ENABLE_CORS": "yes" if config.get_option("server.enableCORS") else "no",
        "STREAMLIT_SERVER_ENABLE_XSRF_PROTECTION": (
            "yes" if config.get_option("server.enableXsrfProtection") else "no"
        ),
    }


def caller(workspace: "Workspace", now: datetime) -> "Caller":
    """Who asks, as of this moment; raises NotAllowed (its code says why) for whoever is not signed in.

    Not for single-user mode.
    """
    found = settings()
    if found.mode is SignInMode.OIDC:
        return _from_oidc(workspace, now, found)
    return _from_proxy(workspace, now, found)


def end_sign_in(now: datetime) -> None:
    """End this sign-in in every tab of the browser that holds it, and leave."""
    sign_in = _sign_in_of(st.user.to_dict())
    if sign_in is not None:
        oldest = now.timestamp() - settings().session_hours * 3600
        for known in [known for known, since in _ended.items() if since < oldest]:
            _ended.pop(known, None)
        _ended[sign_in] = now.timestamp()
    st.logout()


def _from_oidc(workspace: "Workspace", now: datetime, found: SignInSettings) -> "Caller":
    claims = st.user.to_dict()
    sign_in = _sign_in_of(claims)
    if sign_in is None:
        raise NotAllowed("You are not signed in.", mend="Sign in to go on.", code="signed_out")
    issuer, subject, issued_at = sign_in
    age = now.timestamp() - issued_at
    if sign_in in _ended:
        raise NotAllowed("You signed out.", mend="Sign in again to go on.", code="signed_out")
    if age > found.session_hours * 3600 or age < -_CLOCKS_DIFFER_SECONDS:
        raise NotAllowed(
            f"Your sign-in is older than {found.session_hours:g} hours.",
            mend="Sign in again to go on.",
            code="session_ended",
        )
    told = claims.get("email_verified")
    is_verified = told is True or told == "true" or (told is None and found.trusts_email)
    # Where the service says when the person last showed who they are, a token made since proves less.
    shown_at = _seconds(claims.get("auth_time")) or issued_at
    return _known(
        workspace,
        now,
        found,
        issuer=issuer,
        subject=subject,
        name=_text(claims, "name") or _text(claims, "preferred_username"),
        email=_text(claims, "email"),
        email_verified=is_verified,
        signed_in_at=min(shown_at, issued_at),
    )


def _from_proxy(workspace: "Workspace", now: datetime, found: SignInSettings) -> "Caller":
    """The middleware lets these headers through only together with the proxy's secret."""
    headers, names = st.context.headers, found.proxy_headers
    subject = (headers.get(names.user) or "").strip()
    if not subject:
        raise NotAllowed(
            "The proxy in front of Readygate does not say who you are.",
            mend="It is not set up for sign-in: ask whoever runs Readygate, who finds the settings in "
            "docs/operations.md.",
            code="proxy_silent",
        )
    # The headers are those of the moment when the page was opened: so long ago the proxy last looked.
    vouched_at = st.session_state.setdefault(_VOUCHED_AT, now.timestamp())
    if now.timestamp() - vouched_at > found.session_hours * 3600:
        raise NotAllowed(
            f"This page was opened more than {found.session_hours:g} hours ago.",
            mend="Load it again to go on.",
            code="session_ended",
        )
    return _known(
        workspace,
        now,
        found,
        issuer=_PROXY_ISSUER,
        subject=subject,
        name=(headers.get(names.name) or "").strip(),
        email=(headers.get(names.email) or "").strip(),
        email_verified=True,
        signed_in_at=vouched_at,
    )


def _known(workspace: "Workspace", now: datetime, found: SignInSettings, **claims: Any) -> "Caller":
    from core.actions.sign_in import signed_in

    return signed_in(workspace, now, **claims, admins=found.admins, session_hours=found.session_hours)


def _sign_in_of(claims: Mapping[str, Any]) -> tuple[str, str, float] | None:
    """(issuer, subject, when the token was made); None where there is no sign-in, or it says too little."""
    issuer, subject = _text(claims, "iss"), _text(claims, "sub")
    issued_at = _seconds(claims.get("iat"))
    if claims.get("is_logged_in") is not True or not issuer or not subject or issued_at is None:
        return None
    return issuer, subject, issued_at


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < _FAR_AWAY_SECONDS else None
