"""Sending to the address of a webhook: only where it may lead, with a limit of time, without redirects.

Whoever may set an address could else have this server knock at doors of its own network that nobody
outside can reach. The name is therefore resolved here, every address that it has is checked, and the
connection goes to an address that was checked.
"""

import http.client
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.actions.sign_in_settings import is_loopback
from core.errors import WrongUsage

PATIENCE_SECONDS = 10.0
"""So long a whole delivery may take, from the connection to the status of the answer."""

_LONGEST_URL = 2_000
_INTERNAL = "READYGATE_WEBHOOKS_INTERNAL"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NEVER = tuple(
    ipaddress.ip_network(one)
    # Where clouds tell a machine its own secrets; the last three look like any other address.
    for one in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/64", "100.100.100.200/32", "168.63.129.16/32")
)
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Answer:
    """``status`` is what the receiver said, None where it said nothing; ``fault`` "" where it took it."""

    status: int | None
    fault: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class _Refused(Exception):
    """The address leads where nothing may be sent."""


def internal_allowed() -> bool:
    """Whether messages may go to addresses of the own network and of this machine."""
    return os.environ.get(_INTERNAL, "").strip().lower() == "yes"


def check_address(url: str) -> str:
    """The address without blanks around it; raises WrongUsage where no message could ever go there."""
    url = url.strip()
    if not url or len(url) > _LONGEST_URL or not url.isascii() or any(mark <= " " for mark in url):
        raise WrongUsage(
            "This is no address of a receiver.", mend="Give one such as https://hooks.example.com/readygate."
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", 0
    if not host or port == 0:
        raise WrongUsage(
            "This is no address of a receiver.", mend="Give one such as https://hooks.example.com/readygate."
        )
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise WrongUsage(
            "The address has a user name, a password or a fragment in it.",
            mend="Leave it out: the receiver knows Readygate by the signature.",
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise WrongUsage(
            "The address does not begin with https://.",
            mend="Only a receiver on this very machine may have http://.",
        )
    literal = _literal(host)
    if (literal is not None or is_loopback(host)) and not may_go_to(
        literal or ipaddress.ip_address("127.0.0.1"), internal=internal_allowed()
    ):
        raise WrongUsage(
            f"The address leads into the own network ({host}).",
            mend=f"Use a public one, or start Readygate with {_INTERNAL}=yes.",
        )
    return url


def may_go_to(address: _Address, *, internal: bool) -> bool:
    """Whether a message may go there; ``internal``: also to private addresses and to this machine.

    The services by which clouds tell a machine its secrets are never reached, nor is a group of machines.
    """
    real = _behind(address)
    if any(real.version == one.version and real in one for one in _NEVER):
        return False
    if real.is_multicast or real.is_unspecified or (real.is_reserved and real.version == 4):
        return False
    return internal or real.is_global


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    internal: bool,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Answer:
    """Post ``body`` once; whatever goes wrong is an answer with its ``fault``."""
    connection = _connection(url, internal, patience_seconds)
    clock = threading.Timer(patience_seconds, connection.cut)
    clock.daemon = True
    clock.start()
    try:
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, body, dict(headers))
        # What else it says is not read.
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError, _Refused) as error:
        return Answer(None, _told(error, connection.is_late, patience_seconds))
    finally:
        clock.cancel()
        connection.close()
    if 200 <= status < 300:
        return Answer(status)
    if 300 <= status < 400:
        return Answer(status, f"It answered {status}: redirects are not followed.")
    return Answer(status, f"It answered {status}.")


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was checked, encrypted under the name where there is a ``context``."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None, internal: bool, seconds: float
    ) -> None:
        super().__init__(host, port, timeout=seconds)
        self._context, self._internal, self._late = context, internal, threading.Event()
        if context is not None:
            # Else the name in the request would carry the port.
            self.default_port = 443

    @property
    def is_late(self) -> bool:
        return self._late.is_set()

    def cut(self) -> None:
        """End a delivery that takes too long, also one whose receiver answers a letter a second."""
        self._late.set()
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        plain = self._reached()
        self.sock = plain
        if self.is_late:
            raise TimeoutError
        if self._context is not None:
            self.sock = self._context.wrap_socket(
                plain, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock.do_handshake()

    def _reached(self) -> socket.socket:
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        for _, _, _, _, place in found:
            address = _behind(ipaddress.ip_address(str(place[0]).partition("%")[0]))
            is_open = self._context is None and not address.is_loopback
            # A name with one address inside and one outside could lead to either.
            if is_open or not may_go_to(address, internal=self._internal):
                raise _Refused
        fault: OSError = socket.gaierror()
        for family, kind, protocol, _, place in found:
            reached = socket.socket(family, kind, protocol)
            reached.settimeout(self.timeout)
            try:
                reached.connect(place)
            except OSError as error:
                reached.close()
                fault = error
                continue
            return reached
        raise fault


def _connection(url: str, internal: bool, seconds: float) -> _Connection:
    parts = urlsplit(url)
    is_secure = parts.scheme != "http"
    context = ssl.create_default_context() if is_secure else None
    return _Connection(
        parts.hostname or "", parts.port or (443 if is_secure else 80), context, internal, seconds
    )


def _told(error: Exception, late: bool, seconds: float) -> str:
    if late or isinstance(error, TimeoutError):
        return f"No answer within {seconds:g} seconds."
    match error:
        case _Refused():
            return f"The address leads into the own network; {_INTERNAL}=yes lets it."
        case socket.gaierror() | UnicodeError():
            return "The name in the address is not known."
        case ssl.SSLCertVerificationError():
            return "The certificate of the receiver is not trusted here."
        case ssl.SSLError():
            return "No secure connection could be made."
        case http.client.HTTPException() | ValueError():
            return "The connection ended without an answer that can be read."
        case ConnectionResetError() | BrokenPipeError():
            return "The connection ended without an answer that can be read."
        case _:
            return "The receiver could not be reached."


def _literal(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _behind(address: _Address) -> _Address:
    """The address that is meant: several kinds of IPv6 addresses only wrap one of IPv4."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
