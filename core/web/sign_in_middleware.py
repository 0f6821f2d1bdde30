"""What stands between the network and the sign-in: who may be reached, whose headers count, the way back."""

import hmac
import re
from collections.abc import Callable
from http.cookies import SimpleCookie
from urllib.parse import quote, unquote, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.actions.sign_in_settings import (
    PROXY_SECRET_HEADER,
    ProxyHeaders,
    SignInMode,
    SignInSettings,
    is_loopback,
)
from core.web.registry import PAGES

WAY_BACK = "readygate_next"
"""The cookie that remembers, while somebody signs in, which page they wanted."""

_WAY_BACK_SECONDS = 600
_USER_COOKIE = "_streamlit_user"
_SIGNED_ON, _SIGN_OFF = "/go_no_go", "#sign-off"
"""Whoever is signed in and signs in afresh on this page does it in order to sign: there they go on."""

_IN_AN_ADDRESS = re.compile(r"[A-Za-z0-9._~%&=+,:@!*'()-]{0,1500}")
_PATHS = frozenset(f"/{spec.url_path}" for spec in PAGES)
_OF_PROXIES = (
    "x-forwarded-email",
    "x-forwarded-user",
    "x-forwarded-preferred-username",
    "x-forwarded-groups",
    "x-auth-request-",
    "x-remote-",
    "remote-user",
)

Settings = Callable[[], SignInSettings]


class StaysLocal:
    """Without sign-in, answers come to this machine only, however the server was started."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._settings = app, settings()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reached = scope.get("server") or ("127.0.0.1", None)
        # A socket in the file system has a path and no port; it is on this machine.
        is_near = reached[1] is None or is_loopback(str(reached[0]))
        if self._settings.mode is not SignInMode.NONE or self._settings.is_open or is_near:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            sentence = "Sign-in is not switched on here, so Readygate answers on its own machine only.\n"
            await PlainTextResponse(sentence, status_code=403)(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class IdentityHeaders:
    """Takes away every header that says who somebody is, unless the trusted proxy has sent it.

    The proxy shows that it is the one by a secret, which goes no further. A header that is there twice came
    from two hands, so none of them counts.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        found = settings()
        names = found.proxy_headers if found.mode is SignInMode.PROXY else ProxyHeaders()
        self._secret = found.proxy_secret if found.mode is SignInMode.PROXY else ""
        self._believed = [name.lower().encode() for name in (names.email, names.user, names.name)]
        self._secret_name = PROXY_SECRET_HEADER.lower().encode()
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope = {**scope, "headers": self._believable(list(scope["headers"]))}
        await self.app(scope, receive, send)

    def _believable(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        shown = [value for name, value in headers if name.lower() == self._secret_name]
        is_proxy = bool(self._secret) and len(shown) == 1
        is_proxy = is_proxy and hmac.compare_digest(shown[0], self._secret.encode())
        names = [name.lower() for name, _ in headers]
        believed = set(self._believed) if is_proxy else set()
        if any(names.count(name) > 1 for name in believed):
            believed = set()
        return [(name, value) for name, value in headers if not self._says_who(name, believed)]

    def _says_who(self, name: bytes, believed: set[bytes]) -> bool:
        # Some servers take an underscore for a hyphen.
        plain = name.lower().replace(b"_", b"-")
        if name.lower() in believed:
            return False
        known = plain in self._believed or plain == self._secret_name
        return known or plain.decode("latin-1").startswith(_OF_PROXIES)


class KeepsTheWay:
    """Somebody who follows a link and has to sign in first lands on the page that they wanted.

    The address is remembered in a cookie when a page is opened without a sign-in, or when somebody leaves a
    page to sign in (the browser names it in `Referer`, which it sends to our own host only). The answer that
    brings the sign-in leads there. Only pages of the menu count: nobody is sent to another host.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._is_on = app, settings().mode is SignInMode.OIDC

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._is_on or scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        cookies = _cookies(headers)
        wanted = self._wanted(scope, headers, cookies)
        back = local_address(unquote(cookies.get(WAY_BACK, "")))

        async def send_with_way(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer = MutableHeaders(scope=message)
                if scope["path"] == "/oauth2callback" and _signs_in(answer):
                    if back is not None:
                        # No browser tells a server which part of the page was looked at.
                        again = _USER_COOKIE in cookies and urlsplit(back).path == _SIGNED_ON
                        answer["Location"] = f"{back}{_SIGN_OFF}" if again else back
                    answer.append("Set-Cookie", _cookie("", 0))
                elif wanted is not None:
                    answer.append("Set-Cookie", _cookie(wanted, _WAY_BACK_SECONDS if wanted != "/" else 0))
            await send(message)

        await self.app(scope, receive, send_with_way)

    @staticmethod
    def _wanted(scope: Scope, headers: Headers, cookies: dict[str, str]) -> str | None:
        """The address to remember now; "/" forgets an earlier one."""
        if scope["path"] == "/auth/login":
            came_from = urlsplit(headers.get("referer", ""))
            if came_from.netloc != headers.get("host", "") or not came_from.netloc:
                return None
            return local_address(_joined(came_from.path, came_from.query))
        if _USER_COOKIE in cookies or "text/html" not in headers.get("accept", ""):
            return None
        address = local_address(_joined(scope["path"], scope["query_string"].decode("latin-1")))
        # The start page is where everybody lands anyway, also on the way back from a failed sign-in.
        return address if address != "/" else None


class SecureCookies:
    """Where the public address is https, no cookie ever goes over an open line."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self._is_on = app, settings().is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [_secured(*header) for header in message["headers"]]}
            await send(message)

        await self.app(scope, receive, send_secured if self._is_on and scope["type"] == "http" else send)


def local_address(address: str) -> str | None:
    """``address`` if it is that of a page in the menu, with or without a query; else None."""
    path, mark, query = address.partition("?")
    if path not in _PATHS or not _IN_AN_ADDRESS.fullmatch(query):
        return None
    return f"{path}{mark}{query}" if query else path


def _joined(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _cookies(headers: Headers) -> dict[str, str]:
    found: SimpleCookie = SimpleCookie()
    for line in headers.getlist("cookie"):
        for part in line.split(";"):
            # One by one: a cookie that cannot be read must not hide the others.
            try:
                found.load(part.strip())
            except ValueError:
                continue
    return {name: morsel.value for name, morsel in found.items()}


def _cookie(address: str, seconds: int) -> str:
    return f"{WAY_BACK}={quote(address, safe='')}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax"


def _signs_in(answer: MutableHeaders) -> bool:
    return any(
        line.startswith(f"{_USER_COOKIE}=") and "max-age=0" not in line.lower()
        for line in answer.getlist("set-cookie")
    )


def _secured(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    parts = [part.strip().lower() for part in value.split(b";")]
    if name.lower() != b"set-cookie" or b"secure" in parts[1:]:
        return name, value
    return name, value + b"; Secure"
