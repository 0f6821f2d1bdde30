"""How people sign in, from the environment: what is taken or refused, and who reaches single-user mode."""

import pytest

from core.actions.sign_in_settings import (
    ProxyHeaders,
    SignInMode,
    SignInSettings,
    check_reach,
    is_loopback,
    settings_from,
)
from core.errors import WrongUsage

LONG = "0123456789abcdef" * 2
OIDC = {
    "READYGATE_SIGN_IN": "oidc",
    "READYGATE_URL": "https://readygate.example.com/",
    "READYGATE_OIDC_ISSUER": "https://login.example.com/realm/",
    "READYGATE_OIDC_CLIENT_ID": "readygate",
    "READYGATE_OIDC_CLIENT_SECRET": "s",
    "READYGATE_COOKIE_SECRET": LONG,
}
PROXY = {
    "READYGATE_SIGN_IN": "proxy",
    "READYGATE_URL": "http://localhost:8501",
    "READYGATE_PROXY_SECRET": LONG,
}
LOCAL = ("localhost", "127.0.0.1")


def test_nothing_set_is_single_user_mode_on_this_machine() -> None:
    assert settings_from({}) == SignInSettings()
    check_reach(SignInSettings(), "127.0.0.1", LOCAL)


def test_oidc_with_everything() -> None:
    more = {"READYGATE_ADMINS": " Ada@example.com, ,bo@example.com", "READYGATE_SESSION_HOURS": "0.5"}
    found = settings_from({**OIDC, **more, "READYGATE_OIDC_TRUST_EMAIL": "YES"})
    assert (found.mode, found.url) == (SignInMode.OIDC, "https://readygate.example.com")
    assert (found.issuer, found.provider) == ("https://login.example.com/realm", "login.example.com")
    assert found.admins == {"ada@example.com", "bo@example.com"}
    assert (found.session_hours, found.trusts_email, found.prompt) == (0.5, True, "login")
    assert found.is_https
    assert LONG not in repr(found)


def test_the_headers_of_a_proxy() -> None:
    assert settings_from(PROXY).proxy_headers == ProxyHeaders()
    named = settings_from({**PROXY, "READYGATE_PROXY_HEADERS": "X-Mail, X-Id ,X-Name"})
    assert named.proxy_headers == ProxyHeaders("X-Mail", "X-Id", "X-Name")
    assert LONG not in repr(named)


@pytest.mark.parametrize("name", [name for name in OIDC if name != "READYGATE_SIGN_IN"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_oidc_needs_each_of_its_settings(name: str, value: str | None) -> None:
    environment = {key: said for key, said in {**OIDC, name: value}.items() if said is not None}
    with pytest.raises(WrongUsage, match=f"READYGATE_SIGN_IN=oidc needs {name}, which is not set. Set"):
        settings_from(environment)


@pytest.mark.parametrize("name", ["READYGATE_URL", "READYGATE_PROXY_SECRET"])
def test_a_proxy_needs_each_of_its_settings(name: str) -> None:
    with pytest.raises(WrongUsage, match=f"READYGATE_SIGN_IN=proxy needs {name}, which is not set"):
        settings_from({key: said for key, said in PROXY.items() if key != name})


@pytest.mark.parametrize(
    ("base", "name", "value", "sentence"),
    [
        ({}, "READYGATE_SIGN_IN", "ldap", "none of the ways. Set it to none, oidc or proxy"),
        ({}, "READYGATE_SESSION_HOURS", "twelve", "no such number"),
        ({}, "READYGATE_SESSION_HOURS", "0", "no such number"),
        ({}, "READYGATE_SESSION_HOURS", "nan", "no such number"),
        ({}, "READYGATE_SESSION_HOURS", "inf", "no such number"),
        ({}, "READYGATE_SESSION_HOURS", "169", "to 168"),
        ({}, "READYGATE_ALLOW_OPEN", "maybe", "neither yes nor no"),
        (OIDC, "READYGATE_URL", "readygate.example.com", "is not a web address"),
        (OIDC, "READYGATE_URL", "ftp://readygate.example.com", "is not a web address"),
        (OIDC, "READYGATE_URL", "https://me@readygate.example.com", "is not a web address"),
        (OIDC, "READYGATE_URL", "https://readygate.example.com?x=1", "is not a web address"),
        (OIDC, "READYGATE_URL", "https://readygate.example.com:99999", "is not a web address"),
        (OIDC, "READYGATE_URL", "https://a b", "is not a web address"),
        (OIDC, "READYGATE_URL", "https://readygate.example.com/team", "has a path"),
        (OIDC, "READYGATE_URL", "http://readygate.example.com", "could read the sign-in. Use https"),
        (OIDC, "READYGATE_OIDC_ISSUER", "http://login.example.com", "could read the sign-in"),
        (OIDC, "READYGATE_COOKIE_SECRET", "short", "shorter than 32 characters"),
        (OIDC, "READYGATE_OIDC_TRUST_EMAIL", "1", "neither yes nor no"),
        (PROXY, "READYGATE_PROXY_SECRET", LONG[1:], "shorter than 32 characters"),
        (PROXY, "READYGATE_PROXY_HEADERS", "X-Mail", "does not name three headers"),
        (PROXY, "READYGATE_PROXY_HEADERS", "X-Mail,X Id,X-Name", "does not name three headers"),
    ],
)
def test_a_wrong_setting_is_refused_in_a_sentence_that_mends_it(
    base: dict[str, str], name: str, value: str, sentence: str
) -> None:
    with pytest.raises(WrongUsage) as refused:
        settings_from({**base, name: value})
    assert sentence in str(refused.value)
    assert name in str(refused.value)
    assert refused.value.mend
    assert LONG not in str(refused.value)


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.5", "readygate.internal"])
def test_without_sign_in_only_this_machine_is_listened_to(address: str | None) -> None:
    with pytest.raises(
        WrongUsage, match=r"whoever reaches Readygate on .* could change everything"
    ) as refused:
        check_reach(SignInSettings(), address, LOCAL)
    assert "READYGATE_SIGN_IN=none and READYGATE_ALLOW_OPEN=yes" in refused.value.mend


@pytest.mark.parametrize("names", [(), ("*",), ("localhost", "readygate.example.com")])
def test_without_sign_in_only_this_machines_names_are_answered(names: tuple[str, ...]) -> None:
    with pytest.raises(WrongUsage, match=r"under .* could change everything"):
        check_reach(SignInSettings(), "127.0.0.1", names)


@pytest.mark.parametrize(
    ("environment", "is_open"),
    [
        ({"READYGATE_SIGN_IN": "none", "READYGATE_ALLOW_OPEN": "yes"}, True),
        ({"READYGATE_ALLOW_OPEN": "yes"}, False),
        ({"READYGATE_SIGN_IN": "", "READYGATE_ALLOW_OPEN": "yes"}, False),
        ({"READYGATE_SIGN_IN": "none", "READYGATE_ALLOW_OPEN": "no"}, False),
        ({**PROXY, "READYGATE_ALLOW_OPEN": "yes"}, False),
    ],
)
def test_open_to_others_takes_two_words(environment: dict[str, str], is_open: bool) -> None:
    found = settings_from(environment)
    assert found.is_open is is_open
    if is_open:
        check_reach(found, "0.0.0.0", ("*",))


@pytest.mark.parametrize(
    ("names", "is_known"),
    [
        ((), True),
        (("*",), True),
        (("Readygate.example.com",), True),
        (("*.example.com",), True),
        (LOCAL, False),
        (("*.example.org", "example.com"), False),
    ],
)
def test_the_public_name_must_be_one_that_is_answered(names: tuple[str, ...], is_known: bool) -> None:
    found = settings_from(OIDC)
    if is_known:
        check_reach(found, "0.0.0.0", names)
    else:
        with pytest.raises(WrongUsage, match=r"STREAMLIT_SERVER_ALLOWED_HOSTS=readygate\.example\.com"):
            check_reach(found, "0.0.0.0", names)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("localhost.example.com", False),
        ("127.0.0.1.example.com", False),
        ("", False),
    ],
)
def test_what_counts_as_this_machine(host: str, is_local: bool) -> None:
    assert is_loopback(host) is is_local
