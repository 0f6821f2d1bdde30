"""Before the pages: no client says who it is, links survive the sign-in, cookies stay on safe lines."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from core.actions.sign_in_settings import ProxyHeaders, SignInMode, SignInSettings
from core.web.sign_in_middleware import (
    IdentityHeaders,
    KeepsTheWay,
    SecureCookies,
    StaysLocal,
    local_address,
)

SECRET = "0123456789abcdef" * 2
PROXY = SignInSettings(SignInMode.PROXY, url="https://rg.example.com", proxy_secret=SECRET)
OIDC = SignInSettings(SignInMode.OIDC, url="https://rg.example.com")
CLAIMS = [
    (b"x-forwarded-email", b"eve@example.com"),
    (b"X-Forwarded-User", b"eve"),
    (b"x-forwarded-preferred-username", b"Eve"),
]
SHOWN = (b"x-readygate-proxy-secret", SECRET.encode())
HARMLESS = [(b"host", b"rg.example.com"), (b"x-forwarded-for", b"10.0.0.9"), (b"x-forwarded-proto", b"https")]

Headers = list[tuple[bytes, bytes]]


class Inside:
    """The application behind the middleware: remembers what it was asked, answers as told."""

    def __init__(self, headers: Headers | None = None, status: int = 200) -> None:
        self.asked: list[dict[str, Any]] = []
        self._headers, self._status = headers or [], status

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
            await send({"type": "http.response.body", "body": b""})


def ask(
    app: Any,
    path: str = "/",
    *,
    query: str = "",
    headers: Headers | None = None,
    kind: str = "http",
    server: Any = ("127.0.0.1", 8501),
    method: str = "GET",
) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": headers or [],
        "server": server,
        **({"method": method} if kind == "http" else {}),
    }
    asyncio.run(app(scope, receive, send))
    return sent


def let_through(settings: SignInSettings, headers: Headers, kind: str) -> Headers:
    inside = Inside()
    ask(IdentityHeaders(inside, lambda: settings), headers=headers, kind=kind)
    return list(inside.asked[0]["headers"])


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize("settings", [SignInSettings(), OIDC, PROXY], ids=lambda one: one.mode)
@pytest.mark.parametrize(
    "more",
    [
        [],
        [(b"x-readygate-proxy-secret", b"wrong")],
        [(b"x-readygate-proxy-secret", b"")],
        [(b"x-readygate-proxy-secret", SECRET[:-1].encode())],
        [SHOWN, SHOWN],
        [(b"x-readygate-proxy-secret", b"wrong"), SHOWN],
    ],
)
def test_without_the_secret_nobody_says_who_they_are(
    settings: SignInSettings, more: Headers, kind: str
) -> None:
    assert let_through(settings, [*HARMLESS, *CLAIMS, *more], kind) == HARMLESS


@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_proxy_is_believed_and_its_secret_goes_no_further(kind: str) -> None:
    assert let_through(PROXY, [*HARMLESS, SHOWN, *CLAIMS], kind) == [*HARMLESS, *CLAIMS]


@pytest.mark.parametrize("settings", [SignInSettings(), OIDC], ids=lambda one: one.mode)
def test_where_no_proxy_signs_people_in_a_secret_helps_nobody(settings: SignInSettings) -> None:
    assert let_through(settings, [SHOWN, *CLAIMS], "websocket") == []


@pytest.mark.parametrize("twice", [(b"x-forwarded-user", b"ada"), (b"X-FORWARDED-EMAIL", b"ada@example.com")])
def test_a_header_that_came_from_two_hands_makes_all_of_them_worthless(twice: tuple[bytes, bytes]) -> None:
    assert let_through(PROXY, [SHOWN, *CLAIMS, twice], "websocket") == []


@pytest.mark.parametrize(
    "name",
    [b"x_forwarded_user", b"X-Auth-Request-Email", b"remote-user", b"Remote_User", b"x-forwarded-groups",
     b"x-remote-user", b"X_Readygate_Proxy_Secret"],
)  # fmt: skip
def test_other_spellings_and_other_proxies_are_not_believed(name: bytes) -> None:
    assert let_through(PROXY, [SHOWN, *CLAIMS, (name, b"ada")], "http") == CLAIMS


def test_a_proxy_with_headers_of_its_own() -> None:
    own = SignInSettings(
        SignInMode.PROXY, proxy_secret=SECRET, proxy_headers=ProxyHeaders("X-Mail", "X-Id", "X-Name")
    )
    mine: Headers = [(b"x-mail", b"ada@example.com"), (b"x-id", b"ada"), (b"x-name", b"Ada")]
    assert let_through(own, [SHOWN, *mine, *CLAIMS], "websocket") == mine
    assert let_through(own, [*mine, *CLAIMS], "websocket") == []


@pytest.mark.parametrize(
    ("settings", "server", "is_answered"),
    [
        (SignInSettings(), ("127.0.0.1", 8501), True),
        (SignInSettings(), ("::1", 8501), True),
        (SignInSettings(), ("/run/readygate.sock", None), True),
        (SignInSettings(), None, True),
        (SignInSettings(), ("10.0.0.5", 8501), False),
        (SignInSettings(), ("172.17.0.2", 8501), False),
        (SignInSettings(is_open=True), ("10.0.0.5", 8501), True),
        (OIDC, ("10.0.0.5", 8501), True),
        (PROXY, ("10.0.0.5", 8501), True),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_single_user_mode_answers_its_own_machine_only(
    settings: SignInSettings, server: Any, is_answered: bool, kind: str
) -> None:
    inside = Inside()
    sent = ask(StaysLocal(inside, lambda: settings), kind=kind, server=server)
    assert bool(inside.asked) is is_answered
    if not is_answered:
        assert sent[0].get("status", sent[0].get("code")) in (403, 1008)


PAGE: Headers = [(b"host", b"rg.example.com"), (b"accept", b"text/html,*/*")]
SIGNED_IN: Headers = [(b"location", b"/"), (b"set-cookie", b"_streamlit_user=x; HttpOnly; Max-Age=2592000")]


def header(sent: list[dict[str, Any]], name: bytes) -> list[str]:
    return [value.decode() for key, value in sent[0]["headers"] if key.lower() == name]


def way_of(sent: list[dict[str, Any]]) -> str | None:
    """The cookie that an answer sets for the way back, None where it sets none."""
    lines = [line for line in header(sent, b"set-cookie") if line.startswith("readygate_next=")]
    return lines[0] if lines else None


def landing(cookie: str | None, answer: Headers | None = None) -> list[dict[str, Any]]:
    """What the provider's way back answers to a browser with that cookie."""
    headers = [*PAGE, *([(b"cookie", cookie.split(";")[0].encode())] if cookie else [])]
    inside = Inside(answer or list(SIGNED_IN), status=302)
    return ask(KeepsTheWay(inside, lambda: OIDC), "/oauth2callback", query="code=x", headers=headers)


@pytest.mark.parametrize(
    ("path", "query", "address"),
    [
        ("/go_no_go", "feature=refund-agent", "/go_no_go?feature=refund-agent"),
        ("/traces", "feature=a&trace=run%2F1&page=2", "/traces?feature=a&trace=run%2F1&page=2"),
        ("/", "q=refund", "/?q=refund"),
        ("/checklist", "", "/checklist"),
    ],
)
def test_a_followed_link_survives_the_sign_in(path: str, query: str, address: str) -> None:
    cookie = way_of(ask(KeepsTheWay(Inside(), lambda: OIDC), path, query=query, headers=PAGE))
    assert cookie is not None
    assert cookie.endswith("; Max-Age=600; Path=/; HttpOnly; SameSite=Lax")
    sent = landing(cookie)
    assert header(sent, b"location") == [address]
    assert "Max-Age=0" in (way_of(sent) or ""), "it leads there once"


@pytest.mark.parametrize(
    ("referer", "address"),
    [
        (b"https://rg.example.com/go_no_go?feature=a", "/go_no_go?feature=a"),
        (b"https://rg.example.com/", "/"),
        (b"https://evil.example/go_no_go?feature=a", None),
        (b"https://rg.example.com.evil.example/go_no_go", None),
        (b"https://rg.example.com//evil.example", None),
        (b"", None),
    ],
)
def test_whoever_signs_in_afresh_comes_back_to_the_page_they_left(
    referer: bytes, address: str | None
) -> None:
    app = KeepsTheWay(Inside(status=302), lambda: OIDC)
    cookie = way_of(ask(app, "/auth/login", query="provider=t", headers=[*PAGE, (b"referer", referer)]))
    if address is None:
        assert cookie is None
    elif address == "/":
        assert "Max-Age=0" in (cookie or ""), "an earlier page is forgotten"
    else:
        assert header(landing(cookie), b"location") == [address]


@pytest.mark.parametrize(
    "address",
    ["//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "/%2f/evil.example",
     "/go_no_go/../..//evil", "/go_no_go//evil.example", "/go_no_go\r\nSet-Cookie: a=b",
     "javascript:alert(1)",
     "/go_no_go?a=b\r\nx: y", "/go_no_go?" + "a" * 1501, "/nowhere", "/oauth2callback", "/auth/logout",
     "/api/v1", "/go_no_go#x", "/go_no_go?a=<script>", "", "go_no_go", "/go_no_go;evil", "?feature=a", "/ "],
)  # fmt: skip
def test_no_other_address_is_remembered_or_followed(address: str) -> None:
    assert local_address(address) is None
    assert header(landing(f"readygate_next={quote(address, safe='')}"), b"location") == ["/"]
    if "\r" not in address and ";" not in address:
        assert header(landing(f"readygate_next={address}"), b"location") == ["/"]
    path, _, query = address.partition("?")
    assert way_of(ask(KeepsTheWay(Inside(), lambda: OIDC), path, query=query, headers=PAGE)) is None


@pytest.mark.parametrize(
    "answer",
    [
        [(b"location", b"/")],
        [(b"location", b"/"), (b"set-cookie", b"_streamlit_user=; Max-Age=0")],
        [(b"location", b"/"), (b"set-cookie", b"_streamlit_user_tokens=x")],
    ],
)
def test_a_sign_in_that_failed_leads_nowhere_and_forgets_nothing(answer: Headers) -> None:
    sent = landing("readygate_next=%2Fscope", answer)
    assert header(sent, b"location") == ["/"]
    assert way_of(sent) is None


@pytest.mark.parametrize(
    ("headers", "method", "settings"),
    [
        ([*PAGE, (b"cookie", b"a=b; _streamlit_user=x")], "GET", OIDC),
        ([(b"host", b"rg.example.com"), (b"accept", b"application/json")], "GET", OIDC),
        (PAGE, "POST", OIDC),
        (PAGE, "GET", SignInSettings()),
        (PAGE, "GET", PROXY),
    ],
)
def test_nothing_is_remembered_where_nobody_is_about_to_sign_in(
    headers: Headers, method: str, settings: SignInSettings
) -> None:
    app = KeepsTheWay(Inside(), lambda: settings)
    assert way_of(ask(app, "/scope", headers=headers, method=method)) is None


@pytest.mark.parametrize("settings", [OIDC, SignInSettings()], ids=["https", "local"])
def test_cookies_are_for_safe_lines_only_where_there_is_one(settings: SignInSettings) -> None:
    answer: Headers = [
        (b"Set-Cookie", b"_streamlit_user=x; HttpOnly"),
        (b"set-cookie", b"a=b; Secure"),
        (b"set-cookie", b"secure=1"),
        (b"x-other", b"c"),
    ]
    sent = ask(SecureCookies(Inside(answer), lambda: settings))
    secured = ["_streamlit_user=x; HttpOnly; Secure", "a=b; Secure", "secure=1; Secure"]
    plain = [value.decode() for _, value in answer[:3]]
    assert header(sent, b"set-cookie") == (secured if settings.is_https else plain)
    assert header(sent, b"x-other") == ["c"]
