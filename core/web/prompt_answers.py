"""Answers leave at once: small packets are not held back until the browser has confirmed the one before.

Streamlit binds its socket in a way in which asyncio does not switch that off. Each answer, which leaves as
its headers and then its body, would wait about 40 ms for the confirmation of the headers.
"""

import asyncio
import os
import socket
from contextlib import suppress

import psutil

_TRIES, _PAUSE_SECONDS = 100, 0.1
_TAKEN_SECONDS = 1.0
"""After so long whoever had to wait for the start of the app has been let in."""


async def send_at_once_when_listening() -> None:
    """Wait until this process listens, which it does only after the start of the app, and see to it."""
    for _ in range(_TRIES):
        if send_at_once():
            await asyncio.sleep(_TAKEN_SECONDS)
            send_at_once()
            return
        await asyncio.sleep(_PAUSE_SECONDS)


def send_at_once() -> int:
    """Tell every listening TCP socket of this process; what connects to it from now on does the same. Who
    connected before, while the app was still starting, is told as well.

    Returns how many listen; where the system does not say, none are found and nothing is lost.
    """
    listening: set[int] = set()
    with suppress(psutil.Error, OSError):
        for status in (psutil.CONN_LISTEN, psutil.CONN_ESTABLISHED):
            # Asked for again: somebody may connect in between.
            for one in psutil.Process().net_connections("tcp"):
                if one.fd < 0 or one.status != status:
                    continue
                if status == psutil.CONN_LISTEN:
                    listening.add(one.laddr.port)
                if one.laddr.port in listening:
                    _tell(one.fd)
    return len(listening)


def _tell(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as one:
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
