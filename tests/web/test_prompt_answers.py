import asyncio
import socket
import sys

import pytest

from core.web.prompt_answers import send_at_once, send_at_once_when_listening


def holds_back(listening: socket.socket) -> bool:
    """Whether the server's end of a new connection waits before it sends a small packet."""
    with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
        return accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems say otherwise what a connection inherits")
def test_what_connects_from_now_on_is_answered_at_once() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        assert holds_back(listening)
        assert send_at_once() >= 1
        assert not holds_back(listening)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems say otherwise what a connection inherits")
def test_it_waits_for_a_server_that_listens_only_later() -> None:
    async def begin(listening: socket.socket) -> None:
        waiting = asyncio.create_task(send_at_once_when_listening())
        await asyncio.sleep(0)
        listening.listen()
        await waiting

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        asyncio.run(begin(listening))
        assert not holds_back(listening)


@pytest.mark.skipif(sys.platform != "linux", reason="only there the socket of another's connection is known")
def test_who_connected_while_the_app_was_starting_is_answered_at_once_too() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 0
            send_at_once()
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
