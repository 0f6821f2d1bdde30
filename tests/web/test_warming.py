"""Warming the gates at the start of the server: nobody waits for it, and no fault of it matters."""

import logging
import threading
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from core.web import wiring
from core.web.lifespan import warming

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)


class SlowAndBroken:
    """A workspace whose database answers only when it is told to, and then with a fault."""

    def __init__(self) -> None:
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    @property
    def database(self) -> NoReturn:
        self.is_asked.set()
        self.may_answer.wait(30)
        raise RuntimeError("secret text")


def test_the_server_serves_while_the_gates_are_warmed(caplog: pytest.LogCaptureFixture) -> None:
    slow = SlowAndBroken()
    with caplog.at_level(logging.WARNING, "readygate"), warming(slow):
        assert slow.is_asked.wait(30), "it began in the background"
        slow.may_answer.set()
    assert [record.getMessage() for record in caplog.records if record.name == "readygate"] == [
        "the gates were not warmed: RuntimeError"
    ]


def test_a_fault_of_warming_is_logged_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    broken = SlowAndBroken()
    broken.may_answer.set()
    with caplog.at_level(logging.WARNING, "readygate"):
        wiring.warm_gates(broken, NOW, goes_on=lambda: True)  # type: ignore[arg-type]
    assert "secret" not in caplog.text
    assert "RuntimeError" in caplog.text
