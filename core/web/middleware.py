"""Security headers on every answer, the refusal of host names that are not ours, and all that stands before
the pages, in its order; pure ASGI."""

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from core.web.failures import log_failure
from core.web.lifespan import StartRefused
from core.web.sign_in import settings
from core.web.sign_in_middleware import IdentityHeaders, KeepsTheWay, SecureCookies, StaysLocal

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS: dict[str, str] = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Other hosts are told nothing. Our own needs it to bring people back to their page after sign-in.
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Adds the headers to every HTTP answer, also to errors that no handler has caught."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except Exception as error:
            # Starlette's own last handler sits outside this middleware, so its answer would go
            # without the headers.
            if started:
                raise
            answer = PlainTextResponse(f"Something went wrong. Error {log_failure(error)}.", status_code=500)
            await answer(scope, receive, send_with_headers)


class CalmStart:
    """Keeps the traceback of a refused start out of the terminal: its sentence is already there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_calmly(message: Message) -> None:
            refused = StartRefused.__name__ in message.get("message", "")
            if message["type"] == "lifespan.startup.failed" and refused:
                message = {**message, "message": ""}
            await send(message)

        await self.app(scope, receive, send_calmly if scope["type"] == "lifespan" else send)


def allowed_hosts(app: ASGIApp) -> ASGIApp:
    """Refuses pages, API and websocket under host names outside ``server.allowedHosts``.

    Streamlit checks the websocket only. Without the check a web site could point its own name at
    this machine (DNS rebinding) and read our answers.
    """
    hosts = config.get_option("server.allowedHosts") or ["*"]
    return TrustedHostMiddleware(app, allowed_hosts=list(hosts), www_redirect=False)


MIDDLEWARE = [
    Middleware(CalmStart),
    Middleware(SecurityHeaders),
    Middleware(allowed_hosts),
    Middleware(StaysLocal, settings),
    Middleware(IdentityHeaders, settings),
    Middleware(SecureCookies, settings),
    Middleware(KeepsTheWay, settings),
]
