"""How people sign in here, as the environment says; read before anything else, so only cheap imports."""

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from urllib.parse import urlsplit

from core.errors import WrongUsage

PROXY_SECRET_HEADER = "X-Readygate-Proxy-Secret"  # noqa: S105 - the name of a header, no secret
_SHORTEST_SECRET = 32
_LONGEST_SESSION_HOURS = 24 * 7
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOST_NAME = re.compile(r"\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


class SignInMode(StrEnum):
    """``NONE`` is single-user mode: one person at this machine, whom nobody vouches for."""

    NONE = "none"
    OIDC = "oidc"
    PROXY = "proxy"


@dataclass(frozen=True)
class ProxyHeaders:
    """The headers in which the proxy says who somebody is; ``user`` is the identity, the others change."""

    email: str = "X-Forwarded-Email"
    user: str = "X-Forwarded-User"
    name: str = "X-Forwarded-Preferred-Username"


@dataclass(frozen=True)
class SignInSettings:
    """``is_open`` says that single-user mode may be reached from other machines, on purpose."""

    mode: SignInMode = SignInMode.NONE
    is_open: bool = False
    url: str = ""
    issuer: str = ""
    provider: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    cookie_secret: str = field(default="", repr=False)
    prompt: str = "login"
    trusts_email: bool = False
    session_hours: float = 12.0
    admins: frozenset[str] = frozenset()
    proxy_secret: str = field(default="", repr=False)
    proxy_headers: ProxyHeaders = ProxyHeaders()

    @property
    def is_https(self) -> bool:
        return self.url.startswith("https://")


def settings_from(environment: Mapping[str, str]) -> SignInSettings:
    """The settings, all in small readings of their own; raises WrongUsage with what to set instead."""
    mode = _mode(environment)
    common = SignInSettings(
        mode=mode,
        admins=frozenset(part.lower() for part in _listed(_get(environment, "READYGATE_ADMINS"))),
        session_hours=_hours(environment),
    )
    if mode is SignInMode.NONE:
        is_said = _get(environment, "READYGATE_SIGN_IN") != ""
        return replace(common, is_open=_yes(environment, "READYGATE_ALLOW_OPEN") and is_said)
    url = _address(environment, "READYGATE_URL", "https://readygate.example.com")
    if urlsplit(url).path not in ("", "/"):
        raise WrongUsage(
            "READYGATE_URL has a path.",
            mend="Serve Readygate under a host name of its own, and give only that.",
        )
    common = replace(common, url=url.rstrip("/"))
    if mode is SignInMode.PROXY:
        secret = _secret(environment, "READYGATE_PROXY_SECRET")
        return replace(common, proxy_secret=secret, proxy_headers=_headers(environment))
    issuer = _address(environment, "READYGATE_OIDC_ISSUER", "https://login.example.com")
    return replace(
        common,
        issuer=issuer.rstrip("/"),
        provider=_get(environment, "READYGATE_OIDC_NAME") or urlsplit(issuer).netloc,
        client_id=_needed(environment, "READYGATE_OIDC_CLIENT_ID"),
        client_secret=_needed(environment, "READYGATE_OIDC_CLIENT_SECRET"),
        cookie_secret=_secret(environment, "READYGATE_COOKIE_SECRET"),
        prompt=_get(environment, "READYGATE_OIDC_PROMPT") or "login",
        trusts_email=_yes(environment, "READYGATE_OIDC_TRUST_EMAIL"),
    )


def check_reach(settings: SignInSettings, address: str | None, host_names: Collection[str]) -> None:
    """Refuse (WrongUsage) to be reached by others without sign-in, or under another name than the settings'.

    ``address`` is what the server listens on (None: every network interface), ``host_names`` are the ones
    that it answers to (none: all).
    """
    if settings.mode is not SignInMode.NONE:
        _check_host_name(settings.url, host_names)
    elif not settings.is_open and not is_loopback(address or ""):
        _refuse_open(f"on {address}" if address else "on every network interface")
    elif not settings.is_open and not (host_names and all(map(is_loopback, host_names))):
        strange = [name for name in host_names if not is_loopback(name)]
        _refuse_open(f"under the name {strange[0]}" if strange else "under every host name")


def is_loopback(host: str) -> bool:
    """Whether ``host`` (a name or an address) can only be this machine itself."""
    host = host.strip().strip("[]").lower()
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _refuse_open(where: str) -> None:
    raise WrongUsage(
        f"Without sign-in, whoever reaches Readygate {where} could change everything.",
        mend="Set READYGATE_SIGN_IN to oidc or proxy (docs/operations.md says how), or stay on this machine: "
        "STREAMLIT_SERVER_ADDRESS=127.0.0.1, and no other names in STREAMLIT_SERVER_ALLOWED_HOSTS. "
        "Where this is wanted all the same, set both READYGATE_SIGN_IN=none and READYGATE_ALLOW_OPEN=yes.",
        code="open_without_sign_in",
    )


def _check_host_name(url: str, host_names: Collection[str]) -> None:
    host = (urlsplit(url).hostname or "").lower()
    known = [name.strip().lower() for name in host_names]
    if known and "*" not in known and host not in known and not any(
        name.startswith("*.") and host.endswith(name[1:]) for name in known
    ):  # fmt: skip
        raise WrongUsage(
            f"READYGATE_URL names the host {host}, which Readygate does not answer to.",
            mend=f"Set STREAMLIT_SERVER_ALLOWED_HOSTS={host} as well.",
        )


def _mode(environment: Mapping[str, str]) -> SignInMode:
    said = _get(environment, "READYGATE_SIGN_IN").lower() or SignInMode.NONE.value
    if said not in {mode.value for mode in SignInMode}:
        raise WrongUsage(
            "READYGATE_SIGN_IN says how people sign in, and this is none of the ways.",
            mend="Set it to none, oidc or proxy.",
        )
    return SignInMode(said)


def _address(environment: Mapping[str, str], name: str, example: str) -> str:
    url = _needed(environment, name, f"Set it to an address such as {example}.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    plain = not (parts.query or parts.fragment or "@" in parts.netloc)
    named = bool(_HOST_NAME.fullmatch(f"[{host}]" if ":" in host else host))
    if parts.scheme not in ("http", "https") or not named or not plain:
        raise WrongUsage(f"{name} is not a web address.", mend=f"Set it to one such as {example}.")
    if parts.scheme == "http" and not is_loopback(host):
        raise WrongUsage(
            f"{name} begins with http://, so others on the way could read the sign-in.",
            mend="Use https:// (http:// is for localhost only).",
        )
    return url


def _secret(environment: Mapping[str, str], name: str) -> str:
    secret = _needed(environment, name)
    if len(secret) < _SHORTEST_SECRET:
        raise WrongUsage(
            f"{name} is shorter than {_SHORTEST_SECRET} characters.",
            mend="Make one with `openssl rand -hex 32`.",
        )
    return secret


def _hours(environment: Mapping[str, str]) -> float:
    said = _get(environment, "READYGATE_SESSION_HOURS") or "12"
    try:
        hours = float(said)
    except ValueError:
        hours = 0.0
    if not (isfinite(hours) and 0 < hours <= _LONGEST_SESSION_HOURS):
        raise WrongUsage(
            "READYGATE_SESSION_HOURS says how many hours a sign-in lasts, and this is no such number.",
            mend=f"Set it to a number from above 0 to {_LONGEST_SESSION_HOURS}, such as 12.",
        )
    return hours


def _headers(environment: Mapping[str, str]) -> ProxyHeaders:
    said = _listed(_get(environment, "READYGATE_PROXY_HEADERS"))
    if not said:
        return ProxyHeaders()
    if len(said) != 3 or not all(map(_HEADER_NAME.fullmatch, said)):
        raise WrongUsage(
            "READYGATE_PROXY_HEADERS does not name three headers.",
            mend="Name those for the e-mail address, the user id and the name, such as "
            "X-Forwarded-Email,X-Forwarded-User,X-Forwarded-Preferred-Username.",
        )
    return ProxyHeaders(*said)


def _yes(environment: Mapping[str, str], name: str) -> bool:
    said = _get(environment, name).lower()
    if said not in ("", "yes", "no"):
        raise WrongUsage(f"{name} is neither yes nor no.", mend="Set it to yes, or leave it out.")
    return said == "yes"


def _needed(environment: Mapping[str, str], name: str, mend: str = "") -> str:
    said = _get(environment, name)
    if not said:
        mode = _mode(environment)
        raise WrongUsage(
            f"READYGATE_SIGN_IN={mode} needs {name}, which is not set.", mend=mend or f"Set {name}."
        )
    return said


def _listed(said: str) -> list[str]:
    return [part.strip() for part in said.split(",") if part.strip()]


def _get(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "").strip()
