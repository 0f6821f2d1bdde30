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


async def send_at_once_when_listening() -> None:
    """Wait until this process listens, which it does only after the start of the app, and see to it."""
    for _ in range(_TRIES):
        if send_at_once():
            return
        await asyncio.sleep(_PAUSE_SECONDS)


def send_at_once() -> int:
    """Tell every listening TCP socket of this process; what connects to it from now on does the same.

    Returns how many there are; where the system does not say, none are found and nothing is lost.
    """
    told = 0
    with suppress(psutil.Error, OSError):
        for one in psutil.Process().net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN and one.fd >= 0:
                with socket.socket(fileno=os.dup(one.fd)) as listening:
                    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                told += 1
    return told
