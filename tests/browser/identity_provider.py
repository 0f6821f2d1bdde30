"""A small OpenID provider: a page with one link a person, codes that hold once, signed tokens."""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "readygate", "the secret of the client"


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in; ``claims`` are what the token says beside the subject."""

    subject: str
    claims: dict[str, Any]


@dataclass
class IdentityProvider:
    """Serves on localhost while it is entered. ``asked`` are the parameters of every sign-in, in order."""

    accounts: tuple[Account, ...]
    asked: list[dict[str, str]] = field(default_factory=list)
    issued_ago: float = 0.0
    """So many seconds ago the tokens were made."""

    def __enter__(self) -> "IdentityProvider":
        self._key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
        self._codes: dict[str, tuple[Account, dict[str, str]]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider._answer(self, dict(parse_qsl(urlsplit(self.path).query)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                provider._token(self, {name: values[0] for name, values in parse_qs(body).items()})

            def log_message(self, *words: object) -> None:
                """Tests read no log of it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # Another host than the application's: the browser takes it for a foreign site, as in real life.
        self.issuer = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *about: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, to: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        match urlsplit(to.path).path:
            case "/.well-known/openid-configuration":
                _send_json(to, self._metadata())
            case "/jwks":
                _send_json(to, {"keys": [self._key.as_dict(private=False)]})
            case "/authorize":
                self._authorize(to, asked)
            case "/logout":
                _redirect(to, asked["post_logout_redirect_uri"])
            case "/favicon.ico":
                _send(to, 204, "image/x-icon", b"")
            case _:
                _send(to, 404, "text/plain", b"")

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def _authorize(self, to: BaseHTTPRequestHandler, asked: dict[str, str]) -> None:
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        links = []
        for account in self.accounts:
            code = secrets.token_urlsafe(16)
            self._codes[code] = (account, asked)
            there = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            links.append(f'<p><a href="{html.escape(there)}">{html.escape(account.subject)}</a></p>')
        _send(to, 200, "text/html", f"<title>Who are you?</title>{''.join(links)}".encode())

    def _token(self, to: BaseHTTPRequestHandler, sent: dict[str, str]) -> None:
        account, asked = self._codes.pop(sent["code"])
        client = base64.b64decode((to.headers["Authorization"] or "").removeprefix("Basic ")).decode()
        proof = hashlib.sha256(sent["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        if challenge != asked["code_challenge"] or not client.startswith(f"{CLIENT_ID}:"):
            _send_json(to, {"error": "invalid_grant"}, 400)
            return
        now = int(time.time() - self.issued_ago)
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": account.subject,
            "iat": now,
            "exp": int(time.time()) + 600,
            "nonce": asked["nonce"],
            **account.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)
        body = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "id_token": token}
        _send_json(to, {**body, "expires_in": 600})


def _redirect(to: BaseHTTPRequestHandler, address: str) -> None:
    to.send_response(302)
    to.send_header("Location", address)
    to.send_header("Content-Length", "0")
    to.end_headers()


def _send_json(to: BaseHTTPRequestHandler, content: dict[str, Any], status: int = 200) -> None:
    _send(to, status, "application/json", json.dumps(content).encode())


def _send(to: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    to.send_response(status)
    to.send_header("Content-Type", kind)
    to.send_header("Content-Length", str(len(body)))
    to.end_headers()
    to.wfile.write(body)


def sign_in_settings(provider: IdentityProvider, base: str, admin: str) -> dict[str, str]:
    """What a server at ``base`` is told so that people sign in here; ``admin`` is the first administrator."""
    return {
        "READYGATE_SIGN_IN": "oidc",
        "READYGATE_URL": base,
        "READYGATE_OIDC_ISSUER": provider.issuer,
        "READYGATE_OIDC_CLIENT_ID": CLIENT_ID,
        "READYGATE_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "READYGATE_OIDC_NAME": "the company's account",
        "READYGATE_COOKIE_SECRET": "0123456789abcdef" * 4,
        "READYGATE_ADMINS": admin,
        "NO_PROXY": "127.0.0.1,localhost",
    }


def sign_in(window: Any, who: str) -> None:
    """From the page that asks for it to the page behind it, as the account of that subject."""
    window.press_and_leave("sign_in")
    window.page.get_by_role("link", name=who, exact=True).click()
    window.settle()
